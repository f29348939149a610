"""contacts.suppression: who must not be mailed, even when forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest

from mailer.contacts import Problem, Suppression, Suppressions, parse_address
from mailer.dispatch import Address
from mailer.errors import ListError
from tests.workbooks import workbook

SALT = b"0123456789abcdef"
WHEN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def entry(text: str, salt: bytes = SALT) -> Suppression:
    made = Suppressions(salt=salt).entry(text, reason=" 본인\n요청 ", added_at=WHEN, added_by="홍보팀")
    assert isinstance(made, Suppression), made
    return made


def suppressed(text: str, *entries: Suppression) -> Suppression | None:
    address = parse_address(text)
    assert isinstance(address, Address)
    return Suppressions(entries=entries, salt=SALT).why(address)


def test_an_address_is_suppressed_in_every_spelling() -> None:
    """Case and the Korean or A-label form of the domain make no difference."""
    own = entry("Kim@한강일보.example")
    assert suppressed("kim@xn--939az33ac2h5no.example", own) == own
    assert suppressed("KIM@한강일보.example", own) == own
    assert suppressed("lee@한강일보.example", own) is None
    assert own.reason == "본인 요청"


def test_a_domain_covers_its_subdomains_and_nothing_else() -> None:
    """`@paper.example` covers mail.paper.example, not wallpaper.example."""
    domain = entry("@Paper.Example")
    assert suppressed("kim@paper.example", domain) == domain
    assert suppressed("kim@mail.paper.example", domain) == domain
    assert suppressed("kim@wallpaper.example", domain) is None
    assert suppressed("kim@example.org", domain) is None


def test_an_erased_address_stays_suppressed() -> None:
    """Without its readable form an entry holds no letter of the address and still suppresses."""
    erased = replace(entry("kim.minji@paper.example"), shown=None)
    assert erased.shown is None
    assert "kim" not in repr(erased).lower().replace(erased.digest, "")
    assert suppressed("Kim.Minji@paper.example", erased) == erased


def test_the_digest_depends_on_the_salt() -> None:
    """A digest says nothing outside its workspace, and a salt is never forgotten."""
    assert entry("kim@paper.example").digest != entry("kim@paper.example", salt=b"another salt 0123").digest
    with pytest.raises(ValueError, match="salt"):
        Suppressions(salt=b"short").entry("kim@paper.example", reason="", added_at=WHEN, added_by="")


def test_an_address_and_a_domain_never_share_a_digest() -> None:
    """The two kinds are apart by construction."""
    assert entry("a@paper.example").digest != entry("@paper.example").digest


def test_nobody_is_suppressed_by_an_empty_list() -> None:
    """No entries need no salt."""
    address = parse_address("kim@paper.example")
    assert isinstance(address, Address)
    assert Suppressions().why(address) is None


@pytest.mark.parametrize("text", ["", "@", "paper", "kim@", "@@paper.example", "@paper", "a@x.example, b@x.example"])
def test_what_is_neither_address_nor_domain_is_a_problem(text: str) -> None:
    """A suppression that would suppress nobody is refused."""
    assert isinstance(Suppressions(salt=SALT).entry(text, reason="", added_at=WHEN, added_by=""), Problem)


def test_a_mistyped_provider_may_be_suppressed() -> None:
    """Nobody is mailed because of it."""
    assert entry("kim@navre.com").shown == "kim@navre.com"


@pytest.mark.parametrize(
    "text",
    [
        "주소,사유\nkim@x.example,수신 거부\n@blocked.example,\nkim@X.example,또\nbad,\n",
        "사유;이메일\n수신 거부;kim@x.example\n;'@blocked.example\n;KIM@x.example\n;bad\n",
        "kim@x.example,수신 거부\n@blocked.example\n\nkim@x.example\nbad\n",
    ],
)
def test_a_file_of_suppressions_is_imported(text: str) -> None:
    """With or without header, any delimiter and encoding; each entry once; bad rows named."""
    entries, problems = Suppressions(salt=SALT).parse(
        text.encode("cp949"), source="stop.csv", reason="옮겨 옴", added_at=WHEN, added_by="홍보팀"
    )
    assert [(e.shown, e.reason) for e in entries] == [("kim@x.example", "수신 거부"), ("@blocked.example", "옮겨 옴")]
    assert [(p.row, p.value) for p in problems] == [(5, "bad")]


def test_a_workbook_of_suppressions_is_imported() -> None:
    """Excel files count as text does; a picture or a web page is refused with a remedy."""
    data = workbook({"거부": [["이메일", "사유"], ["kim@x.example", "수신 거부"], ["@closed.example", None]]})
    read = partial(
        Suppressions(salt=SALT).parse, source="stop.xlsx", reason="옮겨 옴", added_at=WHEN, added_by="홍보팀"
    )
    entries, problems = read(data)
    assert [(e.shown, e.reason) for e in entries] == [("kim@x.example", "수신 거부"), ("@closed.example", "옮겨 옴")]
    assert problems == ()
    with pytest.raises(ListError):
        read(b"<html><table>")
