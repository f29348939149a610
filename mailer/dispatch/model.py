"""Dispatch, Delivery, Attempt, Outcome, Seal: the values the machine works with. Frozen; every datetime is aware (UTC)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from mailer.dispatch.states import DeliveryState, DispatchStatus

__all__ = [
    "Address",
    "Attempt",
    "Contact",
    "Delivery",
    "Dispatch",
    "Envelope",
    "Outcome",
    "Reply",
    "Scope",
    "Seal",
    "Stage",
    "Verdict",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """`local` and `domain` as written (NFC); `key` is what makes two spellings the same mailbox:
    casefolded local part + "@" + IDNA A-label domain in lower case."""

    local: str
    domain: str
    key: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One journalist or desk. `language` is "ko" or "en"; `salutation` is the finished line ("홍길동 기자님께") or "" for the
    template's own; `lists` are the names of the lists it stands in; `sources` are `file:row` places, first one first;
    `extra` holds unknown columns by their header, for templates. `source_note` says where the address came from and `added` when
    it was entered ("2026-11-23"), both as the list file says it: kept because personal data needs an origin and an age."""

    address: Address
    name: str = ""
    outlet: str = ""
    desk: str = ""
    title: str = ""
    beat: str = ""
    language: str = "ko"
    salutation: str = ""
    tags: tuple[str, ...] = ()
    phone: str = ""
    note: str = ""
    lists: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()
    source_note: str = ""
    added: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Finished bytes plus exactly one recipient. `data` has CRLF line ends, ends with CRLF, no Bcc, no line over 998 octets,
    and is not dot-stuffed. `sender` is the envelope sender (bounce address).

    `parts` make up `data`, each of them whole lines; the first holds the whole header. What is the same for everybody (the
    letter's text, the PDF) is the same object in every envelope, so that nobody copies or checks it for each person.
    """

    message_id: str
    sender: str
    recipient: str
    parts: tuple[bytes, ...] = field(repr=False)

    @property
    def data(self) -> bytes:
        return b"".join(self.parts)

    @property
    def size(self) -> int:
        return sum(map(len, self.parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """SHA-256 (hex) over document, templates, sender, subject and the ordered (address, content hash) list."""

    sha256: str
    recipients: int
    approved_by: str
    approved_at: datetime


class Verdict(StrEnum):
    ACCEPT = "accept"
    DEFER = "defer"
    REFUSE = "refuse"
    DOUBT = "doubt"


class Scope(StrEnum):
    """Whom a failure hits: this person, this message (so everyone), or the whole server."""

    RECIPIENT = "recipient"
    MESSAGE = "message"
    SITE = "site"


class Stage(StrEnum):
    CONNECT = "connect"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    END = "end of data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A server's reply: `code` (250; 0 when there was none), `enhanced` ("2.0.0" or ""), `text` printable, at most 1,000
    characters, `stage` of the command it answers."""

    code: int
    enhanced: str
    text: str
    stage: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an attempt came to. `detail` says in English what was seen when there is no reply ("connection lost after DATA")."""

    verdict: Verdict
    scope: Scope = Scope.RECIPIENT
    stage: Stage = Stage.END
    reply: Reply | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """One approved sending. `send_at` is the UTC instant, `zone` and `wall_time` ("2026-12-10 09:00") are what the person typed.
    `practice`: approved without a mail server, so it never meets a real one.
    `started_at` is written once and is the Date header of every message. `package_sha256` names the frozen package."""

    id: int
    status: DispatchStatus
    title: str
    number: str
    letter_source: str
    lists: tuple[str, ...]
    send_at: datetime | None
    zone: str
    wall_time: str
    late_after: timedelta
    give_up_after: timedelta
    give_up_at: datetime | None
    seal: Seal | None
    package_sha256: str
    pause_reason: str | None
    follows: int | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    practice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One person's share. `attempts` counts those begun or answered; `content_sha256` is the hash of the message without its
    Date and Message-ID lines (docs/decisions/seal.md)."""

    id: int
    dispatch_id: int
    position: int
    contact: Contact
    state: DeliveryState
    message_id: str
    content_sha256: str
    attempts: int
    retry_at: datetime | None
    lease_owner: str | None
    lease_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try on the wire, append-only, settled at most once. `note` says who decided when no server did."""

    id: int
    delivery_id: int
    number: int
    worker: str
    started_at: datetime
    ended_at: datetime | None
    outcome: Outcome | None
