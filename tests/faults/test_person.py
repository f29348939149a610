"""What a person does: pause, cancel, resolve doubts, send again to those who did not get it; and what the machine may do itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailer.desk.doubts import failed_deliveries, resend_failed, resolve
from mailer.desk.report import pause_words
from mailer.desk.terms import Terms
from mailer.dispatch import DeliveryMove, DeliveryState, Dispatch, DispatchStatus, PauseCause
from mailer.errors import IllegalMove, UsageError
from mailer.ledger import Ledger, LogFilter, open_ledger
from mailer.ledger.queue import Doubt
from mailer.sending import RetryRule
from mailer.sending.doubts import resendable
from tests.faults.office import QUICK, approve, begin, calm, counts, eventually, journalists, send, smtp, status
from tests.faults.reckoning import reckon
from tests.scripted_smtp import Act, Books, Rule, ScriptedServer, cut, reply

TERMS = Terms(zone="Asia/Seoul", late_after=timedelta(minutes=15), give_up_after=timedelta(hours=24))
ONE_LANE = replace(QUICK, connections=1)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path / "mailer.db")
    yield opened
    opened.close()


def now() -> datetime:
    return datetime.now(UTC)


def sent(
    ledger: Ledger,
    dispatch: Dispatch,
    *rules: Rule,
    meanwhile: Callable[[Books], Awaitable[None]] | None = None,
    **more: object,
) -> Books:
    """Sends until the dispatch rests; the books of a server of its own."""

    async def run() -> Books:
        async with ScriptedServer(*rules, books=Books(keep_data=True)) as server:
            beside = asyncio.create_task(meanwhile(server.books)) if meanwhile else None
            await send(ledger, smtp(server.port), dispatch, **more)  # type: ignore[arg-type]
            if beside:
                await beside
            return server.books

    return asyncio.run(run())


def in_doubt(ledger: Ledger, people: int, doubts: int) -> tuple[Dispatch, Books, list[str]]:
    """A dispatch whose first `doubts` people are in doubt; the server has their messages."""
    all_of_them = journalists(people)
    dispatch = begin(ledger, all_of_them)
    victims = [str(person.address) for person in all_of_them[:doubts]]
    books = sent(ledger, dispatch, *(Rule(stage="end", act=cut(store=True), address=victim) for victim in victims))
    assert counts(ledger, dispatch)["in_doubt"] == doubts
    return dispatch, books, victims


def current(ledger: Ledger, dispatch: Dispatch) -> Dispatch:
    found = ledger.dispatches.get(dispatch.id)
    assert found is not None
    return found


def test_pause_and_resume(ledger: Ledger) -> None:
    """A pause takes effect within one message of each connection; resume goes on with the rest."""
    dispatch = begin(ledger, journalists(60))
    at_pause: list[int] = []

    async def pause(books: Books) -> None:
        await eventually(lambda: len(books.stored) >= 10)
        ledger.dispatches.pause(dispatch.id, cause=PauseCause.OFFICER, who="officer", now=now())
        at_pause.append(len(books.stored))

    books = sent(ledger, dispatch, Rule(stage="end", act=Act(delay=0.02)), meanwhile=pause)
    assert len(books.stored) <= at_pause[0] + QUICK.connections
    assert status(ledger, dispatch) == (DispatchStatus.PAUSED, "officer")
    result = reckon(ledger, dispatch, books)
    assert result.clean, result
    ledger.dispatches.resume(dispatch.id, who="officer", now=now())
    again = sent(ledger, dispatch)
    assert len(books.stored) + len(again.stored) == 60
    assert not {m.message_id for m in books.stored} & {m.message_id for m in again.stored}


def test_cancel(ledger: Ledger) -> None:
    """What is on the wire ends as it ends, everything else is cancelled within one message; nothing goes out later."""
    dispatch = begin(ledger, journalists(60))
    at_cancel: list[int] = []

    async def cancel(books: Books) -> None:
        await eventually(lambda: len(books.stored) >= 10)
        ledger.dispatches.cancel(dispatch.id, who="officer", now=now())
        at_cancel.append(len(books.stored))

    books = sent(ledger, dispatch, Rule(stage="end", act=Act(delay=0.02)), meanwhile=cancel)
    assert len(books.stored) <= at_cancel[0] + QUICK.connections
    result = reckon(ledger, dispatch, books)
    assert result.clean, result
    assert set(counts(ledger, dispatch)) == {"accepted", "cancelled"}


def test_confirm_one_and_abandon_the_rest(ledger: Ledger) -> None:
    """One doubt is confirmed by name, the others are given up: the dispatch is done and nothing more has left."""
    dispatch, _, victims = in_doubt(ledger, 12, 3)
    (one,) = resolve(ledger, current(ledger, dispatch), DeliveryMove.CONFIRM, victims[:1], who="officer", now=now())
    assert str(one.contact.address) == victims[0]
    assert status(ledger, dispatch) == (DispatchStatus.PAUSED, "doubt")
    assert len(resolve(ledger, current(ledger, dispatch), DeliveryMove.ABANDON, None, who="officer", now=now())) == 2
    assert counts(ledger, dispatch) == {"accepted": 10, "failed": 2}
    assert status(ledger, dispatch)[0] is DispatchStatus.DONE


def test_resend_keeps_the_message(ledger: Ledger) -> None:
    """A doubt that a person sends again goes out as the very same message, Message-ID and Date included."""
    dispatch, books, victims = in_doubt(ledger, 12, 1)
    resolve(ledger, current(ledger, dispatch), DeliveryMove.RESEND, victims, who="officer", now=now())
    again = sent(ledger, dispatch)
    (second,) = again.stored
    (first,) = [message for message in books.stored if message.recipient == victims[0]]
    assert (second.message_id, second.data) == (first.message_id, first.data)
    assert status(ledger, dispatch)[0] is DispatchStatus.DONE


def test_resolve_only_what_is_in_doubt(ledger: Ledger) -> None:
    """An address that is not in doubt is an error, and nothing is resolved by halves."""
    dispatch, _, victims = in_doubt(ledger, 12, 2)
    with pytest.raises(UsageError):
        resolve(
            ledger,
            current(ledger, dispatch),
            DeliveryMove.CONFIRM,
            [victims[0], "p00009@news.example"],
            who="o",
            now=now(),
        )
    assert counts(ledger, dispatch)["in_doubt"] == 2


def test_resend_does_not_undo_another_pause(ledger: Ledger) -> None:
    """A dispatch that stands still because of the server stays so; the doubt waits in the queue."""
    dispatch = begin(ledger, journalists(60))
    sent(ledger, dispatch, Rule(stage="end", act=cut(store=True)))
    assert status(ledger, dispatch)[1].startswith("site")
    resolve(ledger, current(ledger, dispatch), DeliveryMove.RESEND, None, who="officer", now=now())
    assert status(ledger, dispatch)[1].startswith("site")
    ledger.dispatches.cancel(dispatch.id, who="officer", now=now())
    with pytest.raises(IllegalMove):
        resolve(ledger, current(ledger, dispatch), DeliveryMove.RESEND, None, who="officer", now=now())


def test_resend_meets_a_cancel(ledger: Ledger) -> None:
    """Cancelled by one officer while another sends a doubt again: nothing is queued where nothing will ever be sent."""
    dispatch, _, victims = in_doubt(ledger, 12, 1)
    as_seen = current(ledger, dispatch)
    ledger.dispatches.cancel(dispatch.id, who="another", now=now())
    assert resolve(ledger, as_seen, DeliveryMove.RESEND, victims, who="officer", now=now()) == ()
    assert counts(ledger, dispatch) == {"accepted": 11, "in_doubt": 1}
    assert len(resolve(ledger, as_seen, DeliveryMove.ABANDON, victims, who="officer", now=now())) == 1


def test_two_officers_resend(ledger: Ledger) -> None:
    """Each sends one doubt again: the second finds the dispatch running already, and both are sent."""
    dispatch, _, victims = in_doubt(ledger, 12, 2)
    as_seen = current(ledger, dispatch)
    for victim in victims:
        assert len(resolve(ledger, as_seen, DeliveryMove.RESEND, [victim], who="officer", now=now())) == 1
    assert sorted(sent(ledger, dispatch).recipients) == victims


def test_send_again_to_exactly_those_who_did_not_get_it(ledger: Ledger) -> None:
    """Refused and given up, not accepted and not in doubt; a second time nobody who has been reached meanwhile."""
    people = journalists(20)
    refused = [str(person.address) for person in people[:3]]
    dispatch = begin(ledger, people)
    doubt = Rule(stage="end", act=cut(store=True), address=str(people[5].address))
    sent(ledger, dispatch, doubt, *(Rule(stage="rcpt", act=reply("550 5.1.1 who?"), address=one) for one in refused))
    failed = failed_deliveries(ledger, current(ledger, dispatch))
    assert [str(row.contact.address) for row in failed] == refused
    none = ledger.suppressed.suppressions()
    fresh = resend_failed(
        ledger, current(ledger, dispatch), failed, suppressions=none, terms=TERMS, who="officer", now=now()
    )
    assert fresh.follows == dispatch.id
    ledger.dispatches.start(fresh.id, who="officer", now=now())
    books = sent(ledger, fresh, Rule(stage="rcpt", act=reply("550 5.1.1 who?"), address=refused[0]))
    result = reckon(ledger, fresh, books)
    assert result.clean, result
    assert sorted(books.recipients) == refused[1:]
    assert [str(row.contact.address) for row in failed_deliveries(ledger, current(ledger, dispatch))] == refused[:1]


def test_a_cancelled_resend_has_reached_whom_it_reached(ledger: Ledger) -> None:
    """A resend that was called off half-way: only those it did not reach are sent to again."""
    people = journalists(6)
    refused = [str(person.address) for person in people[:3]]
    dispatch = begin(ledger, people)
    sent(ledger, dispatch, *(Rule(stage="rcpt", act=reply("550 5.1.1 who?"), address=one) for one in refused))
    failed = failed_deliveries(ledger, current(ledger, dispatch))
    fresh = resend_failed(
        ledger,
        current(ledger, dispatch),
        failed,
        suppressions=ledger.suppressed.suppressions(),
        terms=TERMS,
        who="officer",
        now=now(),
    )
    ledger.dispatches.start(fresh.id, who="officer", now=now())
    later = Rule(stage="rcpt", act=reply("450 4.2.1 busy"), address=refused[0])
    patient = replace(QUICK, retry=RetryRule(first=timedelta(hours=1)))
    sent(ledger, fresh, later, settings=patient, until=lambda: calm(ledger, fresh))
    ledger.dispatches.cancel(fresh.id, who="officer", now=now())
    assert [str(row.contact.address) for row in failed_deliveries(ledger, current(ledger, dispatch))] == refused[:1]


def test_machine_sends_a_doubt_again_once(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """With MAILER_IN_DOUBT=resend: once, the same message; a second doubt is left to a person."""
    monkeypatch.setattr("mailer.sending.drain.SOON", 0.1)
    people = journalists(120)
    victim = str(people[7].address)
    dispatch = begin(ledger, people)
    settings = replace(QUICK, resend_doubts=True)
    books = sent(ledger, dispatch, Rule(stage="end", act=cut(store=True), address=victim), settings=settings)
    copies = [message for message in books.stored if message.recipient == victim]
    assert len(copies) == 2
    assert copies[0].data == copies[1].data
    assert counts(ledger, dispatch) == {"accepted": 119, "in_doubt": 1}
    assert status(ledger, dispatch) == (DispatchStatus.PAUSED, "doubt")


def test_machine_leaves_many_doubts_alone(ledger: Ledger) -> None:
    """More than one in a hundred at once is a relay in trouble, not an accident: nothing is sent again."""
    people = journalists(120)
    dispatch = begin(ledger, people)
    rules = (Rule(stage="end", act=cut(store=True), address=str(person.address)) for person in people[::40])
    books = sent(ledger, dispatch, *rules, settings=replace(QUICK, resend_doubts=True))
    assert books.doubled == {}
    assert counts(ledger, dispatch)["in_doubt"] == 3


def doubt(number: int, *, settled: bool = True, resent: bool = False, worker: str = "w") -> Doubt:
    return Doubt(delivery_id=number, number=1, worker=worker, settled=settled, resent=resent)


@pytest.mark.parametrize(
    ("doubts", "total", "again"),
    [(1, 10, 1), (2, 10, 0), (2, 200, 2), (3, 200, 0), (20, 50_000, 20), (21, 50_000, 0)],
)
def test_how_many_doubts_are_sent_again(doubts: int, total: int, again: int) -> None:
    """At most one in a hundred and at most twenty, but always one."""
    assert len(resendable([doubt(number) for number in range(doubts)], total, ())) == again


def test_which_doubts_are_sent_again() -> None:
    """Not one that was sent again before, and not one whose worker lives and may still hear the reply."""
    known = [doubt(1, resent=True), doubt(2, settled=False, worker="alive"), doubt(3, settled=False, worker="dead")]
    assert [one.delivery_id for one in resendable(known, 1_000, ("alive",))] == [3]


def test_every_pause_says_why_and_what_to_do() -> None:
    """Each cause has words in both languages."""
    for cause in PauseCause:
        what = pause_words(f"{cause.value}: 550 5.7.1 words of the server")
        assert "550 5.7.1" in what.ko
        assert what.en


def test_a_package_that_cannot_be_read_holds_nobody(ledger: Ledger) -> None:
    """What was frozen cannot be used: paused, with nobody kept by the worker that noticed; each resume says so again."""
    dispatch = begin(ledger, journalists(3), package=b"{}", package_sha256="ab" * 32)
    seen: list[dict[str, datetime]] = []

    def until() -> bool:
        found, reason = status(ledger, dispatch)
        if found is DispatchStatus.PAUSED:
            assert reason.startswith("message: the stored package")
            seen.append(ledger.queue.holders())
            if len(seen) < 2:
                ledger.dispatches.resume(dispatch.id, who="officer", now=now())
        return len(seen) == 2

    sent(ledger, dispatch, until=until)
    assert seen == [{}, {}]
    assert counts(ledger, dispatch) == {"queued": 3}


def test_approved_only_goes_nowhere(ledger: Ledger) -> None:
    """A dispatch that was approved and neither scheduled nor started is left alone by a worker."""
    other = begin(ledger, journalists(3))
    dispatch = approve(ledger, journalists(3))
    books = sent(ledger, other)
    assert len(books.stored) == 3
    assert counts(ledger, dispatch) == {"queued": 3}
    assert ledger.log.rows(LogFilter(dispatch_id=dispatch.id, states=(DeliveryState.ACCEPTED,))) == ()


def test_other_addresses_appear_in_no_message(ledger: Ledger) -> None:
    """One recipient per message, and not a byte of anybody else's address in it; lines end in CRLF and are short."""
    people = journalists(30)
    dispatch = begin(ledger, people)
    books = sent(ledger, dispatch)
    assert books.violations == []
    addresses = {str(person.address).encode() for person in people}
    for message in books.stored:
        assert len(message.recipients) == 1
        own = message.recipient.encode()
        assert own in message.data
        assert not any(other in message.data for other in addresses - {own})
        assert message.data.count(b"\n") == message.data.count(b"\r\n") == message.data.count(b"\r")
        assert max(map(len, message.data.split(b"\r\n"))) <= 998
