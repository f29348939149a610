"""Header values: the title and its tags, dates with their weekday, the embargo.

Each function complains to `remarks` and answers with something usable, so that one mistake does not hide the next.
"""

from __future__ import annotations

import re
from datetime import date, datetime

from mailer.release.dates import SEOUL, Written, read_date, read_moment, weekday_text
from mailer.release.header import Field
from mailer.release.remarks import Remarks
from mailer.wording import Text, with_particle

__all__ = ["NO_DATE", "dated", "embargo", "split_title"]

NO_DATE = date.min
"""Stands for a date that could not be read; an error finding always goes with it."""

_TAG = re.compile(r"\s*\[([^\[\]]{1,40})\]")
_NONE = re.compile(
    r"없음|해당\s*없음|-|none|n/a|(?:배포\s*)?즉시(?:\s*보도)?(?:\s*가능)?|(?:for\s+)?immediate(?:\s+release)?", re.I
)


def split_title(title: str) -> tuple[tuple[str, ...], str]:
    """`[국제연대위][공동성명] Title` -> (("국제연대위", "공동성명"), "Title")."""
    tags: list[str] = []
    at = 0
    while found := _TAG.match(title, at):
        tags.append(found[1].strip())
        at = found.end()
    return tuple(tags), title[at:].strip()


def dated(field: Field | None, remarks: Remarks) -> date:
    """The day of 전송일자; its weekday, if written, must be right."""
    if field is None or not field.value:
        return NO_DATE
    written = read_date(field.value)
    if written is None:
        remarks.error(
            "date",
            field.line,
            Text(f"날짜로 읽을 수 없습니다: {field.value[:40]}", f"this cannot be read as a date: {field.value[:40]}"),
            Text("'2026. 12. 10.(목)'처럼 써 주십시오", "write it like '2026. 12. 10.(목)'"),
        )
        return NO_DATE
    _check_weekday(written, field.line, remarks)
    return written.day


def embargo(field: Field | None, remarks: Remarks) -> datetime | None:
    """The moment of 엠바고, aware; Asia/Seoul unless it names a zone."""
    if field is None or not field.value or _NONE.fullmatch(field.value):
        return None
    read = read_moment(field.value, SEOUL)
    if read is None:
        remarks.error(
            "embargo",
            field.line,
            Text(
                f"엠바고 시각으로 읽을 수 없습니다: {field.value[:40]}",
                f"this cannot be read as an embargo time: {field.value[:40]}",
            ),
            Text(
                "'2026. 12. 10.(목) 09:00'처럼 날짜와 시각을 써 주십시오",
                "write date and time like '2026. 12. 10.(목) 09:00'",
            ),
        )
        return None
    written, moment = read
    _check_weekday(written, field.line, remarks)
    return moment


def _check_weekday(written: Written, line: int, remarks: Remarks) -> None:
    right_ko, right_en = weekday_text(written.day)
    day = written.day.isoformat()
    if written.weekday_is_wrong:
        right_mark = f"'({right_ko})'"
        remarks.error(
            "weekday",
            line,
            Text(
                f"요일이 틀립니다. {with_particle(day, '은/는')} {right_ko}요일입니다",
                f"the weekday is wrong: {day} is a {right_en}",
            ),
            Text(
                f"{with_particle(right_mark, '으로/로')} 고치거나 날짜를 확인해 주십시오",
                f"write {right_mark}, or check the date",
            ),
        )
    elif written.weekday is not None:
        remarks.ok(
            "weekday",
            line,
            Text(f"요일이 맞습니다({day}, {right_ko}요일)", f"the weekday is right ({day}, {right_en})"),
        )
