"""Templates filled in: every value escaped, every sentence in the visitor's language, every time with weekday and zone.

Not here: the sentences (`words.py`), the templates (`templates/`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mailer.desk.report import Status
from mailer.desk.times import day_and_clock, distance, zoned
from mailer.dispatch import DeliveryState
from mailer.findings import Finding
from mailer.ledger import DraftLetter
from mailer.transport import said
from mailer.web.guide import guide_for
from mailer.web.office import letter_name
from mailer.web.plain import remedy_for_pages
from mailer.web.roles import ROLE_WORDS
from mailer.web.states import LEVEL_TAGS, STATE_TAGS, STATUS_TAGS
from mailer.web.words import Spoken
from mailer.wording import Language, Text

__all__ = ["fill", "sayer", "size_of", "stamp", "static_version"]

JUST_NOW = 10.0
FOLDER = Path(__file__).parent


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        # an update of the program under a running server must not mix new pages with old code
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        static_version=static_version(),
        STATE_TAGS=STATE_TAGS,
        STATUS_TAGS=STATUS_TAGS,
        LEVEL_TAGS=LEVEL_TAGS,
        size=size_of,
        mailbox=mailbox,
        link=link,
        duration=duration,
        tiles=tiles,
        line_of=line_of,
        guide_for=guide_for,
        remedy_for_pages=remedy_for_pages,
        visit_roles=ROLE_WORDS,
        IN_DOUBT=DeliveryState.IN_DOUBT,
    )
    environment.filters["number"] = lambda value: f"{value:,}"
    return environment


@lru_cache(maxsize=1)
def static_version() -> str:
    """Changes whenever a static file changes, so that browsers may keep them for long."""
    parts = (path.read_bytes() for path in sorted((FOLDER / "static").iterdir()) if path.is_file())
    return hashlib.sha256(b"".join(parts)).hexdigest()[:12]


def sayer(language: Language) -> Callable[[Text | str | None], str]:
    """A `Text` in the visitor's language; strings as they are."""

    def say(text: Text | str | None) -> str:
        return text.to(language) if isinstance(text, Text) else text or ""

    return say


def stamp(language: Language, zone: str) -> Callable[..., str]:
    """`when(instant)`: "2026-12-10 09:00 (목) KST"."""

    def when(instant: datetime | None, other: str | None = None) -> str:
        if instant is None:
            return "–"
        return zoned(instant.replace(microsecond=0), other or zone).to(language)

    return when


def halves(language: Language, zone: str) -> Callable[..., tuple[str, str]]:
    """`in_two(instant)`: ("2026-12-10 (목)", "09:00 KST"), which a table shows one below the other."""

    def in_two(instant: datetime | None, other: str | None = None) -> tuple[str, str]:
        if instant is None:
            return "–", ""
        day, clock = day_and_clock(instant.replace(microsecond=0), other or zone)
        return day.to(language), clock

    return in_two


def fill(template: str, /, *, language: Language, zone: str, now: datetime, **values: Any) -> str:
    """One template as text."""
    return (
        _environment()
        .get_template(template)
        .render(
            w=Spoken(language),
            say=sayer(language),
            when=stamp(language, zone),
            in_two=halves(language, zone),
            said=said,
            away=lambda instant: _away(now, instant).to(language),
            language=language,
            **values,
        )
    )


def _away(now: datetime, instant: datetime) -> Text:
    if abs((now - instant).total_seconds()) < JUST_NOW:
        return Text("방금", "just now")
    return distance(now, instant)


def size_of(octets: int) -> str:
    """`182 KB`, `1.4 MB` (decimal units)."""
    return f"{octets / 1_000_000:.1f} MB" if octets >= 1_000_000 else f"{max(octets / 1000, 1):.0f} KB"


def mailbox(name: str, address: object) -> str:
    """`홍보팀 <press@example.org>`, the address alone where there is no name."""
    return f"{name} <{address}>" if name else str(address)


def link(path: str, pairs: Iterable[tuple[str, Any]], **more: Any) -> str:
    """An address with its query; `more` replaces pairs of the same name, empty values are left out."""
    asked = {key: value for key, value in {**dict(pairs), **more}.items() if value not in ("", None)}
    return f"{path}?{urlencode({key: str(value) for key, value in asked.items()})}" if asked else path or "?"


def duration(seconds: float) -> str:
    """`3:05`, `1:02:00`: minutes and seconds, hours in front where there are any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def tiles(status: Status) -> list[tuple[DeliveryState, int]]:
    """The numbers worth a tile: four that always stand there, others when somebody is in them. Who is on the wire this very
    moment still counts as waiting, or a tile would come and go."""
    always = (DeliveryState.ACCEPTED, DeliveryState.DEFERRED, DeliveryState.FAILED, DeliveryState.QUEUED)
    numbers = dict(status.counts)
    numbers[DeliveryState.QUEUED] += numbers.pop(DeliveryState.SENDING, 0)
    return [(state, numbers[state]) for state in numbers if state in always or numbers[state]]


def line_of(finding: Finding, draft: DraftLetter) -> str:
    """The line of the draft that a finding speaks of, "" for anything else."""
    source, _, line = finding.where.rpartition(":")
    return line if source == letter_name(draft.id) and line.isdecimal() else ""
