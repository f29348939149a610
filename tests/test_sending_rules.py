"""Retry, pace, breaker and judge are pure: a clock is handed in, nothing sleeps."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.dispatch import Outcome, PauseCause, Reply, Scope, Stage, Verdict
from mailer.sending.judge import Judge, concerns_nobody
from mailer.sending.pace import Breaker, Pace
from mailer.sending.retry import RetryRule, retry_at
from tests.builders import T0

RULE = RetryRule(first=timedelta(minutes=5), longest=timedelta(hours=2))


def outcome(verdict: Verdict, scope: Scope = Scope.RECIPIENT, stage: Stage = Stage.RCPT, code: int = 550) -> Outcome:
    reply = Reply(code=code, enhanced="", text="", stage=stage) if code else None
    return Outcome(verdict=verdict, scope=scope, stage=stage, reply=reply)


def test_waits_double_up_to_the_cap() -> None:
    """5, 10, 20, 40, 80, then 120 minutes, without jitter."""
    waits = [retry_at(n, T0, None, RULE, 0.0) for n in range(1, 8)]
    minutes = [int((moment - T0).total_seconds() // 60) for moment in waits if moment]
    assert minutes == [5, 10, 20, 40, 80, 120, 120]


@given(number=st.integers(1, 10_000), chance=st.floats(0, 1, exclude_max=True), left=st.integers(0, 200_000))
def test_a_retry_is_always_later_and_never_past_the_deadline(number: int, chance: float, left: int) -> None:
    """Whatever the numbers: after now, within the cap and its jitter, before the deadline, or None."""
    deadline = T0 + timedelta(seconds=left)
    moment = retry_at(number, T0, deadline, RULE, chance)
    if moment is None:
        assert T0 + RULE.first <= T0 + RULE.longest * 1.2
        assert deadline <= T0 + RULE.longest * 1.2
    else:
        assert T0 + RULE.first <= moment < deadline
        assert moment <= T0 + RULE.longest * 1.2


def test_pace_spreads_messages_evenly() -> None:
    """At two per second the slots are half a second apart, however they are asked for."""
    pace = Pace(2.0)
    assert [pace.take(10.0) for _ in range(4)] == [0.0, 0.5, 1.0, 1.5]
    assert pace.wait(10.0) == 2.0
    assert pace.take(100.0) == 0.0


def test_no_rate_means_no_wait() -> None:
    """0 is as fast as the server takes it."""
    pace = Pace(0.0)
    assert [pace.take(0.0) for _ in range(3)] == [0.0, 0.0, 0.0]


def test_breaker_opens_grows_and_closes() -> None:
    """Five deferrals in a row open it; then one message at a time tries, and each deferral doubles the wait."""
    breaker = Breaker(limit=5, first=60, longest=200)
    for _ in range(4):
        breaker.deferred(0.0)
    assert breaker.wait(0.0) == 0.0
    breaker.deferred(0.0)
    assert breaker.wait(0.0) == 60.0
    # three more were on their way
    for _ in range(3):
        breaker.deferred(1.0)
    assert breaker.wait(60.0) == 0.0
    breaker.admit(60.0)
    assert breaker.wait(61.0) == 59.0
    breaker.deferred(61.0)
    assert breaker.wait(61.0) == 120.0
    breaker.admit(181.0)
    breaker.deferred(181.0)
    assert breaker.wait(181.0) == 200.0
    assert not breaker.at_rest
    breaker.accepted()
    assert breaker.wait(181.0) == 0.0
    assert breaker.at_rest


def test_breaker_closes_by_itself() -> None:
    """A message whose end is never learnt keeps a domain closed for one wait, not for ever."""
    breaker = Breaker(limit=1, first=60)
    breaker.deferred(0.0)
    breaker.admit(60.0)
    assert breaker.wait(119.0) == 1.0
    assert breaker.wait(120.0) == 0.0


def test_one_bad_person_never_pauses() -> None:
    """Every eleventh address refused is a list with bad addresses, not a broken server."""
    judge = Judge(connections=4)
    causes = [
        judge.see(outcome(Verdict.REFUSE) if n % 11 == 0 else outcome(Verdict.ACCEPT, code=250), 0.0)
        for n in range(500)
    ]
    assert set(causes) == {None}


def test_nothing_but_refusals_pauses_within_twenty() -> None:
    """A list of refusals is stopped before it is burned."""
    judge = Judge(connections=4)
    causes = [judge.see(outcome(Verdict.REFUSE), 0.0) for _ in range(20)]
    assert causes[:19] == [None] * 19
    assert causes[19] is PauseCause.ERROR_RATE


def test_a_message_nobody_takes_pauses_after_three() -> None:
    """Three refusals of the message itself in a row stop the dispatch."""
    judge = Judge(connections=4)
    refused = outcome(Verdict.REFUSE, Scope.MESSAGE, Stage.END, 554)
    assert [judge.see(refused, 0.0) for _ in range(3)] == [None, None, PauseCause.MESSAGE]


def test_a_message_larger_than_announced_pauses_at_once() -> None:
    """The server has said beforehand that it takes it from nobody: no attempt, no second try."""
    judge = Judge(connections=4)
    too_large = outcome(Verdict.REFUSE, Scope.MESSAGE, Stage.MAIL, 0)
    assert judge.see(too_large, 0.0) is PauseCause.MESSAGE
    assert concerns_nobody(too_large)


def test_refused_login_pauses_at_once() -> None:
    """One try: a second one locks accounts."""
    judge = Judge(connections=4)
    refused = outcome(Verdict.DEFER, Scope.SITE, Stage.AUTH, 535)
    assert judge.see(refused, 0.0) is PauseCause.LOGIN
    assert concerns_nobody(refused)


@pytest.mark.parametrize("connections", [1, 4])
def test_a_dead_server_pauses_after_a_bounded_number(connections: int) -> None:
    """Eight failures in a row per connection, then stop."""
    judge = Judge(connections=connections)
    dead = outcome(Verdict.DEFER, Scope.SITE, Stage.CONNECT, 0)
    causes = [judge.see(dead, 0.0) for _ in range(8 * connections)]
    assert causes[-1] is PauseCause.SITE
    assert set(causes[:-1]) == {None}


def test_doubts_in_a_row_pause() -> None:
    """A relay that hangs after the final dot must not take the whole list into doubt."""
    judge = Judge(connections=2)
    doubt = outcome(Verdict.DOUBT, Scope.SITE, Stage.END, 0)
    assert [judge.see(doubt, 0.0) for _ in range(4)] == [None, None, None, PauseCause.SITE]
    assert not concerns_nobody(doubt)


def test_a_silent_server_pauses_before_all_its_time_outs() -> None:
    """Failures that take a minute each: five minutes without anything else are enough; an acceptance between them starts anew."""
    judge = Judge(connections=4)
    silent = outcome(Verdict.DEFER, Scope.SITE, Stage.CONNECT, 0)
    assert [judge.see(silent, minute * 60.0) for minute in range(1, 6)] == [None] * 5
    assert judge.see(outcome(Verdict.ACCEPT, code=250), 301.0) is None
    assert [judge.see(silent, minute * 60.0) for minute in range(6, 12)] == [None] * 5 + [PauseCause.SITE]


@pytest.mark.parametrize(("every", "paused"), [(2, True), (5, True), (100, False), (400, False)])
def test_doubts_between_acceptances(every: int, paused: bool) -> None:
    """A doubt weighs as much as ten acceptances: one in five stops the dispatch, one in a hundred never does."""
    judge = Judge(connections=4)
    doubt, fine = outcome(Verdict.DOUBT, Scope.SITE, Stage.END, 0), outcome(Verdict.ACCEPT, code=250)
    causes = [judge.see(doubt if n % every == 0 else fine, 0.0) for n in range(1, 5_000)]
    assert (PauseCause.SITE in causes) is paused


@pytest.mark.parametrize("connections", [1, 4, 64])
def test_a_server_that_puts_everybody_off_is_asked_twenty_times(connections: int) -> None:
    """However many connections there are: 4xx to MAIL for everybody stops within twenty."""
    judge = Judge(connections=connections)
    later = outcome(Verdict.DEFER, Scope.SITE, Stage.MAIL, 451)
    assert PauseCause.SITE in [judge.see(later, 0.0) for _ in range(20)]


def test_a_login_that_broke_off_is_not_a_refusal() -> None:
    """A connection lost during the login, or a 454, may be tried again; a forgotten login may not."""
    judge = Judge(connections=4)
    assert judge.see(outcome(Verdict.DEFER, Scope.SITE, Stage.AUTH, 0), 0.0) is None
    assert judge.see(outcome(Verdict.DEFER, Scope.SITE, Stage.AUTH, 454), 0.0) is None
    assert judge.see(outcome(Verdict.DEFER, Scope.SITE, Stage.MAIL, 530), 0.0) is PauseCause.LOGIN
