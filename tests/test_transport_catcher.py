"""The practice catcher takes everything, keeps it as it came, and answers some addresses as it was told."""

from __future__ import annotations

import asyncio
import mailbox
from pathlib import Path

import pytest

from mailer.dispatch import Scope, Stage, Verdict
from mailer.errors import ConfigError, WorkspaceError
from mailer.transport import PracticeCatcher, Security, SmtpServer, SmtpTransport
from tests.envelopes import envelope, run, send


def caught(inbox: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((inbox / "new").iterdir())]


def test_every_message_is_kept(tmp_path: Path) -> None:
    """Each accepted message lies in the Maildir with its envelope in front and its own bytes unchanged."""

    async def main() -> None:
        letters = [envelope(number, body=b".dot\r\n\r\n..two\r\n") for number in range(20)]
        async with PracticeCatcher(tmp_path) as catcher:
            transport = SmtpTransport(catcher.server)
            for letter in letters:
                assert (await send(transport, letter)).verdict is Verdict.ACCEPT
            await transport.close()
        kept = caught(tmp_path)
        assert len(kept) == 20
        for letter, message in zip(letters, kept, strict=True):
            assert message.endswith(letter.data)
            head = message[: -len(letter.data)].decode()
            assert head.startswith(
                f"Return-Path: <press@example.org>\r\nDelivered-To: {letter.recipient}\r\nReceived: "
            )
        assert list((tmp_path / "tmp").iterdir()) == []
        assert len(mailbox.Maildir(tmp_path, create=False)) == 20

    run(main())


@pytest.mark.parametrize(
    ("rule", "verdicts"),
    [
        ("550", "refuse refuse"),
        ("554", "refuse refuse"),
        ("451", "defer defer"),
        ("451-once", "defer accept"),
        ("421", "defer defer"),
        ("421-once", "defer accept"),
        ("hang", "defer defer"),
    ],
)
def test_rules(tmp_path: Path, rule: str, verdicts: str) -> None:
    """An address with a rule gets its answer, all others are welcome, whatever happened to the connection."""

    async def main() -> None:
        async with PracticeCatcher(tmp_path, {"R1@example.net": rule}) as catcher:
            server = catcher.server
            transport = SmtpTransport(
                SmtpServer(host=server.host, port=server.port, security=Security.NONE, timeout=0.3)
            )
            seen = []
            for number in (1, 2, 1, 3):
                seen.append((await send(transport, envelope(number))).verdict.value)
            await transport.close()
        assert [seen[0], seen[2]] == verdicts.split()
        assert [seen[1], seen[3]] == ["accept", "accept"]

    run(main())


def test_scopes(tmp_path: Path) -> None:
    """550 concerns the person, 421 the site."""

    async def main() -> None:
        rules = {"r1@example.net": "550", "@slow.example": "421"}
        async with PracticeCatcher(tmp_path, rules) as catcher:
            transport = SmtpTransport(catcher.server)
            refused = await send(transport)
            put_off = await send(transport, envelope(recipient="any@slow.example"))
            await transport.close()
        assert (refused.verdict, refused.scope, refused.stage) == (Verdict.REFUSE, Scope.RECIPIENT, Stage.RCPT)
        assert (put_off.verdict, put_off.scope, put_off.stage) == (Verdict.DEFER, Scope.SITE, Stage.RCPT)

    run(main())


def test_rules_file(tmp_path: Path) -> None:
    """Rules in the file count from the next message on, win over given ones, and a spoiled file puts people off."""

    async def main() -> None:
        path = tmp_path / "practice.toml"
        async with PracticeCatcher(tmp_path / "inbox", {"r1@example.net": "550"}, rules_file=path) as catcher:
            transport = SmtpTransport(catcher.server)
            seen = [(await send(transport)).verdict.value]
            path.write_text('[answers]\n"r1@example.net" = "451"\n')
            seen.append((await send(transport)).verdict.value)
            path.write_text("[answers\n")
            seen.append((await send(transport, envelope(2))).verdict.value)
            path.unlink()
            seen.append((await send(transport)).verdict.value)
            await transport.close()
        assert seen == ["refuse", "defer", "defer", "refuse"]

    run(main())


def test_another_rule_after_a_spent_one(tmp_path: Path) -> None:
    """Who was put off once and is then told to be refused is refused: only the old rule is spent."""
    path = tmp_path / "practice.toml"

    async def main() -> None:
        path.write_text('[answers]\n"r1@example.net" = "451-once"\n')
        async with PracticeCatcher(tmp_path / "inbox", rules_file=path) as catcher:
            transport = SmtpTransport(catcher.server)
            seen = [(await send(transport)).verdict.value, (await send(transport)).verdict.value]
            path.write_text('[answers]\n"r1@example.net" = "550"\n')
            seen.append((await send(transport)).verdict.value)
            await transport.close()
        assert seen == ["defer", "accept", "refuse"]

    run(main())


@pytest.mark.parametrize("rules", [{"r1@example.net": "999"}, {"r1": "550"}, {"r1@example.net": "550-twice"}])
def test_unknown_rules(tmp_path: Path, rules: dict[str, str]) -> None:
    """A rule nobody can follow is an error at once."""
    with pytest.raises(ConfigError):
        PracticeCatcher(tmp_path, rules)


def test_korean_addresses(tmp_path: Path) -> None:
    """Korean addresses are caught too."""

    async def main() -> None:
        async with PracticeCatcher(tmp_path) as catcher:
            transport = SmtpTransport(catcher.server)
            assert (await send(transport, envelope(recipient="기자@example.net"))).verdict is Verdict.ACCEPT
            await transport.close()
        assert "Delivered-To: 기자@example.net".encode() in caught(tmp_path)[0]

    run(main())


def test_several_connections(tmp_path: Path) -> None:
    """Four connections at once: nothing is mixed up."""

    async def main() -> None:
        async with PracticeCatcher(tmp_path) as catcher:
            transports = [SmtpTransport(catcher.server) for _ in range(4)]

            async def work(first: int, transport: SmtpTransport) -> None:
                for number in range(first, 40, 4):
                    assert (await send(transport, envelope(number))).verdict is Verdict.ACCEPT
                await transport.close()

            await asyncio.gather(*(work(first, transport) for first, transport in enumerate(transports)))
        kept = caught(tmp_path)
        assert len(kept) == 40
        for message in kept:
            to = message.split(b"Delivered-To: ")[1].split(b"\r\n")[0]
            assert b"To: " + to in message.partition(b"Received:")[2]

    run(main())


def test_inbox_that_cannot_be_written(tmp_path: Path) -> None:
    """A file where the folder should be is said at the start; a folder that vanishes puts people off."""

    async def main() -> None:
        blocked = tmp_path / "file"
        blocked.write_text("")
        with pytest.raises(WorkspaceError):
            await PracticeCatcher(blocked).__aenter__()
        inbox = tmp_path / "inbox"
        async with PracticeCatcher(inbox) as catcher:
            for part in ("tmp", "new", "cur"):
                (inbox / part).rmdir()
            transport = SmtpTransport(catcher.server)
            outcome = await send(transport)
            await transport.close()
        assert (outcome.verdict, outcome.scope) == (Verdict.DEFER, Scope.SITE)

    run(main())


def test_ends_with_open_connections(tmp_path: Path) -> None:
    """Leaving the catcher while a sender is connected or hangs ends at once and leaves no socket open."""

    async def main() -> None:
        async with PracticeCatcher(tmp_path, {"r1@example.net": "hang"}) as catcher:
            idle, stuck = SmtpTransport(catcher.server), SmtpTransport(catcher.server)
            await send(idle, envelope(2))
            hung = asyncio.create_task(send(stuck))
            await asyncio.sleep(0.05)
        assert (await hung).verdict is Verdict.DEFER
        await idle.close()
        await stuck.close()

    run(main())
