"""The writer: one commit for all lanes, on the event loop only while that costs nobody anything."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.dispatch import Delivery, DeliveryState, Outcome, Reply, Scope, Stage, Verdict
from mailer.ledger import Beginning, Ledger, Settlement, open_ledger
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
            waiting = asyncio.create_task(writer.begin(beginning(row)))
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
