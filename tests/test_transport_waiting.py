"""How long the program waits for one reply: as long as said for this one, however long it waited for others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from mailer.transport.wire import Wire, WireLost
from tests.envelopes import run

LONG = 60.0
"""Seconds: longer than `run` lets a test take."""


@asynccontextmanager
async def wired() -> AsyncIterator[tuple[Wire, asyncio.StreamWriter]]:
    """A wire and the server's end of it."""
    met: asyncio.Future[asyncio.StreamWriter] = asyncio.get_running_loop().create_future()
    server = await asyncio.start_server(lambda _, writer: met.set_result(writer), "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, host, port)
    wire = Wire(transport)
    far = await met
    try:
        yield wire, far
    finally:
        wire.drop()
        await wire.gone()
        far.close()
        server.close()
        await server.wait_closed()


def said(far: asyncio.StreamWriter, after: float) -> None:
    """The server says yes in `after` seconds."""
    asyncio.get_running_loop().call_later(after, far.write, b"250 ok\r\n")


def test_a_short_wait_behind_a_long_one() -> None:
    """A reply that may take seconds and comes at once leaves no patience to the next one."""

    async def main() -> None:
        async with wired() as (wire, far):
            said(far, 0)
            assert (await wire.answer(wire.ask([b"NOOP"]), 0, LONG)).code == 250
            with pytest.raises(WireLost, match=r"no reply within 0\.05 s"):
                await wire.answer(wire.ask([b"NOOP"]), 0, 0.05)
            assert not wire.usable

    run(main())


def test_a_long_wait_behind_a_short_one() -> None:
    """The time of a reply that came at once is not held against the next one, nor against a wire where nobody waits."""

    async def main() -> None:
        async with wired() as (wire, far):
            for pause in (0.3, 0.0):
                said(far, 0)
                assert (await wire.answer(wire.ask([b"NOOP"]), 0, 0.1)).code == 250
                await asyncio.sleep(pause)
                assert wire.usable
            said(far, 0.3)
            assert (await wire.answer(wire.ask([b"NOOP"]), 0, LONG)).code == 250
            with pytest.raises(WireLost, match=r"no reply within 0\.2 s"):
                await wire.answer(wire.ask([b"NOOP"]), 0, 0.2)

    run(main())


def test_replies_of_a_group_have_their_time_each() -> None:
    """Three replies that drip in one after another are waited for one by one; those that came stay when the wire ends."""

    async def main() -> None:
        async with wired() as (wire, far):
            replies = wire.ask([b"MAIL", b"RCPT", b"DATA"])
            for number in range(2):
                said(far, 0.1)
                assert (await wire.answer(replies, number, LONG)).code == 250
            assert not replies.complete
            with pytest.raises(WireLost):
                await wire.answer(replies, 2, 0.05)
            assert (await wire.answer(replies, 1, 0.05)).code == 250

    run(main())
