"""The screen: results on stdout, talk on stderr, in one language, with colour only where a person watches.

Everything that comes from outside (a name in a list, a server's reply) goes through `clean`, so it cannot steer the terminal.

Not here: the layout of tables (`tables.py`) and of progress (`progress.py`), what is said (the verbs).
"""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from shutil import get_terminal_size
from textwrap import indent
from typing import TextIO

from mailer.cli.tables import Cell, Column, table
from mailer.cli.wide import clean, fold
from mailer.errors import MailerError, StoppedByCheck, UsageError
from mailer.findings import Finding, Level
from mailer.wording import Language, Text

__all__ = ["Screen", "open_screen"]

_UNWATCHED_WIDTH = 100
_MARKS = {Level.ERROR: Text("막음", "stop"), Level.WARNING: Text("확인", "look"), Level.OK: Text("통과", "good")}
_INKS = {
    "bad": "\x1b[31m",
    "warn": "\x1b[33m",
    "good": "\x1b[32m",
    "dim": "\x1b[2m",
    "bold": "\x1b[1m",
}


@dataclass(slots=True, kw_only=True)
class Screen:
    """`width` is in cells. `live` says that stderr is a terminal that may be redrawn. With `json_wanted` only `json` writes
    to stdout; everything else a verb prints goes to stderr. `suffix` is what a suggested command needs besides (` -w DIR`)."""

    language: Language
    out: TextIO
    err: TextIO
    stdin: TextIO
    width: int
    colour: bool = False
    live: bool = False
    json_wanted: bool = False
    suffix: str = ""
    _apart: bool = True

    def print(self, *lines: Text | str, ink: str = "") -> None:
        """Lines of the result."""
        self._write(self.err if self.json_wanted else self.out, lines, ink)

    def say(self, *lines: Text | str, ink: str = "") -> None:
        """Lines of talk: what is happening, what to do next."""
        self._write(self.err, lines, ink)

    def gap(self, *, talk: bool = False) -> None:
        """One empty line between two parts; none at the beginning, and never two."""
        if not self._apart:
            (self.say if talk else self.print)("")

    def json(self, value: Mapping[str, object] | Sequence[object]) -> None:
        """The one JSON value of this run: UTF-8, times as ISO 8601 with offset."""
        self.out.write(json.dumps(value, ensure_ascii=False, default=_plain, indent=2) + "\n")

    def json_list(self, values: Iterable[Mapping[str, object]]) -> None:
        """The same for a list of any length, written as it comes."""
        between = "["
        for value in values:
            written = json.dumps(value, ensure_ascii=False, default=_plain, indent=2)
            self.out.write(between + "\n" + indent(written, "  "))
            between = ","
        self.out.write("\n]\n" if between == "," else "[]\n")

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[Cell | str]]) -> None:
        paint = self._paint if self.colour else None
        self.print(*table(columns, rows, language=self.language, width=self.width, paint=paint))

    def findings(self, found: Iterable[Finding], *, talk: bool = False) -> None:
        """One line per finding, gravest first, remedies below; as talk where the findings are not the result."""
        order = list(Level)
        for finding in sorted(found, key=lambda one: order.index(one.level)):
            (self.say if talk else self.print)(*self._finding(finding))

    def error(self, error: MailerError) -> None:
        """What, where, what to do; and every finding the error carries."""
        head = Text("오류", "error").to(self.language)
        place = f"{clean(error.where)}: " if error.where else ""
        what, *picture = error.what.to(self.language).split("\n")
        self._entry(f"{head}: ", f"{place}{clean(what)}", error.remedy, "bad", picture)
        said = (error.where, error.what)
        rest = (one for one in error.findings if one.level is not Level.OK and (one.where, one.message) != said)
        self.findings(rest, talk=True)

    def problem(self, what: Text | str, remedy: Text | None = None) -> None:
        """A complaint that is not a `MailerError`, such as wrong usage."""
        self._entry(f"{Text('오류', 'error').to(self.language)}: ", self._words(what), remedy, "bad")

    def hint(self, command: str, why: Text) -> None:
        """The next useful command."""
        suffix = self.suffix if command.startswith("mailer ") else ""
        self.say(f"{why.to(self.language)}: {command}{suffix}", ink="dim")

    def confirm_number(self, number: int, question: Text, *, yes: bool = False, expect: int | None = None) -> None:
        """Return only when the person (or `--yes --expect N`) names exactly `number` people; otherwise nothing may go out.
        Raises `UsageError` when nobody can be asked, `StoppedByCheck` when the number differs."""
        if expect is not None and expect != number:
            raise _differs(str(expect), number)
        if yes and expect is not None:
            return
        if yes or not (self.stdin.isatty() and self.err.isatty()):
            raise _unasked(number)
        prompt = Text("계속하려면 사람 수를 적으십시오: ", "To go on, type the number of people: ")
        self.say(question)
        self.err.write(prompt.to(self.language))
        self.err.flush()
        typed = unicodedata.normalize("NFKC", self.stdin.readline()).strip()
        if typed != str(number):
            raise _differs(typed, number)

    def _finding(self, finding: Finding) -> list[str]:
        mark = _MARKS[finding.level].to(self.language)
        ink = {Level.ERROR: "bad", Level.WARNING: "warn", Level.OK: "good"}[finding.level]
        place = f"{clean(finding.where)}: " if finding.where else ""
        lines = self._fold(f"{mark}  {place}{clean(finding.message.to(self.language))}", hang=6)
        if self.colour:
            lines[0] = lines[0].replace(mark, self._paint(mark, ink), 1)
        if finding.remedy:
            lines += ["      " + line for line in self._fold(f"-> {clean(finding.remedy.to(self.language))}", less=6)]
        return lines

    def _entry(self, head: str, body: str, remedy: Text | None, ink: str, picture: Sequence[str] = ()) -> None:
        """`picture` are further lines that mean something by their columns, such as a caret under a place."""
        lines = self._fold(head + body, hang=2)
        if self.colour:
            lines[0] = lines[0].replace(head, self._paint(head, ink), 1)
        lines += [clean(line) for line in picture]
        if remedy:
            lines += ["  " + line for line in self._fold(f"-> {clean(remedy.to(self.language))}", hang=3, less=2)]
        self.say(*lines)

    def fold(self, text: str, width: int, *, hang: int = 0) -> list[str]:
        """Lines that fit. Only a person's window needs folding; a pipe keeps whole lines for grep."""
        return fold(text, width, hang=hang) if self.out.isatty() or self.err.isatty() else [text]

    def _fold(self, text: str, *, hang: int = 0, less: int = 0) -> list[str]:
        return self.fold(text, self.width - less, hang=hang)

    def _words(self, text: Text | str) -> str:
        return text.to(self.language) if isinstance(text, Text) else text

    def _write(self, stream: TextIO, lines: Iterable[Text | str], ink: str) -> None:
        for line in lines:
            words = self._words(line)
            # a terminal breaks lines in the middle of words; what is painted already was laid out by a table
            parts = fold(words, self.width) if stream.isatty() and "\x1b" not in words else [words]
            for part in parts:
                stream.write((self._paint(part, ink) if ink and self.colour else part) + "\n")
                self._apart = not part

    def _paint(self, text: str, ink: str) -> str:
        return f"{_INKS[ink]}{text}\x1b[0m" if ink and text else text


def open_screen(*, language: Language, json_wanted: bool = False, no_color: bool = False) -> Screen:
    """The screen of this process. Streams that cannot show Hangul are switched to UTF-8 or made lossy rather than fatal."""
    for stream in (sys.stdout, sys.stderr):
        _widen(stream)
    plain = no_color or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    watched = sys.stdout.isatty() or sys.stderr.isatty()
    fallback = (_UNWATCHED_WIDTH, 24)
    return Screen(
        language=language,
        out=sys.stdout,
        err=sys.stderr,
        stdin=sys.stdin,
        width=max(get_terminal_size(fallback).columns if watched or "COLUMNS" in os.environ else fallback[0], 20),
        colour=not plain and sys.stdout.isatty() and sys.stderr.isatty(),
        live=not plain and sys.stderr.isatty(),
        json_wanted=json_wanted,
    )


def _widen(stream: TextIO) -> None:
    import io

    if not isinstance(stream, io.TextIOWrapper):
        return
    if stream.encoding.lower().replace("-", "") != "utf8" and not stream.isatty():
        stream.reconfigure(encoding="utf-8")
    stream.reconfigure(errors="backslashreplace")


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Text):
        raise TypeError("a Text has no one language; choose it before it becomes JSON")
    return str(value)


def _unasked(number: int) -> UsageError:
    return UsageError(
        Text(
            "사람 수를 확인받을 수 없어 멈췄습니다. 아무것도 보내지 않았습니다",
            "stopped, because nobody could confirm the number of people; nothing was sent",
        ),
        remedy=Text(
            f"확인했다면 이것을 함께 적으십시오: --yes --expect {number}",
            f"if it is right, add --yes --expect {number}",
        ),
    )


def _differs(typed: str, number: int) -> StoppedByCheck:
    shown = clean(typed[:20]) or "-"
    return StoppedByCheck(
        Text(
            f"적은 수({shown})와 받는 사람 수({number})가 달라 멈췄습니다. 아무것도 보내지 않았습니다",
            f"stopped, because {shown} is not the number of people ({number}); nothing was sent",
        ),
        remedy=Text("--dry-run을 붙여 받는 사람을 다시 확인해 주십시오", "look at the recipients again with --dry-run"),
    )
