"""Send one dispatch in the foreground: the worker, the progress, and what a stop means.

Not here: the worker itself (`sending/`), several dispatches at once (`work.py`), the report afterwards (`results.py`).
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from mailer.app import App
from mailer.cli.exits import EXIT_INTERRUPTED
from mailer.cli.output import Screen
from mailer.cli.progress import Progress, Tally
from mailer.cli.results import dispatch_of, show_result
from mailer.cli.signals import Stopping
from mailer.desk.approval import officer, pause
from mailer.desk.report import Status, status_of
from mailer.dispatch import DeliveryState, DispatchStatus, PauseCause
from mailer.errors import IllegalMove
from mailer.wording import Text

__all__ = ["run_dispatch", "tally_of"]

LOOK_SECONDS = 0.25


def run_dispatch(screen: Screen, app: App, number: int, *, wait: bool) -> int:
    """Send until no row is queued or on the wire; with `wait` until no retry is open. Prints the report; returns the exit code."""
    stopped = asyncio.run(_run(screen, app, number, wait))
    code = show_result(screen, app, number)
    return EXIT_INTERRUPTED if stopped else code


async def _run(screen: Screen, app: App, number: int, wait: bool) -> bool:
    """True when a signal stopped it before its end."""
    with Stopping(screen) as stopping, Progress(screen, Text("보내는 중", "Sending")) as progress:
        stopping.say = progress.say
        worker = asyncio.create_task(app.work(stopping.event, only=number, until=lambda: _is_over(app, number, wait)))
        try:
            while not worker.done():
                progress.update(tally_of(await asyncio.to_thread(_status, app, number)))
                await asyncio.wait({worker}, timeout=LOOK_SECONDS)
        finally:
            stopping.event.set()
            await worker
        progress.update(tally_of(await asyncio.to_thread(_status, app, number)))
        if stopping.by is None:
            return False
        return await asyncio.to_thread(_pause, app, number)


def _is_over(app: App, number: int, wait: bool) -> bool:
    dispatch = app.ledger.dispatches.get(number)
    if dispatch is None or dispatch.status is not DispatchStatus.SENDING:
        return True
    counts = app.ledger.queue.counts(number)
    return not wait and counts[DeliveryState.QUEUED] + counts[DeliveryState.SENDING] == 0


def _status(app: App, number: int) -> Status:
    return status_of(app.ledger, dispatch_of(app, number), app.now())


def _pause(app: App, number: int) -> bool:
    try:
        pause(app.ledger, number, who=officer(), now=app.now(), cause=PauseCause.STOPPED)
    except IllegalMove:
        # it ended, or somebody paused or cancelled it, while we were stopping
        return False
    return True


def tally_of(status: Status) -> Tally:
    counts = status.counts
    left_out = counts[DeliveryState.SUPPRESSED] + counts[DeliveryState.CANCELLED]
    return Tally(
        total=status.total - left_out,
        accepted=counts[DeliveryState.ACCEPTED],
        retry=counts[DeliveryState.DEFERRED],
        failed=counts[DeliveryState.FAILED] + counts[DeliveryState.BOUNCED],
        in_doubt=counts[DeliveryState.IN_DOUBT],
        rate=status.rate,
        left=timedelta(seconds=status.eta_s) if status.eta_s else None,
    )
