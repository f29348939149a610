"""A person who asked to be forgotten: the log keeps the fact, nobody can read who it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from mailer.dispatch import (
    Address,
    Contact,
    Delivery,
    DeliveryMove,
    DeliveryState,
    Dispatch,
    Outcome,
    Reply,
    Scope,
    Stage,
    Verdict,
)
from mailer.errors import IllegalMove
from mailer.ledger import Beginning, Ledger, LeftOutRow, LogFilter, Settlement, open_ledger
from mailer.ledger.forgetting import is_forgotten, masked
from mailer.wording import Text
from tests.builders import T0, contact, draft, people

KIM = contact(
    "Minji.Kim@paper.example",
    name="김민지",
    outlet="가나일보",
    phone="02-555-0101",
    note="동창",
    extra=(("별명", "밍밍"),),
)
WORDS = ("minji", "김민지", "02-555-0101", "동창", "밍밍")
# as text and as the JSON of the contact copy has it
TRACES = {word.encode() for word in WORDS}
ESCAPED = {json.dumps(word)[1:-1].encode() for word in WORDS} - TRACES


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path / "mailer.db")
    yield opened
    opened.close()


def refused(ledger: Ledger, *, people: tuple[Contact, ...] = (KIM,)) -> Dispatch:
    """A dispatch in which every server answered with a refusal that names the mailbox."""
    left_out = LeftOutRow(
        address="<minji.kim@paper.example>", code="bad_address", reason=Text("틀림", "wrong"), place="b.csv:3"
    )
    dispatch = ledger.dispatches.approve(draft(people, left_out=(left_out,)), T0)
    dispatch = ledger.dispatches.start(dispatch.id, who="tester", now=T0)
    rows = ledger.queue.claim(dispatch.id, owner="w", limit=10, now=T0, lease_until=T0)
    for row in rows:
        settle(ledger, row)
    return dispatch


def settle(ledger: Ledger, row: Delivery) -> None:
    words = f"<{row.contact.address}>: mailbox {row.contact.address.local} is unknown"
    reply = Reply(code=550, enhanced="5.1.1", text=words, stage=Stage.RCPT)
    outcome = Outcome(
        verdict=Verdict.REFUSE, scope=Scope.RECIPIENT, stage=Stage.RCPT, reply=reply, detail=str(row.contact.address)
    )
    ended = Settlement(
        delivery_id=row.id, owner="w", number=1, begun=False, outcome=outcome, started_at=T0, ended_at=T0
    )
    ledger.queue.write([], [ended])


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("mailer.db*") if path.is_file()).lower()


def test_nothing_readable_is_left(ledger: Ledger, tmp_path: Path) -> None:
    """Name, address, phone, note, extra columns and the server's words about the mailbox are gone from every byte on disk."""
    refused(ledger)
    assert [trace for trace in TRACES if trace not in on_disk(tmp_path)] == []
    rows = ledger.forgetting.forget(KIM.address)
    assert (rows.deliveries, rows.left_out) == (1, 1)
    assert [trace for trace in TRACES | ESCAPED if trace in on_disk(tmp_path)] == []


def test_the_fact_is_kept(ledger: Ledger) -> None:
    """State, codes, Message-ID and the number of people stay; the others of the dispatch are untouched."""
    dispatch = refused(ledger, people=(KIM, *people(1)))
    before = {row.delivery.id: row for row in ledger.log.rows(LogFilter(dispatch_id=dispatch.id))}
    ledger.forgetting.forget(KIM.address)
    after = {row.delivery.id: row for row in ledger.log.rows(LogFilter(dispatch_id=dispatch.id))}
    (changed,) = [one for one in before if before[one] != after[one]]
    old, new = before[changed], after[changed]
    assert (new.delivery.state, new.delivery.message_id) == (DeliveryState.FAILED, old.delivery.message_id)
    assert str(new.delivery.contact.address) == "m***@p***.example"
    assert is_forgotten(new.delivery.contact)
    assert new.last is not None
    assert new.last.outcome is not None
    assert new.last.outcome.reply is not None
    assert new.last.outcome.reply.code == 550
    assert new.last.outcome.reply.text == "<m***@p***.example>: mailbox m*** is unknown"
    assert new.last.outcome.detail == "m***@p***.example"
    (row,) = ledger.dispatches.left_out(dispatch.id)
    assert row.address == "<m***@p***.example>"


def test_who_knows_the_address_can_ask(ledger: Ledger) -> None:
    """The history of a forgotten address is found by the address, in any case, and by no other; twice is as good as once."""
    refused(ledger)
    refused(ledger, people=(KIM, *people(1)))
    ledger.forgetting.forget(KIM.address)
    assert ledger.forgetting.forget(KIM.address).deliveries == 0
    assert len(ledger.log.rows(LogFilter(keys=ledger.forgetting.keys("minji.kim@paper.example")))) == 2
    assert len(ledger.overview.person(*ledger.forgetting.keys("minji.kim@paper.example"))) == 2
    assert ledger.log.rows(LogFilter(keys=ledger.forgetting.keys("other@paper.example"))) == ()
    assert ledger.log.rows(LogFilter(find="minji")) == ()


@pytest.mark.parametrize("doubt", [False, True])
def test_an_open_delivery_keeps_its_address(ledger: Ledger, doubt: bool) -> None:
    """Queued or in doubt: refused with the number of the dispatch, and nothing of the closed ones is touched either."""
    refused(ledger)
    dispatch = ledger.dispatches.approve(draft((KIM,), title="[논평] 다음"), T0)
    if doubt:
        ledger.dispatches.start(dispatch.id, who="tester", now=T0)
        (row,) = ledger.queue.claim(dispatch.id, owner="w", limit=1, now=T0, lease_until=T0)
        ledger.queue.write([Beginning(delivery_id=row.id, owner="w", number=1, started_at=T0)], [])
        ledger.queue.release_owner("w", T0, "died")
    with pytest.raises(IllegalMove, match=f"dispatch {dispatch.id} "):
        ledger.forgetting.require_closed(KIM.address)
    with pytest.raises(IllegalMove):
        ledger.forgetting.forget(KIM.address)
    assert len(ledger.log.rows(LogFilter(find="minji"))) == 2
    if doubt:
        ledger.queue.resolve(row.id, DeliveryMove.ABANDON, who="tester", note="asked minji.kim@paper.example", now=T0)
    else:
        ledger.dispatches.cancel(dispatch.id, who="tester", now=T0)
    assert ledger.forgetting.forget(KIM.address).deliveries == 2
    with ledger.log._database.reading() as connection:
        notes = connection.execute(sa.text("SELECT note FROM event")).scalars().all()
    assert not [note for note in notes if "minji" in note]


def test_drafts_that_mention_the_person_are_named(ledger: Ledger) -> None:
    """A release being written on the web page is a person's text: it is named, not changed."""
    ledger.manuscripts.create(title="초안", letter="문의: Minji.Kim@paper.example", who="tester", now=T0)
    ledger.manuscripts.create(title="다른 초안", letter="문의: xminji.kim@paper.example", who="tester", now=T0)
    assert ledger.forgetting.forget(KIM.address).drafts == ("초안",)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (Address(local="k", domain="naver.com", key="k@naver.com"), "k***@n***.com"),
        (Address(local="홍길동", domain="신문.example", key="홍길동@xn--9i1bz46c.example"), "홍***@신***.example"),
    ],
)
def test_a_mask_shows_little(address: Address, shown: str) -> None:
    """The first letters and the ending, whatever the length."""
    assert masked(address) == shown
