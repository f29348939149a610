"""연락처: the lists and their people, each person's history, and whom nobody may write to.

Not here: bringing files in (`imports.py`), the rules (`contacts/`).
"""

from __future__ import annotations

from starlette.responses import Response

from mailer.contacts import Problem, parse_address, upkeep
from mailer.desk.preview import file_part
from mailer.dispatch import Contact
from mailer.errors import MailerError, UsageError
from mailer.web.catalogue import read_list, read_lists
from mailer.web.frames import download
from mailer.web.plain import meaning_for_pages
from mailer.web.visit import Visit
from mailer.wording import Text

__all__ = ["allow", "export_list", "show_list", "show_lists", "show_person", "show_suppressed", "suppress"]

SHOWN = 100


def show_lists(visit: Visit) -> Response:
    found = read_lists(visit.app)
    return visit.show("lists.html", lists=[(name, one, isinstance(one, MailerError)) for name, one in found])


def show_list(visit: Visit) -> Response:
    name, find = visit.path("name"), visit.query("find").strip()[:100]
    found = read_list(visit.app, name)
    people = [one for one in found.contacts if _matches(one, find)]
    last = max(-(-len(people) // SHOWN), 1)
    page = min(max(visit.number("page", 1), 1), last)
    return visit.show(
        "list.html",
        name=name,
        found=found,
        total=len(people),
        people=people[(page - 1) * SHOWN : page * SHOWN],
        page=page,
        last=last,
        find=find,
        problems=[one for one in found.problems if one.drops][:SHOWN],
    )


def export_list(visit: Visit) -> Response:
    """The list as a file that Excel opens, without formulas."""
    found = read_list(visit.app, visit.path("name"))
    return download(upkeep.render_list(found.contacts), f"{file_part(found.name)}.csv", "text/csv; charset=utf-8")


def show_person(visit: Visit) -> Response:
    """Where somebody stands, and everything that was ever addressed to them."""
    address = parse_address(visit.query("address"), check_slips=False)
    if isinstance(address, Problem):
        raise UsageError(
            Text("메일 주소가 아닙니다", "this is not an e-mail address"), where=visit.query("address")[:200]
        )
    rows = visit.app.ledger.overview.person(address.key)
    places = [
        (name, one)
        for name, found in read_lists(visit.app)
        if not isinstance(found, MailerError)
        for one in found.contacts
        if one.address.key == address.key
    ]
    titles = {one.id: one.title for one in visit.app.ledger.dispatches.all()} if rows else {}
    return visit.show(
        "person.html",
        address=str(address),
        name=_name(places, [row.delivery.contact for row in rows]),
        places=places,
        rows=[(row, meaning_for_pages(row), titles.get(row.delivery.dispatch_id, "")) for row in rows],
        barred=visit.app.suppressions().why(address),
    )


def show_suppressed(visit: Visit) -> Response:
    return _suppressed(visit)


def suppress(visit: Visit) -> Response:
    known, form = visit.app.suppressions(), visit.form
    reason = form.get("reason").strip()[:200] or visit.w.opted_out
    entry = known.entry(form.get("target"), reason=reason, added_at=visit.now, added_by=visit.who)
    if isinstance(entry, Problem):
        return _suppressed(visit, wrong=entry)
    visit.app.ledger.suppressed.add([entry])
    return visit.go("/people/suppressed", said="suppressed")


def allow(visit: Visit) -> Response:
    visit.app.ledger.suppressed.remove(visit.form.get("digest"))
    return visit.go("/people/suppressed", said="allowed")


def _suppressed(visit: Visit, *, wrong: Problem | None = None) -> Response:
    return visit.show(
        "suppressed.html",
        code=422 if wrong else 200,
        entries=visit.app.suppressions().entries,
        wrong=wrong,
        target=visit.form.get("target") or visit.query("target"),
    )


def _matches(contact: Contact, find: str) -> bool:
    wanted = find.casefold()
    return not wanted or any(
        wanted in text.casefold() for text in (contact.name, contact.outlet, str(contact.address), contact.desk)
    )


def _name(places: list[tuple[str, Contact]], sent: list[Contact]) -> str:
    known = [one for _, one in places] + sent
    return next((one.name for one in known if one.name), "")
