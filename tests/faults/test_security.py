"""TLS and logins that go wrong: not one message and not one password leaves in clear, and an account is not locked by trying."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailer.dispatch import DispatchStatus
from mailer.ledger import Ledger, open_ledger
from tests.faults.office import begin, counts, journalists, send, smtp, status
from tests.faults.reckoning import reckon
from tests.scripted_smtp import Books, Extensions, Rule, ScriptedServer, certificates, delay, reply

LOGIN = {"press": "open-sesame"}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path / "mailer.db")
    yield opened
    opened.close()


def attacked(ledger: Ledger, folder: Path, *dispatches: Any, password: str = "open-sesame", **server: Any) -> Books:
    """Sends over STARTTLS with a login to a server that is not as it should be."""
    rules = server.pop("rules", ())
    settings = {
        "security": "starttls",
        "ca_file": certificates().ca_file(folder),
        "username": "press",
        "password": password,
        "timeout": 1.0,
    }

    async def run() -> Books:
        async with ScriptedServer(*rules, **({"tls": certificates().good, "logins": LOGIN} | server)) as scripted:
            await send(ledger, smtp(scripted.port, **settings), *dispatches)
            return scripted.books

    return asyncio.run(run())


@pytest.mark.parametrize(
    "attack",
    [
        {"extensions": Extensions(starttls=False)},
        {"rules": (Rule(stage="starttls", act=reply("454 4.7.0 TLS not available")),)},
        {"tls": certificates().expired},
        {"tls": certificates().wrong_name},
        {"tls": certificates().self_signed},
    ],
    ids=["stripped", "refused", "expired", "wrong name", "self-signed"],
)
def test_nothing_goes_in_clear(ledger: Ledger, tmp_path: Path, attack: dict[str, Any]) -> None:
    """0 messages, 0 logins, 0 envelopes; everybody is still queued, and the dispatch waits for a person."""
    dispatch = begin(ledger, journalists(10))
    books = attacked(ledger, tmp_path, dispatch, **attack)
    assert (books.stored, books.attempts) == ([], [])
    assert not any(login.user for login in books.logins)
    assert not any(line.startswith(("MAIL", "AUTH")) for _, line in books.commands)
    assert counts(ledger, dispatch) == {"queued": 10}
    found, reason = status(ledger, dispatch)
    assert found is DispatchStatus.PAUSED
    assert reason.startswith("site: ")


@pytest.mark.parametrize("stage", ["starttls", "handshake"])
def test_what_is_injected_before_the_handshake_is_ignored(ledger: Ledger, tmp_path: Path, stage: str) -> None:
    """Answers slipped in before the encryption answer nothing: everything is encrypted and in step."""
    dispatch = begin(ledger, journalists(10))
    injected = "220 go ahead\r\n250 injected\r\n250 injected" if stage == "starttls" else "250 injected"
    books = attacked(ledger, tmp_path, dispatch, rules=(Rule(stage=stage, act=reply(injected)),))
    result = reckon(ledger, dispatch, books)
    assert result.clean, result
    assert all(message.encrypted for message in books.stored)
    assert all(login.encrypted for login in books.logins)


@pytest.mark.parametrize("dispatches", [1, 3])
def test_wrong_password_is_tried_once(ledger: Ledger, tmp_path: Path, dispatches: int) -> None:
    """One try for all connections and all dispatches, then everything waits: a second one may lock the account."""
    all_of_them = [begin(ledger, journalists(20)) for _ in range(dispatches)]
    books = attacked(ledger, tmp_path, *all_of_them, password="guess", rules=(Rule(stage="auth", act=delay(0.2)),))
    assert [login.accepted for login in books.logins] == [False]
    for dispatch in all_of_them:
        assert counts(ledger, dispatch) == {"queued": 20}
        assert status(ledger, dispatch)[1].startswith("login: 535 ")


def test_login_that_was_forgotten(ledger: Ledger) -> None:
    """A server that wants a login nobody has set up is asked once, and the pause names the login."""
    dispatch = begin(ledger, journalists(20))

    async def run() -> Books:
        async with ScriptedServer(logins=LOGIN) as server:
            await send(ledger, smtp(server.port), dispatch)
            return server.books

    books = asyncio.run(run())
    assert sum(1 for _, line in books.commands if line.startswith("MAIL")) <= 1
    assert "failed" not in counts(ledger, dispatch)
    assert status(ledger, dispatch)[1].startswith("login: 530 ")
