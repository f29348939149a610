"""An Excel workbook (.xlsx, .xlsm) -> the rows of the sheet that holds the list.

Takes the first visible sheet with an address column unless one is named; hidden sheets are read only by name. Formulas count
with the value the spreadsheet stored. Macros, links to other files and pictures are never opened.

Not here: the zip and its limits (`package`), cells (`cells`), the old .xls format (refused in `reading`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from mailer.contacts.cells import Formats, date_styles, elements, rows, shared_strings
from mailer.contacts.columns import HEAD, find_columns
from mailer.contacts.package import Package, broken_workbook
from mailer.contacts.tables import Record
from mailer.errors import ListError
from mailer.wording import Text

__all__ = ["Opened", "every_row", "open_sheet"]

SHEETS_LIMIT = 60
_FIRST_DAY_1904 = datetime(1904, 1, 1)  # noqa: DTZ001 - a serial number in a sheet has no zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The chosen sheet's `title` and rows, and the titles of all visible sheets with an address column."""

    title: str
    records: Iterator[Record]
    offered: tuple[str, ...]


def open_sheet(data: bytes, *, source: str, sheet: str | None = None) -> Opened:
    """Raises ListError when the file is no workbook, is a bomb, or has no such sheet."""
    package = Package(data, source)
    workbook = _workbook_part(package)
    parts = {title: part for title, part, _ in _sheets(package, workbook)}
    visible = [title for title, _, state in _sheets(package, workbook) if state == "visible"]
    if not parts:
        raise broken_workbook(source)
    formats = _formats(package, workbook)
    offered = tuple(
        title
        for title in visible
        if find_columns(list(itertools.islice(rows(package, parts[title], formats), HEAD))) is not None
    )
    if sheet is not None and sheet not in parts:
        raise _no_sheet(source, sheet, list(parts))
    title = sheet or next(iter(offered), None) or next(iter(visible), None) or next(iter(parts))
    return Opened(title=title, records=rows(package, parts[title], formats), offered=offered)


def every_row(data: bytes, *, source: str) -> Iterator[tuple[str, Record]]:
    """(title, row) of every row of every sheet, hidden ones included. Raises ListError as `open_sheet` does."""
    package = Package(data, source)
    workbook = _workbook_part(package)
    formats = _formats(package, workbook)
    for title, part, _ in _sheets(package, workbook):
        yield from ((title, record) for record in rows(package, part, formats))


def _workbook_part(package: Package) -> str:
    for _, attributes in elements(package, "_rels/.rels", "Relationship"):
        if attributes.get("Type", "").endswith("/officeDocument"):
            part = package.resolve("", attributes.get("Target", ""))
            if part in package.names and part.startswith("xl/") and part.endswith(".xml"):
                return part
    raise broken_workbook(package.source)


def _relations(package: Package, workbook: str) -> list[tuple[str, str, str]]:
    """(id, type, part) of what the workbook refers to inside the package."""
    folder, _, name = workbook.rpartition("/")
    found = elements(package, f"{folder}/_rels/{name}.rels", "Relationship")
    return [
        (a.get("Id", ""), a.get("Type", "").rpartition("/")[2], package.resolve(workbook, a.get("Target", "")))
        for _, a in found
        if a.get("TargetMode") != "External"
    ]


def _sheets(package: Package, workbook: str) -> list[tuple[str, str, str]]:
    """(title, part, state) of the worksheets, in the order of their tabs."""
    parts = {key: part for key, kind, part in _relations(package, workbook) if kind == "worksheet"}
    found = [
        (a.get("name", ""), parts.get(a.get("id", ""), ""), a.get("state", "visible"))
        for _, a in elements(package, workbook, "sheet")
    ]
    return [(title, part, state) for title, part, state in found if part in package.names][:SHEETS_LIMIT]


def _formats(package: Package, workbook: str) -> Formats:
    parts = {kind: part for _, kind, part in _relations(package, workbook)}
    is_1904 = any(a.get("date1904") in ("1", "true") for _, a in elements(package, workbook, "workbookPr"))
    return Formats(
        strings=shared_strings(package, parts.get("sharedStrings", "")),
        dates=date_styles(package, parts.get("styles", "")),
        epoch=_FIRST_DAY_1904 if is_1904 else Formats().epoch,
    )


def _no_sheet(source: str, sheet: str, titles: list[str]) -> ListError:
    listed = ", ".join(titles[:20])
    return ListError(
        Text(f"‘{sheet[:40]}’ 시트가 없습니다", f'there is no sheet "{sheet[:40]}"'),
        where=source,
        remedy=Text(f"이 파일의 시트: {listed}", f"sheets in this file: {listed}"),
    )
