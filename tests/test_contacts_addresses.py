"""contacts.addresses: what is an address, what was meant, whose mailbox it is."""

from __future__ import annotations

import random
import unicodedata

import pytest

from mailer.contacts import Problem, addresses, parse_address
from mailer.contacts.slips import likeness, repaired, slip
from mailer.dispatch import Address


def parsed(text: str) -> Address:
    found = parse_address(text)
    assert isinstance(found, Address), found
    return found


def refused(text: str) -> Problem:
    found = parse_address(text)
    assert isinstance(found, Problem), found
    return found


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("kim@paper.example", "kim@paper.example"),
        ("  Kim.Min+news@Paper.Example ", "kim.min+news@paper.example"),
        ("desk@sub.paper.test", "desk@sub.paper.test"),
        ("kim@한강일보.example", "kim@xn--939az33ac2h5no.example"),
        ("kim@xn--939az33ac2h5no.example", "kim@xn--939az33ac2h5no.example"),
        ("홍길동@example.org", "홍길동@example.org"),
        ("JÜRGEN@müller.example", "jürgen@xn--mller-kva.example"),
        ("o'brien@paper.example", "o'brien@paper.example"),
    ],
)
def test_an_address_has_one_key_for_all_its_spellings(text: str, key: str) -> None:
    """The key is the folded local part and the A-label domain."""
    assert parsed(text).key == key


def test_a_decomposed_address_has_the_key_of_the_composed_one() -> None:
    """A local part typed on macOS (NFD) is the same mailbox."""
    assert parsed(unicodedata.normalize("NFD", "홍길동@example.org")).key == "홍길동@example.org"


def test_an_address_is_kept_as_written() -> None:
    """Display keeps the letters a person typed, only normalised to NFC."""
    assert str(parsed("Kim@Paper.Example")) == "Kim@Paper.Example"
    assert parsed("kim@한강일보.example").domain == "한강일보.example"


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("kim@seoul-times,example", "kim@seoul-times.example"),
        ("kim@naver,com", "kim@naver.com"),
        ("kim＠paper.example", "kim@paper.example"),
        ("ｋｉｍ@paper.example", "kim@paper.example"),
        ("kim@paper。example", "kim@paper.example"),
        ("kim@navre.com", "kim@naver.com"),
        ("kim@gmial.com", "kim@gmail.com"),
        ("kim@gmail.con", "kim@gmail.com"),
        ("kim@hanmail.com", "kim@hanmail.net"),
        ("kim @paper.example", "kim@paper.example"),
        ("kim@paper.example.", "kim@paper.example"),
        ("kim@@paper.example", "kim@paper.example"),
        ("kim@paper..example", "kim@paper.example"),
        ("Kim Minji <kim@paper.example>", "kim@paper.example"),
        ("mailto:kim@paper.example", "kim@paper.example"),
        ("kim(at)paper.example", "kim@paper.example"),
        ("kim 골뱅이 paper.example", "kim@paper.example"),
        ("kim@naver", "kim@naver.com"),
        ("kim.naver.com", "kim@naver.com"),
        ("kim@naver.com\u200b", "kim@naver.com"),
        ("kim\u200b@paper.example", "kim@paper.example"),
    ],
)
def test_a_slip_is_refused_and_what_was_meant_is_suggested(text: str, suggestion: str) -> None:
    """A typing slip never becomes an address by itself; the suggestion is a usable address."""
    assert refused(text).suggestion == suggestion
    assert parsed(suggestion)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "kim",
        "@",
        "@paper.example",
        "kim@",
        "kim@paper",
        "kim@localhost",
        "kim@paper.invalid",
        "kim@test",
        '"kim min"@paper.example',
        '"kim"@paper.example',
        "kim@[192.0.2.1]",
        "kim@[IPv6:2001:db8::1]",
        "kim(comment)@paper.example",
        "kim@paper.example(comment)",
        "kim@paper.example\r\nBcc: other@paper.example",
        "kim\x00@paper.example",
        "kim@paper.example\x1b[31m",
        "a@paper.example, b@paper.example",
        "a@paper.example;b@paper.example",
        "a@b@paper.example",
        "kim@-paper.example",
        "kim@paper_x.example",
        "kim@paper.123",
        "kim@pаper.example",
        "k\u0456m@paper.example",
        "\u202ekim@paper.example",
        "kim@paper\ufffd.example",
        "x" * 65 + "@paper.example",
        "kim@" + "a" * 64 + ".example",
        "kim@" + "a." * 130 + "example",
        "kim@" + "한" * 80 + ".example",
        "\ud800@paper.example",
    ],
)
def test_what_is_no_single_plain_mailbox_is_refused(text: str) -> None:
    """Quoted parts, comments, literals, controls, look-alikes, several addresses and broken ones: a problem, with words."""
    problem = refused(text)
    assert problem.code in ("bad_address", "no_address")
    assert problem.problem.ko
    assert problem.problem.en
    assert problem.value.isprintable() or problem.value == ""


def test_a_refusal_says_the_first_thing_wrong_in_korean() -> None:
    """The sentence fits the mistake."""
    assert "쉼표" in refused("kim@seoul-times,example").problem.ko
    assert "전각" in refused("kim＠paper.example").problem.ko
    assert "빈칸" in refused("kim min@paper.example").problem.ko
    assert "비어" in refused("").problem.ko


def test_every_suggestion_is_a_usable_address() -> None:
    """10,000 malformed addresses: no exception, and whatever is suggested parses."""
    chance = random.Random(20260302)
    words = "kim @ @@ . .. , < > ( ) [ ] naver com .com ,com xn-- - _ mailto: paper.example : ; é ﬁ 。 ١ 홍길동 ＠"
    pieces = [*words.split(), chr(34), chr(92)]
    pieces += [" ", "\t", "\u200b", "\x00", "\r\n", "\U0001f600", "\ud800", "\u0301", "\u202e", "a" * 70]
    for _ in range(10_000):
        text = "".join(chance.choices(pieces, k=chance.randint(0, 9)))
        found = parse_address(text)
        if isinstance(found, Problem) and found.suggestion:
            assert isinstance(parse_address(found.suggestion), Address), (text, found.suggestion)


def test_the_short_way_agrees_with_the_library() -> None:
    """Plain ASCII addresses skip email-validator: both must give the same verdict."""
    from email_validator import EmailNotValidError, validate_email

    chance = random.Random(7)
    letters = "ab.1-_+'!#%&*/=?^`{|}~$" + "xyz" * 4
    labels = ["a", "1", "a1", "a-b", "a--b", "ab--c", "xn--a", "-a", "a-", "", "x" * 63, "x" * 64, "test", "A"]
    endings = [
        "org",
        "kr",
        "c1",
        "1c",
        "o-g",
        "o--g",
        "invalid",
        "local",
        "onion",
        "ARPA",
        "localhost",
        "example",
        "z",
        "x" * 64,
    ]
    for _ in range(5_000):
        local = "".join(chance.choices(letters, k=chance.randint(1, 12)))
        text = f"{local}@{'.'.join(chance.choices(labels, k=chance.randint(1, 3)))}.{chance.choice(endings)}"
        try:
            validate_email(text, check_deliverability=False)
            expected = True
        except EmailNotValidError:
            expected = False
        assert isinstance(parse_address(text), Address) == expected, text


@pytest.mark.parametrize(
    "domain", ["naver.com", "gmail.com", "hanmail.net", "daum.net", "kakao.com", "mail.com", "ymail.com", "korea.kr"]
)
def test_real_providers_are_no_slips(domain: str) -> None:
    """Nobody is held back because of a provider that exists."""
    assert slip(domain) is None
    assert likeness(domain) is None


def test_a_mere_likeness_is_no_slip() -> None:
    """A domain one letter from a provider is only pointed out."""
    assert slip("gmakl.com") is None
    assert likeness("gmakl.com") == "gmail.com"
    assert isinstance(parse_address("kim@gmakl.com"), Address)


def test_repairing_never_raises() -> None:
    """Any text can be repaired, usually into nonsense."""
    for text in ("", "@", "\ud800", "x" * 10_000, "<@>", "@" * 50, " at ", "(dot)"):
        assert isinstance(repaired(text), str)


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("desk@paper.example", True),
        ("news1@paper.example", True),
        ("society-desk@paper.example", True),
        ("제보@paper.example", True),
        ("editor.politics@paper.example", True),
        ("kim@paper.example", False),
        ("desk.kim@paper.example", False),
        ("minji.kim@paper.example", False),
        ("1234@paper.example", False),
    ],
)
def test_role_addresses_are_told_from_people(text: str, role: bool) -> None:
    """A mailbox whose every word is a role belongs to a desk."""
    assert addresses.is_role(parsed(text)) is role


def test_private_accounts_are_told_from_work_accounts() -> None:
    """An account at a mail provider is personal, one at an outlet is work."""
    assert addresses.kind(parsed("kim@naver.com")) is addresses.Kind.PERSONAL
    assert addresses.kind(parsed("kim@paper.example")) is addresses.Kind.WORK
    assert addresses.kind(parsed("press@naver.com")) is addresses.Kind.ROLE


@pytest.mark.parametrize(
    ("text", "reserved"),
    [
        ("kim@paper.example", True),
        ("kim@paper.test", True),
        ("kim@example.org", True),
        ("kim@mail.example.com", True),
        ("kim@myexample.org", False),
        ("kim@example.or.kr", False),
    ],
)
def test_reserved_example_domains_are_recognised(text: str, reserved: bool) -> None:
    """Practice lists live on RFC 2606 domains; a desk can keep them from a real server."""
    assert addresses.is_reserved(parsed(text)) is reserved


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        ("a@x.example", ("a@x.example",)),
        ("a@x.example; b@y.example", ("a@x.example", "b@y.example")),
        ("a@x.example/b@y.example", ("a@x.example", "b@y.example")),
        ("a@x.example\nb@y.example,", ("a@x.example", "b@y.example")),
        ("<a@x.example>, <b@y.example>", ("a@x.example", "b@y.example")),
        ("Kim a@x.example, Lee b@y.example", ("Kim a@x.example, Lee b@y.example",)),
        ("a@b@x.example", ("a@b@x.example",)),
        ("", ("",)),
    ],
)
def test_several_addresses_in_a_cell_are_split_only_when_nothing_else_is_there(
    cell: str, parts: tuple[str, ...]
) -> None:
    """Names between the addresses would be lost, so such a cell stays whole and is refused."""
    assert addresses.split_cell(cell) == parts
