"""Spans of time as people say them.

Not here: moments (`desk/times.py`), JSON, where times are ISO 8601 with offset (`output.py`).
"""

from __future__ import annotations

from datetime import timedelta

from mailer.wording import Text

__all__ = ["span"]

_UNITS = (
    (86400, Text("일", "d")),
    (3600, Text("시간", "h")),
    (60, Text("분", "min")),
    (1, Text("초", "s")),
)


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
