"""What the machine may do about doubts: nothing, unless the settings let it send each of them once more.

A few doubts are a crash or a broken line; many at once are a relay that hangs, and sending those again would only make doubles.

Not here: what a person does about a doubt (`desk/`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mailer.ledger.queue import Doubt

__all__ = ["resendable"]

MOST = 20
SHARE = 0.01


def resendable(doubts: Sequence[Doubt], total: int, alive: Collection[str]) -> tuple[Doubt, ...]:
    """Those of a dispatch's `doubts` that may be sent again by themselves; `total` is the number of its deliveries.

    None when more than 1 % (but always one) or 20 are in doubt at once. Never the same one twice, and never one whose worker is
    among `alive` and may still hear the reply.
    """
    if len(doubts) > min(MOST, max(1, total * SHARE)):
        return ()
    return tuple(doubt for doubt in doubts if not doubt.resent and (doubt.settled or doubt.worker not in alive))
