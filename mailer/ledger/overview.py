"""What pages ask of the log: one page of it in a chosen order, the newest results, all dispatches in numbers.

A page is found in two steps, first the ids over narrow columns, then the wide rows of those few: the log of 100,000 people is
paged without reading all of it.

Not here: the whole log for an export (`log.py`), words (`desk/`).
"""

from __future__ import annotations

from enum import StrEnum

import sqlalchemy as sa

from mailer.dispatch import DeliveryState
from mailer.ledger import schema as t
from mailer.ledger.connect import Database
from mailer.ledger.log import LogFilter, conditions, log_row, wide
from mailer.ledger.values import LogRow

__all__ = ["LogOrder", "Overview"]


class LogOrder(StrEnum):
    """How a page of the log is sorted; `PLACE` is dispatch and list order, newest dispatch first."""

    PLACE = "place"
    ADDRESS = "address"
    OUTLET = "outlet"
    STATE = "state"
    TIME = "time"


class Overview:
    """Reads only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self) -> dict[int, dict[DeliveryState, int]]:
        """How many deliveries of each dispatch are in each state that occurs."""
        d = t.delivery.c
        query = sa.select(d.dispatch_id, d.state, sa.func.count().label("number")).group_by(d.dispatch_id, d.state)
        found: dict[int, dict[DeliveryState, int]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(query):
                found.setdefault(row.dispatch_id, {})[DeliveryState(row.state)] = row.number
        return found

    def page(
        self, which: LogFilter, *, order: LogOrder, descending: bool = False, limit: int, offset: int
    ) -> tuple[LogRow, ...]:
        """One page of the log."""
        ids = self._by_time(which, descending=descending, limit=limit, offset=offset) if order is LogOrder.TIME else []
        if len(ids) < limit:
            ids = self._ids(which, order, descending=descending, limit=limit, offset=offset)
        return self._in_order(ids)

    def search(
        self, which: LogFilter, *, order: LogOrder, descending: bool = False, limit: int, offset: int
    ) -> tuple[tuple[LogRow, ...], int]:
        """One page of what was searched for, and how many rows match: the log is read through once for both."""
        ids = self._ids(which, order, descending=descending)
        return self._in_order(ids[offset : offset + limit]), len(ids)

    def _ids(
        self, which: LogFilter, order: LogOrder, *, descending: bool, limit: int | None = None, offset: int = 0
    ) -> list[int]:
        last = t.attempt.alias("last")
        query = sa.select(t.delivery.c.id)
        if which.since is not None or order is LogOrder.TIME:
            joined = sa.and_(last.c.delivery_id == t.delivery.c.id, last.c.number == t.delivery.c.attempts)
            query = query.outerjoin(last, joined)
        if which.find and order is LogOrder.TIME and which.since is None:
            # who matches is found over the narrow index first; joined row by row, all of the log would be joined
            matching = sa.select(t.delivery.c.id).where(*conditions(which, last)).correlate(None)
            query = query.where(t.delivery.c.id.in_(matching))
        else:
            query = query.where(*conditions(which, last))
        query = query.order_by(*_order(order, last, descending=descending))
        with self._database.reading() as connection:
            return list(connection.execute(query.limit(limit).offset(offset)).scalars())

    def _by_time(self, which: LogFilter, *, descending: bool, limit: int, offset: int) -> list[int]:
        """As `_ids` would answer as long as the page holds settled attempts only; the index on their ends gives them at once."""
        last = t.attempt.alias("last")
        query = (
            sa.select(t.delivery.c.id)
            .join(last, sa.and_(last.c.delivery_id == t.delivery.c.id, last.c.number == t.delivery.c.attempts))
            .where(last.c.ended_at.is_not(None), *conditions(which, last))
            .order_by(last.c.ended_at.desc() if descending else last.c.ended_at.asc(), last.c.id.asc())
        )
        with self._database.reading() as connection:
            return list(connection.execute(query.limit(limit).offset(offset)).scalars())

    def _in_order(self, ids: list[int]) -> tuple[LogRow, ...]:
        rows = {row.delivery.id: row for row in self._rows(ids)}
        return tuple(rows[one] for one in ids if one in rows)

    def newest(self, dispatch_id: int, limit: int) -> tuple[LogRow, ...]:
        """The deliveries of a dispatch whose attempts ended last, the newest first."""
        query = (
            sa.select(t.attempt.c.delivery_id)
            .join(t.delivery, t.delivery.c.id == t.attempt.c.delivery_id)
            .where(t.delivery.c.dispatch_id == dispatch_id, t.attempt.c.ended_at.is_not(None))
            .order_by(t.attempt.c.ended_at.desc())
            .limit(limit)
        )
        with self._database.reading() as connection:
            ids = list(dict.fromkeys(connection.execute(query).scalars()))
        return self._in_order(ids)

    def person(self, *address_keys: str) -> tuple[LogRow, ...]:
        """Everything that was ever addressed to one mailbox, the newest first. `Forgetting.keys` names its two keys."""
        query = sa.select(t.delivery.c.id).where(t.delivery.c.address_key.in_(address_keys))
        with self._database.reading() as connection:
            ids = list(connection.execute(query).scalars())
        return tuple(sorted(self._rows(ids), key=lambda row: -row.delivery.id))

    def _rows(self, ids: list[int]) -> list[LogRow]:
        query = wide(t.attempt.alias("last"))
        found: list[LogRow] = []
        with self._database.reading() as connection:
            for start in range(0, len(ids), 500):
                part = query.where(t.delivery.c.id.in_(ids[start : start + 500]))
                found += [log_row(row) for row in connection.execute(part)]
        return found


def _order(order: LogOrder, last: sa.FromClause, *, descending: bool) -> list[sa.ColumnElement[object]]:
    d = t.delivery.c
    if order is LogOrder.PLACE:
        # rows of one dispatch are written together, in list order
        return [d.dispatch_id.desc(), d.id.desc() if descending else d.id.asc()]
    if order is LogOrder.TIME:
        ended = last.c.ended_at.desc() if descending else last.c.ended_at.asc()
        return [ended.nulls_last(), last.c.id.asc(), d.id.asc()]
    chosen: dict[LogOrder, sa.ColumnElement[object]] = {
        LogOrder.ADDRESS: d.address_key,
        LogOrder.OUTLET: d.outlet,
        LogOrder.STATE: d.state,
    }
    column = chosen[order]
    return [column.desc() if descending else column.asc(), d.id.asc()]
