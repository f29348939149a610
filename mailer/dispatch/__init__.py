"""The words of sending: contacts, dispatches, deliveries, attempts, outcomes, and the two state machines.

Values only: nothing in this room reads a file, a clock or a network. `states` holds the tables of legal moves that the
ledger's SQL obeys; `model` holds the values that travel between the rooms.

Not here: storage (`ledger/`), the wire (`transport/`), decisions (`sending/`, `desk/`).
"""

from mailer.dispatch import states
from mailer.dispatch.model import (
    Address,
    Attempt,
    Contact,
    Delivery,
    Dispatch,
    Envelope,
    Outcome,
    Reply,
    Scope,
    Seal,
    Stage,
    Verdict,
)
from mailer.dispatch.states import DeliveryMove, DeliveryState, DispatchMove, DispatchStatus, PauseCause

__all__ = [
    "Address",
    "Attempt",
    "Contact",
    "Delivery",
    "DeliveryMove",
    "DeliveryState",
    "Dispatch",
    "DispatchMove",
    "DispatchStatus",
    "Envelope",
    "Outcome",
    "PauseCause",
    "Reply",
    "Scope",
    "Seal",
    "Stage",
    "Verdict",
    "states",
]
