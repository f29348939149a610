"""The `--where` language: whom a letter is for, written as a condition on the fields of a contact.

    desk=정치부 or tag=인권 and not tag=정지
    (outlet~일보 or language=en) and phone!=""

    field = value     equal, ignoring case and outer spaces; for tags and lists: one of them is equal
    field != value    the opposite of =
    field ~ value     contains
    field !~ value    the opposite of ~
    and or not ( )    `not` binds tightest, then `and`, then `or`; 그리고, 또는, 아님 are the same words
    "a value"         quotes ('...' too) around values with spaces or signs; \\" and \\\\ inside them; "" is an empty field

Fields, in English or Korean: email 이메일, name 이름, outlet 매체, desk 부서, title 직함, beat 분야, language 언어, tag 태그,
phone 전화, note 비고, source 출처, added 등록일, list 명단, domain 도메인 (with its subdomains), and the header of any other
column of the lists. A field that no list has is an error, because `not dsek=정지` would otherwise mail everybody.

Not here: merging lists (`audience`).
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from mailer.contacts.columns import KOREAN, field_of
from mailer.dispatch import Contact
from mailer.errors import UsageError
from mailer.wording import Text

__all__ = ["All", "Comparison", "Either", "Filter", "Negated", "parse_filter"]

LENGTH_LIMIT = 4000
DEPTH_LIMIT = 40
_TOKEN = re.compile(
    r"""\s*(?:(?P<sign>!=|!~|=|~|\(|\))|(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<word>[^\s()=!~"',;&|]+))"""
)
_WORDS = {"and": "and", "그리고": "and", "or": "or", "또는": "or", "혹은": "or", "not": "not", "아님": "not"}
_SPECIAL = {"list": "list", "lists": "list", "명단": "list", "domain": "domain", "도메인": "domain"}
_OPERATORS = ("=", "!=", "~", "!~")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`field` is a Contact field, "list", "domain" or "extra:" and a folded header; `spoken` is the name as typed."""

    field: str
    spoken: str
    operator: str
    value: str
    column: int = dataclasses.field(default=0, compare=False)

    def matches(self, contact: Contact) -> bool:
        wanted = _folded(self.value)
        found = [_folded(text) for text in _texts(contact, self.field)]
        if self.operator in ("~", "!~"):
            hit = any(wanted in text for text in found)
        elif self.field == "domain":
            hit = any(text == wanted or text.endswith("." + wanted) for text in found)
        else:
            hit = wanted in found
        return hit == (self.operator in ("=", "~"))

    def __str__(self) -> str:
        return f"{_quoted(self.spoken)}{self.operator}{_quoted(self.value)}"


@dataclass(frozen=True, slots=True)
class Negated:
    part: Node

    def matches(self, contact: Contact) -> bool:
        return not self.part.matches(contact)

    def __str__(self) -> str:
        return f"not {_grouped(self.part, All, Either)}"


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Node, ...]

    def matches(self, contact: Contact) -> bool:
        return all(part.matches(contact) for part in self.parts)

    def __str__(self) -> str:
        return " and ".join(_grouped(part, Either) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Either:
    parts: tuple[Node, ...]

    def matches(self, contact: Contact) -> bool:
        return any(part.matches(contact) for part in self.parts)

    def __str__(self) -> str:
        return " or ".join(map(str, self.parts))


Node = Comparison | Negated | All | Either


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A parsed condition. `text` is what was typed; `str(filter)` prints it in one fixed form that parses to the same."""

    text: str
    node: Node

    def matches(self, contact: Contact) -> bool:
        return self.node.matches(contact)

    def check(self, columns: Iterable[str]) -> None:
        """Raise UsageError, with its place, for a field that is neither known nor among the headers `columns`."""
        folded = {_bare(column): column for column in columns}
        for test in _tests(self.node):
            if test.field.startswith("extra:") and test.field[6:] not in folded:
                raise _unknown_field(self.text, test, folded.values())

    def __str__(self) -> str:
        return str(self.node)


def parse_filter(text: str, *, columns: Collection[str] | None = None) -> Filter:
    """Raises UsageError with column and caret. With `columns` (headers of the lists) unknown fields are refused right away."""
    text = unicodedata.normalize("NFC", text)
    parser = _Parser(text)
    parsed = Filter(text=text, node=parser.parse())
    if columns is not None:
        parsed.check(columns)
    return parsed


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


class _Parser:
    """Recursive descent, one method per level of binding."""

    def __init__(self, text: str) -> None:
        self._text = text
        if len(text) > LENGTH_LIMIT:
            raise _error(text[:60], 60, Text("조건이 너무 깁니다", "the condition is too long"))
        self._tokens = _tokens(text)
        self._next = 0
        self._depth = 0

    def parse(self) -> Node:
        node = self._either()
        token = self._peek()
        if token.kind != "end":
            raise self._unexpected(token)
        return node

    def _either(self) -> Node:
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _all(self) -> Node:
        parts = [self._negated()]
        while self._take("and"):
            parts.append(self._negated())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _negated(self) -> Node:
        self._depth += 1
        if self._depth > DEPTH_LIMIT:
            deep = Text("괄호나 not이 너무 깊이 겹쳐 있습니다", "brackets or not are nested too deeply")
            raise _error(self._text, self._peek().at, deep)
        try:
            if self._take("not"):
                return Negated(self._negated())
            if self._take("("):
                node = self._either()
                if not self._take(")"):
                    missing = Text("닫는 괄호 )가 없습니다", "a closing bracket ) is missing")
                    raise _error(self._text, self._peek().at, missing)
                return node
            return self._test()
        finally:
            self._depth -= 1

    def _test(self) -> Node:
        name = self._peek()
        if name.kind not in ("word", "quoted"):
            raise self._unexpected(name)
        self._next += 1
        operator = self._peek()
        if operator.kind not in _OPERATORS:
            what = Text(
                f"‘{name.text}’ 뒤에 =, !=, ~, !~ 가운데 하나가 와야 합니다",
                f'"{name.text}" needs =, !=, ~ or !~ after it',
            )
            raise _error(self._text, operator.at, what)
        self._next += 1
        value = self._peek()
        if value.kind not in ("word", "quoted") and value.kind not in ("and", "or", "not"):
            raise _error(self._text, value.at, Text("비교할 값이 없습니다", "the value to compare with is missing"))
        self._next += 1
        return Comparison(
            field=_field(name.text), spoken=name.text, operator=operator.kind, value=value.text, column=name.at + 1
        )

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self, kind: str) -> bool:
        if self._peek().kind == kind:
            self._next += 1
            return True
        return False

    def _unexpected(self, token: _Token) -> UsageError:
        if token.kind == "end":
            return _error(self._text, token.at, Text("조건이 끝나지 않았습니다", "the condition is incomplete"))
        what = Text(
            f"이 자리에 올 수 없는 말입니다: {token.text}. 앞뒤를 and나 or로 잇고, 빈칸이 든 값은 따옴표로 감싸 주십시오",
            f'"{token.text}" cannot stand here; join conditions with and/or, and put quotes around values with spaces',
        )
        return _error(self._text, token.at, what)


def _tokens(text: str) -> list[_Token]:
    tokens = []
    position = 0
    end = len(text.rstrip())
    while position < end:
        found = _TOKEN.match(text, position)
        if found is None:
            at = position + len(text[position:]) - len(text[position:].lstrip())
            raise _error(text, at, _bad_character(text[at]))
        position = found.end()
        tokens.append(_token(found))
    return [*tokens, _Token("end", "", end)]


def _token(found: re.Match[str]) -> _Token:
    if found["quoted"]:
        return _Token("quoted", re.sub(r"\\(.)", r"\1", found["quoted"][1:-1], flags=re.DOTALL), found.start("quoted"))
    if found["sign"]:
        return _Token(found["sign"], found["sign"], found.start("sign"))
    word = found["word"]
    return _Token(_WORDS.get(word.casefold(), "word"), word, found.start("word"))


def _bad_character(character: str) -> Text:
    if character in "\"'":
        return Text("닫는 따옴표가 없습니다", "a closing quote is missing")
    return Text(
        f"쓸 수 없는 문자입니다: {character} 값에 든 것이면 따옴표로 감싸고, 조건은 and나 or로 이어 주십시오",
        f'"{character}" cannot be used; put quotes around a value that has it, and join conditions with and/or',
    )


def _error(text: str, at: int, what: Text) -> UsageError:
    """The sentence, the condition, and a caret under the place (Hangul is two columns wide on a terminal)."""
    line = " ".join(text.split("\n"))
    pad = " " * sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line[:at])
    picture = f"\n  {line}\n  {pad}^"
    return UsageError(
        Text(what.ko + picture, what.en + picture),
        where=f"--where:{at + 1}",
        remedy=Text(
            "예: desk=정치부 or tag=인권 and not tag=정지", "example: desk=politics or tag=rights and not tag=paused"
        ),
    )


def _unknown_field(text: str, test: Comparison, columns: Iterable[str]) -> UsageError:
    known = {*KOREAN.values(), *KOREAN, *_SPECIAL, "tag", *columns}
    close = get_close_matches(test.spoken, known, n=1, cutoff=0.6)
    hint_ko, hint_en = (f" 혹시 {close[0]}입니까?", f"; was {close[0]} meant?") if close else ("", "")
    what = Text(f"‘{test.spoken}’ 열은 명단에 없습니다.{hint_ko}", f'no list has a column "{test.spoken}"{hint_en}')
    return _error(text, test.column - 1, what)


def _tests(node: Node) -> Iterable[Comparison]:
    if isinstance(node, Comparison):
        yield node
    elif isinstance(node, Negated):
        yield from _tests(node.part)
    else:
        for part in node.parts:
            yield from _tests(part)


def _field(spoken: str) -> str:
    return _SPECIAL.get(spoken.casefold()) or field_of(spoken) or f"extra:{_bare(spoken)}"


def _texts(contact: Contact, field: str) -> tuple[str, ...]:
    if field == "tags":
        return contact.tags or ("",)
    if field == "list":
        return contact.lists
    if field == "email":
        return (contact.address.key, str(contact.address))
    if field == "domain":
        return (contact.address.key.rpartition("@")[2], contact.address.domain)
    if field.startswith("extra:"):
        return tuple(value for header, value in contact.extra if _bare(header) == field[6:]) or ("",)
    return (str(getattr(contact, field)),)


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _bare(header: str) -> str:
    return "".join(unicodedata.normalize("NFC", header).casefold().split())


def _quoted(text: str) -> str:
    found = _TOKEN.fullmatch(text)
    if found and found["word"] == text and text.casefold() not in _WORDS:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _grouped(node: Node, *loose: type[All] | type[Either]) -> str:
    return f"({node})" if isinstance(node, loose) else str(node)
