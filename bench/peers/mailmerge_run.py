"""mailmerge on its own command line: python mailmerge_run.py WORK PORT CONNECTIONS (it has one connection per message)."""

import csv
import io
import json
import os
import resource
import sys
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path

from mailmerge.__main__ import main

TEMPLATE = """TO: {{{{name}}}} <{{{{email}}}}>
SUBJECT: {subject}
FROM: {sender}
ATTACHMENT: {pdf}
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="boundary"

This is a MIME-encoded message. If you are seeing this, your mail reader is old.

--boundary
Content-Type: text/plain; charset=utf-8

{text}

--boundary
Content-Type: text/html; charset=utf-8

{html}
"""

work = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    Path("mailmerge_template.txt").write_text(TEMPLATE.format(**work), encoding="utf-8")
    Path("mailmerge_server.conf").write_text(f"[smtp_server]\nhost = 127.0.0.1\nport = {sys.argv[2]}\n")
    with open("mailmerge_database.csv", "w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, ["email", "name"])
        rows.writeheader()
        rows.writerows(work["people"])
    began, spent = time.perf_counter(), time.process_time()
    with redirect_stdout(io.StringIO()):
        main(["--no-dry-run", "--no-limit", "--output-format", "text"], standalone_mode=False)
    result = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - spent}
    os.chdir("/")
print(json.dumps(result | {"peak_kilobytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
