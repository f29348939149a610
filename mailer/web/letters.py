"""Step 1 of a release, the letter: begin, write, save, upload, delete; what the reader made of it, and how the mail will look.

Not here: people (`audience.py`), the other steps (`previews.py`, `confirming.py`).
"""

from __future__ import annotations

from html import escape
from typing import Any

from starlette.responses import HTMLResponse, Response

from mailer import release
from mailer.desk.times import WEEKDAYS_EN, WEEKDAYS_KO
from mailer.errors import LetterError, MailerError, UsageError
from mailer.findings import Level
from mailer.ledger import DraftLetter
from mailer.release import write_date
from mailer.release.decode import MOST_BYTES
from mailer.web.frames import framed
from mailer.web.names_file import named_by, names_in_form, names_of
from mailer.web.office import letter_name
from mailer.web.uploads import Read, fitting, read_text, uploaded
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
    """A draft from a file, with the file of signatories where there is one, or from a letter of the workspace, or blank."""
    if visit.form.get("from") == "file":
        return _begun(visit, _needed(uploaded(visit, "file")), uploaded(visit, "names"))
    return _begun(visit, *_chosen(visit))


def open_draft(visit: Visit) -> Response:
    return _sent(visit, visit.draft()) or visit.go(f"/release/{visit.path('id')}/letter")


def show_letter(visit: Visit) -> Response:
    draft = visit.draft()
    line = visit.number("line", 0)
    return _sent(visit, draft) or visit.show("letter.html", **_page(visit, draft), text=draft.letter, line=line)


def save(visit: Visit) -> Response:
    """Save the text and the file of signatories; answers the script with what the reader made of it, a person with the page."""
    draft, text = visit.draft(), visit.form.get("letter")
    try:
        if len(text.encode()) > MOST_BYTES:
            fitting(text, letter_name(draft.id))
        names, changed = names_in_form(visit, draft, text)
    except LetterError as error:
        return _refused(visit, draft, text, error)
    said = "read_guessed" if names.guessed else "names_saved" if changed and names.name else "saved"
    return _save(visit, draft, text, names, said)


def upload(visit: Visit) -> Response:
    """Another letter in the place of the text. The file of signatories stays: the new letter may name it, too."""
    draft, file = visit.draft(), _needed(uploaded(visit, "file"))
    kept = Read(name=draft.names_file, text=draft.names, guessed=False)
    return _save(visit, draft, file.text, kept, "read_guessed" if file.guessed else "saved")


def delete(visit: Visit) -> Response:
    draft = visit.draft()
    if visit.app.ledger.manuscripts.remove(draft.id, version=visit.form.number("version")):
        return visit.go("/", said="deleted")
    changed = UsageError(
        Text("그사이 다른 곳에서 고쳐서 지우지 않았습니다", "somebody changed it in the meantime; nothing was deleted")
    )
    return _sent(visit, draft) or _refused(visit, draft, draft.letter, changed)


def frame(visit: Visit) -> Response:
    """The e-mail of somebody who stands in no list, for the sandboxed frame."""
    try:
        made = visit.office.bench.alone(visit.draft())
    except MailerError:
        made = None
    if made is None or made.composer is None:
        return framed(
            f'<!doctype html><title>–</title><p style="font-family: sans-serif">{escape(visit.w.nothing_yet)}</p>'
        )
    return framed(made.message(made.audience.recipients[0]).html)


def title_of(text: str) -> str:
    """The title that stands in a letter, "" while there is none."""
    try:
        return release.parse(text.encode(), source="").title
    except LetterError:
        return ""


def _begun(visit: Visit, letter: Read, names: Read | None) -> Response:
    draft = visit.app.ledger.manuscripts.create(
        title=title_of(letter.text),
        letter=letter.text,
        names_file=(named_by(letter.text) or names.name) if names else "",
        names=names.text if names else "",
        who=visit.who,
        now=visit.now,
    )
    guessed = letter.guessed or (names is not None and names.guessed)
    return visit.go(f"/release/{draft.id}/letter", said="read_guessed" if guessed else "")


def _save(visit: Visit, draft: DraftLetter, text: str, names: Read, said: str) -> Response:
    saved = visit.app.ledger.manuscripts.save_letter(
        draft.id,
        version=visit.form.number("version"),
        title=title_of(text),
        letter=text,
        names_file=names.name,
        names=names.text,
        who=visit.who,
        now=visit.now,
    )
    if saved is None:
        now = visit.draft()
        sent = _sent(visit, now)
        if sent is not None:
            return sent
        if (now.letter, now.names_file, now.names) != (text, names.name, names.text):
            if visit.wants_fragment:
                return HTMLResponse("", status_code=409)
            return visit.show("letter.html", code=409, **(_page(visit, now) | {"conflict": True}), text=text, line=0)
        # the same form once more, by a second click
        saved = now
    if not visit.wants_fragment:
        return visit.go(f"/release/{draft.id}/letter", said=said)
    page = _page(visit, saved)
    return HTMLResponse(visit.text("letter_parts.html", **page), headers={"x-version": str(saved.version)})


def _refused(visit: Visit, draft: DraftLetter, text: str, error: MailerError) -> Response:
    """What cannot be kept stays on the screen, beside the reason."""
    if visit.wants_fragment:
        return HTMLResponse(escape(error.what.to(visit.language)), status_code=422)
    return _sent(visit, draft) or visit.show(
        "letter.html", code=422, **(_page(visit, draft) | {"refused": error}), text=text, line=0
    )


def _sent(visit: Visit, draft: DraftLetter) -> Response | None:
    """What was approved is read on its dispatch's page."""
    return visit.go(f"/dispatch/{draft.dispatch_id}") if draft.dispatch_id else None


def _page(visit: Visit, draft: DraftLetter) -> dict[str, Any]:
    reading = _reading(visit, draft)
    names = names_of(draft, reading["found"])
    notable = [one for one in reading["found"] if one.level is not Level.OK and one not in names.findings]
    return {
        "draft": draft,
        "step": "letter",
        "conflict": False,
        "refused": None,
        "names": names,
        "pasted": visit.form.get("pasted") or names.text,
        "notable": notable,
        **reading,
    }


def _reading(visit: Visit, draft: DraftLetter) -> dict[str, Any]:
    """What the reader made of the text: facts and findings, or the error that stops it."""
    try:
        manuscript = visit.office.bench.alone(draft).manuscript
    except MailerError as error:
        return {"error": error, "found": ()}
    found = manuscript.release
    day = found.dated.weekday()
    return {
        "error": None,
        "release": found,
        "pages": manuscript.document.pages if manuscript.document else 0,
        "weekday": Text(f"({WEEKDAYS_KO[day]})", f"({WEEKDAYS_EN[day]})").to(visit.language),
        "found": manuscript.findings,
    }


def _letters(visit: Visit) -> list[str]:
    folder = visit.app.workspace.letters
    return sorted(path.stem for path in folder.glob("*.md")) if folder.is_dir() else []


def _chosen(visit: Visit) -> tuple[Read, Read | None]:
    """A letter of the workspace with the file of signatories that lies beside it, or the blank form."""
    name = visit.form.get("letter")
    if name not in _letters(visit):
        return Read(name="", text=BLANK.format(date=write_date(visit.app.here().date())), guessed=False), None
    path = visit.app.workspace.letters / f"{name}.md"
    data = path.read_bytes()
    beside = [read_text(names, called) for called, names in release.companions_at(path, data).items()]
    return read_text(data, path.name), next(iter(beside), None)


def _needed(file: Read | None) -> Read:
    if file is None:
        raise UsageError(
            Text("파일을 고르지 않았습니다", "no file was chosen"),
            remedy=Text("뒤로 가서 원고 파일을 고르십시오", "go back and choose a letter"),
        )
    return file
