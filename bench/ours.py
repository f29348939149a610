"""This program on the workload: `python bench/ours.py WORK PORT CONNECTIONS [nolog|worker]` prints seconds, CPU seconds, memory.

With the log it is the real thing: approved in a ledger on disk, sent by a worker. `nolog` runs the same composer and the same
transport without a ledger. Approval is not counted, as loading the list is not counted for the others; with `worker` it happens
in a process of its own, so that the peak memory is the sender's alone.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import multiprocessing
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mailer.dispatch import Address, Contact, DispatchStatus, Envelope, Outcome, Seal, Verdict
from mailer.document import Document
from mailer.ledger import Draft, Ledger, Share, open_ledger
from mailer.message import Composer, EmailTemplates, Package, Sender, new_message_id, seal_sha256
from mailer.sending import SendSettings, Worker
from mailer.transport import SmtpServer, SmtpTransport

ROOT = Path(__file__).resolve().parent.parent
LETTER = (ROOT / "tests" / "faults" / "office.py").read_text(encoding="utf-8").split('LETTER = """')[1].split('"""')[0]


def package(work: dict[str, Any]) -> Package:
    pdf = Path(work["pdf"]).read_bytes()
    holes = {"{{name}}": "{{ contact.name }}", "{{email}}": "{{ contact.email }}"}
    text, html = work["text"], work["html"]
    for hole, ours in holes.items():
        text, html = text.replace(hole, ours), html.replace(hole, ours)
    return Package(
        letter=LETTER.encode(),
        source="letters/bench.md",
        templates=EmailTemplates(subject=work["subject"], text=text, html=html),
        layout="",
        letterhead=(ROOT / "templates" / "letterhead.toml").read_bytes(),
        sender=Sender(name="보기모임", address=work["sender"]),
        document=Document(pdf=pdf, pages=2, filename=work["filename"], sha256=hashlib.sha256(pdf).hexdigest()),
    )


def people(work: dict[str, Any]) -> Iterator[Contact]:
    for person in work["people"]:
        local, _, domain = person["email"].partition("@")
        yield Contact(address=Address(local=local, domain=domain, key=person["email"]), name=person["name"])


def approve(ledger: Ledger, work: dict[str, Any]) -> int:
    """A dispatch that is being sent."""
    frozen, now = package(work), datetime.now(UTC)
    composer = frozen.composer()
    shares = []
    for person in people(work):
        identifier = new_message_id("sender.example")
        made = composer.compose(person, message_id=identifier, date=now)
        shares.append(Share(contact=person, message_id=identifier, content_sha256=made.content_sha256))
    seal = seal_sha256(frozen.sha256, [(str(share.contact.address), share.content_sha256) for share in shares])
    draft = Draft(
        title=work["subject"],
        number="26-12-01",
        letter_source="letters/bench.md",
        lists=("bench",),
        zone="Asia/Seoul",
        late_after=timedelta(minutes=15),
        give_up_after=timedelta(hours=24),
        seal=Seal(sha256=seal, recipients=len(shares), approved_by="bench", approved_at=now),
        package=frozen.to_json(),
        package_sha256=frozen.sha256,
        document=frozen.document.pdf,
        document_sha256=frozen.document.sha256,
        shares=tuple(shares),
    )
    dispatch = ledger.dispatches.approve(draft, now)
    ledger.dispatches.start(dispatch.id, who="bench", now=now)
    return dispatch.id


class Letter:
    """A job without a ledger."""

    def __init__(self, envelope: Envelope) -> None:
        self.envelope = envelope

    async def leaving(self) -> None:
        return

    def settled(self, outcome: Outcome) -> None:
        assert outcome.verdict is Verdict.ACCEPT, outcome

    def back(self) -> None:
        raise AssertionError("the connection was lost")


async def without_log(composer: Composer, work: dict[str, Any], server: SmtpServer, connections: int) -> None:
    now = datetime.now(UTC)
    pile = people(work)

    def ahead() -> Letter | None:
        person = next(pile, None)
        if person is None:
            return None
        return Letter(composer.compose(person, message_id=new_message_id("sender.example"), date=now).envelope)

    async def lane() -> None:
        transport = SmtpTransport(server)
        while (letter := ahead()) is not None:
            await transport.carry(letter, ahead)
        await transport.close()

    await asyncio.gather(*(lane() for _ in range(connections)))


async def with_log(ledger: Ledger, dispatch: int, server: SmtpServer, connections: int) -> None:
    worker = Worker(ledger, lambda: SmtpTransport(server), SendSettings(connections=connections))

    def over() -> bool:
        found = ledger.dispatches.get(dispatch)
        return found is not None and found.status is not DispatchStatus.SENDING

    await worker.run(asyncio.Event(), until=over)
    found = ledger.dispatches.get(dispatch)
    assert found is not None
    assert found.status is DispatchStatus.DONE, found


def approve_alone(path: Path, work: str) -> None:
    ledger = open_ledger(path)
    approve(ledger, json.loads(Path(work).read_text(encoding="utf-8")))
    ledger.close()


def main() -> None:
    port, connections, how = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] if len(sys.argv) > 4 else "log"
    server = SmtpServer(host="127.0.0.1", port=port, security="none", timeout=30)  # type: ignore[arg-type]
    extra = {}
    with tempfile.TemporaryDirectory() as folder:
        if how == "nolog":
            work = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
            composer = package(work).composer()
            began, spent = time.perf_counter(), cpu()
            asyncio.run(without_log(composer, work, server, connections))
        else:
            path = Path(folder) / "mailer.db"
            if how == "worker":
                child = multiprocessing.get_context("spawn").Process(target=approve_alone, args=(path, sys.argv[1]))
                child.start()
                child.join()
            else:
                approve_alone(path, sys.argv[1])
            ledger = open_ledger(path)
            began, spent = time.perf_counter(), cpu()
            asyncio.run(with_log(ledger, 1, server, connections))
            ledger.close()
            extra["database_bytes"] = path.stat().st_size
        seconds, used = time.perf_counter() - began, cpu() - spent
    print(json.dumps({"seconds": seconds, "cpu": used, "peak_kilobytes": peak(), **extra}))


def cpu() -> float:
    """Seconds of this process and of those it started and that have ended."""
    return sum(os.times()[:4])


def peak() -> int:
    """Kilobytes. Not `ru_maxrss`: on Linux a program inherits that from the one that started it, which holds the whole list."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])  # type: ignore[index]


if __name__ == "__main__":
    main()
