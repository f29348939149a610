"""Forget a person on request: lists and their backups, the ledger, previews, exports and the practice inbox of a workspace.

Nothing is touched while a send to them is open. What holds only their mail or their row is removed; what a person wrote and Excel
files are never changed, but named. Mail that has left and copies outside the workspace are beyond reach.

Not here: cutting rows out of a list (`contacts/`), what the ledger keeps (`ledger/`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.parser import BytesHeaderParser
from pathlib import Path

from mailer.contacts import parse_address, upkeep
from mailer.contacts.upkeep import Forgotten
from mailer.desk.preview import WRITTEN, file_part
from mailer.dispatch import Address
from mailer.errors import WorkspaceError, system_reason
from mailer.ledger import ForgottenRows, Ledger
from mailer.wording import Text

__all__ = ["UPLOADS", "Erased", "foresee", "forget", "list_files"]

_TABLES = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".bak")
_SEARCHED = ("recipients", "letters", "out", "var")
_SEARCH_LIMIT = 64 * 2**20
_HEADER = 2**16
UPLOADS = Path("var", "uploads")
"""Where the web page keeps files that somebody brought to be imported, under names that say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """`rows` were cut out of tables or must be by hand; `removed` files are gone; `deliveries` and `left_out` count masked rows of
    the log; `tester` says that they get no test copies any more, `suppressed` that a suppression stays in force without the
    address. `left` files and `drafts` (titles) still mention the address and are for a person to mend."""

    rows: tuple[Forgotten, ...]
    removed: tuple[Path, ...]
    deliveries: int
    left_out: int
    tester: bool
    suppressed: bool
    left: tuple[Path, ...]
    drafts: tuple[str, ...]

    @property
    def nothing_found(self) -> bool:
        held = self.rows or self.removed or self.deliveries or self.left_out or self.tester
        return not (held or self.left or self.drafts)


def list_files(root: Path) -> list[Path]:
    """Every table of the workspace that may hold people: lists, their backups, rows to correct, manifests and exports."""
    folders = (root / "recipients", root / "var", root / "out")
    found = (path for folder in folders for path in _files(folder) if not WRITTEN.fullmatch(path.name))
    return sorted(path for path in found if path.suffix.lower() in _TABLES)


def forget(address: Address, *, root: Path, inbox: Path, ledger: Ledger) -> Erased:
    """Erase `address` from the workspace at `root`. Raises IllegalMove, before anything is changed, while a delivery to them is
    open. May be repeated: what a failure of the disk left over is found again."""
    rows = ledger.forgetting.forget(address)
    tables = upkeep.forget(list_files(root), address)
    removed = [path for path in _copies(root, inbox, address) if _delete(path)]
    return _erased(address, root, ledger, rows, tables, removed)


def foresee(address: Address, *, root: Path, inbox: Path, ledger: Ledger) -> Erased:
    """What `forget` would do now, open deliveries aside. Changes nothing."""
    rows = ledger.forgetting.foresee(address)
    tables = upkeep.forget(list_files(root), address, write=False)
    removed = list(_copies(root, inbox, address))
    return _erased(address, root, ledger, rows, tables, removed)


def _erased(
    address: Address,
    root: Path,
    ledger: Ledger,
    rows: ForgottenRows,
    tables: tuple[Forgotten, ...],
    removed: list[Path],
) -> Erased:
    told = {one.path for one in tables} | {path.resolve() for path in removed}
    others = (path for folder in _SEARCHED for path in _files(root / folder) if path.resolve() not in told)
    return Erased(
        rows=tables,
        removed=tuple(removed),
        deliveries=rows.deliveries,
        left_out=rows.left_out,
        tester=rows.tester,
        suppressed=rows.suppressed,
        left=tuple(sorted(path for path in others if not _is_of(ledger, path) and _mentions(path, address))),
        drafts=rows.drafts,
    )


def _files(folder: Path) -> Iterator[Path]:
    yield from (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _copies(root: Path, inbox: Path, address: Address) -> Iterator[Path]:
    """Their messages in previews, told by the file name, and in the practice inbox, told by the header; uploads not yet imported
    that hold them, whole: whoever brought one brings it again."""
    names = {file_part(spelling).casefold() for spelling in (str(address), address.key)}
    for path in _files(root / "out"):
        if WRITTEN.fullmatch(path.name) and path.stem.partition("-")[2].casefold() in names:
            yield path
    yield from (path for path in _files(inbox) if _is_addressed_to(path, address))
    uploads = list(_files(root / UPLOADS))
    held = {one.path for one in upkeep.forget(uploads, address, write=False)}
    yield from (path for path in uploads if path.resolve() in held or _mentions(path, address))


def _is_addressed_to(path: Path, address: Address) -> bool:
    with path.open("rb") as file:
        header = BytesHeaderParser(policy=policy.compat32).parsebytes(file.read(_HEADER))
    found = parse_address(str(header.get("Delivered-To", "")), check_slips=False)
    return isinstance(found, Address) and found.key == address.key


def _delete(path: Path) -> bool:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        reason = system_reason(error)
        raise WorkspaceError(
            Text(f"파일을 지울 수 없습니다: {reason.ko}", f"a file cannot be deleted: {reason.en}"),
            where=str(path),
            remedy=Text(
                "권한을 확인한 뒤 같은 명령을 다시 하십시오", "check permissions, then give the same command again"
            ),
        ) from error
    return True


def _mentions(path: Path, address: Address) -> bool:
    if path.stat().st_size > _SEARCH_LIMIT:
        return False
    # without its zero bytes, UTF-16 shows its ASCII
    return upkeep.mentions(path.read_bytes().replace(b"\0", b"").decode("utf-8", "replace"), address)


def _is_of(ledger: Ledger, path: Path) -> bool:
    """The database and what lies beside it: it was searched table by table."""
    return path.name.startswith(ledger.path.name)
