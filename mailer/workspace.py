"""The folder a press officer works in, and where its files are: letters, lists, templates, `var/`.

A workspace holds `.env`, `templates/`, `recipients/`, `letters/` and `var/`. Whatever it does not have comes from the samples
and templates that travel with the program: beside the package in a checkout, under `mailer/_data` when installed. Finding
reads; only `init` and `ensure_var` write, and `init` overwrites nothing.

Not here: reading what is found (`release/`, `contacts/`, `document/`, `message/`), settings (`config/`).
"""

from __future__ import annotations

import difflib
import os
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailer.errors import MailerError, UsageError, WorkspaceError, system_reason
from mailer.wording import Text

__all__ = ["Created", "Workspace", "init", "package_data"]

_FOLDERS = ("templates", "recipients", "letters")
_LETTERS = (".md",)
_LISTS = (".csv", ".xlsx")
_EXAMPLE = "config.example.env"
_IGNORED = ".env\nvar/\nout/\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """What `init` did, as paths relative to the new workspace: made, and left alone because it was there."""

    made: tuple[Path, ...]
    kept: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Workspace:
    """Paths of one workspace. `root` need not have anything in it; an own folder wins over the one that came along."""

    root: Path

    @classmethod
    def at(cls, path: Path) -> Workspace:
        """The workspace in an existing folder, with an absolute `root`."""
        if not path.is_dir():
            raise WorkspaceError(
                Text("작업 폴더가 없습니다", "there is no such workspace folder"),
                where=str(path),
                remedy=Text(f"새로 만들려면: mailer init {path}", f"to make one: mailer init {path}"),
            )
        return cls(path.absolute())

    @property
    def env_file(self) -> Path:
        return self.root / ".env"

    @property
    def var(self) -> Path:
        """The database, the practice inbox, drafts. May not exist before `ensure_var`."""
        return self.root / "var"

    @property
    def inbox(self) -> Path:
        return self.var / "inbox"

    @property
    def templates(self) -> Path:
        return self._folder("templates")

    @property
    def recipients(self) -> Path:
        return self._folder("recipients")

    @property
    def letters(self) -> Path:
        return self._folder("letters")

    def find_letter(self, name: str) -> Path:
        """A letter by path, or by its bare name in `letters/` (`statement` finds `letters/statement.md`)."""
        return self._find(name, "letters", _LETTERS, Text("원고", "letter"))

    def find_list(self, name: str) -> Path:
        """A list by path, or by its bare name in `recipients/` (`press-domestic` finds `recipients/press-domestic.csv`)."""
        return self._find(name, "recipients", _LISTS, Text("명단", "list"))

    def ensure_var(self) -> Path:
        """`var/`, made if need be, readable by its owner alone (it holds people's addresses) and proven to be writable."""
        try:
            self.var.mkdir(mode=0o700, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.var):
                pass
        except OSError as error:
            raise _unwritable(self.var, error) from error
        return self.var

    def _folder(self, name: str) -> Path:
        own = self.root / name
        return own if own.is_dir() else package_data() / name

    def _find(self, name: str, folder: str, endings: Sequence[str], kind: Text) -> Path:
        for place in (Path(name).expanduser(), self.root / name):
            if place.is_file():
                return place
        own, packed = self.root / folder, package_data() / folder
        for where in (own, packed):
            found = [path for path in _files(where, endings) if _same(name, path)]
            if len(found) > 1:
                raise _ambiguous(name, found, kind)
            if found:
                return found[0]
        there = sorted({path.stem for where in (own, packed) for path in _files(where, endings)})
        raise _missing(name, own, there, kind)


def package_data() -> Path:
    """The folder of the templates, samples and `config.example.env` that travel with the program."""
    package = Path(__file__).resolve().parent
    for place in (package / "_data", package.parent):
        if (place / _EXAMPLE).is_file():
            return place
    raise WorkspaceError(
        Text("프로그램에 딸린 파일이 없습니다", "the files that belong to the program are missing"),
        where=str(package / "_data"),
        remedy=Text("다시 설치하십시오", "install it again"),
    )


def init(folder: Path) -> Created:
    """A workspace in `folder`: templates, samples, `var/`, `.env` (mode 0600). What is there stays as it is."""
    data, root = package_data(), folder.absolute()
    made: list[Path] = []
    kept: list[Path] = []
    try:
        root.mkdir(parents=True, exist_ok=True)
        for name in _FOLDERS:
            for source in _tree(data / name):
                goal = root / source.relative_to(data)
                goal.parent.mkdir(parents=True, exist_ok=True)
                (made if _put(goal, source.read_bytes(), 0o644) else kept).append(goal.relative_to(root))
        (made if _put(root / ".env", (data / _EXAMPLE).read_bytes(), 0o600) else kept).append(Path(".env"))
        (made if _put(root / ".gitignore", _IGNORED.encode(), 0o644) else kept).append(Path(".gitignore"))
    except OSError as error:
        raise _unwritable(root, error) from error
    Workspace(root).ensure_var()
    return Created(made=tuple(made), kept=tuple(kept))


def _put(goal: Path, content: bytes, mode: int) -> bool:
    """Write a file that is not there yet; False when it is. A half-written one is removed."""
    try:
        handle = os.open(goal, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        return False
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    except OSError:
        goal.unlink(missing_ok=True)
        raise
    return True


def _tree(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(part.startswith((".", "__")) for part in path.relative_to(folder).parts):
            yield path


def _files(folder: Path, endings: Sequence[str]) -> list[Path]:
    try:
        found = list(folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        reason = system_reason(error)
        raise WorkspaceError(
            Text(f"폴더를 읽을 수 없습니다 ({reason.ko})", f"the folder cannot be read ({reason.en})"),
            where=str(folder),
            remedy=Text("폴더의 읽기 권한을 확인하십시오", "check the permission to read it"),
        ) from error
    return sorted(path for path in found if path.suffix.lower() in endings and path.is_file())


def _same(name: str, path: Path) -> bool:
    # macOS writes Hangul file names decomposed; a person types them composed.
    wanted = unicodedata.normalize("NFC", name)
    return wanted in {unicodedata.normalize("NFC", path.name), unicodedata.normalize("NFC", path.stem)}


def _missing(name: str, folder: Path, there: Sequence[str], kind: Text) -> MailerError:
    close = difflib.get_close_matches(name, there, n=3, cutoff=0.5)
    named = ", ".join(close or there[:10])
    if close:
        remedy = Text(f"혹시 이것입니까? {named}", f"did you mean {named}?")
    elif there:
        remedy = Text(f"있는 것: {named}. 경로를 적어도 됩니다", f"there are: {named}; a path works too")
    else:
        remedy = Text(
            "파일의 경로를 적거나 이 폴더에 넣으십시오", "give the path of a file, or put it into this folder"
        )
    return UsageError(
        Text(f"{name}: 이런 이름의 {kind.ko} 파일이 없습니다", f"{name}: there is no such {kind.en}"),
        where=str(folder),
        remedy=remedy,
    )


def _ambiguous(name: str, found: Sequence[Path], kind: Text) -> MailerError:
    names = ", ".join(path.name for path in found)
    return UsageError(
        Text(
            f"{name}: 이름이 같은 {kind.ko} 파일이 여럿입니다 ({names})",
            f"{name}: more than one {kind.en} has this name ({names})",
        ),
        where=str(found[0].parent),
        remedy=Text("확장자까지 적으십시오", "give the name with its ending"),
    )


def _unwritable(path: Path, error: OSError) -> WorkspaceError:
    reason = system_reason(error)
    return WorkspaceError(
        Text(f"여기에 쓸 수 없습니다 ({reason.ko})", f"cannot write here ({reason.en})"),
        where=str(path),
        remedy=Text(
            "쓰기 권한과 남은 공간을 확인하거나 --workspace로 다른 폴더를 고르십시오",
            "check the permission to write and the free space, or choose another folder with --workspace",
        ),
    )
