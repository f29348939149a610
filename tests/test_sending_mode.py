"""Practice and the real thing never mix: what was approved in one mode is not sent in the other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailer.contacts import Suppressions
from mailer.desk import Terms
from mailer.desk.doubts import resend_failed
from mailer.desk.report import pause_commands
from mailer.dispatch import DeliveryState, Dispatch, DispatchStatus, PauseCause
from mailer.engine import LocalEngine
from mailer.errors import StoppedByCheck
from mailer.ledger import Ledger, open_ledger
from mailer.sending import Worker
from mailer.transport import Security, SmtpServer, SmtpTransport
from tests.faults.office import QUICK, approve, journalists
from tests.scripted_smtp import ScriptedServer


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path / "mailer.db")
    yield opened
    opened.close()


def work(ledger: Ledger, server: ScriptedServer, *, practice: bool) -> None:
    """A worker of one mode until nothing is being sent and nothing is due."""

    async def run() -> None:
        async with server:
            address = SmtpServer(host=server.host, port=server.port, security=Security.NONE, timeout=5)
            worker = Worker(ledger, lambda: SmtpTransport(address), replace(QUICK, practice=practice))
            busy = (DispatchStatus.SENDING, DispatchStatus.SCHEDULED)
            await asyncio.wait_for(
                worker.run(asyncio.Event(), until=lambda: not ledger.dispatches.with_status(*busy)), 20
            )

    asyncio.run(run())


@pytest.mark.parametrize("approved_in_practice", [True, False])
@pytest.mark.parametrize("scheduled", [True, False])
def test_a_dispatch_of_the_other_mode_is_held(ledger: Ledger, approved_in_practice: bool, scheduled: bool) -> None:
    """Due or already started: the worker of the other mode sends nothing, pauses it and says why; its own mode then sends it."""
    now = datetime.now(UTC) - timedelta(minutes=1)
    dispatch = approve(ledger, journalists(3), now, practice=approved_in_practice)
    if scheduled:
        ledger.dispatches.schedule(
            dispatch.id, send_at=now, zone="Asia/Seoul", wall_time="", late_after=timedelta(hours=1), who="t", now=now
        )
    else:
        ledger.dispatches.start(dispatch.id, who="t", now=now)
    wrong = ScriptedServer()
    work(ledger, wrong, practice=not approved_in_practice)
    held = ledger.dispatches.get(dispatch.id)
    assert held is not None
    assert (held.status, held.pause_reason) == (DispatchStatus.PAUSED, PauseCause.MODE)
    assert any("SMTP_HOST" in purpose.ko for purpose, _ in pause_commands(held))
    assert wrong.books.stored == []
    ledger.dispatches.resume(dispatch.id, who="t", now=datetime.now(UTC))
    right = ScriptedServer()
    work(ledger, right, practice=approved_in_practice)
    assert len(right.books.stored) == 3
    assert ledger.queue.counts(dispatch.id)[DeliveryState.ACCEPTED] == 3


def due_in(ledger: Ledger, *, practice: bool) -> Dispatch:
    """A dispatch of a mode whose time has come."""
    now = datetime.now(UTC)
    dispatch = approve(ledger, journalists(3), now, practice=practice)
    return ledger.dispatches.schedule(
        dispatch.id, send_at=now, zone="Asia/Seoul", wall_time="", late_after=timedelta(hours=1), who="t", now=now
    )


def test_workers_of_one_mode_do_not_wait_for_each_other(ledger: Ledger) -> None:
    """That another worker of the same mode is alive is no reason to leave a dispatch of the other mode lying in silence."""
    dispatch = due_in(ledger, practice=True)
    beside = ledger.presence(practice=False)
    beside.enter()
    work(ledger, ScriptedServer(), practice=False)
    beside.leave()
    held = ledger.dispatches.get(dispatch.id)
    assert held is not None
    assert held.pause_reason == PauseCause.MODE


def test_what_another_worker_will_send_rings_no_bell(ledger: Ledger) -> None:
    """What a living worker of the other mode will send is not held, and no bell of the past drives this one round and round."""
    dispatch = due_in(ledger, practice=True)
    beside = ledger.presence(practice=True)
    beside.enter()
    rung: list[str] = []

    class Bell(LocalEngine):
        def wake(self, key: str, at: datetime) -> None:
            rung.append(key)
            super().wake(key, at)

    nowhere = SmtpServer(host="127.0.0.1", port=1, security=Security.NONE)
    worker = Worker(ledger, lambda: SmtpTransport(nowhere), QUICK, engine=Bell())
    asyncio.run(worker.run(asyncio.Event(), until=lambda: True))
    beside.leave()
    left = ledger.dispatches.get(dispatch.id)
    assert left is not None
    assert (left.status, rung) == (DispatchStatus.SCHEDULED, [])


def test_a_send_that_has_just_begun_is_not_held(ledger: Ledger) -> None:
    """`send` in practice beside a worker for real: its dispatch is marked before its own worker is there, and is left to it."""
    now = datetime.now(UTC)
    dispatch = ledger.dispatches.start(approve(ledger, journalists(1), now, practice=True).id, who="t", now=now)
    nowhere = SmtpServer(host="127.0.0.1", port=1, security=Security.NONE)
    asyncio.run(Worker(ledger, lambda: SmtpTransport(nowhere), QUICK).run(asyncio.Event(), until=lambda: True))
    found = ledger.dispatches.get(dispatch.id)
    assert found is not None
    assert found.status is DispatchStatus.SENDING


@pytest.mark.parametrize("practice", [True, False])
def test_a_living_worker_says_its_mode(ledger: Ledger, practice: bool) -> None:
    """Who schedules is told whether a worker lives that will send it, not whether any lives."""
    beside = ledger.presence(practice=practice)
    beside.enter()
    assert ledger.workers_alive(practice=practice)
    assert not ledger.workers_alive(practice=not practice)
    beside.leave()


def test_one_that_is_not_due_is_left_alone(ledger: Ledger) -> None:
    """A practice dispatch of tomorrow is nobody's trouble today."""
    now = datetime.now(UTC)
    dispatch = approve(ledger, journalists(1), now, practice=True)
    tomorrow = now + timedelta(days=1)
    ledger.dispatches.schedule(
        dispatch.id, send_at=tomorrow, zone="Asia/Seoul", wall_time="", late_after=timedelta(0), who="t", now=now
    )
    assert ledger.dispatches.start_due(tomorrow, practice=False) == ((), ())
    assert [one.id for one in ledger.dispatches.start_due(tomorrow, practice=True)[0]] == [dispatch.id]


def test_a_practice_dispatch_is_not_resent_for_real(ledger: Ledger) -> None:
    """Its messages come from the practice sender: it has to be approved anew."""
    now = datetime.now(UTC)
    dispatch = approve(ledger, journalists(1), now, practice=True)
    terms = Terms(zone="Asia/Seoul", late_after=timedelta(0), give_up_after=timedelta(hours=1), practice=False)
    with pytest.raises(StoppedByCheck, match="practice"):
        resend_failed(ledger, dispatch, (), suppressions=Suppressions(), terms=terms, who="t", now=now)
    assert len(ledger.dispatches.all()) == 1
