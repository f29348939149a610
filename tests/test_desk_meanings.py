"""Each line of the log says what happened, and nothing that is not so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailer.desk.doubts import failed_deliveries
from mailer.desk.report import log_lines, log_record
from mailer.dispatch import Delivery, DeliveryMove, Dispatch, Outcome, PauseCause, Reply, Stage, Verdict
from mailer.ledger import Beginning, Ledger, LogFilter, Settlement, open_ledger
from mailer.web.plain import meaning_for_pages
from tests.builders import T0, draft, people


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path / "mailer.db")
    yield opened
    opened.close()


def on_the_wire(ledger: Ledger) -> tuple[Dispatch, Delivery]:
    """A dispatch to one person whose message is leaving."""
    dispatch = ledger.dispatches.approve(draft(people(1)), T0)
    dispatch = ledger.dispatches.start(dispatch.id, who="t", now=T0)
    (row,) = ledger.queue.claim(dispatch.id, owner="w", limit=1, now=T0, lease_until=T0)
    ledger.queue.write([Beginning(delivery_id=row.id, owner="w", number=1, started_at=T0)], [])
    return dispatch, row


def answer(ledger: Ledger, row: Delivery, verdict: Verdict, text: str = "") -> None:
    reply = Reply(code=250, enhanced="", text=text, stage=Stage.END) if text else None
    outcome = Outcome(verdict=verdict, reply=reply, detail="" if text else "connection lost (end of data)")
    end = Settlement(
        delivery_id=row.id, owner="w", number=1, begun=True, outcome=outcome, started_at=T0, ended_at=T0, retry_at=None
    )
    ledger.queue.write([], [end])


def said(ledger: Ledger) -> str:
    (line,) = log_lines(ledger, LogFilter())
    return line.meaning.what.en


def resolved(ledger: Ledger, row: Delivery, move: DeliveryMove) -> None:
    assert ledger.queue.resolve(row.id, move, who="officer", note="", now=T0)


def test_an_answer_after_a_doubt_was_given_up(ledger: Ledger) -> None:
    """Failed stays failed, but the log says that the server has it, and it is not offered to be sent again."""
    dispatch, row = on_the_wire(ledger)
    ledger.queue.release_owner("w", T0, "shows no sign of life")
    resolved(ledger, row, DeliveryMove.ABANDON)
    assert said(ledger) == "A person gave it up."
    assert [one.id for one in failed_deliveries(ledger, dispatch)] == [row.id]
    answer(ledger, row, Verdict.ACCEPT, "queued as 7")
    assert "late answer" in said(ledger)
    assert failed_deliveries(ledger, dispatch) == ()


def test_once_more_is_not_for_the_first_time(ledger: Ledger) -> None:
    """A doubt that is to be sent again is neither "not tried yet" nor, called off, "cancelled before it was sent"."""
    dispatch, row = on_the_wire(ledger)
    answer(ledger, row, Verdict.DOUBT)
    resolved(ledger, row, DeliveryMove.RESEND)
    assert said(ledger) == "Waits to be sent once more; the first one may have arrived."
    ledger.dispatches.cancel(dispatch.id, who="officer", now=T0)
    assert said(ledger) == "Cancelled before it was sent again; the first one may have arrived."


def test_opted_out_before_the_second_time(ledger: Ledger) -> None:
    """Suppressed after a first message has left: the log does not claim that nothing was sent, and says why."""
    _, row = on_the_wire(ledger)
    answer(ledger, row, Verdict.DOUBT)
    resolved(ledger, row, DeliveryMove.RESEND)
    assert ledger.queue.suppress(row.id, reason="asked not to", now=T0)
    assert said(ledger) == "Suppressed before it was sent again; the first one may have arrived. (asked not to)"


@pytest.mark.parametrize(
    ("text", "words"), [("", "The connection ended"), ("550 no and 250 yes", "an answer that cannot be understood")]
)
def test_a_doubt_says_what_was_seen(ledger: Ledger, text: str, words: str) -> None:
    """No answer, or one that says yes and no at once: two different stories."""
    _, row = on_the_wire(ledger)
    answer(ledger, row, Verdict.DOUBT, text)
    assert words in said(ledger)


def test_nothing_is_tried_again_while_the_dispatch_is_paused(ledger: Ledger) -> None:
    """Put off by the server: tried again by itself, unless the dispatch stands still; then the log says what sends it."""
    dispatch, row = on_the_wire(ledger)
    answer(ledger, row, Verdict.DEFER, "451 later")
    (line,) = log_lines(ledger, LogFilter())
    assert line.meaning.todo.en == "It is tried again by itself. Nothing to do."
    ledger.dispatches.pause(dispatch.id, cause=PauseCause.SITE, detail="451 later", who="worker", now=T0)
    (line,) = log_lines(ledger, LogFilter())
    assert line.meaning.todo.en == f"The dispatch is paused. To go on: mailer resume {dispatch.id}"
    assert "Go on" in meaning_for_pages(line).todo.en


def test_an_attempt_without_an_end_has_no_stage(ledger: Ledger) -> None:
    """What is not known is null in the JSON, not a guess."""
    on_the_wire(ledger)
    ledger.queue.release_owner("w", T0, "died")
    assert said(ledger).startswith("No answer came after the message left")
    (line,) = log_lines(ledger, LogFilter(), attempts=True)
    (attempt,) = log_record(line, "en", attempts=True)["history"]
    assert (attempt["verdict"], attempt["stage"], attempt["reply"]) == (None, None, None)
