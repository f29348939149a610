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
    """Opens after `limit` deferrals in a row without an acceptance; stays open twice as long each time; closes by itself.

    After the wait one message at a time goes through to see how things are; an acceptance closes it.
    """

    limit: int = 5
    first: float = 60.0
    longest: float = 1800.0
    _row: int = field(default=0, init=False)
    _openings: int = field(default=0, init=False)
    _until: float = field(default=0.0, init=False)
    _probing: bool = field(default=False, init=False)

    @property
    def at_rest(self) -> bool:
        """True when nothing speaks against this domain: there is nothing to remember."""
        return self._row == 0

    def wait(self, now: float) -> float:
        return max(0.0, self._until - now)

    def shut(self, now: float) -> bool:
        """True when nobody may go now, not even one who was let in before it opened."""
        return self._until > now and not self._probing

    def admit(self, now: float) -> None:
        """A message is about to go; after an opening it is the only one for a while, whatever becomes of it."""
        if self._openings:
            self._probing = True
            self._until = now + self.first

    def deferred(self, now: float) -> None:
        self._row += 1
        # others were on their way when it opened: one trouble, not several
        if self._row >= self.limit and (self._probing or self.wait(now) == 0):
            self._until = now + min(self.first * 2 ** min(self._openings, 30), self.longest)
            self._openings += 1
            self._probing = False

    def accepted(self) -> None:
        self._row = self._openings = 0
        self._until = 0.0
        self._probing = False
