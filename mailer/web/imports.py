"""Bringing a file into a list: upload, look at what would change, say what unknown columns mean, then write.

An upload is kept under a random name in `var/uploads/` for a day and is named in addresses by that name alone.

Not here: the plan (`contacts/importing.py`), writing (`contacts/writing.py`).
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import secrets
import tempfile
import time
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from mailer import contacts
from mailer.app import App
from mailer.contacts import ContactList, upkeep
from mailer.contacts.columns import KOREAN, field_of
from mailer.desk.forgetting import UPLOADS
from mailer.dispatch import Contact
from mailer.errors import UsageError
from mailer.web.catalogue import list_files
from mailer.web.frames import download
from mailer.web.visit import Visit
from mailer.wording import Text

__all__ = ["bad_rows", "save_import", "show_import", "sweep_uploads", "upload_list"]

SHOWN = 30
DAY = 24 * 60 * 60
_TOKEN = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"[^\x00-\x1f/\\:*?\"<>|.][^\x00-\x1f/\\:*?\"<>|]{0,79}")
# what an unknown column may turn out to be; the address column is found by its content
FILLABLE = ("name", "outlet", "desk", "title", "beat", "phone", "note")


def upload_list(visit: Visit) -> Response:
    file = visit.form.files.get("file")
    name = visit.form.get("name").strip() or visit.form.get("list").strip()
    if file is None or not file.data:
        raise UsageError(Text("파일을 고르지 않았습니다", "no file was chosen"))
    # macOS writes Hangul file names decomposed; a list has one name
    name = unicodedata.normalize("NFC", name or Path(file.filename.replace("\\", "/")).stem)
    if not _NAME.fullmatch(name) or name.endswith(".bad"):
        raise UsageError(
            Text(f"명단 이름으로 쓸 수 없습니다: {name[:80]}", f"this cannot be the name of a list: {name[:80]}"),
            remedy=Text("글자, 숫자, 붙임표만으로 지어 주십시오", "use letters, digits and hyphens"),
        )
    contacts.parse(file.data, source=file.filename[:100] or "upload", name=name)
    visit.app.workspace.ensure_var()
    folder = visit.app.workspace.root / UPLOADS
    folder.mkdir(exist_ok=True)
    sweep_uploads(visit.app)
    token = secrets.token_hex(16)
    # the name first: whoever finds the file finds what it was called
    (folder / f"{token}.name").write_text(file.filename[:100], "utf-8")
    (folder / token).write_bytes(file.data)
    return visit.go(f"/people/import/{token}", list=name, source=visit.form.get("source").strip()[:200])


def show_import(visit: Visit) -> Response:
    name, new, plan = _planned(visit, visit.query)
    return visit.show(
        "import.html",
        token=visit.path("token"),
        name=name,
        new=new,
        plan=plan,
        shown=SHOWN,
        columns=_columns(visit, new),
        fields=[(one, KOREAN[one]) for one in FILLABLE],
        source=visit.query("source"),
        chosen=_mapping(visit.query, new),
        headers=list(enumerate(new.columns)),
        expect=_sha256(_goal(visit.app, name)),
    )


def save_import(visit: Visit) -> Response:
    name, _, plan = _planned(visit, visit.form.get)
    goal = _goal(visit.app, name)
    expected = visit.form.get("expect")
    if expected != _sha256(goal):
        raise UsageError(
            Text("그사이 명단이 바뀌었습니다", "the list was changed in the meantime"),
            remedy=Text("다시 확인해 주십시오", "look at it once more"),
        )
    if not plan.changes_nothing:
        goal.parent.mkdir(parents=True, exist_ok=True)
        upkeep.write_list(goal, plan.result, now=visit.app.here(), expect_sha256=expected)
    return visit.go(f"/people/list/{name}", said="imported")


def bad_rows(visit: Visit) -> Response:
    """The rows that could not be used, as a file to correct."""
    _, new, _ = _planned(visit, visit.query)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bad.csv"
        if not upkeep.write_bad_rows(path, new, language=visit.language):
            raise HTTPException(404)
        return download(path.read_bytes(), f"{new.name}-bad.csv", "text/csv; charset=utf-8")


def _planned(visit: Visit, given: Any) -> tuple[str, ContactList, upkeep.ImportPlan]:
    token, name = visit.path("token"), given("list")
    if not _TOKEN.fullmatch(token) or not _NAME.fullmatch(name):
        raise HTTPException(404)
    folder = visit.app.workspace.root / UPLOADS
    try:
        data, source = (folder / token).read_bytes(), (folder / f"{token}.name").read_text("utf-8")
    except FileNotFoundError as error:
        raise HTTPException(404) from error
    new = contacts.parse(data, source=source or "upload", name=name)
    new = _mapped(new, _mapping(given, new))
    path = list_files(visit.app).get(name)
    old = contacts.read(path, name=name) if path is not None else None
    added = visit.app.here().date().isoformat()
    return name, new, upkeep.plan_import(old, new, source_note=given("source"), added=added)


def _mapping(given: Any, new: ContactList) -> dict[str, str]:
    """Unknown column -> field of a person, as the officer chose: `column-3=outlet`."""
    chosen = {header: given(f"column-{place}") for place, header in enumerate(new.columns)}
    return {header: one for header, one in chosen.items() if one in FILLABLE and field_of(header) is None}


def _mapped(new: ContactList, mapping: Mapping[str, str]) -> ContactList:
    if not mapping:
        return new
    return replace(new, contacts=tuple(_filled(one, mapping) for one in new.contacts))


def _filled(contact: Contact, mapping: Mapping[str, str]) -> Contact:
    extra = dict(contact.extra)
    values = {goal: extra.pop(header) for header, goal in mapping.items() if extra.get(header)}
    empty = {goal: value for goal, value in values.items() if not getattr(contact, goal)}
    return replace(contact, **empty, extra=tuple(extra.items()))  # type: ignore[arg-type]


def _columns(visit: Visit, new: ContactList) -> list[tuple[int, str, str, str]]:
    """(place, header, what it was taken as or "", first value) of each column."""
    found = []
    for place, header in enumerate(new.columns):
        if not header:
            continue
        known = field_of(header)
        samples = (dict(one.extra).get(header, "") for one in new.contacts[:50])
        found.append((place, header, KOREAN.get(known, "") if known else "", next(filter(None, samples), "")))
    return found


def _goal(app: App, name: str) -> Path:
    existing = list_files(app).get(name)
    own = app.workspace.root / "recipients"
    return existing if existing is not None and existing.parent == own else own / f"{name}.csv"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def sweep_uploads(app: App) -> None:
    """Remove what was brought and not imported within a day."""
    folder = app.workspace.root / UPLOADS
    for path in folder.iterdir() if folder.is_dir() else ():
        # another request may sweep, too
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > DAY:
                path.unlink()
