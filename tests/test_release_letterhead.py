"""The organisation's lines above the header block: the letter's own are read, told apart and never dropped in silence."""

from __future__ import annotations

import pytest

from mailer.findings import Level
from mailer.release import parse

HEADER = """---

문서번호 : 26-12-국제-01

수 신 : 각 언론사

발 신 : 가나다회

제 목 : [논평] A title

전송일자 : 2026. 12. 10.(목)

전송매수 : 총 1매

---

### [논평]

## A title

One paragraph of text.

2026년 12월 10일

가나다회
"""


def organisation(above: str) -> dict[str, str]:
    return dict(parse((above + "\n\n" + HEADER).encode(), source="letter.md").organisation)


def test_reads_a_whole_letterhead() -> None:
    """Names, address, phone and fax on one line, links as Markdown writes them."""
    found = organisation(
        "Ganada Society  \n**가나다회**\n\n서울 종로구 보기로 12 2층\n\n전화 02)000-0101, 팩스 02)000-0102\n\n"
        "웹페이지 <http://ganada.example>\n\n전자우편 [press@ganada.example](mailto:press@ganada.example)"
    )
    assert found == {
        "name_en": "Ganada Society",
        "name_ko": "가나다회",
        "address": "서울 종로구 보기로 12 2층",
        "phone": "02)000-0101",
        "fax": "02)000-0102",
        "web": "ganada.example",
        "email": "press@ganada.example",
    }


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("Tel. +82-2-000-0101", "phone", "+82-2-000-0101"),
        ("Fax: 02-000-0102", "fax", "02-000-0102"),
        ("홈페이지: https://www.ganada.example/news", "web", "www.ganada.example/news"),
        ("E-mail: press@ganada.example", "email", "press@ganada.example"),
        ("주소: 12 Example Street", "address", "12 Example Street"),
    ],
)
def test_tells_lines_by_their_label(line: str, key: str, value: str) -> None:
    """Korean and English labels, with or without a colon."""
    assert organisation(line) == {key: value}


def test_a_line_that_cannot_be_told_is_shown() -> None:
    """A registration number is not printed, so the author hears of it, with its line."""
    release = parse(("가나다회\n\n고유번호 101-82-00000\n\n" + HEADER).encode(), source="letter.md")
    (finding,) = [found for found in release.findings if found.code == "letter.letterhead_line"]
    assert (finding.level, finding.where) == (Level.WARNING, "letter.md:3")
    assert "101-82-00000" in finding.message.ko


def test_a_letter_without_letterhead_brings_none() -> None:
    """The file's letterhead is used then."""
    assert organisation("") == {}
