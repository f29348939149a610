"""What all drains of one process share: connections, writer, the pace of the server and of each domain, the settings.

Not here: what is sent (`drain.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from mailer.dispatch import Delivery, Outcome, PauseCause, Scope, Verdict
from mailer.dispatch.clock import Clock
from mailer.sending.pace import Breaker, Pace
from mailer.sending.pool import Pool
from mailer.sending.retry import RetryRule
from mailer.sending.writer import Writer

__all__ = ["SHORT_WAIT", "SendSettings", "Site", "domain_of"]

SHORT_WAIT = 0.5
"""Seconds that a lane may stand still for one domain; longer waits put the delivery aside."""

Halt = Callable[[PauseCause, str], None]

_GREYLISTED = re.compile(r"gr[ae]y-?\s?list|first time|come back|try again later", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSettings:
    """`rate` and `domain_rate` are messages per second, 0 = as fast as the server takes them; seconds elsewhere.

    `practice` says where the transports lead: to the catcher on this machine, or to a real server.
    `lease` is how long a worker may show no sign of life before others take its rows. `resend_doubts` lets the machine send a
    doubt once more (`doubts.py`). `full_patience` is how long a known outcome waits for room on a full disk.
    """

    practice: bool = False
    connections: int = 4
    retry: RetryRule = field(default_factory=RetryRule)
    rate: float = 0.0
    domain_rate: float = 0.0
    lease: timedelta = timedelta(minutes=5)
    resend_doubts: bool = False
    backoff_first: float = 1.0
    backoff_longest: float = 30.0
    breaker_first: float = 60.0
    full_patience: float = 10.0


@dataclass(slots=True)
class _Domain:
    pace: Pace
    breaker: Breaker


@dataclass(slots=True)
class Site:
    """One mail server as one process sees it."""

    pool: Pool
    writer: Writer
    settings: SendSettings
    clock: Clock
    pace: Pace = field(init=False)
    _domains: dict[str, _Domain] = field(default_factory=dict, init=False)
    _drains: list[Halt] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.pace = Pace(self.settings.rate)

    @contextmanager
    def joined(self, halt: Halt) -> Iterator[None]:
        """While the block lasts, `halt` is called when something concerns every drain."""
        self._drains.append(halt)
        try:
            yield
        finally:
            self._drains.remove(halt)

    def halt_all(self, cause: PauseCause, detail: str) -> None:
        for halt in tuple(self._drains):
            halt(cause, detail)

    def reserve(self, domain: str) -> float | None:
        """Take the next slot of `domain`: seconds to wait before using it, or None when that is too long to stand still for."""
        known = self._domain(domain)
        now = self.clock.monotonic()
        if max(known.pace.wait(now), known.breaker.wait(now)) > SHORT_WAIT:
            return None
        known.breaker.admit(now)
        return known.pace.take(now)

    def shut(self, domain: str) -> bool:
        """True when `domain` has begun to put everybody off since a slot was taken."""
        known = self._domains.get(domain)
        return known is not None and known.breaker.shut(self.clock.monotonic())

    def blocked(self) -> dict[str, float]:
        """Domains that may not be written to now, and for how many seconds. Forgets those with nothing to remember."""
        now = self.clock.monotonic()
        waits = {name: max(one.pace.wait(now), one.breaker.wait(now)) for name, one in self._domains.items()}
        for name, wait in waits.items():
            if wait == 0 and self._domains[name].breaker.at_rest:
                del self._domains[name]
        return {name: wait for name, wait in waits.items() if wait > SHORT_WAIT}

    def learn(self, delivery: Delivery, outcome: Outcome) -> None:
        """What an outcome says about the recipient's domain."""
        breaker = self._domain(domain_of(delivery)).breaker
        if outcome.verdict is Verdict.ACCEPT:
            breaker.accepted()
        elif outcome.verdict is Verdict.DEFER and outcome.scope is Scope.RECIPIENT and not _greets(delivery, outcome):
            breaker.deferred(self.clock.monotonic())

    def _domain(self, name: str) -> _Domain:
        if name not in self._domains:
            breaker = Breaker(first=self.settings.breaker_first)
            self._domains[name] = _Domain(Pace(self.settings.domain_rate), breaker)
        return self._domains[name]


def domain_of(delivery: Delivery) -> str:
    """The domain as the ledger's rows have it: as A-label, in lower case."""
    return delivery.contact.address.key.rpartition("@")[2]


def _greets(delivery: Delivery, outcome: Outcome) -> bool:
    # Greylisting puts everybody off once, person by person. Were that a reason to wait, the last of a domain's people would be
    # tried for the first time hours later.
    reply = outcome.reply
    if delivery.attempts or reply is None:
        return False
    return reply.enhanced == "4.7.1" or _GREYLISTED.search(reply.text) is not None
