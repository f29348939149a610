"""An SMTP sink that keeps what it gets, for looking at the content; speed is measured with `sink.c`.

    python bench/sink.py PORT FOLDER [--chunking] [--plain]

Each message becomes a file named by its recipient, a second one of the same recipient beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path


class Sink(asyncio.Protocol):
    """One connection; answers everything, keeps the messages."""

    transport: asyncio.Transport

    def __init__(self, offers: bytes, keep: Path) -> None:
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
            return False
        self._kept += buffer[:at]
        del buffer[: at + 3]
        self._in_data = False
        self._done(bytes(self._kept).replace(b"\r\n.", b"\r\n"))
        return True

    def _done(self, message: bytes) -> None:
        self._out.append(b"250 2.0.0 taken\r\n")
        path = self._keep / self._recipient
        while path.exists():
            path = path.with_name(path.name + "+")
        path.write_bytes(message)
        self._kept.clear()


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("keep", type=Path)
    parser.add_argument("--chunking", action="store_true")
    parser.add_argument("--plain", action="store_true")
    given = parser.parse_args()
    words = [b"sink.example", b"SIZE 50000000", b"8BITMIME", b"SMTPUTF8"]
    words += [] if given.plain else [b"PIPELINING"]
    words += [b"CHUNKING"] if given.chunking else []
    offers = b"".join(b"250%c%b\r\n" % (b" " if word is words[-1] else b"-", word) for word in words)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await loop.create_server(lambda: Sink(offers, given.keep), "127.0.0.1", given.port, backlog=200)
    print("ready", flush=True)
    await stop.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
