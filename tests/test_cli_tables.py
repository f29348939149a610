"""Tables and folded text: every character of every cell is there, in any window from 20 cells, in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.cli.tables import Cell, Column, table
from mailer.cli.wide import cells, clean, fold, pad
from mailer.wording import LANGUAGES, Language, Text

COLUMNS = (
    Column(title=Text("번호", "no."), right=True),
    Column(title=Text("언론사", "outlet")),
    Column(title=Text("받는 사람", "name"), rank=1),
    Column(title=Text("주소", "address")),
    Column(title=Text("상태", "state")),
    Column(title=Text("서버 응답", "reply"), rank=3),
    Column(title=Text("뜻", "meaning"), rank=2),
)
ROWS = (
    ("1", "한빛신문", "사회부 데스크", "desk@hanbit.example", "접수됨", "250 2.0.0 queued as 12AB", "서버가 받았습니다"),
    ("22", "Example Wire", "Seoul Bureau", "seoul@wire.example", "재시도", "421 4.7.0 try later", "다시 보냅니다"),
    ("103", "아주긴이름을가진언론사의국제부데스크", "", "a.very.long.local@international-desk.example", "실패", "", "없는 주소"),
    ("104", "東アジア通信", "阮文安", "desk@higashi.example", "확인 필요", "응답 없음", "접수 여부를 알 수 없습니다"),
)  # fmt: skip
WIDTHS = range(20, 121)


def without_blanks(text: str) -> str:
    return "".join(sorted("".join(text.split())))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_character_is_lost_at_any_width(language: Language) -> None:
    """Between 20 and 120 cells, no line is wider than the window and every character of every cell is printed."""
    for width in WIDTHS:
        lines = table(COLUMNS, ROWS, language=language, width=width)
        assert max(cells(line) for line in lines) <= width
        printed = "".join("".join(lines).split())
        for character in set("".join(cell for row in ROWS for cell in row)) - {" "}:
            expected = sum(cell.count(character) for row in ROWS for cell in row)
            assert printed.count(character) >= expected, (width, character)


@pytest.mark.parametrize("language", LANGUAGES)
def test_columns_stand_under_their_titles(language: Language) -> None:
    """In a wide window each cell begins at the same terminal cell as its title, Hangul or not."""
    lines = table(COLUMNS[1:5], [row[1:5] for row in ROWS], language=language, width=120)
    starts = [cells(lines[0][: lines[0].index(column.title.to(language))]) for column in COLUMNS[1:5]]
    for row, line in zip(ROWS, lines[1:], strict=True):
        for start, cell in zip(starts, row[1:5], strict=True):
            assert not cell or cells(line[: line.index(cell)]) == start


def test_less_important_columns_move_below_instead_of_squeezing() -> None:
    """At 80 cells the reply (highest rank) stands under its row, with its title, and the addresses stay on one line."""
    lines = table(COLUMNS, ROWS, language="ko", width=80)
    assert "서버 응답" not in lines[0]
    assert any("서버 응답: 250 2.0.0" in line for line in lines)
    assert all(any(row[3] in line for line in lines) for row in (ROWS[0], ROWS[1], ROWS[3]))


def test_a_very_narrow_window_gets_blocks() -> None:
    """At 24 cells each row is a block of `title: value` lines, blocks apart by an empty line."""
    lines = table(COLUMNS, ROWS[:2], language="en", width=24)
    assert lines[0] == "no.: 1"
    assert lines.count("") == 1


def test_numbers_are_aligned_at_the_right() -> None:
    """A right-aligned column ends at the same cell in every row."""
    lines = table(COLUMNS[:2], [row[:2] for row in ROWS[:3]], language="en", width=80)
    assert [line[:3] for line in lines] == ["no.", "  1", " 22", "103"]


def test_nothing_to_show_is_no_line() -> None:
    """A table without rows prints nothing; the caller says so in words."""
    assert table(COLUMNS, [], language="ko", width=80) == []


def test_colour_adds_nothing_but_colour() -> None:
    """Painting wraps the text of a cell and changes no other character and no width."""
    rows = [(row[0], Cell(row[4], "bad")) for row in ROWS]
    columns = (COLUMNS[0], COLUMNS[4])
    plain = table(columns, rows, language="ko", width=40)
    painted = table(columns, rows, language="ko", width=40, paint=lambda text, ink: f"\x1b[31m{text}\x1b[0m")
    assert [line.replace("\x1b[31m", "").replace("\x1b[0m", "") for line in painted] == plain
    assert painted[1].endswith("\x1b[31m접수됨\x1b[0m")


def test_a_cell_cannot_steer_the_terminal() -> None:
    """Escape sequences, line breaks and direction marks from outside are printed as harmless characters."""
    lines = table(COLUMNS[:2], [("1", "a\x1b[2Jb\r\nc\u202ed\x07")], language="en", width=80)
    assert lines[1] == "  1  a\ufffd[2Jb c\ufffdd\ufffd"
    assert clean("이름\x9b31m") == "이름\ufffd31m"


@given(text=st.text(alphabet="가나다힣 abc,.中あệ", max_size=80), width=st.integers(2, 60), hang=st.integers(0, 8))
def test_folding_keeps_every_character_in_order(text: str, width: int, hang: int) -> None:
    """Folded lines fit, and together they are the text without the blanks at which it was folded."""
    lines = fold(text, width, hang=hang)
    assert lines
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cells(line) <= max(width, 2) for line in lines)


def test_korean_breaks_between_words() -> None:
    """A word is torn only when it is longer than the line."""
    assert fold("보도자료를 한 번 쓰고", 12) == ["보도자료를", "한 번 쓰고"]
    assert fold("보도자료를", 6) == ["보도자", "료를"]


def test_padding_counts_cells() -> None:
    """A Hangul syllable takes two cells, a combining mark none."""
    assert pad("가나", 6) == "가나  "
    assert pad("가나", 6, right=True) == "  가나"
    assert cells("e\u0301") == 1
