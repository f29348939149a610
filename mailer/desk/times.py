"""From what a person types to an instant, and back to words with zone and weekday.

A wall time that a zone skips or repeats is refused with the choices, never guessed; a past one is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from mailer.errors import UsageError
from mailer.wording import Text, with_particle

__all__ = ["WallTime", "day_and_clock", "distance", "local", "read_wall_time", "zoned"]

WEEKDAYS_KO = "월화수목금토일"
WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DATE = r"(?P<year>\d{4})\s*[-./]\s*(?P<month>\d{1,2})\s*[-./]\s*(?P<day>\d{1,2})\.?"
_WEEKDAY = r"(?:\s*\((?P<weekday>[월화수목금토일])\))?"
_DAY = rf"(?:{_DATE}{_WEEKDAY}|(?P<word>오늘|내일|모레|today|tomorrow))"
_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?"
_OFFSET = r"\s*(?P<offset>Z|[+-]\d{2}:?\d{2})?"
_WALL = re.compile(rf"\s*{_DAY}(?:T|\s+){_TIME}{_OFFSET}\s*")
_WORDS = {"오늘": 0, "today": 0, "내일": 1, "tomorrow": 1, "모레": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class WallTime:
    """A moment three ways: the UTC instant, the wall time as "YYYY-MM-DD HH:MM[:SS]" and the IANA zone it is meant in."""

    instant: datetime
    text: str
    zone: str


def read_wall_time(typed: str, zone: str, now: datetime) -> WallTime:
    """Read "2026-12-10 09:00", "2026. 12. 10.(목) 09:00" or "내일 09:00" as a wall time of `zone`.

    Raises UsageError for anything else, a wrong weekday, a past moment, and a wall time that does not exist or exists twice (then
    an offset such as "-04:00" behind the time chooses).
    """
    found = _WALL.fullmatch(typed)
    if found is None:
        raise UsageError(
            Text(f"시각을 읽을 수 없습니다: {typed}", f"this is not a date and time: {typed}"),
            where="--at",
            remedy=Text(
                '예: "2026-12-10 09:00" 또는 "내일 09:00"', 'for example "2026-12-10 09:00" or "tomorrow 09:00"'
            ),
        )
    place = ZoneInfo(zone)
    naive = _naive(found, typed, now.astimezone(place))
    instant = _instant(naive, place, found["offset"], typed)
    if instant <= now:
        raise UsageError(
            Text(
                f"이미 지난 시각입니다: {local(instant, zone).ko} {zone}",
                f"this is past: {local(instant, zone).en} {zone}",
            ),
            where="--at",
            remedy=Text(f"지금 시각: {zoned(now, zone).ko}", f"it is now {zoned(now, zone).en}"),
        )
    text = naive.strftime("%Y-%m-%d %H:%M:%S" if naive.second else "%Y-%m-%d %H:%M")
    return WallTime(instant=instant, text=text, zone=zone)


def _naive(found: re.Match[str], typed: str, here: datetime) -> datetime:
    try:
        if found["word"]:
            day = (here + timedelta(days=_WORDS[found["word"]])).date()
            year, month, number = day.year, day.month, day.day
        else:
            year, month, number = int(found["year"]), int(found["month"]), int(found["day"])
        clock = (int(found["hour"]), int(found["minute"]), int(found["second"] or 0))
        # a wall time has no zone yet: the zone is what the next step gives it
        naive = datetime(year, month, number, *clock)  # noqa: DTZ001
    except ValueError as error:
        raise UsageError(
            Text(f"없는 날짜나 시각입니다: {typed}", f"there is no such date or time: {typed}"),
            where="--at",
            remedy=Text("달력을 확인하십시오", "check the calendar"),
        ) from error
    weekday = found["weekday"]
    if weekday and WEEKDAYS_KO[naive.weekday()] != weekday:
        right = naive.weekday()
        raise UsageError(
            Text(
                f"{with_particle(f'{naive:%Y-%m-%d}', '은/는')} {WEEKDAYS_KO[right]}요일입니다 ({weekday}요일이 아닙니다)",
                f"{naive:%Y-%m-%d} is a {WEEKDAYS_EN[right]}",
            ),
            where="--at",
            remedy=Text("날짜와 요일 가운데 하나를 고치십시오", "correct the date or the weekday"),
        )
    return naive


def _instant(naive: datetime, place: ZoneInfo, offset: str | None, typed: str) -> datetime:
    candidates = sorted({naive.replace(tzinfo=place, fold=fold).astimezone(UTC) for fold in (0, 1)})
    existing = [moment for moment in candidates if moment.astimezone(place).replace(tzinfo=None) == naive]
    if offset:
        existing = [moment for moment in existing if _offset(moment, place) == _canonical(offset)]
        if not existing:
            offered = ", ".join(sorted({_offset(moment, place) for moment in candidates}))
            raise UsageError(
                Text(
                    f"그 시각에 {place.key} 시간대의 시차는 {offered}입니다 (적은 시차: {offset})",
                    f"that time in {place.key} is not at {offset} but at {offered}",
                ),
                where="--at",
                remedy=Text(
                    "시차를 지우거나 --tz로 시간대를 정하십시오", "leave the offset out or name the zone with --tz"
                ),
            )
    if not existing:
        choices = " / ".join(moment.astimezone(place).strftime("%H:%M") for moment in candidates)
        raise UsageError(
            Text(
                f"{place.key} 시간대에 없는 시각입니다: {typed} (서머타임이 시작됩니다)",
                f"{typed} does not exist in {place.key} (clocks go forward)",
            ),
            where="--at",
            remedy=Text(f"다음 가운데 고르십시오: {choices}", f"choose one of: {choices}"),
        )
    if len(existing) > 1:
        choices = " / ".join(f"{naive:%H:%M}{_offset(moment, place)}" for moment in existing)
        raise UsageError(
            Text(
                f"{place.key} 시간대에 두 번 있는 시각입니다: {typed} (서머타임이 끝납니다)",
                f"{typed} happens twice in {place.key} (clocks go back)",
            ),
            where="--at",
            remedy=Text(f"다음 가운데 고르십시오: {choices}", f"choose one of: {choices}"),
        )
    return existing[0]


def _offset(moment: datetime, place: ZoneInfo) -> str:
    text = moment.astimezone(place).strftime("%z")
    return f"{text[:3]}:{text[3:5]}"


def _canonical(offset: str) -> str:
    digits = "+0000" if offset == "Z" else offset.replace(":", "")
    return f"{digits[:3]}:{digits[3:]}"


def local(instant: datetime, zone: str) -> Text:
    """ "2026-12-10 09:00 (목)" and "2026-12-10 09:00 (Thu)" in `zone`."""
    here = instant.astimezone(ZoneInfo(zone))
    stamp = f"{here:%Y-%m-%d} {_clock(here)}"
    return Text(f"{stamp} ({WEEKDAYS_KO[here.weekday()]})", f"{stamp} ({WEEKDAYS_EN[here.weekday()]})")


def zoned(instant: datetime, zone: str) -> Text:
    """As `local`, with the name of the zone behind it: "2026-12-10 09:00 (목) KST"."""
    name = instant.astimezone(ZoneInfo(zone)).tzname() or zone
    shown = local(instant, zone)
    return Text(f"{shown.ko} {name}", f"{shown.en} {name}")


def day_and_clock(instant: datetime, zone: str) -> tuple[Text, str]:
    """What `zoned` says, in two parts for a narrow column: "2026-12-10 (목)" and "09:00 KST"."""
    here = instant.astimezone(ZoneInfo(zone))
    day = f"{here:%Y-%m-%d}"
    words = Text(f"{day} ({WEEKDAYS_KO[here.weekday()]})", f"{day} ({WEEKDAYS_EN[here.weekday()]})")
    return words, f"{_clock(here)} {here.tzname() or zone}"


def _clock(here: datetime) -> str:
    return here.strftime("%H:%M:%S" if here.second else "%H:%M")


def distance(now: datetime, instant: datetime) -> Text:
    """How far away a moment is: "38시간 뒤" / "in 38 hours", or "3분 전" / "3 minutes ago"."""
    seconds = (instant - now).total_seconds()
    past, seconds = seconds < 0, abs(seconds)
    for size, ko, en in ((86400, "일", "day"), (3600, "시간", "hour"), (60, "분", "minute"), (1, "초", "second")):
        if seconds >= size * (3 if size == 86400 else 1) or size == 1:
            number = round(seconds / size)
            plural = en if number == 1 else f"{en}s"
            return (
                Text(f"{number}{ko} 전", f"{number} {plural} ago")
                if past
                else Text(f"{number}{ko} 뒤", f"in {number} {plural}")
            )
    raise AssertionError(seconds)
