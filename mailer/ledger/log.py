"""The delivery log: a view over deliveries and their attempts, filtered and paged in SQL.

Not here: what a reply means in plain words (`transport/`), files and tables for people (`desk/`, `cli/`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mailer.dispatch import Attempt, DeliveryState, Verdict
from mailer.ledger import schema as t
from mailer.ledger.connect import Database
from mailer.ledger.values import LogRow, attempt_from, delivery_from

__all__ = ["Log", "LogFilter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """Which rows. `find` looks in address, name and outlet, case-insensitively; `since` at the last attempt. `keys` are
    address keys: one person, before and after they were forgotten (`Forgetting.keys`). `after` is the position of the last row
    of the page before, within one dispatch."""

    dispatch_id: int | None = None
    states: tuple[DeliveryState, ...] = ()
    find: str = ""
    since: datetime | None = None
    keys: tuple[str, ...] = ()
    after: int | None = None


class Log:
    """Reads only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rows(self, which: LogFilter, *, limit: int | None = None, offset: int = 0) -> tuple[LogRow, ...]:
        """Rows in dispatch and list order, newest dispatch first."""
        last = t.attempt.alias("last")
        query, d = wide(last), t.delivery.c
        if limit is None and not offset:
            query = query.where(*conditions(which, last))
        else:
            # first the few ids, over an index; joined and sorted as a whole, a large log would be read through for one page
            query = query.where(d.id.in_(self._ids(which, limit, offset)))
        with self._database.reading() as connection:
            return tuple(log_row(row) for row in connection.execute(query.order_by(d.dispatch_id.desc(), d.position)))

    @staticmethod
    def _ids(which: LogFilter, limit: int | None, offset: int) -> sa.Select[tuple[int]]:
        d, a = t.delivery.c, t.attempt.alias("last")
        ids = sa.select(d.id)
        if which.since is not None:
            ids = ids.outerjoin(a, sa.and_(a.c.delivery_id == d.id, a.c.number == d.attempts))
        ids = ids.where(*conditions(which, a)).order_by(d.dispatch_id.desc(), d.position)
        return ids.limit(limit).offset(offset)

    def count(self, which: LogFilter) -> int:
        d, a = t.delivery.c, t.attempt.alias("last")
        query = sa.select(sa.func.count()).select_from(t.delivery)
        if which.since is not None:
            query = query.outerjoin(a, sa.and_(a.c.delivery_id == d.id, a.c.number == d.attempts))
        with self._database.reading() as connection:
            return int(connection.execute(query.where(*conditions(which, a))).scalar_one())

    def accepted_since(self, dispatch_id: int, since: datetime) -> int:
        """How many attempts of a dispatch ended in acceptance after `since`."""
        d, a = t.delivery.c, t.attempt.c
        query = (
            sa.select(sa.func.count())
            .select_from(t.delivery)
            .join(t.attempt, a.delivery_id == d.id)
            .where(d.dispatch_id == dispatch_id, a.ended_at >= since, a.verdict == Verdict.ACCEPT)
        )
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def history(self, delivery_ids: Iterable[int]) -> dict[int, tuple[Attempt, ...]]:
        """Every attempt of these deliveries, oldest first."""
        found: dict[int, list[Attempt]] = {}
        wanted = list(delivery_ids)
        with self._database.reading() as connection:
            for start in range(0, len(wanted), 500):
                part = wanted[start : start + 500]
                query = sa.select(t.attempt).where(t.attempt.c.delivery_id.in_(part)).order_by(t.attempt.c.number)
                for row in connection.execute(query):
                    found.setdefault(row.delivery_id, []).append(attempt_from(row))
        return {key: tuple(value) for key, value in found.items()}

    def notes(self, delivery_ids: Iterable[int]) -> dict[int, str]:
        """What was noted when these deliveries were moved last by somebody else than a server: the reason of a suppression."""
        wanted = list(delivery_ids)
        found: dict[int, str] = {}
        with self._database.reading() as connection:
            for start in range(0, len(wanted), 500):
                e = t.event.c
                query = sa.select(e.delivery_id, e.note).where(e.delivery_id.in_(wanted[start : start + 500]))
                found.update({row.delivery_id: row.note for row in connection.execute(query.order_by(e.id))})
        return found


def wide(last: sa.FromClause) -> sa.Select[Any]:
    """Deliveries with the columns of their last attempt and the beginning of their first."""
    d, first = t.delivery.c, t.attempt.alias("first")
    columns = [column.label(f"last_{column.name}") for column in last.c]
    return (
        sa.select(t.delivery, *columns, first.c.started_at.label("first_started_at"))
        .outerjoin(last, sa.and_(last.c.delivery_id == d.id, last.c.number == d.attempts))
        .outerjoin(first, sa.and_(first.c.delivery_id == d.id, first.c.number == 1))
    )


def conditions(which: LogFilter, last: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    d = t.delivery.c
    found: list[sa.ColumnElement[bool]] = []
    if which.dispatch_id is not None:
        found.append(d.dispatch_id == which.dispatch_id)
    if which.states:
        found.append(d.state.in_(which.states))
    if which.find:
        columns = (d.address, d.name, d.outlet)
        # SQLite's LIKE ignores the case of ASCII letters by itself; lower() around it would double the time of a search
        found.append(sa.or_(*(column.contains(which.find, autoescape=True) for column in columns)))
    if which.keys:
        found.append(d.address_key.in_(which.keys))
    if which.since is not None:
        found.append(last.c.started_at >= which.since)
    if which.after is not None:
        found.append(d.position > which.after)
    return found


def log_row(row: sa.Row[Any]) -> LogRow:
    last = None
    if row.last_id is not None:
        last = attempt_from(_Prefixed(row))
    return LogRow(
        delivery=delivery_from(row),
        last=last,
        first_attempt_at=row.first_started_at,
        last_attempt_at=row.last_started_at,
    )


class _Prefixed:
    """The `last_...` columns of a joined row under their own names."""

    def __init__(self, row: sa.Row[Any]) -> None:
        self._row = row

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, f"last_{name}")
