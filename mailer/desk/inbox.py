"""The practice inbox as people read it: the newest first, found by address or subject, opened, kept small, emptied.

It keeps at most `MOST` messages, each for `LONGEST`; whatever is older goes. Only files that the practice catcher wrote are ever
touched: regular files in `new/` and `cur/` with its kind of name. What is still being written lies in `tmp/`, and who opened a
message keeps it for `READING`. Several programs share the folder, so any message may be gone at the next look: that is an answer
(None), not an error.

Not here: catching (`transport/catcher.py`), the page (`web/inbox.py`).
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.errors import HeaderParseError
from email.header import decode_header
from pathlib import Path

from mailer.errors import WorkspaceError, system_reason
from mailer.wording import Text

__all__ = ["LONGEST", "MOST", "Caught", "Inbox"]

MOST = 500
LONGEST = timedelta(days=7)
READING = timedelta(minutes=15)
_ABANDONED = timedelta(days=2)
_HEAD = 2**14
_NAME = re.compile(r"(?P<name>(?P<at>\d{16,20})\.P\d+Q\d+\.practice)(?::2,[A-Z]*)?")
_FIELD = re.compile(r"^(delivered-to|subject):[ \t]*(.*(?:\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """One message in the list. `name` names it for as long as it is there."""

    name: str
    to: str
    subject: str
    at: datetime
    unread: bool


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    path: Path

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(int(self.name.partition(".")[0]) / 1e9, UTC)

    @property
    def unread(self) -> bool:
        return self.path.parent.name == "new"


class Inbox:
    """The Maildir at `folder`, which need not be there yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._heads: dict[str, tuple[str, str]] = {}

    def count(self) -> tuple[int, int]:
        """(messages, unread ones)."""
        found = self._entries()
        return len(found), sum(one.unread for one in found)

    def listed(self, *, find: str = "", limit: int) -> tuple[Caught, ...]:
        """The newest, or the newest in whose address or subject `find` stands, in any case."""
        found, wanted = self._entries(), find.casefold()
        with self._lock:
            there = {one.name for one in found}
            self._heads = {name: head for name, head in self._heads.items() if name in there}
        return tuple(self._matching(found, wanted, limit))

    def newest(self) -> str:
        """The name of the newest message, "" when there is none."""
        found = self._entries()
        return found[0].name if found else ""

    def read(self, name: str) -> bytes | None:
        """The message as it was caught."""
        entry = self._entry(name)
        return None if entry is None else _bytes(entry.path)

    def open(self, name: str, now: datetime) -> bytes | None:
        """The message as it was caught, which is from now on seen, and safe from `tidy` for a while."""
        entry = self._entry(name)
        if entry is None:
            return None
        path = entry.path
        try:
            if entry.unread:
                path = path.rename(self._folder / "cur" / f"{path.name}:2,S")
            os.utime(path, (now.timestamp(), now.timestamp()))
        except FileNotFoundError:
            # another window opened it, or it went: the next look tells
            return self.read(name)
        return _bytes(path)

    def tidy(self, now: datetime) -> int:
        """Remove what is too old or too much; returns how many messages went. Raises WorkspaceError."""
        found = self._entries()
        surplus = [one for place, one in enumerate(found) if place >= MOST or one.at < now - LONGEST]
        gone = sum(_remove(one.path) for one in surplus if one.unread or _touched(one.path) < now - READING)
        for path in self._files("tmp"):
            # a catcher that was killed while it wrote
            if _touched(path) < now - _ABANDONED:
                _remove(path)
        return gone

    def empty(self, upto: str) -> int:
        """Remove every message up to the one of that name, which was the newest when somebody decided so; returns how many.
        Raises WorkspaceError."""
        return sum(_remove(one.path) for one in self._entries() if one.name <= upto)

    def _matching(self, found: Iterable[_Entry], wanted: str, limit: int) -> Iterator[Caught]:
        left = limit
        for one in found:
            if left <= 0:
                return
            to, subject = self._head(one)
            if wanted in f"{to} {subject}".casefold():
                left -= 1
                yield Caught(name=one.name, to=to, subject=subject, at=one.at, unread=one.unread)

    def _head(self, entry: _Entry) -> tuple[str, str]:
        with self._lock:
            known = self._heads.get(entry.name)
        if known is None:
            known = _addressee_and_subject(_bytes(entry.path, _HEAD) or b"")
            with self._lock:
                self._heads[entry.name] = known
        return known

    def _entry(self, name: str) -> _Entry | None:
        return next((one for one in self._entries() if one.name == name), None)

    def _entries(self) -> list[_Entry]:
        """The newest first: names begin with the time of arrival."""
        found = {}
        for path in (*self._files("new"), *self._files("cur")):
            match = _NAME.fullmatch(path.name)
            if match is not None:
                found[match["name"]] = _Entry(match["name"], path)
        return sorted(found.values(), key=lambda one: one.name, reverse=True)

    def _files(self, part: str) -> list[Path]:
        try:
            with os.scandir(self._folder / part) as entries:
                return [
                    Path(one.path)
                    for one in entries
                    if _NAME.fullmatch(one.name) and one.is_file(follow_symlinks=False)
                ]
        except (FileNotFoundError, NotADirectoryError):
            return []


def _bytes(path: Path, most: int = -1) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(most)
    except FileNotFoundError:
        return None


def _touched(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.lstat().st_mtime, UTC)
    except FileNotFoundError:
        return datetime.max.replace(tzinfo=UTC)


def _remove(path: Path) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        reason = system_reason(error)
        raise WorkspaceError(
            Text(f"연습 메일을 지울 수 없습니다 ({reason.ko})", f"a practice mail cannot be removed ({reason.en})"),
            where=str(path),
            remedy=Text("폴더의 쓰기 권한을 확인해 주십시오", "check the permission to write in the folder"),
        ) from error
    return True


def _addressee_and_subject(data: bytes) -> tuple[str, str]:
    """The two lines that a list shows. Reading all headers of 500 messages as e-mail objects would take a second."""
    head = data.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode("utf-8", "replace")
    found = {name.lower(): " ".join(value.split()) for name, value in reversed(_FIELD.findall(head))}
    return found.get("delivered-to", ""), _decoded(found.get("subject", ""))


def _decoded(text: str) -> str:
    """RFC 2047 words as characters; what cannot be read stays as it is written."""
    if "=?" not in text:
        return text
    try:
        parts = decode_header(text)
        return "".join(
            part if isinstance(part, str) else part.decode(charset or "ascii", "replace") for part, charset in parts
        )
    except (HeaderParseError, LookupError):
        return text
