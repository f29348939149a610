"""django-post_office with its queue in SQLite: python post_office_run.py WORK PORT CONNECTIONS (threads of one process)."""

import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

work = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
folder = tempfile.TemporaryDirectory()
settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "post_office"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(folder.name, "queue.db")}},
    EMAIL_BACKEND="post_office.EmailBackend",
    EMAIL_HOST="127.0.0.1",
    EMAIL_PORT=int(sys.argv[2]),
    MEDIA_ROOT=folder.name,
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    TEMPLATES=[
        {
            "BACKEND": "post_office.template.backends.post_office.PostOfficeTemplates",
            "APP_DIRS": True,
            "OPTIONS": {"context_processors": []},
        },
        {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {}},
    ],
    POST_OFFICE={"THREADS_PER_PROCESS": int(sys.argv[3]), "BATCH_SIZE": 100, "LOG_LEVEL": 0},
)
django.setup()
call_command("migrate", verbosity=0)

from django.core.files.base import ContentFile  # noqa: E402
from post_office import mail, models  # noqa: E402

template = models.EmailTemplate.objects.create(
    name="release", subject=work["subject"], content=work["text"], html_content=work["html"]
)
attachment = models.Attachment.objects.create(
    file=ContentFile(Path(work["pdf"]).read_bytes(), name="paper.pdf"),
    name=work["filename"],
    mimetype="application/pdf",
)
began, spent = time.perf_counter(), time.process_time()
for person in work["people"]:
    email = mail.create(work["sender"], [person["email"]], template=template, context=person, render_on_delivery=True)
    email.attachments.add(attachment)
models.Email.objects.update(status=models.STATUS.queued)
while models.Email.objects.filter(status=models.STATUS.queued).exists():
    mail.send_queued(processes=1, log_level=0)
result = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - spent}
failed = models.Email.objects.exclude(status=models.STATUS.sent).count()
print(json.dumps(result | {"failed": failed, "peak_kilobytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
folder.cleanup()
