"""`mailer serve`: the web page and the worker in one process.

On this machine alone the page is entered by a one-time link; on any other address it asks for accounts and refuses to start
without any.

Not here: the pages (`web/`), accounts (`user.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import signal
import socket

import click

from mailer.app import App
from mailer.cli.opening import opened
from mailer.cli.output import Screen
from mailer.cli.signals import EXIT_INTERRUPTED, Stopping
from mailer.cli.verbs import Call, option, verb
from mailer.errors import UsageError
from mailer.wording import Text

__all__ = ["serve"]


@verb(
    "serve",
    help=Text(
        "웹 화면을 열고 발송도 맡습니다. 켜 두는 동안 예약과 재시도가 이루어집니다.\n\n"
        "이 컴퓨터에서는 한 번 쓰는 주소로 들어가고, 다른 주소로 열려면 계정이 있어야 합니다.",
        "Open the web page, and send: while it runs, what is scheduled goes out and retries happen.\n\n"
        "On this machine a one-time link lets you in; any other address needs accounts.",
    ),
    examples=("mailer serve --open", "mailer serve --host 0.0.0.0 --port 8025"),
)
@option(
    "--host", default="127.0.0.1", metavar="ADDR", help=Text("열 주소 (기본값: 127.0.0.1)", "Address to listen on.")
)
@option("--port", type=click.IntRange(0, 65535), default=8025, metavar="N", help=Text("포트 (기본값: 8025)", "Port."))
@option("--open", "show", is_flag=True, help=Text("브라우저를 엽니다.", "Open a browser."))
def serve(call: Call, host: str, port: int, show: bool) -> int:
    with opened(call) as app:
        local = is_local(host)
        if not local and not app.ledger.accounts.all():
            raise _needs_accounts(host, port)
        by = asyncio.run(_serve(call.screen, app, host, port, local=local, show=show))
    return EXIT_INTERRUPTED if by is signal.SIGINT else 0


async def _serve(screen: Screen, app: App, host: str, port: int, *, local: bool, show: bool) -> signal.Signals | None:
    from mailer.web import Office
    from mailer.web import serve as run
    from mailer.web.server import bound

    listener = bound(host, port)
    place = _place(host, listener)

    def say_link(key: str) -> None:
        screen.say(
            Text(f"다음에 쓸 주소: {place}/enter?key={key}", f"The next link: {place}/enter?key={key}"), ink="dim"
        )

    office = Office(app, link_used=say_link if local else None)
    if local:
        office.hosts = frozenset({"localhost", "127.0.0.1", "[::1]", host})

    def ready() -> None:
        link = f"{place}/enter?key={office.key}" if local else f"{place}/"
        screen.print(Text(f"열렸습니다: {link}", f"Open: {link}"), ink="bold")
        screen.out.flush()
        if local:
            screen.say(
                Text("이 주소는 한 번만 쓸 수 있습니다. 끝내려면 Ctrl-C", "The link works once. Ctrl-C ends."),
                ink="dim",
            )
        if show:
            click.launch(link)

    with Stopping(screen) as stopping:
        await run(office, stopping.event, listener, ready=ready)
        return stopping.by


def is_local(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def _place(host: str, listener: socket.socket) -> str:
    port = listener.getsockname()[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _needs_accounts(host: str, port: int) -> UsageError:
    return UsageError(
        Text(
            f"다른 컴퓨터에서도 열리는 주소라 계정 없이는 시작하지 않습니다: {host}",
            f"{host} can be reached by other machines; without accounts this does not start",
        ),
        where="--host",
        remedy=Text(
            f"mailer user add 이름 --role admin 다음에 mailer serve --host {host} --port {port}",
            f"mailer user add NAME --role admin, then mailer serve --host {host} --port {port}",
        ),
    )
