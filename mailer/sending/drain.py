"""Send what is ready of one dispatch, then stop: claim, begin, send, settle, on several lanes.

    feeder  claims leased deliveries in batches and hands them to the lanes
    lane    compose -> wait for the pace -> transport.send(envelope, leaving) -> settle

`leaving` commits the attempt after the server's 354 and before the first byte of the message; when the ledger says no (paused,
cancelled, lease lost) it raises, the transport drops the connection, and nothing has been sent. The bytes are checked against the
hash that approval fixed: other bytes are never sent.

Not here: the wire (`transport/`), when to run (`worker.py`), SQL (`ledger/`).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mailer.dispatch import Delivery, Dispatch, DispatchStatus, Outcome, PauseCause, Scope, Stage, Verdict
from mailer.dispatch.clock import Clock
from mailer.errors import IllegalMove, MailerError
from mailer.ledger import Beginning, Ledger, Settlement
from mailer.message import Composer, Message
from mailer.sending.judge import Judge, concerns_nobody
from mailer.sending.pace import Breaker, Pace
from mailer.sending.pool import Pool
from mailer.sending.retry import RetryRule, retry_at
from mailer.sending.writer import Writer

__all__ = ["Drain", "SendSettings", "Site"]

SHORT_WAIT = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSettings:
    """`rate` and `domain_rate` are messages per second, 0 = as fast as the server takes them."""

    connections: int = 4
    retry: RetryRule = field(default_factory=RetryRule)
    rate: float = 0.0
    domain_rate: float = 0.0
    lease: timedelta = timedelta(minutes=5)
    backoff_first: float = 1.0
    backoff_longest: float = 30.0
    breaker_first: float = 60.0


@dataclass(slots=True)
class Site:
    """What all drains of one process share: connections, writer, pace of the server and of each domain."""

    pool: Pool
    writer: Writer
    settings: SendSettings
    clock: Clock
    pace: Pace = field(init=False)
    _domains: dict[str, tuple[Pace, Breaker]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.pace = Pace(self.settings.rate)

    def domain(self, name: str) -> tuple[Pace, Breaker]:
        if name not in self._domains:
            breaker = Breaker(first=self.settings.breaker_first)
            self._domains[name] = (Pace(self.settings.domain_rate), breaker)
        return self._domains[name]

    def domain_wait(self, name: str) -> float:
        pace, breaker = self.domain(name)
        now = self.clock.monotonic()
        return max(pace.wait(now), breaker.wait(now))

    def waiting_domains(self) -> dict[str, float]:
        """Domains that may not be written to now, and for how many seconds."""
        waits = {name: self.domain_wait(name) for name in self._domains}
        return {name: wait for name, wait in waits.items() if wait > SHORT_WAIT}


class Withdrawn(Exception):
    """The ledger took the delivery back before its first byte left."""


class Drain:
    """One pass over one dispatch. `stop` (set by Ctrl-C or the end of the program) ends it after the messages on the wire."""

    def __init__(
        self,
        ledger: Ledger,
        dispatch: Dispatch,
        composer: Callable[[], Composer],
        suppressed: Callable[[Delivery], str | None],
        site: Site,
        owner: str,
        stop: asyncio.Event,
    ) -> None:
        self._ledger = ledger
        self._dispatch = dispatch
        self._load_composer = composer
        self._suppressed = suppressed
        self._site = site
        self._owner = owner
        self._stop = stop
        self._halt = asyncio.Event()
        self._judge = Judge(connections=site.settings.connections)
        self._queue: asyncio.Queue[Delivery | None] = asyncio.Queue(maxsize=site.settings.connections)
        self._busy = 0

    async def run(self) -> datetime | None:
        """Send until nothing is ready. Returns the moment of the next retry, None when there is none.

        Raises MailerError when the ledger fails; every outcome that is known has been written or stays in doubt.
        """
        self._composer = await asyncio.to_thread(self._load_composer)
        lanes = [asyncio.create_task(self._lane()) for _ in range(self._site.settings.connections)]
        try:
            await self._feed(lanes)
        finally:
            for _ in lanes:
                await self._put_or_lane_ended(None, lanes)
            ends = await asyncio.gather(*lanes, return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException):
                raise end
        return await asyncio.to_thread(self._ledger.queue.next_retry, self._dispatch.id)

    # -- feeder ----------------------------------------------------------------------------------------------------

    async def _feed(self, lanes: list[asyncio.Task[None]]) -> None:
        while not self._ended(lanes):
            waiting = self._site.waiting_domains()
            batch = await asyncio.to_thread(self._claim, tuple(waiting))
            for position, delivery in enumerate(batch):
                if self._ended(lanes):
                    await self._give_back(batch[position:])
                    return
                await self._offer(delivery, lanes)
            if batch:
                continue
            if self._busy or not self._queue.empty():
                await self._pause_for(0.05)
            elif waiting:
                await self._pause_for(min(waiting.values()))
            else:
                return

    def _claim(self, without: tuple[str, ...]) -> tuple[Delivery, ...]:
        now = self._site.clock.now()
        return self._ledger.queue.claim(
            self._dispatch.id,
            owner=self._owner,
            limit=self._site.settings.connections * 4,
            now=now,
            lease_until=now + self._site.settings.lease,
            without_domains=without,
        )

    async def _offer(self, delivery: Delivery, lanes: list[asyncio.Task[None]]) -> None:
        reason = self._suppressed(delivery)
        if reason is not None:
            now = self._site.clock.now()
            await asyncio.to_thread(self._ledger.queue.suppress, delivery.id, reason=reason, now=now)
        elif self._site.domain_wait(delivery.contact.address.domain) > SHORT_WAIT:
            await self._give_back((delivery,))
        else:
            await self._put_or_lane_ended(delivery, lanes)

    async def _put_or_lane_ended(self, item: Delivery | None, lanes: list[asyncio.Task[None]]) -> None:
        while not all(lane.done() for lane in lanes):
            try:
                await asyncio.wait_for(self._queue.put(item), timeout=0.5)
            except TimeoutError:
                continue
            return

    async def _give_back(self, deliveries: tuple[Delivery, ...]) -> None:
        ids = [delivery.id for delivery in deliveries]
        await asyncio.to_thread(self._ledger.queue.give_back, self._owner, ids)

    async def _pause_for(self, seconds: float) -> None:
        if seconds <= 0:
            return
        try:
            await asyncio.wait_for(self._stop.wait(), timeout=seconds)
        except TimeoutError:
            return

    def _ended(self, lanes: list[asyncio.Task[None]]) -> bool:
        return self._stop.is_set() or self._halt.is_set() or any(lane.done() for lane in lanes)

    # -- lane ------------------------------------------------------------------------------------------------------

    async def _lane(self) -> None:
        failures = 0
        while (delivery := await self._queue.get()) is not None:
            if self._stop.is_set() or self._halt.is_set():
                await self._give_back((delivery,))
                continue
            self._busy += 1
            try:
                failures = failures + 1 if await self._deliver(delivery) else 0
            except BaseException:
                self._halt.set()
                raise
            finally:
                self._busy -= 1
            if failures:
                settings = self._site.settings
                await self._pause_for(
                    min(settings.backoff_first * 2 ** min(failures - 1, 20), settings.backoff_longest)
                )

    async def _deliver(self, delivery: Delivery) -> bool:
        """Try one delivery. True when the server itself failed, so that this lane should go slower."""
        message = self._compose(delivery)
        if message.content_sha256 != delivery.content_sha256:
            await self._give_back((delivery,))
            await self._halt_for(PauseCause.MESSAGE, "the program makes other bytes than were approved")
            return False
        domain_pace, breaker = self._site.domain(delivery.contact.address.domain)
        now = self._site.clock.monotonic()
        await self._pause_for(max(domain_pace.take(now), self._site.pace.take(now)))
        if self._stop.is_set() or self._halt.is_set():
            await self._give_back((delivery,))
            return False
        outcome = await self._send(delivery, message)
        if outcome is None:
            return False
        if outcome.verdict is Verdict.ACCEPT:
            breaker.accepted()
        elif outcome.verdict is Verdict.DEFER and outcome.scope is Scope.RECIPIENT:
            breaker.deferred(self._site.clock.monotonic())
        await self._weigh(outcome)
        return outcome.scope is Scope.SITE

    def _compose(self, delivery: Delivery) -> Message:
        assert self._dispatch.started_at is not None
        return self._composer.compose(delivery.contact, message_id=delivery.message_id, date=self._dispatch.started_at)

    async def _send(self, delivery: Delivery, message: Message) -> Outcome | None:
        number = delivery.attempts + 1
        started = self._site.clock.now()
        begun = False

        async def leaving() -> None:
            nonlocal begun
            beginning = Beginning(delivery_id=delivery.id, owner=self._owner, number=number, started_at=started)
            if not await self._site.writer.begin(beginning):
                raise Withdrawn
            begun = True

        async with self._site.pool.borrow() as transport:
            try:
                outcome = await transport.send(message.envelope, leaving)
            except Withdrawn:
                await self._give_back((delivery,))
                return None
            except MailerError as error:
                if begun:
                    raise
                outcome = Outcome(verdict=Verdict.REFUSE, scope=Scope.RECIPIENT, stage=Stage.MAIL, detail=error.what.en)
            if not begun and concerns_nobody(outcome):
                await self._give_back((delivery,))
            else:
                await self._settle(delivery, number, begun, started, outcome)
        return outcome

    async def _settle(self, delivery: Delivery, number: int, begun: bool, started: datetime, outcome: Outcome) -> None:
        now = self._site.clock.now()
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

    async def _weigh(self, outcome: Outcome) -> None:
        cause = self._judge.see(outcome)
        if cause is not None:
            reply = outcome.reply
            words = f"{reply.code} {reply.enhanced} {reply.text}".strip() if reply else outcome.detail
            await self._halt_for(cause, words)

    async def _halt_for(self, cause: PauseCause, detail: str) -> None:
        if self._halt.is_set():
            return
        self._halt.set()
        current = await asyncio.to_thread(self._ledger.dispatches.get, self._dispatch.id)
        if current is None or current.status is not DispatchStatus.SENDING:
            return
        try:
            await asyncio.to_thread(
                self._ledger.dispatches.pause,
                self._dispatch.id,
                cause=cause,
                detail=detail,
                who="worker",
                now=self._site.clock.now(),
            )
        except IllegalMove:
            # the officer was faster: paused or cancelled meanwhile, which is what we wanted
            return
