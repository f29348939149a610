"""Releases that are still being written on the web page: text, people, and the key that lets each be sent once.

A draft keeps at most one file of signatories, under the name by which the letter calls it. `version` guards every save: who saves
over a version that is not the one they read is told so. `request_key` goes into the dispatch made from the draft, where it is
unique; it is renewed only when that dispatch was called off.

Not here: what a letter means (`release/`), approval (`desk/`).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from mailer.ledger import schema as t
from mailer.ledger.connect import Database

__all__ = ["DraftLetter", "Manuscripts", "OpenDraft"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLetter:
    """One unsent release. `names_file` is the name of its file of signatories ("" when there is none), `names` what stands in it.
    `dispatch_id` is set once it was approved."""

    id: int
    title: str
    letter: str = field(repr=False)
    names_file: str
    names: str = field(repr=False)
    lists: tuple[str, ...]
    exclude: tuple[str, ...]
    condition: str
    version: int
    request_key: str
    dispatch_id: int | None
    updated_at: datetime
    updated_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDraft:
    """What a list of unsent releases shows of one, without its text."""

    id: int
    title: str
    updated_at: datetime
    updated_by: str


class Manuscripts:
    """The draft table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self) -> tuple[OpenDraft, ...]:
        """Those that were not sent yet, the last touched first."""
        d = t.draft.c
        query = sa.select(d.id, d.title, d.updated_at, d.updated_by).where(d.dispatch_id.is_(None))
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(d.updated_at.desc(), d.id.desc()))
            return tuple(
                OpenDraft(id=row.id, title=row.title, updated_at=row.updated_at, updated_by=row.updated_by)
                for row in rows
            )

    def get(self, draft_id: int) -> DraftLetter | None:
        with self._database.reading() as connection:
            row = connection.execute(sa.select(t.draft).where(t.draft.c.id == draft_id)).one_or_none()
            return _draft(row) if row else None

    def of_dispatch(self, dispatch_id: int) -> DraftLetter | None:
        with self._database.reading() as connection:
            row = connection.execute(sa.select(t.draft).where(t.draft.c.dispatch_id == dispatch_id)).one_or_none()
            return _draft(row) if row else None

    def create(
        self, *, title: str, letter: str, who: str, now: datetime, names_file: str = "", names: str = ""
    ) -> DraftLetter:
        values = {
            "title": title,
            "letter": letter,
            "names_file": names_file,
            "names": names,
            "lists": [],
            "exclude": [],
            "condition": "",
            "version": 1,
            "request_key": secrets.token_hex(16),
            "updated_at": now,
            "updated_by": who,
        }
        with self._database.writing() as connection:
            return _draft(connection.execute(t.draft.insert().values(values).returning(t.draft)).one())

    def save_letter(
        self,
        draft_id: int,
        *,
        version: int,
        title: str,
        letter: str,
        names_file: str,
        names: str,
        who: str,
        now: datetime,
    ) -> DraftLetter | None:
        """The text and its file of signatories at once, so that neither is lost for the other; "" removes the file. None when
        somebody saved another version, or it has been sent."""
        values = {"title": title, "letter": letter, "names_file": names_file, "names": names}
        return self._save(draft_id, version, who, now, values)

    def save_people(
        self,
        draft_id: int,
        *,
        version: int,
        lists: Sequence[str],
        exclude: Sequence[str],
        condition: str,
        who: str,
        now: datetime,
    ) -> DraftLetter | None:
        """None when somebody saved another version, or it has been sent."""
        people = {"lists": list(lists), "exclude": list(exclude), "condition": condition}
        return self._save(draft_id, version, who, now, people)

    def sent(self, draft_id: int, dispatch_id: int) -> None:
        with self._database.writing() as connection:
            connection.execute(t.draft.update().where(t.draft.c.id == draft_id).values(dispatch_id=dispatch_id))

    def reopen(self, draft_id: int, dispatch_id: int) -> bool:
        """Make it a draft again after its dispatch was called off; the old key stays spent."""
        statement = (
            t.draft.update()
            .where(t.draft.c.id == draft_id, t.draft.c.dispatch_id == dispatch_id)
            .values(dispatch_id=None, request_key=secrets.token_hex(16))
        )
        with self._database.writing() as connection:
            return connection.execute(statement).rowcount == 1

    def remove(self, draft_id: int, *, version: int) -> bool:
        """Delete an unsent draft. False when somebody saved another version, or it has been sent."""
        unsent = sa.and_(t.draft.c.id == draft_id, t.draft.c.version == version, t.draft.c.dispatch_id.is_(None))
        with self._database.writing() as connection:
            return connection.execute(t.draft.delete().where(unsent)).rowcount == 1

    def _save(
        self, draft_id: int, version: int, who: str, now: datetime, values: Mapping[str, object]
    ) -> DraftLetter | None:
        statement = (
            t.draft.update()
            .where(t.draft.c.id == draft_id, t.draft.c.version == version, t.draft.c.dispatch_id.is_(None))
            .values(**values, version=version + 1, updated_at=now, updated_by=who)
            .returning(t.draft)
        )
        with self._database.writing() as connection:
            row = connection.execute(statement).one_or_none()
            return _draft(row) if row else None


def _draft(row: sa.Row[tuple[object, ...]]) -> DraftLetter:
    return DraftLetter(
        id=row.id,
        title=row.title,
        letter=row.letter,
        names_file=row.names_file,
        names=row.names,
        lists=tuple(row.lists),
        exclude=tuple(row.exclude),
        condition=row.condition,
        version=row.version,
        request_key=row.request_key,
        dispatch_id=row.dispatch_id,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
    )
