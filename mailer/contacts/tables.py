"""Text of a CSV file -> records with the line they start on. Never fails: a damaged quote costs its own row, not the rest.

Lines end with LF, CRLF or CR and are counted as an editor counts them. A quoted cell may span lines; but when the lines it
swallows look like records themselves, its closing quote is missing and each line is read on its own.

Not here: which column means what (`columns`), Excel workbooks (`sheets`).
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

__all__ = ["CELL_LINES", "DELIMITERS", "Record", "delimiters", "lines_of", "records"]

DELIMITERS = (",", ";", "\t", "|")
CELL_LINES = 60
WIDTH = 300
_SAMPLE_LINES = 60
_NAMED = re.compile(r'"?sep=.\s*"?')


@dataclass(slots=True, eq=False)
class Record:
    """One row: `line` and `last` are 1-based lines; `torn` says that a quote was opened and never closed."""

    line: int
    last: int
    cells: Sequence[str]
    torn: bool = False


def lines_of(text: str) -> list[str]:
    """The lines of `text` as an editor counts them."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    return lines[:-1] if not lines[-1] else lines


def delimiters(lines: Sequence[str]) -> tuple[str, ...]:
    """The delimiters to try, the likeliest first: the one that splits the first lines into the most equal rows. A first line
    `sep=;` of Excel's leaves only that one."""
    if lines and _NAMED.fullmatch(lines[0]):
        return (lines[0].strip('" ')[4],)
    sample = [line for line in lines[:_SAMPLE_LINES] if line.strip()]

    def score(delimiter: str) -> tuple[int, int]:
        widths = [len(_cells(line, delimiter)) for line in sample]
        usual = max(set(widths), key=lambda width: (widths.count(width) * (width > 1), width), default=1)
        return (widths.count(usual) if usual > 1 else 0, usual)

    return tuple(sorted(DELIMITERS, key=score, reverse=True))


def records(lines: Sequence[str], delimiter: str) -> Iterator[Record]:
    """Every record, blank ones included. A line is let go as soon as it is read, which matters for long lists."""
    ahead = deque(lines)
    del lines
    read = 0
    if ahead and _NAMED.fullmatch(ahead[0]):
        ahead.popleft()
        read = 1
    while ahead:
        size = _size_of_record(ahead, delimiter)
        text = "\n".join(ahead.popleft() for _ in range(size or 1))
        cells = _cells(text, delimiter) if size else _unquoted(text, delimiter)
        yield Record(read + 1, read + (size or 1), cells, torn=not size)
        read += size or 1


def _size_of_record(ahead: Sequence[str], delimiter: str) -> int:
    """How many of the lines `ahead` the next record takes. 0 when its quotes are never closed, close in the middle of a cell, or
    swallow a whole record: a line inside them with an @ and exactly as many delimiters as the first line."""
    width = ahead[0].count(delimiter)
    is_open = _is_left_open(ahead[0], delimiter)
    size = 1
    while is_open:
        if size >= min(CELL_LINES, len(ahead)):
            return 0
        line = ahead[size]
        close = _closing_quote(line, 0)
        inside, after = (line, "") if close < 0 else (line[:close], line[close + 1 :].lstrip(" "))
        if after and not after.startswith(delimiter):
            return 0
        if width and "@" in inside and inside.count(delimiter) == width:
            return 0
        is_open = close < 0 or _is_left_open(after, delimiter)
        size += 1
    return size


def _is_left_open(line: str, delimiter: str) -> bool:
    """Whether a quoted cell that begins in `line` does not end in it. A quote opens only at the start of a cell."""
    if '"' not in line:
        return False
    opening = re.compile(f'(?:^|{re.escape(delimiter)}) *"')
    position = 0
    while opened := opening.search(line, position):
        close = _closing_quote(line, opened.end())
        if close < 0:
            return True
        position = close + 1
    return False


def _closing_quote(line: str, position: int) -> int:
    """Where the quoted cell that is open at `position` ends; two quotes in a row are one character. -1: not on this line."""
    at = line.find('"', position)
    while at >= 0 and line[at + 1 : at + 2] == '"':
        at = line.find('"', at + 2)
    return at


def _cells(text: str, delimiter: str) -> list[str]:
    if '"' not in text or text.count(delimiter) > WIDTH:
        return text.split(delimiter, WIDTH)
    try:
        rows = list(csv.reader([text], delimiter=delimiter, skipinitialspace=True))
    except csv.Error:
        # A cell over csv's size limit, or a line end where it expects none: judged by its pieces.
        return _unquoted(text, delimiter)
    return rows[0] if len(rows) == 1 else _unquoted(text, delimiter)


def _unquoted(text: str, delimiter: str) -> list[str]:
    return [cell.strip().strip('"') for cell in text.split(delimiter, WIDTH)]
