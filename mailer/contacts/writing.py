"""Contacts -> a list file that Excel opens well and `reading` reads back to the same contacts.

CSV in UTF-8 with a byte order mark, Korean headers, CRLF, no cell that a spreadsheet would run as a formula. A file is replaced
as a whole or not at all: written beside it, forced to disk, renamed; the old one stays as `name.csv.YYYYMMDD-HHMMSS.bak`.

Not here: what an import changes (`importing`), erasing a person (`forgetting`).
"""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import os
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mailer.contacts.columns import KOREAN, OWN, field_of
from mailer.contacts.formulas import guarded
from mailer.contacts.lists import ContactList
from mailer.contacts.names import salutation
from mailer.dispatch import Contact
from mailer.errors import WorkspaceError
from mailer.wording import Language, Text

__all__ = ["Written", "render_list", "replace_file", "write_bad_rows", "write_list"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """`changed` is False when the file already had exactly this content; then nothing was touched. `backup` is the old file."""

    path: Path
    changed: bool
    backup: Path | None


def write_list(path: Path, contacts: Iterable[Contact], *, now: datetime, expect_sha256: str | None = None) -> Written:
    """Replace the list at `path`. `now` (local time) names the backup. With `expect_sha256`, the hash of the file that was read
    ("" for none), the write is refused when somebody changed the file in between."""
    path = path.resolve()
    data = render_list(contacts)
    old = _content(path)
    if expect_sha256 is not None and (hashlib.sha256(old).hexdigest() if old is not None else "") != expect_sha256:
        raise WorkspaceError(
            Text(
                "그사이 명단 파일이 바뀌어 저장하지 않았습니다",
                "the list was changed in the meantime; nothing was saved",
            ),
            where=str(path),
            remedy=Text("다시 가져오기를 해 주십시오", "run the import again"),
        )
    if old == data:
        return Written(path=path, changed=False, backup=None)
    backup = _backup(path, old, now) if old is not None else None
    replace_file(path, data)
    return Written(path=path, changed=True, backup=backup)


def write_bad_rows(path: Path, contacts: ContactList, *, source_note: str = "", language: Language = "ko") -> int:
    """Write the rows of `contacts` that cannot be used, with what is wrong and where they come from (`source_note`, default: the
    file's name) in front, to be corrected and imported again. Returns how many; none means that no file is written. Doubled
    rows need no correction and are left out."""
    own = [i for i, header in enumerate(contacts.columns) if header in OWN]
    has_source = any(field_of(header) == "source_note" for header in contacts.columns)
    source = [] if has_source else [source_note or contacts.source]
    rows: dict[int, list[str]] = {}
    for problem in contacts.problems:
        if not problem.drops or problem.code == "duplicate":
            continue
        cells = [cell for i, cell in enumerate(problem.cells) if i not in own]
        row = rows.setdefault(problem.row, [str(problem.row), "", "", *source, *cells])
        row[1] = " / ".join(filter(None, (row[1], problem.problem.to(language))))
        row[2] = " / ".join(filter(None, (row[2], problem.suggestion or "")))
    if rows:
        header = [*OWN, *([] if has_source else [KOREAN["source_note"]])]
        header += [text for i, text in enumerate(contacts.columns) if i not in own]
        replace_file(path.resolve(), _csv([header, *rows.values()]))
    return len(rows)


def render_list(contacts: Iterable[Contact]) -> bytes:
    """The bytes of a list file: the known columns, then every extra column that some contact has."""
    contacts = list(contacts)
    extra = list(dict.fromkeys(header for contact in contacts for header, _ in contact.extra))
    return _csv(itertools.chain([[*KOREAN.values(), *extra]], (_row(contact, extra) for contact in contacts)))


def replace_file(path: Path, data: bytes) -> None:
    """Put `data` at `path`, as a whole or not at all, with the permissions of the file it replaces."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            beside.chmod(path.stat().st_mode & 0o777)
        beside.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise _unwritable(path) from error


def _row(contact: Contact, extra: Sequence[str]) -> list[str]:
    values = dict(contact.extra)
    composed = salutation(contact.name, contact.title, contact.language)
    typed = "" if contact.salutation == composed else contact.salutation
    known = [
        str(contact.address), contact.name, contact.outlet, contact.desk, contact.title, contact.beat, contact.language,
        typed, "; ".join(contact.tags), contact.phone, contact.note, contact.source_note, contact.added,
    ]  # fmt: skip
    return [*known, *(values.get(header, "") for header in extra)]


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    data = io.BytesIO()
    with io.TextIOWrapper(data, "utf-8-sig", "backslashreplace", newline="") as file:
        csv.writer(file, lineterminator="\r\n").writerows([guarded(cell) for cell in row] for row in rows)
        file.flush()
        return data.getvalue()


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unwritable(path) from error


def _backup(path: Path, old: bytes, now: datetime) -> Path:
    stamp = now.strftime("%Y%m%d-%H%M%S")
    names = (f"{path.name}.{stamp}{'' if n == 1 else f'-{n}'}.bak" for n in range(1, 10_000))
    backup = next(candidate for name in names if not (candidate := path.with_name(name)).exists())
    replace_file(backup, old)
    return backup


def _sync_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut. Windows cannot open folders and needs no such step."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unwritable(path: Path) -> WorkspaceError:
    return WorkspaceError(
        Text("명단 파일을 저장할 수 없습니다", "the list cannot be written"),
        where=str(path),
        remedy=Text(
            "폴더에 쓰기 권한과 빈 공간이 있는지, 다른 프로그램이 파일을 열고 있는지 확인해 주십시오",
            "check permissions and free space of the folder, and whether another program holds the file",
        ),
    )
