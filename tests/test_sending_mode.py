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
from mailer.desk.report import pause_words
from mailer.dispatch import DeliveryState, DispatchStatus, PauseCause
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
    now = datetime.now(UTC)
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
    assert "SMTP_HOST" in str(pause_words(held.pause_reason)[1])
    assert wrong.books.stored == []
    ledger.dispatches.resume(dispatch.id, who="t", now=datetime.now(UTC))
    right = ScriptedServer()
    work(ledger, right, practice=approved_in_practice)
    assert len(right.books.stored) == 3
    assert ledger.queue.counts(dispatch.id)[DeliveryState.ACCEPTED] == 3


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
