"""What stands before every page: headers that bind the browser, forms of other sites refused, bodies bounded, hosts checked.

A form is ours when the browser says so: `Sec-Fetch-Site` (sent on https and to loopback), else an `Origin` that is this very host.
A request that changes something and says neither is refused. What strangers may send is a login, and bounded like one.

Not here: who is logged in (`visit.py`).
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mailer.web.office import Office
from mailer.web.public import PublicUrl, bare_host

__all__ = ["HEADERS", "LARGEST_BODY", "LARGEST_OF_STRANGERS", "Guard"]

LARGEST_BODY = 36 * 2**20
LARGEST_OF_STRANGERS = 2**16
OPEN_TO_STRANGERS = {"/login", "/logout", "/look"}
LONGEST_NUMBER = 12
SAFE = {"GET", "HEAD", "OPTIONS"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"
)
FIXED = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
HEADERS = {"content-security-policy": POLICY, "x-frame-options": "DENY", "cache-control": "no-store", **FIXED}


class Guard:
    """ASGI middleware around the whole site."""

    def __init__(self, app: ASGIApp, office: Office) -> None:
        self._app = app
        self._office = office

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer, headers, public = dressed(send), Headers(scope=scope), self._office.public
        if public is not None and public.is_meant(headers.get("host", "")):
            scope = public.scope(scope, headers)
        largest = LARGEST_OF_STRANGERS if scope["path"] in OPEN_TO_STRANGERS else LARGEST_BODY
        refusal = self._refusal(scope, headers, largest)
        if refusal is not None:
            await refusal(scope, receive, answer)
            return
        try:
            await self._app(scope, bounded(receive, largest), answer)
        except TooLarge:
            await _too_large()(scope, receive, answer)

    def _refusal(self, scope: Scope, headers: Headers, largest: int) -> PlainTextResponse | None:
        host = headers.get("host", "")
        hosts = self._office.hosts
        if hosts is not None and bare_host(host) not in hosts:
            return PlainTextResponse("this address does not belong to this page\n", status_code=421)
        if scope["method"] not in SAFE and not is_own(headers, host, self._office.public):
            return PlainTextResponse(
                "다른 곳에서 온 요청이라 거절했습니다. / refused: not from this page\n", status_code=403
            )
        length = headers.get("content-length", "0")
        if not length.isdecimal() or len(length) > LONGEST_NUMBER or int(length) > largest:
            return _too_large()
        return None


class TooLarge(Exception):
    """The body went past its bound."""


def is_own(headers: Headers, host: str, public: PublicUrl | None) -> bool:
    """Whether a request that changes something comes from a page of ours."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = headers.get("origin")
    if origin is None or not host:
        return False
    if public is not None and public.is_meant(host):
        return public.is_origin(origin)
    return urlsplit(origin).netloc == host


def dressed(send: Send) -> Send:
    """`send` that adds the headers a page must have, where the page has none of its own."""

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return answer


def bounded(receive: Receive, largest: int) -> Receive:
    taken = 0

    async def take() -> MutableMapping[str, Any]:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > largest:
            raise TooLarge
        return message

    return take


def _too_large() -> PlainTextResponse:
    return PlainTextResponse("파일이 너무 큽니다. / too large\n", status_code=413)
