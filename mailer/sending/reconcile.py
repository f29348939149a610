"""Put the ledger right after the world was not: dead workers, workers without a sign of life, deadlines that passed.

Safe at any time and from any number of processes. A row that was on the wire when its worker died becomes a doubt, because nobody
can know; everything else becomes free again. How long a worker has shown no sign of life is measured by this process's own
monotonic clock: a wall clock that is stepped takes nothing from a worker that lives.

Not here: what a person does about a doubt (`desk/`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from mailer.dispatch import DeliveryMove, DeliveryState, Dispatch, DispatchStatus
from mailer.dispatch.clock import Clock
from mailer.ledger import Ledger, Presence
from mailer.sending.doubts import resendable

__all__ = ["Reconciler"]


class Reconciler:
    """Call it now and then; `lease` is how long a worker may show no sign of life."""

    def __init__(
        self, ledger: Ledger, presence: Presence, clock: Clock, lease: timedelta, *, resend_doubts: bool = False
    ) -> None:
        self._ledger = ledger
        self._presence = presence
        self._clock = clock
        self._lease = lease.total_seconds()
        self._resend_doubts = resend_doubts
        self._signs: dict[str, tuple[datetime, float]] = {}

    def __call__(self) -> tuple[Dispatch, ...]:
        """Free what the dead held, doubt what they had on the wire, close what is over. Returns the dispatches this moved."""
        now = self._clock.now()
        self._free_leases(now)
        moved = list(self._meet_deadlines(now))
        # paused ones too: a late reply or a person may have settled their last row
        for dispatch in self._ledger.dispatches.with_status(DispatchStatus.SENDING, DispatchStatus.PAUSED):
            closed = self._close(dispatch.id, now)
            moved += [closed] if closed else []
        return tuple(moved)

    def close(self, dispatch_id: int) -> Dispatch | None:
        """Finish a dispatch with nothing left to do, or pause it when only a person can go on. None while work remains."""
        now = self._clock.now()
        self._meet_deadlines(now)
        return self._close(dispatch_id, now)

    def _close(self, dispatch_id: int, now: datetime) -> Dispatch | None:
        if self._resend_doubts and self._send_again(dispatch_id, now):
            return None
        return self._ledger.dispatches.finish_if_closed(dispatch_id, now)

    def _meet_deadlines(self, now: datetime) -> tuple[Dispatch, ...]:
        self._ledger.queue.expire(now)
        return self._ledger.dispatches.hold_overdue(now)

    def _free_leases(self, now: datetime) -> None:
        ticks = self._clock.monotonic()
        holders = self._ledger.queue.holders()
        holders.pop(self._presence.owner, None)
        self._signs = {owner: sign for owner, sign in self._signs.items() if owner in holders}
        for owner, until in holders.items():
            if self._signs.get(owner, (None, 0.0))[0] != until:
                self._signs[owner] = (until, ticks)
            if self._presence.is_dead(owner):
                self._ledger.queue.release_owner(owner, now, "died")
            elif ticks - self._signs[owner][1] > self._lease:
                self._ledger.queue.release_owner(owner, now, "shows no sign of life")

    def _send_again(self, dispatch_id: int, now: datetime) -> bool:
        """Put doubts back into the queue, once nothing else of a running dispatch is under way. True when one went back."""
        dispatch = self._ledger.dispatches.get(dispatch_id)
        if dispatch is None or dispatch.status is not DispatchStatus.SENDING:
            return False
        counts = self._ledger.queue.counts(dispatch_id)
        if not counts[DeliveryState.IN_DOUBT] or counts[DeliveryState.QUEUED] or counts[DeliveryState.SENDING]:
            return False
        doubts = self._ledger.queue.doubts(dispatch_id)
        alive = {doubt.worker for doubt in doubts if not self._presence.is_dead(doubt.worker)}
        chosen = resendable(doubts, sum(counts.values()), alive)
        again = (
            self._ledger.queue.resolve(
                doubt.delivery_id,
                DeliveryMove.RESEND,
                who="worker",
                note="MAILER_IN_DOUBT=resend",
                now=now,
                number=doubt.number,
            )
            for doubt in chosen
        )
        return any(list(again))
