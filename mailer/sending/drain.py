"""Send what is ready of one dispatch, then stop: claim, begin, send, settle, on several lanes.

    feeder  leases deliveries in batches, keeps the pace, composes what may leave now and puts it on a short pile
    lane    borrows a connection and carries parcels from the pile, one behind the other as the server allows

`leaving` commits the attempt after the server's 354 and before the first byte of the message; when the ledger says no (paused,
cancelled, lease lost) it raises, the transport drops the connection, and nothing has been sent. The outcome of a parcel goes to the
writer before the beginning of the next one of its lane, so that one commit holds both. The bytes are checked against the hash that
approval fixed: other bytes are never sent.

Not here: the wire (`transport/`), when to run (`worker.py`), SQL (`ledger/`).
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from mailer.dispatch import Delivery, Dispatch, DispatchStatus, Envelope, Outcome, PauseCause, Scope, Stage, Verdict
from mailer.errors import IllegalMove, MessageError, StoppedByCheck
from mailer.ledger import Beginning, Lease, Ledger, Settlement
from mailer.message import Composer
from mailer.sending.judge import Judge, concerns_nobody
from mailer.sending.parcel import Lane, Parcel, Withdrawn
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

CLAIM_PER_LANE = 128
"""A claim takes at most so many deliveries for each connection. It begins with a few and grows as long as they leave quickly: other
workers want their share, and retries that come due wait for the end of what is claimed."""

CLAIM_QUICK = 0.25
CLAIM_SLOW = 1.0
"""Seconds in which what was claimed has left, for the next claim to be larger, or smaller."""

AHEAD_PER_LANE = 2
"""Parcels on the pile for each lane: they left the reach of the pace, so not many."""

FRESH = 1.0
"""Seconds for which the suppressions that were read count as those of now."""

STALE = 5.0
"""Seconds after which a parcel that nobody took from the pile is looked at again from the beginning."""


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
        self._most_claimed = AHEAD_PER_LANE * site.settings.connections
        self._claiming: asyncio.Task[tuple[Delivery, ...]] | None = None
        self._pile: deque[tuple[float, Delivery, Envelope]] = deque()
        self._taken = asyncio.Event()
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
            await self._give_back([delivery for _, delivery, _ in self._pile])
            await self._give_back_claimed()
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
            batch = await self._claimed(blocked)
            began = self._site.clock.monotonic()
            try:
                held = await self._hand_out(batch)
            except StoppedByCheck:
                # kept by a worker that lives on, their leases would keep everybody from them, also after a resume
                await self._give_back(batch)
                raise
            await self._give_back(held)
            self._adapt(len(batch), self._site.clock.monotonic() - began)
            if batch or self._ended:
                continue
            if self._running:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            elif blocked and min(blocked.values()) <= SOON:
                await self._rest(min(blocked.values()))
            else:
                return

    def _adapt(self, claimed: int, seconds: float) -> None:
        """How much to claim the next time."""
        connections = self._site.settings.connections
        if seconds > CLAIM_SLOW:
            self._most_claimed = max(self._most_claimed // 2, connections)
        elif seconds < CLAIM_QUICK and self._is_much(claimed):
            self._most_claimed = min(self._most_claimed * 2, CLAIM_PER_LANE * connections)

    def _is_much(self, claimed: int) -> bool:
        """Probably all that was asked for: what was claimed ahead had half of today's limit at least."""
        return 2 * claimed >= self._most_claimed

    async def _claimed(self, without: Collection[str]) -> tuple[Delivery, ...]:
        """What was claimed ahead; when that is nothing, a fresh look says whether there is nothing indeed."""
        claiming, self._claiming = self._claiming, None
        if claiming is not None and (batch := await claiming):
            return batch
        return await self._claim(without)

    def _claim_ahead(self) -> None:
        """The lanes must not wait for the next claim."""
        self._claiming = asyncio.create_task(self._claim(self._site.blocked()))

    async def _give_back_claimed(self) -> None:
        claiming, self._claiming = self._claiming, None
        if claiming is not None:
            await self._give_back(await claiming)

    async def _claim(self, without: Collection[str]) -> tuple[Delivery, ...]:
        now = self._site.clock.now()
        ids = await asyncio.to_thread(self._claimable, now, tuple(without))
        if not ids:
            return ()
        until = now + self._site.settings.lease
        lease = Lease(delivery_ids=ids, dispatch_id=self._dispatch.id, owner=self._owner, until=until, now=now)
        await self._site.writer.leasing(lease)
        return await asyncio.to_thread(self._ledger.queue.leased, ids, self._owner)

    def _claimable(self, now: datetime, without: Sequence[str]) -> tuple[int, ...]:
        self._ledger.require_room()
        return self._ledger.queue.free(
            self._dispatch.id,
            limit=self._most_claimed,
            now=now,
            latest_retry=self._site.settings.retry.latest(now),
            without_domains=without,
        )

    async def _hand_out(self, batch: Sequence[Delivery]) -> list[Delivery]:
        """Put each on the pile when it may leave; returns those that have to wait."""
        if batch and self._composer is None:
            self._composer = await asyncio.to_thread(self._load_composer)
        held: list[Delivery] = []
        for position, delivery in enumerate(batch):
            if position == len(batch) // 2 and self._is_much(len(batch)):
                self._claim_ahead()
            if await self._leave_out(delivery):
                continue
            await self._room_on_pile()
            wait = None if self._ended else self._site.reserve(domain_of(delivery))
            if wait is not None and (wait := max(wait, self._site.pace.take(self._site.clock.monotonic()))):
                await self._rest(wait)
            if self._ended:
                return [*held, *batch[position:]]
            if wait is None:
                held.append(delivery)
                continue
            # at a slow pace the wait was long enough for an opt-out
            if self._is_stale() and await self._leave_out(delivery):
                continue
            envelope = self._compose(delivery)
            if envelope is None:
                return [*held, *batch[position:]]
            self._pile.append((self._site.clock.monotonic(), delivery, envelope))
            self._start_lane()
            # the connections come first
            await asyncio.sleep(0)
        return held

    def _is_stale(self) -> bool:
        return self._site.clock.monotonic() - self._suppressed_at >= FRESH

    async def _leave_out(self, delivery: Delivery) -> bool:
        if self._suppressed is None or self._is_stale():
            self._suppressed_at = self._site.clock.monotonic()
            self._suppressed = await asyncio.to_thread(self._load_suppressed)
        reason = self._suppressed(delivery)
        if reason is None:
            return False
        now = self._site.clock.now()
        await asyncio.to_thread(self._ledger.queue.suppress, delivery.id, reason=reason, now=now)
        return True

    async def _room_on_pile(self) -> None:
        while len(self._pile) >= AHEAD_PER_LANE * self._site.settings.connections and not self._ended:
            self._taken.clear()
            await self._taken.wait()

    async def _give_back(self, deliveries: Collection[Delivery]) -> None:
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

    def _start_lane(self) -> None:
        if self._free:
            task = asyncio.create_task(self._work(self._free.pop()))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _work(self, lane: Lane) -> None:
        try:
            while self._pile and not self._ended:
                await self._carry(lane)
                if lane.failures:
                    await self._rest(self._patience(lane))
        except Exception as error:  # noqa: BLE001 - raised again by run(), when the other lanes have settled theirs
            self._error = self._error or error
            self._halt.set()
        self._free.append(lane)
        self._taken.set()

    def _patience(self, lane: Lane) -> float:
        settings = self._site.settings
        return min(settings.backoff_first * 2.0 ** min(lane.failures - 1, 20), settings.backoff_longest)

    async def _carry(self, lane: Lane) -> None:
        """Carry parcels on one connection, as long as there are some and nothing speaks against it."""
        try:
            async with self._site.pool.borrow() as transport:
                await self._carry_on(transport, lane)
        finally:
            settling, lane.settling = lane.settling, []
            for commit in settling:
                await commit
        returned, lane.returned = lane.returned, []
        await self._give_back(returned)

    async def _carry_on(self, transport: Transport, lane: Lane) -> None:
        def ahead() -> Parcel | None:
            return None if lane.failures or self._site.pool.wanted else self._next_parcel(lane, transport)

        first = self._next_parcel(lane, transport)
        if first is None:
            return
        try:
            await transport.carry(first, ahead)
        except MessageError as error:
            # our own bytes cannot go on a wire: nothing was sent, and nobody else's message would fare better
            first.settled(_unfit(error))
        except Withdrawn:
            await self._look_at_dispatch()

    def _next_parcel(self, lane: Lane, transport: Transport) -> Parcel | None:
        """The next one of the pile."""
        while self._pile and not self._ended:
            since, delivery, envelope = self._pile.popleft()
            self._taken.set()
            if self._site.clock.monotonic() - since <= STALE and not self._site.shut(domain_of(delivery)):
                return Parcel(self, lane, transport, delivery, envelope)
            lane.returned.append(delivery)
        return None

    def _compose(self, delivery: Delivery) -> Envelope | None:
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
        return message.envelope

    # -- what a parcel asks ----------------------------------------------------------------------------------------

    def begin(self, parcel: Parcel) -> asyncio.Future[bool]:
        """Have the attempt committed; False when the message must not leave."""
        if self._ended:
            no: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
            no.set_result(False)
            return no
        self._site.pool.see(parcel.transport, connected=True)
        beginning = Beginning(
            delivery_id=parcel.delivery.id,
            owner=self._owner,
            number=parcel.delivery.attempts + 1,
            started_at=parcel.started_at,
        )
        return self._site.writer.begin(beginning)

    def settle(self, parcel: Parcel, outcome: Outcome) -> None:
        """Have the outcome written, and learn from it."""
        lane = parcel.lane
        if not parcel.begun and concerns_nobody(outcome):
            lane.returned.append(parcel.delivery)
        else:
            lane.settling.append(self._site.writer.settling(self._settlement(parcel, outcome)))
        # at once: after a refused login there is no next connection
        self._weigh(outcome)
        self._site.learn(parcel.delivery, outcome)
        lane.failures = lane.failures + 1 if outcome.scope is Scope.SITE else 0

    def put_back(self, parcel: Parcel) -> None:
        self._pile.appendleft((self._site.clock.monotonic(), parcel.delivery, parcel.envelope))

    def now(self) -> datetime:
        return self._site.clock.now()

    def _settlement(self, parcel: Parcel, outcome: Outcome) -> Settlement:
        now = self._site.clock.now()
        number = parcel.delivery.attempts + 1
        again = None
        if outcome.verdict is Verdict.DEFER:
            deadline = self._dispatch.give_up_at
            # a retry that would come too late: the row waits for its deadline, where `expire` fails it
            again = retry_at(number, now, deadline, self._site.settings.retry, random.random()) or deadline
        return Settlement(
            delivery_id=parcel.delivery.id,
            owner=self._owner,
            number=number,
            begun=parcel.begun,
            outcome=outcome,
            started_at=parcel.started_at,
            ended_at=now,
            retry_at=again,
        )

    # -- stopping --------------------------------------------------------------------------------------------------

    async def _look_at_dispatch(self) -> None:
        """A delivery was withdrawn: when that is because the dispatch was paused or cancelled, leave the others in peace."""
        current = await asyncio.to_thread(self._ledger.dispatches.get, self._dispatch.id)
        if current is None or current.status is not DispatchStatus.SENDING:
            self._halt.set()

    def _weigh(self, outcome: Outcome) -> None:
        cause = self._judge.see(outcome, self._site.clock.monotonic())
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
            self._taken.set()
            self._pausing = asyncio.create_task(self._pause(cause, detail))

    async def _pause(self, cause: PauseCause, detail: str) -> None:
        now = self._site.clock.now()
        pause = self._ledger.dispatches.pause
        try:
            await asyncio.to_thread(pause, self._dispatch.id, cause=cause, detail=detail, who="worker", now=now)
        except IllegalMove:
            # the officer was faster: paused or cancelled meanwhile, which is what we wanted
            return


def _unfit(error: MessageError) -> Outcome:
    return Outcome(verdict=Verdict.REFUSE, scope=Scope.MESSAGE, stage=Stage.MAIL, detail=error.what.en)
