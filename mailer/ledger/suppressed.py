"""Suppression entries and the salt of their digests, stored. The rule who is suppressed lives in `contacts/`.

An entry may lose its readable address (`shown`) and still keep the person out: the digest is all that is needed.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from mailer.ledger import schema as t
from mailer.ledger.connect import Database

__all__ = ["Suppressed", "SuppressedRow"]

SALT = "suppression.salt"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressedRow:
    """`kind` is `address` or `domain`; `shown` is None once the address was erased on request."""

    digest: str
    kind: str
    shown: str | None
    reason: str
    added_at: datetime
    added_by: str


class Suppressed:
    """The suppression table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def salt(self) -> str:
        """The secret of this ledger that digests are made with; created once."""
        with self._database.reading() as connection:
            found = connection.execute(sa.select(t.meta.c.value).where(t.meta.c.key == SALT)).scalar_one_or_none()
        if found is not None:
            return str(found)
        with self._database.writing() as connection:
            connection.execute(insert(t.meta).values(key=SALT, value=secrets.token_hex(32)).on_conflict_do_nothing())
            return str(connection.execute(sa.select(t.meta.c.value).where(t.meta.c.key == SALT)).scalar_one())

    def all(self) -> tuple[SuppressedRow, ...]:
        query = sa.select(t.suppression).order_by(t.suppression.c.added_at, t.suppression.c.digest)
        with self._database.reading() as connection:
            return tuple(SuppressedRow(**row._mapping) for row in connection.execute(query))

    def add(self, rows: Iterable[SuppressedRow]) -> int:
        """Store what is not there yet; returns how many were new. An existing entry keeps its date and reason."""
        with self._database.writing() as connection:
            added = 0
            for row in rows:
                values = {name: getattr(row, name) for name in SuppressedRow.__slots__}
                added += connection.execute(insert(t.suppression).values(values).on_conflict_do_nothing()).rowcount
            return added

    def remove(self, digest: str) -> bool:
        with self._database.writing() as connection:
            return connection.execute(t.suppression.delete().where(t.suppression.c.digest == digest)).rowcount == 1

    def erase(self, digest: str) -> bool:
        """Forget the readable address, keep the digest."""
        with self._database.writing() as connection:
            statement = t.suppression.update().where(t.suppression.c.digest == digest).values(shown=None)
            return connection.execute(statement).rowcount == 1
