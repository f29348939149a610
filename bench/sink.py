"""A small SMTP sink in a process of its own, for what smtp-sink cannot: CHUNKING, none of the extensions, looking at the content.

    python bench/sink.py PORT [--chunking] [--plain] [--keep FOLDER]

`--keep` writes each message to a file named by its recipient (a second one of the same recipient beside it). On SIGTERM it prints
the number of messages. And `proxy`, the network: `python bench/sink.py --proxy PORT TO SECONDS` passes bytes on after SECONDS,
in both directions, without holding anything back.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

taken = 0


class Sink(asyncio.Protocol):
    """One connection; answers everything, keeps nothing unless told to."""

    transport: asyncio.Transport

    def __init__(self, offers: bytes, keep: Path | None) -> None:
        self._offers = offers
        self._keep = keep
        self._buffer = bytearray()
        self._kept = bytearray()
        self._chunk = -1
        self._in_data = False
        self._recipient = ""
        self._out: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"220 sink.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._buffer and self._step():
            pass
        if self._out:
            self.transport.write(b"".join(self._out))
            self._out.clear()

    def _step(self) -> bool:
        if self._chunk >= 0:
            return self._take_chunk()
        if self._in_data:
            return self._take_data()
        end = self._buffer.find(b"\n")
        if end < 0:
            return False
        line = bytes(self._buffer[: end + 1])
        del self._buffer[: end + 1]
        self._command(line)
        return True

    def _command(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb == b"EHLO":
            self._out.append(self._offers)
        elif verb == b"DATA":
            self._in_data = True
            self._out.append(b"354 go ahead\r\n")
        elif verb == b"BDAT":
            self._chunk = int(line.split()[1])
        elif verb == b"QUIT":
            self._out.append(b"221 bye\r\n")
        else:
            if verb == b"RCPT":
                self._recipient = line[line.find(b"<") + 1 : line.find(b">")].decode()
            self._out.append(b"250 2.0.0 ok\r\n")

    def _take_chunk(self) -> bool:
        part = self._buffer[: self._chunk]
        if self._keep:
            self._kept += part
        self._chunk -= len(part)
        del self._buffer[: len(part)]
        if self._chunk == 0:
            self._chunk = -1
            self._done(bytes(self._kept))
        return bool(self._buffer)

    def _take_data(self) -> bool:
        buffer = self._buffer
        at = 0 if buffer.startswith(b".\r\n") else buffer.find(b"\r\n.\r\n") + 2
        if at == 1:
            if not self._keep and len(buffer) > 4:
                del buffer[:-4]
            return False
        if self._keep:
            self._kept += buffer[:at]
        del buffer[: at + 3]
        self._in_data = False
        self._done(bytes(self._kept).replace(b"\r\n.", b"\r\n"))
        return True

    def _done(self, message: bytes) -> None:
        global taken
        taken += 1
        self._out.append(b"250 2.0.0 taken\r\n")
        if self._keep:
            path = self._keep / self._recipient
            while path.exists():
                path = path.with_name(path.name + "+")
            path.write_bytes(message)
            self._kept.clear()


class Pass(asyncio.Protocol):
    """One direction of the network."""

    transport: asyncio.Transport

    def __init__(self, delay: float, other: Pass | None = None, to: int = 0) -> None:
        self._delay = delay
        self._other = other
        self._to = to
        self._early: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self._to:
            self._task = asyncio.ensure_future(self._connect())

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        _, other = await loop.create_connection(lambda: Pass(self._delay, self), "127.0.0.1", self._to)
        self._other = other
        for data in self._early:
            self.data_received(data)

    def data_received(self, data: bytes) -> None:
        if self._other is None:
            self._early.append(data)
        else:
            asyncio.get_running_loop().call_later(self._delay, self._other.transport.write, data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._other is not None:
            asyncio.get_running_loop().call_later(self._delay, self._other.transport.close)


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("to", type=int, nargs="?")
    parser.add_argument("delay", type=float, nargs="?")
    parser.add_argument("--chunking", action="store_true")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--proxy", action="store_true")
    given = parser.parse_args()
    words = [b"sink.example", b"SIZE 50000000", b"8BITMIME", b"SMTPUTF8"]
    words += [] if given.plain else [b"PIPELINING"]
    words += [b"CHUNKING"] if given.chunking else []
    offers = b"".join(b"250%c%b\r\n" % (b" " if word is words[-1] else b"-", word) for word in words)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)

    def arrived() -> asyncio.Protocol:
        return Pass(given.delay, to=given.to) if given.proxy else Sink(offers, given.keep)

    await loop.create_server(arrived, "127.0.0.1", given.port, backlog=200)
    print("ready", flush=True)
    await stop.wait()
    print(taken, flush=True)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
