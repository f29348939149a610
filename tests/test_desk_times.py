"""What a person types as a time: read with zone and weekday, refused when past, missing or doubled."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.desk.press_hours import holiday
from mailer.desk.times import day_and_clock, distance, local, read_wall_time, zoned
from mailer.errors import UsageError
from mailer.wording import Text

NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
SEOUL = "Asia/Seoul"
NEW_YORK = "America/New_York"


@pytest.mark.parametrize(
    "typed",
    ["2026-12-10 09:00", "2026-12-10T09:00", "2026. 12. 10.(목) 09:00", "2026.12.10 9:00", "2026-12-10 09:00 +09:00"],
)
def test_the_same_moment_in_every_spelling(typed: str) -> None:
    """Dashes, dots, weekday, offset: all the same instant."""
    at = read_wall_time(typed, SEOUL, NOW)
    assert at.instant == datetime(2026, 12, 10, 0, 0, tzinfo=UTC)
    assert (at.text, at.zone) == ("2026-12-10 09:00", SEOUL)


def test_tomorrow_is_tomorrow_in_the_zone() -> None:
    """At 05:00 in Seoul it is still yesterday in UTC: the zone's calendar counts."""
    assert read_wall_time("내일 00:00", SEOUL, NOW).instant == datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    assert read_wall_time("today 09:30", SEOUL, NOW).instant == datetime(2026, 11, 24, 0, 30, tzinfo=UTC)


def test_wrong_weekday_is_refused_with_the_right_one() -> None:
    """2026-12-10 is a Thursday."""
    with pytest.raises(UsageError) as caught:
        read_wall_time("2026-12-10(금) 09:00", SEOUL, NOW)
    assert "목요일" in caught.value.what.ko


def test_past_is_refused() -> None:
    """A moment that has gone by is an error that says what time it is."""
    with pytest.raises(UsageError, match="past") as caught:
        read_wall_time("2026-11-24 04:59", SEOUL, NOW)
    assert caught.value.remedy is not None
    assert "2026-11-24 05:00 (화)" in caught.value.remedy.ko


def test_skipped_time_is_refused_with_choices() -> None:
    """02:30 does not exist on the night clocks go forward."""
    with pytest.raises(UsageError, match="does not exist") as caught:
        read_wall_time("2027-03-14 02:30", NEW_YORK, NOW)
    assert caught.value.remedy is not None
    assert "01:30 / 03:30" in caught.value.remedy.en


def test_doubled_time_needs_an_offset() -> None:
    """01:30 happens twice on the night clocks go back; the offset chooses."""
    with pytest.raises(UsageError, match="twice") as caught:
        read_wall_time("2027-11-07 01:30", NEW_YORK, NOW)
    assert caught.value.remedy is not None
    assert "01:30-04:00 / 01:30-05:00" in caught.value.remedy.en
    first = read_wall_time("2027-11-07 01:30-04:00", NEW_YORK, NOW).instant
    second = read_wall_time("2027-11-07 01:30-05:00", NEW_YORK, NOW).instant
    assert second - first == timedelta(hours=1)


def test_offset_of_another_zone_is_refused() -> None:
    """Seoul is not at +08:00: perhaps the person meant another zone."""
    with pytest.raises(UsageError, match=r"\+09:00"):
        read_wall_time("2026-12-10 09:00+08:00", SEOUL, NOW)


@pytest.mark.parametrize(
    "typed", ["", "soon", "2026-12-10", "09:00", "2026-13-01 09:00", "2026-02-30 09:00", "2026-12-10 25:00"]
)
def test_anything_else_is_refused(typed: str) -> None:
    """No guess is made about half a time."""
    with pytest.raises(UsageError):
        read_wall_time(typed, SEOUL, NOW)


@given(st.datetimes(min_value=datetime(2027, 1, 1), max_value=datetime(2037, 1, 1)))  # noqa: DTZ001
def test_what_is_shown_is_what_was_typed(wall: datetime) -> None:
    """Seoul has no gaps today: every wall time reads back as itself."""
    typed = wall.strftime("%Y-%m-%d %H:%M")
    at = read_wall_time(typed, SEOUL, NOW)
    assert local(at.instant, SEOUL).ko.startswith(typed)


def test_distances_in_both_languages() -> None:
    """Seconds, minutes, hours up to three days, then days."""
    assert distance(NOW, NOW + timedelta(hours=38)).ko == "38시간 뒤"
    assert distance(NOW, NOW + timedelta(hours=1)).en == "in 1 hour"
    assert distance(NOW, NOW + timedelta(days=16)).ko == "16일 뒤"
    assert distance(NOW, NOW - timedelta(minutes=3)).en == "3 minutes ago"
    assert distance(NOW, NOW).ko == "0초 뒤"


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 12, 25), "성탄절"),
        (date(2027, 2, 9), "설 연휴"),
        (date(2027, 8, 16), "광복절 대체공휴일"),
        (date(2027, 10, 4), "개천절 대체공휴일"),
        (date(2027, 10, 11), "한글날 대체공휴일"),
        (date(2028, 10, 5), "추석 연휴"),
        (date(2027, 6, 7), None),
        (date(2026, 6, 8), None),
        (date(2026, 11, 23), None),
    ],
)
def test_public_holidays(day: date, name: str | None) -> None:
    """Fixed and moving ones, and the Monday that makes up for a weekend; Memorial Day is made up for by none."""
    found = holiday(day)
    assert (found.ko if found else None) == name


@pytest.mark.parametrize("clock", ["09:00", "09:00:05"])
def test_a_moment_in_two_parts_says_the_same(clock: str) -> None:
    """Day with weekday, and clock with zone, lose nothing of what one line says."""
    instant = read_wall_time(f"2026-12-10 {clock}", SEOUL, NOW).instant
    day, hours = day_and_clock(instant, SEOUL)
    assert (day, hours) == (Text("2026-12-10 (목)", "2026-12-10 (Thu)"), f"{clock} KST")
    for whole, part in ((zoned(instant, SEOUL).ko, day.ko), (zoned(instant, SEOUL).en, day.en)):
        assert sorted(whole.split()) == sorted([*part.split(), *hours.split()])
