"""The server around the pages: it ends with its worker, answers at once, and stays calm over a fault of the program."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from mailer.web import serve
from mailer.web.guard import LARGEST_OF_STRANGERS
from mailer.web.passwords import FREE_TRIES, Throttle
from mailer.web.server import bound
from tests.browsing import Browser, WebDesk, web

__all__ = ["web"]


def test_a_worker_that_breaks_ends_the_server(web: WebDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the program in the worker is no page that goes on as if mail were leaving: `serve` ends with it."""

    async def broken(stop: asyncio.Event) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(web.app, "work", broken)
    with pytest.raises(RuntimeError, match="a fault"):
        asyncio.run(asyncio.wait_for(serve(web.office, asyncio.Event(), bound("127.0.0.1", 0)), 20))


def test_small_answers_are_not_held_back() -> None:
    """asyncio switches Nagle's algorithm off only for sockets that are marked as TCP; with it every page waits 40 ms."""
    with bound("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_a_fault_is_a_calm_sentence(web: WebDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever breaks, the visitor reads no traceback, and the answer binds the browser like any other."""
    officer = web.officer()

    def broken(digest: str) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(web.app.ledger.accounts, "session", broken)
    for language, words in (("ko", "프로그램"), ("en", "fault of the program")):
        officer.cookies["lang"] = language
        answer = officer.get("/")
        assert (answer.status, words in answer.text, "secret" in answer.text) == (500, True, False)
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_strangers_send_little(web: WebDesk) -> None:
    """Whoever is not logged in cannot make the server read more than a login needs, declared or not."""
    stranger = Browser(web.office)
    kind = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
    for path in ("/login", "/look", "/logout"):
        large = str(LARGEST_OF_STRANGERS + 1)
        assert stranger.ask("POST", path, headers={**kind, "content-length": large}).status == 413
        body = b"name=" + b"x" * LARGEST_OF_STRANGERS
        assert stranger.ask("POST", path, body=body, headers={**kind, "content-length": "9"}).status in {400, 413}
    assert stranger.ask("POST", "/look", headers={**kind, "content-length": "9" * 5000}).status == 413


def test_tries_at_the_same_moment_are_counted() -> None:
    """Forty guesses sent together are not forty guesses looked at: each counts before it is."""
    throttle = Throttle(lambda: 0.0)
    assert [throttle.begin("name kim") > 0 for _ in range(FREE_TRIES + 3)] == [False] * FREE_TRIES + [True] * 3
    throttle.succeeded("name kim")
    assert throttle.begin("name kim") == 0.0


def test_a_watched_page_keeps_nobody_logged_in(web: WebDesk) -> None:
    """An open live page asks again and again; only what a person does keeps the session alive."""
    officer = web.officer()
    number = web.send(officer, web.draft(officer))
    officer.post(f"/dispatch/{number}/cancel")
    before = seen(web)
    web.clock.shift = timedelta(minutes=30)
    assert officer.get(f"/dispatch/{number}/events").status == 200
    assert seen(web) == before
    assert officer.get("/").status == 200
    assert seen(web) > before


def seen(web: WebDesk) -> float:
    """When somebody was last seen."""
    with closing(sqlite3.connect(web.app.ledger.path)) as base:
        return float(base.execute("SELECT max(seen_at) FROM web_session").fetchone()[0])
