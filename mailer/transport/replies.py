"""Reading what a server answers, whatever it answers.

`ReplyReader` turns bytes into whole replies. It survives replies that drip in byte by byte, have no text, no CR, several
codes, a million bytes in a line, twenty thousand lines or Korean in EUC-KR. It keeps at most `KEEP` bytes of each, looks at
the code of every line, and gives up (`ReplyTooLong`) beyond `BUDGET` bytes: an endless reply must not fill the memory.

Nearly every segment is one or more replies of one short line each: those are read at one glance, and the usual lines ("250 2.1.5
Ok") are known from the last time. Whatever looks different goes the long way, line by line.

Not here: what a reply means for a delivery (`verdicts.py`) and for a person (`meanings.py`).
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from mailer.dispatch.model import Reply, Stage

__all__ = ["Answer", "RawReply", "ReplyReader", "ReplyTooLong", "clean_text", "make_answer"]

KEEP = 4_096
BUDGET = 16 * 1024 * 1024
TEXT_LIMIT = 1_000

_BLANK = b"\r \t"
_CODED = re.compile(rb"(\d{3})(?:([ \t-])|(?!\d))")
_ENHANCED = re.compile(r"(([245])\.\d{1,3}\.\d{1,3})(?!\d)[ \t]*")


class ReplyTooLong(Exception):
    """The server went on and on; the connection is of no use any more."""


class RawReply(NamedTuple):
    """One reply as it came: the last line's code, the first digits of all lines, and the kept text of the lines (bytes).
    `garbled` when a line had no code. `clear` is the first digit that all lines share, 0 when they disagree or one is garbled."""

    code: int
    classes: frozenset[int]
    lines: tuple[bytes, ...]
    truncated: bool = False
    garbled: bool = False
    clear: int = 0


@lru_cache(maxsize=64)
def _alone(line: bytes) -> RawReply | None:
    """The reply that is this line and no more; None when it is not one."""
    line = line.rstrip(_BLANK)
    coded = _CODED.match(line)
    if coded is None or coded[2] == b"-":
        return None
    code, text = int(coded[1]), line[coded.end() :]
    return RawReply(code, frozenset((code // 100,)), (text,) if text else (), clear=code // 100)


class ReplyReader:
    """Feed it bytes, get the replies that are complete. A line that carries no code belongs to the reply being read."""

    def __init__(self) -> None:
        self._line = b""
        self._line_length = 0
        self._begin()

    def _begin(self) -> None:
        self._code = 0
        self._classes: set[int] = set()
        self._lines: list[bytes] = []
        self._kept = 0
        self._truncated = False
        self._garbled = False
        self._spent = 0

    @property
    def midway(self) -> bool:
        """True when part of a reply has come and its end has not."""
        return self._spent > 0

    def feed(self, data: bytes) -> list[RawReply]:
        """The replies that `data` completes. Raises ReplyTooLong when one passes the budget."""
        if not self._spent and len(data) <= TEXT_LIMIT and data.endswith(b"\n"):
            lines = data[:-1].split(b"\n")
            replies = [reply for line in lines if (reply := _alone(line))]
            if len(replies) == len(lines):
                return replies
        return self._line_by_line(data)

    def _line_by_line(self, data: bytes) -> list[RawReply]:
        done = []
        start = 0
        while (end := data.find(b"\n", start)) >= 0:
            self._take(data[start:end])
            start = end + 1
            if self._end_line():
                done.append(self._whole())
                self._begin()
        if start < len(data):
            self._take(data[start:])
        return done

    def _take(self, piece: bytes) -> None:
        self._line += piece[: max(TEXT_LIMIT - len(self._line), 0)]
        self._line_length += len(piece)
        self._spent += len(piece)
        if self._spent > BUDGET:
            raise ReplyTooLong(f"reply longer than {BUDGET} bytes")

    def _end_line(self) -> bool:
        """Closes the line being read; True when it is the last one of its reply."""
        line, cut = self._line.rstrip(_BLANK), self._line_length > len(self._line)
        self._line = b""
        self._line_length = 0
        self._spent += 1
        coded = _CODED.match(line)
        if coded:
            self._code = int(coded[1])
            self._classes.add(self._code // 100)
        elif line:
            self._garbled = True
        self._keep(line[coded.end() :] if coded else line, cut)
        return coded is not None and coded[2] != b"-"

    def _keep(self, text: bytes, cut: bool) -> None:
        if self._kept + len(text) > KEEP:
            self._truncated = True
            return
        if text:
            self._kept += len(text)
            self._lines.append(text)
            self._truncated |= cut

    def _whole(self) -> RawReply:
        clear = len(self._classes) == 1 and not self._garbled
        return RawReply(
            self._code,
            frozenset(self._classes),
            tuple(self._lines),
            self._truncated,
            self._garbled,
            self._code // 100 if clear else 0,
        )


class Answer(NamedTuple):
    """A reply and its class. `kind` is 2, 3, 4 or 5: the first digit of the code, but 4 (temporary) when that digit is
    unknown or when the lines disagree. `unclear` is True when they disagree and one of them says yes (2xx), `garbled` when a line
    without a code stood before it."""

    kind: int
    reply: Reply
    unclear: bool = False
    garbled: bool = False


def make_answer(raw: RawReply, stage: Stage) -> Answer:
    """The printable reply to the command of `stage`, and its class (RFC 5321 4.2.1)."""
    mixed = len(raw.classes) > 1
    kind = raw.code // 100 if not mixed and raw.code // 100 in (2, 3, 4, 5) else 4
    enhanced, text = _texts(raw)
    if mixed:
        text = f"({'/'.join(f'{digit}xx' for digit in sorted(raw.classes))}) {text}"
    reply = Reply(code=raw.code, enhanced=enhanced, text=text[:TEXT_LIMIT], stage=stage)
    return Answer(kind=kind, reply=reply, unclear=mixed and 2 in raw.classes, garbled=raw.garbled)


def _texts(raw: RawReply) -> tuple[str, str]:
    """The enhanced code ("" unless it agrees with the code) and the lines' texts without it, joined by spaces."""
    enhanced, texts = "", []
    for line in raw.lines:
        text = clean_text(line, whole=not raw.truncated)
        found = _ENHANCED.match(text)
        if found:
            if not enhanced and int(found[2]) == raw.code // 100:
                enhanced = found[1]
            text = text[found.end() :]
        texts.append(text)
    return enhanced, " ".join(filter(None, texts))


def clean_text(raw: bytes, *, whole: bool = True) -> str:
    """Printable text of `raw`: UTF-8, else CP949, else escaped; no control or direction-changing characters, single spaces.
    `whole=False` when `raw` may end inside a character."""
    if raw.isascii() and (plain := raw.decode("ascii")).isprintable():
        return " ".join(plain.split())
    text = _decode(raw, whole)
    kept = "".join(" " if unicodedata.category(char) in _SPACES else char for char in text if _shown(char))
    return " ".join(kept.split())


_SPACES = frozenset({"Cc", "Zl", "Zp", "Zs"})
_DROPPED = frozenset({"Cf", "Cs", "Co", "Cn"})


def _shown(char: str) -> bool:
    # ESC and its kin must vanish, tab and line ends become spaces
    category = unicodedata.category(char)
    return category not in _DROPPED and (category != "Cc" or char in "\t\r\n")


def _decode(raw: bytes, whole: bool) -> str:
    for name in ("utf-8", "cp949"):
        try:
            return codecs.getincrementaldecoder(name)().decode(raw, final=whole)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "backslashreplace")
