"""Time misbehaves: the program was down at the due moment, clocks are stepped, many dispatches are due at once."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailer.desk.report import pause_commands, status_of, status_record
from mailer.desk.times import read_wall_time
from mailer.dispatch import DeliveryState, Dispatch, DispatchStatus
from mailer.ledger import Ledger, open_ledger
from mailer.sending import RetryRule, SendSettings
from tests.faults.office import QUICK, approve, at_rest, begin, counts, eventually, journalists, send, smtp, status
from tests.faults.reckoning import reckon
from tests.scripted_smtp import Act, Books, Rule, ScriptedServer, reply

DUE = datetime(2026, 12, 10, 0, 0, tzinfo=UTC)


@dataclass(slots=True)
class Stepped:
    """Real clocks, the wall clock off by `ahead`, which a test may change at any moment."""

    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def monotonic(self) -> float:
        return time.monotonic()

    @classmethod
    def at(cls, moment: datetime) -> Stepped:
        return cls(moment - datetime.now(UTC))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path / "mailer.db")
    yield opened
    opened.close()


def scheduled(
    ledger: Ledger, people: int = 3, at: datetime = DUE, late_after: timedelta = timedelta(minutes=15)
) -> Dispatch:
    before = at - timedelta(days=7)
    dispatch = approve(ledger, journalists(people), before)
    return ledger.dispatches.schedule(
        dispatch.id,
        send_at=at,
        zone="Asia/Seoul",
        wall_time="2026-12-10 09:00",
        late_after=late_after,
        who="tester",
        now=before,
    )


def served(ledger: Ledger, clock: Stepped, *dispatches: Dispatch, until: Callable[[], bool] | None = None) -> Books:
    async def run() -> Books:
        async with ScriptedServer() as server:
            over = until or (lambda: all(status(ledger, one)[0] not in OPEN for one in dispatches))
            await send(ledger, smtp(server.port), clock=clock, until=over)
            return server.books

    return asyncio.run(run())


OPEN = (DispatchStatus.SCHEDULED, DispatchStatus.SENDING)


@pytest.mark.parametrize("down", [timedelta(seconds=3), timedelta(minutes=10)])
def test_a_little_late_is_sent_and_shows(ledger: Ledger, down: timedelta) -> None:
    """Down at the due moment for seconds or minutes: sent once at the first chance, and the status says how late."""
    dispatch = scheduled(ledger)
    books = served(ledger, Stepped.at(DUE + down), dispatch)
    assert reckon(ledger, dispatch, books).accepted == 3
    found = ledger.dispatches.get(dispatch.id)
    assert found is not None
    assert found.status is DispatchStatus.DONE
    assert status_record(status_of(ledger, found, DUE))["late_s"] >= down.total_seconds()


@pytest.mark.parametrize(
    ("down", "late_after"), [(timedelta(days=3), timedelta(minutes=15)), (timedelta(minutes=10), timedelta(minutes=5))]
)
def test_too_late_is_held_and_said(ledger: Ledger, down: timedelta, late_after: timedelta) -> None:
    """Later than `late_after` nothing leaves: held, with the reason and what to do; resume sends it, once."""
    dispatch = scheduled(ledger, late_after=late_after)
    clock = Stepped.at(DUE + down)
    assert served(ledger, clock, dispatch).stored == []
    assert status(ledger, dispatch) == (DispatchStatus.PAUSED, "late")
    held = ledger.dispatches.get(dispatch.id)
    assert held is not None
    assert f"mailer resume {held.id}" in [command for _, command in pause_commands(held)]
    ledger.dispatches.resume(dispatch.id, who="officer", now=clock.now())
    assert reckon(ledger, dispatch, served(ledger, clock, dispatch)).accepted == 3


def test_never_early(ledger: Ledger) -> None:
    """Shortly before its time nothing has left; at its time it leaves."""
    dispatch = scheduled(ledger)
    clock = Stepped.at(DUE - timedelta(seconds=0.7))
    books = served(ledger, clock, dispatch)
    assert reckon(ledger, dispatch, books).accepted == 3
    assert min(message.time for message in books.stored) + clock.ahead.total_seconds() >= DUE.timestamp()


def test_midnight_in_seoul(ledger: Ledger) -> None:
    """Due at 00:00 in Seoul is 15:00 UTC the day before, not a minute earlier."""
    at = read_wall_time("2026-12-10 00:00", "Asia/Seoul", DUE - timedelta(days=7)).instant
    assert at == datetime(2026, 12, 9, 15, 0, tzinfo=UTC)
    dispatch = scheduled(ledger, at=at)
    ledger.dispatches.start_due(at - timedelta(seconds=1))
    assert status(ledger, dispatch)[0] is DispatchStatus.SCHEDULED
    ledger.dispatches.start_due(at)
    assert status(ledger, dispatch)[0] is DispatchStatus.SENDING


def test_hundred_due_at_once_with_two_workers(ledger: Ledger, tmp_path: Path) -> None:
    """Each is started once and sent once, by whichever worker comes first."""
    dispatches = [scheduled(ledger, people=2) for _ in range(100)]
    clock = Stepped.at(DUE)
    other = open_ledger(tmp_path / "mailer.db")

    async def run() -> Books:
        async with ScriptedServer() as server:
            await asyncio.gather(
                *(
                    send(
                        one,
                        smtp(server.port),
                        clock=clock,
                        until=lambda: not ledger.dispatches.with_status(*OPEN),
                        seconds=60,
                    )
                    for one in (ledger, other)
                )
            )
            return server.books

    books = asyncio.run(run())
    other.close()
    assert len(books.stored) == len({message.message_id for message in books.stored}) == 200
    assert all(status(ledger, dispatch)[0] is DispatchStatus.DONE for dispatch in dispatches)


@pytest.mark.parametrize("step", [timedelta(hours=2), timedelta(days=-1), timedelta(days=30)])
def test_wall_clock_stepped_during_a_run(ledger: Ledger, step: timedelta) -> None:
    """The wall clock jumps while messages leave and retries wait: nobody is doubled, doubted, failed or forgotten."""
    dispatch = begin(ledger, journalists(40))
    clock = Stepped()
    settings = replace(QUICK, retry=RetryRule(first=timedelta(seconds=1), longest=timedelta(seconds=1)))

    async def step_soon(books: Books) -> None:
        await eventually(lambda: len(books.stored) >= 15)
        clock.ahead += step

    async def run() -> Books:
        later = Rule(stage="rcpt", act=reply("451 4.3.0 later"), every=4, first=20)
        slow = Rule(stage="end", act=Act(delay=0.02))
        async with ScriptedServer(later, slow) as server:
            stepping = asyncio.create_task(step_soon(server.books))
            until = lambda: at_rest(ledger, dispatch)  # noqa: E731
            await send(ledger, smtp(server.port), settings=settings, clock=clock, until=until, seconds=15)
            await stepping
            return server.books

    books = asyncio.run(run())
    result = reckon(ledger, dispatch, books)
    assert result.clean, result
    if step < timedelta(days=2):
        assert result.accepted == 40
        assert status(ledger, dispatch)[0] is DispatchStatus.DONE
    else:
        # past the deadline by the wall clock: held for a person; only who was on the wire in that very moment may have failed
        assert status(ledger, dispatch) == (DispatchStatus.PAUSED, "deadline")
        assert counts(ledger, dispatch).get("failed", 0) <= QUICK.connections


@pytest.mark.parametrize("step", [timedelta(hours=2), timedelta(days=-1)])
def test_a_step_takes_no_lease_from_a_living_worker(ledger: Ledger, tmp_path: Path, step: timedelta) -> None:
    """Another worker with another idea of the time leaves a living worker's rows alone."""
    dispatch = begin(ledger, journalists(12))
    other = open_ledger(tmp_path / "mailer.db")
    until = lambda: at_rest(ledger, dispatch)  # noqa: E731

    async def second(port: int, settings: SendSettings) -> None:
        await eventually(lambda: ledger.queue.counts(dispatch.id)[DeliveryState.SENDING] > 0)
        await send(other, smtp(port), settings=settings, clock=Stepped(step), until=until)

    async def run() -> Books:
        slow = Rule(stage="end", act=Act(delay=0.15))
        async with ScriptedServer(slow) as server:
            settings = replace(QUICK, connections=2)
            await asyncio.gather(
                send(ledger, smtp(server.port), settings=settings, clock=Stepped(), until=until),
                second(server.port, settings),
            )
            return server.books

    books = asyncio.run(run())
    other.close()
    result = reckon(ledger, dispatch, books)
    assert result.clean, result
    assert (result.accepted, result.doubts) == (12, {})
    with closing(sqlite3.connect(tmp_path / "mailer.db")) as plain:
        moves = {move for (move,) in plain.execute("SELECT move FROM event WHERE delivery_id IS NOT NULL")}
    assert moves == set(), "a row was taken from the worker that had it on the wire"
