"""One person: where they stand, everything that was ever addressed to them, and forgetting them at their request.

Forgetting is looked at first: the page names what would be erased and what stays, found by the same walk that erases. Typing the
address confirms it.

Not here: lists and suppressions (`lists.py`), what forgetting does (`desk/forgetting.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.responses import Response

from mailer.contacts import Problem, parse_address
from mailer.desk import forgetting
from mailer.desk.forgetting import Erased
from mailer.dispatch import Address, Contact
from mailer.errors import IllegalMove, UsageError
from mailer.ledger.forgetting import masked
from mailer.web.catalogue import places_of
from mailer.web.plain import told_for_pages
from mailer.web.visit import Visit
from mailer.wording import Text

__all__ = ["forget", "show_forget", "show_person"]


def show_person(visit: Visit) -> Response:
    """Where somebody stands, and everything that was ever addressed to them, also before they were forgotten."""
    address = _address(visit.query("address"))
    ledger = visit.app.ledger
    rows = ledger.overview.person(*ledger.forgetting.keys(address.key))
    places = places_of(visit.app, address)
    titles = {one.id: one.title for one in ledger.dispatches.all()} if rows else {}
    return visit.show(
        "person.html",
        address=str(address),
        name=_name(one for one in (*(one for _, one in places), *(row.delivery.contact for row in rows))),
        places=places,
        rows=[
            (row, meaning, titles.get(row.delivery.dispatch_id, "")) for row, meaning in told_for_pages(ledger, rows)
        ],
        barred=visit.app.suppressions().why(address),
    )


def show_forget(visit: Visit) -> Response:
    return _show(visit, _address(visit.query("address")))


def forget(visit: Visit) -> Response:
    """Erase somebody for good. The answer is the page itself: an address that leads to it would hold the person again."""
    address = _address(visit.form.get("address"))
    typed = parse_address(visit.form.get("typed"), check_slips=False)
    if isinstance(typed, Problem) or typed.key != address.key:
        return _show(visit, address, wrong=True)
    app = visit.app
    try:
        gone = forgetting.forget(address, root=app.workspace.root, inbox=app.workspace.inbox, ledger=app.ledger)
    except IllegalMove:
        # a dispatch to them began after the page was opened: nothing was erased, and the page says what is in the way
        return _show(visit, address)
    visit.office.forget()
    return visit.show("forget.html", done=True, **_facts(visit, address, gone))


def _show(visit: Visit, address: Address, *, wrong: bool = False) -> Response:
    app = visit.app
    waiting = app.ledger.forgetting.waiting_in(address)
    found = forgetting.foresee(address, root=app.workspace.root, inbox=app.workspace.inbox, ledger=app.ledger)
    code = 409 if waiting else 422 if wrong else 200
    return visit.show(
        "forget.html", code=code, done=False, waiting=waiting, wrong=wrong, **_facts(visit, address, found)
    )


def _facts(visit: Visit, address: Address, found: Erased) -> dict[str, Any]:
    shown = visit.app.shown
    return {
        "address": str(address),
        "masked": masked(address),
        "found": found,
        "cut": [(shown(one.path), one.removed) for one in found.rows if one.removed],
        "by_hand": [(shown(one.path), one.by_hand, one.note) for one in found.rows if one.note is not None],
        "left": [shown(path) for path in found.left],
    }


def _address(typed: str) -> Address:
    found = parse_address(typed, check_slips=False)
    if isinstance(found, Problem):
        raise UsageError(Text("메일 주소가 아닙니다", "this is not an e-mail address"), where=typed[:200])
    return found


def _name(known: Iterable[Contact]) -> str:
    return next((one.name for one in known if one.name), "")
