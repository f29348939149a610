"""Tables for people: laid out by cells, folded, never cut.

A window too narrow for all columns does not squeeze them: the less important ones (higher `rank`) move to a line of their own
below the row, and when not even the most important fit side by side, each row becomes a block of `heading: value` lines.
Either way every character is there.

Not here: colour codes (`output.py`), CSV and JSON (`desk/`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from mailer.cli.wide import cells, clean, fold, pad
from mailer.wording import Language, Text

__all__ = ["Cell", "Column", "table"]

Paint = Callable[[str, str], str]

_GAP = 2
_INDENT = 4
_LONGEST_WORD = 30  # cells; a mail address is rather shown whole than folded
_NARROWEST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`rank` 0 stays beside its neighbours as long as possible; `right` is for numbers. A column of sentences asks for `room`:
    with fewer cells (unless its texts are shorter) it gives way instead of becoming a thin strip."""

    title: Text
    rank: int = 0
    right: bool = False
    room: int = 0


@dataclass(frozen=True, slots=True)
class Cell:
    """Text with an ink of the screen: `good`, `warn`, `bad`, `dim`, `bold`."""

    text: str
    ink: str = ""


def table(
    columns: Sequence[Column],
    rows: Iterable[Sequence[Cell | str]],
    *,
    language: Language,
    width: int,
    paint: Paint | None = None,
) -> list[str]:
    """Lines of at most `width` cells: one of titles, then the rows. No rows give no lines; a column without text is left out."""
    full = [[_cell(cell) for cell in row] for row in rows]
    used = [index for index in range(len(columns)) if any(row[index].text for row in full)]
    columns, body = [columns[index] for index in used], [[row[index] for index in used] for row in full]
    if not columns:
        return []
    titles = [column.title.to(language) for column in columns]
    sizes = [
        _measure(title, [row[index].text for row in body], column.room)
        for index, (title, column) in enumerate(zip(titles, columns, strict=True))
    ]
    shown = _side_by_side([column.rank for column in columns], sizes, width)
    if not shown:
        return _blocks(titles, body, width, paint)
    below = [index for index in range(len(columns)) if index not in shown]
    widths = _share([sizes[index] for index in shown], width)
    head = [Cell(titles[index], "dim") for index in shown]
    lines = _lay(head, widths, [columns[index].right for index in shown], paint)
    for row in body:
        lines += _lay([row[index] for index in shown], widths, [columns[index].right for index in shown], paint)
        lines += _under(below, titles, row, width, paint)
    return lines


def _cell(cell: Cell | str) -> Cell:
    return Cell(clean(cell.text), cell.ink) if isinstance(cell, Cell) else Cell(clean(cell))


@dataclass(frozen=True, slots=True)
class _Size:
    """Cells: below `least` a column would be torn, at `usual` nine rows of ten are on one line, beyond `whole` nothing gains."""

    least: int
    usual: int
    whole: int


def _measure(title: str, texts: Sequence[str], room: int) -> _Size:
    every = sorted(cells(text) for text in texts)
    whole = max(every[-1], cells(title))
    words = (word for text in texts if cells(text) > _NARROWEST for word in text.split())
    longest = max((cells(word) for word in words), default=0)
    least = max(cells(title), min(longest, _LONGEST_WORD), min(whole, max(room, _NARROWEST)))
    return _Size(least, max(least, every[-(len(every) // 10) - 1]), whole)


def _side_by_side(ranks: Sequence[int], sizes: Sequence[_Size], width: int) -> list[int]:
    """Which columns fit beside each other: the highest rank, and of equals the last, gives way first. Empty if rank 0 does not."""
    shown = list(range(len(ranks)))
    while sum(sizes[index].least + _GAP for index in shown) - _GAP > width:
        last = max(shown, key=lambda index: (ranks[index], index))
        if ranks[last] == 0:
            return []
        shown.remove(last)
    return shown


def _share(sizes: Sequence[_Size], width: int) -> list[int]:
    """At least the least; what is left over goes first to the column that lacks least, so that many are whole. One freak row
    does not take the room of a column that all rows need."""
    widths = [size.least for size in sizes]
    spare = width - sum(widths) - _GAP * (len(sizes) - 1)
    for goals in ([size.usual for size in sizes], [size.whole for size in sizes]):
        for place in sorted(
            range(len(sizes)), key=[goal - now for goal, now in zip(goals, widths, strict=True)].__getitem__
        ):
            more = min(max(goals[place] - widths[place], 0), spare)
            widths[place] += more
            spare -= more
    return widths


def _lay(row: Sequence[Cell], widths: Sequence[int], rights: Sequence[bool], paint: Paint | None) -> list[str]:
    folded = [fold(cell.text, size) for cell, size in zip(row, widths, strict=True)]
    lines = []
    for parts in zip_longest(*folded, fillvalue=""):
        laid = [
            _painted(pad(part, size, right=right), part, cell.ink, paint)
            for part, size, right, cell in zip(parts, widths, rights, row, strict=True)
        ]
        lines.append((" " * _GAP).join(laid).rstrip())
    return lines


def _under(
    below: Sequence[int], titles: Sequence[str], row: Sequence[Cell], width: int, paint: Paint | None
) -> list[str]:
    """The columns that gave way, as `title: value` behind each other; empty values need no line."""
    text = " · ".join(f"{titles[index]}: {row[index].text}" for index in below if row[index].text)
    indent = min(_INDENT, max(width - 20, 0))
    lines = fold(text, width - indent) if text else []
    return [_painted(" " * indent + line, line, "dim", paint) for line in lines]


def _blocks(titles: Sequence[str], body: Sequence[Sequence[Cell]], width: int, paint: Paint | None) -> list[str]:
    lines: list[str] = []
    for row in body:
        for title, cell in zip(titles, row, strict=True):
            for line in fold(f"{title}: {cell.text}", width, hang=2) if cell.text else ():
                lines.append(_painted(line, line.strip(), cell.ink, paint))
        lines.append("")
    return lines[:-1]


def _painted(padded: str, part: str, ink: str, paint: Paint | None) -> str:
    return padded.replace(part, paint(part, ink), 1) if paint and ink and part else padded
