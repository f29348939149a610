"""When to stop a whole dispatch: pure bookkeeping over the outcomes of one drain.

A failure has a scope. One person's refusal goes on; a server that cannot be reached, a message that everybody refuses, or nothing
but refusals must pause the dispatch before it burns the list.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mailer.dispatch import Outcome, PauseCause, Scope, Stage, Verdict
from mailer.transport import login_refused

__all__ = ["Judge"]

FAILURES_PER_CONNECTION = 8
"""With the waits between them about three minutes: a mail server that is started again must not need a person at night."""

FAILURES_SECONDS = 300.0
"""A server that swallows every packet takes a whole time-out for each failure: somebody should hear of it sooner."""

FAILURES_LATER = 20
DOUBTS_PER_CONNECTION = 2
DOUBT_WEIGHT = 10
BEFORE_ANY_MESSAGE = frozenset({Stage.CONNECT, Stage.EHLO, Stage.STARTTLS, Stage.AUTH})


@dataclass(slots=True)
class Judge:
    """Feed every outcome to `see`, with the monotonic time; it answers with a cause when the dispatch has to stand still.

    Limits count outcomes in a row, over all connections, without an acceptance between them. Doubts are dearer: one weighs as
    much as ten acceptances, so that a relay which loses every other answer does not take half the list into doubt.
    """

    connections: int = 1
    message_limit: int = 3
    refusal_limit: int = 20
    _site: int = field(default=0, init=False)
    _since: float = field(default=0.0, init=False)
    _later: int = field(default=0, init=False)
    _doubts: int = field(default=0, init=False)
    _message: int = field(default=0, init=False)
    _refusals: int = field(default=0, init=False)

    def see(self, outcome: Outcome, now: float) -> PauseCause | None:
        if outcome.verdict is Verdict.ACCEPT:
            self._site = self._later = self._message = self._refusals = 0
            self._doubts = max(0, self._doubts - 1)
            return None
        if outcome.verdict is Verdict.DOUBT:
            self._doubts += DOUBT_WEIGHT
            limit = DOUBT_WEIGHT * DOUBTS_PER_CONNECTION * self.connections
            return PauseCause.SITE if self._doubts >= limit else None
        if outcome.scope is Scope.SITE:
            return self._see_site(outcome, now)
        self._site = self._later = 0
        if outcome.verdict is Verdict.REFUSE:
            return self._see_refusal(outcome)
        return None

    def _see_site(self, outcome: Outcome, now: float) -> PauseCause | None:
        if login_refused(outcome):
            return PauseCause.LOGIN
        if outcome.stage not in BEFORE_ANY_MESSAGE and outcome.reply is not None:
            # the server answers, and puts off one person after the other
            self._later += 1
        if not self._site:
            self._since = now
        self._site += 1
        many = self._site >= FAILURES_PER_CONNECTION * self.connections or self._later >= FAILURES_LATER
        return PauseCause.SITE if many or now - self._since >= FAILURES_SECONDS else None

    def _see_refusal(self, outcome: Outcome) -> PauseCause | None:
        self._refusals += 1
        if outcome.scope is Scope.MESSAGE:
            self._message += 1
            if _refused_here(outcome) or self._message >= self.message_limit:
                return PauseCause.MESSAGE
        return PauseCause.ERROR_RATE if self._refusals >= self.refusal_limit else None


def concerns_nobody(outcome: Outcome) -> bool:
    """True when the outcome says nothing about the person: no attempt is counted and the delivery stays queued."""
    if outcome.scope is Scope.SITE and outcome.stage in BEFORE_ANY_MESSAGE:
        return True
    return outcome.scope is Scope.MESSAGE and _refused_here(outcome)


def _refused_here(outcome: Outcome) -> bool:
    # without a reply, or with code 0: we know it without asking, for example from the server's own announcement of SIZE
    return outcome.verdict is Verdict.REFUSE and (outcome.reply is None or outcome.reply.code == 0)
