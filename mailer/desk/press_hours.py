"""When Korean desks read: presets for a send, and warnings for holidays, Friday evenings, deadline hours and crowded hours.

Weekend, night and embargo are judged in `preflight.py`. The table of public holidays ends with 2028; days after it are only judged
by those that fall on the same date every year.

Not here: reading a time (`times.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from mailer.desk.preflight import schedule_findings
from mailer.desk.times import WEEKDAYS_EN, WEEKDAYS_KO, zoned
from mailer.dispatch import Dispatch, DispatchStatus
from mailer.findings import Finding, Level
from mailer.ledger import Ledger
from mailer.release import Release
from mailer.wording import Text

__all__ = ["Preset", "moment_findings", "presets", "press_findings"]

CROWDED = timedelta(hours=2)
MONDAY, FRIDAY = 0, 4
_FIXED = {
    (1, 1): Text("새해 첫날", "New Year's Day"),
    (3, 1): Text("삼일절", "Independence Movement Day"),
    (5, 1): Text("노동절", "Labour Day"),
    (5, 5): Text("어린이날", "Children's Day"),
    (6, 6): Text("현충일", "Memorial Day"),
    (8, 15): Text("광복절", "Liberation Day"),
    (10, 3): Text("개천절", "National Foundation Day"),
    (10, 9): Text("한글날", "Hangul Day"),
    (12, 25): Text("성탄절", "Christmas"),
}
_MADE_UP_FOR = frozenset({(3, 1), (5, 5), (8, 15), (10, 3), (10, 9), (12, 25)})
"""When one of these falls on a weekend, the Monday after it is free."""

_SEOLLAL = Text("설 연휴", "Lunar New Year")
_CHUSEOK = Text("추석 연휴", "Chuseok")
_BUDDHA = Text("부처님오신날", "Buddha's Birthday")
_MOVING = {
    _SEOLLAL: ((2026, 2, 16, 3), (2027, 2, 6, 4), (2028, 1, 26, 3)),
    _CHUSEOK: ((2026, 9, 24, 3), (2027, 9, 14, 3), (2028, 10, 2, 4)),
    _BUDDHA: ((2026, 5, 24, 2), (2027, 5, 13, 1), (2028, 5, 2, 1)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A time worth offering. `text` is a wall time as `read_wall_time` takes it."""

    text: str
    words: Text


def presets(now: datetime, zone: str) -> tuple[Preset, ...]:
    """The next evening and morning times that suit Korean desks, none of them past."""
    here = now.astimezone(ZoneInfo(zone))
    tomorrow, monday = here + timedelta(days=1), here + timedelta(days=7 - here.weekday())
    evening = here.replace(hour=18, minute=0, second=0, microsecond=0)
    offered = [
        (evening, Text("오늘 18:00 (다음 날 조간)", "Today 18:00 (next morning's papers)")),
        (tomorrow.replace(hour=8, minute=0), Text("내일 08:00", "Tomorrow 08:00")),
        (tomorrow.replace(hour=9, minute=30), Text("내일 09:30", "Tomorrow 09:30")),
        (monday.replace(hour=8, minute=0), Text("다음 월요일 08:00", "Next Monday 08:00")),
    ]
    return tuple(
        Preset(text=at.strftime("%Y-%m-%d %H:%M"), words=words)
        for at, words in offered
        if at > here + timedelta(minutes=2)
    )


def holiday(day: date) -> Text | None:
    """The public holiday in Korea on `day`."""
    for name, spans in _MOVING.items():
        for year, month, first, length in spans:
            start = date(year, month, first)
            if start <= day < start + timedelta(days=length):
                return name
    return _FIXED.get((day.month, day.day)) or _made_up_for(day)


def _made_up_for(day: date) -> Text | None:
    """대체공휴일: the holiday of the weekend before a Monday."""
    if day.weekday() != MONDAY:
        return None
    for past in (day - timedelta(days=1), day - timedelta(days=2)):
        if (past.month, past.day) in _MADE_UP_FOR:
            name = _FIXED[past.month, past.day]
            return Text(f"{name.ko} 대체공휴일", f"the day off for {name.en}")
    return None


def moment_findings(
    ledger: Ledger, release: Release, send_at: datetime, zone: str, *, but: int | None = None
) -> list[Finding]:
    """The moment of sending against the letter, office hours, holidays and the other dispatches, `but` this one."""
    others = ledger.dispatches.with_status(DispatchStatus.SCHEDULED, DispatchStatus.SENDING)
    near = press_findings(send_at, zone, (one for one in others if one.id != but))
    return [*schedule_findings(release, send_at, zone), *near]


def press_findings(send_at: datetime, zone: str, others: Iterable[Dispatch]) -> list[Finding]:
    """What speaks against a moment: a holiday, Friday afternoon, the hour of the deadline, another release close by."""
    here = send_at.astimezone(ZoneInfo(zone))
    found = []
    name = holiday(here.date())
    if name is not None:
        found.append(_warning("schedule.holiday", Text(f"공휴일({name.ko})에 나갑니다", f"goes out on {name.en}")))
    if here.weekday() == FRIDAY and here.hour >= 15:
        words = Text(
            f"금요일 오후입니다. 주말판에 묻히기 쉽습니다 ({WEEKDAYS_KO[FRIDAY]} {here:%H:%M})",
            f"it is {WEEKDAYS_EN[FRIDAY]} afternoon ({here:%H:%M}): easily lost over the weekend",
        )
        found.append(_warning("schedule.friday", words))
    if here.weekday() < 5 and here.hour in (16, 17):
        words = Text(
            "석간과 저녁 방송 뒤, 조간 마감 시간대라 읽힐 틈이 적습니다",
            "desks are at their deadline between 16:00 and 18:00",
        )
        found.append(_warning("schedule.deadline", words))
    near = next((one for one in others if one.send_at and abs(one.send_at - send_at) < CROWDED), None)
    if near is not None and near.send_at is not None:
        at = zoned(near.send_at, near.zone)
        words = Text(
            f"두 시간 안에 다른 보도자료가 나갑니다: {near.title} ({at.ko})",
            f"another release goes out within two hours: {near.title} ({at.en})",
        )
        found.append(_warning("schedule.crowded", words))
    return found


def _warning(code: str, message: Text) -> Finding:
    return Finding(level=Level.WARNING, code=code, message=message)
