"""contacts.filters: the --where language."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailer.contacts import parse, parse_filter
from mailer.contacts.filters import All, Comparison, Either, Filter, Negated, Node
from mailer.dispatch import Contact
from mailer.errors import UsageError

TEXT = """이메일,이름,매체,부서,태그,전화,언어,출입
kim@hangang.example,김민지,한강일보,정치부,인권; 속보,02-1,ko,국회
ana@news.diario.example,Ana Núñez,La Marea,Foreign,정지;인권,,en,
desk@tv.example,,설악방송,사회부,,,ko,법원 출입
"""
KIM, ANA, DESK = parse(TEXT.encode(), source="press.csv").contacts


def matching(text: str) -> list[Contact]:
    condition = parse_filter(text)
    return [contact for contact in (KIM, ANA, DESK) if condition.matches(contact)]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("desk=정치부 or tag=인권 and not tag=정지", [KIM]),
        ("(desk=정치부 or tag=인권) and not tag=정지", [KIM]),
        ("tag=인권", [KIM, ANA]),
        ("태그=인권 그리고 아님 태그=정지", [KIM]),
        ("부서=정치부 또는 부서=사회부", [KIM, DESK]),
        ("outlet~일보", [KIM]),
        ("outlet!~일보", [ANA, DESK]),
        ("tag!=인권", [DESK]),
        ('phone!=""', [KIM]),
        ("name=''", [DESK]),
        ('outlet="la marea"', [ANA]),
        ("OUTLET = 'LA MAREA'", [ANA]),
        ("language=en", [ANA]),
        ("domain=diario.example", [ANA]),
        ("domain=news.diario.example", [ANA]),
        ("domain=ario.example", []),
        ("email=KIM@hangang.example", [KIM]),
        ("이메일~@tv", [DESK]),
        ("명단=press", [KIM, ANA, DESK]),
        ("list=other", []),
        ('출입="법원 출입"', [DESK]),
        ('출입=""', [ANA]),
        ("not not desk=정치부", [KIM]),
        ("tag=속보 and tag=인권", [KIM]),
        ("tag~보", [KIM]),
        ('"부서"=정치부', [KIM]),
        ("name=and", []),
    ],
)
def test_conditions_select_the_right_people(text: str, people: list[Contact]) -> None:
    """Binding, operators, Korean and English words, tags, lists, domains and extra columns."""
    assert matching(text) == people


@pytest.mark.parametrize(
    ("text", "column", "word"),
    [
        ("", 1, "끝나지"),
        ("desk", 5, "="),
        ("desk=", 6, "값"),
        ("desk==정치부", 6, "값"),
        ("desk=정치부 tag=인권", 10, "tag"),
        ("desk=정치부 and", 13, "끝나지"),
        ("(desk=정치부", 10, "괄호"),
        ("desk=정치부)", 9, ")"),
        ('desk="정치부', 6, "따옴표"),
        ("tag=인권,노동", 7, ","),
        ("outlet=La Marea", 11, "Marea"),
        ("and desk=정치부", 1, "and"),
        ("desk=정치부 && tag=인권", 10, "&"),
        ("=정치부", 1, "="),
    ],
)
def test_errors_say_where(text: str, column: int, word: str) -> None:
    """The place as a column (1-based) and as a caret under the condition, two columns for each Hangul syllable."""
    with pytest.raises(UsageError) as caught:
        parse_filter(text)
    error = caught.value
    assert error.where == f"--where:{column}"
    assert word in error.what.ko.splitlines()[0]
    assert error.what.ko.splitlines()[-1].strip() == "^"
    assert error.exit_code == 2


def test_the_caret_stands_under_wide_letters() -> None:
    """Three syllables are six columns."""
    with pytest.raises(UsageError) as caught:
        parse_filter("부서=정치부 !")
    assert caught.value.what.en.splitlines()[-1] == " " * (2 + 4 + 1 + 6 + 1) + "^"


def test_unknown_columns_are_refused_when_the_columns_are_known() -> None:
    """Known fields, headers of the lists, nothing else; a near miss is suggested."""
    parse_filter('"출 입"=국회 and desk=정치부 and domain=x.example', columns=["출입"])
    with pytest.raises(UsageError) as caught:
        parse_filter("desk=정치부 and outlte=x", columns=["출입"])
    assert caught.value.where == "--where:14"
    assert "outlet" in caught.value.what.en


def test_depth_and_length_are_limited() -> None:
    """A thousand brackets or a novel end in an error, not in a crash."""
    for text in ("(" * 5000 + "a=b", "not " * 900 + "a=b", "(" * 60 + "a=b" + ")" * 60, "a=b or " * 2000 + "a=b"):
        with pytest.raises(UsageError):
            parse_filter(text)


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
TESTS = st.builds(
    lambda spoken, operator, value: (spoken, operator, value),
    st.sampled_from(["desk", "부서", "tag", "email", "출입", "my column"]),
    st.sampled_from(["=", "!=", "~", "!~"]),
    WORDS,
)


def _leaf(parts: tuple[str, str, str]) -> Node:
    spoken, operator, value = parts
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return parse_filter(f'"{spoken}"{operator}"{escaped}"').node


NODES: st.SearchStrategy[Node] = st.recursive(
    TESTS.map(_leaf),
    lambda inner: st.one_of(
        inner.map(Negated),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Either(tuple(parts))),
    ),
    max_leaves=8,
)


@given(NODES)
def test_printing_and_parsing_again_keeps_the_meaning(node: Node) -> None:
    """`str(filter)` is a fixed point of parsing and selects the same people."""
    printed = str(Filter(text="", node=node))
    again = parse_filter(printed)
    assert str(again) == printed
    assert [again.matches(c) for c in (KIM, ANA, DESK)] == [node.matches(c) for c in (KIM, ANA, DESK)]


@given(st.text(alphabet=st.sampled_from("desk=~!()\"'\\ and or not tag,;&|정치부\n\t\ud800"), max_size=40))
@example("\\")
@example("a='\\")
def test_any_text_parses_or_is_a_usage_error(text: str) -> None:
    """Nothing but UsageError leaves the parser."""
    with suppress(UsageError):
        assert str(parse_filter(text))


def test_a_test_prints_with_quotes_only_where_needed() -> None:
    """The printed form is what a person would type."""
    assert (
        str(parse_filter("desk = \"정치부\" and outlet='La Marea' and name='and'"))
        == 'desk=정치부 and outlet="La Marea" and name="and"'
    )
    assert isinstance(parse_filter("a=b").node, Comparison)
