"""Steps 3 and 4 of a release: every real person's mail in all its forms, and the checks with links to the line.

Not here: the rules (`desk/preflight.py`), the confirming form (`confirming.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from mailer.desk import Preparation
from mailer.desk.preflight import history_findings
from mailer.desk.prepare import Summary, with_findings
from mailer.desk.preview import odd_ones
from mailer.errors import MailerError, StoppedByCheck
from mailer.findings import Level
from mailer.ledger import DraftLetter
from mailer.web.frames import download, framed
from mailer.web.testers import offered
from mailer.web.visit import Visit
from mailer.wording import Text

__all__ = ["checked", "mail", "paper", "ready", "sheet", "show_checks", "show_preview"]

VIEWS = ("html", "phone", "text", "pdf", "raw")
RAW_SHOWN = 60_000
MOST_FOUND = 12


def show_preview(visit: Visit, *, code: int = 200, **trial: Any) -> Response:
    """`trial`: the `problem` of a test copy that was not sent, or what the server said (`tried`)."""
    draft = visit.draft()
    if draft.dispatch_id:
        return visit.go(f"/dispatch/{draft.dispatch_id}")
    common: dict[str, Any] = {"draft": draft, "step": "preview", "person": None, "error": None}
    common |= {"problem": None, "tried": (), **trial}
    try:
        prepared = visit.office.bench.prepared(draft)
    except MailerError as error:
        return visit.show("preview.html", **(common | {"error": error}))
    if prepared.composer is None or prepared.manuscript.document is None:
        return visit.show("preview.html", **common)
    return visit.show("preview.html", code=code, **(common | _person(visit, prepared)))


def _person(visit: Visit, prepared: Preparation) -> dict[str, Any]:
    people = prepared.summaries
    find = visit.query("find").strip()[:100]
    found = [(place, one.contact) for place, one in _matching(people, find)] if find else []
    first = found[0][0] if found and not visit.query("n") else 1
    n = min(max(visit.number("n", first), 1), len(people))
    view = visit.query("view") if visit.query("view") in VIEWS else "html"
    body = ""
    if view in ("text", "raw"):
        made = prepared.message(people[n - 1].contact)
        body = made.text if view == "text" else made.envelope.data[:RAW_SHOWN].decode("utf-8", "replace")
    assert prepared.composer is not None
    return {
        "person": people[n - 1],
        "n": n,
        "total": len(people),
        "view": view,
        "find": find,
        "found": found,
        "odd": list(_odd(visit, people)),
        "body": body,
        "paper": prepared.manuscript.document,
        "sender": prepared.composer.sender,
        "pairs": [(key, value) for key, value in (("view", view), ("find", find)) if value],
        "testers": offered(visit),
    }


def _matching(people: Sequence[Summary], find: str) -> Iterator[tuple[int, Summary]]:
    wanted, shown = find.casefold(), 0
    for place, one in enumerate(people, start=1):
        texts = (one.contact.name, one.contact.outlet, str(one.contact.address))
        if shown < MOST_FOUND and any(wanted in text.casefold() for text in texts):
            shown += 1
            yield place, one


def _odd(visit: Visit, people: Sequence[Summary]) -> Iterator[tuple[str, int]]:
    """Jumps to people whose mail is worth a look."""
    w = visit.w
    yield w.longest_name, max(range(len(people)), key=lambda place: len(people[place].contact.name)) + 1
    yield w.longest_outlet, max(range(len(people)), key=lambda place: len(people[place].contact.outlet)) + 1
    empty = [n for n in sorted(odd_ones(people)) if not people[n - 1].contact.name or not people[n - 1].contact.outlet]
    if empty:
        yield w("empty_fields", n=len(empty)), empty[0]
    for language, words in (("en", w.english), ("ko", w.korean)):
        place = next((n for n, one in enumerate(people, start=1) if one.contact.language == language), None)
        if place is not None and any(one.contact.language != language for one in people):
            yield words, place


def mail(visit: Visit) -> Response:
    """One person's e-mail for the sandboxed frame."""
    prepared, n = ready(visit, visit.draft()), visit.path("n")
    if not 1 <= n <= len(prepared.summaries):
        raise HTTPException(404)
    return framed(prepared.message(prepared.summaries[n - 1].contact).html)


def paper(visit: Visit) -> Response:
    document = ready(visit, visit.draft()).manuscript.document
    assert document is not None
    return download(document.pdf, document.filename, "application/pdf")


def sheet(visit: Visit) -> Response:
    """One page of the paper as a picture."""
    drawn, n = visit.office.bench.pictures(visit.draft()), visit.path("n")
    if not 1 <= n <= len(drawn):
        raise HTTPException(404)
    return Response(drawn[n - 1], media_type="image/png", headers={"cache-control": "private, max-age=3600"})


def ready(visit: Visit, draft: DraftLetter) -> Preparation:
    """The release with its people, every message made. Raises StoppedByCheck when an error stands in the way."""
    prepared = visit.office.bench.prepared(draft)
    if prepared.composer is None or prepared.manuscript.document is None:
        raise StoppedByCheck(
            Text("점검에서 막혀 만들 수 없습니다", "the checks stand in the way"), findings=prepared.findings
        )
    return prepared


def checked(visit: Visit, draft: DraftLetter) -> Preparation:
    """The release with its people and with what the ledger knows. Raises what `desk.prepare` raises."""
    prepared = visit.office.bench.prepared(draft)
    release, app = prepared.manuscript.release, visit.app
    known = history_findings(release, app.ledger.dispatches.all(), practice=app.config.practice)
    return with_findings(prepared, tuple(known))


def show_checks(visit: Visit) -> Response:
    draft = visit.draft()
    if draft.dispatch_id:
        return visit.go(f"/dispatch/{draft.dispatch_id}")
    try:
        found = checked(visit, draft).findings
    except MailerError as error:
        return visit.show("checks.html", draft=draft, step="checks", error=error)
    levels = [one.level for one in found]
    return visit.show(
        "checks.html",
        draft=draft,
        step="checks",
        error=None,
        found=found,
        errors=levels.count(Level.ERROR),
        warnings=levels.count(Level.WARNING),
    )
