"""Does anybody take mail for a domain? Asked of the DNS, only when a person wants it: the one place here that uses a network.

Not here: anything that decides by itself; an answer is a hint, since name servers fail and split horizons exist.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mailer.wording import Text

if TYPE_CHECKING:
    from dns.resolver import Resolver

__all__ = ["MailHost", "MxVerdict", "check_mx"]

_WORKERS = 8


class MxVerdict(StrEnum):
    ACCEPTS = "accepts"
    NO_DOMAIN = "no_domain"
    NO_MAIL = "no_mail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailHost:
    """`host` is the preferred mail server (the domain itself when only an address record exists, RFC 5321 section 5.1)."""

    domain: str
    verdict: MxVerdict
    host: str = ""

    @property
    def text(self) -> Text:
        return _TEXTS[self.verdict]


_TEXTS = {
    MxVerdict.ACCEPTS: Text("메일을 받는 도메인입니다", "the domain takes mail"),
    MxVerdict.NO_DOMAIN: Text("없는 도메인입니다", "the domain does not exist"),
    MxVerdict.NO_MAIL: Text("메일을 받지 않는 도메인입니다", "the domain takes no mail"),
    MxVerdict.UNKNOWN: Text("지금은 확인할 수 없습니다", "this cannot be determined now"),
}


def check_mx(
    domains: Iterable[str], *, timeout: float = 3.0, nameserver: tuple[str, int] | None = None
) -> dict[str, MailHost]:
    """Ask for each domain (A-label form) once; at most `timeout` seconds per domain, eight at a time. `nameserver` is an IP
    address and port to ask in place of the system's."""
    resolver = _resolver(timeout, nameserver)
    unique = list(dict.fromkeys(domains))
    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        return dict(zip(unique, pool.map(lambda domain: _ask(resolver, domain), unique), strict=True))


def _resolver(timeout: float, nameserver: tuple[str, int] | None) -> Resolver | None:
    from dns.exception import DNSException
    from dns.resolver import Resolver

    try:
        resolver = Resolver(configure=nameserver is None)
    except DNSException:
        # No name server is configured on this machine: nothing can be determined.
        return None
    if nameserver is not None:
        resolver.nameservers = [nameserver[0]]
        resolver.port = nameserver[1]
    resolver.lifetime = timeout
    resolver.timeout = timeout / 2
    return resolver


def _ask(resolver: Resolver | None, domain: str) -> MailHost:
    from dns.exception import DNSException
    from dns.resolver import NXDOMAIN, NoAnswer

    if resolver is None:
        return MailHost(domain=domain, verdict=MxVerdict.UNKNOWN)
    try:
        try:
            records = sorted(resolver.resolve(domain, "MX", search=False), key=lambda record: record.preference)
        except NoAnswer:
            return _address_only(resolver, domain)
        host = str(records[0].exchange).rstrip(".")
        return MailHost(domain=domain, verdict=MxVerdict.ACCEPTS if host else MxVerdict.NO_MAIL, host=host)
    except NXDOMAIN:
        return MailHost(domain=domain, verdict=MxVerdict.NO_DOMAIN)
    except (DNSException, OSError, UnicodeError):
        return MailHost(domain=domain, verdict=MxVerdict.UNKNOWN)


def _address_only(resolver: Resolver, domain: str) -> MailHost:
    from dns.resolver import NoAnswer

    for kind in ("A", "AAAA"):
        try:
            resolver.resolve(domain, kind, search=False)
        except NoAnswer:
            continue
        return MailHost(domain=domain, verdict=MxVerdict.ACCEPTS, host=domain)
    return MailHost(domain=domain, verdict=MxVerdict.NO_MAIL)
