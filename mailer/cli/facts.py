"""Small layouts that several screens share: `label  value` lines with labels of one width, sizes, counts.

Not here: tables of rows (`tables.py`), what the facts are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mailer.cli.output import Screen
from mailer.cli.tables import Cell, Column, table
from mailer.cli.wide import cells, clean, pad
from mailer.desk.export import STATE_WORDS
from mailer.dispatch import DeliveryState
from mailer.wording import Text

__all__ = ["INKS", "counts_text", "people", "show_facts", "show_table", "size_text"]

INKS = {
    DeliveryState.ACCEPTED: "good",
    DeliveryState.DEFERRED: "warn",
    DeliveryState.IN_DOUBT: "warn",
    DeliveryState.FAILED: "bad",
    DeliveryState.BOUNCED: "bad",
    DeliveryState.SUPPRESSED: "dim",
    DeliveryState.CANCELLED: "dim",
    DeliveryState.QUEUED: "dim",
}
_ORDER = (
    DeliveryState.ACCEPTED,
    DeliveryState.DEFERRED,
    DeliveryState.QUEUED,
    DeliveryState.SENDING,
    DeliveryState.IN_DOUBT,
    DeliveryState.FAILED,
    DeliveryState.BOUNCED,
    DeliveryState.SUPPRESSED,
    DeliveryState.CANCELLED,
)
_ROOM_FOR_VALUE = 20


def show_facts(screen: Screen, facts: Iterable[tuple[Text, str]], *, talk: bool = False) -> None:
    """One `label  value` line each; a value that is too long hangs under itself, empty ones are left out."""
    rows = [(label.to(screen.language), clean(value)) for label, value in facts if value]
    column = max((cells(label) for label, _ in rows), default=0) + 2
    for label, value in rows:
        if screen.width - column < _ROOM_FOR_VALUE:
            lines = screen.fold(f"{label}: {value}", screen.width, hang=2)
        else:
            first, *rest = screen.fold(value, screen.width - column)
            lines = [pad(label, column) + first, *(" " * column + line for line in rest)]
        (screen.say if talk else screen.print)(*lines)


def show_table(
    screen: Screen, columns: Sequence[Column], rows: Iterable[Sequence[Cell | str]], *, talk: bool = False
) -> None:
    if not talk:
        screen.table(columns, rows)
        return
    screen.say(*table(columns, rows, language=screen.language, width=screen.width))


def size_text(size: int) -> str:
    """`182 KB`, `1.4 MB` (decimal units)."""
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{max(size / 1000, 1):.0f} KB"


def people(number: int) -> Text:
    return Text(f"{number:,}명", f"{number:,} {'person' if number == 1 else 'people'}")


def counts_text(counts: Mapping[DeliveryState, int]) -> Text:
    """`접수 20 · 실패 1`: every state that somebody is in."""
    there = [(STATE_WORDS[state], counts[state]) for state in _ORDER if counts[state]]
    return Text(
        " · ".join(f"{word.ko} {number:,}" for word, number in there),
        " · ".join(f"{number:,} {word.en}" for word, number in there),
    )
