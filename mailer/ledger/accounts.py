"""Accounts of the web page and the sessions of those who are logged in. Only digests of session tokens are kept.

Not here: hashing passwords, cookies, what a role may do (`web/`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from mailer.ledger import schema as t
from mailer.ledger.connect import Database

__all__ = ["Account", "Accounts", "Session"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """`password` is a hash, never the password; `role` is the door's word."""

    name: str
    password: str = field(repr=False)
    role: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who is logged in. `role` is None for somebody who came without an account, by the link of this machine."""

    name: str
    role: str | None
    seen_at: datetime


class Accounts:
    """The account and session tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> tuple[Account, ...]:
        with self._database.reading() as connection:
            return tuple(_account(row) for row in connection.execute(sa.select(t.account).order_by(t.account.c.name)))

    def get(self, name: str) -> Account | None:
        with self._database.reading() as connection:
            row = connection.execute(sa.select(t.account).where(t.account.c.name == name)).one_or_none()
            return _account(row) if row else None

    def add(self, account: Account) -> bool:
        """False when the name is taken."""
        values = {
            "name": account.name,
            "password": account.password,
            "role": account.role,
            "created_at": account.created_at,
        }
        with self._database.writing() as connection:
            return connection.execute(insert(t.account).values(values).on_conflict_do_nothing()).rowcount == 1

    def set_role(self, name: str, role: str) -> bool:
        with self._database.writing() as connection:
            return (
                connection.execute(t.account.update().where(t.account.c.name == name).values(role=role)).rowcount == 1
            )

    def set_password(self, name: str, password: str) -> bool:
        """Keep a new hash and end every session of the account."""
        with self._database.writing() as connection:
            connection.execute(t.web_session.delete().where(t.web_session.c.account == name))
            statement = t.account.update().where(t.account.c.name == name).values(password=password)
            return connection.execute(statement).rowcount == 1

    def remove(self, name: str) -> bool:
        """Remove the account and end its sessions."""
        with self._database.writing() as connection:
            return connection.execute(t.account.delete().where(t.account.c.name == name)).rowcount == 1

    def open_session(self, digest: str, *, name: str, account: str | None, now: datetime, forget: datetime) -> None:
        """Begin a session; those not seen since `forget` are swept out on the way."""
        with self._database.writing() as connection:
            connection.execute(t.web_session.delete().where(t.web_session.c.seen_at < forget))
            connection.execute(t.web_session.insert().values(digest=digest, name=name, account=account, seen_at=now))

    def session(self, digest: str) -> Session | None:
        query = (
            sa.select(t.web_session, t.account.c.role)
            .outerjoin(t.account, t.account.c.name == t.web_session.c.account)
            # a session whose account is gone must not pass for one without an account
            .where(
                t.web_session.c.digest == digest,
                sa.or_(t.web_session.c.account.is_(None), t.account.c.role.is_not(None)),
            )
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
            return Session(name=row.name, role=row.role, seen_at=row.seen_at) if row else None

    def touch(self, digest: str, now: datetime) -> None:
        with self._database.writing() as connection:
            connection.execute(t.web_session.update().where(t.web_session.c.digest == digest).values(seen_at=now))

    def close_session(self, digest: str) -> None:
        with self._database.writing() as connection:
            connection.execute(t.web_session.delete().where(t.web_session.c.digest == digest))


def _account(row: sa.Row[tuple[object, ...]]) -> Account:
    return Account(name=row.name, password=row.password, role=row.role, created_at=row.created_at)
