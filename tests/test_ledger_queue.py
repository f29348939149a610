"""The queue keeps its promises: leases, fences, guarded moves, one row per person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.dispatch import (
    Delivery,
    DeliveryMove,
    DeliveryState,
    DispatchStatus,
    Outcome,
    PauseCause,
    Reply,
    Scope,
    Stage,
    Verdict,
)
from mailer.ledger import Beginning, Ledger, LogFilter, Settlement, open_ledger
from tests.builders import T0, contact, draft, people

LEASE = timedelta(minutes=5)
OK = Reply(code=250, enhanced="2.0.0", text="queued", stage=Stage.END)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path / "mailer.db")
    yield opened
    opened.close()


def sending(ledger: Ledger, count: int = 3) -> int:
    dispatch = ledger.dispatches.approve(draft(people(count)), T0)
    return ledger.dispatches.start(dispatch.id, who="tester", now=T0).id


def claim(ledger: Ledger, dispatch: int, owner: str = "w1", limit: int = 10) -> tuple[Delivery, ...]:
    return ledger.queue.claim(dispatch, owner=owner, limit=limit, now=T0, lease_until=T0 + LEASE)


def begin(delivery: Delivery, owner: str = "w1") -> Beginning:
    return Beginning(delivery_id=delivery.id, owner=owner, number=delivery.attempts + 1, started_at=T0)


def settle(delivery: Delivery, verdict: Verdict, *, begun: bool = True, owner: str = "w1") -> Settlement:
    return Settlement(
        delivery_id=delivery.id,
        owner=owner,
        number=delivery.attempts + 1,
        begun=begun,
        outcome=Outcome(verdict=verdict, scope=Scope.RECIPIENT, stage=Stage.END, reply=OK),
        started_at=T0,
        ended_at=T0,
        retry_at=T0 + timedelta(minutes=5) if verdict is Verdict.DEFER else None,
    )


def state_of(ledger: Ledger, delivery: Delivery) -> DeliveryState:
    rows = ledger.log.rows(LogFilter(dispatch_id=delivery.dispatch_id))
    return next(row.delivery.state for row in rows if row.delivery.id == delivery.id)


def test_claims_in_list_order_and_never_twice(ledger: Ledger) -> None:
    """Two workers share one dispatch: each row is leased to exactly one of them."""
    dispatch = sending(ledger, 5)
    first = claim(ledger, dispatch, "w1", 3)
    second = claim(ledger, dispatch, "w2", 3)
    assert [d.position for d in first] == [1, 2, 3]
    assert [d.position for d in second] == [4, 5]
    assert claim(ledger, dispatch, "w3") == ()


def test_claim_needs_a_live_dispatch(ledger: Ledger) -> None:
    """Queued rows of a dispatch that is not sending are inert."""
    dispatch = ledger.dispatches.approve(draft(people(2)), T0)
    assert claim(ledger, dispatch.id) == ()


def test_begin_is_refused_after_pause(ledger: Ledger) -> None:
    """Pause takes effect within one message: a leased row cannot begin any more."""
    dispatch = sending(ledger)
    (row, *_) = claim(ledger, dispatch)
    ledger.dispatches.pause(dispatch, cause=PauseCause.OFFICER, who="tester", now=T0)
    assert ledger.queue.write([begin(row)], []) == frozenset()
    assert state_of(ledger, row) is DeliveryState.QUEUED


def test_begin_is_refused_without_the_lease(ledger: Ledger) -> None:
    """A worker that lost its lease cannot begin the row."""
    dispatch = sending(ledger)
    (row, *_) = claim(ledger, dispatch, "w1")
    assert ledger.queue.write([begin(row, "w2")], []) == frozenset()


def test_an_attempt_is_settled_once(ledger: Ledger) -> None:
    """The second settlement of the same attempt changes nothing."""
    dispatch = sending(ledger)
    (row, *_) = claim(ledger, dispatch)
    ledger.queue.write([begin(row)], [])
    ledger.queue.write([], [settle(row, Verdict.ACCEPT)])
    ledger.queue.write([], [settle(row, Verdict.REFUSE)])
    assert state_of(ledger, row) is DeliveryState.ACCEPTED
    (attempt,) = ledger.log.history([row.id])[row.id]
    assert attempt.outcome is not None
    assert attempt.outcome.verdict is Verdict.ACCEPT


def test_refusal_before_the_message_is_begun_and_settled_in_one(ledger: Ledger) -> None:
    """A refused RCPT leaves one finished attempt and a failed delivery."""
    dispatch = sending(ledger)
    (row, *_) = claim(ledger, dispatch)
    ledger.queue.write([], [settle(row, Verdict.REFUSE, begun=False)])
    assert state_of(ledger, row) is DeliveryState.FAILED
    assert len(ledger.log.history([row.id])[row.id]) == 1


def test_dead_worker_leaves_free_rows_and_only_real_doubts(ledger: Ledger) -> None:
    """Leased rows of a dead worker are free at once; only the row on the wire is in doubt."""
    dispatch = sending(ledger, 3)
    rows = claim(ledger, dispatch)
    ledger.queue.write([begin(rows[0])], [])
    assert ledger.queue.release_owner("w1", T0, "died") == (2, 1)
    assert state_of(ledger, rows[0]) is DeliveryState.IN_DOUBT
    assert [d.id for d in claim(ledger, dispatch, "w2")] == [rows[1].id, rows[2].id]


def test_late_reply_settles_a_doubt(ledger: Ledger) -> None:
    """A worker that was stopped past its lease and comes back with a 250 turns the doubt into accepted."""
    dispatch = sending(ledger)
    (row, *_) = claim(ledger, dispatch)
    ledger.queue.write([begin(row)], [])
    assert ledger.queue.release_owner("w1", T0 + 2 * LEASE, "shows no sign of life")[1] == 1
    ledger.queue.write([], [settle(row, Verdict.ACCEPT)])
    assert state_of(ledger, row) is DeliveryState.ACCEPTED


def test_late_reply_stops_a_resend_that_has_not_begun(ledger: Ledger) -> None:
    """Resend was asked for, then the first attempt's 250 arrives: nothing goes out again."""
    dispatch = sending(ledger, 1)
    (row,) = claim(ledger, dispatch)
    ledger.queue.write([begin(row)], [])
    ledger.queue.release_owner("w1", T0 + 2 * LEASE, "shows no sign of life")
    assert ledger.queue.resolve(row.id, DeliveryMove.RESEND, who="officer", note="", now=T0)
    ledger.queue.write([], [settle(row, Verdict.ACCEPT)])
    assert state_of(ledger, row) is DeliveryState.ACCEPTED
    assert claim(ledger, dispatch, "w2") == ()


def test_late_reply_of_an_older_attempt_changes_nothing(ledger: Ledger) -> None:
    """Once the next attempt has begun, the old one's reply is history, not state."""
    dispatch = sending(ledger, 1)
    (row,) = claim(ledger, dispatch)
    ledger.queue.write([begin(row)], [])
    ledger.queue.release_owner("w1", T0 + 2 * LEASE, "shows no sign of life")
    ledger.queue.resolve(row.id, DeliveryMove.RESEND, who="officer", note="", now=T0)
    (again,) = claim(ledger, dispatch, "w2")
    ledger.queue.write([begin(again, "w2")], [])
    ledger.queue.write([], [settle(row, Verdict.REFUSE)])
    assert state_of(ledger, row) is DeliveryState.SENDING


def test_doubt_is_never_claimed(ledger: Ledger) -> None:
    """No machine resends what may have arrived."""
    dispatch = sending(ledger, 1)
    (row,) = claim(ledger, dispatch)
    ledger.queue.write([begin(row)], [])
    ledger.queue.write([], [settle(row, Verdict.DOUBT)])
    assert claim(ledger, dispatch, "w2") == ()
    paused = ledger.dispatches.finish_if_closed(dispatch, T0)
    assert paused is not None
    assert paused.status is DispatchStatus.PAUSED
    assert paused.pause_reason == PauseCause.DOUBT


def test_deferred_waits_for_its_time(ledger: Ledger) -> None:
    """A deferred row is claimed again at retry_at and not before."""
    dispatch = sending(ledger, 1)
    (row,) = claim(ledger, dispatch)
    ledger.queue.write([], [settle(row, Verdict.DEFER, begun=False)])
    assert claim(ledger, dispatch) == ()
    later = T0 + timedelta(minutes=5)
    assert ledger.queue.next_retry(dispatch) == later
    (again,) = ledger.queue.claim(dispatch, owner="w1", limit=9, now=later, lease_until=later + LEASE)
    assert (again.id, again.attempts) == (row.id, 1)


def test_deadline_fails_what_the_server_put_off(ledger: Ledger) -> None:
    """A deferred delivery whose last wait ended at give_up_at fails, and the dispatch is done."""
    dispatch = sending(ledger, 2)
    rows = claim(ledger, dispatch)
    deadline = T0 + timedelta(hours=24)
    ledger.queue.write([], [replace(settle(row, Verdict.DEFER, begun=False), retry_at=deadline) for row in rows])
    assert ledger.queue.expire(deadline - timedelta(minutes=1)) == 0
    assert ledger.queue.expire(deadline + timedelta(minutes=1)) == 2
    done = ledger.dispatches.finish_if_closed(dispatch, T0)
    assert done is not None
    assert done.status is DispatchStatus.DONE


def test_deadline_holds_a_retry_that_was_never_made(ledger: Ledger) -> None:
    """The program was down between the retry and the deadline: the person had another chance, so a person decides."""
    dispatch = sending(ledger, 1)
    (row,) = claim(ledger, dispatch)
    ledger.queue.write([], [settle(row, Verdict.DEFER, begun=False)])
    later = T0 + timedelta(hours=25)
    assert ledger.queue.expire(later) == 0
    (held,) = ledger.dispatches.hold_overdue(later)
    assert held.pause_reason == PauseCause.DEADLINE


def test_deadline_holds_what_was_never_tried(ledger: Ledger) -> None:
    """Nobody has refused these people: they are not failed; the dispatch waits for a person, and a resume sets a new deadline."""
    dispatch = sending(ledger, 2)
    later = T0 + timedelta(hours=25)
    assert ledger.queue.expire(later) == 0
    assert ledger.dispatches.hold_overdue(T0 + timedelta(hours=23)) == ()
    (held,) = ledger.dispatches.hold_overdue(later)
    assert (held.status, held.pause_reason) == (DispatchStatus.PAUSED, PauseCause.DEADLINE)
    resumed = ledger.dispatches.resume(dispatch, who="officer", now=later)
    assert resumed.give_up_at == later + timedelta(hours=24)
    assert len(ledger.queue.claim(dispatch, owner="w", limit=9, now=later, lease_until=later + LEASE)) == 2


def test_a_retry_lost_in_the_future_is_due(ledger: Ledger) -> None:
    """A wall clock that was stepped back must not put a retry off by the whole step."""
    dispatch = sending(ledger, 1)
    (row,) = claim(ledger, dispatch)
    ledger.queue.write([], [settle(row, Verdict.DEFER, begun=False)])
    yesterday = T0 - timedelta(days=1)
    times = {"now": yesterday, "lease_until": yesterday + LEASE}
    assert ledger.queue.claim(dispatch, owner="w", limit=9, **times) == ()
    latest = yesterday + timedelta(hours=2)
    assert len(ledger.queue.claim(dispatch, owner="w", limit=9, latest_retry=latest, **times)) == 1


def test_a_late_reply_finishes_a_paused_dispatch(ledger: Ledger) -> None:
    """Only a doubt was left and the dispatch stood still; the reply arrives after all, and the dispatch is done."""
    dispatch = sending(ledger, 1)
    (row,) = claim(ledger, dispatch)
    ledger.queue.write([begin(row)], [])
    ledger.queue.release_owner("w1", T0, "shows no sign of life")
    paused = ledger.dispatches.finish_if_closed(dispatch, T0)
    assert paused is not None
    assert paused.status is DispatchStatus.PAUSED
    ledger.queue.write([], [settle(row, Verdict.ACCEPT)])
    done = ledger.dispatches.finish_if_closed(dispatch, T0)
    assert done is not None
    assert done.status is DispatchStatus.DONE


def test_cancel_takes_waiting_rows_and_spares_the_wire(ledger: Ledger) -> None:
    """Cancel closes what waits; the message on the wire ends as it ends, and a deferral of it stays closed."""
    dispatch = sending(ledger, 3)
    rows = claim(ledger, dispatch)
    ledger.queue.write([begin(rows[0]), begin(rows[1])], [])
    ledger.dispatches.cancel(dispatch, who="officer", now=T0)
    ledger.queue.write([], [settle(rows[0], Verdict.ACCEPT), settle(rows[1], Verdict.DEFER)])
    states = [state_of(ledger, row) for row in rows]
    assert states == [DeliveryState.ACCEPTED, DeliveryState.CANCELLED, DeliveryState.CANCELLED]


def test_one_delivery_per_address_and_dispatch(ledger: Ledger) -> None:
    """The schema refuses a second delivery to the same address key."""
    twice = (contact("a@news.example"), contact("A@news.example"))
    with pytest.raises(Exception, match="UNIQUE"):
        ledger.dispatches.approve(draft(twice), T0)
    assert ledger.dispatches.all() == ()


def test_skips_domains_that_must_wait(ledger: Ledger) -> None:
    """A slow domain does not hold up the others."""
    both = (*people(2, "slow.example"), *people(2, "fast.example"))
    dispatch = ledger.dispatches.approve(draft(both), T0)
    ledger.dispatches.start(dispatch.id, who="tester", now=T0)
    rows = ledger.queue.claim(
        dispatch.id, owner="w", limit=9, now=T0, lease_until=T0 + LEASE, without_domains=["slow.example"]
    )
    assert {row.contact.address.domain for row in rows} == {"fast.example"}


def test_terminal_deliveries_stay_terminal(ledger: Ledger) -> None:
    """Accepted, failed and cancelled rows move no more, whatever is asked of them."""
    dispatch = sending(ledger, 1)
    (row,) = claim(ledger, dispatch)
    ledger.queue.write([begin(row)], [])
    ledger.queue.write([], [settle(row, Verdict.ACCEPT)])
    for move in (DeliveryMove.CONFIRM, DeliveryMove.RESEND, DeliveryMove.ABANDON):
        assert not ledger.queue.resolve(row.id, move, who="officer", note="", now=T0)
    assert not ledger.queue.suppress(row.id, reason="late", now=T0)
    assert state_of(ledger, row) is DeliveryState.ACCEPTED


def test_presence_tells_the_dead_from_the_living(ledger: Ledger) -> None:
    """A lock that is held proves life; one that is not proves death."""
    living, other = ledger.presence(), ledger.presence()
    living.enter()
    assert not other.is_dead(living.owner)
    living.leave()
    assert other.is_dead(living.owner)


def test_one_that_may_not_begin_does_not_hold_up_the_others(ledger: Ledger) -> None:
    """A beginning whose lease was lost, in a commit with others: exactly the others may leave, and only they have an attempt."""
    rows = claim(ledger, sending(ledger, 4))
    ledger.queue.give_back("w1", [rows[1].id])
    begun = ledger.queue.write([begin(row) for row in rows], [])
    assert begun == {rows[0].id, rows[2].id, rows[3].id}
    assert set(ledger.log.history([row.id for row in rows])) == begun


def test_a_second_outcome_changes_neither_the_first_nor_its_neighbours(ledger: Ledger) -> None:
    """An attempt is settled once, also when its second outcome comes in one commit with the first outcomes of others."""
    rows = claim(ledger, sending(ledger, 3))
    ledger.queue.write([begin(row) for row in rows], [])
    ledger.queue.write([], [settle(rows[0], Verdict.DOUBT)])
    ledger.queue.write([], [settle(row, Verdict.ACCEPT) for row in rows])
    assert [state_of(ledger, row) for row in rows] == [
        DeliveryState.IN_DOUBT,
        DeliveryState.ACCEPTED,
        DeliveryState.ACCEPTED,
    ]


def test_outcomes_of_all_kinds_in_one_commit(ledger: Ledger) -> None:
    """Accepted, put off, refused, in doubt, and refused before it left: each row gets its own, beside new beginnings."""
    rows = claim(ledger, sending(ledger, 6))
    ledger.queue.write([begin(row) for row in rows[:4]], [])
    kinds = (Verdict.ACCEPT, Verdict.DEFER, Verdict.REFUSE, Verdict.DOUBT)
    settles = [settle(row, kind) for row, kind in zip(rows, kinds, strict=False)]
    begun = ledger.queue.write([begin(rows[5])], [*settles, settle(rows[4], Verdict.REFUSE, begun=False)])
    assert begun == {rows[5].id}
    assert [state_of(ledger, row).value for row in rows] == [
        "accepted",
        "deferred",
        "failed",
        "in_doubt",
        "failed",
        "sending",
    ]
    attempts = ledger.log.history([row.id for row in rows])
    assert [attempts[row.id][0].outcome.verdict for row in rows[:5]] == [*kinds, Verdict.REFUSE]  # type: ignore[union-attr]
