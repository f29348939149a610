"""A small press office for fault tests: a workspace, a dispatch of the real kind, and workers that send it.

Messages are composed from a frozen package as in a real dispatch; only the letter is short and the PDF a few bytes.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from mailer.dispatch import Contact, DeliveryState, Dispatch, DispatchStatus, Seal
from mailer.dispatch.clock import Clock
from mailer.document import Document
from mailer.engine import LocalEngine
from mailer.ledger import Draft, Ledger, Share, open_ledger
from mailer.message import EmailTemplates, Package, Sender, new_message_id, seal_sha256
from mailer.sending import RetryRule, SendSettings, Worker
from mailer.transport import SmtpServer, SmtpTransport
from tests.builders import contact

ROOT = Path(__file__).parents[2]
LETTER = """---
number: 26-12-국제연대위-01
to: 각 언론사
from: 보기모임 국제연대위원회
title: [국제연대위][성명] Keep the square open
date: 2026. 12. 10.(목)
---

# Keep the square open

The square belongs to everybody, and so does the evening.

2026년 12월 10일

보기모임 국제연대위원회
"""
QUICK = SendSettings(
    connections=4,
    retry=RetryRule(first=timedelta(seconds=0.2), longest=timedelta(seconds=0.4)),
    backoff_first=0.02,
    backoff_longest=0.2,
    full_patience=0.5,
)


@cache
def package() -> Package:
    pdf = b"%PDF-1.7\n% a stand-in\n"
    sender = Sender(
        name="보기모임",
        address="press@sender.example",
        reply_to="press@sender.example",
        bounce_address="bounce@sender.example",
        unsubscribe="press@sender.example",
    )
    return Package(
        letter=LETTER.encode(),
        source="letters/square.md",
        templates=EmailTemplates.read(ROOT / "templates" / "email"),
        layout="",
        letterhead=(ROOT / "templates" / "letterhead.toml").read_bytes(),
        sender=sender,
        document=Document(pdf=pdf, pages=1, filename="성명(261210).pdf", sha256=hashlib.sha256(pdf).hexdigest()),
    )


@cache
def _composer() -> Any:
    return package().composer()


def journalists(
    count: int, domains: Sequence[str] = ("news.example", "daily.example", "wire.example")
) -> list[Contact]:
    """People spread over some domains, in turn."""
    return [
        contact(f"p{number:05}@{domains[number % len(domains)]}", name=f"기자 {number}", outlet="가나일보")
        for number in range(count)
    ]


def approve(ledger: Ledger, people: Sequence[Contact], now: datetime | None = None, **changes: Any) -> Dispatch:
    """An approved dispatch of the short letter to `people`."""
    now = now or datetime.now(UTC)
    frozen = package()
    composer = _composer()
    shares = []
    for person in people:
        message_id = new_message_id("sender.example")
        made = composer.compose(person, message_id=message_id, date=now)
        shares.append(Share(contact=person, message_id=message_id, content_sha256=made.content_sha256))
    seal = seal_sha256(frozen.sha256, [(str(share.contact.address), share.content_sha256) for share in shares])
    draft = Draft(
        title="[성명] Keep the square open",
        number="26-12-국제연대위-01",
        letter_source="letters/square.md",
        lists=("press",),
        zone="Asia/Seoul",
        late_after=timedelta(minutes=15),
        give_up_after=timedelta(hours=24),
        seal=Seal(sha256=seal, recipients=len(shares), approved_by="tester", approved_at=now),
        package=frozen.to_json(),
        package_sha256=frozen.sha256,
        document=frozen.document.pdf,
        document_sha256=frozen.document.sha256,
        shares=tuple(shares),
    )
    return ledger.dispatches.approve(replace(draft, **changes), now)


def begin(ledger: Ledger, people: Sequence[Contact], now: datetime | None = None, **changes: Any) -> Dispatch:
    """A dispatch that is being sent."""
    now = now or datetime.now(UTC)
    return ledger.dispatches.start(approve(ledger, people, now, **changes).id, who="tester", now=now)


def counts(ledger: Ledger, dispatch: Dispatch) -> dict[str, int]:
    """Only the states that occur."""
    return {state.value: number for state, number in ledger.queue.counts(dispatch.id).items() if number}


def status(ledger: Ledger, dispatch: Dispatch) -> tuple[DispatchStatus, str]:
    found = ledger.dispatches.get(dispatch.id)
    assert found is not None
    return found.status, found.pause_reason or ""


def at_rest(ledger: Ledger, *dispatches: Dispatch) -> bool:
    """None of them is being sent any more."""
    return all(status(ledger, dispatch)[0] is not DispatchStatus.SENDING for dispatch in dispatches)


def calm(ledger: Ledger, dispatch: Dispatch) -> bool:
    """At rest, or with nothing but retries open."""
    left = ledger.queue.counts(dispatch.id)
    return at_rest(ledger, dispatch) or not left[DeliveryState.QUEUED] + left[DeliveryState.SENDING]


def smtp(port: int, **changes: Any) -> SmtpServer:
    """How to reach a scripted server without TLS, with short waits."""
    settings = {"host": "127.0.0.1", "port": port, "security": "none", "timeout": 2.0, "final_dot_timeout": 2.0}
    return SmtpServer(**(settings | changes))


async def send(
    ledger: Ledger,
    server: SmtpServer,
    *dispatches: Dispatch,
    settings: SendSettings = QUICK,
    clock: Clock | None = None,
    until: Callable[[], bool] | None = None,
    seconds: float = 20.0,
) -> None:
    """One worker in this event loop, until the dispatches are at rest (or `until`). Fails after `seconds`."""
    # nobody rings when a test moves a row or the clock: the worker has to look by itself
    engine = LocalEngine(longest_wait=0.1)
    worker = Worker(ledger, lambda: SmtpTransport(server), settings, clock=clock, engine=engine)
    async with asyncio.timeout(seconds):
        await worker.run(asyncio.Event(), until=until or (lambda: at_rest(ledger, *dispatches)))


class Office:
    """A workspace on disk whose mail server is on `port`; workers are processes of their own, started as a person would."""

    def __init__(self, folder: Path, port: int, **settings: str) -> None:
        self.folder = folder
        values = {
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(port),
            "SMTP_SECURITY": "none",
            "SMTP_TIMEOUT": "5s",
            "MAILER_FROM": "press@sender.example",
            "MAILER_RETRY_FIRST": "1s",
            "MAILER_RETRY_MAX": "2s",
        }
        lines = [f"{key}={value}" for key, value in (values | settings).items()]
        (folder / ".env").write_text("\n".join(lines) + "\n")
        (folder / "var").mkdir(exist_ok=True)
        self.database = folder / "var" / "mailer.db"
        self._workers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Office:
        return self

    def __exit__(self, *_: object) -> None:
        """No worker outlives a test that failed."""
        for worker in self._workers:
            worker.send_signal(signal.SIGCONT)
            kill(worker)

    def ledger(self) -> Ledger:
        return open_ledger(self.database)

    def worker(self) -> subprocess.Popen[bytes]:
        """Starts `mailer worker --until-idle`."""
        command = [sys.executable, "-m", "mailer", "worker", "--until-idle", "--workspace", str(self.folder)]
        self._workers.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE))
        return self._workers[-1]


def kill(process: subprocess.Popen[bytes]) -> None:
    """As the power cut does."""
    process.send_signal(signal.SIGKILL)
    finish(process)


def finish(process: subprocess.Popen[bytes], seconds: float = 60.0) -> str:
    """Waits for the end; what it wrote to stderr."""
    _, said = process.communicate(timeout=seconds)
    return said.decode()


async def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Waits beside a worker of this event loop. Fails when it does not happen, rather than wait for a worker that has given up."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("it did not happen in time")
        time.sleep(0.01)


def stored(books: Path) -> int:
    """How many messages a server process has taken so far."""
    return books.read_bytes().count(b'{"event": "stored"') if os.path.exists(books) else 0
