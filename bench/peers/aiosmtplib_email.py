"""aiosmtplib with the standard library's EmailMessage: python aiosmtplib_email.py WORK PORT CONNECTIONS"""

import asyncio
import json
import resource
import sys
import time
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib


def filled(text, person):
    return text.replace("{{name}}", person["name"]).replace("{{email}}", person["email"])


async def lane(port, work, pdf, queue):
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as smtp:
        for person in queue:
            message = EmailMessage()
            message["From"] = work["sender"]
            message["To"] = Address(person["name"], addr_spec=person["email"])
            message["Subject"] = work["subject"]
            message.set_content(filled(work["text"], person))
            message.add_alternative(filled(work["html"], person), subtype="html")
            message.add_attachment(pdf, maintype="application", subtype="pdf", filename=work["filename"])
            await smtp.send_message(message)


async def main(work, port, connections):
    pdf = Path(work["pdf"]).read_bytes()
    queue = iter(work["people"])
    await asyncio.gather(*(lane(port, work, pdf, queue) for _ in range(connections)))


work = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
began, spent = time.perf_counter(), time.process_time()
asyncio.run(main(work, int(sys.argv[2]), int(sys.argv[3])))
result = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - spent}
print(json.dumps(result | {"peak_kilobytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
