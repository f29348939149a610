"""The delivery table as a queue: claim (lease), begin, settle, reconcile, resolve. Every move is guarded by the state before.

A claim only leases: the state stays `queued`, so that a worker which dies leaves free rows, not doubts. `begin` moves one row to
`sending` just before its bytes leave; `settle` writes the outcome. The attempt number is the fence: a reply that comes after the
row went on to another attempt changes nothing.

Not here: when to retry and how fast to go (`sending/`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from mailer.dispatch import Delivery, DeliveryMove, DeliveryState, DispatchStatus
from mailer.dispatch.states import DELIVERY_MOVES
from mailer.ledger import schema as t
from mailer.ledger.connect import Database
from mailer.ledger.group import Beginning, Group, Lease, Settlement, turn_rows
from mailer.ledger.scribe import Scribe
from mailer.ledger.values import AS_JSON, delivery_from_json

__all__ = ["Beginning", "Doubt", "Lease", "Queue", "Settlement"]

_D = DeliveryState
_WAITING = DELIVERY_MOVES[DeliveryMove.BEGIN][0]

MISSED = sa.type_coerce(t.delivery.c.retry_at, sa.Double) < sa.type_coerce(t.dispatch.c.give_up_at, sa.Double) - 1.0
"""Past its deadline, a deferred delivery had another try before it: the last wait of all ends at the deadline itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A delivery in doubt: by attempt `number` of `worker`. `settled`: the worker has seen the connection end, so no late reply
    will come. `resent`: it has been sent again before."""

    delivery_id: int
    number: int
    worker: str
    settled: bool
    resent: bool


class Queue:
    """What the sender asks of the ledger, in batches, so that one commit serves many connections."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._group = Group(database.engine.dialect)
        retry_at = t.delivery.c.retry_at
        due = sa.or_(retry_at <= sa.bindparam("b_now"), retry_at > sa.bindparam("b_latest"))
        self._due = _free(_D.DEFERRED, due)
        self._queued = _free(_D.QUEUED)

    def claim(
        self,
        dispatch_id: int,
        *,
        owner: str,
        limit: int,
        now: datetime,
        lease_until: datetime,
        latest_retry: datetime | None = None,
        without_domains: Collection[str] = (),
    ) -> tuple[Delivery, ...]:
        """Lease up to `limit` free deliveries that may go out now: retries that are due, then the others in list order.

        A retry set for later than `latest_retry` was set before the wall clock was stepped back, and is due too.
        """
        ids = self.free(dispatch_id, limit=limit, now=now, latest_retry=latest_retry, without_domains=without_domains)
        if not ids:
            return ()
        self.write([], [], [Lease(delivery_ids=ids, dispatch_id=dispatch_id, owner=owner, until=lease_until, now=now)])
        return self.leased(ids, owner)

    def free(
        self,
        dispatch_id: int,
        *,
        limit: int,
        now: datetime,
        latest_retry: datetime | None = None,
        without_domains: Collection[str] = (),
    ) -> tuple[int, ...]:
        """Up to `limit` deliveries that could be leased now."""
        values = {
            "b_dispatch": dispatch_id,
            "b_now": now,
            "b_latest": latest_retry or datetime.max.replace(tzinfo=UTC),
            "b_without": list(without_domains),
        }
        with self._database.reading() as connection:
            ids = json.loads(connection.execute(self._due, values | {"b_limit": limit}).scalar_one())
            ids += json.loads(connection.execute(self._queued, values | {"b_limit": limit - len(ids)}).scalar_one())
        return tuple(ids)

    def leased(self, delivery_ids: Sequence[int], owner: str) -> tuple[Delivery, ...]:
        """Those of the deliveries that `owner` has a lease of: retries first, then in list order."""
        with self._database.reading() as connection:
            found = connection.execute(_LEASED, {"b_ids": json.dumps(delivery_ids), "b_owner": owner}).scalar_one()
        leased = [delivery_from_json(row) for row in json.loads(found)]
        return tuple(sorted(leased, key=lambda delivery: (delivery.retry_at is None, delivery.position)))

    def renew(self, owner: str, lease_until: datetime) -> None:
        """Push every lease of `owner` on: the sign that it lives, which others wait for before they take its rows."""
        with self._database.writing() as connection:
            connection.execute(
                t.delivery.update().where(t.delivery.c.lease_owner == owner).values(lease_until=lease_until)
            )

    def give_back(self, owner: str, delivery_ids: Collection[int]) -> None:
        """Drop leases of rows that will not be tried now."""
        with self._database.writing() as connection:
            connection.execute(
                t.delivery.update()
                .where(
                    t.delivery.c.lease_owner == owner,
                    t.delivery.c.id.in_(delivery_ids),
                    t.delivery.c.state.in_(_WAITING),
                )
                .values(lease_owner=None, lease_until=None)
            )

    def write(
        self,
        begins: Sequence[Beginning],
        settles: Sequence[Settlement],
        leases: Sequence[Lease] = (),
        *,
        patient: bool = True,
    ) -> frozenset[int]:
        """Commit beginnings, settlements and leases together; returns the delivery ids that were begun.

        A delivery that is missing from the answer must not be sent: its dispatch was paused or cancelled, or its lease was lost.
        Raises LedgerBusy when another transaction is being written: at once unless `patient`.
        """
        with self._database.driving(patient=patient) as cursor:
            return self._group.write(cursor, turn_rows(begins, settles, leases))

    def scribe(self) -> Scribe:
        """A process that does what `write` does; hand it `turn_rows`. Raises OSError where there can be none, ScribeGone."""
        return Scribe(self._database.path, self._group.script)

    def suppress(self, delivery_id: int, *, reason: str, now: datetime) -> bool:
        """An opt-out that came after approval: the person is left out, and the log says why."""
        return self._close(delivery_id, DeliveryMove.SUPPRESS, who="worker", note=reason, now=now)

    def expire(self, now: datetime) -> int:
        """Fail what the server has put off until its dispatch's deadline. Returns how many. What had a try left that was never
        made is not failed: see `Dispatches.hold_overdue`."""
        before, after = DELIVERY_MOVES[DeliveryMove.EXPIRE]
        overdue = (
            sa.select(t.delivery.c.id, t.delivery.c.dispatch_id)
            .join(t.dispatch, t.dispatch.c.id == t.delivery.c.dispatch_id)
            .where(
                t.dispatch.c.status == DispatchStatus.SENDING,
                t.dispatch.c.give_up_at <= now,
                t.delivery.c.state == _D.DEFERRED,
                t.delivery.c.lease_owner.is_(None),
                sa.not_(MISSED),
            )
        )
        with self._database.reading() as connection:
            if connection.execute(overdue.limit(1)).first() is None:
                return 0
        with self._database.writing() as connection:
            rows = connection.execute(overdue).all()
            for row in rows:
                _update_state(connection, row.id, before, after, retry_at=None)
                _event(connection, row.dispatch_id, row.id, now, "worker", DeliveryMove.EXPIRE, "give_up_at")
            return len(rows)

    def release_owner(self, owner: str, now: datetime, why: str) -> tuple[int, int]:
        """`owner` is dead, or shows no sign of life: free its leases, put what it had on the wire in doubt.

        Returns (freed, in doubt). Harmless to an owner that comes back: it cannot begin the freed rows any more, and its late
        reply still settles the doubt.
        """
        with self._database.writing() as connection:
            doubts = self._doubt(connection, t.delivery.c.lease_owner == owner, now, f"worker {owner} {why}")
            freed = connection.execute(
                t.delivery.update().where(t.delivery.c.lease_owner == owner).values(lease_owner=None, lease_until=None)
            ).rowcount
            return freed, doubts

    def holders(self) -> dict[str, datetime]:
        """Every worker that holds a lease, with the latest `lease_until` of its rows: it changes as long as the worker lives."""
        d = t.delivery.c
        query = sa.select(d.lease_owner, sa.func.max(d.lease_until).label("until")).where(d.lease_owner.is_not(None))
        with self._database.reading() as connection:
            return {row.lease_owner: row.until for row in connection.execute(query.group_by(d.lease_owner))}

    def doubts(self, dispatch_id: int) -> tuple[Doubt, ...]:
        """The deliveries in doubt of a dispatch, and what is known about each."""
        d, a, e = t.delivery.c, t.attempt.c, t.event.c
        resent = sa.exists().where(e.delivery_id == d.id, e.move == DeliveryMove.RESEND)
        query = (
            sa.select(d.id, d.attempts, a.worker, a.ended_at, resent.label("resent"))
            .join(t.attempt, sa.and_(a.delivery_id == d.id, a.number == d.attempts))
            .where(d.dispatch_id == dispatch_id, d.state == _D.IN_DOUBT)
            .order_by(d.position)
        )
        with self._database.reading() as connection:
            return tuple(
                Doubt(
                    delivery_id=row.id,
                    number=row.attempts,
                    worker=row.worker,
                    settled=row.ended_at is not None,
                    resent=bool(row.resent),
                )
                for row in connection.execute(query)
            )

    def next_retry(self, dispatch_id: int) -> datetime | None:
        """When the earliest deferred delivery becomes ready again."""
        query = sa.select(sa.func.min(t.delivery.c.retry_at)).where(
            t.delivery.c.dispatch_id == dispatch_id, t.delivery.c.state == _D.DEFERRED
        )
        with self._database.reading() as connection:
            due: datetime | None = connection.execute(query).scalar_one()
            return due

    def counts(self, dispatch_id: int) -> dict[DeliveryState, int]:
        """How many deliveries are in each state; every state is a key."""
        query = (
            sa.select(t.delivery.c.state, sa.func.count().label("number"))
            .where(t.delivery.c.dispatch_id == dispatch_id)
            .group_by(t.delivery.c.state)
        )
        with self._database.reading() as connection:
            found = {DeliveryState(row.state): row.number for row in connection.execute(query)}
        return {state: found.get(state, 0) for state in DeliveryState}

    def resolve(
        self, delivery_id: int, move: DeliveryMove, *, who: str, note: str, now: datetime, number: int | None = None
    ) -> bool:
        """Settle a doubt: confirm, resend or abandon. False when it is in doubt no longer, or by another attempt than `number`, and
        for a resend in a dispatch that is over: there it would be queued for ever."""
        return self._close(delivery_id, move, who=who, note=note, now=now, number=number)

    def _close(
        self, delivery_id: int, move: DeliveryMove, *, who: str, note: str, now: datetime, number: int | None = None
    ) -> bool:
        before, after = DELIVERY_MOVES[move]
        with self._database.writing() as connection:
            if move is DeliveryMove.RESEND and not _goes_on(connection, delivery_id):
                return False
            moved = _update_state(connection, delivery_id, before, after, retry_at=None, number=number)
            if moved:
                dispatch_id = connection.execute(
                    sa.select(t.delivery.c.dispatch_id).where(t.delivery.c.id == delivery_id)
                ).scalar_one()
                _event(connection, dispatch_id, delivery_id, now, who, move, note)
            return moved

    @staticmethod
    def _doubt(connection: sa.Connection, which: sa.ColumnElement[bool], now: datetime, note: str) -> int:
        before, after = DELIVERY_MOVES[DeliveryMove.DOUBT]
        rows = connection.execute(
            t.delivery.update()
            .where(which, t.delivery.c.state.in_(before))
            .values(state=after, lease_owner=None, lease_until=None)
            .returning(t.delivery.c.id, t.delivery.c.dispatch_id)
        ).all()
        for row in rows:
            _event(connection, row.dispatch_id, row.id, now, "worker", DeliveryMove.DOUBT, note)
        return len(rows)


def _free(state: DeliveryState, *also: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """The ids of deliveries that nobody has, as one JSON list. Made once: putting it together costs more than running it."""
    d = t.delivery.c
    in_time = sa.or_(t.dispatch.c.give_up_at.is_(None), t.dispatch.c.give_up_at > sa.bindparam("b_now"))
    live = sa.exists().where(
        t.dispatch.c.id == sa.bindparam("b_dispatch"), t.dispatch.c.status == DispatchStatus.SENDING, in_time
    )
    chosen = (
        sa.select(d.id)
        .where(d.dispatch_id == sa.bindparam("b_dispatch"), d.lease_owner.is_(None), live, d.state == state, *also)
        .where(d.domain.not_in(sa.bindparam("b_without", expanding=True)))
        .order_by(d.position)
        .limit(sa.bindparam("b_limit"))
        .subquery()
    )
    return sa.select(sa.func.json_group_array(chosen.c.id))


_LEASED = sa.select(sa.func.json_group_array(sa.func.json_array(*AS_JSON))).where(
    t.delivery.c.id.in_(sa.select(sa.func.json_each(sa.bindparam("b_ids")).table_valued("value").c.value)),
    t.delivery.c.lease_owner == sa.bindparam("b_owner"),
)


def _goes_on(connection: sa.Connection, delivery_id: int) -> bool:
    """Whether the delivery's dispatch is being sent, or may be again."""
    d, live = t.delivery.c, (DispatchStatus.SENDING, DispatchStatus.PAUSED)
    query = sa.select(d.id).join(t.dispatch).where(d.id == delivery_id, t.dispatch.c.status.in_(live))
    return connection.execute(query).first() is not None


def _update_state(
    connection: sa.Connection,
    delivery_id: int,
    before: frozenset[DeliveryState],
    after: DeliveryState,
    *,
    retry_at: datetime | None,
    number: int | None = None,
) -> bool:
    statement = t.delivery.update().where(t.delivery.c.id == delivery_id, t.delivery.c.state.in_(before))
    if number is not None:
        statement = statement.where(t.delivery.c.attempts == number)
    values: dict[str, Any] = {"state": after, "retry_at": retry_at, "lease_owner": None, "lease_until": None}
    return connection.execute(statement.values(values)).rowcount == 1


def _event(
    connection: sa.Connection,
    dispatch_id: int,
    delivery_id: int,
    at: datetime,
    who: str,
    move: DeliveryMove,
    note: str,
) -> None:
    connection.execute(
        t.event.insert(),
        {
            "at": at,
            "dispatch_id": dispatch_id,
            "delivery_id": delivery_id,
            "who": who,
            "move": move.value,
            "note": note,
        },
    )
