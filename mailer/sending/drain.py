"""Send what is ready of one dispatch, then stop: claim, begin, send, settle, on several lanes.

    feeder  claims leased deliveries in batches, keeps the pace, hands each to a free lane
    lane    compose -> borrow a connection -> transport.send(envelope, leaving) -> settle

`leaving` commits the attempt after the server's 354 and before the first byte of the message; when the ledger says no (paused,
cancelled, lease lost) it raises, the transport drops the connection, and nothing has been sent. The bytes are checked against the
hash that approval fixed: other bytes are never sent.

Not here: the wire (`transport/`), when to run (`worker.py`), SQL (`ledger/`).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from mailer.dispatch import Delivery, Dispatch, DispatchStatus, Outcome, PauseCause, Scope, Stage, Verdict
from mailer.errors import IllegalMove, MessageError, StoppedByCheck
from mailer.ledger import Beginning, Ledger, Settlement
from mailer.message import Composer, Message
from mailer.sending.judge import Judge, concerns_nobody
from mailer.sending.pool import Transport
from mailer.sending.retry import retry_at
from mailer.sending.site import Site, domain_of

__all__ = ["Drain"]

SOON = 2.0
"""Seconds: nothing is ready, but another process may put rows back."""

AT_ONCE = 0.05
"""Seconds: a retry fell due just as the last row left."""

LATEST = 30.0
"""Seconds after which a waiting dispatch is looked at again, whatever its rows say: the wall clock may have been stepped."""

CLAIM_PER_LANE = 8

FRESH = 1.0
"""Seconds for which the suppressions that were read count as those of now."""


class Withdrawn(Exception):
    """The ledger took the delivery back before its first byte left."""


class Lane:
    """One of the deliveries that may be on their way at once; it goes slower while the server fails it."""

    def __init__(self) -> None:
        self.failures = 0


class Drain:
    """One pass over one dispatch. `stop` (set by Ctrl-C or the end of the program) ends it after the messages on the wire."""

    def __init__(
        self,
        ledger: Ledger,
        dispatch: Dispatch,
        composer: Callable[[], Composer],
        suppressed: Callable[[], Callable[[Delivery], str | None]],
        site: Site,
        owner: str,
        stop: asyncio.Event,
    ) -> None:
        self._ledger = ledger
        self._dispatch = dispatch
        self._load_composer = composer
        self._composer: Composer | None = None
        self._load_suppressed = suppressed
        self._suppressed: Callable[[Delivery], str | None] | None = None
        self._suppressed_at = 0.0
        self._site = site
        self._owner = owner
        self._stop = stop
        self._halt = asyncio.Event()
        self._judge = Judge(connections=site.settings.connections)
        self._free = [Lane() for _ in range(site.settings.connections)]
        self._running: set[asyncio.Task[None]] = set()
        self._error: Exception | None = None
        self._pausing: asyncio.Task[None] | None = None

    async def run(self) -> float:
        """Send until nothing is ready. Returns the seconds after which it is worth looking again.

        Raises MailerError when the ledger fails; every outcome that is known has been written, or its row shows as in doubt.
        """
        try:
            with self._site.joined(self.halt_for):
                await self._feed()
        except StoppedByCheck as error:
            # what was frozen at approval cannot be read by this version of the program
            self.halt_for(PauseCause.MESSAGE, error.what.en)
        except BaseException:
            self._halt.set()
            raise
        finally:
            await asyncio.gather(*self._running)
            if self._pausing is not None:
                await self._pausing
        if self._error is not None:
            raise self._error
        return await self._look_again()

    async def _look_again(self) -> float:
        due = await asyncio.to_thread(self._ledger.queue.next_retry, self._dispatch.id)
        waits = [SOON if due is None else LATEST, *self._site.blocked().values()]
        if due is not None:
            ahead = (due - self._site.clock.now()).total_seconds()
            # what has been due for longer and was not claimed is in other hands
            waits.append(max(ahead, AT_ONCE) if ahead > -SOON else SOON)
        return min(waits)

    @property
    def _ended(self) -> bool:
        return self._stop.is_set() or self._halt.is_set()

    # -- feeder ----------------------------------------------------------------------------------------------------

    async def _feed(self) -> None:
        while not self._ended:
            blocked = self._site.blocked()
            batch = await asyncio.to_thread(self._claim, tuple(blocked))
            held = await self._hand_out(batch)
            await self._give_back(held)
            if batch or self._ended:
                continue
            if self._running:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            elif blocked and min(blocked.values()) <= SOON:
                await self._rest(min(blocked.values()))
            else:
                return

    def _claim(self, without: Sequence[str]) -> tuple[Delivery, ...]:
        now = self._site.clock.now()
        settings = self._site.settings
        self._ledger.require_room()
        return self._ledger.queue.claim(
            self._dispatch.id,
            owner=self._owner,
            limit=settings.connections * CLAIM_PER_LANE,
            now=now,
            lease_until=now + settings.lease,
            latest_retry=settings.retry.latest(now),
            without_domains=without,
        )

    async def _hand_out(self, batch: Sequence[Delivery]) -> list[Delivery]:
        """Give each to a lane; returns those that have to wait."""
        if batch and self._composer is None:
            self._composer = await asyncio.to_thread(self._load_composer)
        held: list[Delivery] = []
        for position, delivery in enumerate(batch):
            if await self._leave_out(delivery):
                continue
            lane = await self._free_lane()
            wait = self._site.reserve(domain_of(delivery)) if lane else None
            if wait is not None:
                await self._rest(max(wait, self._site.pace.take(self._site.clock.monotonic())))
            if lane is None or self._ended:
                self._free.extend([lane] if lane else [])
                return [*held, *batch[position:]]
            if wait is None:
                self._free.append(lane)
                held.append(delivery)
                continue
            # at a slow pace the wait was long enough for an opt-out
            if await self._leave_out(delivery):
                self._free.append(lane)
                continue
            task = asyncio.create_task(self._carry(lane, delivery))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return held

    async def _leave_out(self, delivery: Delivery) -> bool:
        ticks = self._site.clock.monotonic()
        if self._suppressed is None or ticks - self._suppressed_at >= FRESH:
            self._suppressed, self._suppressed_at = await asyncio.to_thread(self._load_suppressed), ticks
        reason = self._suppressed(delivery)
        if reason is None:
            return False
        now = self._site.clock.now()
        await asyncio.to_thread(self._ledger.queue.suppress, delivery.id, reason=reason, now=now)
        return True

    async def _free_lane(self) -> Lane | None:
        """None when the drain ends before one is free."""
        while not self._ended:
            if self._free:
                return self._free.pop()
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
        return None

    async def _give_back(self, deliveries: Sequence[Delivery]) -> None:
        if deliveries:
            ids = [delivery.id for delivery in deliveries]
            await asyncio.to_thread(self._ledger.queue.give_back, self._owner, ids)

    async def _rest(self, seconds: float) -> None:
        """Wait, but not beyond the end of the drain."""
        if seconds > 0 and not self._ended:
            ends = {asyncio.create_task(self._stop.wait()), asyncio.create_task(self._halt.wait())}
            await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            for end in ends:
                end.cancel()

    # -- lane ------------------------------------------------------------------------------------------------------

    async def _carry(self, lane: Lane, delivery: Delivery) -> None:
        try:
            lane.failures = lane.failures + 1 if await self._deliver(delivery) else 0
        except Exception as error:  # noqa: BLE001 - raised again by run(), when the other lanes have settled theirs
            self._error = self._error or error
            self._halt.set()
        if lane.failures:
            settings = self._site.settings
            await self._rest(min(settings.backoff_first * 2 ** min(lane.failures - 1, 20), settings.backoff_longest))
        self._free.append(lane)

    async def _deliver(self, delivery: Delivery) -> bool:
        """Try one delivery. True when the server itself failed, so that this lane should go slower."""
        message = self._compose(delivery)
        if message is None:
            await self._give_back((delivery,))
            return False
        async with self._site.pool.borrow() as transport:
            if self._ended:
                await self._give_back((delivery,))
                return False
            outcome = await self._send(transport, delivery, message)
            if outcome is None:
                return False
            # before the connection goes to the next lane: after a refused login there is none
            self._weigh(outcome)
        self._site.learn(delivery, outcome)
        return outcome.scope is Scope.SITE

    def _compose(self, delivery: Delivery) -> Message | None:
        """The approved message, or None: then the dispatch has been paused."""
        assert self._composer is not None
        assert self._dispatch.started_at is not None
        date = self._dispatch.started_at
        try:
            message = self._composer.compose(delivery.contact, message_id=delivery.message_id, date=date)
        except StoppedByCheck as error:
            self.halt_for(PauseCause.MESSAGE, error.what.en)
            return None
        if message.content_sha256 != delivery.content_sha256:
            self.halt_for(PauseCause.MESSAGE, "the program makes other bytes than were approved")
            return None
        return message

    async def _send(self, transport: Transport, delivery: Delivery, message: Message) -> Outcome | None:
        """One attempt, written down; None when the ledger took the delivery back."""
        started = self._site.clock.now()
        begun = False

        async def leaving() -> None:
            nonlocal begun
            self._site.pool.see(transport, connected=True)
            await self._begin(delivery, started)
            begun = True

        try:
            outcome = await _outcome(transport, message, leaving)
        except Withdrawn:
            await self._give_back((delivery,))
            await self._look_at_dispatch()
            return None
        if not begun and concerns_nobody(outcome):
            await self._give_back((delivery,))
        else:
            await self._settle(delivery, begun, started, outcome)
        return outcome

    async def _begin(self, delivery: Delivery, started: datetime) -> None:
        beginning = Beginning(
            delivery_id=delivery.id, owner=self._owner, number=delivery.attempts + 1, started_at=started
        )
        if not await self._site.writer.begin(beginning):
            raise Withdrawn

    async def _settle(self, delivery: Delivery, begun: bool, started: datetime, outcome: Outcome) -> None:
        now = self._site.clock.now()
        number = delivery.attempts + 1
        again = None
        if outcome.verdict is Verdict.DEFER:
            deadline = self._dispatch.give_up_at
            # a retry that would come too late: the row waits for its deadline, where `expire` fails it
            again = retry_at(number, now, deadline, self._site.settings.retry, random.random()) or deadline
        await self._site.writer.settle(
            Settlement(
                delivery_id=delivery.id,
                owner=self._owner,
                number=number,
                begun=begun,
                outcome=outcome,
                started_at=started,
                ended_at=now,
                retry_at=again,
            )
        )

    # -- stopping --------------------------------------------------------------------------------------------------

    async def _look_at_dispatch(self) -> None:
        """A delivery was withdrawn: when that is because the dispatch was paused or cancelled, leave the others in peace."""
        current = await asyncio.to_thread(self._ledger.dispatches.get, self._dispatch.id)
        if current is None or current.status is not DispatchStatus.SENDING:
            self._halt.set()

    def _weigh(self, outcome: Outcome) -> None:
        cause = self._judge.see(outcome)
        if cause is None:
            return
        reply = outcome.reply
        words = f"{reply.code or ''} {reply.enhanced} {reply.text}".strip() if reply else ""
        said = words if reply and reply.text else f"{words} {outcome.detail}".strip()
        if cause is PauseCause.LOGIN:
            # the same name and password would be refused to every dispatch, and then lock the account
            self._site.halt_all(cause, said)
        else:
            self.halt_for(cause, said)

    def halt_for(self, cause: PauseCause, detail: str) -> None:
        """Begin nothing more from this very moment, and pause the dispatch."""
        if not self._halt.is_set():
            self._halt.set()
            self._pausing = asyncio.create_task(self._pause(cause, detail))

    async def _pause(self, cause: PauseCause, detail: str) -> None:
        now = self._site.clock.now()
        pause = self._ledger.dispatches.pause
        try:
            await asyncio.to_thread(pause, self._dispatch.id, cause=cause, detail=detail, who="worker", now=now)
        except IllegalMove:
            # the officer was faster: paused or cancelled meanwhile, which is what we wanted
            return


async def _outcome(transport: Transport, message: Message, leaving: Callable[[], Awaitable[None]]) -> Outcome:
    try:
        return await transport.send(message.envelope, leaving)
    except MessageError as error:
        # our own bytes cannot go on a wire: nothing was sent, and nobody else's message would fare better
        return Outcome(verdict=Verdict.REFUSE, scope=Scope.MESSAGE, stage=Stage.MAIL, detail=error.what.en)
