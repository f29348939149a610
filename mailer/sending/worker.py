"""The worker: starts what is due, drains what is sending, reconciles, and sleeps until the next bell.

Any number of workers may run on one ledger: each claims its own rows. A worker that ends by `stop` finishes the messages on the
wire and leaves the rest queued.

Not here: one pass over one dispatch (`drain.py`), the bell (`engine/`), a dispatch's own commands (`desk/`).
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache

from mailer.dispatch import Delivery, Dispatch, DispatchStatus, PauseCause
from mailer.dispatch.clock import Clock, SystemClock
from mailer.engine import LocalEngine
from mailer.errors import IllegalMove
from mailer.ledger import Ledger
from mailer.message import Composer, Package
from mailer.sending.drain import Drain
from mailer.sending.pool import Pool, Transport
from mailer.sending.reconcile import Reconciler
from mailer.sending.site import SendSettings, Site
from mailer.sending.writer import Writer

__all__ = ["Worker"]

RECONCILE_SECONDS = 15.0
LONGEST_WAIT = 2.0
STARTING = timedelta(seconds=10)
"""`mailer send` marks its dispatch as being sent shortly before its own worker is there."""


class Worker:
    """`open_transport` makes one connection's transport. Run it with `await worker.run(...)`."""

    def __init__(
        self,
        ledger: Ledger,
        open_transport: Callable[[], Transport],
        settings: SendSettings,
        *,
        clock: Clock | None = None,
        engine: LocalEngine | None = None,
    ) -> None:
        self._ledger = ledger
        self._clock = clock or SystemClock()
        # a sign of life must not wait for a bell
        self._engine = engine or LocalEngine(min(LONGEST_WAIT, settings.lease.total_seconds() / 8))
        self._settings = settings
        self._pool = Pool(open_transport, settings.connections)
        writer = Writer(ledger, settings.full_patience, lambda: self._pool.out)
        self._site = Site(pool=self._pool, writer=writer, settings=settings, clock=self._clock)
        self._presence = ledger.presence(practice=settings.practice)
        self._reconcile = Reconciler(
            ledger, self._presence, self._clock, settings.lease, resend_doubts=settings.resend_doubts
        )
        self._drains: dict[int, asyncio.Task[float]] = {}
        self._looks: dict[int, float] = {}
        self._composers: dict[str, Composer] = {}
        self._reconciled = -float("inf")
        self._renewed = -float("inf")

    async def run(
        self, stop: asyncio.Event, *, only: int | None = None, until: Callable[[], bool] | None = None
    ) -> None:
        """Work until `stop` is set or `until` answers True between two rounds.

        `only` narrows the work to one dispatch. Raises MailerError when the ledger fails.
        """
        _spare_the_collector()
        self._presence.enter()
        try:
            await self._engine.run(lambda: self._tick(stop, only, until), stop)
        except BaseException:
            # one drain met a broken ledger: the others must not go on sending beside it
            stop.set()
            raise
        finally:
            await self._wind_down()
            self._presence.leave()

    async def _tick(self, stop: asyncio.Event, only: int | None, until: Callable[[], bool] | None) -> bool:
        await self._keep_house()
        await asyncio.to_thread(self._hold_the_other_mode)
        mode = self._settings.practice
        if only is None:
            await asyncio.to_thread(self._ledger.dispatches.start_due, self._clock.now(), practice=mode)
        live = await asyncio.to_thread(self._ledger.dispatches.with_status, DispatchStatus.SENDING)
        sending = [dispatch for dispatch in live if dispatch.practice == mode]
        self._collect()
        self._forget(sending)
        for dispatch in sending:
            if only in (None, dispatch.id) and self._is_ready(dispatch.id):
                self._drains[dispatch.id] = asyncio.create_task(self._drain(dispatch, stop))
        await self._set_bells(only)
        if self._drains or until is None:
            return True
        return not await asyncio.to_thread(until)

    def _hold_the_other_mode(self) -> None:
        """What was approved in practice must not reach a real server because one was set since, nor a real release the catcher.
        While a worker of the other mode lives, it is that one's to send."""
        now = self._clock.now()
        other = not self._settings.practice
        waiting = self._ledger.dispatches.with_status(DispatchStatus.SCHEDULED, DispatchStatus.SENDING)
        strange = [one for one in waiting if one.practice is other]
        due = [one for one in strange if _is_left_alone(one, now)]
        if not due or self._presence.others_alive(practice=other):
            return
        for dispatch in due:
            with contextlib.suppress(IllegalMove):
                # cancelled or moved since we looked: then it is no longer ours to hold
                self._ledger.dispatches.pause(dispatch.id, cause=PauseCause.MODE, who="worker", now=now)

    def _is_ready(self, dispatch_id: int) -> bool:
        return dispatch_id not in self._drains and self._looks.get(dispatch_id, 0.0) <= self._clock.monotonic()

    async def _keep_house(self) -> None:
        """Show that this worker lives, often enough for the lease; put right what others left behind."""
        ticks = self._clock.monotonic()
        often = self._settings.lease.total_seconds() / 4
        if ticks - self._renewed >= often:
            self._renewed = ticks
            until = self._clock.now() + self._settings.lease
            await asyncio.to_thread(self._ledger.queue.renew, self._presence.owner, until)
        if ticks - self._reconciled >= min(often, RECONCILE_SECONDS):
            self._reconciled = ticks
            await asyncio.to_thread(self._reconcile)

    async def _drain(self, dispatch: Dispatch, stop: asyncio.Event) -> float:
        try:
            drain = Drain(
                self._ledger,
                dispatch,
                lambda: self._composer(dispatch),
                self._suppressed,
                self._site,
                self._presence.owner,
                stop,
            )
            seconds = await drain.run()
            await asyncio.to_thread(self._reconcile.close, dispatch.id)
            return seconds
        finally:
            self._engine.ring()

    def _composer(self, dispatch: Dispatch) -> Composer:
        """Dispatches of the same package, as a resend is, share one. Runs in a thread."""
        if dispatch.package_sha256 not in self._composers:
            package, document = self._ledger.dispatches.package(dispatch.id)
            self._composers[dispatch.package_sha256] = Package.from_json(package, document).composer()
        return self._composers[dispatch.package_sha256]

    def _forget(self, live: Sequence[Dispatch]) -> None:
        """Nothing is kept for dispatches that are over."""
        known = {dispatch.id for dispatch in live} | set(self._drains)
        packages = {dispatch.package_sha256 for dispatch in live}
        self._looks = {key: look for key, look in self._looks.items() if key in known}
        if not self._drains:
            self._composers = {key: one for key, one in self._composers.items() if key in packages}

    def _suppressed(self) -> Callable[[Delivery], str | None]:
        suppressions = self._ledger.suppressed.suppressions()

        def reason(delivery: Delivery) -> str | None:
            found = suppressions.why(delivery.contact.address)
            return found.reason if found else None

        return reason

    def _collect(self) -> None:
        for dispatch_id, task in list(self._drains.items()):
            if task.done():
                del self._drains[dispatch_id]
                self._looks[dispatch_id] = self._clock.monotonic() + task.result()

    async def _set_bells(self, only: int | None) -> None:
        if only is None:
            due = await asyncio.to_thread(self._ledger.dispatches.next_due, practice=self._settings.practice)
            if due is not None:
                self._engine.wake("due", due)
        waiting = [look for key, look in self._looks.items() if key not in self._drains]
        if waiting:
            seconds = max(0.0, min(waiting) - self._clock.monotonic())
            self._engine.wake("look", self._clock.now() + timedelta(seconds=seconds))

    async def _wind_down(self) -> None:
        await asyncio.gather(*self._drains.values(), return_exceptions=True)
        await self._site.writer.close()
        await self._pool.close()


def _is_left_alone(dispatch: Dispatch, now: datetime) -> bool:
    """Whether its time has come, and a worker that wanted to send it would be at it."""
    if dispatch.status is DispatchStatus.SENDING:
        return dispatch.started_at is None or now - dispatch.started_at >= STARTING
    return dispatch.send_at is not None and dispatch.send_at <= now


@cache
def _spare_the_collector() -> None:
    """Once a process: what the program is made of stays until it ends, so the collector need not walk through it again and again,
    nor look for cycles after every few messages."""
    gc.freeze()
    gc.set_threshold(10_000)
