"""Put the ledger right after the world was not: dead workers, leases that ran out, deadlines that passed.

Safe at any time and from any number of processes. A row that was on the wire when its worker died becomes a doubt, because nobody
can know; everything else becomes free again.

Not here: what a person does about a doubt (`desk/`).
"""

from __future__ import annotations

from datetime import datetime

from mailer.dispatch import Dispatch, DispatchStatus
from mailer.ledger import Ledger, Presence

__all__ = ["reconcile"]


def reconcile(ledger: Ledger, presence: Presence, now: datetime) -> tuple[Dispatch, ...]:
    """Free what the dead held, doubt what they had on the wire, fail what waited too long. Returns the dispatches this closed."""
    for owner in ledger.queue.owners():
        if presence.is_dead(owner):
            ledger.queue.release_owner(owner, now)
    ledger.queue.release_expired(presence.owner, now)
    ledger.queue.expire(now)
    live = ledger.dispatches.with_status(DispatchStatus.SENDING)
    closed = (ledger.dispatches.finish_if_closed(dispatch.id, now) for dispatch in live)
    return tuple(dispatch for dispatch in closed if dispatch is not None)
