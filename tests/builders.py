"""Small values for tests: contacts, drafts, a clock that moves when it is told to."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from mailer.dispatch import Address, Contact, Seal
from mailer.ledger import Draft, Share

T0 = datetime(2026, 12, 10, 0, 0, tzinfo=UTC)


class FakeClock:
    """Wall and monotonic time that tests move; a step of the wall clock alone is `wall += ...`."""

    def __init__(self, wall: datetime = T0) -> None:
        self.wall = wall
        self.ticks = 0.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.ticks

    def advance(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.ticks += seconds


def contact(text: str, **fields: object) -> Contact:
    local, _, domain = text.partition("@")
    address = Address(local=local, domain=domain, key=text.casefold())
    return Contact(address=address, **fields)  # type: ignore[arg-type]


def people(count: int, domain: str = "news.example") -> tuple[Contact, ...]:
    return tuple(contact(f"p{n:04}@{domain}", name=f"기자 {n}", outlet="가나일보") for n in range(1, count + 1))


def draft(contacts: tuple[Contact, ...], **changes: object) -> Draft:
    package, document = b"package", b"%PDF-1.7"
    fields: dict[str, object] = {
        "title": "[논평] 시험",
        "number": "26-12-시험-01",
        "letter_source": "letters/test.md",
        "lists": ("press",),
        "zone": "Asia/Seoul",
        "late_after": timedelta(minutes=15),
        "give_up_after": timedelta(hours=24),
        "seal": Seal(sha256="ab" * 32, recipients=len(contacts), approved_by="tester", approved_at=T0),
        "package": package,
        "package_sha256": hashlib.sha256(package).hexdigest(),
        "document": document,
        "document_sha256": hashlib.sha256(document).hexdigest(),
        "shares": tuple(
            Share(
                contact=person,
                message_id=f"<{hashlib.sha256(f'{person.address}{id(contacts)}'.encode()).hexdigest()[:20]}@sender.example>",
                content_sha256="cd" * 32,
            )
            for person in contacts
        ),
    }
    return Draft(**(fields | changes))  # type: ignore[arg-type]
