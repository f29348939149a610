"""The letterhead file of the workspace, changed on the page: its lines, and the picture beside it.

A workspace that has no templates of its own gets a copy first. Nothing is written that could not be read and printed afterwards;
comments and keys that the page does not know stay.

Not here: what a letterhead is (`document/`), the forms (`settings.py`).
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mailer import document, release
from mailer.app import App
from mailer.contacts.writing import replace_file
from mailer.desk.preflight import LETTERHEAD_PARTS
from mailer.document import Letterhead, read_letterhead
from mailer.errors import DocumentError, MailerError, UsageError, WorkspaceError
from mailer.wording import Text
from mailer.workspace import package_data

__all__ = ["FIELDS", "Head", "draw", "drop_logo", "put_logo", "read_head", "write_lines"]

FIELDS = {**LETTERHEAD_PARTS, "colour": Text("강조색(#rrggbb)", "Colour (#rrggbb)")}
_LONGEST = 300
_OURS = re.compile(r"logo-[0-9a-f]{12}\.(?:svg|png|jpg)")
_VALUE = r"""(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^#\n]*?)"""
_SAMPLE = """문서번호 : 00-00-보기-01
수 신 : 각 언론사
발 신 : {name}
제 목 : [보기] 문서 머리가 이렇게 찍힙니다
전송일자 : 2026. 12. 10.(목)

---

### [보기]
### 문서 머리가 이렇게 찍힙니다

원고에 단체 정보가 따로 적혀 있지 않으면 이 이름과 주소, 그림으로 나갑니다.

2026년 12월 10일

{name}
"""
_writing = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands in the file. `logo` is its name, "" for none; `mark` tells one state of the file from another; `trouble` is why
    it cannot be used as it is."""

    lines: Mapping[str, str]
    logo: str
    mark: str
    trouble: MailerError | None


def read_head(app: App) -> Head:
    path = app.workspace.templates / "letterhead.toml"
    data = path.read_bytes() if path.is_file() else b""
    text = data.decode("utf-8", "replace")
    try:
        head = read_letterhead(data, str(path))
    except MailerError as error:
        return Head(lines={}, logo=_logo_in(text), mark=_mark(data), trouble=error)
    lines = {name: getattr(head, name) for name in FIELDS}
    return Head(lines=lines, logo=_logo_in(text) if head.logo else "", mark=_mark(data), trouble=None)


def write_lines(app: App, lines: Mapping[str, str], *, expect: str) -> None:
    """Put the texts of FIELDS into the file. Raises UsageError when it is no longer the one that was shown, DocumentError for what
    no letterhead may hold."""
    with _writing:
        path, text = _opened(app, expect)
        for name in FIELDS:
            text = _with(text, name, " ".join(lines[name].split())[:_LONGEST])
        read_letterhead(text.encode(), str(path))
        replace_file(path, text.encode())


def put_logo(app: App, data: bytes, *, expect: str) -> None:
    """Keep a picture beside the file and name it there, after a page was printed with it. Raises as `write_lines` does."""
    kind = document.logo_kind(data)
    if not kind:
        raise UsageError(
            Text("PNG, JPG, SVG 그림이 아닙니다", "this is no PNG, JPG or SVG picture"),
            remedy=Text("그림 파일을 확인해 주십시오", "check the file"),
        )
    with _writing:
        path, text = _opened(app, expect)
        # another picture is another name: whoever looks whether the letterhead was changed sees it in the file
        picture = path.with_name(f"logo-{hashlib.sha256(data).hexdigest()[:12]}.{kind}")
        text, known = _with(text, "logo", picture.name), picture.exists()
        try:
            replace_file(picture, data)
            _try(app, read_letterhead(text.encode(), str(path)))
        except MailerError:
            if not known:
                picture.unlink(missing_ok=True)
            raise
        replace_file(path, text.encode())
        _sweep(path.parent, keep=picture.name)


def drop_logo(app: App, *, expect: str) -> None:
    """Print no picture any more; the file goes too if it came from the page."""
    with _writing:
        path, text = _opened(app, expect)
        text = _line("logo").sub("", text)
        read_letterhead(text.encode(), str(path))
        replace_file(path, text.encode())
        _sweep(path.parent, keep="")


def draw(app: App) -> bytes:
    """A sample page with this letterhead, as PNG. Raises DocumentError."""
    path = app.workspace.templates / "letterhead.toml"
    return _drawn(read_letterhead(path.read_bytes(), str(path)), _layout(app))


@lru_cache(maxsize=2)
def _drawn(head: Letterhead, layout: str) -> bytes:
    return document.pictures(_sample(head), letterhead=head, layout=layout, ppi=96)[0]


def _try(app: App, head: Letterhead) -> None:
    try:
        document.render(_sample(head), letterhead=head, layout=_layout(app))
    except DocumentError as error:
        raise UsageError(
            Text("이 그림으로는 문서를 만들 수 없습니다", "no document can be made with this picture"),
            where=error.what.en,
            remedy=Text("PNG나 SVG로 다시 저장해서 올려 주십시오", "save it anew as PNG or SVG, and upload that"),
        ) from error


def _sample(head: Letterhead) -> release.Release:
    return release.parse(_SAMPLE.format(name=head.name_ko).encode(), source="letterhead.toml")


def _layout(app: App) -> str:
    path = app.workspace.templates / "document" / "letter.typ"
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(path) from error


def _opened(app: App, expect: str) -> tuple[Path, str]:
    """The workspace's own file, made if need be, and its text."""
    own = app.workspace.root / "templates"
    path = own / "letterhead.toml"
    try:
        if not own.is_dir():
            shutil.copytree(app.workspace.templates, own)
        if not path.is_file():
            shutil.copyfile(package_data() / "templates" / "letterhead.toml", path)
        data = path.read_bytes()
    except OSError as error:
        raise _unusable(path) from error
    if expect and expect != _mark(data):
        raise UsageError(
            Text(
                "그사이 문서 머리가 바뀌어 저장하지 않았습니다",
                "the letterhead was changed in the meantime; nothing was saved",
            ),
            remedy=Text("바뀐 내용을 보고 다시 저장해 주십시오", "look at it and save again"),
        )
    return path, data.decode("utf-8-sig", "replace")


def _unusable(path: Path) -> WorkspaceError:
    return WorkspaceError(
        Text("서식 폴더의 파일을 읽거나 쓸 수 없습니다", "a file among the templates cannot be read or written"),
        where=str(path),
        remedy=Text("파일이 있는지, 권한이 있는지 확인해 주십시오", "check that it is there, and the permissions"),
    )


def _mark(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _logo_in(text: str) -> str:
    found = re.search(r"""^[ \t]*logo[ \t]*=[ \t]*["']([^"'\n]*)["']""", text, re.MULTILINE)
    return found[1] if found else ""


def _line(name: str) -> re.Pattern[str]:
    return re.compile(
        rf"^([ \t]*{name}[ \t]*=[ \t]*){_VALUE}([ \t]*(?:#[^\n]*)?\r?\n|[ \t]*(?:#[^\n]*)?\Z)", re.MULTILINE
    )


def _with(text: str, name: str, value: str) -> str:
    """A TOML text in which `name` has `value`; comments and other keys stay."""
    quoted = json.dumps(value, ensure_ascii=False)
    if _line(name).search(text):
        return _line(name).sub(lambda found: f"{found[1]}{quoted}{found[2]}", text, count=1)
    return f"{text.rstrip()}\n{name} = {quoted}\n"


def _sweep(folder: Path, *, keep: str) -> None:
    for path in folder.iterdir():
        if _OURS.fullmatch(path.name) and path.name != keep:
            path.unlink(missing_ok=True)
