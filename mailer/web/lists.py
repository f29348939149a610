"""연락처: the lists and their people, and whom nobody may write to.

Not here: one person (`person.py`), bringing files in (`imports.py`), the rules (`contacts/`).
"""

from __future__ import annotations

from starlette.responses import Response

from mailer.contacts import Problem, upkeep
from mailer.desk.preview import file_part
from mailer.errors import MailerError
from mailer.web.catalogue import people_matching, read_list, read_lists
from mailer.web.frames import download
from mailer.web.visit import Visit

__all__ = ["allow", "export_list", "show_list", "show_lists", "show_suppressed", "suppress"]

SHOWN = 100


def show_lists(visit: Visit) -> Response:
    found = read_lists(visit.app)
    return visit.show("lists.html", lists=[(name, one, isinstance(one, MailerError)) for name, one in found])


def show_list(visit: Visit) -> Response:
    name, find = visit.path("name"), visit.query("find").strip()[:100]
    found = read_list(visit.app, name)
    people = people_matching(visit.app, name, find)
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
