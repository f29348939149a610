"""Finding the server: a look-up that hangs holds up nobody, and an address that does not answer is not the last word."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any

import pytest

from mailer.errors import ServerUnreachable
from mailer.transport import Probe, Security, SmtpServer, SmtpTransport
from tests.scripted_smtp import ScriptedServer

NAME = "mail.example.org"


def resolves_to(monkeypatch: pytest.MonkeyPatch, *ports: int) -> None:
    """From now on the name has an address for each of these ports of this machine."""
    places = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in ports]

    def answer(host: str, *_: Any, **__: Any) -> Any:
        assert host == NAME
        return places

    monkeypatch.setattr(socket, "getaddrinfo", answer)


async def probed(port: int, timeout: float = 5.0) -> Probe:
    transport = SmtpTransport(SmtpServer(host=NAME, port=port, security=Security.NONE, timeout=timeout))
    try:
        return await transport.probe()
    finally:
        await transport.close()


def test_a_name_server_that_swallows_packets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time limit holds for the look-up, and the program can end while it still hangs."""
    released, ended = threading.Event(), threading.Event()

    def hang(*_: Any, **__: Any) -> Any:
        released.wait(30)
        ended.set()
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with pytest.raises(ServerUnreachable, match="no answer in time"):
        asyncio.run(probed(25, timeout=0.2))
    assert not ended.is_set()
    released.set()


def test_a_name_that_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The resolver's refusal is told as such."""

    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(ServerUnreachable, match="name cannot be found"):
        asyncio.run(probed(25))


def test_the_next_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused at its first address, silent at its second: the server is reached at its third."""

    async def run() -> Probe:
        with socket.socket() as closed, socket.socket() as full, socket.socket() as taken:
            closed.bind(("127.0.0.1", 0))
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            # with its queue full, a listener swallows whoever comes next
            taken.connect(full.getsockname())
            async with ScriptedServer() as server:
                resolves_to(monkeypatch, closed.getsockname()[1], full.getsockname()[1], server.port)
                return await probed(server.port, timeout=1.5)

    assert "PIPELINING" in asyncio.run(run()).extensions


def test_no_address_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every address is refused: said so, with the reason of the last."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        resolves_to(monkeypatch, port, port)
        with pytest.raises(ServerUnreachable, match="connection refused"):
            asyncio.run(probed(port))
