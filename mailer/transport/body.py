"""The bytes of a message on their way: checked and dot-stuffed (RFC 5321 4.5.2, 2.3.8). And the two commands before them.

A stray CR or LF can end a message early on some servers and start a forged one ("smuggling"), so such bytes never leave.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from mailer.dispatch.model import Envelope
from mailer.errors import MessageError
from mailer.wording import Text

__all__ = ["Body", "Examiner", "mailbox", "stuffed"]

LONGEST_LINE = 998

_LOCAL = re.compile(r"[^\x00-\x20\x7f-\xa0\"(),:;<>@\[\\\]\u2028\u2029]+")
_DOMAIN = re.compile(
    r"(?=.{1,255}$)[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)


_SHARED = 2048
"""Bytes from which on a part may be one that many messages share."""

_MOST_SHARED = 1_024
"""A form of a letter has up to 57 variants of each long part, one for each place where a line of base64 may start."""


class Body(NamedTuple):
    """A message that may go out: its parts as they are, and with leading dots doubled; whole lines each. `size` in bytes."""

    raw: tuple[bytes, ...]
    stuffed: list[bytes]
    size: int
    is_ascii: bool

    @property
    def header(self) -> bytes:
        first = self.raw[0]
        return first[: first.find(b"\r\n\r\n")] if b"\r\n\r\n" in first else first

    @property
    def has_8bit_text(self) -> bool:
        """Whether anything behind the header is not ASCII."""
        return not (self.raw[0][len(self.header) :].isascii() and all(part.isascii() for part in self.raw[1:]))


class Examiner:
    """Checks messages; what many of them share (the letter's text, the PDF) is looked at once."""

    def __init__(self) -> None:
        # by identity: as long as a part stands here its bytes exist, and no others can have their number
        self._shared: dict[int, tuple[bytes, bytes, bool]] = {}

    def body(self, envelope: Envelope) -> Body:
        """The message, ready for the wire. Raises MessageError when it may not go out as it is."""
        parts = envelope.parts or (b"",)
        lines: list[bytes] = []
        own: list[bytes] = []
        is_ascii = True
        for part in parts:
            if len(part) < _SHARED:
                own.append(part)
                lines.append(part)
                continue
            _, doubled, plain = self._shared.get(id(part)) or self._look_at(envelope, part)
            lines.append(doubled)
            is_ascii &= plain
        if own:
            together = b"".join(own)
            _check(envelope, together, own)
            is_ascii &= together.isascii()
            if together.startswith(b".") or b"\n." in together:
                lines = [
                    stuffed(part) if len(part) < _SHARED else line for part, line in zip(parts, lines, strict=True)
                ]
        return Body(parts, lines, sum(map(len, parts)), is_ascii)

    def _look_at(self, envelope: Envelope, part: bytes) -> tuple[bytes, bytes, bool]:
        _check(envelope, part, (part,))
        if len(self._shared) >= _MOST_SHARED:
            self._shared.clear()
        known = self._shared[id(part)] = (part, stuffed(part), part.isascii())
        return known


def _check(envelope: Envelope, data: bytes, parts: Sequence[bytes]) -> None:
    """`data` is what `parts` make together; each of them must be whole lines."""
    for part in parts:
        if not part.endswith(b"\r\n"):
            raise _malformed(envelope, "줄 바꿈으로 끝나지 않습니다", "it does not end with a line end")
    ends = data.count(b"\r\n")
    if data.count(b"\n") != ends or data.count(b"\r") != ends:
        raise _malformed(envelope, "홀로 선 CR 또는 LF가 들어 있습니다", "it contains a bare CR or LF")
    start = 0
    while len(data) - start > LONGEST_LINE + 2:
        # to behind the last line end that is near enough
        end = data.rfind(b"\n", start, start + LONGEST_LINE + 2)
        if end < 0:
            raise _malformed(envelope, "998바이트가 넘는 줄이 있습니다", "it has a line of more than 998 bytes")
        start = end + 1


def stuffed(lines: bytes) -> bytes:
    """`lines` with leading dots doubled."""
    within = lines.replace(b"\n.", b"\n..") if b"\n." in lines else lines
    return b"." + within if lines.startswith(b".") else within


@lru_cache(maxsize=64)
def mailbox(address: str) -> str | None:
    """`address` with its domain as A-label, or None when it cannot stand between `<` and `>`: control characters, spaces,
    quotes, comments, address literals, or longer than RFC 5321 4.5.3.1 allows."""
    local, at, domain = address.rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or len(local.encode()) > 64:
        return None
    try:
        plain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    if not _DOMAIN.fullmatch(plain) or len(local.encode()) + len(plain) > 253:
        return None
    return f"{local}@{plain}"


def _malformed(envelope: Envelope, ko: str, en: str) -> MessageError:
    return MessageError(
        Text(f"메일의 형식이 잘못되어 보내지 않았습니다: {ko}", f"the message is malformed and was not sent: {en}"),
        where=envelope.message_id,
        remedy=Text(
            "서식을 고친 뒤 다시 시도하시고, 고친 적이 없다면 프로그램의 오류이니 알려 주십시오",
            "look at the templates; if they were not changed, this is a fault of the program: please report it",
        ),
    )
