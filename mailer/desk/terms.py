"""How a dispatch behaves in time, as settings and flags decide it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

__all__ = ["Terms"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """`zone` is IANA; `request_key` makes a confirming form count once."""

    zone: str
    late_after: timedelta
    give_up_after: timedelta
    request_key: str | None = None
    practice: bool = False
