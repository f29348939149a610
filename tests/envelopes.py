"""Envelopes and a connection to the scripted server, for the tests that need something to send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from mailer.dispatch import Envelope, Outcome
from mailer.transport import SmtpServer, SmtpTransport
from tests.scripted_smtp import Extensions, Rule, ScriptedServer

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Runs `work` in a new event loop, at most 30 s."""

    async def bounded() -> T:
        async with asyncio.timeout(30):
            return await work

    return asyncio.run(bounded())


def envelope(
    number: int = 1, *, recipient: str = "", body: bytes = b"Hello.\r\n", sender: str = "press@example.org"
) -> Envelope:
    """A small letter to r<number>@example.net."""
    to = recipient or f"r{number}@example.net"
    head = f"From: press@example.org\r\nTo: r{number}@example.net\r\nMessage-ID: <{number}@example.org>\r\nSubject: news\r\n\r\n"
    return Envelope(message_id=f"<{number}@example.org>", sender=sender, recipient=to, parts=(head.encode() + body,))


class Gate:
    """A `leaving` that counts its calls; with `error` it raises it instead."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls = 0
        self._error = error

    async def __call__(self) -> None:
        self.calls += 1
        if self._error is not None:
            raise self._error


def plain(server: ScriptedServer, **more: Any) -> SmtpServer:
    """How to reach `server` without TLS, with a short time-out."""
    return SmtpServer(
        **{
            "host": server.host,
            "port": server.port,
            "security": "none",
            "timeout": 0.4,
            "final_dot_timeout": 0.6,
            **more,
        }
    )


@asynccontextmanager
async def connected(
    *rules: Rule, extensions: Extensions | None = None, **settings: Any
) -> AsyncIterator[tuple[SmtpTransport, ScriptedServer]]:
    """A scripted server with `rules` and a transport to it."""
    async with ScriptedServer(*rules, extensions=extensions) as server:
        transport = SmtpTransport(plain(server, **settings))
        try:
            yield transport, server
        finally:
            await transport.close()


async def send(transport: SmtpTransport, letter: Envelope | None = None, gate: Gate | None = None) -> Outcome:
    """Sends one letter."""
    return await transport.send(letter or envelope(), gate or Gate())
