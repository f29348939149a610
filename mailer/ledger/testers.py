"""Testers: the office's own addresses for test copies, kept for everybody who uses this workspace.

They stand in no list and in no dispatch: nothing here is ever read when an audience is put together.

Not here: which addresses are fit (`contacts/`), sending copies (`desk/rehearse.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from mailer.dispatch import Address
from mailer.ledger import schema as t
from mailer.ledger.connect import Database

__all__ = ["MOST", "Tester", "Testers"]

MOST = 20
"""More than a press office has people who read a test copy; a slip of the hand must not become a mailing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tester:
    """`address` as it was written."""

    id: int
    address: str


class Testers:
    """The tester table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> tuple[Tester, ...]:
        """In the order in which they were added."""
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(t.tester.c.id, t.tester.c.address).order_by(t.tester.c.id))
            return tuple(Tester(id=row.id, address=row.address) for row in rows)

    def add(self, address: Address, *, who: str, now: datetime) -> bool:
        """Keep an address; one that is kept already stays as it is. False when there is no room for another."""
        values = {"address_key": address.key, "address": str(address), "added_at": now, "added_by": who}
        with self._database.writing() as connection:
            connection.execute(insert(t.tester).values(values).on_conflict_do_nothing())
            number = connection.execute(sa.select(sa.func.count()).select_from(t.tester)).scalar_one()
            if number > MOST:
                connection.execute(t.tester.delete().where(t.tester.c.address_key == address.key))
            return number <= MOST

    def remove(self, tester_id: int) -> bool:
        with self._database.writing() as connection:
            return connection.execute(t.tester.delete().where(t.tester.c.id == tester_id)).rowcount == 1
