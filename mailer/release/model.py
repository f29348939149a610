"""`Release`: what a letter says, parsed. A value, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from mailer.findings import Finding
from mailer.release.tree import Block, Inline

__all__ = ["Closing", "Release", "Signatory"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatory:
    """One name as its owner writes it. `line` is its first line in the file it came from."""

    name: str
    lang: str
    children: tuple[Inline, ...]
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """The date and the sender that end a letter, as written; `dated` is the same date as a value."""

    date_text: str
    dated: date | None
    sender: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Everything a letter says.

    `title` is the whole 제목 line (NFC, one line, tags included) and the same string in header block, heading and subject;
    `tags` are its leading bracketed words without brackets, `headline` is the rest. `body` runs up to and including the closing
    formula ("Sincerely,") and does not repeat the title; `signatories` follow it; `notes` are blocks between the names and the
    closing (the count sentence). `letter_sha256` is of the file's bytes (and of a separate signatory file, appended).
    `organisation` are the letterhead's texts that stand above the header block, by the keys of `templates/letterhead.toml`.
    `source` is the path as the user named it. `findings` are the reader's own remarks; one of level error means that the release
    must not be sent. What is missing is "" then; a 전송일자 that cannot be read is the closing date, or 0001-01-01 without one.
    """

    number: str
    to: str
    sender: str
    title: str
    tags: tuple[str, ...]
    headline: str
    dated: date
    contact: str | None = None
    embargo: datetime | None = None
    attachments: str | None = None
    cc: str | None = None
    body: tuple[Block, ...]
    signatories: tuple[Signatory, ...] = ()
    notes: tuple[Block, ...] = ()
    closing: Closing | None = None
    corrects: str | None = None
    organisation: tuple[tuple[str, str], ...] = ()
    lang: str = "en"
    letter_sha256: str
    source: str
    findings: tuple[Finding, ...] = ()
