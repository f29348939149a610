"""What stands before every page: headers that bind the browser, forms of other sites refused, bodies bounded, hosts checked.

A form is ours when the browser says so: `Sec-Fetch-Site` (sent on https and to loopback), else an `Origin` that is this very host.
A request that changes something and says neither is refused.

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

__all__ = ["LARGEST_BODY", "Guard"]

LARGEST_BODY = 36 * 2**20
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
OWN = {"content-security-policy": POLICY, "x-frame-options": "DENY", "cache-control": "no-store", **FIXED}


class Guard:
    """ASGI middleware around the whole site."""

    def __init__(self, app: ASGIApp, office: Office) -> None:
        self._app = app
        self._office = office

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = dressed(send)
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, answer)
            return
        try:
            await self._app(scope, bounded(receive), answer)
        except TooLarge:
            await _too_large()(scope, receive, answer)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        hosts = self._office.hosts
        if hosts is not None and _bare(host) not in hosts:
            return PlainTextResponse("this address does not belong to this page\n", status_code=421)
        if scope["method"] not in SAFE and not is_own(headers, host):
            return PlainTextResponse(
                "다른 곳에서 온 요청이라 거절했습니다. / refused: not from this page\n", status_code=403
            )
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            return _too_large()
        return None


class TooLarge(Exception):
    """The body went past its bound."""


def is_own(headers: Headers, host: str) -> bool:
    """Whether a request that changes something comes from a page of ours."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is not None and bool(host) and urlsplit(origin).netloc == host


def dressed(send: Send) -> Send:
    """`send` that adds the headers a page must have, where the page has none of its own."""

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in OWN.items():
                headers.setdefault(name, value)
        await send(message)

    return answer


def bounded(receive: Receive) -> Receive:
    taken = 0

    async def take() -> MutableMapping[str, Any]:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > LARGEST_BODY:
            raise TooLarge
        return message

    return take


def _too_large() -> PlainTextResponse:
    return PlainTextResponse("파일이 너무 큽니다. / too large\n", status_code=413)


def _bare(host: str) -> str:
    """The host without its port: `[::1]:8025` -> `[::1]`."""
    return host if host.endswith("]") else host.rpartition(":")[0] or host
