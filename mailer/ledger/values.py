"""Rows of the database <-> the values of `mailer.dispatch`, and the values that only the ledger speaks of."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mailer.dispatch import (
    Address,
    Attempt,
    Contact,
    Delivery,
    DeliveryState,
    Dispatch,
    DispatchStatus,
    Outcome,
    Reply,
    Scope,
    Seal,
    Stage,
    Verdict,
)
from mailer.ledger.schema import delivery
from mailer.wording import Text

__all__ = [
    "AS_JSON",
    "Draft",
    "LeftOutRow",
    "LogRow",
    "Share",
    "contact_from_json",
    "contact_to_json",
    "delivery_from_json",
]


_CONTACT = tuple(field.name for field in fields(Contact))
_LISTS = frozenset({"tags", "lists", "sources"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOutRow:
    """One person of the lists who is not in the dispatch, and why."""

    address: str
    code: str
    reason: Text
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What approval fixes for one person."""

    contact: Contact
    message_id: str
    content_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Everything that approval writes in one transaction. `request_key` makes a confirming click count once."""

    title: str
    number: str
    letter_source: str
    lists: tuple[str, ...]
    zone: str
    late_after: timedelta
    give_up_after: timedelta
    seal: Seal
    package: bytes
    package_sha256: str
    document: bytes
    document_sha256: str
    shares: tuple[Share, ...]
    left_out: tuple[LeftOutRow, ...] = ()
    follows: int | None = None
    request_key: str | None = None
    practice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """One line of the delivery log: a delivery, its last attempt, and how often and when it was tried."""

    delivery: Delivery
    last: Attempt | None
    first_attempt_at: datetime | None
    last_attempt_at: datetime | None


def contact_to_json(contact: Contact) -> dict[str, Any]:
    """What is empty is left out: most fields of most people are, and every row is written three times."""
    kept = {name: value for name in _CONTACT if (value := getattr(contact, name))}
    return kept | {"address": asdict(contact.address)}


def contact_from_json(data: dict[str, Any]) -> Contact:
    known = data | {"address": Address(**data["address"])}
    for name in _LISTS & known.keys():
        known[name] = tuple(known[name])
    if "extra" in known:
        known["extra"] = tuple([(str(key), str(value)) for key, value in known["extra"]])
    return Contact(**known)


def dispatch_from(row: sa.Row[Any]) -> Dispatch:
    seal = None
    if row.seal_sha256 is not None:
        seal = Seal(
            sha256=row.seal_sha256,
            recipients=row.recipients,
            approved_by=row.approved_by,
            approved_at=row.approved_at,
        )
    return Dispatch(
        id=row.id,
        status=DispatchStatus(row.status),
        title=row.title,
        number=row.number,
        letter_source=row.letter_source,
        lists=tuple(row.lists),
        send_at=row.send_at,
        zone=row.zone,
        wall_time=row.wall_time,
        late_after=timedelta(seconds=row.late_after),
        practice=row.practice,
        give_up_after=timedelta(seconds=row.give_up_after),
        give_up_at=row.give_up_at,
        seal=seal,
        package_sha256=row.package_sha256,
        pause_reason=row.pause_reason,
        follows=row.follows,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def delivery_from(row: sa.Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        dispatch_id=row.dispatch_id,
        position=row.position,
        contact=contact_from_json(row.contact),
        state=DeliveryState(row.state),
        message_id=row.message_id,
        content_sha256=row.content_sha256,
        attempts=row.attempts,
        retry_at=row.retry_at,
        lease_owner=row.lease_owner,
        lease_until=row.lease_until,
    )


def _exact(column: sa.Column[Any]) -> sa.ColumnElement[str | None]:
    # JSON gets fifteen digits of a number from SQLite, and a moment has sixteen
    return sa.case((column.is_not(None), sa.func.printf("%.6f", sa.type_coerce(column, sa.Double))))


_D = delivery.c
AS_JSON = (
    *(_D.id, _D.dispatch_id, _D.position, sa.func.json(_D.contact), _D.state, _D.message_id, _D.content_sha256),
    *(_D.attempts, _exact(_D.retry_at), _D.lease_owner, _exact(_D.lease_until)),
)
"""What `delivery_from_json` reads, for one JSON list of each row: a hundred rows are one step of the driver."""


def delivery_from_json(row: list[Any]) -> Delivery:
    number, dispatch_id, position, contact, state, message_id, content, attempts, retry_at, owner, until = row
    return Delivery(
        id=number,
        dispatch_id=dispatch_id,
        position=position,
        contact=contact_from_json(contact),
        state=DeliveryState(state),
        message_id=message_id,
        content_sha256=content,
        attempts=attempts,
        retry_at=_moment(retry_at),
        lease_owner=owner,
        lease_until=_moment(until),
    )


def _moment(seconds: str | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(float(seconds), UTC)


def attempt_from(row: Any) -> Attempt:
    outcome = None
    if row.verdict is not None:
        stage = Stage(row.stage)
        reply = None
        if row.code is not None:
            reply = Reply(code=row.code, enhanced=row.enhanced, text=row.reply, stage=stage)
        outcome = Outcome(
            verdict=Verdict(row.verdict), scope=Scope(row.scope), stage=stage, reply=reply, detail=row.detail
        )
    return Attempt(
        id=row.id,
        delivery_id=row.delivery_id,
        number=row.number,
        worker=row.worker,
        started_at=row.started_at,
        ended_at=row.ended_at,
        outcome=outcome,
    )
