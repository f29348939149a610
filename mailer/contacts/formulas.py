"""The guard that keeps a spreadsheet from running a cell as a formula (CSV injection), and its removal on reading.

A cell that starts with = + - @, a tab, a carriage return or a full-width form of these gets an apostrophe in front. Cells
that already start with apostrophes and then such a character get one more, so that reading back is exact.
"""

from __future__ import annotations

__all__ = ["guarded", "unguarded"]

_STARTS = frozenset("=+-@\t\r\n＝＋－＠")


def guarded(cell: str) -> str:
    return "'" + cell if cell.lstrip("'")[:1] in _STARTS and cell.strip("'") else cell


def unguarded(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell.lstrip("'")[:1] in _STARTS else cell
