"""시험 발송: one marked copy each to the testers who are ticked, written as for the person on the screen.

Not here: the copies themselves (`desk/rehearse.py`), who is offered (`testers.py`).
"""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from mailer.app import App
from mailer.desk import Preparation
from mailer.desk.rehearse import Rehearsed, rehearse
from mailer.dispatch import Verdict
from mailer.errors import ServerError, StoppedByCheck, UsageError
from mailer.transport import Meaning, explain
from mailer.web.previews import ready, show_preview
from mailer.web.testers import LEFT_OUT, keep, offered
from mailer.web.visit import Visit
from mailer.wording import Text

__all__ = ["send_test"]

_YEAR = 60 * 60 * 24 * 365


def send_test(visit: Visit) -> Response:
    """A page of its own only when all copies were accepted; otherwise the same page with what to mend."""
    draft = visit.draft()
    if draft.dispatch_id:
        return visit.go(f"/dispatch/{draft.dispatch_id}")
    try:
        done = _tried(visit, ready(visit, draft))
    except (ServerError, StoppedByCheck, UsageError) as error:
        return show_preview(visit, code=422, problem=error)
    if any(one.outcome.verdict is not Verdict.ACCEPT for one in done):
        return show_preview(visit, tried=[(one.to, _meaning(one)) for one in done])
    answer = visit.go(f"/release/{draft.id}/preview", said="test_sent", n=visit.query("n"), view=visit.query("view"))
    left_out = ".".join(str(one.id) for one in offered(visit) if not one.ticked)
    answer.set_cookie(LEFT_OUT, left_out, max_age=_YEAR, samesite="lax", httponly=True, path="/")
    return answer


def _tried(visit: Visit, prepared: Preparation) -> tuple[Rehearsed, ...]:
    chosen = visit.form.all("to")
    to = [one.address for one in offered(visit) if str(one.id) in chosen]
    other = visit.form.get("also").strip()
    if other:
        if visit.form.get("keep"):
            keep(visit, other)
        to.append(other)
    if not to:
        raise UsageError(Text("시험 메일 받을 주소를 고르거나 적어 주십시오", "choose or write an address first"))
    n = min(max(visit.number("n", 1), 1), len(prepared.summaries))
    return asyncio.run(_send(visit.app, prepared, to, n))


async def _send(app: App, prepared: Preparation, to: list[str], n: int) -> tuple[Rehearsed, ...]:
    await app.probe()
    seen_as = str(prepared.summaries[n - 1].contact.address)
    async with app.transports() as open_transport:
        transport = open_transport()
        try:
            return await rehearse(prepared, to, transport, suppressions=app.suppressions(), seen_as=seen_as)
        finally:
            await transport.close()


def _meaning(done: Rehearsed) -> Meaning | None:
    """Why a copy was not accepted; None for one that was."""
    if done.outcome.verdict is Verdict.ACCEPT:
        return None
    return explain(done.outcome.reply, verdict=done.outcome.verdict, stage=done.outcome.stage)
