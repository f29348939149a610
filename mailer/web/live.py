"""발송 현황: one dispatch while it waits, goes out, stands still or is over; by itself in the open window, or by reload.

Every event is a whole snapshot of the page's moving parts, so a lost one, a reload or a second window change nothing.

Not here: the numbers (`desk/report.py`), the log (`review.py`).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mailer.desk import approval
from mailer.desk.report import Status, status_of
from mailer.desk.times import read_wall_time
from mailer.dispatch import DeliveryState, Dispatch, DispatchStatus
from mailer.ledger import LogRow
from mailer.web.confirming import HOLD
from mailer.web.plain import pause_for_pages, told_for_pages
from mailer.web.roles import Role
from mailer.web.states import BAR, STATUS_TAGS
from mailer.web.visit import Typed, Visit, refusal_of, visit_of

__all__ = ["cancel", "events", "go_on", "move", "pause", "show_dispatch"]

NEWEST = 8
LOOK = 0.5
LOOK_IDLE = 2.0
PING = 15.0
LONGEST = 4 * 60 * 60.0
_OVER = (DispatchStatus.DONE, DispatchStatus.CANCELLED)


def show_dispatch(visit: Visit) -> Response:
    dispatch = visit.dispatch()
    facts = _facts(visit, dispatch)
    left_out = visit.app.ledger.dispatches.left_out(dispatch.id)
    return visit.show("dispatch.html", **facts, left_out=left_out, page_title=_title(visit, facts["status"]))


def pause(visit: Visit) -> Response:
    approval.pause(visit.app.ledger, visit.dispatch().id, who=visit.who, now=visit.now)
    return visit.go(f"/dispatch/{visit.path('id')}")


def go_on(visit: Visit) -> Response:
    dispatch = visit.dispatch()
    if dispatch.status is DispatchStatus.APPROVED:
        approval.send_now(visit.app.ledger, dispatch, who=visit.who, now=visit.now)
    else:
        visit.app.ledger.dispatches.resume(dispatch.id, who=visit.who, now=visit.now)
    return visit.go(f"/dispatch/{dispatch.id}")


def cancel(visit: Visit) -> Response:
    """Cancel what has not left. What never began to leave becomes a draft again."""
    ledger, dispatch = visit.app.ledger, visit.dispatch()
    cancelled = ledger.dispatches.cancel(dispatch.id, who=visit.who, now=visit.now)
    draft = ledger.manuscripts.of_dispatch(dispatch.id)
    if draft is not None and cancelled.started_at is None and ledger.manuscripts.reopen(draft.id, dispatch.id):
        return visit.go(f"/release/{draft.id}/send", said="taken_back")
    return visit.go(f"/dispatch/{dispatch.id}", said="cancelled")


def move(visit: Visit) -> Response:
    """Another time for a scheduled or held dispatch."""
    app, dispatch, form = visit.app, visit.dispatch(), visit.form
    moment = read_wall_time(f"{form.get('day')} {form.get('clock')}", app.config.timezone, visit.now)
    approval.schedule(app.ledger, dispatch, moment, late_after=dispatch.late_after, who=visit.who, now=visit.now)
    return visit.go(f"/dispatch/{dispatch.id}", said="moved")


async def events(request: Request) -> Response:
    """The stream behind an open page (text/event-stream)."""
    visit = await run_in_threadpool(visit_of, request, Typed(), touch=False)
    refusal = refusal_of(visit, Role.WRITE, False)
    if refusal is not None:
        return refusal
    if await run_in_threadpool(visit.app.ledger.dispatches.get, visit.path("id")) is None:
        raise HTTPException(404)
    headers = {"x-accel-buffering": "no", "cache-control": "no-store"}
    return StreamingResponse(_stream(visit), media_type="text/event-stream", headers=headers)


async def _stream(visit: Visit) -> AsyncIterator[str]:
    stop = visit.office.watch()
    loop = asyncio.get_running_loop()
    began, spoken, last = loop.time(), loop.time(), ""
    try:
        while not stop.is_set() and loop.time() - began < LONGEST:
            if await run_in_threadpool(_logged_out, visit):
                return
            snapshot, pause_for = await run_in_threadpool(_snapshot, visit)
            if snapshot != last:
                last, spoken = snapshot, loop.time()
                yield f"data: {snapshot}\n\n"
            elif loop.time() - spoken > PING:
                spoken = loop.time()
                yield ": still here\n\n"
            if json.loads(snapshot)["done"]:
                return
            try:
                await asyncio.wait_for(stop.wait(), pause_for)
            except TimeoutError:
                continue
    finally:
        visit.office.unwatch(stop)


def _logged_out(visit: Visit) -> bool:
    """A page may stay open longer than its session, and does not keep it alive: only a person does."""
    return not visit_of(visit.request, Typed(), touch=False).may(Role.WRITE)


def _snapshot(visit: Visit) -> tuple[str, float]:
    facts = _facts(visit, visit.dispatch())
    status: Status = facts["status"]
    moving = status.dispatch.status is DispatchStatus.SENDING or facts["hold"] > 0
    told = {
        "title": f"{_title(visit, status)} · {visit.w.product}",
        "card": visit.text("live_card.html", **facts),
        "actions": visit.text("live_actions.html", **facts),
        "say": facts["say_line"],
        "step": facts["percent"] // 10,
        "done": status.dispatch.status in _OVER,
        "movable": facts["movable"],
    }
    return json.dumps(told, ensure_ascii=False), LOOK if moving else LOOK_IDLE


def _facts(visit: Visit, dispatch: Dispatch) -> dict[str, Any]:
    ledger, now = visit.app.ledger, visit.now
    status = status_of(ledger, dispatch, now)
    percent = _percent(status)
    what, todo = pause_for_pages(dispatch.pause_reason)
    send_at = dispatch.send_at
    held = dispatch.status is DispatchStatus.SCHEDULED and send_at is not None and _is_hold(dispatch)
    newest = ledger.overview.newest(dispatch.id, NEWEST) if dispatch.started_at else ()
    return {
        "dispatch": dispatch,
        "status": status,
        "percent": percent,
        "bar": _bar(status),
        "what": what,
        "todo": todo,
        "hold": max((send_at - now).total_seconds(), 0.1) if held and send_at else 0,
        "newest": told_for_pages(ledger, newest),
        "again": _failed(status),
        "say_line": visit.w("say_progress", percent=percent, state=STATUS_TAGS[dispatch.status][0].to(visit.language)),
        "retry_at": ledger.queue.next_retry(dispatch.id) if status.counts[DeliveryState.DEFERRED] else None,
        "draft": ledger.manuscripts.of_dispatch(dispatch.id),
        "detail": _detail(newest),
        "movable": dispatch.started_at is None and dispatch.status in (DispatchStatus.SCHEDULED, DispatchStatus.PAUSED),
    }


def _is_hold(dispatch: Dispatch) -> bool:
    approved = dispatch.seal.approved_at if dispatch.seal else dispatch.created_at
    return dispatch.send_at is not None and dispatch.send_at - approved <= HOLD + timedelta(seconds=1)


def _detail(newest: tuple[LogRow, ...]) -> dict[int, str]:
    """The servers' words of the newest rows, by delivery."""
    found = {}
    for row in newest:
        outcome = row.last.outcome if row.last else None
        reply = outcome.reply if outcome else None
        found[row.delivery.id] = f"{reply.code} {reply.enhanced}".strip() if reply else ""
    return found


def _percent(status: Status) -> int:
    """Replies after the final dot, and whatever else is closed, of all. 100 only when nothing is open."""
    doubts = status.counts[DeliveryState.IN_DOUBT]
    return (status.settled - doubts) * 100 // status.total if status.total else 0


def _bar(status: Status) -> list[tuple[str, float, float, int]]:
    """(state, x, width, number) of each part of the stacked bar, 1000 units wide."""
    parts, x = [], 0.0
    for state in BAR:
        number = status.counts[state]
        width = number / status.total * 1000 if status.total else 0.0
        if number:
            parts.append((state.value, round(x, 1), round(width, 1), number))
        x += width
    return parts


def _failed(status: Status) -> int:
    return status.counts[DeliveryState.FAILED] + status.counts[DeliveryState.BOUNCED]


def _title(visit: Visit, status: Status) -> str:
    word = STATUS_TAGS[status.dispatch.status][0].to(visit.language)
    if status.dispatch.status in (DispatchStatus.SENDING, DispatchStatus.PAUSED):
        return f"{_percent(status)} % · {word}"
    return f"{word} · {status.dispatch.title}"
