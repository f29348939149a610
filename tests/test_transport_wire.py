"""What goes over the wire: the right commands, the right bytes, nothing that could be taken for something else."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from mailer.dispatch import Outcome, Scope, Stage, Verdict
from mailer.errors import MessageError
from mailer.transport import SmtpTransport
from mailer.transport.body import mailbox, stuffed
from tests.envelopes import Gate, connected, envelope, plain, run, send
from tests.scripted_smtp import Books, Extensions, Rule, ScriptedServer, reply


def commands(server: ScriptedServer) -> list[str]:
    return [line for _, line in server.books.commands]


def facts(outcome: Outcome) -> tuple[str, str, str]:
    return outcome.verdict.value, outcome.scope.value, outcome.reply.enhanced if outcome.reply else ""


@pytest.mark.parametrize(
    "body",
    [
        b".\r\n",
        b"..\r\n",
        b".\r\n.\r\n",
        b"a\r\n.\r\nQUIT\r\n",
        b".hidden\r\n",
        b"x" * 998 + b"\r\n",
        b"." + b"x" * 997 + b"\r\n",
        b"\r\n" * 50,
    ],
)
def test_bytes_arrive_as_they_were(body: bytes) -> None:
    """Dots, empty lines and lines of 998 octets arrive unchanged, and nothing ends the message early."""

    async def main() -> None:
        async with connected() as (transport, server):
            letter = envelope(body=body)
            assert (await send(transport, letter)).verdict is Verdict.ACCEPT
            assert server.books.stored[0].sha256 == hashlib.sha256(letter.data).hexdigest()
        assert server.books.violations == []

    run(main())


def test_a_message_that_begins_with_a_dot() -> None:
    """The very first line is dot-stuffed too."""

    async def main() -> None:
        async with ScriptedServer(books=Books(keep_data=True)) as server:
            transport = SmtpTransport(plain(server))
            await send(transport, replace(envelope(), parts=(b".strange: header\r\n\r\nx\r\n",)))
            await transport.close()
        assert server.books.stored[0].data.startswith(b".strange")
        assert server.books.violations == []

    run(main())


@settings(max_examples=200, deadline=None)
@given(
    some.lists(some.binary(max_size=6).map(lambda raw: raw.replace(b"\r", b"").replace(b"\n", b"") or b"."), min_size=1)
)
def test_stuffing_is_reversible(lines: list[bytes]) -> None:
    """Whatever the lines, the final dot is the only lone dot and unstuffing gives the message back."""
    data = b"\r\n".join(lines) + b"\r\n"
    wire = stuffed(data) + b".\r\n"
    assert wire.endswith(b"\r\n.\r\n")
    sent = wire[:-3].split(b"\r\n")
    assert b"." not in sent
    assert b"\r\n".join(line[1:] if line.startswith(b".") else line for line in sent) == data


@pytest.mark.parametrize(
    "data",
    [
        b"Subject: x\r\n\r\nno line end",
        b"Subject: x\r\n\r\nbare\nLF\r\n",
        b"Subject: x\r\n\r\nbare\rCR\r\n",
        b"Subject: x\r\n\r\nsmuggled\n.\nMAIL FROM:<a@example.org>\r\n",
        b"Subject: x\r\n\r\nsmuggled\n.\r\nMAIL FROM:<a@example.org>\r\n",
        b"Subject: x\r\n\r\n\r\r\n",
        b"Subject: x\r\n\r\n" + b"x" * 999 + b"\r\n",
        b"",
    ],
)
def test_malformed_messages_never_leave(data: bytes) -> None:
    """Bare CR or LF, long lines and a missing end are refused before a connection is even made."""

    async def main() -> None:
        async with connected() as (transport, server):
            gate = Gate()
            with pytest.raises(MessageError):
                await send(transport, replace(envelope(), parts=(data,)), gate)
            assert gate.calls == 0
        assert server.books.connections == 0

    run(main())


HOSTILE = [
    "b@example.net\r\nRCPT TO:<c@example.net>",
    "b@example.net> NOTIFY=NEVER <c@example.net",
    "b@example.net SIZE=1",
    "b@example.net\x00",
    "b\x1b[31m@example.net",
    '"quoted local"@example.net',
    "<b@example.net>",
    "b(comment)@example.net",
    "b@[192.0.2.1]",
    "b@example.net@example.org",
    "b@exa mple.net",
    "b@-example.net",
    "b@",
    "@example.net",
    "nobody",
    "",
    "x" * 65 + "@example.net",
    "b@" + "x." * 130 + "net",
    "b\u2028c@example.net",
    "b@example。net\r\n",
]


@pytest.mark.parametrize("address", HOSTILE)
def test_hostile_recipients(address: str) -> None:
    """An address that could smuggle a command is this person's refusal; the server never sees any part of it."""

    async def main() -> None:
        async with connected() as (transport, server):
            gate = Gate()
            outcome = await send(transport, replace(envelope(), recipient=address), gate)
            assert facts(outcome) == ("refuse", "recipient", "5.1.3")
            assert gate.calls == 0
            assert (await send(transport, envelope(2))).verdict is Verdict.ACCEPT
        assert server.books.recipients == {"r2@example.net": 1}
        assert sum(line.startswith("RCPT") for line in commands(server)) == 1

    run(main())


def test_hostile_sender() -> None:
    """A sender address that could smuggle a command is an error of the settings."""

    async def main() -> None:
        async with connected() as (transport, server):
            with pytest.raises(MessageError):
                await send(transport, envelope(sender="press@example.org>\r\nRCPT TO:<x@example.net"))
        assert server.books.stored == []

    run(main())


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("Hong.Gildong+news@Example.NET", "Hong.Gildong+news@Example.NET"),
        ("기자@example.net", "기자@example.net"),
        ("reporter@신문.example", "reporter@xn--z92b13l.example"),
        ("o'brien@example.net", "o'brien@example.net"),
    ],
)
def test_ordinary_addresses(address: str, expected: str) -> None:
    """Ordinary addresses pass unchanged, a Korean domain as A-label."""
    assert mailbox(address) == expected


def test_pipelining() -> None:
    """Where offered, MAIL, RCPT and DATA go out together; where not, one by one; never otherwise."""

    async def main() -> None:
        for offered in (True, False):
            async with connected(extensions=Extensions(pipelining=offered)) as (transport, server):
                for number in range(3):
                    await send(transport, envelope(number))
            assert server.books.violations == []
            size = len(envelope(0).data)
            group = [f"MAIL FROM:<press@example.org> SIZE={size}", "RCPT TO:<r0@example.net>", "DATA"]
            assert commands(server)[1:4] == group

    run(main())


def test_data_in_spite_of_a_refused_recipient() -> None:
    """A server that says 354 although it refused the only recipient gets a lone dot, and the refusal stands."""

    async def main() -> None:
        rules = [
            Rule(stage="rcpt", act=reply("550 5.1.1 no"), first=1),
            Rule(stage="data", act=reply("354 go ahead anyway"), first=1),
        ]
        async with connected(*rules) as (transport, server):
            gate = Gate()
            assert facts(await send(transport, gate=gate)) == ("refuse", "recipient", "5.1.1")
            assert gate.calls == 0
            assert (await send(transport, envelope(2))).verdict is Verdict.ACCEPT
        assert server.books.recipients == {"r2@example.net": 1}
        assert server.books.violations == []
        assert server.books.connections == 1

    run(main())


def test_unreadable_reply_in_a_group() -> None:
    """When a reply in a pipelined group is missing, nobody is refused by the reply to another command."""

    async def main() -> None:
        for stage in ("mail", "rcpt"):
            async with connected(Rule(stage=stage, act=reply("what was that"), first=1)) as (transport, server):
                outcome = await send(transport)
                assert (outcome.verdict, outcome.scope) == (Verdict.DEFER, Scope.SITE)
                assert (await send(transport)).verdict is Verdict.ACCEPT
            assert server.books.recipients.total() == 1

    run(main())


def test_size() -> None:
    """SIZE is declared where offered; a larger message stops before MAIL and concerns the message, not the person."""

    async def main() -> None:
        async with connected(extensions=Extensions(size=1_000)) as (transport, server):
            gate = Gate()
            outcome = await send(transport, envelope(body=b"x\r\n" * 400), gate)
            assert facts(outcome) == ("refuse", "message", "5.3.4")
            assert outcome.stage is Stage.MAIL
            assert gate.calls == 0
            assert (await send(transport, envelope(2))).verdict is Verdict.ACCEPT
        assert sum(line.startswith("MAIL") for line in commands(server)) == 1
        for size in (0, None):
            async with connected(extensions=Extensions(size=size)) as (transport, server):
                assert (await send(transport)).verdict is Verdict.ACCEPT
            assert ("SIZE=" in commands(server)[1]) is (size is not None)

    run(main())


def test_eight_bit() -> None:
    """An 8-bit message goes out with BODY=8BITMIME, or not at all; a 7-bit one never declares it."""

    async def main() -> None:
        for offered in (True, False):
            async with connected(extensions=Extensions(eightbitmime=offered)) as (transport, server):
                outcome = await send(transport, envelope(body="보도자료\r\n".encode()))
                assert (await send(transport, envelope(2))).verdict is Verdict.ACCEPT
            assert server.books.violations == []
            assert facts(outcome) == (("accept", "recipient", "2.0.0") if offered else ("refuse", "message", "5.6.3"))
            assert sum("BODY=8BITMIME" in line for line in commands(server)) == offered

    run(main())


def test_korean_address() -> None:
    """A Korean local part goes out with SMTPUTF8, or only that person is refused; others never declare it."""

    async def main() -> None:
        for offered in (True, False):
            async with connected(extensions=Extensions(smtputf8=offered)) as (transport, server):
                outcome = await send(transport, envelope(recipient="기자@example.net"))
                assert (await send(transport, envelope(2))).verdict is Verdict.ACCEPT
            assert server.books.violations == []
            assert facts(outcome) == (("accept", "recipient", "2.0.0") if offered else ("refuse", "recipient", "5.6.7"))
            assert sum("SMTPUTF8" in line for line in commands(server)) == offered
            assert server.books.recipients["기자@example.net"] == offered

    run(main())


def test_utf8_header() -> None:
    """A header in UTF-8 needs SMTPUTF8 even when the address is plain."""

    async def main() -> None:
        letter = replace(envelope(), parts=("To: 기자 <r1@example.net>\r\n\r\nHello\r\n".encode(),))
        async with connected() as (transport, server):
            assert (await send(transport, letter)).verdict is Verdict.ACCEPT
        assert server.books.violations == []
        async with connected(extensions=Extensions(smtputf8=False)) as (transport, _):
            assert facts(await send(transport, letter)) == ("refuse", "recipient", "5.6.7")

    run(main())


def test_server_that_offers_nothing() -> None:
    """A bare server gets bare commands."""

    async def main() -> None:
        async with connected(extensions=Extensions.none()) as (transport, server):
            assert (await send(transport)).verdict is Verdict.ACCEPT
        assert commands(server)[1:] == ["MAIL FROM:<press@example.org>", "RCPT TO:<r1@example.net>", "DATA", "QUIT"]
        assert server.books.violations == []

    run(main())


def test_server_from_before_ehlo() -> None:
    """A server that does not know EHLO is greeted with HELO."""

    async def main() -> None:
        async with connected(Rule(stage="ehlo", act=reply("502 5.5.1 what"), first=1)) as (transport, server):
            assert (await send(transport)).verdict is Verdict.ACCEPT
        assert [line.split()[0] for line in commands(server)[:2]] == ["EHLO", "HELO"]

    run(main())


def test_large_message() -> None:
    """Ten megabytes arrive whole."""

    async def main() -> None:
        async with connected(timeout=5, final_dot_timeout=10) as (transport, server):
            letter = envelope(body=(b"." + b"x" * 75 + b"\r\n") * 130_000)
            assert (await send(transport, letter)).verdict is Verdict.ACCEPT
            assert server.books.stored[0].sha256 == hashlib.sha256(letter.data).hexdigest()

    run(main())


def test_null_sender() -> None:
    """An empty envelope sender is written as <>."""

    async def main() -> None:
        async with connected() as (transport, server):
            assert (await send(transport, envelope(sender=""))).verdict is Verdict.ACCEPT
        assert commands(server)[1].startswith("MAIL FROM:<> ")

    run(main())
