"""Times and spans as people say them.

Not here: JSON, where times are ISO 8601 with offset (`output.py`).
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from mailer.wording import Text

__all__ = ["moment", "span"]

_DAYS = (
    Text("월", "Mon"),
    Text("화", "Tue"),
    Text("수", "Wed"),
    Text("목", "Thu"),
    Text("금", "Fri"),
    Text("토", "Sat"),
    Text("일", "Sun"),
)
_UNITS = (
    (86400, Text("일", "d")),
    (3600, Text("시간", "h")),
    (60, Text("분", "min")),
    (1, Text("초", "s")),
)


def moment(instant: datetime, zone: tzinfo) -> Text:
    """`2026-12-10 09:00 (목) KST`: the aware `instant` on the wall clock of `zone`, with weekday and the zone's name."""
    local = instant.astimezone(zone)
    day = _DAYS[local.weekday()]
    start, end = f"{local:%Y-%m-%d %H:%M}", local.tzname() or ""
    return Text(f"{start} ({day.ko}) {end}".rstrip(), f"{start} ({day.en}) {end}".rstrip())


def span(length: timedelta) -> Text:
    """`1분 17초`, `38시간`, `3일`: the two largest units of at most 48 hours, one from then on; seconds are whole."""
    left = max(round(length.total_seconds()), 0)
    if left >= 48 * 3600:
        left -= left % 86400
    elif left >= 10 * 3600:
        left -= left % 3600
    ko: list[str] = []
    en: list[str] = []
    for size, unit in _UNITS if left >= 48 * 3600 else _UNITS[1:]:
        count, left = divmod(left, size)
        if count or (size == 1 and not ko):
            ko.append(f"{count}{unit.ko}")
            en.append(f"{count} {unit.en}")
    return Text(" ".join(ko[:2]), " ".join(en[:2]))
