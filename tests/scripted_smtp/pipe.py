"""The server's side of one socket: lines and raw bytes in, bytes out, TLS in the middle, and rude endings."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable


class Gone(Exception):
    """The client has left, or the script has hung up."""


class Pipe(asyncio.Protocol):
    """`buffer` holds what has come in and was not yet taken."""

    def __init__(self, arrived: Callable[[Pipe], None]) -> None:
        self.buffer = bytearray()
        self._arrived = arrived
        self._more = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._ended = False
        self.closed = asyncio.Event()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._arrived(self)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self._more.set()

    def eof_received(self) -> bool:
        self._ended = True
        self._more.set()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = True
        self.closed.set()
        self._more.set()
        self._room.set()

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    async def more(self) -> None:
        """Waits for bytes beyond those in the buffer. Raises Gone when none will come."""
        if self._ended:
            raise Gone
        self._more.clear()
        await self._more.wait()
        if self._ended and not self.buffer:
            raise Gone

    async def line(self) -> bytes:
        """The next line with its line end."""
        while (end := self.buffer.find(b"\n")) < 0:
            await self.more()
        line = bytes(self.buffer[: end + 1])
        del self.buffer[: end + 1]
        return line

    async def write(self, data: bytes, *, drip: float = 0.0) -> None:
        """Writes all of `data`. Raises Gone when the client has left before the end."""
        pieces = [data[at : at + 1] for at in range(len(data))] if drip else [data]
        for piece in pieces:
            if self._ended or self.transport.is_closing():
                raise Gone
            self.transport.write(piece)
            await self._room.wait()
            if drip:
                await asyncio.sleep(drip)
        if self.closed.is_set():
            raise Gone

    async def encrypt(self, context: ssl.SSLContext) -> None:
        """The server's half of a TLS handshake. Raises Gone when it fails."""
        self.buffer.clear()
        try:
            upgraded = await asyncio.get_running_loop().start_tls(
                self.transport, self, context, server_side=True, ssl_handshake_timeout=10
            )
        except (OSError, ssl.SSLError) as error:
            raise Gone from error
        assert isinstance(upgraded, asyncio.Transport)
        self.transport = upgraded

    async def stall(self, *, reading: bool) -> None:
        """Silence; ends by Gone when the client leaves. Without `reading` the client's bytes pile up on its side."""
        if reading:
            await self.closed.wait()
        elif not self.transport.is_closing():
            self.transport.pause_reading()
            # a socket that is not read does not tell of the other side's end: look now and then
            while not self.transport.is_closing() and not _peer_left(self.transport):
                await asyncio.sleep(0.02)
        raise Gone

    def hang_up(self, *, hard: bool) -> None:
        """Closes after what was written, or resets at once."""
        if hard and (plain := self.transport.get_extra_info("socket")) is not None and plain.fileno() >= 0:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
        else:
            self.transport.close()


def _peer_left(transport: asyncio.Transport) -> bool:
    plain = transport.get_extra_info("socket")
    if plain is None or plain.fileno() < 0:
        return True
    states = plain.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) if hasattr(socket, "TCP_INFO") else b"\x01"
    established = 1
    return states[0] != established
