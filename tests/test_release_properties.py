"""Whatever bytes come in: a release or a `LetterError`, in bounded time, and no word lost on the way."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.errors import LetterError
from mailer.findings import Level
from mailer.release import Release, companions_of, parse, plain, tree
from tests.letter_text import CLOSING, errors, letter, names_letter, release_of

MARKS = st.text(alphabet=st.sampled_from("*_`~[](){}<>!|#-+=>:\\/&^.\"' \n\tab가١日1."), max_size=300)
WORD = st.text(alphabet=st.sampled_from("abcdefgXYZéł가나다라한글日本Привет"), min_size=1, max_size=12)


def words_of(blocks: tuple[tree.Block, ...]) -> list[str]:
    out: list[str] = []
    for block in blocks:
        match block:
            case tree.Paragraph(children=children) | tree.Heading(children=children):
                out += plain(children).split()
            case tree.BulletList(items=items) | tree.OrderedList(items=items):
                out += [word for item in items for word in words_of(item)]
            case tree.Quote(children=inner):
                out += words_of(inner)
            case tree.Table(rows=rows):
                out += [word for row in rows for cell in row for word in plain(cell).split()]
            case tree.CodeBlock(text=text):
                out += text.split()
    return out


def read_or_refuse(data: bytes) -> Release | None:
    try:
        return parse(data, source="letter.md", companions=dict.fromkeys(companions_of(data), b"Name"))
    except LetterError as error:
        refusal = error
    assert refusal.findings
    assert refusal.remedy is not None
    return None


@given(st.binary(max_size=400))
@settings(deadline=None, max_examples=150)
def test_any_bytes(data: bytes) -> None:
    """Bytes of any kind are a release or a `LetterError`, never another exception."""
    read_or_refuse(data)


@given(st.text(max_size=300), st.text(max_size=80), st.text(max_size=80))
@settings(deadline=None, max_examples=150)
def test_any_text_in_a_letter(body: str, title: str, when: str) -> None:
    """Any characters in body, title and dates are read; what is complained about has a place and a remedy."""
    release = read_or_refuse(
        letter({"제 목": title, "엠바고": when, "전송일자": when}, body=body).encode("utf-8", "replace")
    )
    if release is not None:
        assert "\n" not in release.title
        assert all(finding.where.startswith("letter.md") for finding in release.findings)
        assert all(finding.remedy for finding in release.findings if finding.level == Level.ERROR)


@given(MARKS, MARKS)
@settings(deadline=None, max_examples=200)
def test_any_markup(body: str, names: str) -> None:
    """Marks in any order do not break the reader."""
    read_or_refuse(names_letter(names).encode())
    read_or_refuse(letter(body=body).encode())


@given(st.lists(st.lists(WORD, min_size=1, max_size=12), min_size=1, max_size=8))
@settings(deadline=None, max_examples=150)
def test_no_word_of_the_body_is_lost(paragraphs: list[list[str]]) -> None:
    """Every word of every paragraph reaches the tree, in order."""
    body = "\n\n".join(" ".join(words) for words in paragraphs)
    release = release_of(letter(title="", body=body))
    assert words_of(release.body) == body.split()


def _without_code_info(text: str) -> str:
    """The word after an opening fence names a language and is not printed."""
    return re.sub(r"(?m)^([> \t]*(?:[-+*]|\d+[.)])?[> \t]*(?:`{3,}|~{3,}))[^`\n]*$", r"\1", text)


@given(MARKS.filter(lambda text: "](" not in text and "&" not in text))
@settings(deadline=None, max_examples=200)
def test_no_letter_or_digit_is_lost_without_an_error(body: str) -> None:
    """Whatever the marks, letters and digits of the body are in the tree unless an error finding says otherwise."""
    release = read_or_refuse(letter(title="", body=f"start\n\n{body}\n\nend").encode())
    if release is None or errors(release):
        return
    kept = re.findall(r"[^\W_]", " ".join(words_of((*release.body, *release.notes))))
    given_ = re.findall(r"[^\W_]", f"start {body} end")
    assert len(kept) >= len([char for char in given_ if not char.isdecimal()]) - len(
        re.findall(r"```\s*\w+|~~~\s*\w+", body)
    )


@given(st.lists(st.text(alphabet=st.sampled_from("abcXYZ가나()/,. 日"), min_size=1, max_size=60), max_size=30))
@settings(deadline=None, max_examples=150)
def test_no_letter_of_a_name_is_lost(names: list[str]) -> None:
    """However names are joined or split, their letters are all there, in order."""
    release = release_of(names_letter("\n".join(names)))
    kept = "".join(signatory.name for signatory in release.signatories) + "".join(words_of(release.notes))
    assert re.findall(r"\w", kept) == re.findall(r"\w", "".join(names))


@pytest.mark.parametrize(
    "unit",
    [
        "[",
        "![",
        "*a **b ",
        "- a\n",
        "> ",
        "a\n\n",
        "|a|b|\n|-|-|\n",
        "a:\n",
        "(",
        "word " * 20 + "of\n\n",
        "1. a\nb\n",
        "종로 ",
        "a, ",
        "(a, ",
        "**a ",
        "제목 : _a ",
    ],
)
def test_noise_is_read_in_bounded_time(unit: str) -> None:
    """Large noise in body, names or header comes back; quadratic work would not, at this size."""
    noise = (unit * (30_000 // len(unit)))[:30_000]
    read_or_refuse(letter(body=noise).encode())
    read_or_refuse(names_letter(noise).encode())
    read_or_refuse(f"제목 : a\n{noise}\n{CLOSING}".encode())
    read_or_refuse(f"{noise}\n\n{letter()}".encode())


def test_random_noise() -> None:
    """Random marks of some size are read or refused too, and the findings stay few enough to print."""
    chance = random.Random(20261210)
    noise = "".join(chance.choice("*_`[]()<>!~|-#>\n \\&ab가:") for _ in range(100_000))
    release = read_or_refuse(letter(body=noise).encode())
    assert release is not None
    assert len(release.findings) <= 301
