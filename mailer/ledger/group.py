"""Beginnings and settlements of one commit, in a few statements for all of them.

The statements are written with SQLAlchemy, compiled once, and handed to the driver with all rows at once: at four connections the
price of a statement, not of a row, is what a message costs, and nearly all of it would be SQLAlchemy's. Every row is guarded as
if it stood alone; when the rows that were changed are fewer than those asked for, it is looked up which ones they are.

Not here: their order (`turn.py`), transactions, and what a queue is (`queue.py`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import sqlalchemy as sa

from mailer.dispatch import DeliveryMove, DeliveryState, DispatchStatus, Outcome, Verdict
from mailer.dispatch.states import DELIVERY_MOVES
from mailer.ledger import schema as t
from mailer.ledger.turn import COLUMNS, LEASE_COLUMNS, Row, Script, Turn

__all__ = ["VERDICT_MOVES", "Beginning", "Group", "Lease", "Rows", "Settlement", "turn_rows"]

Rows: TypeAlias = tuple[list[Row], list[Row], list[Row], list[Row]]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Deliveries of one dispatch that `owner` wants to itself for a while."""

    delivery_ids: tuple[int, ...]
    dispatch_id: int
    owner: str
    until: datetime
    now: datetime


class Group:
    """Turns for one kind of database; `script` is what `turn.Turn` needs to write them."""

    def __init__(self, dialect: sa.Dialect) -> None:
        statements: dict[str, list[sa.UpdateBase | sa.Select[Any]]] = {
            "lease": [_lease()],
            "take": [_take(live=True)],
            "taken": [_taken()],
            "take_late": [_take(live=False)],
            "open": [_open()],
            "opened": [_opened()],
            "record": [_record()],
            "end": [_end()],
            "ended": [_ended()],
            **{verdict.value: [_move(verdict)] for verdict in Verdict},
        }
        # cancelled while this message was on the wire: a deferred row must not stay open for ever
        statements[Verdict.DEFER.value].append(_cancel())
        self.script: Script = {
            name: [_prepared(statement, dialect) for statement in group] for name, group in statements.items()
        }
        self._turn = Turn(self.script)

    def write(self, cursor: sqlite3.Cursor, rows: Rows) -> frozenset[int]:
        """The deliveries that may leave."""
        return frozenset(self._turn.write(cursor, *rows))


def turn_rows(begins: Sequence[Beginning], settles: Sequence[Settlement], leases: Sequence[Lease]) -> Rows:
    """What `Turn.write` takes: attempts that ended, those that begin and end in one go, those that begin, and leases."""
    ended = [_ending(each) for each in settles if each.begun]
    entered = [_ending(each) for each in settles if not each.begun]
    return ended, entered, [_identity(each) for each in begins], [_wish(each) for each in leases]


def _prepared(statement: sa.UpdateBase | sa.Select[Any], dialect: sa.Dialect) -> tuple[str, tuple[int, ...]]:
    """The statement as the driver wants it, and the columns of a row that it takes."""
    compiled = statement.compile(dialect=dialect)
    names = [name.removeprefix("b_") for name in compiled.positiontup or ()]
    columns = COLUMNS if set(names) <= set(COLUMNS) else LEASE_COLUMNS
    return str(compiled), tuple(map(columns.index, names))


def _identity(item: Beginning | Settlement) -> Row:
    return item.delivery_id, item.owner, item.number, item.number - 1, item.started_at.timestamp()


def _ending(settlement: Settlement) -> Row:
    outcome, reply = settlement.outcome, settlement.outcome.reply
    retry_at = settlement.retry_at
    return (
        *_identity(settlement),
        settlement.ended_at.timestamp(),
        retry_at.timestamp() if retry_at else None,
        outcome.verdict.value,
        outcome.scope.value,
        outcome.stage.value,
        *((reply.code, reply.enhanced, reply.text) if reply else (None, None, None)),
        outcome.detail,
    )


def _wish(lease: Lease) -> Row:
    ids = json.dumps(lease.delivery_ids)
    return ids, lease.owner, lease.until.timestamp(), lease.dispatch_id, lease.now.timestamp()


# -- the statements ------------------------------------------------------------------------------------------------


def _bind(name: str, kind: Any = sa.Text) -> sa.BindParameter[Any]:
    return sa.bindparam(f"b_{name}", type_=kind)


def _word(value: str) -> sa.ColumnElement[str]:
    """One of our own words, written into the statement: the same for every row."""
    return sa.literal_column(f"'{value}'", sa.Text)


def _in_states(states: Iterable[DeliveryState]) -> sa.ColumnElement[bool]:
    return sa.or_(*(t.delivery.c.state == _word(state.value) for state in sorted(states)))


def _lease() -> sa.Update:
    """What nobody has, as long as the dispatch is being sent and its time is not over."""
    d, o = t.delivery.c, t.dispatch.c
    wanted = sa.select(sa.func.json_each(_bind("ids")).table_valued("value").c.value)
    end = sa.type_coerce(o.give_up_at, sa.Double)
    live = sa.exists().where(
        o.id == _bind("dispatch", sa.Integer),
        o.status == _word(DispatchStatus.SENDING.value),
        sa.or_(end.is_(None), end > _bind("now", sa.Double)),
    )
    return (
        t.delivery.update()
        .where(d.id.in_(wanted), d.lease_owner.is_(None), _in_states(DELIVERY_MOVES[DeliveryMove.BEGIN][0]), live)
        .values(lease_owner=_bind("owner"), lease_until=_bind("until", sa.Double))
    )


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
            t.dispatch.c.id == d.dispatch_id, t.dispatch.c.status == _word(DispatchStatus.SENDING.value)
        )
        statement = statement.where(sending)
    return statement.values(state=_word(after.value), attempts=_bind("number", sa.Integer), retry_at=sa.null())


def _taken() -> sa.Select[Any]:
    d = t.delivery.c
    return sa.select(d.id).where(
        d.id == _bind("id", sa.Integer),
        d.state == _word(DeliveryState.SENDING.value),
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


def _opened() -> sa.Select[Any]:
    a = t.attempt.c
    return sa.select(a.id).where(
        a.delivery_id == _bind("id", sa.Integer),
        a.number == _bind("number", sa.Integer),
        a.worker == _bind("owner"),
        a.ended_at.is_(None),
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
        .values(state=_word(after.value), retry_at=retry, lease_owner=sa.null(), lease_until=sa.null())
    )


def _cancel() -> sa.Update:
    d = t.delivery.c
    cancelled = sa.exists().where(
        t.dispatch.c.id == d.dispatch_id, t.dispatch.c.status == _word(DispatchStatus.CANCELLED.value)
    )
    return (
        t.delivery.update()
        .where(d.id == _bind("id", sa.Integer), d.state == _word(DeliveryState.DEFERRED.value), cancelled)
        .values(state=_word(DeliveryState.CANCELLED.value), retry_at=sa.null())
    )
