"""When to try again: a pure function of (attempt number, now, deadline).

Exponential with a cap and jitter (RFC 5321 section 4.5.4.1 asks for growing intervals); a retry that would come after the deadline
is not made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

__all__ = ["RetryRule", "retry_at"]

JITTER = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRule:
    """First wait and longest wait; each wait is twice the one before."""

    first: timedelta = timedelta(minutes=5)
    longest: timedelta = timedelta(hours=2)

    def latest(self, now: datetime) -> datetime:
        """No retry is ever set further away than this. One that is found there was set before the wall clock was stepped back,
        and is due."""
        return now + max(self.first, self.longest) * (1 + JITTER)


def retry_at(number: int, now: datetime, deadline: datetime | None, rule: RetryRule, chance: float) -> datetime | None:
    """The moment of the next try after attempt `number` (1-based), or None when it would come too late.

    `chance` in [0, 1) spreads retries over 20 % of the wait, so that a hundred deferred people do not come back as one wave.
    """
    doublings = min(number - 1, 30)
    wait = min(rule.first * 2**doublings, rule.longest)
    moment = now + wait * (1 + JITTER * chance)
    return None if deadline is not None and moment >= deadline else moment
