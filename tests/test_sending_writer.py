"""The writer: one commit for all lanes, on the event loop only while that costs nobody anything."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.dispatch import Delivery, DeliveryState, Outcome, Reply, Scope, Stage, Verdict
from mailer.ledger import Beginning, Ledger, Scribe, Settlement, open_ledger
from mailer.sending import writer as writing
from mailer.sending.writer import Writer
from tests.builders import T0, draft, people

OK = Reply(code=250, enhanced="2.0.0", text="queued", stage=Stage.END)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path / "mailer.db")
    yield opened
    opened.close()


def claimed(ledger: Ledger, count: int) -> tuple[Delivery, ...]:
    dispatch = ledger.dispatches.approve(draft(people(count)), T0)
    ledger.dispatches.start(dispatch.id, who="tester", now=T0)
    return ledger.queue.claim(dispatch.id, owner="w", limit=count, now=T0, lease_until=T0 + timedelta(minutes=5))


def beginning(row: Delivery) -> Beginning:
    return Beginning(delivery_id=row.id, owner="w", number=1, started_at=T0)


def accepted(row: Delivery) -> Settlement:
    outcome = Outcome(verdict=Verdict.ACCEPT, scope=Scope.RECIPIENT, stage=Stage.END, reply=OK)
    return Settlement(delivery_id=row.id, owner="w", number=1, begun=True, outcome=outcome, started_at=T0, ended_at=T0)


def threads_of(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the threads that commit, one for each commit."""
    names: list[str] = []
    write = ledger.queue.write

    def noted(*items: list[Beginning] | list[Settlement], patient: bool = True) -> frozenset[int]:
        begun = write(*items, patient=patient)  # type: ignore[arg-type]
        names.append(threading.current_thread().name)
        return begun

    monkeypatch.setattr(ledger.queue, "write", noted)
    return names


def test_busy_connections_share_one_commit(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three outcomes and the next beginnings of three lanes are one transaction, made in place."""
    rows = claimed(ledger, 6)
    names = threads_of(ledger, monkeypatch)

    async def run() -> None:
        writer = Writer(ledger, company=lambda: 3)
        assert await asyncio.gather(*(writer.begin(beginning(row)) for row in rows[:3])) == [True] * 3
        settling = [writer.settling(accepted(row)) for row in rows[:3]]
        assert await asyncio.gather(*(writer.begin(beginning(row)) for row in rows[3:])) == [True] * 3
        assert all(one.done() for one in settling)
        await writer.close()

    asyncio.run(run())
    assert names == ["MainThread"] * 2
    counts = ledger.queue.counts(rows[0].dispatch_id)
    assert (counts[DeliveryState.ACCEPTED], counts[DeliveryState.SENDING]) == (3, 3)


def test_another_writer_does_not_hold_up_the_event_loop(ledger: Ledger, tmp_path: Path) -> None:
    """While another program is writing, a beginning waits on a thread, and everything else goes on."""
    (row,) = claimed(ledger, 1)

    async def run() -> None:
        writer = Writer(ledger, company=lambda: 1)
        with closing(sqlite3.connect(tmp_path / "mailer.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            waiting = writer.begin(beginning(row))
            for _ in range(20):
                await asyncio.sleep(0.001)
            assert not waiting.done()
            other.execute("COMMIT")
        assert await waiting
        await writer.close()

    asyncio.run(run())


def test_a_slow_disk_is_left_to_a_thread_until_it_is_quick_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One slow commit is enough to move the next ones off the event loop; one quick commit brings them back."""
    rows = claimed(ledger, 4)
    names = threads_of(ledger, monkeypatch)

    async def run() -> None:
        writer = Writer(ledger, company=lambda: 1)
        for row, quick in zip(rows, (0.0, 0.0, 10.0, 10.0), strict=True):
            monkeypatch.setattr(writing, "QUICK_SECONDS", quick)
            assert await writer.begin(beginning(row))
        await writer.close()

    asyncio.run(run())
    assert names == ["MainThread", "mailer-writer", "mailer-writer", "MainThread"]


def test_a_fault_reaches_everybody_who_waits(ledger: Ledger, tmp_path: Path) -> None:
    """When the table is gone all lanes hear of it, in place and on the thread, and none waits for ever."""
    rows = claimed(ledger, 2)
    with closing(sqlite3.connect(tmp_path / "mailer.db")) as plain:
        plain.execute("DROP TABLE attempt")

    async def run() -> None:
        writer = Writer(ledger, company=lambda: 2)
        for _ in range(2):
            lanes = (writer.begin(beginning(row)) for row in rows)
            answers = await asyncio.gather(*lanes, return_exceptions=True)
            assert [type(answer).__name__ for answer in answers] == ["LedgerError", "LedgerError"]
            writer._quick = False
        await writer.close()

    asyncio.run(run())


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process is started after the second commit."""
    monkeypatch.setattr(writing, "MANY_COMMITS", 1)
    monkeypatch.setattr(writing, "CLOSE_TOGETHER", 60.0)


async def with_a_scribe(writer: Writer, rows: Sequence[Delivery]) -> Scribe:
    """Makes commits until the process is there."""
    for row in rows:
        assert await writer.begin(beginning(row))
    async with asyncio.timeout(20):
        while writer._scribe is None or not writer._scribe.ready:
            await asyncio.sleep(0.01)
    return writer._scribe


def attempts(ledger: Ledger) -> list[int]:
    """The deliveries that have an attempt, each as often as it has one."""
    with closing(sqlite3.connect(ledger.path)) as plain:
        return [number for (number,) in plain.execute("SELECT delivery_id FROM attempt ORDER BY delivery_id")]


@pytest.mark.usefixtures("eager")
def test_many_commits_are_left_to_a_process(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """From some commits on another process writes; lanes and outcomes notice nothing."""
    rows = claimed(ledger, 30)
    names = threads_of(ledger, monkeypatch)

    async def run() -> None:
        writer = Writer(ledger, company=lambda: 2)
        await with_a_scribe(writer, rows[:2])
        assert names == ["MainThread"] * 2
        for one, two in zip(rows[2::2], rows[3::2], strict=True):
            assert await asyncio.gather(writer.begin(beginning(one)), writer.begin(beginning(two))) == [True, True]
            await asyncio.gather(writer.settling(accepted(one)), writer.settling(accepted(two)))
        refused = replace(beginning(rows[0]), owner="somebody else")
        assert await writer.begin(refused) is False
        await writer.close()

    asyncio.run(run())
    assert names == ["MainThread"] * 2
    counts = ledger.queue.counts(rows[0].dispatch_id)
    assert (counts[DeliveryState.ACCEPTED], counts[DeliveryState.SENDING]) == (28, 2)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("wrote", [True, False])
def test_a_process_that_dies_costs_nothing(ledger: Ledger, wrote: bool) -> None:
    """Killed with a turn in its hands, written or not: the turn is written once, and sending goes on without the process."""
    rows = claimed(ledger, 6)

    async def run() -> None:
        writer = Writer(ledger, company=lambda: 1)
        scribe = await with_a_scribe(writer, rows[:2])
        if wrote:
            # the answer stays in the socket: as if it had died just before
            asyncio.get_running_loop().remove_reader(scribe.fileno())
        else:
            os.kill(scribe.pid, signal.SIGSTOP)
        waiting = asyncio.gather(writer.begin(beginning(rows[2])), writer.settling(accepted(rows[0])))
        if wrote:
            async with asyncio.timeout(20):
                while len(attempts(ledger)) < 3:
                    await asyncio.sleep(0.01)
            scribe.answer()
            asyncio.get_running_loop().add_reader(scribe.fileno(), writer._hear)
        os.kill(scribe.pid, signal.SIGKILL)
        async with asyncio.timeout(20):
            assert await waiting == [True, True]
        assert await writer.begin(beginning(rows[3]))
        await writer.close()

    asyncio.run(run())
    assert attempts(ledger) == [row.id for row in rows[:4]]
    counts = ledger.queue.counts(rows[0].dispatch_id)
    assert (counts[DeliveryState.ACCEPTED], counts[DeliveryState.SENDING]) == (1, 3)


@pytest.mark.usefixtures("eager")
def test_a_process_without_work_is_ended(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that sends once a week does not keep it; the next busy time has a new one."""
    rows = claimed(ledger, 6)
    monkeypatch.setattr(writing, "REST_SECONDS", 0.05)

    async def run() -> None:
        writer = Writer(ledger, company=lambda: 1)
        first = await with_a_scribe(writer, rows[:2])
        async with asyncio.timeout(20):
            while writer._scribe is not None:
                await asyncio.sleep(0.01)
        monkeypatch.setattr(writing, "REST_SECONDS", 60.0)
        second = await with_a_scribe(writer, rows[2:5])
        assert second is not first
        await writer.close()

    asyncio.run(run())
    assert len(attempts(ledger)) == 5
