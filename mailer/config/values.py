"""From the text of a setting to a plain value. Each parser takes what stands after `=`, or raises `ValueError`.

The error carries no words and never the value: the reader knows the key, the place and what is allowed, and whether the
value may be shown.

Not here: which keys exist (`keys.py`), where their text comes from (`sources.py`).
"""

from __future__ import annotations

import ipaddress
import re
import zoneinfo
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import NoReturn

from mailer.wording import LANGUAGES, Language

__all__ = [
    "InDoubt",
    "Mailbox",
    "Secret",
    "Security",
    "address",
    "duration",
    "host",
    "is_loopback",
    "language",
    "mailbox",
    "rate",
    "whole",
    "zone",
]


class Security(StrEnum):
    """How the connection is encrypted: upgraded after EHLO, from the first byte, or not at all."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class InDoubt(StrEnum):
    """What the machine may do with a delivery in doubt: leave it to a person, or try once more (a double is then possible)."""

    HOLD = "hold"
    RESEND = "resend"


class Secret:
    """A value that prints as `****` everywhere: repr, str, format, logs. Only `reveal()` gives it away; it cannot be pickled."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(****)"

    def __str__(self) -> str:
        return "****"

    def __eq__(self, other: object) -> bool:
        return self._value == other._value if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        return hash(("Secret", self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A name to show ("" if none) and a bare address, as in RFC 5322 section 3.4. Neither holds a control character."""

    name: str
    address: str

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_PER = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "hour": 3600}
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_NAMED = re.compile(r"(?:\"(?P<quoted>[^\"\\]*)\"|(?P<name>[^<>\"@,;]*?))\s*<\s*(?P<address>[^<>\s]+)\s*>")


def duration(text: str) -> timedelta:
    """`90s`, `15m`, `2h`, `1d`: a whole number, at least 1, of seconds, minutes, hours or days; at most 366 days."""
    found = re.fullmatch(r"([0-9]{1,9})\s*([smhd])", text.lower())
    seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
    if not 1 <= seconds <= 366 * 86400:
        raise ValueError
    return timedelta(seconds=seconds)


def rate(text: str) -> float:
    """`60/min`, `5/s`, `100/h` as messages per second; `0/min` or `0` is 0.0, which means without a limit."""
    found = re.fullmatch(r"([0-9]{1,7}(?:\.[0-9]{1,3})?)\s*/\s*([a-z]+)", text.lower())
    if text == "0":
        return 0.0
    if not found or found[2] not in _PER:
        raise ValueError
    return float(found[1]) / _PER[found[2]]


def whole(text: str, *, least: int, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise ValueError
    return int(text)


def address(text: str) -> str:
    """A bare address: an ASCII local part of at most 64 octets, and a domain with a dot (RFC 5321 sections 4.1.2, 4.5.3.1)."""
    if not _ADDRESS.fullmatch(text) or len(text.partition("@")[0]) > 64 or len(text.encode()) > 254:
        raise ValueError
    return text


def mailbox(text: str) -> Mailbox:
    """`press@example.org` or `Press Office <press@example.org>`; the name may stand in double quotes."""
    found = _NAMED.fullmatch(text)
    if not found:
        return Mailbox(name="", address=address(text))
    return Mailbox(name=(found["quoted"] or found["name"] or "").strip(), address=address(found["address"]))


def host(text: str) -> str:
    """A host name or an IP address, without port, scheme or brackets."""
    if re.fullmatch(r"[0-9.]+", text) or ":" in text:
        return str(ipaddress.ip_address(text))
    if not _HOST.fullmatch(text) or len(text) > 253:
        raise ValueError
    return text


def is_loopback(name: str) -> bool:
    """Whether what is sent to `name` cannot leave this machine."""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        bare = name.rstrip(".").lower()
        return bare == "localhost" or bare.endswith(".localhost")


def zone(text: str) -> str:
    """An IANA name (`Asia/Seoul`) that this machine knows."""
    try:
        zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, OSError) as unknown:
        raise ValueError from unknown
    return text


def language(text: str) -> Language:
    for known in LANGUAGES:
        if text.lower() == known:
            return known
    raise ValueError
