"""`serve`: the web page and the worker in one process and one event loop, until `stop`.

Open live pages would keep the server from ending, so they are told first; what is on the wire is finished by the worker. A worker
that meets a broken ledger is started again after a while, and every page says meanwhile that nothing is being sent.

Not here: the command line (`cli/serve.py`), the site (`site.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Iterator

import uvicorn

from mailer.errors import ConfigError, MailerError, system_reason
from mailer.web.imports import sweep_uploads
from mailer.web.office import Office
from mailer.web.site import create_site
from mailer.wording import Text

__all__ = ["bound", "serve"]

GRACE = 2
AGAIN_AFTER = 10.0
TIDY_EVERY = 300.0
_log = logging.getLogger("mailer.web")


class Server(uvicorn.Server):
    """uvicorn without signal handlers of its own: whoever calls `serve` decides when it ends."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bound(host: str, port: int) -> socket.socket:
    """A listening socket, port 0 for any free one. Raises ConfigError when the address is taken or not this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only for sockets that say TCP; with it, a kept connection waits 40 ms for every page
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except OSError as error:
        found.close()
        reason = system_reason(error)
        raise ConfigError(
            Text(f"이 주소에서 열 수 없습니다: {reason.ko}", f"cannot listen here: {reason.en}"),
            where=f"{host}:{port}",
            remedy=Text("--port로 다른 번호를 쓰십시오", "use another number with --port"),
        ) from error
    return found


async def serve(
    office: Office, stop: asyncio.Event, listener: socket.socket, *, ready: Callable[[], None] | None = None
) -> None:
    """Serve pages and send mail until `stop` is set; returns within seconds of it."""
    config = uvicorn.Config(
        create_site(office),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE,
        server_header=False,
        # whom to believe is decided in `public.py`, not by headers that anybody can send
        proxy_headers=False,
        lifespan="off",
    )
    server = Server(config)
    pages = asyncio.create_task(server.serve(sockets=[listener]))
    work = asyncio.create_task(_work(office, stop))
    tidying = asyncio.create_task(_keep_tidy(office, stop))
    while not server.started and not pages.done():
        await asyncio.sleep(0.01)
    if ready is not None and not pages.done():
        ready()
    waiting = asyncio.create_task(stop.wait())
    # a worker that ends by itself met a fault of the program: pages that go on as if mail were leaving would be worse than none
    await asyncio.wait({waiting, pages, work}, return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    office.close()
    server.should_exit = True
    await asyncio.gather(pages, tidying, waiting)
    await work


async def _keep_tidy(office: Office, stop: asyncio.Event) -> None:
    """The practice inbox stays small and uploads short-lived, also while nobody looks at them."""
    while not stop.is_set():
        try:
            await asyncio.to_thread(office.inbox.tidy, office.app.now())
            await asyncio.to_thread(sweep_uploads, office.app)
        except (MailerError, OSError) as error:
            # the page of the inbox says the same to a person; sending must not end over it
            _log.warning("could not tidy up: %s", error)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), TIDY_EVERY)


async def _work(office: Office, stop: asyncio.Event) -> None:
    # the worker ends by its own event, too: when the settings have changed, it begins again with them
    while not stop.is_set():
        try:
            # the worker stops itself by the event it is given when its ledger breaks: ours must stay
            await _worked(office, stop)
        except MailerError as error:
            office.worker_trouble = error
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), AGAIN_AFTER)


async def _worked(office: Office, stop: asyncio.Event) -> None:
    inner, loop = asyncio.Event(), asyncio.get_running_loop()

    def restart() -> None:
        loop.call_soon_threadsafe(inner.set)

    office.restart_worker = restart
    passing = asyncio.create_task(_pass_on(stop, inner))
    healing = asyncio.create_task(_heal(office))
    try:
        await office.app.work(inner)
    finally:
        for task in (passing, healing):
            task.cancel()
        await asyncio.gather(passing, healing, return_exceptions=True)


async def _pass_on(outer: asyncio.Event, inner: asyncio.Event) -> None:
    await outer.wait()
    inner.set()


async def _heal(office: Office) -> None:
    await asyncio.sleep(AGAIN_AFTER / 2)
    office.worker_trouble = None
