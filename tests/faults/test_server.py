"""The server fails at every stage of the conversation: what each person, the dispatch and the log come to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.desk.report import log_lines, log_record
from mailer.dispatch import DeliveryState, DispatchStatus
from mailer.ledger import Ledger, LogFilter, open_ledger
from mailer.sending import RetryRule
from mailer.wording import LANGUAGES
from tests.builders import contact
from tests.faults.office import QUICK, begin, calm, counts, journalists, send, smtp, status
from tests.faults.reckoning import reckon
from tests.scripted_smtp import (
    Act,
    Books,
    Extensions,
    Rule,
    ScriptedServer,
    certificates,
    cut,
    drip,
    hang,
    reply,
    reset,
)

PLAIN_STAGES = ("connect", "ehlo", "mail", "rcpt", "data")


def broken(stage: str) -> tuple[Rule, ...]:
    """The first time cut, the second reset, the third silent."""
    acts = enumerate((cut(), reset(), hang()), start=1)
    return tuple(Rule(stage=stage, act=act, first=number) for number, act in acts)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path / "mailer.db")
    yield opened
    opened.close()


@pytest.mark.parametrize("stage", PLAIN_STAGES)
def test_broken_before_the_message(ledger: Ledger, stage: str) -> None:
    """Cut, reset or silent before the 354: everybody gets it all the same, and nobody is in doubt."""
    dispatch = begin(ledger, journalists(8))

    async def run() -> Books:
        async with ScriptedServer(*broken(stage)) as server:
            await send(ledger, smtp(server.port, timeout=0.2), dispatch)
            return server.books

    result = reckon(ledger, dispatch, asyncio.run(run()))
    assert result.clean, result
    assert (result.accepted, result.doubts) == (8, {})


@pytest.mark.parametrize("stage", ["starttls", "handshake", "auth"])
def test_broken_on_the_way_to_a_session(ledger: Ledger, tmp_path: Path, stage: str) -> None:
    """Cut, reset or silent during STARTTLS, handshake or login: tried again, and nothing ever goes in clear."""
    dispatch = begin(ledger, journalists(4))
    good = certificates()
    changes = {
        "security": "starttls",
        "ca_file": good.ca_file(tmp_path),
        "username": "press",
        "password": "open-sesame",
    }

    async def run() -> Books:
        async with ScriptedServer(*broken(stage), tls=good.good, logins={"press": "open-sesame"}) as server:
            await send(ledger, smtp(server.port, timeout=0.5, **changes), dispatch)
            return server.books

    books = asyncio.run(run())
    result = reckon(ledger, dispatch, books)
    assert result.clean, result
    assert (result.accepted, result.doubts) == (4, {})
    assert all(message.encrypted for message in books.stored)
    assert all(login.encrypted for login in books.logins)


@pytest.mark.parametrize(
    ("stage", "act", "arrived"),
    [
        ("body", cut(at=400), 0),
        ("body", reset(at=400), 0),
        ("body", hang(at=400), 0),
        ("end", cut(store=False), 0),
        ("end", cut(store=True), 1),
        ("end", reset(store=True), 1),
        ("end", hang(store=False), 0),
        ("end", hang(store=True), 1),
    ],
)
def test_broken_after_the_message_began(ledger: Ledger, stage: str, act: Act, arrived: int) -> None:
    """From the first byte to the missing reply nobody can know: exactly this person is in doubt, and is never sent to again."""
    people = journalists(6)
    victim = str(people[2].address)
    dispatch = begin(ledger, people)

    async def run() -> Books:
        async with ScriptedServer(Rule(stage=stage, act=act, address=victim)) as server:
            await send(ledger, smtp(server.port, timeout=0.3, final_dot_timeout=0.3), dispatch)
            return server.books

    result = reckon(ledger, dispatch, asyncio.run(run()))
    assert result.clean, result
    assert (result.accepted, result.doubts) == (5, {victim: arrived})
    assert status(ledger, dispatch) == (DispatchStatus.PAUSED, "doubt")


def test_broken_after_the_answer(ledger: Ledger) -> None:
    """A server that hangs up after its 250 has taken the message: accepted, and the next one goes over a new connection."""
    dispatch = begin(ledger, journalists(6))

    async def run() -> Books:
        async with ScriptedServer(Rule(stage="after", act=cut())) as server:
            await send(ledger, smtp(server.port), dispatch)
            return server.books

    books = asyncio.run(run())
    result = reckon(ledger, dispatch, books)
    assert result.clean, result
    assert (result.accepted, books.connections) == (6, 6)


def test_421_after_ten_messages(ledger: Ledger) -> None:
    """A server that wants a new connection after ten messages gets one; nobody is put off for it."""
    dispatch = begin(ledger, journalists(60))

    async def run() -> Books:
        enough = Rule(stage="mail", act=reply("421 4.7.0 enough"), after=10, per="connection")
        async with ScriptedServer(enough) as server:
            await send(ledger, smtp(server.port), dispatch)
            return server.books

    result = reckon(ledger, dispatch, asyncio.run(run()))
    assert result.clean, result
    assert result.accepted == 60
    assert {row.delivery.attempts for row in ledger.log.rows(LogFilter(dispatch_id=dispatch.id))} == {1}


def test_two_connections_at_most(ledger: Ledger) -> None:
    """A server that allows two connections gets two, and does not hear a knock with every message."""
    dispatch = begin(ledger, journalists(200))
    patient = replace(QUICK, connections=8, backoff_first=0.2, backoff_longest=5.0)

    async def run() -> Books:
        async with ScriptedServer(max_connections=2, delay=(0.001, 0.003)) as server:
            await send(ledger, smtp(server.port), dispatch, settings=patient)
            return server.books

    books = asyncio.run(run())
    result = reckon(ledger, dispatch, books)
    assert result.clean, result
    assert result.accepted == 200
    assert books.connections < 60


def test_greylisting(ledger: Ledger) -> None:
    """Everybody is put off once and accepted at the second try, a large domain as well as a small one."""
    dispatch = begin(ledger, journalists(40, ("large.example",)))

    async def run() -> Books:
        later = Rule(stage="rcpt", act=reply("450 4.7.1 greylisted, come back later"), first=1, per="address")
        async with ScriptedServer(later) as server:
            await send(ledger, smtp(server.port), dispatch)
            return server.books

    result = reckon(ledger, dispatch, asyncio.run(run()))
    assert result.clean, result
    assert result.accepted == 40
    assert {row.delivery.attempts for row in ledger.log.rows(LogFilter(dispatch_id=dispatch.id))} == {2}


def test_some_put_off_some_refused(ledger: Ledger) -> None:
    """Every 7th is put off and comes again, every 11th is refused for good and asked once; the log has the server's words."""
    dispatch = begin(ledger, journalists(154))

    async def run() -> Books:
        rules = (
            Rule(stage="end", act=reply("451 4.3.0 later"), every=7),
            Rule(stage="rcpt", act=reply("550 5.1.1 no such user"), every=11),
        )
        async with ScriptedServer(*rules) as server:
            await send(ledger, smtp(server.port), dispatch)
            return server.books

    books = asyncio.run(run())
    result = reckon(ledger, dispatch, books)
    assert result.clean, result
    assert result.accepted + counts(ledger, dispatch)["failed"] == 154
    for row in ledger.log.rows(LogFilter(dispatch_id=dispatch.id)):
        codes = books.codes(str(row.delivery.contact.address))
        if 550 in codes:
            assert codes[-1] == 550
            assert row.last is not None
            assert row.last.outcome is not None
            assert row.last.outcome.reply is not None
            assert row.last.outcome.reply.text == "no such user"


def test_all_senders_refused_stops_at_once(ledger: Ledger) -> None:
    """MAIL refused to everybody: stopped within 20 messages, paused with the server's words, the list is not burned."""
    dispatch = begin(ledger, journalists(100))

    async def run() -> Books:
        async with ScriptedServer(Rule(stage="mail", act=reply("550 5.7.1 sender not welcome"))) as server:
            await send(ledger, smtp(server.port), dispatch)
            return server.books

    books = asyncio.run(run())
    left = counts(ledger, dispatch)
    assert left["queued"] >= 80
    assert left.get("failed", 0) <= 20
    assert sum(1 for _, line in books.commands if line.startswith("MAIL")) <= 20
    assert status(ledger, dispatch) == (DispatchStatus.PAUSED, "message: 550 5.7.1 sender not welcome")


@pytest.mark.parametrize(
    ("stage", "words"),
    [("mail", "451 4.3.2 not now"), ("end", "451 4.3.1 no room"), ("data", "421 4.3.2 closing"), ("connect", "421 no")],
)
def test_all_put_off_by_the_site_stops_soon(ledger: Ledger, stage: str, words: str) -> None:
    """A server in trouble tells everybody the same: after a bounded number of tries the dispatch waits for a person."""
    dispatch = begin(ledger, journalists(200))

    async def run() -> Books:
        async with ScriptedServer(Rule(stage=stage, act=reply(words))) as server:
            await send(ledger, smtp(server.port), dispatch)
            return server.books

    books = asyncio.run(run())
    assert books.stored == []
    assert len(books.attempts) <= 60
    found, reason = status(ledger, dispatch)
    assert found is DispatchStatus.PAUSED
    assert reason.startswith(f"site: {words[:3]}")
    assert set(counts(ledger, dispatch)) <= {"queued", "deferred"}


def test_relay_that_never_answers_the_dot(ledger: Ledger) -> None:
    """A relay that hangs after every message takes a handful into doubt, not the list."""
    dispatch = begin(ledger, journalists(100))

    async def run() -> Books:
        async with ScriptedServer(Rule(stage="end", act=hang(store=True))) as server:
            await send(ledger, smtp(server.port, final_dot_timeout=0.2), dispatch)
            return server.books

    result = reckon(ledger, dispatch, asyncio.run(run()))
    assert result.clean, result
    assert len(result.doubts) <= 12
    assert status(ledger, dispatch)[1].startswith("site: ")


def test_relay_that_loses_every_other_answer(ledger: Ledger) -> None:
    """Acceptances in between do not hide a relay that keeps losing answers."""
    dispatch = begin(ledger, journalists(200))

    async def run() -> Books:
        async with ScriptedServer(Rule(stage="end", act=cut(store=True), every=2)) as server:
            await send(ledger, smtp(server.port), dispatch)
            return server.books

    result = reckon(ledger, dispatch, asyncio.run(run()))
    assert result.clean, result
    assert len(result.doubts) <= 20
    assert status(ledger, dispatch)[1].startswith("site: ")


UNHURRIED = replace(QUICK, retry=RetryRule(first=timedelta(minutes=5)))

ODD = {
    "bytes one by one": drip(0.002, "250 2.0.0 slowly but surely"),
    "euc-kr": reply("550 5.1.1 그런 사용자가 없습니다\r\n".encode("euc-kr")),
    "no text": reply(b"250\r\n"),
    "unknown code": reply("299 what is this"),
    "strange class": reply("799 what is this"),
    "both at once": reply(b"550-no\r\n250 yes\r\n"),
    "a megabyte": reply(b"450 4.2.0 " + b"x" * 1_000_000 + b"\r\n", cut="close"),
    "20,000 lines": reply(b"450-4.2.0 well\r\n" * 20_000 + b"450 4.2.0 well\r\n", cut="close"),
    "garbage": reply(bytes(range(128, 256)) + b"\r\n", cut="close"),
    "control characters": reply(b"550 5.1.1 \x1b[31m\x07red\x00\r\n"),
}


@pytest.mark.parametrize("stage", ["rcpt", "end"])
def test_odd_answers(ledger: Ledger, stage: str) -> None:
    """Whatever a server says: no crash, no worker stuck, a 5xx is asked once, and the log is text that can be printed."""
    people = journalists(40, tuple(f"d{number}.example" for number in range(40)))
    victims = {kind: str(people[3 * number].address) for number, kind in enumerate(ODD)}
    dispatch = begin(ledger, people)

    async def run() -> Books:
        rules = (Rule(stage=stage, act=act, address=victims[kind]) for kind, act in ODD.items())
        async with ScriptedServer(*rules) as server:
            until = lambda: calm(ledger, dispatch)  # noqa: E731
            await send(ledger, smtp(server.port), dispatch, settings=UNHURRIED, until=until)
            return server.books

    books = asyncio.run(run())
    assert books.doubled == {}
    states = {str(row.delivery.contact.address): row.delivery for row in ledger.log.rows(LogFilter())}
    found = {kind: states[address].state.value for kind, address in victims.items()}
    assert found == {kind: AFTER[stage].get(kind, AFTER["both"][kind]) for kind in ODD}
    assert {row.state for address, row in states.items() if address not in victims.values()} == {DeliveryState.ACCEPTED}
    for line in log_lines(ledger, LogFilter(dispatch_id=dispatch.id), attempts=True):
        for language in LANGUAGES:
            text = str(log_record(line, language, attempts=True))
            assert text.encode("utf-8").decode().isprintable()


AFTER = {
    "both": {
        "bytes one by one": "accepted",
        "euc-kr": "failed",
        "no text": "accepted",
        "unknown code": "accepted",
        "strange class": "deferred",
        "both at once": "in_doubt",
        "a megabyte": "deferred",
        "20,000 lines": "deferred",
        "garbage": "in_doubt",
        "control characters": "failed",
    },
    "rcpt": {"both at once": "deferred", "garbage": "deferred"},
    "end": {},
}
"""What becomes of the person; before the message nothing is ever in doubt. 2yz means yes (RFC 5321 4.2.1), 7yz nothing at all."""


@pytest.mark.parametrize("missing", ["pipelining", "size", "eightbitmime", "smtputf8", "starttls"])
def test_without_one_extension(ledger: Ledger, missing: str) -> None:
    """Each extension may be missing: the right bytes leave, and only the person who needs it goes without, with a reason."""
    people = [*journalists(5), contact("홍길동@news.example", name="홍길동", outlet="가나일보")]
    dispatch = begin(ledger, people)
    offered = replace(Extensions(), **{missing: None if missing == "size" else False})

    async def run() -> Books:
        async with ScriptedServer(extensions=offered) as server:
            await send(ledger, smtp(server.port), dispatch)
            return server.books

    books = asyncio.run(run())
    result = reckon(ledger, dispatch, books)
    assert result.clean, result
    unreachable = missing in ("smtputf8", "eightbitmime")
    assert counts(ledger, dispatch) == ({"accepted": 5, "failed": 1} if unreachable else {"accepted": 6})
    if unreachable:
        (line,) = log_lines(ledger, LogFilter(dispatch_id=dispatch.id, states=(DeliveryState.FAILED,)))
        assert line.row.last is not None
        assert line.row.last.outcome is not None
        assert line.row.last.outcome.reply is not None
        assert line.row.last.outcome.reply.enhanced in ("5.6.3", "5.6.7")
        assert str(line.row.delivery.contact.address) == "홍길동@news.example"


def test_message_over_the_announced_size(ledger: Ledger) -> None:
    """A server that announces a smaller SIZE is not bothered with a single message; the dispatch says why."""
    dispatch = begin(ledger, journalists(10))

    async def run() -> Books:
        async with ScriptedServer(extensions=Extensions(size=2_000)) as server:
            await send(ledger, smtp(server.port), dispatch)
            return server.books

    books = asyncio.run(run())
    assert not any(line.startswith(("MAIL", "DATA")) for _, line in books.commands)
    assert counts(ledger, dispatch) == {"queued": 10}
    assert status(ledger, dispatch)[1].startswith("message: 5.3.4 ")
