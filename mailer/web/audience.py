"""Step 2 of a release, the people: which lists, whom not, and everybody who is left out with the reason.

Not here: the rules (`contacts/audience.py`), the lists themselves (`lists.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from mailer import contacts
from mailer.contacts import Audience, ContactList
from mailer.errors import MailerError
from mailer.ledger import DraftLetter
from mailer.web.catalogue import list_files, read_list, read_lists
from mailer.web.office import chosen_files
from mailer.web.visit import Visit

__all__ = ["save_people", "show_people"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A list as something to tick."""

    name: str
    number: int
    problems: int


def show_people(visit: Visit) -> Response:
    draft = visit.draft()
    if draft.dispatch_id:
        return visit.go(f"/dispatch/{draft.dispatch_id}")
    return visit.show("people_step.html", **_page(visit, draft))


def save_people(visit: Visit) -> Response:
    draft, form = visit.draft(), visit.form
    known = list_files(visit.app)
    lists, exclude = ([name for name in form.all(key) if name in known] for key in ("lists", "exclude"))
    condition = form.get("condition").strip()
    typed = {"chosen": lists, "excluded": exclude, "condition": condition, "audience": None}
    try:
        if condition:
            contacts.parse_filter(condition)
    except MailerError as error:
        return visit.show("people_step.html", code=422, **(_page(visit, draft) | typed | {"error": error}))
    saved = visit.app.ledger.manuscripts.save_people(
        draft.id,
        version=form.number("version"),
        lists=lists,
        exclude=exclude,
        condition=condition,
        who=visit.who,
        now=visit.now,
    )
    if saved is None:
        now = visit.draft()
        if now.dispatch_id:
            return visit.go(f"/dispatch/{now.dispatch_id}")
        if (list(now.lists), list(now.exclude), now.condition) != (lists, exclude, condition):
            return visit.show("people_step.html", code=409, **(_page(visit, now) | typed | {"conflict": True}))
        # the same form once more, by a second click
    return visit.go(f"/release/{draft.id}/people", said="people_saved")


def _page(visit: Visit, draft: DraftLetter) -> dict[str, Any]:
    error, audience = None, None
    try:
        audience = _audience(visit, draft) if draft.lists else None
    except MailerError as caught:
        error = caught
    return {
        "draft": draft,
        "step": "people",
        "lists": [_choice(name, found) for name, found in read_lists(visit.app)],
        "chosen": draft.lists,
        "excluded": draft.exclude,
        "condition": draft.condition,
        "audience": audience,
        "error": error,
        "conflict": False,
    }


def _choice(name: str, found: ContactList | MailerError) -> Choice:
    if isinstance(found, MailerError):
        return Choice(name=name, number=0, problems=1)
    bad = sum(one.drops and one.code != "duplicate" for one in found.problems)
    return Choice(name=name, number=len(found.contacts), problems=bad)


def _audience(visit: Visit, draft: DraftLetter) -> Audience:
    chosen_files(visit.app, draft)
    return contacts.merge(
        [read_list(visit.app, name) for name in draft.lists],
        exclude=[read_list(visit.app, name) for name in draft.exclude],
        where=contacts.parse_filter(draft.condition) if draft.condition else None,
        suppressions=visit.app.suppressions(),
    )
