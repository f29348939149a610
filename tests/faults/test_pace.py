"""How fast it goes: rates per server and per domain, a domain in trouble beside others that are not, opt-outs on the way."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailer.contacts import Suppression
from mailer.desk.report import log_lines
from mailer.dispatch import DeliveryState, DispatchStatus, PauseCause
from mailer.ledger import Ledger, LogFilter, open_ledger
from tests.builders import contact
from tests.faults.office import QUICK, begin, counts, eventually, journalists, send, smtp, status
from tests.faults.reckoning import reckon
from tests.scripted_smtp import Books, Rule, ScriptedServer, reply


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path / "mailer.db")
    yield opened
    opened.close()


def gaps(books: Books, domain: str = "") -> list[float]:
    times = [message.time for message in books.stored if message.recipient.endswith(domain)]
    return [later - earlier for earlier, later in itertools.pairwise(times)]


def test_rate_of_the_server(ledger: Ledger) -> None:
    """At 25 a second no more than that leave, over however many connections."""
    dispatch = begin(ledger, journalists(20))

    async def run() -> Books:
        async with ScriptedServer() as server:
            await send(ledger, smtp(server.port), dispatch, settings=replace(QUICK, rate=25.0))
            return server.books

    books = asyncio.run(run())
    assert reckon(ledger, dispatch, books).accepted == 20
    # 19 gaps of 40 ms; what is late makes no other one early
    assert sum(gaps(books)) >= 0.7


def test_rate_of_a_domain_delays_nobody_else(ledger: Ledger) -> None:
    """A domain that is written to slowly does not hold up the people of other domains who stand behind it."""
    slow = [contact(f"s{number}@Slow.example") for number in range(8)]
    dispatch = begin(ledger, [*slow, *journalists(30)])

    async def run() -> Books:
        async with ScriptedServer() as server:
            await send(ledger, smtp(server.port), dispatch, settings=replace(QUICK, domain_rate=20.0))
            return server.books

    books = asyncio.run(run())
    assert reckon(ledger, dispatch, books).accepted == 38
    assert sum(gaps(books, "@slow.example")) >= 0.3


def test_domain_in_trouble_delays_nobody_else(ledger: Ledger) -> None:
    """A domain that puts everybody off is left alone for a while and comes right by itself; by then the others are served."""
    troubled = [contact(f"t{number}@Busy.example") for number in range(40)]
    dispatch = begin(ledger, [*troubled, *journalists(60)])

    async def run() -> Books:
        busy = Rule(stage="rcpt", act=reply("450 4.2.1 too busy"), address="@busy.example", seconds=1.2)
        async with ScriptedServer(busy) as server:
            await send(ledger, smtp(server.port), dispatch, settings=replace(QUICK, breaker_first=0.3))
            return server.books

    books = asyncio.run(run())
    result = reckon(ledger, dispatch, books)
    assert result.clean, result
    assert result.accepted == 100
    arrivals = [message.recipient.endswith("@busy.example") for message in books.stored]
    assert not any(arrivals[:60])
    assert sum(attempt.code == 450 for attempt in books.attempts) < 20


def test_opt_out_after_approval_wins(ledger: Ledger) -> None:
    """Somebody who opts out between approval and sending gets nothing, and the log says why."""
    people = journalists(5)
    dispatch = begin(ledger, people)
    known = ledger.suppressed.suppressions()
    entry = known.entry(str(people[3].address), reason="asked not to", added_at=datetime.now(UTC), added_by="tester")
    assert isinstance(entry, Suppression)
    ledger.suppressed.add([entry])

    async def run() -> Books:
        async with ScriptedServer() as server:
            await send(ledger, smtp(server.port), dispatch)
            return server.books

    result = reckon(ledger, dispatch, asyncio.run(run()))
    assert result.clean, result
    assert counts(ledger, dispatch) == {"accepted": 4, "suppressed": 1}
    assert status(ledger, dispatch)[0] is DispatchStatus.DONE
    assert ledger.log.rows(LogFilter(dispatch_id=dispatch.id))[3].delivery.state == "suppressed"
    (line,) = log_lines(ledger, LogFilter(dispatch_id=dispatch.id, states=(DeliveryState.SUPPRESSED,)))
    assert "asked not to" in line.meaning.what.en


def test_opt_out_in_the_middle_of_a_slow_send_wins(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who opts out while their own turn is awaited, after every look but the last, gets nothing."""
    monkeypatch.setattr("mailer.sending.drain.FRESH", 0.0)
    people = journalists(2)
    dispatch = begin(ledger, people)
    known = ledger.suppressed.suppressions()
    entry = known.entry(str(people[1].address), reason="asked not to", added_at=datetime.now(UTC), added_by="tester")
    assert isinstance(entry, Suppression)

    async def run() -> Books:
        async with ScriptedServer() as server:
            work = asyncio.create_task(send(ledger, smtp(server.port), dispatch, settings=replace(QUICK, rate=4.0)))
            await eventually(lambda: len(server.books.stored) > 0)
            await asyncio.to_thread(ledger.suppressed.add, [entry])
            await work
            return server.books

    result = reckon(ledger, dispatch, asyncio.run(run()))
    assert result.clean, result
    assert counts(ledger, dispatch) == {"accepted": 1, "suppressed": 1}


def test_a_slow_pace_keeps_little_to_itself(ledger: Ledger) -> None:
    """At a pace no more is leased than leaves soon, claimed ahead or not; a pause gives all of it back."""
    dispatch = begin(ledger, journalists(60))
    leased = 0

    async def run() -> None:
        nonlocal leased
        async with ScriptedServer() as server:
            settings = replace(QUICK, rate=12.0)
            work = asyncio.create_task(
                send(
                    ledger,
                    smtp(server.port),
                    dispatch,
                    settings=settings,
                    until=lambda: (
                        status(ledger, dispatch)[0] is DispatchStatus.PAUSED and not rows_with_a_lease(ledger)
                    ),
                )
            )
            while len(server.books.stored) < 12:
                leased = max(leased, len(rows_with_a_lease(ledger)))
                await asyncio.sleep(0.01)
            await asyncio.to_thread(
                ledger.dispatches.pause, dispatch.id, cause=PauseCause.OFFICER, who="t", now=datetime.now(UTC)
            )
            await work

    asyncio.run(run())
    # two for each connection on their way out, and the next claim
    assert 0 < leased <= 4 * QUICK.connections
    assert rows_with_a_lease(ledger) == []
    assert set(counts(ledger, dispatch)) == {"accepted", "queued"}


def rows_with_a_lease(ledger: Ledger) -> list[int]:
    with closing(sqlite3.connect(ledger.path)) as plain:
        return [number for (number,) in plain.execute("SELECT id FROM delivery WHERE lease_owner IS NOT NULL")]
