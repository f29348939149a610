"""Step 1 of a release, the letter: begin, write, save, upload, delete; what the reader made of it, and how the mail will look.

Not here: people (`audience.py`), the other steps (`previews.py`, `confirming.py`).
"""

from __future__ import annotations

from typing import Any

from starlette.responses import HTMLResponse, Response

from mailer import release
from mailer.desk.times import WEEKDAYS_EN, WEEKDAYS_KO
from mailer.errors import LetterError, MailerError, UsageError
from mailer.findings import Level
from mailer.ledger import DraftLetter
from mailer.release import write_date
from mailer.release.decode import decode
from mailer.release.remarks import Remarks
from mailer.web.frames import framed
from mailer.web.visit import Visit
from mailer.wording import Text

__all__ = ["begin", "delete", "frame", "open_draft", "save", "show_letter", "show_new", "upload"]

BLANK = """문서번호 :

수 신 : 각 언론사

발 신 :

제 목 : [논평]

전송일자 : {date}

전송매수 : 총 1매

---

"""


def show_new(visit: Visit) -> Response:
    return visit.show("new.html", letters=_letters(visit))


def begin(visit: Visit) -> Response:
    text = _uploaded(visit) if visit.form.get("from") == "file" else _chosen(visit)
    draft = visit.app.ledger.manuscripts.create(title=title_of(text), letter=text, who=visit.who, now=visit.now)
    return visit.go(f"/release/{draft.id}/letter")


def open_draft(visit: Visit) -> Response:
    return _sent(visit, visit.draft()) or visit.go(f"/release/{visit.path('id')}/letter")


def show_letter(visit: Visit) -> Response:
    draft = visit.draft()
    line = visit.number("line", 0)
    return _sent(visit, draft) or visit.show("letter.html", **_page(visit, draft), text=draft.letter, line=line)


def save(visit: Visit) -> Response:
    """Save the text; answers the script with what the reader made of it, a person with the page."""
    return _save(visit, visit.form.get("letter"))


def upload(visit: Visit) -> Response:
    return _save(visit, _uploaded(visit))


def delete(visit: Visit) -> Response:
    visit.app.ledger.manuscripts.remove(visit.draft().id)
    return visit.go("/", said="deleted")


def frame(visit: Visit) -> Response:
    """The e-mail of somebody who stands in no list, for the sandboxed frame."""
    try:
        made = visit.office.bench.alone(visit.draft())
    except MailerError:
        return framed("")
    return framed(made.message(made.audience.recipients[0]).html if made.composer else "")


def title_of(text: str) -> str:
    """The title that stands in a letter, "" while there is none."""
    try:
        return release.parse(text.encode(), source="").title
    except LetterError:
        return ""


def _save(visit: Visit, text: str) -> Response:
    draft, version = visit.draft(), visit.form.get("version")
    saved = visit.app.ledger.manuscripts.save_letter(
        draft.id,
        version=int(version) if version.isdecimal() else 0,
        title=title_of(text),
        letter=text,
        who=visit.who,
        now=visit.now,
    )
    if saved is None:
        sent = _sent(visit, draft)
        if sent is not None:
            return sent
        return visit.show("letter.html", code=409, **(_page(visit, draft) | {"conflict": True}), text=text, line=0)
    if not visit.wants_fragment:
        return visit.go(f"/release/{draft.id}/letter", said="saved")
    return HTMLResponse(
        visit.text("letter_side.html", **_reading(visit, saved), draft=saved), headers={"x-version": str(saved.version)}
    )


def _sent(visit: Visit, draft: DraftLetter) -> Response | None:
    """What was approved is read on its dispatch's page."""
    return visit.go(f"/dispatch/{draft.dispatch_id}") if draft.dispatch_id else None


def _page(visit: Visit, draft: DraftLetter) -> dict[str, Any]:
    return {"draft": draft, "step": "letter", "conflict": False, **_reading(visit, draft)}


def _reading(visit: Visit, draft: DraftLetter) -> dict[str, Any]:
    """What the reader made of the text: facts and what to mend, or the error that stops it."""
    try:
        manuscript = visit.office.bench.alone(draft).manuscript
    except MailerError as error:
        return {"error": error}
    found = manuscript.release
    day = found.dated.weekday()
    return {
        "error": None,
        "release": found,
        "pages": manuscript.document.pages if manuscript.document else 0,
        "weekday": Text(f"({WEEKDAYS_KO[day]})", f"({WEEKDAYS_EN[day]})").to(visit.language),
        "notable": [one for one in manuscript.findings if one.level is not Level.OK],
    }


def _letters(visit: Visit) -> list[str]:
    folder = visit.app.workspace.letters
    return sorted(path.stem for path in folder.glob("*.md")) if folder.is_dir() else []


def _chosen(visit: Visit) -> str:
    name = visit.form.get("letter")
    if name in _letters(visit):
        return _decoded((visit.app.workspace.letters / f"{name}.md").read_bytes(), f"{name}.md")
    return BLANK.format(date=write_date(visit.app.here().date()))


def _uploaded(visit: Visit) -> str:
    file = visit.form.files.get("file")
    if file is None or not file.data:
        raise UsageError(
            Text("파일을 고르지 않았습니다", "no file was chosen"),
            remedy=Text("뒤로 가서 원고 파일을 고르십시오", "go back and choose a letter"),
        )
    return _decoded(file.data, file.filename[:100])


def _decoded(data: bytes, name: str) -> str:
    return decode(data, Remarks(name))
