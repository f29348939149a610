"""Beginnings and settlements of one commit, in a few statements for all of them.

The statements are written with SQLAlchemy, compiled once, and handed to the driver with all rows at once: at four connections the
price of a statement, not of a row, is what a message costs, and nearly all of it would be SQLAlchemy's. Every row is guarded as
if it stood alone; when the rows that were changed are fewer than those asked for, it is looked up which ones they are.

Not here: transactions, and what a queue is (`queue.py`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from mailer.dispatch import DeliveryMove, DeliveryState, DispatchStatus, Outcome, Verdict
from mailer.dispatch.states import DELIVERY_MOVES
from mailer.ledger import schema as t

__all__ = ["VERDICT_MOVES", "Beginning", "Group", "Settlement"]

_Row = dict[str, Any]

VERDICT_MOVES = {
    Verdict.ACCEPT: DeliveryMove.ACCEPT,
    Verdict.DEFER: DeliveryMove.DEFER,
    Verdict.REFUSE: DeliveryMove.REFUSE,
    Verdict.DOUBT: DeliveryMove.DOUBT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """`owner` must hold the lease. `number` is the attempt about to be made (attempts so far + 1)."""

    delivery_id: int
    owner: str
    number: int
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The end of attempt `number`. `begun` says whether its beginning was committed; an attempt that ended before the message
    bytes left (a refused RCPT) is begun and settled in one go. `retry_at` belongs to a deferred one."""

    delivery_id: int
    owner: str
    number: int
    begun: bool
    outcome: Outcome
    started_at: datetime
    ended_at: datetime
    retry_at: datetime | None = None


class _Prepared:
    """A statement as the driver wants it. Rows give the named values; times are epoch seconds."""

    def __init__(self, statement: sa.UpdateBase | sa.Select[Any], dialect: sa.Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        names = compiled.positiontup or ()
        self._sql = str(compiled)
        # the values that are the same for every row have other names than `_bind` gives
        self._fixed = {name: value for name, value in compiled.params.items() if not name.startswith("b_")}
        self._pick = itemgetter(*names)

    def run(self, cursor: sqlite3.Cursor, rows: Iterable[_Row]) -> int:
        """How many rows were changed or made."""
        cursor.executemany(self._sql, [self._pick(row | self._fixed) for row in rows])
        return cursor.rowcount

    def found(self, cursor: sqlite3.Cursor, row: _Row) -> bool:
        """Whether the query finds something for `row`."""
        return cursor.execute(self._sql, self._pick(row | self._fixed)).fetchone() is not None


class Group:
    """The statements for one kind of database."""

    def __init__(self, dialect: sa.Dialect) -> None:
        self._take = _Prepared(_take(live=True), dialect)
        self._taken = _Prepared(_taken(), dialect)
        self._take_late = _Prepared(_take(live=False), dialect)
        self._open = _Prepared(_open(), dialect)
        self._record = _Prepared(_record(), dialect)
        self._end = _Prepared(_end(), dialect)
        self._ended = _Prepared(_ended(), dialect)
        self._move = {verdict: _Prepared(_move(verdict), dialect) for verdict in Verdict}
        self._cancel = _Prepared(_cancel(), dialect)

    def begin(self, cursor: sqlite3.Cursor, begins: Sequence[Beginning]) -> frozenset[int]:
        """The deliveries that may leave."""
        rows = [_identity(begin) | {"b_started": begin.started_at.timestamp()} for begin in begins]
        if rows and self._take.run(cursor, rows) < len(rows):
            rows = [row for row in rows if self._taken.found(cursor, row)]
        if rows:
            self._open.run(cursor, rows)
        return frozenset(row["b_id"] for row in rows)

    def settle(self, cursor: sqlite3.Cursor, settles: Sequence[Settlement]) -> None:
        rows = [_ending(settlement) for settlement in settles if settlement.begun]
        if rows and self._end.run(cursor, rows) < len(rows):
            # an attempt is settled once: what came second changes nothing
            rows = [row for row in rows if self._ended.found(cursor, row)]
        rows += [row for row in map(_ending, (each for each in settles if not each.begun)) if self._enter(cursor, row)]
        for verdict, move in self._move.items():
            if moving := [row for row in rows if row["b_verdict"] == verdict]:
                move.run(cursor, moving)
        if deferred := [row for row in rows if row["b_verdict"] == Verdict.DEFER]:
            # cancelled while this message was on the wire: a deferred row must not stay open for ever
            self._cancel.run(cursor, deferred)

    def _enter(self, cursor: sqlite3.Cursor, row: _Row) -> bool:
        """Begin and end in one go."""
        if self._take_late.run(cursor, [row]) != 1:
            return False
        self._record.run(cursor, [row])
        return True


def _identity(item: Beginning | Settlement) -> _Row:
    return {"b_id": item.delivery_id, "b_owner": item.owner, "b_number": item.number, "b_before": item.number - 1}


def _ending(settlement: Settlement) -> _Row:
    outcome, reply = settlement.outcome, settlement.outcome.reply
    return _identity(settlement) | {
        "b_started": settlement.started_at.timestamp(),
        "b_ended": settlement.ended_at.timestamp(),
        "b_retry": settlement.retry_at.timestamp() if settlement.retry_at else None,
        "b_verdict": outcome.verdict.value,
        "b_scope": outcome.scope.value,
        "b_stage": outcome.stage.value,
        "b_code": reply.code if reply else None,
        "b_enhanced": reply.enhanced if reply else None,
        "b_reply": reply.text if reply else None,
        "b_detail": outcome.detail,
    }


# -- the statements ------------------------------------------------------------------------------------------------


def _bind(name: str, kind: Any = sa.Text) -> sa.BindParameter[Any]:
    return sa.bindparam(f"b_{name}", type_=kind)


def _in_states(states: Iterable[DeliveryState]) -> sa.ColumnElement[bool]:
    return sa.or_(*(t.delivery.c.state == state.value for state in sorted(states)))


def _take(*, live: bool) -> sa.Update:
    before, after = DELIVERY_MOVES[DeliveryMove.BEGIN]
    d = t.delivery.c
    statement = t.delivery.update().where(
        d.id == _bind("id", sa.Integer),
        _in_states(before),
        d.lease_owner == _bind("owner"),
        d.attempts == _bind("before", sa.Integer),
    )
    if live:
        sending = sa.exists().where(
            t.dispatch.c.id == d.dispatch_id, t.dispatch.c.status == DispatchStatus.SENDING.value
        )
        statement = statement.where(sending)
    return statement.values(state=after.value, attempts=_bind("number", sa.Integer), retry_at=sa.null())


def _taken() -> sa.Select[Any]:
    d = t.delivery.c
    return sa.select(d.id).where(
        d.id == _bind("id", sa.Integer),
        d.state == sa.literal(DeliveryState.SENDING.value),
        d.lease_owner == _bind("owner"),
        d.attempts == _bind("number", sa.Integer),
    )


def _open() -> sa.Insert:
    return t.attempt.insert().values(
        delivery_id=_bind("id", sa.Integer),
        number=_bind("number", sa.Integer),
        worker=_bind("owner"),
        started_at=_bind("started", sa.Double),
    )


_ENDING = {
    "ended_at": _bind("ended", sa.Double),
    "code": _bind("code", sa.Integer),
    **{name: _bind(name) for name in ("verdict", "scope", "stage", "enhanced", "reply", "detail")},
}


def _record() -> sa.Insert:
    return _open().values(_ENDING)


def _end() -> sa.Update:
    a = t.attempt.c
    mine = (a.delivery_id == _bind("id", sa.Integer), a.number == _bind("number", sa.Integer))
    return t.attempt.update().where(*mine, a.ended_at.is_(None)).values(_ENDING)


def _ended() -> sa.Select[Any]:
    a = t.attempt.c
    return sa.select(a.id).where(
        a.delivery_id == _bind("id", sa.Integer),
        a.number == _bind("number", sa.Integer),
        sa.type_coerce(a.ended_at, sa.Double) == _bind("ended", sa.Double),
        a.verdict == _bind("verdict"),
    )


def _move(verdict: Verdict) -> sa.Update:
    before, after = DELIVERY_MOVES[VERDICT_MOVES[verdict]]
    d = t.delivery.c
    mine = (d.id == _bind("id", sa.Integer), d.attempts == _bind("number", sa.Integer))
    retry = _bind("retry", sa.Double)
    return (
        t.delivery.update()
        .where(*mine, _in_states(before))
        .values(state=after.value, retry_at=retry, lease_owner=sa.null(), lease_until=sa.null())
    )


def _cancel() -> sa.Update:
    d = t.delivery.c
    cancelled = sa.exists().where(
        t.dispatch.c.id == d.dispatch_id, t.dispatch.c.status == DispatchStatus.CANCELLED.value
    )
    return (
        t.delivery.update()
        .where(d.id == _bind("id", sa.Integer), d.state == DeliveryState.DEFERRED.value, cancelled)
        .values(state=DeliveryState.CANCELLED.value, retry_at=sa.null())
    )
