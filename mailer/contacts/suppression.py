"""Who must not be mailed: one address, or a whole domain with its subdomains. Stored so that an address can be forgotten and
still stays suppressed: an entry keeps an HMAC-SHA-256 of the address key under the workspace's salt; the readable form may
be erased. The salt keeps the digests useless outside this workspace; with the salt, a guessed address can be tested, which is
exactly what suppression needs.

Not here: keeping the entries and the salt (`ledger/`), asking again at the moment of sending (`sending/`).
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from mailer.contacts import decoding, tables
from mailer.contacts.addresses import parse_address
from mailer.contacts.columns import field_of
from mailer.contacts.formulas import unguarded
from mailer.contacts.problems import Problem, printable
from mailer.contacts.reading import refuse_foreign
from mailer.dispatch import Address

__all__ = ["Suppression", "SuppressionKind", "Suppressions", "digest"]

ROW_LIMIT = 300_000


class SuppressionKind(StrEnum):
    ADDRESS = "address"
    DOMAIN = "domain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """`digest` is 64 hex digits; `shown` the address or domain for people, None once it was erased; `added_at` is aware."""

    kind: SuppressionKind
    digest: str
    shown: str | None
    reason: str
    added_at: datetime
    added_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressions:
    """All entries of a workspace and their salt (at least 16 random bytes, needed as soon as there is an entry)."""

    entries: tuple[Suppression, ...] = ()
    salt: bytes = field(default=b"", repr=False)
    _index: dict[tuple[SuppressionKind, str], Suppression] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", {(entry.kind, entry.digest): entry for entry in reversed(self.entries)})

    def entry(self, text: str, *, reason: str, added_at: datetime, added_by: str) -> Suppression | Problem:
        """The entry (not added here) for an address, or for a domain written `@paper.example`; a Problem when it is neither."""
        written = text.strip()
        is_domain = written.startswith("@") and written.count("@") == 1
        found = parse_address(f"a{written}" if is_domain else written, check_slips=False)
        if isinstance(found, Problem):
            return replace(found, value=printable(written), suggestion=None if is_domain else found.suggestion)
        domain = found.key.rpartition("@")[2]
        return Suppression(
            kind=SuppressionKind.DOMAIN if is_domain else SuppressionKind.ADDRESS,
            digest=digest(self.salt, f"@{domain}" if is_domain else found.key),
            shown=f"@{found.domain}" if is_domain else str(found),
            reason=" ".join(reason.split()),
            added_at=added_at,
            added_by=added_by,
        )

    def why(self, address: Address) -> Suppression | None:
        """The entry that forbids `address`: its own, or that of its domain or a domain above; None when it may be mailed."""
        if not self.entries:
            return None
        found = self._index.get((SuppressionKind.ADDRESS, digest(self.salt, address.key)))
        labels = address.key.rpartition("@")[2].split(".")
        domains = (".".join(labels[start:]) for start in range(len(labels)))
        above = (self._index.get((SuppressionKind.DOMAIN, digest(self.salt, "@" + domain))) for domain in domains)
        return found or next((entry for entry in above if entry), None)

    def parse(
        self, data: bytes, *, source: str, reason: str, added_at: datetime, added_by: str, encoding: str = "auto"
    ) -> tuple[tuple[Suppression, ...], tuple[Problem, ...]]:
        """Entries (each once) and problems of a file to import, text or workbook: one address or `@domain` a row in the first
        column or the one named 이메일/주소/email, a reason in the one named 사유/reason or, without a header, in the second; else
        `reason`. Raises ListError when the file cannot be read or is no list at all."""
        entries: dict[str, Suppression] = {}
        problems: list[Problem] = []
        columns = (0, 1)
        for record in itertools.islice(_records(data, source, encoding), ROW_LIMIT):
            cells = [unguarded(cell.strip()) for cell in record.cells]
            if not any(cells):
                continue
            if not entries and not problems and not any("@" in cell for cell in cells):
                columns = _headed(cells)
                continue
            written, why = (cells[i] if 0 <= i < len(cells) else "" for i in columns)
            found = self.entry(written, reason=why or reason, added_at=added_at, added_by=added_by)
            if isinstance(found, Suppression):
                entries.setdefault(found.digest, found)
            else:
                problems.append(replace(found, row=record.line, cells=tuple(record.cells)))
        return tuple(entries.values()), tuple(problems)


def _records(data: bytes, source: str, encoding: str) -> Iterator[tables.Record]:
    refuse_foreign(data, source)
    if data.startswith(b"PK\x03\x04"):
        from mailer.contacts.sheets import open_sheet

        return open_sheet(data, source=source).records
    text, _ = decoding.decode(data, encoding=encoding, where=source)
    lines = tables.lines_of(text)
    return tables.records(lines, tables.delimiters(lines)[0])


def _headed(cells: Sequence[str]) -> tuple[int, int]:
    """(column of the address, column of the reason, -1 for none) under a header row."""
    names = [" ".join(cell.casefold().split()) for cell in cells]
    address = next((i for i, name in enumerate(names) if name in _ADDRESS or field_of(name) == "email"), 0)
    return address, next((i for i, name in enumerate(names) if name in _REASON), -1)


_ADDRESS = ("주소", "주소·도메인", "address", "address or domain", "도메인", "domain")
_REASON = ("사유", "이유", "reason", "why")


def digest(salt: bytes, key: str) -> str:
    """HMAC-SHA-256 of an address key (`kim@paper.example`) or of "@" + domain, as 64 hex digits."""
    if len(salt) < 16:
        raise ValueError("a suppression list needs a salt of at least 16 bytes")
    return hmac.new(salt, key.encode(), hashlib.sha256).hexdigest()
