"""`templates/letterhead.toml`: the organisation on the paper."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailer.document import read_letterhead
from mailer.errors import DocumentError
from tests.document_samples import letterhead

PLAIN = 'name_ko = "한빛"\naddress = "서울"\nphone = "02"\nemail = "press@hanbit.example"\n'
PNG = b"\x89PNG\r\n\x1a\n rest"


def refused(text: str | bytes, source: str = "templates/letterhead.toml") -> DocumentError:
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(DocumentError) as caught:
        read_letterhead(data, source)
    assert caught.value.where.startswith(source)
    assert caught.value.remedy is not None
    return caught.value


def test_the_sample_letterhead_is_read() -> None:
    """The letterhead that ships is complete and uses reserved names only."""
    head = letterhead()
    assert head.email.endswith(".example")
    assert head.web.endswith(".example")
    assert head.logo is None


def test_optional_values_may_be_missing() -> None:
    """Name, address, phone and e-mail are enough; a BOM and decomposed Hangul are read."""
    head = read_letterhead(b"\xef\xbb\xbf" + PLAIN.replace("한빛", "\u1112\u1161\u11ab빛").encode(), "x.toml")
    assert head.name_ko == "한빛"
    assert (head.fax, head.web, head.justify) == ("", "", True)


@pytest.mark.parametrize("key", ["name_ko", "address", "phone", "email"])
def test_missing_key_is_named(key: str) -> None:
    """A required key that is absent or empty is an error that names it."""
    lines = PLAIN.splitlines()
    without = "\n".join(line for line in lines if not line.startswith(key))
    empty = "\n".join(f'{key} = " "' if line.startswith(key) else line for line in lines)
    assert key in refused(without).what.ko
    assert key in refused(empty).what.en


def test_unknown_key_gets_a_suggestion() -> None:
    """A misspelt key is refused with the nearest known one."""
    error = refused(PLAIN + 'color = "#000000"\n')
    assert "color" in error.what.ko
    assert error.remedy is not None
    assert "‘colour’" in error.remedy.ko
    assert "did you mean 'colour'" in error.remedy.en


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('colour = "blue"', "colour"),
        ("fax = 22", "fax"),
        ('web = "a\\nb"', "web"),
        ('justify = "yes"', "justify"),
        ("logo = 1", "logo"),
        ('logo = "../logo.png"', "logo"),
        ('logo = "/etc/passwd.png"', "logo"),
        ('logo = "logo.gif"', "logo"),
        ('logo = "absent.png"', "logo"),
    ],
)
def test_unusable_value_names_its_key(line: str, key: str) -> None:
    """A value of the wrong kind is refused, by key."""
    assert f"‘{key}’" in refused(PLAIN + line).what.ko


@pytest.mark.parametrize("data", [b'name_ko = "\xc7\xd1\xba\xfb"\n', b"name_ko = unquoted", b"\xff\xfe"])
def test_broken_files_are_explained(data: bytes) -> None:
    """Another encoding or broken TOML is one sentence, not a stack trace."""
    refused(data)


def test_broken_toml_names_its_line() -> None:
    """Whoever mends the file is told where."""
    assert refused('name_ko = "가"\n= x').where == "templates/letterhead.toml:2"


def test_logo_is_read_from_the_letterheads_folder(tmp_path: Path) -> None:
    """The logo's bytes travel with the letterhead."""
    (tmp_path / "logo.png").write_bytes(PNG)
    head = read_letterhead((PLAIN + 'logo = "logo.png"').encode(), str(tmp_path / "letterhead.toml"))
    assert (head.logo, head.logo_kind) == (PNG, "png")


@pytest.mark.parametrize("content", [b"no picture", PNG + bytes(600_000)])
def test_logo_that_is_no_picture_or_too_large_is_refused(tmp_path: Path, content: bytes) -> None:
    """The bytes decide, not the file's name."""
    (tmp_path / "logo.png").write_bytes(content)
    refused(PLAIN + 'logo = "logo.png"', str(tmp_path / "letterhead.toml"))
