"""Bytes of a letter: encodings, line ends, normal form, characters nobody sees, files that are no letter."""

from __future__ import annotations

import unicodedata

import pytest

from mailer.errors import LetterError
from mailer.findings import Level
from mailer.release import Release, parse
from mailer.release.decode import MOST_BYTES
from tests.letter_text import errors, found, letter, release_of

TEXT = letter(body="우리는 광장에 선다.\n\n각자의 이름으로 선다.")


def content(release: Release) -> tuple[object, ...]:
    return release.title, release.number, release.dated, release.body, release.closing


@pytest.mark.parametrize(
    ("encoding", "form"),
    [
        ("utf-8", "NFC"),
        ("utf-8", "NFD"),
        ("utf-8-sig", "NFC"),
        ("utf-8-sig", "NFD"),
        ("cp949", "NFC"),
        ("utf-16", "NFD"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_saved_form_reads_the_same(encoding: str, end: str, form: str) -> None:
    """Whatever editor and system saved it, the letter says the same, on the same lines."""
    data = unicodedata.normalize(form, TEXT).replace("\n", end).encode(encoding)  # type: ignore[arg-type]
    release = parse(data, source="letter.md")
    assert content(release) == content(release_of(TEXT))
    assert errors(release) == []


def test_guesses_are_shown() -> None:
    """CP949 is a guess and warns; UTF-16 and decomposed Hangul are only mentioned; plain UTF-8 is not."""
    assert found(parse(TEXT.encode("cp949"), source="x"), "encoding", Level.WARNING)
    assert found(parse(TEXT.encode("utf-16"), source="x"), "encoding", Level.OK)
    assert found(release_of(unicodedata.normalize("NFD", TEXT)), "nfc", Level.OK)
    assert not found(release_of(TEXT), "encoding")
    assert not found(release_of(TEXT), "nfc")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n\n", "empty"),
        (b"PK\x03\x04\x00\x00", "not_text"),
        (TEXT.encode("utf-16-le"), "not_text"),
        (b"\xff\xfe\x00", "encoding"),
        (TEXT.encode().replace("광장".encode(), b"\xea\xb4"), "encoding"),
        ("마나마다마라".encode() + b"\xb0\xa1", "encoding"),  # decodes as CP949, to other words
        (b"\x81\xff\xfe\x80" * 20, "encoding"),
        (b"a" * (MOST_BYTES + 1), "size"),
        (("a" + "\u0300\u0316" * 5000).encode(), "combining"),
    ],
)
def test_no_letter(data: bytes, code: str) -> None:
    """Bytes that are no text are refused with a remedy; a damaged UTF-8 file never passes for CP949."""
    with pytest.raises(LetterError) as caught:
        parse(data, source="letter.md")
    assert [finding.code for finding in caught.value.findings] == [f"letter.{code}"]
    assert caught.value.remedy is not None
    assert caught.value.where.startswith("letter.md")


def test_damaged_line_is_named() -> None:
    """The error names the line of the first broken byte."""
    data = TEXT.encode().replace("광장".encode(), b"\xea\xb4")
    with pytest.raises(LetterError) as caught:
        parse(data, source="letter.md")
    assert caught.value.where == f"letter.md:{TEXT[: TEXT.index('광장')].count(chr(10)) + 1}"


def test_invisible_characters_are_found() -> None:
    """A zero-width space is a warning with line and column, and stays; joiners inside Arabic are no mistake."""
    text = letter(body="zero\u200bwidth\n\nمی\u200cخواهم")
    (finding,) = found(release_of(text), "unseen")
    line = text[: text.index("\u200b")].count("\n") + 1
    assert (finding.level, finding.where) == (Level.WARNING, f"letter.md:{line}:5")


def test_control_characters_never_reach_a_writer() -> None:
    """A control character is an error and becomes U+FFFD; a form feed from a copied page is only a warning."""
    release = release_of(letter(body="bell\x07 page\x0cend"))
    assert errors(release) == ["control"]
    assert "bell\ufffd page end" in str(release.body)
