"""What pages ask of the log: one page of it in a chosen order, the newest results, all dispatches in numbers.

A page is found in two steps, first the ids over narrow columns, then the wide rows of those few: the log of 100,000 people is
paged without reading all of it.

Not here: the whole log for an export (`log.py`), words (`desk/`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

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
        self,
        which: LogFilter,
        *,
        order: LogOrder,
        descending: bool = False,
        limit: int,
        offset: int,
        numbers: Mapping[int, int] | None = None,
    ) -> tuple[LogRow, ...]:
        """One page of the log. `numbers` says how many rows of each dispatch match: with it a late page is found without counting
        through all before it."""
        if numbers is not None:
            limit = max(min(limit, sum(numbers.values()) - offset), 0)
        if order is LogOrder.TIME:
            ids = self._by_time(which, descending=descending, limit=limit, offset=offset)
            if len(ids) == limit:
                return self._in_order(ids)
        newest = None
        if order is LogOrder.PLACE and numbers is not None:
            newest, offset = _place(numbers, offset)
        return self._in_order(self._ids(which, order, descending=descending, limit=limit, offset=offset, newest=newest))

    def search(
        self, which: LogFilter, *, order: LogOrder, descending: bool = False, limit: int, offset: int
    ) -> tuple[tuple[LogRow, ...], int]:
        """One page of what was searched for, and how many rows match: the log is read through once for both."""
        query = _in_question(which, order, descending=descending)
        counted = query.add_columns(sa.func.count().over()).limit(limit).offset(offset)
        with self._database.reading() as connection:
            found = connection.execute(counted).all()
            if not found and offset:
                number = sa.select(sa.func.count()).select_from(query.order_by(None).subquery())
                return (), int(connection.execute(number).scalar_one())
        return self._in_order([row[0] for row in found]), found[0][1] if found else 0

    def _ids(
        self, which: LogFilter, order: LogOrder, *, descending: bool, limit: int, offset: int, newest: int | None
    ) -> list[int]:
        query = _in_question(which, order, descending=descending)
        if newest is not None:
            query = query.where(t.delivery.c.dispatch_id <= newest)
        with self._database.reading() as connection:
            return list(connection.execute(query.limit(limit).offset(offset)).scalars())

    def _by_time(self, which: LogFilter, *, descending: bool, limit: int, offset: int) -> list[int]:
        """As `_in_question` would, as long as the page holds settled attempts only; the index on their ends gives them at once."""
        if which == LogFilter() and (number := self._settled()) >= offset + limit and offset > number // 2:
            # a page near the end of the whole log is near the beginning of the other direction
            ids = self._ended(which, not descending, number - offset - limit, limit, reverse=True)
            return ids[::-1]
        return self._ended(which, descending, offset, limit)

    def _ended(
        self, which: LogFilter, descending: bool, offset: int, limit: int, *, reverse: bool = False
    ) -> list[int]:
        last = t.attempt.alias("last")
        query = (
            sa.select(t.delivery.c.id)
            .join(last, sa.and_(last.c.delivery_id == t.delivery.c.id, last.c.number == t.delivery.c.attempts))
            .where(last.c.ended_at.is_not(None), *conditions(which, last))
            .order_by(
                last.c.ended_at.desc() if descending else last.c.ended_at.asc(),
                last.c.id.desc() if reverse else last.c.id.asc(),
            )
        )
        with self._database.reading() as connection:
            return list(connection.execute(query.limit(limit).offset(offset)).scalars())

    def _settled(self) -> int:
        """How many deliveries have a last attempt that ended: those that were tried, but for those on the wire."""
        a, number = t.attempt.c, sa.select(sa.func.count()).select_from(t.attempt)
        with self._database.reading() as connection:
            tried = connection.execute(number.where(a.number == 1)).scalar_one()
            return int(tried - connection.execute(number.where(a.ended_at.is_(None))).scalar_one())

    def names(self, which: LogFilter, limit: int) -> tuple[str, ...]:
        """ "Outlet and name" of the first people of one page in list order, the address where there is neither."""
        d = t.delivery.c
        query = sa.select(d.outlet, d.name, d.address).where(*conditions(which, t.attempt.alias("last")))
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(d.dispatch_id.desc(), d.position).limit(limit)).all()
        return tuple(f"{row.outlet} {row.name}".strip() or row.address for row in rows)

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


def _place(numbers: Mapping[int, int], offset: int) -> tuple[int, int]:
    """The dispatch in which the row at `offset` stands, newest dispatch first, and how many of its rows come before."""
    for number in sorted(numbers, reverse=True):
        if offset < numbers[number]:
            return number, offset
        offset -= numbers[number]
    return 0, 0


def _in_question(which: LogFilter, order: LogOrder, *, descending: bool) -> sa.Select[Any]:
    """The ids of the rows that match, in order."""
    if order is LogOrder.TIME:
        return _by_last_attempt(which, descending=descending)
    d, last = t.delivery.c, t.attempt.alias("last")
    query = sa.select(d.id)
    if which.since is not None:
        query = query.outerjoin(last, sa.and_(last.c.delivery_id == d.id, last.c.number == d.attempts))
    return query.where(*conditions(which, last)).order_by(*_order(order, descending=descending))


def _by_last_attempt(which: LogFilter, *, descending: bool) -> sa.Select[Any]:
    """Who matches is found over the narrow index first, and no wide row is read to tell which attempt is the last."""
    last, later = t.attempt.alias("last"), t.attempt.alias("later")
    found = sa.select(t.delivery.c.id).where(*conditions(replace(which, since=None), last)).subquery("found")
    followed = sa.exists().where(later.c.delivery_id == last.c.delivery_id, later.c.number == last.c.number + 1)
    ended = last.c.ended_at.desc() if descending else last.c.ended_at.asc()
    query = sa.select(found.c.id).outerjoin(last, sa.and_(last.c.delivery_id == found.c.id, sa.not_(followed)))
    if which.since is not None:
        query = query.where(last.c.started_at >= which.since)
    return query.order_by(ended.nulls_last(), last.c.id.asc(), found.c.id.asc())


def _order(order: LogOrder, *, descending: bool) -> list[sa.ColumnElement[object]]:
    d = t.delivery.c
    if order is LogOrder.PLACE:
        # rows of one dispatch are written together, in list order
        return [d.dispatch_id.desc(), d.id.desc() if descending else d.id.asc()]
    chosen: dict[LogOrder, sa.ColumnElement[object]] = {
        LogOrder.ADDRESS: d.address_key,
        LogOrder.OUTLET: d.outlet,
        LogOrder.STATE: d.state,
    }
    column = chosen[order]
    return [column.desc() if descending else column.asc(), d.id.asc()]
