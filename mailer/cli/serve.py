"""`mailer serve`: the web page and the worker in one process.

On this machine alone the page is entered by a one-time link; on any other address, or behind a web server that shows it to
others, it asks for accounts and refuses to start without any.

Not here: the pages (`web/`), accounts (`user.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import signal
import socket
from typing import TYPE_CHECKING

import click

from mailer.app import App
from mailer.cli.exits import EXIT_INTERRUPTED
from mailer.cli.opening import opened
from mailer.cli.output import Screen
from mailer.cli.signals import Stopping
from mailer.cli.verbs import Call, option, verb
from mailer.errors import UsageError
from mailer.wording import Text

if TYPE_CHECKING:
    from mailer.web.public import PublicUrl

__all__ = ["serve"]


@verb(
    "serve",
    help=Text(
        "웹 화면을 열고 발송도 맡습니다. 켜 두는 동안 예약과 재시도가 이루어집니다.\n\n"
        "이 컴퓨터에서는 한 번만 쓸 수 있는 주소로 들어가고, 다른 주소로 열려면 계정이 있어야 합니다.",
        "Open the web page, and send: while it runs, what is scheduled goes out and retries happen.\n\n"
        "On this machine a one-time link lets you in; any other address needs accounts.",
    ),
    examples=(
        "mailer serve --open",
        "mailer serve --host 0.0.0.0 --port 8025",
        "mailer serve --public-url https://press.example",
    ),
)
@option(
    "--host", default="127.0.0.1", metavar="ADDR", help=Text("열 주소 (기본값: 127.0.0.1)", "Address to listen on.")
)
@option("--port", type=click.IntRange(0, 65535), default=8025, metavar="N", help=Text("포트 (기본값: 8025)", "Port."))
@option(
    "--public-url",
    metavar="URL",
    help=Text(
        "앞에 둔 웹 서버의 주소. 이 이름으로 온 요청에 대답하고, https면 쿠키를 암호화된 연결에만 보냅니다.",
        "The address of the web server before it: requests by this name are answered; with https, cookies go encrypted only.",
    ),
)
@option("--open", "show", is_flag=True, help=Text("브라우저를 엽니다.", "Open a browser."))
def serve(call: Call, host: str, port: int, public_url: str | None, show: bool) -> int:
    with opened(call, sends=True) as app:
        public = _read_public(public_url) if public_url else None
        if (public is not None or not is_local(host)) and not app.ledger.accounts.all():
            raise _needs_accounts(host, port, public)
        by = asyncio.run(_serve(call.screen, app, host, port, public=public, show=show))
    return EXIT_INTERRUPTED if by is signal.SIGINT else 0


def _read_public(text: str) -> PublicUrl:
    from mailer.web.public import read_public_url

    return read_public_url(text)


async def _serve(
    screen: Screen, app: App, host: str, port: int, *, public: PublicUrl | None, show: bool
) -> signal.Signals | None:
    from mailer.web import Office
    from mailer.web import serve as run
    from mailer.web.public import LOCAL_NAMES
    from mailer.web.server import bound

    local = public is None and is_local(host)
    listener = bound(host, port)
    inside = _place(host, listener)
    place = str(public) if public is not None else inside

    def say_link(key: str) -> None:
        screen.say(
            Text(f"다음에 쓸 주소: {place}/enter?key={key}", f"The next link: {place}/enter?key={key}"), ink="dim"
        )

    office = Office(app, link_used=say_link if local else None)
    office.public = public
    if local:
        office.hosts = LOCAL_NAMES | {host}
    elif public is not None:
        office.hosts = LOCAL_NAMES | {host, public.host}

    def ready() -> None:
        link = f"{place}/enter?key={office.key}" if local else f"{place}/"
        screen.print(Text(f"웹 화면을 열었습니다: {link}", f"Open: {link}"), ink="bold")
        screen.out.flush()
        if local:
            screen.say(
                Text("이 주소는 한 번만 쓸 수 있습니다. 끝내려면 Ctrl-C", "The link works once. Ctrl-C ends."),
                ink="dim",
            )
        if public is not None:
            screen.say(Text(f"웹 서버가 넘겨줄 곳: {inside}", f"The web server passes on to: {inside}"), ink="dim")
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


def _needs_accounts(host: str, port: int, public: PublicUrl | None) -> UsageError:
    place, again = (str(public), f"--public-url {public}") if public else (host, f"--host {host} --port {port}")
    return UsageError(
        Text(
            f"다른 컴퓨터에서도 열리는 주소라 계정 없이는 시작하지 않습니다: {place}",
            f"{place} can be reached by other machines; without accounts this does not start",
        ),
        where="--public-url" if public else "--host",
        remedy=Text(
            f"mailer user add 이름 --role admin 다음에 mailer serve {again}",
            f"mailer user add NAME --role admin, then mailer serve {again}",
        ),
    )
