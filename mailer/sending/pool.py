"""Connections that all drains of one process share, at most as many as the settings allow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from mailer.transport import Ahead, Job

__all__ = ["Pool", "Transport"]


class Transport(Protocol):
    """How messages leave: `carry` takes the first one and then what `ahead` gives, until it gives None or the connection ends."""

    @property
    def connected(self) -> bool: ...

    async def carry(self, first: Job, ahead: Ahead) -> None: ...

    async def close(self) -> None: ...


class Pool:
    """`borrow` waits for a free transport. A connected one goes first: where a server allows only two connections, the others must
    not be handed out before them.

    As long as none is connected only one is out: a wrong password is tried once, not once per connection, and a server that comes
    back is not overrun.
    """

    def __init__(self, open_transport: Callable[[], Transport], size: int) -> None:
        self._open = open_transport
        self._slots = asyncio.Semaphore(size)
        self._idle: list[Transport] = []
        self._out = 0
        self._waiting = 0
        self._live: set[Transport] = set()
        self._changed = asyncio.Event()

    @property
    def out(self) -> int:
        """How many connections are borrowed."""
        return self._out

    @property
    def wanted(self) -> bool:
        """True while somebody waits for a connection: those who have one should not keep it for long."""
        return self._waiting > 0 and self._slots.locked()

    @asynccontextmanager
    async def borrow(self) -> AsyncIterator[Transport]:
        self._waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self._waiting -= 1
        try:
            async with self._borrowed() as transport:
                yield transport
        finally:
            self._slots.release()

    @asynccontextmanager
    async def _borrowed(self) -> AsyncIterator[Transport]:
        while self._out and not self._live:
            self._changed.clear()
            await self._changed.wait()
        transport = self._take()
        self._out += 1
        try:
            yield transport
        finally:
            self._out -= 1
            self._idle.append(transport)
            self.see(transport, connected=transport.connected)

    def see(self, transport: Transport, *, connected: bool) -> None:
        """What is known of a borrowed transport: once one is connected, the others may try."""
        (self._live.add if connected else self._live.discard)(transport)
        self._changed.set()

    def _take(self) -> Transport:
        if not self._idle:
            return self._open()
        index = next((i for i, transport in enumerate(self._idle) if transport.connected), -1)
        return self._idle.pop(index)

    async def close(self) -> None:
        """Close what is idle; call it when no drain runs."""
        idle, self._idle = self._idle, []
        self._live.clear()
        await asyncio.gather(*(transport.close() for transport in idle))
