"""Did everybody get their own message, once, and does it decode to the right content? Asked of a sink that keeps everything."""

from __future__ import annotations

import email
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from email import policy
from pathlib import Path

import workload

PEOPLE = 60


def check(folder: Path, ours: list[str], *, sink_script: Path, others: Callable[[str, int], list[str]]) -> str:
    """Sends to a keeping sink in each way and reads every message with the standard library; a sentence for the page."""
    work = workload.write(folder / "content", PEOPLE, 100)
    ways = {
        "mailer with PIPELINING": (ours, []),
        "mailer with CHUNKING": (ours, ["--chunking"]),
        "mailer with neither": (ours, ["--plain"]),
        "nodemailer": (others("nodemailer.js", 4)[:-3], []),
        "aiosmtplib": (others("aiosmtplib_email.py", 4)[:-3], []),
        "mailmerge": (others("mailmerge_run.py", 4)[:-3], []),
        "django-post_office": (others("post_office_run.py", 4)[:-3], []),
    }
    found = []
    for name, (command, flags) in ways.items():
        kept = folder / f"kept-{len(found)}"
        kept.mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        sink = subprocess.Popen(
            [sys.executable, str(sink_script), str(port), str(kept), *flags],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert sink.stdout is not None
        sink.stdout.readline()
        try:
            done = subprocess.run([*command, str(work), str(port), "4"], capture_output=True, text=True, check=False)
        except OSError:
            done = None
        time.sleep(0.1)
        sink.send_signal(signal.SIGTERM)
        sink.communicate(timeout=20)
        if done is None or done.returncode:
            print(f"content: {name} did not run", file=sys.stderr)
            continue
        wrong = differences(json.loads(work.read_text(encoding="utf-8")), kept)
        found.append(f"{name} {PEOPLE - len(wrong)}/{PEOPLE}")
        if wrong:
            print(f"content: {name}: {wrong[:3]}", file=sys.stderr)
    return f"Messages that arrived once and decode to their person's text, HTML and PDF: {', '.join(found)}."


def differences(work: dict[str, object], kept: Path) -> list[str]:
    """Whose message is missing, doubled or other than it should be."""
    pdf = Path(str(work["pdf"])).read_bytes()
    people = work["people"]
    assert isinstance(people, list)
    return [
        person["email"]
        for person in people
        if not (kept / person["email"]).exists()
        or (kept / f"{person['email']}+").exists()
        or not fits((kept / person["email"]).read_bytes(), work, person, pdf)
    ]


def fits(data: bytes, work: dict[str, object], person: dict[str, str], pdf: bytes) -> bool:
    message = email.message_from_bytes(data, policy=policy.default)
    parts = {part.get_content_type(): part for part in message.walk() if not part.is_multipart()}
    attached = [part for kind, part in parts.items() if kind.startswith("application/")]
    if "text/plain" not in parts or "text/html" not in parts or len(attached) != 1:
        return False
    texts = [" ".join(str(parts[kind].get_content()).split()) for kind in ("text/plain", "text/html")]
    wanted = [filled(str(work[key]), person) for key in ("text", "html")]
    whole = texts[0] == " ".join(wanted[0].split()) and all(
        words in texts[1]
        for words in (person["name"], person["email"], workload.KOREAN.strip(), workload.ENGLISH.strip())
    )
    return whole and attached[0].get_payload(decode=True) == pdf and str(message["Subject"]) == work["subject"]


def filled(text: str, person: dict[str, str]) -> str:
    return text.replace("{{name}}", person["name"]).replace("{{email}}", person["email"])
