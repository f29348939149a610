"""The letter's tree as HTML and as plain text, greetings, attachment parts."""

from __future__ import annotations

import email
from email import policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.dispatch import Contact
from mailer.errors import MessageError
from mailer.message.greeting import greeting
from mailer.message.html import write_html
from mailer.message.mime import attachment, text_part
from mailer.message.text import cells, write_text
from mailer.release.tree import (
    Block,
    BulletList,
    Code,
    CodeBlock,
    Emphasis,
    Heading,
    Inline,
    LineBreak,
    Link,
    OrderedList,
    Paragraph,
    Quote,
    Rule,
    Run,
    Strike,
    Strong,
    Table,
)
from tests.builders import contact


def run(text: str, lang: str = "en") -> Run:
    return Run(text=text, lang=lang)


def paragraph(*children: Inline, lang: str = "en") -> Paragraph:
    return Paragraph(line=1, lang=lang, children=children)


def table(*rows: tuple[str, ...]) -> Table:
    return Table(line=1, rows=tuple(tuple((run(cell),) for cell in row) for row in rows))


EVERYTHING: tuple[Block, ...] = (
    Heading(line=1, lang="en", level=1, children=(run("Why now"),)),
    paragraph(
        run("One "),
        Strong(children=(run("bold"),)),
        run(" & "),
        Emphasis(children=(run("<i>"),)),
        LineBreak(),
        run("two"),
    ),
    paragraph(
        Strike(children=(run("old"),)),
        Code(text="a<b"),
        Link(href="https://example.org/a?b=1&c=2", children=(run("here"),)),
    ),
    BulletList(
        line=1,
        items=((paragraph(run("a")), BulletList(line=1, items=((paragraph(run("inner")),),))), (paragraph(run("b")),)),
    ),
    OrderedList(line=1, start=9, items=((paragraph(run("nine")),), (paragraph(run("ten")),))),
    Quote(line=1, children=(paragraph(run("said")), paragraph(run("more")))),
    table(("이름", "Place"), ("홍길동", "Seoul")),
    Rule(line=1),
    CodeBlock(line=1, text="x = 1\n\ny = 2\n"),
)


def test_every_block_has_its_element() -> None:
    """Nothing of the tree is dropped, and everything a person wrote is escaped."""
    html = write_html(EVERYTHING, lang="en")
    assert "<h2>Why now</h2>" in html
    assert "<p>One <strong>bold</strong> &amp; <em>&lt;i&gt;</em><br>\ntwo</p>" in html
    assert '<s>old</s><code>a&lt;b</code><a href="https://example.org/a?b=1&amp;c=2">here</a>' in html
    assert "<ul><li><p>a</p>\n<ul><li>inner</li></ul></li>\n<li>b</li></ul>" in html
    assert '<ol start="9"><li>nine</li>\n<li>ten</li></ol>' in html
    assert "<blockquote><p>said</p>\n<p>more</p></blockquote>" in html
    assert '<th scope="col">Place</th>' in html
    assert "<hr>" in html
    assert "<pre>x = 1\n\ny = 2\n</pre>" in html


def test_every_block_has_its_lines() -> None:
    """The same tree reads well as plain text."""
    assert write_text(EVERYTHING) == (
        "Why now\n-------\n\n"
        "One bold & <i>\ntwo\n\n"
        "olda<bhere (https://example.org/a?b=1&c=2)\n\n"
        "- a\n  - inner\n- b\n\n"
        "9. nine\n10. ten\n\n"
        "> said\n>\n> more\n\n"
        "이름    Place\n------  -----\n홍길동  Seoul\n\n" + "-" * 36 + "\n\n    x = 1\n\n    y = 2"
    )


def test_languages_are_marked_where_they_change() -> None:
    """Only what differs from its surroundings carries `lang`, and Arabic turns its direction."""
    html = write_html(
        (paragraph(run("by "), run("مرصد", "ar"), run(" of Tunis")), paragraph(run("서울"), lang="ko")), lang="en"
    )
    assert (
        html == '<p>by <span lang="ar" dir="rtl">مرصد</span> of Tunis</p>\n<p lang="ko"><span lang="en">서울</span></p>'
    )


@pytest.mark.parametrize("href", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//example.org", ""])
def test_only_web_and_mail_links_are_links(href: str) -> None:
    """Any other link keeps its words and loses its target."""
    assert write_html((paragraph(Link(href=href, children=(run("x"),))),), lang="en") == "<p>x</p>"


def test_a_link_that_shows_its_address_shows_it_once() -> None:
    """`<http://example.org>` and a linked e-mail address are not doubled in plain text."""
    links = (
        Link(href="http://example.org/", children=(run("http://example.org"),)),
        Link(href="mailto:a@example.org", children=(run("a@example.org"),)),
        Link(href="https://example.org", children=(run("example.org"),)),
        Link(href="mailto:a@example.org", children=(run("write"),)),
    )
    assert [write_text((paragraph(link),)) for link in links] == [
        "http://example.org",
        "a@example.org",
        "example.org",
        "write (a@example.org)",
    ]


def test_a_particle_is_not_linked() -> None:
    """A Korean particle behind an address does not become part of it."""
    link = Link(href="https://example.org", children=(run("https://example.org"),))
    assert write_text((paragraph(run("자료는 ", "ko"), link, run("에서", "ko")),)) == "자료는 <https://example.org>에서"
    assert write_text((paragraph(run("자료는 ", "ko"), link, run(" 참조", "ko")),)) == "자료는 https://example.org 참조"


def test_columns_stand_where_the_letter_puts_them() -> None:
    """Figures on the right stand under each other in both parts of the message."""
    rows = tuple(tuple((run(cell),) for cell in row) for row in (("도시", "수"), ("서울", "1,204"), ("인천", "9")))
    figures = Table(line=1, rows=rows, sides=("left", "right"))
    assert write_text((figures,)).split("\n") == ["도시     수", "----  -----", "서울  1,204", "인천      9"]
    html = write_html((figures,), lang="en")
    assert '<td style="text-align: right">9</td>' in html
    assert "<td>인천</td>" in html


def test_a_wide_table_becomes_records() -> None:
    """A table that would not fit 72 cells is written as one block of lines a row."""
    wide = "가" * 36
    assert (
        write_text((table(("name", "why"), ("A", wide), ("B", wide)),))
        == f"name: A\nwhy: {wide}\n\nname: B\nwhy: {wide}"
    )


def test_paragraphs_are_not_broken() -> None:
    """A paragraph stays one line, so that it can be copied into an article."""
    assert write_text((paragraph(run("word " * 100 + "end")),)).count("\n") == 0


def test_cells_count_korean_double() -> None:
    """A syllable takes two cells, a combining mark none."""
    assert [cells("한글"), cells("abc"), cells("e\u0301"), cells("ｱ")] == [4, 3, 1, 1]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"salutation": "홍 선생님께", "name": "홍길동"}, "홍 선생님께"),
        ({"name": "홍길동", "title": "기자"}, "홍길동 기자님께"),
        ({"name": "홍길동 기자", "title": "기자"}, "홍길동 기자님께"),
        ({"name": "홍길동 부장"}, "홍길동 부장님께"),
        ({"name": "홍길동님"}, "홍길동님께"),
        ({"name": "홍길동"}, "홍길동 님께"),
        ({"desk": "사회부"}, "사회부 데스크께"),
        ({"desk": "사회부", "outlet": "한빛일보"}, "한빛일보 사회부 데스크께"),
        ({"desk": "국제 데스크"}, "국제 데스크께"),
        ({"outlet": "한빛일보"}, "한빛일보 담당자님께"),
        ({}, "담당 기자님께"),
        ({"language": "en", "name": "Jane Doe"}, "Dear Jane Doe,"),
        ({"language": "en", "desk": "World", "outlet": "The Example"}, "Dear The Example World desk,"),
        ({"language": "en", "desk": "World Desk"}, "Dear World Desk,"),
        ({"language": "en", "outlet": "The Example"}, "Dear editors at The Example,"),
        ({"language": "en"}, "Dear editor,"),
        ({"language": "en", "salutation": "Dear Jane,"}, "Dear Jane,"),
    ],
)
def test_greetings(fields: dict[str, str], expected: str) -> None:
    """People and desks are greeted by what the list says; nobody's gender is guessed."""
    person: Contact = contact("a@example.org", **fields)
    assert greeting(person) == expected


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r"), max_size=400))
def test_a_text_part_comes_back(text: str) -> None:
    """Any text survives its encoding; lines are short, 7-bit, and none begins with a dot."""
    part = text_part("plain", text)
    parsed = email.message_from_bytes(part, policy=policy.default)
    assert parsed.get_payload(decode=True).decode("utf-8").replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")
    assert part.isascii()
    assert part.endswith(b"\r\n")
    assert b"\n" not in part.replace(b"\r\n", b"")
    assert not any(len(line) > 76 or line.startswith(b".") for line in part.split(b"\r\n"))


@pytest.mark.parametrize(
    "text", [".", "..\n.a\n...", "." * 300, "a\n" + "." * 200 + "\nb", "x" * 75 + "." * 5, "a \n b\t"]
)
def test_dots_need_no_stuffing(text: str) -> None:
    """Lines that begin with a dot do not exist on the wire, and come back when decoded."""
    part = text_part("plain", text)
    assert b"quoted-printable" in part
    assert not any(len(line) > 76 or line.startswith(b".") for line in part.split(b"\r\n"))
    decoded = email.message_from_bytes(part).get_payload(decode=True)
    assert decoded.decode().replace("\r\n", "\n") == text + "\n"


def test_the_shorter_encoding_is_taken() -> None:
    """English goes out readable, Korean in base64."""
    assert b"quoted-printable" in text_part("plain", "plain English\n" * 20)
    assert b"base64" in text_part("plain", "국문 보도자료\n" * 20)


@pytest.mark.parametrize(
    "name",
    [
        "release(261210).pdf",
        "[국제연대위][공동성명] 감시 기구 설치를 촉구한다(261210).pdf",
        "[공동성명] Global call for international human rights monitoring mechanisms (261210).pdf",
        "=_utf-8_x.pdf",
        "a'b%20;c=.pdf",
        "x" * 200 + ".pdf",
        "긴" * 70 + ".pdf",
    ],
)
def test_an_attachment_keeps_its_name_twice(name: str) -> None:
    """The name is read alike from Content-Disposition (RFC 2231) and from Content-Type (RFC 2047)."""
    part = attachment(b"%PDF-1.7 \x00\xff", name)
    parsed = email.message_from_bytes(part, policy=policy.default)
    assert parsed.get_filename() == name
    assert parsed.get_param("name") == name
    assert parsed.get_content() == b"%PDF-1.7 \x00\xff"
    assert part.isascii()
    assert all(len(line) <= 76 or line.startswith(b" filename") for line in part.split(b"\r\n"))
    assert all(len(line) <= 998 for line in part.split(b"\r\n"))


@pytest.mark.parametrize(
    "name", ["", "a/b.pdf", "..\\b.pdf", ".hidden.pdf", "a\r\nb.pdf", "a\u202efdp.exe", 'a"b.pdf', "긴" * 90 + ".pdf"]
)
def test_bad_attachment_names_are_refused(name: str) -> None:
    """A path, a control, a direction mark or an endless name never leaves."""
    with pytest.raises(MessageError):
        attachment(b"%PDF", name)
