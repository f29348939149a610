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
        ("E. press@ganada.example", "email", "press@ganada.example"),
        ("www.ganada.example", "web", "www.ganada.example"),
        ("23 Bogi-ro, Jongno-gu, Seoul", "address", "23 Bogi-ro, Jongno-gu, Seoul"),
        ('<div align="center">가나다회</div>', "name_ko", "가나다회"),
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


@pytest.mark.parametrize(
    "line",
    [
        "전화: 02-000-0101 | 팩스: 02-000-0102 | 이메일: press@ganada.example | 홈페이지: https://ganada.example",
        "T. 02-000-0101  F. 02-000-0102  E. press@ganada.example  W. ganada.example",
        "전화 02-000-0101, 팩스 02-000-0102 / press@ganada.example / https://ganada.example/",
    ],
)
def test_everything_on_one_line(line: str) -> None:
    """Numbers, e-mail and web page that share a line are all read."""
    assert organisation(line) == {
        "phone": "02-000-0101",
        "fax": "02-000-0102",
        "email": "press@ganada.example",
        "web": "ganada.example",
    }


@pytest.mark.parametrize("line", ["보도자료", "보 도 자 료", "공동성명", "Press Release", "![로고](logo.png)"])
def test_what_is_no_organisation(line: str) -> None:
    """The kind of paper and a picture do not become the sender's name, and the author hears of them."""
    release = parse(f"{line}\n\n가나다회\n\n{HEADER}".encode(), source="letter.md")
    assert dict(release.organisation) == {"name_ko": "가나다회"}
    (finding,) = [found for found in release.findings if found.code == "letter.letterhead_line"]
    assert finding.where == "letter.md:1"


def test_words_beside_a_number_are_shown() -> None:
    """What is left of a line when its numbers are taken out is not lost in silence."""
    release = parse(f"가나다회\n\n전화 02-000-0101 (사업자 101-82-00000)\n\n{HEADER}".encode(), source="letter.md")
    assert dict(release.organisation)["phone"] == "02-000-0101"
    assert "101-82-00000" in "".join(f.message.ko for f in release.findings if f.code == "letter.letterhead_line")


def test_a_header_label_in_the_letterhead_is_no_header_block() -> None:
    """The block with the most header lines is the header block."""
    release = parse(f"가나다회\n\n담당 : 나보기\n\n{HEADER}".encode(), source="letter.md")
    assert [finding.code for finding in release.findings if finding.level == Level.ERROR] == []
    assert release.number == "26-12-국제-01"
