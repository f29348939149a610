"""Many messages on one connection: riding ahead, in chunks, one by one. Every reply belongs to its own message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from mailer.dispatch import Envelope, Outcome, Scope, Stage, Verdict
from mailer.errors import MessageError
from mailer.transport import SmtpTransport
from tests.envelopes import envelope, plain, run
from tests.scripted_smtp import Books, Extensions, Rule, ScriptedServer, cut, hang, reply

DATA = Extensions()
CHUNKS = Extensions(chunking=True)
LOCKSTEP = Extensions.none()
ALL = pytest.mark.parametrize("offered", [DATA, CHUNKS, LOCKSTEP], ids=["data", "chunks", "lockstep"])
FAST = pytest.mark.parametrize("offered", [DATA, CHUNKS], ids=["data", "chunks"])


class Paused(Exception):
    """The ledger says no."""


class Letter:
    """A job that writes down what happens to it."""

    def __init__(self, book: Round, number: int, letter: Envelope | None = None) -> None:
        self.book = book
        self.number = number
        self.envelope = letter or envelope(number)
        self.outcome: Outcome | None = None
        self.left = False
        self.returned = False

    async def leaving(self) -> None:
        self.book.events.append(f"leaving {self.number}")
        await asyncio.sleep(0)
        if self.number in self.book.refused:
            raise Paused
        self.left = True

    def settled(self, outcome: Outcome) -> None:
        assert self.outcome is None
        assert not self.returned
        self.book.events.append(f"settled {self.number}")
        self.outcome = outcome

    def back(self) -> None:
        assert self.outcome is None
        assert not self.left
        self.returned = True


class Round:
    """A pile of letters and what became of them."""

    def __init__(self, count: int, refused: Sequence[int] = ()) -> None:
        self.events: list[str] = []
        self.refused = refused
        self.letters = [Letter(self, number) for number in range(1, count + 1)]
        self._pile = list(self.letters)

    def ahead(self) -> Letter | None:
        return self._pile.pop(0) if self._pile else None

    async def carry(self, transport: SmtpTransport) -> None:
        """As a lane does it: until the pile is empty, those that came back on a new connection."""
        while (job := self.ahead()) is not None:
            await transport.carry(job, self.ahead)
            self._pile[:0] = [letter for letter in self.letters if letter.returned]
            for letter in self.letters:
                letter.returned = False

    @property
    def verdicts(self) -> list[str]:
        return [letter.outcome.verdict.value if letter.outcome else "-" for letter in self.letters]

    def outcome(self, number: int) -> Outcome:
        found = self.letters[number - 1].outcome
        assert found is not None
        return found


@asynccontextmanager
async def opened(*rules: Rule, offered: Extensions) -> AsyncIterator[tuple[SmtpTransport, ScriptedServer]]:
    async with ScriptedServer(*rules, extensions=offered, books=Books(keep_data=True)) as server:
        transport = SmtpTransport(plain(server))
        try:
            yield transport, server
        finally:
            await transport.close()


def carried(pile: Round, *rules: Rule, offered: Extensions) -> ScriptedServer:
    """Carries the pile; what the server saw. Nothing improper may have happened on the wire."""

    async def work() -> ScriptedServer:
        async with opened(*rules, offered=offered) as (transport, server):
            await pile.carry(transport)
        assert not server.books.violations
        assert not server.books.doubled
        return server

    return run(work())


@ALL
def test_everybody_gets_their_own_message(offered: Extensions) -> None:
    """Twenty messages on one connection arrive once each, byte for byte, each to its own recipient."""
    pile = Round(20)
    pile.letters[4].envelope = envelope(5, body=b".\r\n..\r\n.dots\r\n" + b"x" * 900 + b"\r\n")
    pile.letters[5].envelope = envelope(6, body=b"0123456789\r\n" * 60_000)
    server = carried(pile, offered=offered)
    assert pile.verdicts == ["accept"] * 20
    found = {stored.recipients[0]: stored.data for stored in server.books.stored}
    assert found == {letter.envelope.recipient: letter.envelope.data for letter in pile.letters}
    assert len({stored.connection for stored in server.books.stored}) == 1


@FAST
def test_commands_ride_ahead_and_messages_do_not_leave_unwritten(offered: Extensions) -> None:
    """Every message has its own `leaving`, before it and after the one before has been written."""
    pile = Round(4)
    carried(pile, offered=offered)
    assert [event for event in pile.events if event.startswith("leaving")] == [f"leaving {n}" for n in (1, 2, 3, 4)]
    assert [event for event in pile.events if event.startswith("settled")] == [f"settled {n}" for n in (1, 2, 3, 4)]
    # with DATA one message is on the way, with BDAT two
    assert pile.events.index("leaving 2") < pile.events.index("settled 1") or offered is DATA


@ALL
@pytest.mark.parametrize("stage", ["mail", "rcpt"])
def test_a_refused_next_one_does_not_disturb_its_neighbours(offered: Extensions, stage: str) -> None:
    """The third's envelope is refused while the second ends: everybody else is accepted, and the reply stays with the third."""
    pile = Round(6)
    rule = Rule(stage=stage, act=reply("550 5.1.1 nobody here"), after=2, every=3, first=3)
    server = carried(pile, rule, offered=offered)
    assert pile.verdicts == ["accept", "accept", "refuse", "accept", "accept", "accept"]
    assert pile.outcome(3).stage is (Stage.MAIL if stage == "mail" else Stage.RCPT)
    assert {stored.recipients[0] for stored in server.books.stored} == {f"r{n}@example.net" for n in (1, 2, 4, 5, 6)}


@ALL
def test_a_temporary_answer_to_a_message_is_its_own(offered: Extensions) -> None:
    """4xx after the second message, with the third's commands already sent: only the second is put off."""
    pile = Round(4)
    carried(pile, Rule(stage="end", act=reply("451 4.3.0 later"), address="r2@example.net"), offered=offered)
    assert pile.verdicts == ["accept", "defer", "accept", "accept"]
    assert pile.outcome(2).stage is Stage.END


@FAST
def test_354_in_spite_of_a_refused_recipient_ahead(offered: Extensions) -> None:
    """A server that says 354 to nobody: the riding group ends with a lone dot and nothing of the message leaves."""
    pile = Round(3)
    rules = (
        Rule(stage="rcpt", act=reply("550 5.1.1 nobody"), address="r2@example.net"),
        Rule(stage="data", act=reply("354 go ahead")),
    )
    server = carried(pile, *rules, offered=offered)
    assert pile.verdicts == ["accept", "refuse", "accept"]
    assert pile.letters[1].left is (offered is CHUNKS)
    assert len(server.books.stored) == 2


@FAST
def test_421_between_two_messages_costs_nobody_anything(offered: Extensions) -> None:
    """The server closes after two messages: with DATA others go out anew; with BDAT what was on its way waits; no doubts."""
    pile = Round(6)
    server = carried(
        pile, Rule(stage="mail", act=reply("421 4.7.0 enough"), after=2, per="connection"), offered=offered
    )
    if offered is DATA:
        assert pile.verdicts == ["accept"] * 6
        assert len({stored.connection for stored in server.books.stored}) == 3
    else:
        assert set(pile.verdicts) == {"accept", "defer"}
        assert all(
            letter.outcome.scope is Scope.SITE
            for letter in pile.letters
            if letter.outcome and letter.outcome.verdict is Verdict.DEFER
        )


@FAST
def test_a_cut_after_the_message_is_a_doubt_about_it_alone(offered: Extensions) -> None:
    """The line ends after the second message: it is in doubt, with BDAT also the one on its way, and nobody else."""
    pile = Round(5)
    server = carried(pile, Rule(stage="end", act=cut(store=True), address="r2@example.net"), offered=offered)
    expected = ["accept", "doubt", "accept", "accept", "accept"]
    if offered is CHUNKS:
        expected[2] = "doubt"
    assert pile.verdicts == expected
    assert not server.books.doubled


@FAST
def test_silence_after_the_message(offered: Extensions) -> None:
    """No reply to the message in time: a doubt, never a second try; those behind that had not left are tried later."""
    pile = Round(4)
    carried(pile, Rule(stage="end", act=hang(store=True), address="r2@example.net"), offered=offered)
    assert pile.verdicts[:2] == ["accept", "doubt"]
    assert pile.verdicts[3] == "accept"
    assert pile.verdicts[2] == ("accept" if offered is DATA else "doubt")


@FAST
def test_a_reply_in_the_middle_of_a_message(offered: Extensions) -> None:
    """Refused before it was whole, then cut: the refusal counts, the next one had not begun."""
    pile = Round(3)
    pile.letters[1].envelope = envelope(2, body=b"0123456789\r\n" * 200_000)
    carried(pile, Rule(stage="body", act=cut("552 5.3.4 too big", at=2000), address="r2@example.net"), offered=offered)
    assert pile.verdicts[0] == "accept"
    assert pile.verdicts[1] in ("refuse", "doubt")
    assert pile.verdicts[2] == "accept" or offered is CHUNKS


@ALL
@pytest.mark.parametrize("number", [1, 2, 3])
def test_what_may_not_leave_does_not_leave(offered: Extensions, number: int) -> None:
    """Paused while a message rides ahead: nothing of it leaves, the ones before it are settled first, the error goes on."""
    pile = Round(5, refused=[number])

    async def work() -> ScriptedServer:
        async with opened(offered=offered) as (transport, server):
            with pytest.raises(Paused):
                await pile.carry(transport)
            assert not transport.connected
        return server

    server = run(work())
    assert pile.verdicts == ["accept"] * (number - 1) + ["-"] * (6 - number)
    assert len(server.books.stored) == number - 1
    assert not pile.letters[number - 1].left


@ALL
def test_a_refusal_known_beforehand_is_settled_without_asking(offered: Extensions) -> None:
    """An address that cannot be written in SMTP is refused here, and the others go on."""
    pile = Round(3)
    pile.letters[1].envelope = envelope(2, recipient="a b@example.net")
    server = carried(pile, offered=offered)
    assert pile.verdicts == ["accept", "refuse", "accept"]
    assert len(server.books.stored) == 2


@FAST
def test_malformed_bytes_ahead_are_told_when_their_turn_comes(offered: Extensions) -> None:
    """A message with a bare line feed stops nobody before it and is never written."""
    pile = Round(3)
    pile.letters[1].envelope = envelope(2, body=b"bare\nline feed\r\n")

    async def work() -> ScriptedServer:
        async with opened(offered=offered) as (transport, server):
            with pytest.raises(MessageError):
                await pile.carry(transport)
        return server

    assert len(run(work()).books.stored) == 1
    assert pile.verdicts == ["accept", "-", "-"]


@FAST
def test_an_idle_connection_that_was_closed_makes_no_doubt(offered: Extensions) -> None:
    """The server hangs up on an idle connection: the next message goes out on a new one, without a word."""
    first, second = Round(2), Round(2)

    async def work() -> None:
        rule = Rule(stage="mail", act=cut(), after=2, per="connection")
        async with opened(rule, offered=offered) as (transport, _):
            await first.carry(transport)
            await second.carry(transport)

    run(work())
    assert first.verdicts + second.verdicts == ["accept"] * 4


def test_chunks_with_a_refused_recipient_are_read_away() -> None:
    """With BDAT a refused person's message is on its way already: the server drops it, the outcome is the refusal."""
    pile = Round(5)
    server = carried(pile, Rule(stage="rcpt", act=reply("550 5.1.1 nobody"), address="r3@example.net"), offered=CHUNKS)
    assert pile.verdicts == ["accept", "accept", "refuse", "accept", "accept"]
    assert pile.outcome(3).stage is Stage.RCPT
    assert pile.letters[2].left
    assert len(server.books.stored) == 4


def test_one_round_trip_each_with_data() -> None:
    """The commands of every message but the first arrive together with the end of the one before."""
    pile = Round(3)
    server = carried(pile, offered=DATA)
    lines = [line.partition(" ")[0] for _, line in server.books.commands]
    assert lines == ["EHLO", *["MAIL", "RCPT", "DATA"] * 3, "QUIT"]


def test_greylisting_is_asked_before_messages_travel() -> None:
    """Where everybody is put off, no message travels in vain."""
    pile = Round(8)
    carried(pile, Rule(stage="rcpt", act=reply("450 4.7.1 greylisted"), first=1, per="address"), offered=CHUNKS)
    assert pile.verdicts == ["defer"] * 8
    assert not any(letter.left for letter in pile.letters)
