"""The comparison at the end of every fault: what the ledger says of each person, against what the server has in its books."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

from mailer.dispatch import DeliveryState, Dispatch, Verdict
from mailer.ledger import Ledger, LogFilter, LogRow
from mailer.message import Package
from tests.scripted_smtp.books import Books, Stored

NOT_SENT = frozenset(
    {
        DeliveryState.QUEUED,
        DeliveryState.DEFERRED,
        DeliveryState.FAILED,
        DeliveryState.SUPPRESSED,
        DeliveryState.CANCELLED,
    }
)
_QUEUED_AS = re.compile(r"queued as (\d+)")


@dataclass(slots=True, kw_only=True)
class Reckoning:
    """`lost`: the ledger says accepted or has forgotten the person, the server has nothing. `doubled`: the server has more than
    one. `doubts`: in doubt, with the number of copies the server has. `disagreements`: every other row that does not fit."""

    people: int = 0
    accepted: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    doubts: dict[str, int] = field(default_factory=dict)
    disagreements: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.disagreements)


def reckon(ledger: Ledger, dispatch: Dispatch, books: Books, *, bytes_too: bool = True) -> Reckoning:
    """Compares every delivery of `dispatch` with the books: state, number of copies, Message-ID, bytes, the server's words.

    A doubt is real when the server was asked for this person and the worker never wrote down an end.
    """
    result = Reckoning()
    copies: dict[str, list[Stored]] = {}
    for message in books.stored:
        copies.setdefault(message.message_id, []).append(message)
    asked = {attempt.recipient for attempt in books.attempts if attempt.stage == "rcpt" and attempt.code == 250}
    compose = _composer(ledger, dispatch) if bytes_too else None
    for row in ledger.log.rows(LogFilter(dispatch_id=dispatch.id)):
        _compare(result, row, copies.pop(row.delivery.message_id, []), asked)
        if compose and (found := [m for m in books.stored if m.message_id == row.delivery.message_id]):
            wanted = hashlib.sha256(compose(row)).hexdigest()
            result.disagreements += [f"{m.recipient}: other bytes" for m in found if m.sha256 != wanted]
    result.disagreements += [f"unknown message {message_id}" for message_id in copies]
    result.disagreements += [f"violation {one.kind}: {one.detail}" for one in books.violations]
    return result


def _composer(ledger: Ledger, dispatch: Dispatch) -> Any:
    composer = Package.from_json(*ledger.dispatches.package(dispatch.id)).composer()
    current = ledger.dispatches.get(dispatch.id)
    assert current is not None

    def compose(row: LogRow) -> bytes:
        assert current.started_at is not None
        delivery = row.delivery
        made = composer.compose(delivery.contact, message_id=delivery.message_id, date=current.started_at)
        data: bytes = made.envelope.data
        return data

    return compose


def _compare(result: Reckoning, row: LogRow, copies: list[Stored], asked: set[str]) -> None:
    delivery, address = row.delivery, on_the_wire(row)
    result.people += 1
    if len(copies) > 1:
        result.doubled.append(address)
    if any(message.recipients != (address,) for message in copies):
        result.disagreements.append(f"{address}: went to somebody else")
    if delivery.state is DeliveryState.ACCEPTED:
        result.accepted += 1
        if not copies:
            result.lost.append(address)
        elif not _same_words(row, copies[-1]):
            result.disagreements.append(f"{address}: the log does not have the server's words")
    elif delivery.state is DeliveryState.IN_DOUBT:
        result.doubts[address] = len(copies)
        if address not in asked:
            result.disagreements.append(f"{address}: in doubt, but the server was never asked")
    elif delivery.state in NOT_SENT and copies:
        result.disagreements.append(f"{address}: {delivery.state} but the server has it")
    elif delivery.state is DeliveryState.SENDING:
        result.disagreements.append(f"{address}: left in the middle")


def on_the_wire(row: LogRow) -> str:
    """The address as the envelope has it: the local part as written, the domain as A-label in lower case."""
    address = row.delivery.contact.address
    return f"{address.local}@{address.key.rpartition('@')[2]}"


def _same_words(row: LogRow, message: Stored) -> bool:
    outcome = row.last.outcome if row.last else None
    if outcome is None or outcome.reply is None or outcome.verdict is not Verdict.ACCEPT:
        # confirmed by a person
        return row.last is not None and (outcome is None or outcome.verdict is Verdict.DOUBT)
    found = _QUEUED_AS.search(outcome.reply.text)
    return found is None or int(found[1]) == message.number
