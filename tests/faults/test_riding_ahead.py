"""Messages that ride one behind the other, through a worker: refusals, cuts and kills between two of them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from mailer.dispatch import Dispatch, DispatchStatus, PauseCause
from mailer.ledger import Ledger, open_ledger
from tests.builders import T0
from tests.faults.office import QUICK, Office, begin, finish, journalists, kill, send, smtp, status, stored, wait_until
from tests.faults.reckoning import Reckoning, reckon
from tests.scripted_smtp import Books, Extensions, Rule, ScriptedServer, ServerProcess, cut, delay, reply

OFFERS = pytest.mark.parametrize("offered", [Extensions(), Extensions(chunking=True)], ids=["data", "chunks"])


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path / "mailer.db")
    yield opened
    opened.close()


def sent(ledger: Ledger, dispatch: Dispatch, *rules: Rule, offered: Extensions) -> Reckoning:
    async def run() -> Books:
        async with ScriptedServer(*rules, extensions=offered) as server:
            await send(ledger, smtp(server.port), dispatch, settings=replace(QUICK, connections=2))
            return server.books

    return reckon(ledger, dispatch, asyncio.run(run()))


def unexplained(result: Reckoning) -> list[str]:
    """With BDAT a message leaves before the server has been asked for its recipient: it may be in doubt all the same."""
    return [*result.lost, *result.doubled, *(one for one in result.disagreements if "never asked" not in one)]


@OFFERS
def test_a_difficult_server(ledger: Ledger, offered: Extensions) -> None:
    """Greylisting, an end after nine messages, and people who do not exist: everybody else gets it, and nobody is in doubt."""
    dispatch = begin(ledger, journalists(60))
    rules = (
        Rule(stage="mail", act=reply("421 4.7.0 enough for now"), after=9, per="connection"),
        Rule(stage="rcpt", act=reply("550 5.1.1 nobody here"), address="p00017@wire.example"),
        Rule(stage="rcpt", act=reply("450 4.7.1 greylisted, try again"), first=1, per="address"),
        Rule(stage="end", act=reply("451 4.3.0 a moment"), every=13),
    )
    result = sent(ledger, dispatch, *rules, offered=offered)
    assert result.clean, result
    assert (result.accepted, result.doubts) == (59, {})


@OFFERS
def test_cuts_between_two_messages(ledger: Ledger, offered: Extensions) -> None:
    """The line ends after every fifteenth message that was taken: those are in doubt, with BDAT at most one more each."""
    dispatch = begin(ledger, journalists(40))
    result = sent(ledger, dispatch, Rule(stage="end", act=cut(store=True), every=15), offered=offered)
    assert not unexplained(result), result
    assert result.accepted + len(result.doubts) == 40
    assert len(result.doubts) <= (2 if offered == Extensions() else 4)
    assert sum(result.doubts.values()) == 2


@OFFERS
def test_a_pause_stops_what_rides_ahead(ledger: Ledger, offered: Extensions) -> None:
    """Paused in the middle: what was on its way is settled, what rode ahead stays queued, and no connection hangs."""
    dispatch = begin(ledger, journalists(50))

    async def run() -> Books:
        async with ScriptedServer(Rule(stage="end", act=delay(0.02)), extensions=offered) as server:

            def until() -> bool:
                if len(server.books.stored) > 8 and status(ledger, dispatch)[0] is DispatchStatus.SENDING:
                    ledger.dispatches.pause(dispatch.id, cause=PauseCause.OFFICER, detail="", who="tester", now=T0)
                return status(ledger, dispatch)[0] is not DispatchStatus.SENDING

            pausing = asyncio.create_task(asyncio.to_thread(_wait, until))
            await send(ledger, smtp(server.port), dispatch, settings=replace(QUICK, connections=2))
            await pausing
            return server.books

    result = reckon(ledger, dispatch, asyncio.run(run()))
    assert result.clean, result
    assert result.doubts == {}
    assert 8 < result.accepted < 50


def _wait(condition: object) -> None:
    assert callable(condition)
    wait_until(condition)


def test_kill_9_while_messages_ride_in_chunks(tmp_path: Path) -> None:
    """200 people, 2 kills, BDAT: 0 lost, 0 doubled, at most two doubts per connection and kill."""
    with (
        ServerProcess(tmp_path, delay_ms=(2, 10), extensions=Extensions(chunking=True)) as server,
        Office(tmp_path, server.port, SMTP_CONNECTIONS="4") as office,
        closing(office.ledger()) as ledger,
    ):
        dispatch = begin(ledger, journalists(200))
        dice = random.Random(9)
        for _ in range(2):
            worker = office.worker()
            enough = stored(tmp_path / "smtp-books") + dice.randint(3, 40)
            wait_until(lambda: stored(tmp_path / "smtp-books") >= enough or worker.poll() is not None)  # noqa: B023
            kill(worker)
        finish(office.worker())
        result = reckon(ledger, dispatch, server.books())
    assert not unexplained(result), result
    assert result.accepted + len(result.doubts) == 200
    assert len(result.doubts) <= 2 * 4 * 2
