"""A list file -> ContactList. Any bytes end in a ContactList or a ListError, within bounded time and memory.

Not here: merging lists (`audience`), writing them (`upkeep`).
"""

from __future__ import annotations

import hashlib
import itertools
import stat
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mailer.contacts import decoding
from mailer.contacts.columns import HEAD, KOREAN, Columns, Table, field_of, find_columns, open_table
from mailer.contacts.lists import ContactList
from mailer.contacts.problems import Problem, printable
from mailer.contacts.rows import RowReader
from mailer.contacts.tables import Record
from mailer.errors import ListError, WorkspaceError
from mailer.wording import Text

__all__ = ["FILE_LIMIT", "ROW_LIMIT", "parse", "read", "read_bytes", "refuse_foreign"]

FILE_LIMIT = 32 * 2**20
ROW_LIMIT = 150_000
LINE_LIMIT = 600_000
BAD_LIMIT = 20_000
WIDTH_LIMIT = 256


def read(path: Path, *, name: str | None = None, encoding: str = "auto", sheet: str | None = None) -> ContactList:
    """The list in `path` (CSV, text or XLSX, told apart by content). `name` defaults to the file name without its ending.
    Raises ListError when the file cannot be a list, WorkspaceError when it cannot be read."""
    source = unicodedata.normalize("NFC", path.name)
    default = unicodedata.normalize("NFC", path.stem)
    return parse(read_bytes(path), source=source, name=name or default, encoding=encoding, sheet=sheet)


def parse(
    data: bytes, *, source: str, name: str | None = None, encoding: str = "auto", sheet: str | None = None
) -> ContactList:
    """The list in `data`; `source` is the file name shown in places and messages."""
    name = name or Path(source).stem
    refuse_foreign(data, source)
    sha256 = hashlib.sha256(data).hexdigest()
    table, taken, chosen, sheets = _opened(data, source, encoding, sheet)
    del data  # large, and what is left of it stands in the table
    columns = _columns(table, source, chosen)
    reader = RowReader(columns=columns, name=name, source=source)
    for record in _bounded(itertools.chain(table.head[columns.first :], table.rest), source):
        reader.take(record)
        if reader.bad > max(BAD_LIMIT, reader.good):
            raise _nonsense(source, reader)
    contacts, problems = reader.finish()
    problems = (*_other_sheets(chosen, sheets), *problems)
    if not reader.rows:
        raise _empty(source)
    return ContactList(
        name=name, source=source, encoding=taken, rows=reader.rows, columns=columns.headers, contacts=contacts,
        problems=problems, sha256=sha256, sheet=chosen, sheets=sheets,
    )  # fmt: skip


def _opened(
    data: bytes, source: str, encoding: str, sheet: str | None
) -> tuple[Table, str, str | None, tuple[str, ...]]:
    """The rows, the encoding, the sheet that was chosen, and the sheets to choose from."""
    if data.startswith(b"PK\x03\x04"):
        from mailer.contacts.sheets import open_sheet

        opened = open_sheet(data, source=source, sheet=sheet)
        head = list(itertools.islice(opened.records, HEAD))
        return Table(head=head, rest=opened.records, columns=find_columns(head)), "xlsx", opened.title, opened.offered
    text, taken = decoding.decode(data, encoding=encoding, where=source)
    if text.count("\n") + text.count("\r") > LINE_LIMIT:
        raise _too_long(source)
    return open_table(text), taken, None, ()


def read_bytes(path: Path) -> bytes:
    """The content of a regular file of at most FILE_LIMIT bytes."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise WorkspaceError(Text("파일이 아닙니다", "this is not a file"), where=str(path))
        if status.st_size > FILE_LIMIT:
            raise ListError(
                Text(
                    f"명단 파일이 너무 큽니다({status.st_size // 2**20}MB)",
                    f"the list is too big ({status.st_size // 2**20} MB)",
                ),
                where=str(path),
                remedy=Text("32MB 이하로 나누어 주십시오", "split it into files of at most 32 MB"),
            )
        return path.read_bytes()
    except FileNotFoundError as error:
        raise WorkspaceError(
            Text("명단 파일이 없습니다", "there is no such list"),
            where=str(path),
            remedy=Text(
                "recipients/ 폴더에 있는 이름이나 파일 경로를 적어 주십시오",
                "give a name in recipients/ or the path of a file",
            ),
        ) from error
    except (OSError, ValueError) as error:
        raise WorkspaceError(
            Text("명단 파일을 읽을 수 없습니다", "the list cannot be read"),
            where=str(path),
            remedy=Text(
                "파일이 다른 프로그램에서 열려 있는지, 읽기 권한이 있는지 확인해 주십시오",
                "check its permissions and whether another program holds it",
            ),
        ) from error


def refuse_foreign(data: bytes, source: str) -> None:
    """Known files that are no list: each gets its own remedy."""
    if not data.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0"):
        raise _empty(source)
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for signatures, what, remedy in _FOREIGN:
        if start.startswith(signatures):
            raise ListError(what, where=source, remedy=remedy)


_AS_CSV = Text(
    "엑셀에서 열어 ‘CSV UTF-8(쉼표로 분리)’나 .xlsx로 다시 저장해 주십시오",
    'open it in Excel and save it as "CSV UTF-8 (comma delimited)" or .xlsx',
)
_FOREIGN: tuple[tuple[tuple[bytes, ...], Text, Text], ...] = (
    (
        (b"\xd0\xcf\x11\xe0",),
        Text(
            "예전 엑셀(.xls)이나 암호가 걸린 파일은 읽지 못합니다",
            "old Excel files (.xls) and files with a password cannot be read",
        ),
        _AS_CSV,
    ),
    (
        (b"<html", b"<!doctype", b"<table", b"<?xml"),
        Text("이름과 달리 웹페이지(HTML·XML) 파일입니다", "despite its name this is a web page (HTML or XML)"),
        _AS_CSV,
    ),
    (
        (b"%pdf", b"\x89png", b"\xff\xd8\xff", b"gif8", b"hwp document", b"{\\rtf"),
        Text("명단 파일이 아닙니다(문서나 그림 파일)", "this is a document or a picture, not a list"),
        Text("CSV나 엑셀(.xlsx) 명단을 골라 주십시오", "choose a CSV or Excel (.xlsx) list"),
    ),
)


def _columns(table: Table, source: str, sheet: str | None) -> Columns:
    head = table.head
    if any(len(record.cells) > WIDTH_LIMIT for record in head):
        raise _too_wide(source)
    if table.columns is not None:
        return table.columns
    if not any(cell.strip() for record in head for cell in record.cells):
        raise _empty(source)
    header = max(head[:30], key=lambda record: sum(field_of(cell) is not None for cell in record.cells))
    found = ", ".join(" ".join(cell.split())[:30] for cell in header.cells[:20] if cell.strip())
    raise ListError(
        Text(
            f"이메일 열을 찾을 수 없습니다. 찾은 열: {found}",
            f"there is no column with e-mail addresses; columns found: {found}",
        ),
        where=f"{source} [{sheet}]" if sheet else source,
        remedy=Text(
            f"열 이름을 이메일, 메일, 전자우편, email 가운데 하나로 적어 주십시오. 다른 열: {', '.join(KOREAN.values())}",
            "name the column email, e-mail, 이메일, 메일 or 전자우편; others: name, outlet, desk, title, beat, language, "
            "salutation, tags, phone, note",
        ),
    )


def _other_sheets(chosen: str | None, sheets: Sequence[str]) -> tuple[Problem, ...]:
    """A warning when people in other sheets would otherwise be forgotten without a word."""
    others = ", ".join(title for title in sheets if title != chosen)
    if not others:
        return ()
    text = Text(
        f"‘{chosen}’ 시트만 읽었습니다. 주소가 든 다른 시트: {others} (--sheet로 고를 수 있습니다)",
        f'only the sheet "{chosen}" was read; other sheets with addresses: {others} (choose one with --sheet)',
    )
    return (Problem(problem=text, code="other_sheets", value=printable(others), drops=False),)


def _bounded(records: Iterable[Record], source: str) -> Iterator[Record]:
    for count, record in enumerate(records):
        if count >= ROW_LIMIT:
            raise _too_long(source)
        if len(record.cells) > WIDTH_LIMIT:
            raise _too_wide(f"{source}:{record.line}")
        yield record


def _too_long(source: str) -> ListError:
    return ListError(
        Text(f"명단이 {ROW_LIMIT:,}줄을 넘습니다", f"the list has more than {ROW_LIMIT:,} rows"),
        where=source,
        remedy=Text("여러 파일로 나누어 주십시오", "split it into several files"),
    )


def _nonsense(source: str, reader: RowReader) -> ListError:
    """Noise that happens to have an address column: naming each of its rows would help nobody."""
    return ListError(
        Text(
            f"{reader.rows:,}줄을 읽는 동안 쓸 수 없는 주소가 {reader.bad:,}개 나와 멈추었습니다",
            f"stopped after {reader.rows:,} rows, in which {reader.bad:,} addresses cannot be used",
        ),
        where=source,
        remedy=Text(
            "명단이 맞는 파일인지, 인코딩이 맞는지 확인해 주십시오",
            "check that this is a list and that its encoding is right",
        ),
    )


def _too_wide(where: str) -> ListError:
    return ListError(
        Text(f"한 줄에 칸이 {WIDTH_LIMIT}개를 넘습니다", f"a row has more than {WIDTH_LIMIT} cells"),
        where=where,
        remedy=Text("명단이 맞는 파일인지 확인해 주십시오", "check that this is a list"),
    )


def _empty(source: str) -> ListError:
    return ListError(
        Text("명단이 비어 있습니다", "the list is empty"),
        where=source,
        remedy=Text("머리글 아래에 한 줄에 한 사람씩 적어 주십시오", "write one person per row below the header"),
    )
