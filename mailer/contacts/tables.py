"""Text of a CSV file -> records with the line they start on. Never fails: a damaged quote costs its own row, not the rest.

Lines end with LF, CRLF or CR and are counted as an editor counts them. A quoted cell may span lines; but when the lines it
swallows look like records themselves, its closing quote is missing and each line is read on its own.

Not here: which column means what (`columns`), Excel workbooks (`sheets`).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

__all__ = ["DELIMITERS", "Record", "delimiter_of", "records"]

DELIMITERS = (",", ";", "\t")
CELL_LINES = 60
_SAMPLE_LINES = 60
csv.field_size_limit(2**27)


@dataclass(slots=True, eq=False)
class Record:
    """One row: `line` and `last` are 1-based lines; `torn` says that a quote was opened and never closed."""

    line: int
    last: int
    cells: Sequence[str]
    torn: bool = False


def records(text: str) -> Iterator[Record]:
    """Every record of `text`, blank ones included."""
    lines = _lines(text)
    start = 0
    delimiter = ""
    if lines and re.fullmatch(r'"?sep=.\s*"?', lines[0]):
        delimiter, start = lines[0].strip('" ')[4:5], 1
    delimiter = delimiter or delimiter_of(lines)
    position = start
    while position < len(lines):
        record = _record_at(lines, position, delimiter)
        yield record
        position = record.last


def delimiter_of(lines: Sequence[str]) -> str:
    """The delimiter that splits the first lines into the most equal rows; a comma when none does."""
    sample = [line for line in lines[:_SAMPLE_LINES] if line.strip()]

    def score(delimiter: str) -> tuple[int, int]:
        widths = [len(_cells(line, delimiter)) for line in sample]
        usual = max(set(widths), key=lambda width: (widths.count(width) * (width > 1), width), default=1)
        return (widths.count(usual) if usual > 1 else 0, usual)

    return max(DELIMITERS, key=score)


def _lines(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines[:-1] if lines and not lines[-1] else lines


def _record_at(lines: Sequence[str], position: int, delimiter: str) -> Record:
    line = lines[position]
    if '"' not in line:
        return Record(position + 1, position + 1, line.split(delimiter))
    last = _closing_line(lines, position, delimiter)
    if last is None:
        return Record(position + 1, position + 1, [c.strip().strip('"') for c in line.split(delimiter)], torn=True)
    return Record(position + 1, last + 1, _cells("\n".join(lines[position : last + 1]), delimiter))


def _closing_line(lines: Sequence[str], position: int, delimiter: str) -> int | None:
    """The line on which the quotes opened at `position` are closed; None when they are not, or swallow whole records."""
    width = lines[position].count(delimiter)
    open_quote = False
    for at in range(position, min(position + CELL_LINES, len(lines))):
        swallowed = open_quote
        open_quote = _leaves_open(lines[at], delimiter, open_quote)
        if swallowed and open_quote and "@" in lines[at] and lines[at].count(delimiter) >= max(1, width):
            return None
        if not open_quote:
            return None if swallowed and _is_torn_end(lines[at], delimiter) else at
    return None


def _leaves_open(line: str, delimiter: str, inside: bool) -> bool:
    """Whether a quoted cell is still open at the end of `line`. A quote opens only at the start of a cell."""
    if not inside and line.count('"') % 2 == 0 and f'{delimiter}"' not in line and not line.lstrip().startswith('"'):
        return False
    at_start = True
    position = 0
    while position < len(line):
        character = line[position]
        if inside:
            if character == '"':
                if line[position + 1 : position + 2] == '"':
                    position += 1
                else:
                    inside = False
        elif character == '"' and at_start:
            inside = True
        at_start = not inside and (character == delimiter or (at_start and character == " "))
        position += 1
    return inside


def _is_torn_end(line: str, delimiter: str) -> bool:
    """`...","b"` closes well; `"Kim,b` right after the closing quote means that the quote opened a new cell."""
    after = line[line.find('"') + 1 :]
    return bool(after.strip()) and not after.lstrip(' "').startswith(delimiter)


def _cells(text: str, delimiter: str) -> list[str]:
    if '"' not in text:
        return text.split(delimiter)
    # A one-element list, not a line iterator: csv would start a new record at every line end outside quotes.
    rows = list(csv.reader([text], delimiter=delimiter, skipinitialspace=True))
    return rows[0] if len(rows) == 1 else text.split(delimiter)
