"""Dates and times as offices write them, and what is no date."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from mailer.release.dates import read_date, read_moment

SEOUL = ZoneInfo("Asia/Seoul")


@pytest.mark.parametrize(
    "text",
    [
        "2026. 12. 10.(목)", "2026.12.10.", "2026년 12월 10일 목요일", "2026-12-10", "2026/12/10", "’26. 12. 10.(목)",
        "'26.12.10", "26. 12. 10.", "26년 12월 10일", "2026．12．10．（목）", "2026年 12月 10日(木)", "2026. 12. 10.(목)\u200b",
        "10 December 2026", "10th of December, 2026", "Thursday, 10 December 2026", "Thu. Dec. 10, 2026",
        "2026.12.10.(Thu.)",
    ],
)  # fmt: skip
def test_one_day_in_every_notation(text: str) -> None:
    """All of these are the same Thursday."""
    written = read_date(text)
    assert written is not None
    assert written.day == date(2026, 12, 10)
    assert written.weekday in (None, 3)


@pytest.mark.parametrize(
    "text",
    ["", "12월 10일", "10/12/2026", "10/12/26", "26-12-10", "2026. 2. 30.", "Meetday, 10 December 2026", "20261210"],
)
def test_what_is_no_date_or_more_than_one(text: str) -> None:
    """A date that is incomplete, impossible or ambiguous is not guessed."""
    assert read_date(text) is None


def test_wrong_weekday_before_an_english_date() -> None:
    """A weekday is checked wherever it stands."""
    written = read_date("Friday, 10 December 2026")
    assert written is not None
    assert written.weekday_is_wrong


@pytest.mark.parametrize(
    ("clock", "hour", "minute"),
    [
        ("09:00", 9, 0), ("오전 9시 30분", 9, 30), ("오후 2시", 14, 0), ("정오", 12, 0), ("낮 12시", 12, 0), ("낮 11시", 11, 0),
        ("새벽 2시", 2, 0), ("아침 7시", 7, 0), ("저녁 6시 30분", 18, 30), ("밤 11시", 23, 0), (", 14:00", 14, 0),
        ("9:00 AM", 9, 0), ("9:05 p.m.", 21, 5), ("14시 이후 보도", 14, 0),
    ],
)  # fmt: skip
def test_time_of_day(clock: str, hour: int, minute: int) -> None:
    """Hours are read by the part of the day that stands before or after them."""
    read = read_moment(f"2026. 12. 10.(목) {clock}", SEOUL)
    assert read is not None
    assert read[1] == datetime(2026, 12, 10, hour, minute, tzinfo=SEOUL)


@pytest.mark.parametrize("clock", ["밤 12시", "낮 8시", "오후 14시", "25:00", "9:75", "조간", ""])
def test_time_that_cannot_be_told(clock: str) -> None:
    """An hour that does not fit its part of the day is not guessed."""
    assert read_moment(f"2026. 12. 10.(목) {clock}", SEOUL) is None


def test_time_with_a_zone_of_its_own() -> None:
    """A named zone wins over the default."""
    read = read_moment("10 December 2026, 00:01 GMT", SEOUL)
    assert read is not None
    assert read[1] == datetime(2026, 12, 10, 0, 1, tzinfo=UTC)
