"""The rows of the header block, as paper and e-mail print them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from mailer.release import header_rows, write_moment
from tests.letter_text import letter, release_of


def test_rows_in_the_order_of_the_paper() -> None:
    """Every field that the letter has is a row with a Korean and an English label; the rest is left out."""
    release = release_of(letter({"담당": "나보기", "엠바고": "2026. 12. 10.(목) 09:00"}))
    rows = header_rows(release, pages="총 3매")
    assert [(row.label.ko, row.value) for row in rows] == [
        ("문서번호", "26-12-국제연대위-01"),
        ("수신", "각 언론사"),
        ("발신", "보기모임 국제연대위원회"),
        ("제목", release.title),
        ("전송일자", "2026. 12. 10.(목)"),
        ("전송매수", "총 3매"),
        ("담당", "나보기"),
        ("엠바고", "2026. 12. 10.(목) 09:00 이후 보도"),
    ]
    assert all(row.label.en for row in rows)


def test_no_row_without_a_value() -> None:
    """A release that lacks a field has no empty row."""
    release = replace(release_of(letter()), cc=None, number="")
    assert {"number", "cc"}.isdisjoint(row.field for row in header_rows(release, pages="총 1매"))


def test_an_embargo_by_another_clock_is_told_in_seoul_time() -> None:
    """00:01 in London is 09:01 for a Korean desk, and the paper says by which clock."""
    assert write_moment(datetime(2026, 12, 10, 0, 1, tzinfo=UTC)) == "2026. 12. 10.(목) 09:01 (한국 시각)"
    assert write_moment(datetime(2026, 12, 10, 9, 1, tzinfo=ZoneInfo("Asia/Seoul"))) == "2026. 12. 10.(목) 09:01"
