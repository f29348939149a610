"""One connection after login: commands out, replies in, each reply to the command it belongs to.

Replies come in the order of the commands (RFC 5321 4.1.1.5, 2920 3.1), so the expected ones stand in a queue, those to commands
written at once together (`Replies`). Bytes that nobody expects spoil the connection (`spoiled`): the next reply
could otherwise be taken for the answer to a command it does not belong to.

Not here: connecting and login (`connect.py`), what replies mean (`verdicts.py`).
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, cast

from mailer.transport.replies import RawReply, ReplyReader, ReplyTooLong

if TYPE_CHECKING:
    from asyncio.trsock import TransportSocket

__all__ = ["Replies", "Session", "Wire", "WireLost"]

CHUNK = 256 * 1024
SMALL = 64 * 1024

MOST_PARTS = 512
"""Parts in one call: systems take at least 1,024 (POSIX IOV_MAX is lower on paper, 16)."""


class WireLost(Exception):
    """The connection ended, or a reply or the write did not come to an end in time. The message says which."""


class Replies:
    """The replies to `count` commands, as far as they `came`, in order."""

    __slots__ = ("came", "count")

    def __init__(self, count: int) -> None:
        self.count = count
        self.came: list[RawReply] = []

    @property
    def complete(self) -> bool:
        return len(self.came) == self.count


class Wire(asyncio.Protocol):
    """Takes a connected transport over with `transport.set_protocol(wire)`; for one task at a time."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._reader = ReplyReader()
        self._expected: deque[Replies] = deque()
        self._loop = asyncio.get_running_loop()
        self._gone: asyncio.Future[None] = self._loop.create_future()
        self._room: asyncio.Future[None] | None = None
        self._news: asyncio.Future[None] | None = None
        self._patience = 0.0
        self._deadline: float | None = None
        self._alarm: asyncio.TimerHandle | None = None
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
        expected = self._expected
        for reply in replies:
            if not expected:
                self.spoiled = True
                break
            came = expected[0].came
            came.append(reply)
            if len(came) == expected[0].count:
                expected.popleft()
        if not expected and self._reader.midway:
            self.spoiled = True
        self._wake()

    def eof_received(self) -> bool:
        self.ended_by_server |= not self._lost
        self._lose("connection closed by the server")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended_by_server |= not self._lost
        self._lose(f"connection lost: {exc}" if exc else "connection lost")
        if self._alarm is not None:
            self._alarm.cancel()
        if not self._gone.done():
            self._gone.set_result(None)

    def pause_writing(self) -> None:
        self._room = self._loop.create_future()

    def resume_writing(self) -> None:
        self._wake()
        self._room = None

    def _wake(self) -> None:
        for waiting in (self._news, self._room):
            if waiting is not None and not waiting.done():
                waiting.set_result(None)

    def _lose(self, why: str) -> None:
        self._lost = self._lost or why
        self._expected.clear()
        self._wake()

    # what the transaction does

    @property
    def usable(self) -> bool:
        """True while nothing speaks against starting a transaction."""
        return not self._lost and not self.spoiled and not self._expected and not self._transport.is_closing()

    def ask(self, commands: Sequence[bytes]) -> Replies:
        """Writes the command lines (without CRLF) at once."""
        replies = self.expect(len(commands))
        if not self._lost:
            self._transport.write(b"\r\n".join((*commands, b"")))
        return replies

    def expect(self, count: int = 1) -> Replies:
        """The next replies that nobody waits for yet."""
        replies = Replies(count)
        if not self._lost:
            self._expected.append(replies)
        return replies

    async def answer(self, replies: Replies, at: int, timeout: float) -> RawReply:
        """One of the replies. Raises WireLost when the connection ends first or after `timeout` seconds."""
        came = replies.came
        if len(came) <= at and not self._lost:
            self._watch(timeout)
            try:
                while len(came) <= at and not self._lost:
                    self._news = self._loop.create_future()
                    await self._news
            finally:
                self._deadline = None
        if len(came) <= at:
            raise WireLost(self._lost)
        return came[at]

    def _watch(self, timeout: float) -> None:
        """Has the connection dropped after `timeout` seconds, unless `_deadline` is taken back before. The alarm stays set from one
        reply to the next and looks at the clock when it rings: to set it and take it back for each one would cost more."""
        self._patience = timeout
        self._deadline = self._loop.time() + timeout
        if self._alarm is not None and self._alarm.when() > self._deadline:
            self._alarm.cancel()
            self._alarm = None
        if self._alarm is None:
            self._alarm = self._loop.call_at(self._deadline, self._look_at_the_clock)

    def _look_at_the_clock(self) -> None:
        self._alarm = None
        if self._deadline is None:
            return
        if self._loop.time() < self._deadline:
            self._alarm = self._loop.call_at(self._deadline, self._look_at_the_clock)
        else:
            self.drop(f"no reply within {self._patience:g} s")

    async def write(self, parts: Sequence[bytes], timeout: float, *, until: Replies) -> bool:
        """Writes `parts` no faster than the server reads them; each quarter of a megabyte has `timeout` seconds. False when
        all of `until` came first and the rest was not written. Raises WireLost."""
        left = self._straight(parts)
        while left:
            if self._lost:
                raise WireLost(self._lost)
            self._transport.write(left.popleft())
            if self._room is not None:
                await self._drained(timeout, until)
            if left and until.complete:
                return False
        return True

    def _straight(self, parts: Sequence[bytes]) -> deque[memoryview]:
        """Hands the kernel what it takes at once, from where the parts are; what is left comes back in chunks.

        Many parts are shared between messages: asyncio would copy them (until Python 3.12) or write them one by one.
        """
        taken = 0
        if self._socket is not None and not self._lost and not self._transport.get_write_buffer_size():
            try:
                taken = os.writev(self._socket.fileno(), parts[:MOST_PARTS])
            except OSError:
                # full, or gone: the one takes nothing now, the other says so again when the rest is written
                taken = 0
        if taken < sum(map(len, parts)):
            return _chunks(_behind(taken, parts))
        return deque()

    async def _drained(self, timeout: float, until: Replies) -> None:
        try:
            async with asyncio.timeout(timeout):
                while self._room is not None and not self._lost and not until.complete:
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


def _behind(taken: int, parts: Sequence[bytes]) -> Sequence[bytes | memoryview]:
    """What follows the first `taken` bytes."""
    for index, part in enumerate(parts):
        if taken < len(part):
            return [memoryview(part)[taken:], *parts[index + 1 :]]
        taken -= len(part)
    return []


def _chunks(parts: Sequence[bytes | memoryview]) -> deque[memoryview]:
    """Neighbouring small parts joined, big ones cut, none of the big ones copied."""
    whole: list[bytes | memoryview] = []
    for big, group in groupby(parts, key=lambda part: len(part) > SMALL):
        neighbours = list(group)
        whole += neighbours if big else [b"".join(neighbours)]
    return deque(memoryview(part)[at : at + CHUNK] for part in whole for at in range(0, len(part), CHUNK))


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A connection after login. `extensions` are EHLO keywords in capitals with their parameters; `size_limit` in bytes, None when
    the server does not say (RFC 1870); `tls` is "TLSv1.3" or ""."""

    wire: Wire
    extensions: Mapping[str, str]
    size_limit: int | None
    tls: str
