"""The address under which a web server before us shows the page: `mailer serve --public-url https://press.example`.

The web server is believed in one thing only, who its visitor is (`X-Forwarded-For`), and only when it speaks from this machine.
Whether the connection was encrypted is not asked of a header, which anybody could send: the address that was configured says it.

Not here: what is checked against it (`guard.py`), the option (`cli/serve.py`).
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from mailer.errors import UsageError
from mailer.wording import Text

__all__ = ["LOCAL_NAMES", "PublicUrl", "bare_host", "read_public_url"]

LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_USUAL = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicUrl:
    """`host` in lower case, as an A-label; `port` None for the usual one of the scheme."""

    scheme: str
    host: str
    port: int | None

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}" if self.port else f"{self.scheme}://{self.host}"

    def is_meant(self, host: str) -> bool:
        """Whether a Host header names this address. Its port is left aside: web servers pass it on or not."""
        return bare_host(host) == self.host

    def is_origin(self, origin: str) -> bool:
        return origin.lower() == str(self)

    def scope(self, scope: Scope, headers: Headers) -> Scope:
        """A request that came in by this address, as the visitor sent it."""
        return {**scope, "scheme": self.scheme, "client": _visitor(scope, headers)}


def read_public_url(text: str) -> PublicUrl:
    """Raises UsageError for anything but `https://name` or `http://name`, with or without a port."""
    try:
        parts = urlsplit(text.strip())
        name, port = parts.hostname or "", parts.port
        host = f"[{ipaddress.IPv6Address(name)}]" if ":" in name else name.encode("idna").decode().lower()
    except (ValueError, UnicodeError) as error:
        raise _unusable(text) from error
    more = parts.path.strip("/") or parts.query or parts.fragment or parts.username or parts.password
    if parts.scheme not in _USUAL or not host or more or not host.isprintable() or " " in host:
        raise _unusable(text)
    return PublicUrl(scheme=parts.scheme, host=host, port=port if port != _USUAL[parts.scheme] else None)


def bare_host(host: str) -> str:
    """A Host header without its port, in lower case: `[::1]:8025` -> `[::1]`."""
    return (host if host.endswith("]") else host.rpartition(":")[0] or host).lower()


def _visitor(scope: Scope, headers: Headers) -> tuple[str, int] | None:
    """Who speaks to the web server before us, if that one is on this machine; the last entry is the one it wrote itself."""
    peer: tuple[str, int] | None = scope.get("client")
    if peer is None or not _is_loopback(peer[0]):
        return peer
    told = ",".join(headers.getlist("x-forwarded-for")).rpartition(",")[2].strip()
    try:
        return str(ipaddress.ip_address(told)), 0
    except ValueError:
        return peer


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _unusable(text: str) -> UsageError:
    return UsageError(
        Text(f"바깥 주소로 쓸 수 없습니다: {text[:80]}", f"this cannot be the public address: {text[:80]}"),
        where="--public-url",
        remedy=Text(
            "https://press.example처럼 적어 주십시오. 뒤에 경로를 붙일 수 없습니다",
            "write it like https://press.example, without a path behind it",
        ),
    )
