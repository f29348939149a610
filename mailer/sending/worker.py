"""The worker: starts what is due, drains what is sending, reconciles, and sleeps until the next bell.

Any number of workers may run on one ledger: each claims its own rows. A worker that ends by `stop` finishes the messages on the
wire and leaves the rest queued.

Not here: one pass over one dispatch (`drain.py`), the bell (`engine/`), a dispatch's own commands (`desk/`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from mailer.dispatch import Delivery, Dispatch, DispatchStatus
from mailer.dispatch.clock import Clock, SystemClock
from mailer.engine import LocalEngine
from mailer.ledger import Ledger
from mailer.message import Composer, Package
from mailer.sending.drain import Drain, SendSettings, Site
from mailer.sending.pool import Pool, Transport
from mailer.sending.reconcile import reconcile
from mailer.sending.writer import Writer

__all__ = ["Worker"]


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
        self._engine = engine or LocalEngine()
        self._settings = settings
        self._pool = Pool(open_transport, settings.connections)
        self._site = Site(pool=self._pool, writer=Writer(ledger), settings=settings, clock=self._clock)
        self._presence = ledger.presence()
        self._drains: dict[int, asyncio.Task[datetime | None]] = {}
        self._retries: dict[int, datetime] = {}
        self._composers: dict[int, Composer] = {}
        self._reconciled = -float("inf")
        self._renewed = -float("inf")

    async def run(
        self, stop: asyncio.Event, *, only: int | None = None, until: Callable[[], bool] | None = None
    ) -> None:
        """Work until `stop` is set or `until` answers True between two rounds.

        `only` narrows the work to one dispatch. Raises MailerError when the ledger fails.
        """
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
        now = self._clock.now()
        if only is None:
            await asyncio.to_thread(self._ledger.dispatches.start_due, now)
        sending = await asyncio.to_thread(self._ledger.dispatches.with_status, DispatchStatus.SENDING)
        self._collect()
        self._forget_composers({dispatch.id for dispatch in sending})
        for dispatch in sending:
            if only in (None, dispatch.id) and self._is_ready(dispatch.id, now):
                self._drains[dispatch.id] = asyncio.create_task(self._drain(dispatch, stop))
        await self._set_bells()
        if self._drains or until is None:
            return True
        return not await asyncio.to_thread(until)

    def _is_ready(self, dispatch_id: int, now: datetime) -> bool:
        if dispatch_id in self._drains:
            return False
        return self._retries.get(dispatch_id, now) <= now

    async def _keep_house(self) -> None:
        ticks = self._clock.monotonic()
        lease = self._settings.lease
        if ticks - self._renewed > lease.total_seconds() / 4:
            self._renewed = ticks
            until = self._clock.now() + lease
            await asyncio.to_thread(self._ledger.queue.renew, self._presence.owner, until)
        if ticks - self._reconciled > min(lease.total_seconds() / 4, RECONCILE_SECONDS):
            self._reconciled = ticks
            await asyncio.to_thread(reconcile, self._ledger, self._presence, self._clock.now())

    async def _drain(self, dispatch: Dispatch, stop: asyncio.Event) -> datetime | None:
        try:
            drain = Drain(
                self._ledger,
                dispatch,
                lambda: self._composer(dispatch.id),
                await asyncio.to_thread(self._suppressed),
                self._site,
                self._presence.owner,
                stop,
            )
            retry = await drain.run()
            await asyncio.to_thread(self._ledger.dispatches.finish_if_closed, dispatch.id, self._clock.now())
            return retry
        finally:
            self._engine.ring()

    def _composer(self, dispatch_id: int) -> Composer:
        if dispatch_id not in self._composers:
            package, document = self._ledger.dispatches.package(dispatch_id)
            self._composers[dispatch_id] = Package.from_json(package, document).composer()
        return self._composers[dispatch_id]

    def _forget_composers(self, live: set[int]) -> None:
        for dispatch_id in set(self._composers) - live - set(self._drains):
            del self._composers[dispatch_id]

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
                retry = task.result()
                # nothing to retry now: look again soon, another process may have put rows back
                self._retries[dispatch_id] = retry or self._clock.now() + timedelta(seconds=1)

    async def _set_bells(self) -> None:
        due = await asyncio.to_thread(self._ledger.dispatches.next_due)
        if due is not None:
            self._engine.wake("due", due)
        waiting = [self._retries[key] for key in self._retries if key not in self._drains]
        if waiting:
            self._engine.wake("retry", min(waiting))

    async def _wind_down(self) -> None:
        await asyncio.gather(*self._drains.values(), return_exceptions=True)
        await self._pool.close()


RECONCILE_SECONDS = 15.0
