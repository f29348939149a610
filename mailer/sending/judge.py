"""When to stop a whole dispatch: pure bookkeeping over the outcomes of one drain.

A failure has a scope. One person's refusal goes on; a server that cannot be reached, a message that everybody refuses, or nothing
but refusals must pause the dispatch before it burns the list.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mailer.dispatch import Outcome, PauseCause, Scope, Stage, Verdict

__all__ = ["Judge"]

FAILURES_PER_CONNECTION = 5
DOUBTS_PER_CONNECTION = 2
BEFORE_ANY_MESSAGE = frozenset({Stage.CONNECT, Stage.EHLO, Stage.STARTTLS, Stage.AUTH})


@dataclass(slots=True)
class Judge:
    """Feed every outcome to `see`; it answers with a cause when the dispatch has to stand still.

    All limits count outcomes in a row, over all connections, without an acceptance between them.
    """

    connections: int = 1
    message_limit: int = 3
    refusal_limit: int = 20
    _site: int = field(default=0, init=False)
    _doubts: int = field(default=0, init=False)
    _message: int = field(default=0, init=False)
    _refusals: int = field(default=0, init=False)

    def see(self, outcome: Outcome) -> PauseCause | None:
        if outcome.verdict is Verdict.ACCEPT:
            self._site = self._doubts = self._message = self._refusals = 0
            return None
        if outcome.verdict is Verdict.DOUBT:
            self._doubts += 1
            return PauseCause.SITE if self._doubts >= DOUBTS_PER_CONNECTION * self.connections else None
        if outcome.scope is Scope.SITE:
            return self._see_site(outcome)
        self._site = self._doubts = 0
        if outcome.verdict is Verdict.REFUSE:
            return self._see_refusal(outcome)
        return None

    def _see_site(self, outcome: Outcome) -> PauseCause | None:
        if outcome.stage is Stage.AUTH:
            return PauseCause.LOGIN
        self._site += 1
        return PauseCause.SITE if self._site >= FAILURES_PER_CONNECTION * self.connections else None

    def _see_refusal(self, outcome: Outcome) -> PauseCause | None:
        self._refusals += 1
        if outcome.scope is Scope.MESSAGE:
            # without a reply we know from the server's own announcement (SIZE) that it refuses this message to everybody
            self._message += 1
            if outcome.reply is None or self._message >= self.message_limit:
                return PauseCause.MESSAGE
        return PauseCause.ERROR_RATE if self._refusals >= self.refusal_limit else None


def concerns_nobody(outcome: Outcome) -> bool:
    """True when the outcome says nothing about the person: no attempt is counted and the delivery stays queued."""
    if outcome.scope is Scope.SITE and outcome.stage in BEFORE_ANY_MESSAGE:
        return True
    return outcome.scope is Scope.MESSAGE and outcome.reply is None and outcome.verdict is Verdict.REFUSE
