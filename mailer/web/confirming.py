"""Step 5 of a release: when, what speaks against it, and the one form that lets it go.

The form carries the draft's key and the seal of what the person saw. The key is unique in the ledger, so the same form sent
twice, from two tabs or by two officers, leads to the same dispatch; another seal means that something changed, and nothing
happens. "Now" means in 20 seconds: the ledger keeps the hold, whoever closes the window.

Not here: approval (`desk/approval.py`), what can be done afterwards (`live.py`).
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import Response

from mailer.app import App
from mailer.config import Config
from mailer.desk import Preparation
from mailer.desk.approval import approve, schedule
from mailer.desk.preflight import server_findings
from mailer.desk.press_hours import moment_findings, presets
from mailer.desk.times import WallTime, local, read_wall_time
from mailer.dispatch import Dispatch
from mailer.errors import LedgerError, MailerError, StoppedByCheck, UsageError
from mailer.findings import Finding, Level, worst
from mailer.ledger import DraftLetter
from mailer.web.previews import checked
from mailer.web.visit import Visit
from mailer.wording import Text

__all__ = ["HOLD", "TYPED_ABOVE", "ask_server", "hold_until", "number_in", "send", "show_send", "way_out"]

HOLD = timedelta(seconds=20)
TYPED_ABOVE = 50


def show_send(visit: Visit) -> Response:
    draft = visit.draft()
    if draft.dispatch_id:
        return visit.go(f"/dispatch/{draft.dispatch_id}")
    typed = visit.query("at") or f"{visit.query('day')} {visit.query('clock')}".strip()
    return _show(visit, draft, typed)


def send(visit: Visit) -> Response:
    """Approve, and fix the time. Any number of the same form makes one dispatch."""
    draft, form = visit.draft(), visit.form
    known = visit.app.ledger.dispatches.by_request_key(form.get("key")) if form.get("key") else None
    if known is not None or draft.dispatch_id:
        return visit.go(f"/dispatch/{known.id if known else draft.dispatch_id}")
    prepared = checked(visit, draft)
    problem = _problem(visit, draft, prepared)
    if problem:
        return _show(visit, draft, form.get("at"), problem=problem, code=409)
    if prepared.blocked:
        return _show(visit, draft, form.get("at"), code=422)
    ask_server(visit.app, [(str(one.contact.address), one.size) for one in prepared.summaries])
    if visit.draft().version != draft.version or form.get("way") != way_out(visit.app.config):
        # changed by somebody while the server was asked: saved words would be lost in a draft that counts as sent
        return _show(visit, visit.draft(), form.get("at"), problem=visit.w.changed_meanwhile, code=409)
    dispatch = _approved(visit, draft, prepared)
    return visit.go(f"/dispatch/{dispatch.id}")


def hold_until(now: datetime, zone: str) -> WallTime:
    """The moment at which "now" happens unless somebody takes it back."""
    instant = (now + HOLD).replace(microsecond=0)
    return WallTime(instant=instant, text=local(instant, zone).en.rpartition(" (")[0], zone=zone)


def way_out(config: Config) -> str:
    """How mail would leave now. What somebody confirmed as practice must not be sent by a server that was set since."""
    return "practice" if config.practice else f"{config.smtp_host}:{config.smtp_port}"


def number_in(typed: str) -> str:
    """A number as people type it: with commas, with the full-width digits of a Korean keyboard, with a unit behind it."""
    return unicodedata.normalize("NFKC", typed).replace(",", "").strip().removesuffix("명").strip()


def ask_server(app: App, sizes: Sequence[tuple[str, int]]) -> None:
    """Before anything is approved: is the server there, does it take the login and messages of these sizes (address, octets)?
    Raises ServerError, StoppedByCheck."""
    server = app.server()
    probe = asyncio.run(app.probe())
    if probe is None or server is None:
        return
    found = server_findings(sizes, size_limit=probe.size_limit, extensions=probe.extensions, place=server.place)
    if worst(found) is Level.ERROR:
        raise StoppedByCheck(
            Text("메일 서버가 이 메일을 받지 않습니다", "the mail server would not take this"), findings=found
        )


def _approved(visit: Visit, draft: DraftLetter, prepared: Preparation) -> Dispatch:
    app, now, typed = visit.app, visit.now, visit.form.get("at")
    zone = app.config.timezone
    moment = read_wall_time(typed, zone, now) if typed else hold_until(now, zone)
    terms = app.terms(request_key=draft.request_key)
    try:
        dispatch = approve(prepared, app.ledger, terms=terms, who=visit.who, now=now)
    except LedgerError:
        # the other tab was faster by a hair
        first = app.ledger.dispatches.by_request_key(draft.request_key)
        if first is None:
            raise
        return first
    app.ledger.manuscripts.sent(draft.id, dispatch.id)
    return schedule(app.ledger, dispatch, moment, late_after=terms.late_after, who=visit.who, now=now)


def _problem(visit: Visit, draft: DraftLetter, prepared: Preparation) -> str:
    """Why this form may not send, in the visitor's language; "" when it may."""
    form, total = visit.form, len(prepared.summaries)
    if form.get("way") != way_out(visit.app.config):
        return visit.w.way_changed
    if form.get("key") != draft.request_key or form.get("seal") != prepared.seal:
        return visit.w.changed_meanwhile
    if total > TYPED_ABOVE and number_in(form.get("number")) != str(total):
        return visit.w("wrong_number", n=total)
    return ""


def _show(visit: Visit, draft: DraftLetter, typed: str, *, problem: str = "", code: int = 200) -> Response:
    common = {"draft": draft, "step": "send"}
    try:
        prepared = checked(visit, draft)
    except MailerError as error:
        return visit.show("send.html", code=422 if code == 200 else code, **common, error=error)
    return visit.show("send.html", code=code, **common, **_facts(visit, prepared, typed), problem=problem)


def _facts(visit: Visit, prepared: Preparation, typed: str) -> dict[str, Any]:
    zone, now = visit.app.config.timezone, visit.now
    moment, time_error = None, None
    day, _, clock = typed.partition(" ")
    try:
        moment = read_wall_time(typed, zone, now) if typed else None
    except UsageError as error:
        time_error = error
    return {
        "error": None,
        "prepared": prepared,
        "total": len(prepared.summaries),
        "errors": [one.level for one in prepared.findings].count(Level.ERROR),
        "presets": presets(now, zone),
        "moment": moment,
        "day": day,
        "clock": clock[:5],
        "time_error": time_error,
        "time_findings": _time_findings(visit, prepared, moment.instant if moment else now, zone),
        "typed_above": TYPED_ABOVE,
        "way": way_out(visit.app.config),
    }


def _time_findings(visit: Visit, prepared: Preparation, instant: datetime, zone: str) -> list[Finding]:
    found = moment_findings(visit.app.ledger, prepared.manuscript.release, instant, zone)
    return [one for one in found if one.level is not Level.OK]
