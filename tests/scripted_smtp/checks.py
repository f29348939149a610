"""What a careful client never does on the wire. Each finding is a (kind, detail) pair for the books."""

from __future__ import annotations

import re
from collections.abc import Iterator

_PATH = re.compile(r"(?:MAIL FROM|RCPT TO):<([^<>]*)>((?: [^ ]+)*)", re.IGNORECASE)


def check_line(line: bytes) -> Iterator[tuple[str, str]]:
    """One command line (RFC 5321 4.5.3.1.4; parameters may lengthen MAIL)."""
    if not line.endswith(b"\r\n") or b"\r" in line[:-2]:
        yield "bare_line_end", repr(line[:80])
    if len(line) > (1_024 if line[:4].upper() in (b"MAIL", b"AUTH") else 512):
        yield "command_too_long", f"{len(line)} bytes"


def check_path(line: str, *, utf8: bool) -> Iterator[tuple[str, str]]:
    """A MAIL or RCPT command: its form, its lengths, and no UTF-8 that was not declared."""
    found = _PATH.fullmatch(line)
    if not found:
        yield "malformed_command", line[:200]
        return
    local, _, domain = found[1].rpartition("@")
    if len(local.encode()) > 64 or len(domain) > 255 or len(found[1].encode()) > 254:
        yield "address_limits", found[1][:300]
    if not line.isascii() and not utf8:
        yield "utf8_undeclared", line[:200]


def parse_path(line: str) -> tuple[str, dict[str, str]]:
    """The address and the parameters of a MAIL or RCPT command, names in capitals."""
    found = _PATH.fullmatch(line)
    if not found:
        return "", {}
    words = (word.partition("=") for word in found[2].split())
    return found[1], {name.upper(): value for name, _, value in words}


def check_data(raw: bytes, *, eight_bit: bool, utf8: bool, stuffed: bool = True) -> Iterator[tuple[str, str]]:
    """A message as it came, without the final dot; not `stuffed` when it came by BDAT."""
    if bare := re.search(rb"\r(?!\n)|(?<!\r)\n", raw):
        yield "bare_line_end", repr(raw[max(bare.start() - 20, 0) : bare.end() + 20])
    longest = max(len(line) - (stuffed and line.startswith(b"..")) for line in raw.split(b"\r\n"))
    if longest > 998:
        yield "line_too_long", f"{longest} bytes"
    if stuffed and (dot := re.search(rb"(?:^|\r\n)\.(?!\.)", raw)):
        yield "dot_not_stuffed", repr(raw[dot.start() : dot.end() + 40])
    header, _, body = raw.partition(b"\r\n\r\n")
    if not header.isascii() and not utf8:
        yield "utf8_undeclared", "in the header"
    if not body.isascii() and not eight_bit:
        yield "eight_bit_undeclared", f"{sum(byte > 127 for byte in body)} bytes"


def unstuffed(raw: bytes) -> bytes:
    """The message as it was before dot-stuffing."""
    return (raw[1:] if raw.startswith(b".") else raw).replace(b"\r\n.", b"\r\n")
