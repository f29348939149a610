"""The count sentence of a joint letter: "321 organizations signed, 39 chose to remain anonymous", `총 321개 단체(익명 39개)`.

Not here: counting names (`signatories.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Count", "read_count"]

_PERSONS = r"명|인\b|개인|individuals?|persons?|people|experts?|scholars?|lawyers?"
_GROUPS = r"단체|기관|곳|조직|organi[sz]ations?|groups?|associations?|NGOs?|signator(?:y|ies)|members?"
_NUMBER = re.compile(
    r"(?<![\d.,-])(?P<number>\d{1,3}(?:,\d{3})+|\d{1,6})(?![\d]|[.,]\d)\s?(?:여\s?)?(?:개\s?(?:의\s?)?)?"
    rf"(?:(?:[A-Za-z-]{{1,20}}\s){{0,3}}(?P<unit>{_PERSONS}|{_GROUPS}))?(?P<calendar>\s?(?:년|월|일|th|st))?",
    re.IGNORECASE,
)
_TALKS_OF_COUNT = re.compile(
    r"total|signator|signed|endors|undersigned|anonym|총|모두|전체|합계|익명|비공개|서명|연명|참여|참가", re.IGNORECASE
)
_UNNAMED = re.compile(
    r"anonym\w*|undisclosed|unnamed|withh[eo]ld\w*|not to be named|익명|비공개|이름을 밝히지", re.IGNORECASE
)
_BARE = re.compile(r"(?:총|합계|total:?)\s*(\d{1,6})", re.IGNORECASE)
_LONGEST = 600
_NEAR = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """`total` signed, `anonymous` of them are not named."""

    total: int
    anonymous: int

    @property
    def named(self) -> int:
        return self.total - self.anonymous


def read_count(text: str) -> Count | None:
    """The numbers stated in `text`, None when it is not a count sentence."""
    if bare := _BARE.fullmatch(text.strip()[:_LONGEST]):
        return Count(total=int(bare[1]), anonymous=0)
    if len(text) > _LONGEST or not _TALKS_OF_COUNT.search(text):
        return None
    unnamed = [found.start() for found in _UNNAMED.finditer(text)]
    numbers = [_Number(found, unnamed) for found in _NUMBER.finditer(text) if not found["calendar"]]
    counted = [number for number in numbers if number.unit or number.distance <= _NEAR]
    if not any(number.unit for number in counted):
        return None
    anonymous = min(counted, key=lambda number: number.distance) if unnamed else None
    if anonymous is not None and len(counted) < 2:
        return None
    totals = [number for number in counted if number is not anonymous]
    total = _total(totals)
    return Count(total=total, anonymous=anonymous.value if anonymous else 0) if total else None


class _Number:
    def __init__(self, found: re.Match[str], unnamed: list[int]) -> None:
        self.value = int(found["number"].replace(",", ""))
        self.unit = (found["unit"] or "").lower()
        self.persons = re.fullmatch(_PERSONS, self.unit) is not None
        self.distance = min((abs(at - found.start("number")) for at in unnamed), default=10_000)


def _total(numbers: list[_Number]) -> int:
    """The greatest number of organisations plus the greatest number of persons: smaller ones are parts of these."""
    groups = [number.value for number in numbers if not number.persons]
    persons = [number.value for number in numbers if number.persons]
    return max(groups, default=0) + max(persons, default=0)
