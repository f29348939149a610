"""The header block and front matter: forms that are read, and complaints that name line and remedy."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from mailer.errors import LetterError, WorkspaceError
from mailer.findings import Level
from mailer.release import companions_of, parse, read
from tests.letter_text import BODY, CLOSING, errors, found, letter, release_of

FRONT = """---
number: 26-12-01
to: 각 언론사
from: "보기모임 국제연대위원회"
title: [성명] It's "plain": with a colon
date: 2026-12-10
---
"""


def test_plain_letter_has_no_error() -> None:
    """The builder's letter is sound; the other tests each break one thing."""
    release = release_of(letter())
    assert errors(release) == []
    assert release.title == "[국제연대위][성명] Keep the square open"
    assert (release.tags, release.headline) == (("국제연대위", "성명"), "Keep the square open")
    assert (release.number, release.to, release.sender) == (
        "26-12-국제연대위-01",
        "각 언론사",
        "보기모임 국제연대위원회",
    )


@pytest.mark.parametrize(
    "line", ["제목: A", "제 목 ： A", "**제 목** : A", "**제  목 :** A", "**제목 : A**", "title: A"]
)
def test_label_forms(line: str) -> None:
    """Spaces inside the label, a full-width colon, bold marks and English labels all mean the same field."""
    text = letter({"제 목": ""}, title="").replace("문서번호", f"{line}\n\n문서번호")
    assert release_of(text).title == "A"


def test_title_is_one_nfc_line() -> None:
    """Escapes and doubled blanks of an exported title are resolved; the title is one line."""
    release = release_of(letter({"제 목": r"\[성명\]  Keep   it\*"}, title=""))
    assert release.title == "[성명] Keep it*"
    assert release.tags == ("성명",)


@pytest.mark.parametrize("label", ["문서번호", "수 신", "발 신", "제 목", "전송일자"])
def test_missing_field_is_named(label: str) -> None:
    """Each missing field is an error that names the field, the file and what to write; the release is still built."""
    release = release_of(letter({label: ""}, title=""))
    (finding,) = found(release, "field", Level.ERROR)
    assert label.replace(" ", "") in finding.message.ko
    assert finding.where.startswith("letter.md:")
    assert finding.remedy is not None


def test_all_complaints_at_once() -> None:
    """Missing sender, unknown label, wrong weekday and a different heading are all reported together."""
    text = letter({"발 신": "", "발싱": "보기모임", "전송일자": "2026. 12. 10.(금)"}, title="# Another title")
    assert sorted(errors(release_of(text))) == ["field", "label", "title", "weekday"]


def test_unknown_label_names_the_nearest() -> None:
    """A mistyped label is an error with its line and the label that was probably meant."""
    text = letter({"전송일짜": "x"})
    (finding,) = found(release_of(text), "label")
    assert finding.where == f"letter.md:{text.splitlines().index('전송일짜 : x') + 1}"
    assert finding.remedy is not None
    assert "전송일자" in finding.remedy.ko


def test_double_field() -> None:
    """A field that stands twice is an error naming the first line."""
    assert errors(release_of(letter({"제목": "[국제연대위][성명] Keep the square open"}))) == ["field"]


def test_line_that_is_no_field() -> None:
    """A stray line inside the block is an error, not a silent continuation of the value above."""
    assert errors(release_of(letter().replace("전송매수", "이어지는 말\n\n전송매수"))) == ["header_line"]


def test_forgotten_rule() -> None:
    """Without the rule below the header the body is still found and the author is told where to put it."""
    text = letter().replace("총 3매\n\n---", "총 3매")
    release = release_of(text)
    assert errors(release) == ["header_end"]
    assert len(release.body) == 2


def test_no_header_at_all() -> None:
    """Text without any header line is no letter."""
    with pytest.raises(LetterError) as caught:
        release_of("Dear all,\n\nhello\n")
    assert [finding.code for finding in caught.value.findings] == ["letter.header"]


def test_heading_must_equal_the_title() -> None:
    """A heading that differs from 제목 by a word is an error and nothing is taken out of the body."""
    release = release_of(letter(title="### [국제연대위][성명]\n\n## Keep the square closed"))
    assert errors(release) == ["title"]
    assert len(release.body) == 4


@pytest.mark.parametrize("title", ["# Keep the square open", "**[국제연대위] [성명] Keep the square open**", ""])
def test_heading_is_not_repeated_in_the_body(title: str) -> None:
    """The title above the body, with or without tags, as heading or bold line, does not appear twice."""
    release = release_of(letter(title=title))
    assert errors(release) == []
    assert len(release.body) == 2


def test_front_matter() -> None:
    """The same fields as `key: value` lines; quotes come off, a colon in the value stays, pages may be absent."""
    release = release_of(f"{FRONT}\n{BODY}\n\n{CLOSING}")
    assert errors(release) == []
    assert release.sender == "보기모임 국제연대위원회"
    assert release.headline == 'It\'s "plain": with a colon'
    assert release.dated == date(2026, 12, 10)
    assert len(release.body) == 2


@pytest.mark.parametrize("line", ["attachments:\n  - a.pdf", "contact: |\n  two lines", "cc: 'open"])
def test_front_matter_is_strict(line: str) -> None:
    """Lists, blocks and open quotes of YAML are errors that name the line, never guesses."""
    release = release_of(f"{FRONT.replace('number', line + chr(10) + 'number')}\n{BODY}\n\n{CLOSING}")
    assert set(errors(release)) == {"header_line"}


@pytest.mark.parametrize(
    ("written", "level"),
    [
        ("2026. 12. 10.(목)", Level.OK),
        ("2026. 12. 10. (목요일)", Level.OK),
        ("2026년 12월 10일 (목)", Level.OK),
        ("2026-12-10", None),
        ("2026. 12. 10.(수)", Level.ERROR),
    ],
)
def test_weekday(written: str, level: Level | None) -> None:
    """A right weekday is confirmed, a wrong one is an error that names the right one."""
    release = release_of(letter({"전송일자": written}))
    assert release.dated == date(2026, 12, 10)
    assert [finding.level for finding in found(release, "weekday")] == ([level] if level else [])
    assert level != Level.ERROR or "목" in found(release, "weekday")[0].message.ko


@pytest.mark.parametrize("written", ["2026. 2. 30.(월)", "내일", "10.12.", "2026. 12. 10.(뭐)"])
def test_bad_date(written: str) -> None:
    """A day that does not exist or cannot be read is an error; the closing date stands in for it."""
    release = release_of(letter({"전송일자": written}))
    assert errors(release) == ["date"]
    assert release.dated == date(2026, 12, 10)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026. 12. 10.(목) 09:00", datetime(2026, 12, 10, 9, tzinfo=timezone(timedelta(hours=9)))),
        ("2026년 12월 10일 오후 2시 30분까지", datetime(2026, 12, 10, 14, 30, tzinfo=timezone(timedelta(hours=9)))),
        ("2026-12-10T09:00+01:00", datetime(2026, 12, 10, 9, tzinfo=timezone(timedelta(hours=1)))),
        ("2026-12-10 09:00 America/New_York", datetime(2026, 12, 10, 9, tzinfo=timezone(timedelta(hours=-5)))),
        ("2026. 12. 10. 24:00", datetime(2026, 12, 11, tzinfo=timezone(timedelta(hours=9)))),
    ],
)
def test_embargo(written: str, expected: datetime) -> None:
    """An embargo is an aware moment, in Seoul unless it names its zone."""
    release = release_of(letter({"엠바고": written}))
    assert errors(release) == []
    assert release.embargo == expected


@pytest.mark.parametrize("written", ["2026. 12. 10.(목)", "곧", "2026. 12. 10. 25:00", "2026. 12. 10. 09:00 Mars/Base"])
def test_bad_embargo(written: str) -> None:
    """A date without a time, or a time that does not exist, is an error: an embargo is never guessed."""
    release = release_of(letter({"엠바고": written}))
    assert errors(release) == ["embargo"]
    assert release.embargo is None


def test_closing_is_compared() -> None:
    """Another date or sender at the end than in the header is a warning; a missing end too."""
    release = release_of(letter(closing="2026년 12월 11일\n\n다른 단체"))
    assert found(release, "closing_date", Level.WARNING)
    assert found(release, "closing_sender", Level.WARNING)
    assert found(release_of(letter(closing="")), "closing", Level.WARNING)


def test_signatory_file(tmp_path: Path) -> None:
    """Names may stand in a file beside the letter; it is frozen with the letter and counts in its hash."""
    text = FRONT.replace("number", "signatories: names.txt\nnumber") + f"\n{BODY}\n\nSincerely,\n\n{CLOSING}"
    (tmp_path / "letter.md").write_text(text, encoding="utf-8")
    (tmp_path / "names.txt").write_text("가람 모임\n\n- 나루 모임\n총 3\n", encoding="utf-8")
    release = read(tmp_path / "letter.md", source="letter.md")
    assert [signatory.name for signatory in release.signatories] == ["가람 모임", "나루 모임"]
    assert [finding.where for finding in found(release, "signatories", Level.WARNING)] == ["names.txt:1"]
    assert companions_of(text.encode()) == ("names.txt",)
    names = {"names.txt": (tmp_path / "names.txt").read_bytes()}
    assert parse(text.encode(), source="letter.md", companions=names) == release
    assert (
        parse(text.encode(), source="letter.md", companions={"names.txt": b"x"}).letter_sha256 != release.letter_sha256
    )


@pytest.mark.parametrize("name", ["../names.txt", "/etc/hostname", "missing.txt", "link.txt", "a\\b", "C:names.txt"])
def test_signatory_file_stays_inside(tmp_path: Path, name: str) -> None:
    """A letter cannot pull in a file from outside its folder, not even through a link."""
    inside = tmp_path / "letters"
    inside.mkdir()
    (tmp_path / "names.txt").write_text("secret\n", encoding="utf-8")
    (inside / "link.txt").symlink_to(tmp_path / "names.txt")
    text = FRONT.replace("number", f"signatories: {name}\nnumber") + f"\n{BODY}\n\n{CLOSING}"
    (inside / "letter.md").write_text(text, encoding="utf-8")
    release = read(inside / "letter.md")
    assert errors(release) == ["companion" if name in {"missing.txt", "link.txt"} else "companion_name"]
    assert release.signatories == ()


def test_missing_letter(tmp_path: Path) -> None:
    """A letter that is not there is an error of the workspace that names the path."""
    with pytest.raises(WorkspaceError) as caught:
        read(tmp_path / "no.md")
    assert caught.value.where.endswith("no.md")


@pytest.mark.parametrize("rule", ["────────", "━━━━━━━━━━", "═════", "———", "=====", "_ _ _"])
def test_box_lines_are_rules(rule: str) -> None:
    """A line drawn by a word processor ends the header as `---` does, and is not printed."""
    release = release_of(letter().replace("\n---\n", f"\n{rule}\n"))
    assert errors(release) == []
    assert len(release.body) == 2


@pytest.mark.parametrize(
    ("label", "other"),
    [
        ("수 신", "수신처"), ("수 신", "받는 곳"), ("발 신", "보내는 곳"), ("전송일자", "배포일자"), ("전송일자", "날 짜"),
        ("제 목", "Subject"),
    ],
)  # fmt: skip
def test_labels_by_other_names(label: str, other: str) -> None:
    """What other offices write above the same value is understood."""
    assert errors(release_of(letter().replace(f"{label} :", f"{other} :"))) == []


def test_when_to_publish_is_the_embargo() -> None:
    """`보도시점` is the word of many desks for it."""
    release = release_of(letter({"보도시점": "2026. 12. 10.(목) 조간"}))
    assert errors(release) == ["embargo"]
    assert release_of(letter({"보도시점": "배포 즉시 보도 가능"})).embargo is None


@pytest.mark.parametrize("bullet", ["■ ", "○ ", "- ", "▪", "1. ", "3) ", "> "])
def test_bullets_before_labels(bullet: str) -> None:
    """Header lines copied as a list are the same header lines."""
    release = release_of(letter().replace("수 신", f"{bullet}수 신").replace("제 목", f"{bullet}제 목"))
    assert errors(release) == []
    assert release.to == "각 언론사"


@pytest.mark.parametrize("colon", [":", "：", "∶", "ː", "﹕"])
def test_signs_that_look_like_a_colon(colon: str) -> None:
    """Every colon that a Korean keyboard or word processor makes separates label and value."""
    assert errors(release_of(letter().replace("수 신 :", f"수\u200b신\u00a0{colon}"))) == []


def test_last_field_before_a_forgotten_rule_is_read() -> None:
    """Without the rule the last header line still counts and the first body line is not swallowed."""
    lines = [line for line in letter(title="").split("\n") if line != "---" and "전송매수" not in line and line]
    release = release_of("\n".join(lines))
    assert errors(release) == ["header_end"]
    assert release.dated == date(2026, 12, 10)
    assert len(release.body) == len(release_of(letter(title="").replace("\n\n", "\n")).body)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("**[성명] 열어라**", "[성명] 열어라"),
        ("[성명] **광장**을 *열어라*", "[성명] 광장을 열어라"),
        (r"[성명] \*광장\* 2*3*4 a_b_c", "[성명] *광장* 2*3*4 a_b_c"),
        ("[성명] 열어라\\", "[성명] 열어라"),
        ("[성명] 열어라<br>", "[성명] 열어라"),
    ],
)
def test_marks_do_not_reach_the_subject(written: str, meant: str) -> None:
    """Emphasis and hard line breaks of the source are no part of the title."""
    release = release_of(letter({"제 목": written}, title=""))
    assert release.title == meant
    assert found(release, "marks") == []


def test_marks_left_in_the_header_are_shown() -> None:
    """What stays as characters would stand in the subject, so the author is told; a mailbox in angle brackets is none."""
    release = release_of(letter({"제 목": "[성명] <b>열어라</b>", "담 당": "나보기 <press@example.org>"}, title=""))
    (finding,) = found(release, "marks", Level.WARNING)
    assert "<b>" in finding.message.ko


@pytest.mark.parametrize("none", ["없음", "즉시 보도", "배포 즉시 보도", "For immediate release", "-"])
def test_no_embargo_in_words(none: str) -> None:
    """Words that mean "at once" are no embargo."""
    release = release_of(letter({"엠바고": none}))
    assert errors(release) == []
    assert release.embargo is None
