"""How fast to go: per server and per recipient domain, and a breaker for a domain that keeps deferring.

Pure state over a monotonic time that is handed in; nothing here sleeps. The rate limit is GCRA with a burst of one: the caller
learns how long to wait before its slot.
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Breaker", "Pace"]


@dataclass(slots=True)
class Pace:
    """Slots at `per_second` messages; 0 means no limit."""

    per_second: float
    _next: float = field(default=0.0, init=False)

    def wait(self, now: float) -> float:
        """Seconds until the next slot; takes nothing."""
        return max(0.0, self._next - now) if self.per_second > 0 else 0.0

    def take(self, now: float) -> float:
        """Reserve the next slot; returns the seconds to wait before using it."""
        if self.per_second <= 0:
            return 0.0
        slot = max(self._next, now)
        self._next = slot + 1 / self.per_second
        return slot - now


@dataclass(slots=True)
class Breaker:
    """Opens after `limit` deferrals in a row without an acceptance; stays open twice as long each time; closes by itself."""

    limit: int = 5
    first: float = 60.0
    longest: float = 1800.0
    _row: int = field(default=0, init=False)
    _openings: int = field(default=0, init=False)
    _until: float = field(default=0.0, init=False)

    def wait(self, now: float) -> float:
        return max(0.0, self._until - now)

    def deferred(self, now: float) -> None:
        self._row += 1
        if self._row >= self.limit:
            self._until = now + min(self.first * 2 ** min(self._openings, 30), self.longest)
            self._openings += 1
            # half open: one more deferral after the wait opens it again
            self._row = self.limit - 1

    def accepted(self) -> None:
        self._row = self._openings = 0
        self._until = 0.0
