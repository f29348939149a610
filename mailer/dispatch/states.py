"""The two state machines: who may move where, and why. SQL guards every move with these tables.

Not here: the moves themselves (`ledger/`), what decides them (`desk/`, `sending/`).
"""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "DELIVERY_MOVES",
    "DISPATCH_MOVES",
    "OPEN",
    "DeliveryMove",
    "DeliveryState",
    "DispatchMove",
    "DispatchStatus",
    "PauseCause",
]


class DeliveryState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    DEFERRED = "deferred"
    ACCEPTED = "accepted"
    IN_DOUBT = "in_doubt"
    BOUNCED = "bounced"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"


class DeliveryMove(StrEnum):
    BEGIN = "begin"
    SUPPRESS = "suppress"
    CANCEL = "cancel"
    EXPIRE = "expire"
    ACCEPT = "accept"
    DEFER = "defer"
    REFUSE = "refuse"
    DOUBT = "doubt"
    CONFIRM = "confirm"
    RESEND = "resend"
    ABANDON = "abandon"
    BOUNCE = "bounce"


class DispatchStatus(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"


class DispatchMove(StrEnum):
    APPROVE = "approve"
    EDIT = "edit"
    SCHEDULE = "schedule"
    UNSCHEDULE = "unschedule"
    START = "start"
    HOLD = "hold"
    PAUSE = "pause"
    RESUME = "resume"
    FINISH = "finish"
    CANCEL = "cancel"


class PauseCause(StrEnum):
    """Why a dispatch stands still; `dispatch.pause_reason` is `cause` or `cause: detail` (the server's words)."""

    OFFICER = "officer"
    LATE = "late"
    SITE = "site"
    LOGIN = "login"
    MESSAGE = "message"
    ERROR_RATE = "error_rate"
    DOUBT = "doubt"
    STOPPED = "stopped"
    MODE = "mode"
    DEADLINE = "deadline"


_D = DeliveryState
_WAITING = frozenset({_D.QUEUED, _D.DEFERRED})

OPEN = frozenset({_D.QUEUED, _D.SENDING, _D.DEFERRED, _D.IN_DOUBT})
"""A dispatch is not done while one of its deliveries is in one of these."""

DELIVERY_MOVES: dict[DeliveryMove, tuple[frozenset[DeliveryState], DeliveryState]] = {
    # the attempt is committed; after this its end may be unknown
    DeliveryMove.BEGIN: (_WAITING, _D.SENDING),
    # an opt-out that came after approval still wins
    DeliveryMove.SUPPRESS: (_WAITING, _D.SUPPRESSED),
    DeliveryMove.CANCEL: (_WAITING, _D.CANCELLED),
    # give_up_at has passed; one that was never tried is not failed for it: its dispatch is paused
    DeliveryMove.EXPIRE: (frozenset({_D.DEFERRED}), _D.FAILED),
    # 250 after the final dot, also when that reply comes after the lease ran out, or even after a person asked for a resend
    # that has not begun yet (the attempt number fences off everything else)
    DeliveryMove.ACCEPT: (frozenset({_D.SENDING, _D.IN_DOUBT, _D.QUEUED}), _D.ACCEPTED),
    # 4xx, or lost before the message bytes left; a late 4xx resolves a doubt too: the server said it did not take it
    DeliveryMove.DEFER: (frozenset({_D.SENDING, _D.IN_DOUBT}), _D.DEFERRED),
    DeliveryMove.REFUSE: (frozenset({_D.SENDING, _D.IN_DOUBT}), _D.FAILED),
    # lost inside or after the message, or the lease ran out: nobody can know
    DeliveryMove.DOUBT: (frozenset({_D.SENDING}), _D.IN_DOUBT),
    DeliveryMove.CONFIRM: (frozenset({_D.IN_DOUBT}), _D.ACCEPTED),
    # a person accepts that it may arrive twice; same Message-ID
    DeliveryMove.RESEND: (frozenset({_D.IN_DOUBT}), _D.QUEUED),
    DeliveryMove.ABANDON: (frozenset({_D.IN_DOUBT}), _D.FAILED),
    DeliveryMove.BOUNCE: (frozenset({_D.IN_DOUBT, _D.ACCEPTED}), _D.BOUNCED),
}

_S = DispatchStatus

DISPATCH_MOVES: dict[DispatchMove, tuple[frozenset[DispatchStatus], DispatchStatus]] = {
    # seal and deliveries are written in the same transaction
    DispatchMove.APPROVE: (frozenset({_S.DRAFT}), _S.APPROVED),
    # voids the seal
    DispatchMove.EDIT: (frozenset({_S.APPROVED, _S.SCHEDULED}), _S.DRAFT),
    DispatchMove.SCHEDULE: (frozenset({_S.APPROVED, _S.SCHEDULED, _S.PAUSED}), _S.SCHEDULED),
    DispatchMove.UNSCHEDULE: (frozenset({_S.SCHEDULED}), _S.APPROVED),
    # send now, or due and not late
    DispatchMove.START: (frozenset({_S.APPROVED, _S.SCHEDULED}), _S.SENDING),
    # found later than late_after
    DispatchMove.HOLD: (frozenset({_S.SCHEDULED}), _S.PAUSED),
    DispatchMove.PAUSE: (frozenset({_S.SENDING, _S.SCHEDULED}), _S.PAUSED),
    DispatchMove.RESUME: (frozenset({_S.PAUSED}), _S.SENDING),
    # every delivery closed
    DispatchMove.FINISH: (frozenset({_S.SENDING, _S.PAUSED}), _S.DONE),
    DispatchMove.CANCEL: (
        frozenset({_S.DRAFT, _S.APPROVED, _S.SCHEDULED, _S.SENDING, _S.PAUSED}),
        _S.CANCELLED,
    ),
}
