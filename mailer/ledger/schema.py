"""The tables of the ledger. Times are epoch seconds (UTC); ids are assigned by the database.

`delivery` is the queue and the answer sheet at once; `attempt` is append-only; `event` says who moved what, when and why.
The migrations in `migrations/versions` build exactly these tables (a test compares them).
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

__all__ = [
    "HEAD",
    "REVISIONS",
    "account",
    "attempt",
    "blob",
    "delivery",
    "dispatch",
    "draft",
    "event",
    "left_out",
    "meta",
    "suppression",
    "tester",
    "web_session",
]

REVISIONS = ("0001",)
"""Every revision this version knows, oldest first; a database at any other is from a newer version."""

HEAD = REVISIONS[-1]

Id = BigInteger().with_variant(Integer, "sqlite")


class Instant(TypeDecorator[datetime]):
    """An aware datetime, stored as epoch seconds: two databases agree on it and comparisons are plain numbers."""

    impl = Double
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> float | None:
        return None if value is None else value.timestamp()

    def process_result_value(self, value: float | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromtimestamp(value, UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

meta = Table("meta", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

blob = Table(
    "blob",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("data", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
)

dispatch = Table(
    "dispatch",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("status", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("letter_source", Text, nullable=False),
    Column("lists", JSON, nullable=False),
    Column("send_at", Instant),
    Column("zone", Text, nullable=False),
    Column("wall_time", Text, nullable=False),
    Column("practice", Boolean, nullable=False),
    Column("late_after", Double, nullable=False),
    Column("give_up_after", Double, nullable=False),
    Column("give_up_at", Instant),
    Column("seal_sha256", Text),
    Column("recipients", Integer, nullable=False),
    Column("approved_by", Text),
    Column("approved_at", Instant),
    Column("package_sha256", Text, nullable=False),
    Column("document_sha256", Text, nullable=False),
    Column("pause_reason", Text),
    Column("follows", Id, ForeignKey("dispatch.id")),
    Column("request_key", Text, unique=True),
    Column("created_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Index("ix_dispatch_status_send_at", "status", "send_at"),
)

LEASED = text("lease_owner IS NOT NULL")

delivery = Table(
    "delivery",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("dispatch_id", Id, ForeignKey("dispatch.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("address_key", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("domain", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("outlet", Text, nullable=False),
    Column("contact", JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("message_id", Text, nullable=False, unique=True),
    Column("content_sha256", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("retry_at", Instant),
    Column("lease_owner", Text),
    Column("lease_until", Instant),
    UniqueConstraint("dispatch_id", "address_key"),
    Index("ix_delivery_queue", "dispatch_id", "state", "position"),
    # pages and searches of the log read this index alone, not the wide rows
    Index("ix_delivery_page", "dispatch_id", "position", "address", "name", "outlet"),
    Index("ix_delivery_address_key", "address_key"),
    # few rows are leased at any moment: finding them must not read every delivery ever made
    Index("ix_delivery_lease_owner", "lease_owner", sqlite_where=LEASED),
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("delivery_id", Id, ForeignKey("delivery.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("worker", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("verdict", Text),
    Column("scope", Text),
    Column("stage", Text),
    Column("code", Integer),
    Column("enhanced", Text),
    Column("reply", Text),
    Column("detail", Text),
    UniqueConstraint("delivery_id", "number"),
    Index("ix_attempt_ended_at", "ended_at"),
)

left_out = Table(
    "left_out",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("dispatch_id", Id, ForeignKey("dispatch.id"), nullable=False, index=True),
    Column("address", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("reason_ko", Text, nullable=False),
    Column("reason_en", Text, nullable=False),
    Column("place", Text, nullable=False),
)

event = Table(
    "event",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("dispatch_id", Id, ForeignKey("dispatch.id"), nullable=False, index=True),
    Column("delivery_id", Id, ForeignKey("delivery.id"), index=True),
    Column("who", Text, nullable=False),
    Column("move", Text, nullable=False),
    Column("note", Text, nullable=False),
)

suppression = Table(
    "suppression",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("shown", Text),
    Column("reason", Text, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("added_by", Text, nullable=False),
)

tester = Table(
    "tester",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("address_key", Text, nullable=False, unique=True),
    Column("address", Text, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("added_by", Text, nullable=False),
)

account = Table(
    "account",
    metadata,
    Column("name", Text, primary_key=True),
    Column("password", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)

web_session = Table(
    "web_session",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("name", Text, nullable=False),
    # empty for somebody who came by the one-time link of this machine, whose role is not looked up
    Column("account", Text, ForeignKey("account.name", ondelete="CASCADE"), index=True),
    Column("seen_at", Instant, nullable=False),
)

draft = Table(
    "draft",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("title", Text, nullable=False),
    Column("letter", Text, nullable=False),
    Column("names_file", Text, nullable=False),
    Column("names", Text, nullable=False),
    Column("lists", JSON, nullable=False),
    Column("exclude", JSON, nullable=False),
    Column("condition", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("request_key", Text, nullable=False),
    Column("dispatch_id", Id, ForeignKey("dispatch.id")),
    Column("updated_at", Instant, nullable=False),
    Column("updated_by", Text, nullable=False),
    # a window left open on a deleted draft must never write into the next one
    sqlite_autoincrement=True,
)
