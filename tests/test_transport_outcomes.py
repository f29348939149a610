"""Every answer and every silence of a server becomes the right outcome: verdict, scope, stage."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from mailer.dispatch import Scope, Stage, Verdict
from mailer.transport import SmtpTransport, login_refused
from tests.envelopes import Gate, connected, envelope, plain, run, send
from tests.scripted_smtp import Act, Extensions, Rule, ScriptedServer, cut, delay, hang, reply, reset

PIPELINED, LOCKSTEP = Extensions(), Extensions(pipelining=False)
BOTH = pytest.mark.parametrize("extensions", [PIPELINED, LOCKSTEP], ids=["pipelined", "lockstep"])
SILENCES = pytest.mark.parametrize("act", [cut(), reset(), hang()], ids=["cut", "reset", "hang"])


@BOTH
def test_accepted(extensions: Extensions) -> None:
    """250 after the final dot is the one way to be accepted, and the server's words are kept."""

    async def main() -> None:
        async with connected(extensions=extensions) as (transport, server):
            gate = Gate()
            outcome = await send(transport, envelope(7), gate)
            assert (outcome.verdict, outcome.stage, gate.calls) == (Verdict.ACCEPT, Stage.END, 1)
            assert outcome.reply is not None
            assert (outcome.reply.code, outcome.reply.enhanced, outcome.reply.text) == (250, "2.0.0", "queued as 1")
            assert server.books.recipients["r7@example.net"] == 1
        assert server.books.violations == []

    run(main())


@BOTH
@SILENCES
@pytest.mark.parametrize("stage", ["connect", "ehlo", "mail", "rcpt", "data"])
def test_lost_before_the_message(stage: str, act: Act, extensions: Extensions) -> None:
    """A connection lost or hung before the message leaves defers, concerns the server, and `leaving` was never awaited."""

    async def main() -> None:
        async with connected(Rule(stage=stage, act=act, first=1), extensions=extensions) as (transport, server):
            gate = Gate()
            outcome = await send(transport, gate=gate)
            assert (outcome.verdict, outcome.scope, outcome.stage) == (Verdict.DEFER, Scope.SITE, Stage(stage))
            assert outcome.detail
            assert gate.calls == 0
            assert (await send(transport, gate=gate)).verdict is Verdict.ACCEPT
        assert server.books.recipients.total() == 1

    run(main())


@BOTH
@SILENCES
@pytest.mark.parametrize("stored", [True, False], ids=["stored", "not_stored"])
def test_lost_after_the_dot_is_a_doubt(stored: bool, act: Act, extensions: Extensions) -> None:
    """Whether the server kept the message or not, a lost answer to the final dot looks the same: a doubt of this person."""

    async def main() -> None:
        async with connected(Rule(stage="end", act=replace(act, store=stored)), extensions=extensions) as (
            transport,
            server,
        ):
            outcome = await send(transport)
            assert (outcome.verdict, outcome.scope, outcome.stage) == (Verdict.DOUBT, Scope.RECIPIENT, Stage.END)
            assert len(server.books.stored) == stored

    run(main())


@SILENCES
def test_lost_inside_the_message_is_a_doubt(act: Act) -> None:
    """A connection lost or hung while a large message leaves is a doubt, and a hung server does not hold us or fill memory."""

    async def main() -> None:
        async with connected(Rule(stage="body", act=replace(act, at=1_000))) as (transport, server):
            outcome = await send(transport, envelope(body=(b"x" * 70 + b"\r\n") * 200_000))
            assert (outcome.verdict, outcome.stage) == (Verdict.DOUBT, Stage.BODY)
            assert server.books.stored == []

    run(main())


def test_refused_inside_the_message() -> None:
    """A refusal while the message still leaves is a refusal: the rest is not written and the connection is given up."""

    async def main() -> None:
        rule = Rule(stage="body", act=reply("552 5.3.4 that is quite enough", at=1_000), first=1)
        async with connected(rule) as (transport, server):
            outcome = await send(transport, envelope(body=(b"x" * 70 + b"\r\n") * 200_000))
            assert (outcome.verdict, outcome.scope) == (Verdict.REFUSE, Scope.MESSAGE)
            assert (await send(transport, envelope(2))).verdict is Verdict.ACCEPT
        assert server.books.recipients == {"r2@example.net": 1}
        assert server.books.connections == 2

    run(main())


ANSWERS = [
    # stage, answer, verdict, scope
    ("connect", "554 5.7.1 go away", "defer", "site"),
    ("connect", "421 4.3.2 Your IP(192.0.2.1) is filtered", "defer", "site"),
    ("ehlo", "450 later", "defer", "site"),
    ("mail", "421 4.3.1 You send too many messages", "defer", "site"),
    ("mail", "451 4.3.0 hiccup", "defer", "site"),
    ("mail", "530 5.7.0 authentication required", "defer", "site"),
    ("mail", "503 5.5.1 bad sequence", "defer", "site"),
    ("mail", "550 5.7.1 SPF says no", "refuse", "message"),
    ("mail", "553 5.1.8 sender domain unknown", "refuse", "message"),
    ("mail", "552 5.3.4 too big", "refuse", "message"),
    ("rcpt", "450 4.7.1 greylisted", "defer", "recipient"),
    ("rcpt", "452 4.2.2 mailbox full", "defer", "recipient"),
    ("rcpt", "421 4.7.0 closing", "defer", "site"),
    ("rcpt", "550 5.1.1 no such user", "refuse", "recipient"),
    ("rcpt", "552 exceeded storage allocation", "refuse", "recipient"),
    ("rcpt", "554 5.7.1 <x>: Relay access denied", "defer", "site"),
    ("rcpt", "777 what", "defer", "recipient"),
    ("rcpt", "251 will forward", "accept", "recipient"),
    ("rcpt", "299 odd but fine", "accept", "recipient"),
    ("data", "451 4.7.1 greylisted late", "defer", "recipient"),
    ("data", "421 4.3.2 closing", "defer", "site"),
    ("data", "554 5.7.1 no", "refuse", "message"),
    ("data", "250 what message?", "defer", "recipient"),
    ("end", "451 4.7.1 later", "defer", "recipient"),
    ("end", "452 4.3.1 disk full", "defer", "site"),
    ("end", "421 4.3.2 closing", "defer", "site"),
    ("end", "550 5.1.1 no such user", "refuse", "recipient"),
    ("end", "552 5.2.2 mailbox full", "refuse", "recipient"),
    ("end", "552 message too big", "refuse", "message"),
    ("end", "552 user exceeded quota", "refuse", "recipient"),
    ("end", "550 5.6.7 no UTF-8 there", "refuse", "recipient"),
    ("end", "554 5.7.1 spam", "refuse", "message"),
    ("end", "554 transaction failed", "refuse", "message"),
    ("end", "550 mailbox unavailable", "refuse", "recipient"),
    ("end", "550 looks like spam", "refuse", "message"),
    ("end", "799 what", "defer", "recipient"),
    ("end", "550-no\n550 5.1.1 really no", "refuse", "recipient"),
    ("end", "450-no\n550 no", "defer", "recipient"),
    ("rcpt", "550-no\n250 yes", "defer", "recipient"),
    ("end", "550-no\n250 yes", "doubt", "recipient"),
]


@BOTH
@pytest.mark.parametrize(("stage", "answer", "verdict", "scope"), ANSWERS)
def test_answers(stage: str, answer: str, verdict: str, scope: str, extensions: Extensions) -> None:
    """Each answer at each stage: verdict and scope; afterwards the next person is served as if nothing had been."""

    async def main() -> None:
        async with connected(Rule(stage=stage, act=reply(answer), first=1), extensions=extensions) as (
            transport,
            server,
        ):
            outcome = await send(transport)
            assert (outcome.verdict.value, outcome.scope.value) == (verdict, scope)
            assert outcome.reply is not None
            assert outcome.reply.stage is Stage.END if verdict == "accept" else outcome.reply.stage is outcome.stage
            assert (await send(transport, envelope(2))).verdict is Verdict.ACCEPT
        assert server.books.violations == []
        assert server.books.recipients["r2@example.net"] == 1

    run(main())


@BOTH
def test_connection_is_kept(extensions: Extensions) -> None:
    """Refusals and deferrals do not cost a connection: ten people, one connection."""

    async def main() -> None:
        rules = [
            Rule(stage="rcpt", act=reply("550 5.1.1 no"), every=3),
            Rule(stage="end", act=reply("451 4.7.1 later"), every=4),
            Rule(stage="mail", act=reply("450 4.3.0 later"), every=5),
        ]
        async with connected(*rules, extensions=extensions) as (transport, server):
            for number in range(10):
                await send(transport, envelope(number))
        assert server.books.connections == 1
        assert server.books.violations == []
        assert server.books.doubled == {}

    run(main())


@BOTH
@pytest.mark.parametrize("stage", ["mail", "rset"])
@pytest.mark.parametrize(
    "act", [cut(), reset(), reply("421 4.7.0 enough from this connection")], ids=["cut", "reset", "421"]
)
def test_idle_connection_is_replaced(act: Act, stage: str, extensions: Extensions) -> None:
    """A kept connection that turns out dead before it took anything is replaced silently; a fresh one that is dead is not."""

    async def main() -> None:
        rules = [Rule(stage=stage, act=act, after=1 if stage == "mail" else 0, first=2, per="connection")]
        if stage == "rset":
            rules.append(Rule(stage="rcpt", act=reply("550 5.1.1 no"), address="r0@example.net"))
        async with connected(*rules, extensions=extensions) as (transport, server):
            await send(transport, envelope(0))
            gate = Gate()
            assert (await send(transport, envelope(1), gate)).verdict is Verdict.ACCEPT
            assert gate.calls == 1
        assert server.books.connections == 2

    run(main())


@BOTH
def test_refused_reset_is_nobodys_refusal(extensions: Extensions) -> None:
    """A server that will not forget the last envelope costs a new connection, never the next person."""

    async def main() -> None:
        for answer in ("550 5.0.0 no", "450 4.0.0 later", "777 what"):
            rules = [
                Rule(stage="rcpt", act=reply("550 5.1.1 no"), address="r0@example.net"),
                Rule(stage="rset", act=reply(answer)),
            ]
            async with connected(*rules, extensions=extensions) as (transport, server):
                verdicts = [(await send(transport, envelope(number))).verdict.value for number in range(2)]
            assert verdicts == ["refuse", "accept"]
            assert server.books.connections == 2

    run(main())


def test_patience_after_the_dot() -> None:
    """After the final dot the longer time-out counts, not that of the single commands."""

    async def main() -> None:
        async with connected(Rule(stage="end", act=delay(0.4)), timeout=0.2, final_dot_timeout=5) as (transport, _):
            assert (await send(transport)).verdict is Verdict.ACCEPT

    run(main())


def test_421_after_ten_messages() -> None:
    """A server that takes ten messages a connection costs a new connection for each eleventh, and nobody a failure."""

    async def main() -> None:
        rule = Rule(stage="mail", act=reply("421 4.7.0 ten are enough"), after=10, per="connection")
        async with connected(rule) as (transport, server):
            verdicts = {(await send(transport, envelope(number))).verdict for number in range(25)}
        assert verdicts == {Verdict.ACCEPT}
        assert server.books.connections == 3

    run(main())


def test_server_that_left_while_idle() -> None:
    """A connection the server ended between two messages is noticed before a word is said on it."""

    async def main() -> None:
        async with connected(Rule(stage="after", act=cut(b"421 4.4.2 idle too long\r\n"))) as (transport, server):
            for number in range(3):
                assert (await send(transport, envelope(number))).verdict is Verdict.ACCEPT
                await asyncio.sleep(0.02)
        assert server.books.connections == 3

    run(main())


def test_one_connection_too_many() -> None:
    """The third connection to a server that allows two is the site's affair and is told so by its banner."""

    async def main() -> None:
        async with ScriptedServer(max_connections=2) as server:
            transports = [SmtpTransport(plain(server)) for _ in range(3)]
            outcomes = [await send(transport, envelope(number)) for number, transport in enumerate(transports)]
            for transport in transports:
                await transport.close()
        assert [outcome.verdict.value for outcome in outcomes] == ["accept", "accept", "defer"]
        assert (outcomes[2].scope, outcomes[2].stage) == (Scope.SITE, Stage.CONNECT)
        assert server.books.max_simultaneous == 3

    run(main())


def test_nobody_listens() -> None:
    """A server that is not there defers for the whole site, with the reason in the detail."""

    async def main() -> None:
        async with ScriptedServer() as server:
            pass
        transport = SmtpTransport(plain(server))
        outcome = await send(transport)
        await transport.close()
        assert (outcome.verdict, outcome.scope, outcome.stage) == (Verdict.DEFER, Scope.SITE, Stage.CONNECT)
        assert "refused" in outcome.detail.lower()

    run(main())


@BOTH
def test_leaving_that_fails(extensions: Extensions) -> None:
    """When `leaving` raises, not a byte of the message is written, the exception goes on, and the next message is fine."""

    async def main() -> None:
        async with connected(extensions=extensions) as (transport, server):
            with pytest.raises(OSError, match="disk full"):
                await send(transport, gate=Gate(OSError("disk full")))
            assert (await send(transport, envelope(2))).verdict is Verdict.ACCEPT
        assert server.books.recipients == {"r2@example.net": 1}
        assert server.books.connections == 2

    run(main())


def test_leaving_comes_between_354_and_the_message() -> None:
    """`leaving` is awaited once the server waits for the message, and while it is pending nothing of the message arrives."""

    async def main() -> None:
        async with connected() as (transport, server):
            seen: list[tuple[list[str], int]] = []

            async def leaving() -> None:
                await asyncio.sleep(0.03)
                seen.append(([line for _, line in server.books.commands], len(server.books.stored)))

            await transport.send(envelope(), leaving)
            commands, stored = seen[0]
            assert commands[-1] == "DATA"
            assert stored == 0

    run(main())


def test_server_that_leaves_during_leaving() -> None:
    """When the server goes while `leaving` is pending, no byte has left and the message is put off, not in doubt."""

    async def main() -> None:
        async with connected(Rule(stage="data", act=cut("354 go ahead"))) as (transport, _):

            async def leaving() -> None:
                await asyncio.sleep(0.03)

            outcome = await transport.send(envelope(), leaving)
            assert (outcome.verdict, outcome.scope, outcome.stage) == (Verdict.DEFER, Scope.SITE, Stage.DATA)

    run(main())


def test_cancelled_in_the_middle() -> None:
    """A send that is cancelled drops its connection, so that the server cannot take half a message for a whole one."""

    async def main() -> None:
        async with connected(Rule(stage="rcpt", act=hang(), first=1)) as (transport, server):
            task = asyncio.create_task(send(transport))
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert (await send(transport, envelope(2))).verdict is Verdict.ACCEPT
        assert server.books.recipients == {"r2@example.net": 1}

    run(main())


@pytest.mark.parametrize("act", [cut(), reset(), hang(), reply("500 what")], ids=["cut", "reset", "hang", "500"])
def test_close_is_bounded(act: Act) -> None:
    """`close` ends whatever the server answers to QUIT, may be called twice, and the transport can be used again."""

    async def main() -> None:
        async with connected(Rule(stage="quit", act=act)) as (transport, server):
            await send(transport)
            await transport.close()
            await transport.close()
            assert (await send(transport, envelope(2))).verdict is Verdict.ACCEPT
        assert server.books.connections == 2

    run(main())


def test_login_refused_is_told_apart() -> None:
    """Only an answer about the login counts as a refused login; a lost connection or a busy server does not."""

    async def main() -> None:
        for answer, expected in (("530 5.7.0 log in first", True), ("450 4.3.0 busy", False)):
            async with connected(Rule(stage="mail", act=reply(answer))) as (transport, _):
                assert login_refused(await send(transport)) is expected
        async with connected(Rule(stage="mail", act=cut())) as (transport, _):
            assert login_refused(await send(transport)) is False

    run(main())
