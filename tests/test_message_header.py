"""Header fields: what a reader decodes is what was written."""

from __future__ import annotations

import email
import re
import unicodedata
from email import policy
from email.header import decode_header, make_header

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailer.errors import MessageError
from mailer.message.header import checked, encoded_words, mailbox_header, plain_address, text_header
from mailer.wording import Text

WHAT = Text("제목", "the subject")
LETTERS = st.characters(
    exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn", "Co"),
    exclude_characters="\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff",
)
TITLES = st.text(LETTERS, min_size=1, max_size=160).filter(lambda text: text.strip() == text)
KOREAN = st.text(
    st.sampled_from('국제연대위공동성명 [](), abc?=_"é👨‍👩‍👧🇰🇷가각힣한글'), min_size=1, max_size=120
).filter(lambda text: text.strip() == text)


def value_of(field: bytes) -> str:
    """The field's value, unfolded."""
    return field.decode("utf-8").partition(":")[2].replace("\r\n", "").removeprefix(" ")


@given(st.one_of(TITLES, KOREAN))
@example("=?utf-8?b?DQpCY2M6IGV2aWxAZXhhbXBsZS5uZXQ=?=")
@example("a  b")
@example("[국제연대위][공동성명] Global call for international human rights monitoring mechanisms on China")
@example("a " * 60 + "b")
@example("x" * 300)
@example("👨‍👩‍👧‍👦" * 20)
@example("e" + "\u0301" * 90)
def test_a_subject_comes_back_as_it_was_written(title: str) -> None:
    """Two independent decoders read every subject as it was written, spaces included."""
    text = checked(title, what=WHAT)
    field = text_header("Subject", text)
    parsed = email.message_from_bytes(field + b"\r\n", policy=policy.default)
    assert str(make_header(decode_header(value_of(field)))) == text
    assert str(parsed["Subject"]) == text
    assert list(parsed.keys()) == ["Subject"]


@given(st.one_of(TITLES, KOREAN))
def test_words_and_lines_are_short(title: str) -> None:
    """No encoded word is longer than 75 characters, no line longer than 78, and all of it is ASCII."""
    field = text_header("Subject", checked(title, what=WHAT))
    assert field.isascii()
    assert field.endswith(b"\r\n")
    assert all(len(line) <= 78 for line in field.split(b"\r\n"))
    assert all(len(word) <= 75 for word in re.findall(rb"=\?\S+\?=", field) if field.startswith(b"Subject: =?"))


@given(st.one_of(TITLES, KOREAN))
@example("é and plain words after it")
def test_every_word_is_whole_text(title: str) -> None:
    """Each encoded word decodes by itself, so none ends inside a character."""
    text = checked(title, what=WHAT)
    assert not any(" " in word for word in encoded_words(text))
    pieces = [decode_header(word)[0] for word in encoded_words(text)]
    assert "".join(data.decode(charset or "ascii") for data, charset in pieces) == text


def test_a_flag_and_a_family_stay_in_one_word() -> None:
    """What a reader sees as one character is never cut between two words."""
    for cluster in ("🇰🇷", "👨‍👩‍👧‍👦", "👍🏽", "e\u0323\u0301", "\u1112\u119e\u11ab"):
        for before in range(40):
            words = encoded_words("가" * before + cluster * 3)
            pieces = [decode_header(word)[0][0].decode() for word in words]
            assert sum(piece.count(cluster) for piece in pieces) == 3


def test_plain_english_stays_readable() -> None:
    """An English subject is sent as it is, folded only at spaces."""
    assert text_header("Subject", "Statement on the inquiry") == b"Subject: Statement on the inquiry\r\n"
    folded = text_header("Subject", "word " * 30 + "end")
    assert b"=?" not in folded
    assert value_of(folded) == "word " * 30 + "end"


def test_the_shorter_encoding_is_taken() -> None:
    """A few accents among words stay nearly readable, spaces included; Korean is base64."""
    assert encoded_words("Café at noon, a word or two") == ["=?utf-8?q?Caf=C3=A9_at_noon=2C_a_word_or_two?="]
    assert encoded_words("국문 이름") == ["=?utf-8?b?6rWt66y4IOydtOumhA==?="]


def test_text_that_looks_encoded_is_encoded() -> None:
    """A subject that looks like an encoded word cannot become something else at the reader, let alone a header."""
    field = text_header("Subject", "=?utf-8?b?DQpCY2M6IGV2aWxAZXhhbXBsZS5uZXQ=?=")
    assert b"Bcc" not in field
    assert b"DQpCY2M6" not in value_of(field).replace("=3F", "").encode() or field.startswith(b"Subject: =?utf-8?q?=3D")
    parsed = email.message_from_bytes(field + b"\r\n", policy=policy.default)
    assert parsed.keys() == ["Subject"]


@pytest.mark.parametrize(
    "bad", ["\r\nBcc: x@example.org", "\n", "\r", "\0", "\t", "\x7f", "\x85", "\u2028", "\u202e", "\u2066", "\ud800"]
)
def test_controls_are_refused(bad: str) -> None:
    """Line breaks, controls, direction marks and broken characters are refused before anything is built."""
    with pytest.raises(MessageError, match=r"U\+"):
        checked(f"제목{bad}", what=WHAT)


def test_decomposed_text_is_composed() -> None:
    """Hangul from a Mac goes out composed."""
    assert checked(unicodedata.normalize("NFD", "국제연대위"), what=WHAT) == "국제연대위"


@given(st.one_of(TITLES, KOREAN))
@example('Doe, "Jane" <x@example.org>')
@example("back\\slash")
@example("가" * 40)
@example("=?utf-8?q?x?=")
@example("홍길동, 기자")
def test_a_name_comes_back_and_the_address_stays_plain(name: str) -> None:
    """A display name never eats, moves or encodes the address beside it."""
    text = " ".join(checked(name, what=WHAT).split())
    field = mailbox_header("To", text, "reporter@example.org")
    parsed = email.message_from_bytes(field + b"\r\n", policy=policy.default)["To"]
    assert [str(each.addr_spec) for each in parsed.addresses] == ["reporter@example.org"]
    # Python's own address parser puts a space between two encoded words of a name; the mailbox is what it is asked for here
    assert parsed.addresses[0].display_name.replace(" ", "") == text.replace(" ", "")
    phrase = value_of(field).rpartition(" <")[0]
    if phrase.startswith("=?"):
        assert str(make_header(decode_header(phrase))) == text
    assert b"reporter@example.org" in field
    assert all(len(line) <= 78 for line in field.split(b"\r\n"))


def test_no_name_means_only_the_address() -> None:
    """Without a name the field is the bare address."""
    assert mailbox_header("To", "", "a@example.org") == b"To: a@example.org\r\n"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "@example.org",
        "a@",
        '"a b"@example.org',
        "a b@example.org",
        "a@example.org\r\nRCPT TO:<b@example.org>",
        "a@example.org> NOTIFY=NEVER <c@example.org",
        "a(comment)@example.org",
        "a@[127.0.0.1]",
        "a,b@example.org",
        "a@exa_mple.org",
        "x" * 65 + "@example.org",
        "a@" + "x" * 64 + ".example",
        "a\u202e@example.org",
        "a@-example.org",
    ],
)
def test_unusual_addresses_are_refused(address: str) -> None:
    """Quoted names, comments, literals and smuggled commands are no addresses here."""
    with pytest.raises(MessageError):
        plain_address(address)


def test_a_korean_domain_becomes_an_a_label() -> None:
    """A domain in Hangul goes out in its ASCII form; a mailbox name in Hangul stays."""
    assert plain_address("press@예시.test") == "press@xn--vv4b11d.test"
    assert plain_address("홍길동@example.org") == "홍길동@example.org"
