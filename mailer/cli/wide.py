"""Text measured in terminal cells: a Hangul syllable takes two, and none may be lost or cut in half.

Not here: what is printed (`output.py`), the layout of tables (`tables.py`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

import click

from mailer.cli.spoken import translate

__all__ = ["Formatter", "cells", "clean", "fold", "pad"]

_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_STACKED_BELOW = 50  # cells; in a narrower window a definition stands under its term


def cells(text: str) -> int:
    """How many terminal cells `text` takes."""
    if text.isascii():
        return len(text)
    import wcwidth

    return wcwidth.width(text)


def clean(text: str) -> str:
    """One printable line: a server's reply or a name from a list must not steer the terminal or turn its text around."""
    if text.isprintable():
        return text
    flat = " ".join(text.split())
    return "".join("\ufffd" if char in _BIDI or unicodedata.category(char) in {"Cc", "Cs"} else char for char in flat)


def fold(text: str, width: int, *, hang: int = 0) -> list[str]:
    """Lines of at most `width` cells (at least two), broken between words, inside a word only when it is longer than a line.
    `hang` indents every line but the first. Never empty."""
    if cells(text) <= width:
        return [text]
    import wcwidth

    indent = " " * hang if width - hang >= 10 else ""
    return wcwidth.wrap(text, max(width, 2), subsequent_indent=indent, break_on_hyphens=False, propagate_sgr=False) or [
        ""
    ]


def pad(text: str, width: int, *, right: bool = False) -> str:
    blank = " " * max(width - cells(text), 0)
    return blank + text if right else text + blank


class Formatter(click.HelpFormatter):
    """click's help page, laid out by cells, in windows from 20 cells wide."""

    def __init__(self, indent_increment: int = 2, width: int | None = None, max_width: int | None = None) -> None:
        super().__init__(indent_increment, width or 80, max_width)
        if width is None:
            import shutil

            self.width = max(min(shutil.get_terminal_size().columns, max_width or 92) - 1, 19)

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        start = f"{prefix if prefix is not None else translate('Usage:') + ' '}{prog}"
        self._write_lines(fold(f"{start} {args}".rstrip(), self.width, hang=4))

    def write_heading(self, heading: str) -> None:
        self._write_lines(fold(f"{heading}:", self.width - self.current_indent))

    def write_text(self, text: str) -> None:
        paragraphs = [" ".join(part.split()) for part in text.strip().split("\n\n")]
        for number, paragraph in enumerate(paragraphs):
            if number:
                self.write("\n")
            self._write_lines(fold(paragraph, self.width - self.current_indent))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        listed = list(rows)
        room = self.width - self.current_indent
        if self.width < _STACKED_BELOW:
            for term, definition in listed:
                self._write_lines(fold(term, room, hang=4))
                if definition:
                    self._write_lines(f"    {line}" for line in fold(definition, max(room - 4, 2)))
            return
        column = min(max((cells(term) for term, _ in listed), default=0), col_max) + col_spacing
        for term, definition in listed:
            self._write_lines(_definition(term, fold(definition, max(room - column, 2)), column))

    def _write_lines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(f"{'':{self.current_indent}}{line}".rstrip() + "\n")


def _definition(term: str, lines: Sequence[str], column: int) -> list[str]:
    if cells(term) + 2 > column:
        return [term, *(f"{'':{column}}{line}" for line in lines if line)]
    first, *rest = lines
    return [pad(term, column) + first, *(f"{'':{column}}{line}" for line in rest)]
