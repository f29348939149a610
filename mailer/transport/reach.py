"""A connected socket to a host name, within a time limit that holds for the look-up of the name, too.

The system's resolver cannot be interrupted, and at its end a program waits for the event loop's own threads: one name server that
swallows packets would hold up a program which has long said what is wrong. So each look-up has a thread that nobody waits for.

Not here: TLS and what is spoken (`connect.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Sequence
from typing import Any, TypeAlias

__all__ = ["connected_socket"]

Places: TypeAlias = Sequence[tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]]


async def connected_socket(host: str, port: int, timeout: float) -> socket.socket:
    """The first of the host's addresses that answers; each has an equal share of `timeout` (seconds), so that a network whose IPv6
    leads nowhere still sends. Raises OSError or UnicodeError, TimeoutError when nothing answers in time."""
    async with asyncio.timeout(timeout):
        places = await _looked_up(host, port)
    trouble = OSError(f"no address for {host}")
    for family, kind, protocol, _, address in places:
        try:
            return await _connected(socket.socket(family, kind, protocol), address, timeout / len(places))
        except OSError as error:
            trouble = error
    raise trouble


async def _connected(connection: socket.socket, address: Any, timeout: float) -> socket.socket:
    try:
        connection.setblocking(False)
        async with asyncio.timeout(timeout):
            await asyncio.get_running_loop().sock_connect(connection, address)
    except BaseException:
        connection.close()
        raise
    return connection


def _looked_up(host: str, port: int) -> asyncio.Future[Places]:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Places] = loop.create_future()

    def tell(found: Places | Exception) -> None:
        if answer.done():
            return
        if isinstance(found, Exception):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def ask() -> None:
        found: Places | Exception
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            found = error
        # the loop is closed when nobody wants to know any more
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(tell, found)

    threading.Thread(target=ask, name="look-up", daemon=True).start()
    return answer
