"""One connection after login: commands out, replies in, each reply to the command it belongs to.

Replies come in the order of the commands (RFC 5321 4.1.1.5, 2920 3.1), so the expected ones stand in a queue; a group of
commands written at once simply queues several. Bytes that nobody expects spoil the connection (`spoiled`): the next reply
could otherwise be taken for the answer to a command it does not belong to.

Not here: connecting and login (`connect.py`), what replies mean (`verdicts.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, cast

from mailer.transport.replies import RawReply, ReplyReader, ReplyTooLong

if TYPE_CHECKING:
    from asyncio.trsock import TransportSocket

__all__ = ["Session", "Wire", "WireLost"]

CHUNK = 256 * 1024
SMALL = 64 * 1024

MOST_PARTS = 512
"""Parts in one call: systems take at least 1,024 (POSIX IOV_MAX is lower on paper, 16)."""


class WireLost(Exception):
    """The connection ended, or a reply or the write did not come to an end in time. The message says which."""


class Wire(asyncio.Protocol):
    """Takes a connected transport over with `transport.set_protocol(wire)`; for one task at a time."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._reader = ReplyReader()
        self._expected: deque[asyncio.Future[RawReply]] = deque()
        self._loop = asyncio.get_running_loop()
        self._gone: asyncio.Future[None] = self._loop.create_future()
        self._room: asyncio.Future[None] | None = None
        self._lost = ""
        self.spoiled = False
        self.ended_by_server = False
        self._socket = _socket_of(transport)
        transport.set_protocol(self)
        if transport.is_closing():
            self._lose("connection lost")
        else:
            # the transport's pause may have been told to the protocol before this one
            transport.set_write_buffer_limits(high=CHUNK)

    # what the event loop tells

    def data_received(self, data: bytes) -> None:
        try:
            replies = self._reader.feed(data)
        except ReplyTooLong as error:
            self._lose(str(error))
            self._transport.abort()
            return
        for reply in replies:
            if self._expected:
                waiting = self._expected.popleft()
                if not waiting.done():
                    waiting.set_result(reply)
            else:
                self.spoiled = True
        if not self._expected and self._reader.midway:
            self.spoiled = True
        self._wake_writer()

    def eof_received(self) -> bool:
        self.ended_by_server |= not self._lost
        self._lose("connection closed by the server")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended_by_server |= not self._lost
        self._lose(f"connection lost: {exc}" if exc else "connection lost")
        if not self._gone.done():
            self._gone.set_result(None)

    def pause_writing(self) -> None:
        self._room = self._loop.create_future()

    def resume_writing(self) -> None:
        self._wake_writer()
        self._room = None

    def _wake_writer(self) -> None:
        if self._room is not None and not self._room.done():
            self._room.set_result(None)

    def _lose(self, why: str) -> None:
        self._lost = self._lost or why
        while self._expected:
            waiting = self._expected.popleft()
            if not waiting.done():
                waiting.set_exception(WireLost(self._lost))
                # a reply nobody will ask for any more is no news
                waiting.exception()
        self._wake_writer()

    # what the transaction does

    @property
    def usable(self) -> bool:
        """True while nothing speaks against starting a transaction."""
        return not self._lost and not self.spoiled and not self._expected and not self._transport.is_closing()

    def ask(self, commands: Sequence[bytes]) -> list[asyncio.Future[RawReply]]:
        """Writes the command lines (without CRLF) at once; one future reply for each, in order."""
        futures = [self.expect() for _ in commands]
        if not self._lost:
            self._transport.write(b"\r\n".join((*commands, b"")))
        return futures

    def expect(self) -> asyncio.Future[RawReply]:
        """The next reply that nobody waits for yet."""
        future: asyncio.Future[RawReply] = self._loop.create_future()
        if self._lost:
            future.set_exception(WireLost(self._lost))
            future.exception()
        else:
            self._expected.append(future)
        return future

    async def answer(self, future: asyncio.Future[RawReply], timeout: float) -> RawReply:
        """The reply of `future`. Raises WireLost when the connection ends first or after `timeout` seconds."""
        if future.done():
            return future.result()
        timer = self._loop.call_later(timeout, self.drop, f"no reply within {timeout:g} s")
        try:
            return await future
        finally:
            timer.cancel()

    async def write(self, parts: Sequence[bytes], timeout: float, *, until: asyncio.Future[RawReply]) -> bool:
        """Writes `parts` no faster than the server reads them; each quarter of a megabyte has `timeout` seconds. False when
        `until` came first and the rest was not written. Raises WireLost."""
        pieces = self._straight(parts)
        for left, piece in zip(range(len(pieces) - 1, -1, -1), pieces, strict=True):
            if self._lost:
                raise WireLost(self._lost)
            self._transport.write(piece)
            if self._room is not None:
                await self._drained(timeout, until)
            if left and until.done():
                return False
        return True

    def _straight(self, parts: Sequence[bytes]) -> list[memoryview]:
        """Hands the kernel what it takes at once, from where the parts are; what is left comes back in chunks.

        Many parts are shared between messages: asyncio would copy them (until Python 3.12) or write them one by one.
        """
        taken = 0
        if self._socket is not None and not self._lost and not self._transport.get_write_buffer_size():
            # a connection that is gone says so again when the rest is written
            with contextlib.suppress(OSError):
                taken = os.writev(self._socket.fileno(), parts[:MOST_PARTS])
        if taken == 0:
            return _chunks(parts)
        for index, part in enumerate(parts):
            if taken < len(part):
                return _chunks([memoryview(part)[taken:], *parts[index + 1 :]])
            taken -= len(part)
        return []

    async def _drained(self, timeout: float, until: asyncio.Future[RawReply]) -> None:
        try:
            async with asyncio.timeout(timeout):
                while self._room is not None and not self._lost and not until.done():
                    if self._room.done():
                        self._room = self._loop.create_future()
                    await self._room
        except TimeoutError as error:
            self.drop(f"the server read nothing for {timeout:g} s")
            raise WireLost(self._lost) from error

    def drop(self, why: str = "connection dropped") -> None:
        """Ends the connection at once; what is not yet on its way is never written."""
        self._lose(why)
        self._transport.abort()

    async def close(self, timeout: float) -> None:
        """Ends the connection in order, or hard after `timeout` seconds; returns when the socket is gone."""
        self._transport.close()
        try:
            async with asyncio.timeout(timeout):
                await asyncio.shield(self._gone)
        except TimeoutError:
            self.drop()
            await self.gone()

    async def gone(self) -> None:
        """Returns when the socket is closed (after `drop`)."""
        await asyncio.wait([self._gone], timeout=1)


def _socket_of(transport: asyncio.Transport) -> TransportSocket | None:
    """The socket, where one may write to it beside `transport`: without TLS, on systems that can."""
    if transport.get_extra_info("sslcontext") is not None or not hasattr(os, "writev"):
        return None
    return cast("TransportSocket | None", transport.get_extra_info("socket"))


def _chunks(parts: Sequence[bytes | memoryview]) -> list[memoryview]:
    """Neighbouring small parts joined, big ones cut, none of the big ones copied."""
    whole: list[bytes | memoryview] = []
    for big, group in groupby(parts, key=lambda part: len(part) > SMALL):
        neighbours = list(group)
        whole += neighbours if big else [b"".join(neighbours)]
    return [memoryview(part)[at : at + CHUNK] for part in whole for at in range(0, len(part), CHUNK)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A connection after login. `extensions` are EHLO keywords in capitals with their parameters; `tls` is "TLSv1.3" or ""."""

    wire: Wire
    extensions: Mapping[str, str]
    tls: str

    @property
    def size_limit(self) -> int | None:
        """Bytes a message may have (RFC 1870); None when the server does not say."""
        limit = self.extensions.get("SIZE", "").strip()
        return int(limit) if limit.isascii() and limit.isdigit() and int(limit) > 0 else None
