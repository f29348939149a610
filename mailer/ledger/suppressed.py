"""Suppression entries and the salt of their digests, stored. The rule who is suppressed lives in `contacts/`.

An entry may lose its readable address (`shown`) and still keep the person out: the digest is all that is needed.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from mailer.contacts import Suppression, Suppressions
from mailer.contacts.suppression import SuppressionKind
from mailer.ledger import schema as t
from mailer.ledger.connect import Database

__all__ = ["Suppressed"]

SALT = "suppression.salt"


class Suppressed:
    """The suppression table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def suppressions(self) -> Suppressions:
        """Every entry with the salt of this ledger, ready to be asked."""
        query = sa.select(t.suppression).order_by(t.suppression.c.added_at, t.suppression.c.digest)
        salt = self.salt()
        with self._database.reading() as connection:
            entries = tuple(
                Suppression(
                    kind=SuppressionKind(row.kind),
                    digest=row.digest,
                    shown=row.shown,
                    reason=row.reason,
                    added_at=row.added_at,
                    added_by=row.added_by,
                )
                for row in connection.execute(query)
            )
        return Suppressions(entries=entries, salt=salt)

    def add(self, entries: Iterable[Suppression]) -> int:
        """Store what is not there yet; returns how many were new. An existing entry keeps its date and reason."""
        with self._database.writing() as connection:
            return sum(
                connection.execute(insert(t.suppression).values(_columns(entry)).on_conflict_do_nothing()).rowcount
                for entry in entries
            )

    def remove(self, digest: str) -> bool:
        with self._database.writing() as connection:
            return connection.execute(t.suppression.delete().where(t.suppression.c.digest == digest)).rowcount == 1

    def salt(self) -> bytes:
        """The salt of every digest of this ledger, made at the first use."""
        query = sa.select(t.meta.c.value).where(t.meta.c.key == SALT)
        with self._database.reading() as connection:
            found = connection.execute(query).scalar_one_or_none()
        if found is None:
            with self._database.writing() as connection:
                # two processes may come here together: the first one's salt stays
                fresh = {"key": SALT, "value": secrets.token_hex(32)}
                connection.execute(insert(t.meta).values(fresh).on_conflict_do_nothing())
                found = connection.execute(query).scalar_one()
        return bytes.fromhex(found)


def _columns(entry: Suppression) -> dict[str, object]:
    return {
        "kind": entry.kind.value,
        "digest": entry.digest,
        "shown": entry.shown,
        "reason": entry.reason,
        "added_at": entry.added_at,
        "added_by": entry.added_by,
    }
