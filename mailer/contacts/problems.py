"""What is wrong with one row of a list, as a value a door can print, count or write to a file.

Not here: the checks themselves (`addresses`, `reading`), findings about a whole letter (`mailer.findings`).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from mailer.findings import Level
from mailer.wording import Text

__all__ = ["VALUE_LIMIT", "Problem", "printable"]

VALUE_LIMIT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """`row` is the 1-based line (CSV) or sheet row (XLSX), 0 when the value did not come from a file; `column` the header as
    it stands in the file; `value` the cell made printable and at most 200 characters long; `code` is stable; `suggestion` is
    what was probably meant, never used by itself. `drops` says that the address is not among the contacts; `cells` then
    holds the raw row, so that it can be written out for correction (a doubled row needs none and has no cells)."""

    problem: Text
    code: str
    row: int = 0
    column: str = ""
    value: str = ""
    suggestion: str | None = None
    drops: bool = True
    cells: tuple[str, ...] = ()

    @property
    def level(self) -> Level:
        """An error needs correcting; a warning (a doubled row, a column that was guessed) wants a look."""
        return Level.ERROR if self.drops and self.code != "duplicate" else Level.WARNING


def printable(text: str, limit: int = VALUE_LIMIT) -> str:
    """`text` on one line with control, format and surrogate characters escaped, cut to `limit` characters."""
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isprintable():
        return text
    return "".join(c if c == " " or unicodedata.category(c)[0] not in "CZ" else _escaped(c) for c in text)[: limit * 2]


def _escaped(character: str) -> str:
    return " " if character in "\u00a0\u3000\t" else f"\\u{ord(character):04x}"
