"""contacts: properties over any input."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailer.contacts import Suppressions, merge, parse
from mailer.errors import ListError

WORDS = """email 이메일 name , ; " "" a@x.example B@X.example @ ' = sep=; 홍길동 기자 ＠ kim@naver,com a@x.example;b@x.example PK"""
PIECES = [word.encode() for word in WORDS.split()]
PIECES += [
    "이름".encode("cp949"),
    b"\t",
    b"\n",
    b"\r\n",
    b"\r",
    b" ",
    b"\x00",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xc8\xab",
    b"\xb1\xe6",
]
PIECES += [b"\xed\x99", b"\xe2\x80\xae", b"PK\x03\x04", b"PK\x05\x06"]
FILES = st.one_of(
    st.binary(max_size=300),
    st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join),
    st.text(max_size=200).map(lambda text: text.encode("utf-16")),
)


@given(FILES)
@example(b"email\n'")
@example(b'email\n"')
@example(b"\xff\xfe")
@example("이메일\n".encode() + b"\x80" * 50)
def test_any_bytes_are_a_list_or_a_list_error(data: bytes) -> None:
    """Nothing else leaves the reader; every listed address is a contact or a problem; places are rows of the file."""
    with suppress(ListError):
        contacts = parse(data, source="press.csv")
        assert contacts.rows > 0
        assert contacts.listed >= contacts.rows
        rows = [int(c.sources[0].rpartition(":")[2]) for c in contacts.contacts]
        assert rows == sorted(rows)
        lines = contacts.listed if contacts.encoding == "xlsx" else data.count(b"\n") + data.count(b"\r") + 1
        assert all(0 < row <= lines for row in rows)
        assert all(0 <= p.row <= lines and p.problem.ko and p.value.isprintable() for p in contacts.problems)
        assert len({c.address.key for c in contacts.contacts}) == len(contacts.contacts)
        audience = merge([contacts])
        assert audience.listed == len(audience.recipients) + len(audience.left_out) == contacts.listed


@given(FILES)
def test_any_bytes_are_suppressions_or_a_list_error(data: bytes) -> None:
    """The import of suppressions takes the same files."""
    with suppress(ListError):
        entries, problems = Suppressions(salt=b"0123456789abcdef").parse(
            data, source="stop.csv", reason="", added_at=datetime(2026, 1, 1, tzinfo=UTC), added_by=""
        )
        assert len({entry.digest for entry in entries}) == len(entries)
        assert all(problem.row > 0 for problem in problems)


@pytest.mark.parametrize(
    "data",
    [
        bytes(range(256)) * 4000,
        b"email,name\n" + b'"' * 1_000_000,
        b"email,name\n" + b'"a\n' * 300_000,
        b"email,name\n" + b"," * 1_000_000,
        b"email,name\n" + b"\n" * 1_000_000,
        b"email\n" + b"@\n" * 300_000,
        b"email\n" + b"a@x.example " * 100_000,
        b"email,tags\na@x.example," + b";" * 1_000_000,
        ("email\n" + "가@나.\n" * 25_000).encode(),
    ],
)
def test_a_megabyte_of_noise_is_refused_or_read(data: bytes) -> None:
    """Floods of quotes, delimiters, line ends, addresses and odd letters end soon and clearly."""
    with suppress(ListError):
        assert parse(data, source="noise.csv").problems


def test_a_long_list_is_refused_with_a_remedy() -> None:
    """A list beyond the limit is not cut silently."""
    with pytest.raises(ListError) as caught:
        parse(b"email\n" + b"".join(b"p%d@x.example\n" % n for n in range(150_001)), source="long.csv")
    assert "150,000" in caught.value.what.ko
