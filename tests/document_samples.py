"""Releases built by hand for the tests of the document, with people and organisations that do not exist."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from mailer.document import Letterhead, read_letterhead
from mailer.release.language import language_of, runs
from mailer.release.model import Closing, Release, Signatory
from mailer.release.tree import Paragraph

ROOT = Path(__file__).parent.parent
LAYOUT = (ROOT / "templates" / "document" / "letter.typ").read_text(encoding="utf-8")
SENTENCE = (
    "We ask every government of the region to open its archives, to protect those who keep the records, and to answer "
    "the families who have been waiting for a generation. "
)


def letterhead() -> Letterhead:
    path = ROOT / "templates" / "letterhead.toml"
    return read_letterhead(path.read_bytes(), str(path))


def paragraph(text: str, line: int = 20) -> Paragraph:
    return Paragraph(line=line, lang=language_of(text), children=runs(text))


def people(*names: str, line: int = 60) -> tuple[Signatory, ...]:
    return tuple(
        Signatory(name=name, lang=language_of(name), children=runs(name), line=line + at)
        for at, name in enumerate(names)
    )


def crowd(count: int) -> tuple[Signatory, ...]:
    """`count` distinct names, every seventh of them longer than a column."""
    return people(
        *(f"Archive no{n:04d}" + " for the Memory of Families and Neighbours" * (n % 7 == 0) for n in range(count))
    )


def release(**changes: Any) -> Release:
    """A joint statement of two pages with 40 signatories; `changes` replace its fields."""
    plain = Release(
        number="26-11-국제-03",
        to="각 언론사 사회부·국제부",
        sender="한빛인권변호사모임 국제연대위원회",
        title="[국제연대위][공동성명] A joint statement on the right to remember",
        tags=("국제연대위", "공동성명"),
        headline="A joint statement on the right to remember",
        dated=date(2026, 11, 20),
        body=(*(paragraph(SENTENCE * 3, line=20 + 2 * n) for n in range(8)), paragraph("Sincerely,", line=40)),
        signatories=crowd(40),
        notes=(paragraph("*43 organisations signed; 3 of them chose to remain anonymous.", line=110),),
        closing=Closing(
            date_text="2026년 11월 20일",
            dated=date(2026, 11, 20),
            sender="한빛인권변호사모임 국제연대위원회",
            line=112,
        ),
        letter_sha256="0" * 64,
        source="letters/remember.md",
    )
    return replace(plain, **changes)
