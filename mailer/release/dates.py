"""Dates as Korean offices write them: `2026. 12. 10.(목)`, `'26. 12. 10.`, `2026년 12월 10일`, `2026-12-10`, `10 December 2026`.

Weekdays are checked, never trusted. Times are for embargoes: `2026. 12. 10.(목) 09:00`, `오전 9시 30분`, with an optional zone.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = ["SEOUL", "WEEKDAYS", "Written", "read_date", "read_moment", "weekday_text", "write_date", "write_moment"]

WEEKDAYS = "월화수목금토일"
SEOUL = ZoneInfo("Asia/Seoul")
_ENGLISH_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY_STARTS = tuple(day[:3].lower() for day in _ENGLISH_DAYS)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_HANJA = str.maketrans("年月日火水木金土", "년월일화수목금토")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_MONTH = r"(?P<month_name>[A-Za-z]{3,9})\.?"
_WEEKDAY = r"(?:\s*[(\[]?\s*(?P<weekday>[월화수목금토일](?:요일)?|[A-Za-z]{3,9}\.?)\s*[)\]]?)?"
_BEFORE = r"(?:(?P<before>[A-Za-z]{3,9})\.?,?\s+)?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
# A year of two digits only with the Korean signs: 10/12/26 may be any of three days.
_NUMERIC = re.compile(
    r"(?P<year>\d{4}(?=\s*[.년/-])|['‘’]?\d{2}(?=\s*[.년]))\s*[.년/-]\s*(?P<month>\d{1,2})\s*[.월/-]"
    r"\s*(?P<day>\d{1,2})\s*[.일]?" + _WEEKDAY
)
_DAY_FIRST = re.compile(rf"{_BEFORE}{_DAY}\s+(?:of\s+)?{_MONTH},?\s+(?P<year>\d{{4}})" + _WEEKDAY)
_MONTH_FIRST = re.compile(rf"{_BEFORE}{_MONTH}\s+{_DAY},?\s+(?P<year>\d{{4}})" + _WEEKDAY)
_TIME = re.compile(
    r"[\sT,]*(?P<half>오전|오후|정오|자정|새벽|아침|낮|저녁|밤)?"
    r"\s*(?:(?P<hour>\d{1,2})\s*[:시]\s*(?:(?P<minute>\d{1,2})\s*분?)?(?::\d{2})?\s*(?P<english>[AaPp]\.?[Mm]\b\.?)?)?"
    r"\s*(?P<zone>Z|UTC|GMT|KST|[+-]\d{2}:?\d{2}|[A-Za-z]+/[A-Za-z_/]+)?\s*(?:까지|(?:이후|부터)(?:\s*보도)?)?"
)
_HOURS = {
    "오전": {hour: hour % 12 for hour in range(1, 13)},
    "오후": {hour: hour % 12 + 12 for hour in range(1, 13)},
    "새벽": {12: 0} | {hour: hour for hour in range(1, 7)},
    "아침": {hour: hour for hour in range(5, 12)},
    "낮": {11: 11, 12: 12} | {hour: hour + 12 for hour in range(1, 6)},
    "저녁": {hour: hour + 12 for hour in range(5, 12)},
    "밤": {hour: hour + 12 for hour in range(7, 12)},
}
"""Part of the day -> its hours on the clock. `밤 12시` is missing: the night of which day?"""

_HALF = {"a": "오전", "p": "오후"}
_LONGEST = 80


def write_date(day: date) -> str:
    """`2020. 09. 10.(목)`, the form of 전송일자 on paper, in the mail and on screens."""
    return f"{day:%Y. %m. %d.}({WEEKDAYS[day.weekday()]})"


def write_moment(moment: datetime) -> str:
    """`2020. 09. 10.(목) 09:00` by the clock in Seoul; that it is this clock is said when the author wrote by another."""
    seoul = moment.astimezone(SEOUL)
    return f"{write_date(seoul)} {seoul:%H:%M}" + (" (한국 시각)" if moment.utcoffset() != seoul.utcoffset() else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A date and the weekday (0 = Monday) that was written beside it, None if none was."""

    day: date
    weekday: int | None

    @property
    def weekday_is_wrong(self) -> bool:
        return self.weekday is not None and self.weekday != self.day.weekday()


def weekday_text(day: date) -> tuple[str, str]:
    """The weekday in Korean (`목`) and in English (`Thursday`)."""
    return WEEKDAYS[day.weekday()], _ENGLISH_DAYS[day.weekday()]


def read_date(text: str) -> Written | None:
    """The date that `text` is, as a whole; None when it is none or no such day exists."""
    text = _plain(text)
    return _match(text, whole=True)[0] if len(text) <= _LONGEST else None


def read_moment(text: str, zone: tzinfo) -> tuple[Written, datetime] | None:
    """A date followed by a time of day, in `zone` unless the text names its own; None when it is not that."""
    text = _plain(text)
    if len(text) > _LONGEST:
        return None
    written, end = _match(text, whole=False)
    clock = _TIME.fullmatch(text, end) if written else None
    if written is None or clock is None:
        return None
    named = _zone(clock["zone"], zone)
    hour = _hour(clock["half"] or _HALF.get((clock["english"] or "")[:1].lower()), clock["hour"])
    if hour is None or named is None:
        return None
    try:
        midnight = datetime.combine(written.day, time(0, 0), named)
        return written, midnight + timedelta(hours=hour, minutes=_minute(clock["minute"]))
    except (ValueError, OverflowError):
        return None


def _plain(text: str) -> str:
    return _UNSEEN.sub("", unicodedata.normalize("NFKC", text[: _LONGEST * 2])).translate(_HANJA).strip()


def _match(text: str, *, whole: bool) -> tuple[Written | None, int]:
    for pattern in (_NUMERIC, _DAY_FIRST, _MONTH_FIRST):
        found = pattern.fullmatch(text) if whole else pattern.match(text)
        if found:
            return _written(found), found.end()
    return None, 0


def _written(found: re.Match[str]) -> Written | None:
    parts = found.groupdict()
    name = parts.get("month_name")
    if name and name[:3].lower() not in _MONTHS:
        return None
    month = _MONTHS.index(name[:3].lower()) + 1 if name else int(parts["month"])
    weekday = parts["weekday"] or parts.get("before")
    if weekday and weekday[0] not in WEEKDAYS and weekday[:3].lower() not in _DAY_STARTS:
        return None
    year = int(parts["year"].lstrip("'‘’"))
    try:
        day = date(year if year > 99 else 2000 + year, month, int(parts["day"]))
    except ValueError:
        return None
    return Written(day=day, weekday=_weekday(weekday) if weekday else None)


def _weekday(text: str) -> int:
    return WEEKDAYS.index(text[0]) if text[0] in WEEKDAYS else _DAY_STARTS.index(text[:3].lower())


def _hour(half: str | None, hour: str | None) -> int | None:
    if hour is None:
        return {"정오": 12, "자정": 0}.get(half or "")
    value = int(hour)
    if half is None:
        return value if value <= 24 else None
    return _HOURS.get(half, {}).get(value)


def _minute(text: str | None) -> int:
    minute = int(text or 0)
    if minute > 59:
        raise ValueError(minute)
    return minute


def _zone(name: str | None, default: tzinfo) -> tzinfo | None:
    if name is None:
        return default
    if name in ("Z", "UTC", "GMT"):
        return UTC
    if name[0] in "+-":
        sign = -1 if name[0] == "-" else 1
        ahead = timedelta(hours=int(name[1:3]), minutes=int(name[-2:]))
        return timezone(sign * ahead) if ahead < timedelta(hours=24) else None
    try:
        return ZoneInfo("Asia/Seoul" if name == "KST" else name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
