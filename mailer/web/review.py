"""발송 기록: who got it, who did not, what the server said and what to do; files of it, a sheet of paper, doubts, and again.

Not here: the meaning of replies (`transport/`), resolving and resending themselves (`desk/doubts.py`).
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from mailer.desk.approval import schedule
from mailer.desk.doubts import failed_deliveries, least_sizes, resend_failed, resolve
from mailer.desk.export import csv_stream, export_log
from mailer.desk.report import explained, log_lines, log_stream, status_of
from mailer.dispatch import Delivery, DeliveryMove, DeliveryState, Dispatch
from mailer.errors import LedgerError, UsageError
from mailer.ledger import LogFilter, LogOrder, LogRow
from mailer.web.confirming import TYPED_ABOVE, ask_server, hold_until, number_in, way_out
from mailer.web.frames import download, download_stream
from mailer.web.plain import meaning_for_pages, told_for_pages
from mailer.web.visit import Visit
from mailer.wording import Text

__all__ = ["export", "print_view", "resend", "settle", "show_log", "show_resend"]

SHOWN = 50
PRINTED = 400
PRINTED_ROWS = 25
_KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_SETTLE = {"confirm": DeliveryMove.CONFIRM, "resend": DeliveryMove.RESEND, "abandon": DeliveryMove.ABANDON}


def show_log(visit: Visit) -> Response:
    ledger, which = visit.app.ledger, _filter(visit)
    order = LogOrder(visit.query("sort")) if visit.query("sort") in set(LogOrder) else LogOrder.PLACE
    descending = visit.query("down") == "1"
    rows, total, page = _page(visit, which, order, descending=descending)
    last = max(-(-total // SHOWN), 1)
    chosen = ledger.dispatches.get(which.dispatch_id) if which.dispatch_id else None
    counts = ledger.queue.counts(chosen.id) if chosen else {}
    return visit.show(
        "log.html",
        rows=[(line.row, meaning_for_pages(line), line.history) for line in explained(ledger, rows, attempts=True)],
        total=total,
        page=page,
        last=last,
        order=order,
        descending=descending,
        chosen=chosen,
        counts=counts,
        doubts=counts.get(DeliveryState.IN_DOUBT, 0),
        failed=counts.get(DeliveryState.FAILED, 0) + counts.get(DeliveryState.BOUNCED, 0),
        find=which.find,
        state=visit.query("state"),
        dispatches=ledger.dispatches.all(),
        pairs=_pairs(visit),
    )


def export(visit: Visit) -> Response:
    """The filtered log as a file, every row of it; CSV begins at once, however long it becomes."""
    ending = visit.path("ending")
    if ending not in _KINDS:
        raise HTTPException(404)
    number = visit.query("dispatch")
    stem = f"{visit.w.log_file}-{number}" if number.isdecimal() else visit.w.log_file
    lines, zone = log_stream(visit.app.ledger, _filter(visit)), visit.app.config.timezone
    if ending == "csv":
        parts = csv_stream(lines, language=visit.language, zone=zone)
        return download_stream(parts, f"{stem}.{ending}", _KINDS[ending])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"log.{ending}"
        export_log(lines, path, language=visit.language, zone=zone)
        data = path.read_bytes()
    return download(data, f"{stem}.{ending}", _KINDS[ending])


def print_view(visit: Visit) -> Response:
    """One dispatch on a sheet of paper, for the file: the facts, who did not get it, and the names of those who did."""
    dispatch = visit.dispatch()
    overview, got = visit.app.ledger.overview, (DeliveryState.ACCEPTED,)
    rest = LogFilter(dispatch_id=dispatch.id, states=tuple(state for state in DeliveryState if state not in got))
    fine = overview.names(LogFilter(dispatch_id=dispatch.id, states=got), PRINTED)
    others = overview.page(rest, order=LogOrder.PLACE, limit=PRINTED_ROWS, offset=0)
    status = status_of(visit.app.ledger, dispatch, visit.now)
    return visit.show(
        "print.html",
        dispatch=dispatch,
        status=status,
        fine=fine,
        rows=told_for_pages(visit.app.ledger, others),
        more=status.total - len(fine) - len(others),
    )


def settle(visit: Visit) -> Response:
    """Confirm, resend or abandon one doubt, or all of a dispatch that the page showed."""
    dispatch, form = visit.dispatch(), visit.form
    doubts = visit.app.ledger.queue.counts(dispatch.id)[DeliveryState.IN_DOUBT]
    if form.get("move") not in _SETTLE:
        raise HTTPException(400)
    addresses = None if form.get("all") == "1" else [form.get("address")]
    if addresses is None and doubts and form.get("expect") not in ("", str(doubts)):
        # somebody came to be in doubt after the page was drawn: nobody has looked after them yet
        raise UsageError(
            Text(
                "그사이 ‘확인 필요’인 사람 수가 바뀌어 아무것도 정리하지 않았습니다",
                "the number of people in doubt has changed in the meantime; nothing was settled",
            ),
            remedy=Text("발송 기록을 다시 보고 정리해 주십시오", "look at the log again, then settle them"),
        )
    resolve(visit.app.ledger, dispatch, _SETTLE[form.get("move")], addresses, who=visit.who, now=visit.now)
    return visit.go("/log", said="settled", dispatch=dispatch.id)


def show_resend(visit: Visit) -> Response:
    return _show_resend(visit, visit.dispatch())


def resend(visit: Visit) -> Response:
    """A new dispatch to exactly those who did not get the old one; the same form makes it once."""
    app, old, form = visit.app, visit.dispatch(), visit.form
    known = app.ledger.dispatches.by_request_key(form.get("key"))
    if known is not None:
        return visit.go(f"/dispatch/{known.id}")
    rows = failed_deliveries(app.ledger, old)
    problem = _problem(visit, old, rows)
    if not problem:
        ask_server(app, least_sizes(app.ledger.dispatches.package(old.id)[1], rows))
        # it may have taken its time
        rows = failed_deliveries(app.ledger, old)
        problem = _problem(visit, old, rows)
    if problem:
        return _show_resend(visit, old, problem=problem)
    key = form.get("key")
    now, terms = visit.now, app.terms(request_key=key)
    try:
        made = resend_failed(
            app.ledger, old, rows, suppressions=app.suppressions(), terms=terms, who=visit.who, now=now
        )
    except LedgerError:
        first = app.ledger.dispatches.by_request_key(key)
        if first is None:
            raise
        return visit.go(f"/dispatch/{first.id}")
    schedule(app.ledger, made, hold_until(now, terms.zone), late_after=terms.late_after, who=visit.who, now=now)
    return visit.go(f"/dispatch/{made.id}")


def _problem(visit: Visit, old: Dispatch, rows: tuple[Delivery, ...]) -> str:
    """Why this form may not send, in the visitor's language; "" when it may."""
    if visit.form.get("way") != way_out(visit.app.config):
        return visit.w.way_changed
    if visit.form.get("key") != _key(visit, old, rows):
        return visit.w.changed_meanwhile
    if len(rows) > TYPED_ABOVE and number_in(visit.form.get("number")) != str(len(rows)):
        return visit.w("wrong_number", n=len(rows))
    return ""


def _show_resend(visit: Visit, old: Dispatch, *, problem: str = "") -> Response:
    rows = failed_deliveries(visit.app.ledger, old)
    wanted = {row.id for row in rows}
    lost = (DeliveryState.FAILED, DeliveryState.BOUNCED)
    lines = log_lines(visit.app.ledger, LogFilter(dispatch_id=old.id, states=lost))
    return visit.show(
        "resend.html",
        code=409 if problem else 200,
        dispatch=old,
        people=[(line.row, meaning_for_pages(line)) for line in lines if line.row.delivery.id in wanted],
        key=_key(visit, old, rows),
        typed_above=TYPED_ABOVE,
        way=way_out(visit.app.config),
        problem=problem,
    )


def _key(visit: Visit, old: Dispatch, rows: tuple[Delivery, ...]) -> str:
    """The same for the same people after the same earlier tries: what two open windows share."""
    earlier = sum(one.follows == old.id for one in visit.app.ledger.dispatches.all())
    people = ",".join(str(row.id) for row in rows)
    return f"resend-{old.id}-{earlier}-{hashlib.sha256(people.encode()).hexdigest()[:16]}"


def _filter(visit: Visit) -> LogFilter:
    number, state = visit.number("dispatch", 0), visit.query("state")
    return LogFilter(
        dispatch_id=number or None,
        states=(DeliveryState(state),) if state in set(DeliveryState) else (),
        find=visit.query("find").strip()[:200],
    )


def _page(visit: Visit, which: LogFilter, order: LogOrder, *, descending: bool) -> tuple[tuple[LogRow, ...], int, int]:
    """(rows, number of all that match, page shown)."""
    overview, page = visit.app.ledger.overview, max(visit.number("page", 1), 1)
    if which.find:
        start = (page - 1) * SHOWN
        rows, total = overview.search(which, order=order, descending=descending, limit=SHOWN, offset=start)
        return rows, total, page if rows else 1
    numbers = _numbers(visit, which)
    total = sum(numbers.values())
    page = min(page, max(-(-total // SHOWN), 1))
    start = (page - 1) * SHOWN
    rows = overview.page(which, order=order, descending=descending, limit=SHOWN, offset=start, numbers=numbers)
    return rows, total, page


def _numbers(visit: Visit, which: LogFilter) -> dict[int, int]:
    """How many rows of each dispatch match: without a search the counts of all states are at hand."""
    return {
        dispatch: sum(number for state, number in counts.items() if not which.states or state in which.states)
        for dispatch, counts in visit.app.ledger.overview.counts().items()
        if which.dispatch_id in (None, dispatch)
    }


def _pairs(visit: Visit) -> list[tuple[str, Any]]:
    names = ("dispatch", "state", "find", "sort", "down")
    return [(name, visit.query(name)) for name in names if visit.query(name)]
