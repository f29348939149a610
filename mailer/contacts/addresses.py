"""One address: is it usable, what is its key, what was probably meant, whose desk is it.

`parse_address` never raises and never corrects: it answers with an `Address` or with a `Problem` that carries a suggestion. The
floor is the email-validator library (RFC 5321/5322/6531 syntax, IDNA 2008); above it stand refusals of our own: quoted local
parts, comments, address literals, control characters, look-alike letters, more than one address, slips in a provider's name.

Reserved example domains (`.example`, `.test`, `example.org`; RFC 2606) are accepted, because practice lists live there;
`is_reserved` lets the desk keep them away from a real mail server. `.invalid` and `localhost` are refused.

Not here: looking a domain up in the DNS (`mx`, only on request), suppression (`suppression`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache

from mailer.contacts import slips
from mailer.contacts.problems import Problem, printable
from mailer.dispatch import Address
from mailer.wording import Text

__all__ = ["Kind", "is_reserved", "is_role", "kind", "parse_address", "split_cell"]

LOCAL_LIMIT = 64
ADDRESS_LIMIT = 254
PARTS_LIMIT = 20
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@([A-Za-z0-9.-]+)", re.ASCII)
_LABEL = r"[a-z0-9](?:-?[a-z0-9])*"
_ENDING = r"(?=[a-z0-9-]{1,63}\Z)[a-z](?:(?:-?[a-z0-9])*[a-z])?"
_PLAIN_DOMAIN = re.compile(rf"(?:(?=[a-z0-9-]{{1,63}}\.){_LABEL}\.)+{_ENDING}", re.ASCII)
_SEPARATORS = re.compile(r":::|[\s;,/|、，；]+")
_FREE_MAIL = frozenset(
    {*slips.PROVIDERS[:11], "proton.me", "protonmail.com", "gmx.de", "gmx.net", "web.de", "mail.com", "yahoo.co.jp"}
)
_ROLE_WORDS_TEXT = """
    desk news newsdesk newsroom press editor editors editorial edit info contact jebo jaebo report tip tips webmaster master
    admin help office media pr society politics political foreign international world culture economy opinion letters city
    national photo video digital online web redaktion redaction redaccion redazione noreply no reply mail email kontakt
    sales marketing support cs ad ads hello team staff all group public affairs human rights correspondents bureau tv radio
    제보 뉴스 데스크 편집국 보도국 보도자료 사회부 정치부 문화부 국제부 경제부 기사제보 독자 대표
"""
_ROLE_WORDS = frozenset(_ROLE_WORDS_TEXT.split())


class Kind(StrEnum):
    """A shared mailbox, somebody's private account at a mail provider, or a named mailbox at an outlet."""

    ROLE = "role"
    PERSONAL = "personal"
    WORK = "work"


def parse_address(text: str, *, check_slips: bool = True) -> Address | Problem:
    """The mailbox that `text` names. White space around it is ignored; anything else unusual is refused with a suggestion.
    `check_slips=False` accepts a domain that looks mistyped, where nobody is mailed because of it (suppression)."""
    written = text.strip()
    plain = _PLAIN.fullmatch(written)
    if plain and len(written) <= ADDRESS_LIMIT and len(plain[1]) <= LOCAL_LIMIT:
        a_label = _a_label(plain[2])
        domain: str = plain[2]
        if a_label == domain:
            domain = a_label  # one string for all people of an outlet
        found = Address(local=plain[1], domain=domain, key=f"{plain[1].lower()}@{a_label}") if a_label else None
    else:
        found = _parse_unusual(unicodedata.normalize("NFC", written)) if _may_be_address(written) else None
    if found is None:
        return _refusal(written)
    right = slips.slip(found.key.rpartition("@")[2]) if check_slips else None
    return _typo(written, f"{found.local}@{right}") if right else found


def split_cell(cell: str) -> tuple[str, ...]:
    """The addresses in one cell: several (at most PARTS_LIMIT) only if every part has an @, otherwise
    the cell as it is."""
    if cell.count("@") < 2:
        return (cell,)
    parts = [part.strip("<>()\"'") for part in _SEPARATORS.split(cell.strip())]
    parts = [part for part in parts if part]
    return tuple(parts) if 1 < len(parts) <= PARTS_LIMIT and all("@" in part for part in parts) else (cell,)


def is_role(address: Address) -> bool:
    """Whether a desk rather than a person reads this mailbox (`desk@`, `press@`, `news1@`, `제보@`)."""
    words = [word for word in re.split(r"[.\-_+0-9]+", address.local.casefold()) if word]
    return bool(words) and all(word in _ROLE_WORDS for word in words)


def kind(address: Address) -> Kind:
    if is_role(address):
        return Kind.ROLE
    return Kind.PERSONAL if address.key.rpartition("@")[2] in _FREE_MAIL else Kind.WORK


def is_reserved(address: Address) -> bool:
    """Whether the domain is reserved for examples and tests, so that no real server can ever take the mail (RFC 2606)."""
    labels = address.key.rpartition("@")[2].split(".")
    return labels[-1] in ("example", "test") or labels[-2:] in (
        ["example", "com"],
        ["example", "org"],
        ["example", "net"],
    )


@lru_cache(maxsize=20_000)
def _a_label(domain: str) -> str | None:
    """The IDNA A-label form, or None. Plain domains (letters, digits, single hyphens) need no library; the rest is cached."""
    plain = domain.lower()
    if len(plain) < 254 and _PLAIN_DOMAIN.fullmatch(plain) and plain.rpartition(".")[2] not in _special_endings():
        return plain
    validated = _validated(f"a@{domain}")
    return validated[1] if validated else None


@lru_cache(maxsize=1)
def _special_endings() -> frozenset[str]:
    from email_validator import SPECIAL_USE_DOMAIN_NAMES

    return frozenset(name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES)


def _validated(written: str) -> tuple[str, str, str] | None:
    """(local part, A-label domain, domain as people read it) when email-validator accepts the syntax."""
    from email_validator import EmailNotValidError, validate_email

    try:
        # test_environment admits *.test, for practice lists; it would admit "a@test" too, which has no dot.
        result = validate_email(written, check_deliverability=False, test_environment=True, strict=True)
    except (EmailNotValidError, UnicodeError):
        return None
    return (result.local_part, result.ascii_domain, result.domain) if "." in result.ascii_domain else None


def _may_be_address(written: str) -> bool:
    """Cheap refusals first: email-validator and IDNA are slow on long or odd input."""
    if not 3 <= len(written) <= ADDRESS_LIMIT or written.count("@") != 1:
        return False
    return not any(c in '"()<>[]:;,\\＠' or unicodedata.category(c)[0] in "CZ" for c in written)


def _parse_unusual(written: str) -> Address | None:
    """An address with letters beyond ASCII. Refused unless it reads back exactly as written: no silent correction."""
    validated = _validated(written)
    if validated is None:
        return None
    local, domain = written.rsplit("@", 1)
    _, a_label, readable = validated
    if (
        domain.casefold() not in (a_label, readable, readable.casefold())
        or unicodedata.normalize("NFKC", local) != local
    ):
        return None
    if len(local.encode()) > LOCAL_LIMIT or any(_mixes_scripts(part) for part in (local, *readable.split("."))):
        return None
    return Address(local=local, domain=domain, key=f"{unicodedata.normalize('NFC', local.casefold())}@{a_label}")


def _mixes_scripts(text: str) -> bool:
    """Latin beside Cyrillic or Greek in one word: the classical forgery of a name."""
    if text.isascii():
        return False
    scripts = {unicodedata.name(c, "").partition(" ")[0] for c in text if c.isalpha()}
    return "LATIN" in scripts and bool(scripts & {"CYRILLIC", "GREEK"})


def _refusal(written: str) -> Problem:
    return Problem(
        problem=_diagnosis(written),
        code="bad_address" if written else "no_address",
        value=printable(written),
        suggestion=_suggestion(written),
    )


def _typo(written: str, right: str) -> Problem:
    domain = right.rpartition("@")[2]
    return Problem(
        problem=Text(
            f"도메인을 잘못 친 것 같습니다. {domain} 아닙니까?", f"the domain looks mistyped; was {domain} meant?"
        ),
        code="typo_domain",
        value=printable(written),
        suggestion=right,
    )


def _suggestion(written: str) -> str | None:
    if not written or len(split_cell(written)) > 1:
        return None
    candidate = slips.repaired(written)
    if candidate == written or not _may_be_address(candidate):
        return None
    found = _parse_unusual(unicodedata.normalize("NFC", candidate))
    return str(found) if found else None


def _diagnosis(written: str) -> Text:
    """The first thing wrong with an address that was refused, in words."""
    return next((text for wrong, text in _CHECKS if wrong(written)), _NOT_AN_ADDRESS)


_NOT_AN_ADDRESS = Text("올바른 이메일 주소가 아닙니다", "this is not a valid e-mail address")
_CHECKS: tuple[tuple[Callable[[str], bool], Text], ...] = (
    (lambda s: not s, Text("이메일 주소가 비어 있습니다", "the e-mail address is empty")),
    (
        lambda s: len(s) > ADDRESS_LIMIT or len(s.rpartition("@")[0].encode("utf-8", "replace")) > LOCAL_LIMIT,
        Text(
            "주소가 너무 깁니다(전체 254자, @ 앞 64바이트까지)",
            "the address is too long (254 in all, 64 octets before the @)",
        ),
    ),
    (lambda s: "＠" in s, Text("전각 ＠가 들어 있습니다", "it has a full-width ＠ in place of @")),
    (
        lambda s: any(unicodedata.category(c)[0] == "C" for c in s),
        Text("보이지 않는 문자나 제어 문자가 들어 있습니다", "it has invisible or control characters"),
    ),
    (lambda s: "\ufffd" in s, Text("글자가 깨져 있습니다", "its letters are damaged")),
    (
        lambda s: len(split_cell(s)) > 1,
        Text(
            "한 칸에 주소가 여러 개 있습니다. 한 줄에 하나씩 적어 주십시오",
            "several addresses in one place; write one per row",
        ),
    ),
    (lambda s: "@" not in s, Text("이메일 주소에 @가 없습니다", "it has no @")),
    (
        lambda s: "<" in s or ">" in s,
        Text("꺾쇠표 안의 주소만 적어 주십시오", "write only the address, without a name or < >"),
    ),
    (
        lambda s: '"' in s.partition("@")[0],
        Text("따옴표가 든 주소는 받지 않습니다", "quoted addresses are not accepted"),
    ),
    (
        lambda s: "(" in s or ")" in s,
        Text("괄호나 설명이 든 주소는 받지 않습니다", "brackets or comments are not accepted"),
    ),
    (
        lambda s: "[" in s or "]" in s,
        Text(
            "@ 뒤에는 IP 주소가 아니라 도메인 이름이 와야 합니다",
            "after the @ a domain name is needed, not an IP address",
        ),
    ),
    (lambda s: s.count("@") > 1, Text("@가 두 개 이상 있습니다", "it has more than one @")),
    (lambda s: any(c.isspace() for c in s), Text("주소 안에 빈칸이 있습니다", "it has a space inside")),
    (
        lambda s: "," in s,
        Text("마침표(.) 대신 쉼표(,)를 친 것 같습니다", "it has a comma, probably in place of a dot"),
    ),
    (lambda s: s.startswith("@"), Text("@ 앞이 비어 있습니다", "nothing stands before the @")),
    (
        lambda s: ".." in s or s.startswith(".") or s.endswith(".") or ".@" in s or "@." in s,
        Text("마침표가 잇달아 있거나 맨 앞이나 맨 뒤에 있습니다", "a dot is doubled or stands at an end"),
    ),
    (
        lambda s: "." not in s.rpartition("@")[2],
        Text("@ 뒤의 도메인이 온전하지 않습니다(예: naver.com)", "the domain after the @ is incomplete"),
    ),
    (
        lambda s: s.lower().endswith((".invalid", ".local", ".localhost", ".onion", ".arpa")),
        Text("메일을 받을 수 없는 특수 도메인입니다", "this is a special domain that cannot receive mail"),
    ),
    (
        lambda s: any(_mixes_scripts(part) for part in re.split(r"[@.]", s)),
        Text(
            "모양만 비슷한 다른 문자(키릴·그리스 문자)가 섞여 있습니다",
            "it mixes Latin with look-alike letters of another script",
        ),
    ),
    (
        lambda s: unicodedata.normalize("NFKC", s) != unicodedata.normalize("NFC", s),
        Text("전각 문자 같은 특수한 글자가 들어 있습니다", "it has full-width or other compatibility characters"),
    ),
)
