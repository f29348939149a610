"""Erase one person from list files and from their backups, and say what is left for a person to do.

Rows of the address are cut out of a text file line by line; every other byte stays as it was. No new backup is made, because it
would hold the person. Workbooks are never rewritten (that would lose what this program does not understand): their rows
are named for removal by hand, as are rows of other people that mention the address in a note.

Not here: the ledger's copy of the person (`ledger/`), keeping them suppressed (`suppression`).
"""

from __future__ import annotations

import codecs
import glob
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailer.contacts import decoding
from mailer.contacts.addresses import parse_address, split_cell
from mailer.contacts.columns import open_table
from mailer.contacts.formulas import unguarded
from mailer.contacts.reading import read_bytes
from mailer.contacts.tables import Record
from mailer.contacts.writing import replace_file
from mailer.dispatch import Address
from mailer.errors import ListError
from mailer.wording import Text

__all__ = ["Forgotten", "forget", "mentions"]

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_BYTE_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """One file that held the person: `removed` rows were cut out, `by_hand` rows are for a person, who is told why in `note`."""

    path: Path
    removed: tuple[int, ...] = ()
    by_hand: tuple[int, ...] = ()
    note: Text | None = None


def forget(paths: Sequence[Path], address: Address, *, write: bool = True) -> tuple[Forgotten, ...]:
    """Erase `address` from the files at `paths` and from their backups (`name.*.bak`); files without it are not named. Without
    `write` nothing is changed, and the answer is what would be."""
    files = itertools.chain.from_iterable((path, *_backups(path)) for path in paths)
    cleaned = (_clean(path.resolve(), address, write=write) for path in dict.fromkeys(files))
    return tuple(result for result in cleaned if result is not None)


def _backups(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{glob.escape(path.name)}.*.bak"))


def _clean(path: Path, address: Address, *, write: bool) -> Forgotten | None:
    data = read_bytes(path)
    if data.startswith(b"PK\x03\x04"):
        return _in_workbook(path, data, address)
    try:
        text, encoding = decoding.decode(data, where=path.name)
    except ListError as error:
        return Forgotten(path=path, note=error.what) if mentions(data.decode("latin-1"), address) else None
    table = open_table(text)
    rows = [*table.head, *table.rest]
    email = table.columns.fields["email"] if table.columns else None
    # a table of ours, such as an exported log, has no header that means a list's address column
    theirs = [
        record
        for record in rows
        if (_is_theirs(record, (email,), address) if email is not None else _has_cell(record, address))
    ]
    others = tuple(r.line for r in rows if r not in theirs and any(mentions(cell, address) for cell in r.cells))
    if theirs and write:
        replace_file(path, _without(data, encoding, theirs))
    if not theirs and not others:
        return None
    return Forgotten(
        path=path, removed=tuple(r.line for r in theirs), by_hand=others, note=_MENTIONED if others else None
    )


_MENTIONED = Text(
    "다른 사람의 줄에 이 주소가 적혀 있습니다. 직접 지워 주십시오",
    "rows of other people mention the address; remove it by hand",
)
_WORKBOOK = Text(
    "엑셀 파일은 고치지 않습니다. 이 줄을 직접 지우고 저장해 주십시오",
    "workbooks are not changed; delete these rows by hand and save",
)


def _in_workbook(path: Path, data: bytes, address: Address) -> Forgotten | None:
    from mailer.contacts.sheets import every_row

    found: dict[str, list[int]] = {}
    try:
        for title, record in every_row(data, source=path.name):
            if _is_theirs(record, range(len(record.cells)), address):
                found.setdefault(title, []).append(record.line)
    except ListError as error:
        return Forgotten(path=path, note=error.what)
    if not found:
        return None
    sheets = "; ".join(f"{title}: {', '.join(map(str, lines))}" for title, lines in found.items())
    note = Text(f"{_WORKBOOK.ko} ({sheets})", f"{_WORKBOOK.en} ({sheets})")
    return Forgotten(path=path, by_hand=tuple(sorted({line for lines in found.values() for line in lines})), note=note)


def _is_theirs(record: Record, columns: Iterable[int], address: Address) -> bool:
    """The address in any usable spelling, or its letters inside an unusable one ("<kim@...>", "mailto:kim@...")."""
    cells = [unguarded(record.cells[column].strip()) for column in columns if column < len(record.cells)]
    return any(mentions(cell, address) or address.key in _keys(cell) for cell in cells if "@" in cell or "＠" in cell)


def _keys(cell: str) -> set[str]:
    found = (parse_address(part, check_slips=False) for part in split_cell(cell))
    return {one.key for one in found if isinstance(one, Address)}


def _has_cell(record: Record, address: Address) -> bool:
    """Whether a whole cell is the address."""
    return any(address.key in _keys(unguarded(cell.strip())) for cell in record.cells if cell.count("@") == 1)


def mentions(text: str, address: Address) -> bool:
    """Whether `text` holds the address, in any case and not as a part of a longer one."""
    spelt = re.escape(str(address).casefold())
    return re.search(rf"(?<![\w.+-]){spelt}(?![\w-]|\.\w)", text.casefold()) is not None


def _without(data: bytes, encoding: str, records: Sequence[Record]) -> bytes:
    """`data` without the lines of `records`. Byte by byte where a line end is one byte, so that nothing else changes."""
    gone = {line for record in records for line in range(record.line, record.last + 1)}
    if not encoding.startswith(("utf-16", "utf-32")):
        lines = _BYTE_LINE.findall(data)
        first = codecs.BOM_UTF8 if 1 in gone and data.startswith(codecs.BOM_UTF8) else b""
        return first + b"".join(line for number, line in enumerate(lines, 1) if number not in gone)
    text = data.decode(encoding)
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    kept = (line for number, line in enumerate(_LINE.findall(text.removeprefix("\ufeff")), 1) if number not in gone)
    return (mark + "".join(kept)).encode(encoding)
