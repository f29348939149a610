"""ContactList: what one list file says, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailer.contacts.problems import Problem
from mailer.dispatch import Contact

__all__ = ["ContactList"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactList:
    """`name` is the list's name (`press-domestic`), `source` the file name shown in places (`press-domestic.csv`), `encoding`
    the one that was taken ("xlsx" for a workbook), `rows` the filled rows below the header, `columns` the headers as found,
    `sha256` of the file's bytes. For a workbook `sheet` was read and `sheets` are all that have an address column.

    Every address that the file lists is in `contacts` or has a problem that `drops` it, never both and never neither."""

    name: str
    source: str
    encoding: str
    rows: int
    columns: tuple[str, ...]
    contacts: tuple[Contact, ...] = field(repr=False)
    problems: tuple[Problem, ...]
    sha256: str
    sheet: str | None = None
    sheets: tuple[str, ...] = ()

    @property
    def listed(self) -> int:
        """How many addresses the file lists, usable or not."""
        return len(self.contacts) + sum(problem.drops for problem in self.problems)
