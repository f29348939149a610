"""The scripted server is itself trustworthy: it plays its rules, counts exactly, and notices what a careless client does."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mailer.dispatch import Verdict
from mailer.transport import Security, SmtpServer, SmtpTransport
from tests.envelopes import connected, envelope, plain, run, send
from tests.scripted_smtp import (
    Act,
    Books,
    Extensions,
    Rule,
    ScriptedServer,
    ServerProcess,
    certificates,
    cut,
    delay,
    drip,
    hang,
    reply,
    reset,
)


async def say(server: ScriptedServer, *writes: bytes) -> bytes:
    """Writes raw bytes, a little pause between them; everything the server answered."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    for data in writes:
        writer.write(data)
        await asyncio.sleep(0.02)
    writer.write_eof()
    answers = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answers


EHLO, MAIL, RCPT = b"EHLO x\r\n", b"MAIL FROM:<a@example.org>\r\n", b"RCPT TO:<b@example.net>\r\n"
ENVELOPE = (EHLO, MAIL, RCPT, b"DATA\r\n")

CARELESS = [
    ("bare_line_end", Extensions(), (b"EHLO x\n",)),
    ("bare_line_end", Extensions(), (*ENVELOPE, b"a: b\r\n\r\nbare\nLF\r\n.\r\n")),
    ("bare_line_end", Extensions(), (*ENVELOPE, b"a: b\r\n\r\nbare\rCR\r\n.\r\n")),
    ("line_too_long", Extensions(), (*ENVELOPE, b"a: b\r\n\r\n" + b"x" * 999 + b"\r\n.\r\n")),
    ("dot_not_stuffed", Extensions(), (*ENVELOPE, b"a: b\r\n\r\n.hidden\r\n.\r\n")),
    ("eight_bit_undeclared", Extensions(), (*ENVELOPE, "a: b\r\n\r\n가\r\n.\r\n".encode())),
    ("eight_bit_undeclared", Extensions(eightbitmime=False), (EHLO, MAIL[:-2] + b" BODY=8BITMIME\r\n", RCPT, b"DATA\r\n",
                                                              "a: b\r\n\r\n가\r\n.\r\n".encode())),
    ("utf8_undeclared", Extensions(), (*ENVELOPE, "a: 가\r\n\r\nb\r\n.\r\n".encode())),
    ("utf8_undeclared", Extensions(), (EHLO, MAIL, "RCPT TO:<가@example.net>\r\n".encode())),
    ("command_too_long", Extensions(), (EHLO, MAIL, b"RCPT TO:<" + b"b" * 600 + b"@example.net>\r\n")),
    ("address_limits", Extensions(), (EHLO, MAIL, b"RCPT TO:<" + b"b" * 65 + b"@example.net>\r\n")),
    ("malformed_command", Extensions(), (EHLO, b"MAIL FROM: a@example.org\r\n")),
    ("pipelined_unasked", Extensions(pipelining=False), (EHLO, MAIL + RCPT)),
    ("pipelined_unasked", Extensions(), (EHLO + MAIL,)),
    ("data_before_354", Extensions(), (EHLO, MAIL, RCPT, b"DATA\r\na: b\r\n\r\nx\r\n.\r\n")),
    ("unknown_command", Extensions(), (b"HELLO\r\n",)),
    ("bad_sequence", Extensions(), (MAIL,)),
    ("bad_sequence", Extensions(), (EHLO, MAIL, MAIL)),
    ("over_size", Extensions(size=100), (EHLO, MAIL[:-2] + b" SIZE=101\r\n")),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "extensions", "writes"), CARELESS)
def test_carelessness_is_noticed(kind: str, extensions: Extensions, writes: tuple[bytes, ...]) -> None:
    """Each thing a careful client does not do is in the books under its name."""

    async def main() -> None:
        async with ScriptedServer(extensions=extensions) as server:
            await say(server, *writes)
        assert kind in {violation.kind for violation in server.books.violations}

    run(main())


def test_commands_behind_starttls_are_noticed() -> None:
    """Bytes in clear behind STARTTLS are a violation and are not carried into the encrypted session."""

    async def main() -> None:
        async with ScriptedServer(tls=certificates().good) as server:
            await say(server, EHLO, b"STARTTLS\r\nMAIL FROM:<a@example.org>\r\n")
        assert [violation.kind for violation in server.books.violations] == ["pipelined_after_starttls"]
        assert not any(line.startswith("MAIL") for _, line in server.books.commands)

    run(main())


def test_careful_client_is_left_alone() -> None:
    """A pipelining client that stuffs its dots violates nothing."""

    async def main() -> None:
        async with ScriptedServer(books=Books(keep_data=True)) as server:
            answers = await say(server, EHLO, MAIL + RCPT + b"DATA\r\n", b"a: b\r\n\r\n..x\r\n.\r\nQUIT\r\n")
        assert server.books.violations == []
        assert server.books.stored[0].data == b"a: b\r\n\r\n.x\r\n"
        assert server.books.stored[0].answered
        assert answers.endswith(b"221 2.0.0 bye\r\n")

    run(main())


def test_rules_pick_their_moments() -> None:
    """every, first, after, seconds, address and per each do what they say; all given conditions must hold."""
    act = reply("450 later")
    assert [Rule(stage="rcpt", act=act, every=3).fires(count, 0) for count in range(1, 7)] == [False, False, True] * 2
    assert [Rule(stage="rcpt", act=act, first=2).fires(count, 0) for count in (1, 2, 3)] == [True, True, False]
    assert [Rule(stage="rcpt", act=act, after=2).fires(count, 0) for count in (1, 2, 3)] == [False, False, True]
    assert [Rule(stage="rcpt", act=act, seconds=5).fires(1, age) for age in (0, 5, 6)] == [True, True, False]
    assert not Rule(stage="rcpt", act=act, every=2, first=1).fires(2, 0)
    domain = Rule(stage="rcpt", act=act, address="@Slow.example")
    assert [domain.concerns(address) for address in ("a@slow.example", "a@b.slow.example", "a@fast.example")] == [
        True,
        False,
        False,
    ]
    with pytest.raises(ValueError, match="unknown stage"):
        Rule(stage="nowhere", act=act)


@pytest.mark.parametrize(
    "act",
    [
        reply("550 no"),
        reply(b"\xff\x00 raw"),
        delay((0.1, 0.2)),
        drip(0.1, "x"),
        cut(store=True, at=3),
        reset(),
        hang(),
        Act(before=1.0),
    ],
)
def test_rules_survive_json(act: Act) -> None:
    """A rule written for the process is the same rule there."""
    rule = Rule(stage="end", act=act, address="@example.net", every=2, per="connection")
    assert Rule.from_json(json.loads(json.dumps(rule.to_json()))) == rule


def test_greylisting_and_a_slow_domain() -> None:
    """The first try of each address is put off; a domain stays busy for its time while the others go on."""

    async def main() -> None:
        rules = [
            Rule(stage="rcpt", act=reply("450 4.2.1 busy"), address="@slow.example", seconds=0.3),
            Rule(stage="rcpt", act=reply("450 4.7.1 greylisted"), first=1, per="address"),
        ]
        async with connected(*rules) as (transport, server):
            people = ["a@example.net", "b@example.net", "a@example.net", "c@slow.example", "c@slow.example"]
            seen = [(await send(transport, envelope(recipient=address))).verdict.value for address in people]
            await asyncio.sleep(0.35)
            seen.append((await send(transport, envelope(recipient="c@slow.example"))).verdict.value)
        assert seen == ["defer", "defer", "accept", "defer", "defer", "accept"]
        assert server.books.codes("a@example.net") == [450, 250, 250]

    run(main())


def test_stored_but_not_answered() -> None:
    """The books tell a message that was kept and answered from one that was kept and never answered."""

    async def main() -> None:
        async with connected(Rule(stage="end", act=cut(store=True), address="r1@example.net")) as (transport, server):
            await send(transport, envelope(0))
            await send(transport, envelope(1))
            await send(transport, envelope(1))
        assert [message.answered for message in server.books.stored] == [True, False, False]
        assert server.books.doubled == {"r1@example.net": 2}
        assert server.books.missing(["r0@example.net", "r5@example.net"]) == ["r5@example.net"]
        assert [message.message_id for message in server.books.stored] == [
            "<0@example.org>",
            "<1@example.org>",
            "<1@example.org>",
        ]

    run(main())


def test_in_a_thread(tmp_path: Path) -> None:
    """In a thread it serves a blocking client, and its books can be read from outside."""
    server = ScriptedServer(books=Books(tmp_path / "books"))
    with server.in_thread(), socket.create_connection((server.host, server.port), timeout=5) as client:
        client.sendall(b"QUIT\r\n")
        answers = b""
        while data := client.recv(1_000):
            answers += data
    assert answers == b"220 scripted.example ESMTP\r\n221 2.0.0 bye\r\n"
    assert server.books.connections == 1
    assert Books.read(tmp_path / "books").connections == 1


SENDER = """
import asyncio, sys
from mailer.transport import SmtpServer, SmtpTransport
from tests.envelopes import Gate, envelope
async def main():
    transport = SmtpTransport(SmtpServer(host="127.0.0.1", port=int(sys.argv[1]), security="none"))
    for number in range(10_000):
        outcome = await transport.send(envelope(number), Gate())
        print(number, outcome.verdict.value, flush=True)
asyncio.run(main())
"""


def test_as_a_process(tmp_path: Path) -> None:
    """As a process its books agree with what a sender that was killed had seen: nothing accepted is missing in them."""
    with ServerProcess(tmp_path, Rule(stage="rcpt", act=reply("550 5.1.1 no"), every=7), delay_ms=(0, 2)) as server:
        root = Path(__file__).parents[1]
        sender = subprocess.Popen(
            [sys.executable, "-c", SENDER, str(server.port)], cwd=root, stdout=subprocess.PIPE, text=True
        )
        assert sender.stdout is not None
        seen = [sender.stdout.readline() for _ in range(25)]
        sender.send_signal(signal.SIGKILL)
        rest, _ = sender.communicate()
        lines = [line.split() for line in [*seen, *rest.splitlines(keepends=True)] if line.endswith("\n")]
        accepted = [f"r{number}@example.net" for number, verdict in lines if verdict == "accept"]
        deadline = time.monotonic() + 5
        while server.books().open_connections and time.monotonic() < deadline:
            time.sleep(0.02)
        books = server.books()
    assert len(accepted) >= 20
    assert books.missing(accepted) == []
    assert books.doubled == {}
    assert books.recipients.total() - len(accepted) <= 1
    assert books.codes("r6@example.net") == [550]
    assert books.violations == []


def test_processes_keep_their_books(tmp_path: Path) -> None:
    """A server started again on the same books goes on in them."""

    async def one(port: int, number: int) -> None:
        transport = SmtpTransport(SmtpServer(host="127.0.0.1", port=port, security=Security.NONE))
        assert (await send(transport, envelope(number))).verdict is Verdict.ACCEPT
        await transport.close()

    for number in range(2):
        with ServerProcess(tmp_path) as server:
            run(one(server.port, number))
    assert len(server.books().stored) == 2


def test_faults_of_the_server_itself_are_not_hidden() -> None:
    """A mistake inside the scripted server fails the test that uses it."""

    async def main() -> None:
        async with ScriptedServer() as server:
            server.extensions = None  # type: ignore[assignment]
            transport = SmtpTransport(plain(server))
            await send(transport)

    with pytest.raises(AttributeError):
        run(main())
