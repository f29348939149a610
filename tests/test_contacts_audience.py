"""contacts.audience and contacts.reasons: who is mailed, who is not, and why."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.contacts import Audience, ContactList, Suppression, Suppressions, merge, parse, parse_filter, why
from mailer.errors import UsageError

SALT = b"a salt of the workspace"
WHEN = datetime(2026, 3, 2, tzinfo=UTC)


def listed(name: str, *rows: str, header: str = "이메일,이름,매체,부서,태그") -> ContactList:
    return parse("\n".join((header, *rows)).encode(), source=f"{name}.csv")


def suppressing(*texts: str) -> Suppressions:
    empty = Suppressions(salt=SALT)
    entries = [empty.entry(text, reason="본인 요청", added_at=WHEN, added_by="홍보팀") for text in texts]
    return Suppressions(entries=tuple(e for e in entries if isinstance(e, Suppression)), salt=SALT)


def left(audience: Audience) -> list[tuple[str, str, str]]:
    return [(one.address, one.code, one.where) for one in audience.left_out]


def test_one_person_in_two_lists_gets_one_mail_and_keeps_every_reason() -> None:
    """The first list decides the display; lists, places and tags are collected; the second row is left out with its place."""
    first = listed("국내", "kim@x.example,김민지,한강일보,사회부,인권")
    second = listed("해외", "lee@x.example,이하은,,,", "KIM@X.Example,Minji Kim,Hangang,City,press;인권")
    audience = merge([first, second])
    kim, lee = audience.recipients
    assert (kim.name, kim.lists, kim.sources, kim.tags) == (
        "김민지", ("국내", "해외"), ("국내.csv:2", "해외.csv:3"), ("인권", "press"),
    )  # fmt: skip
    assert lee.lists == ("해외",)
    assert left(audience) == [("KIM@X.Example", "duplicate", "해외.csv:3")]
    assert "국내.csv:2" in audience.left_out[0].reason.ko
    assert audience.listed == 3


def test_everybody_left_out_has_a_reason_and_a_place() -> None:
    """Bad, doubled, suppressed, excluded, filtered: each row appears once, in the order of lists and rows."""
    press = listed(
        "press",
        "a@x.example,하나,,정치부,",
        '"b@x,example",둘,,정치부,',
        "A@x.example,하나,,정치부,",
        "c@quiet.example,셋,,정치부,",
        "D@x.example,넷,,정치부,",
        "e@x.example,다섯,,문화부,",
        "f@mail.blocked.example,여섯,,정치부,",
    )
    audience = merge(
        [press],
        exclude=[listed("board", "d@X.example,,,,")],
        where=parse_filter("부서=정치부"),
        suppressions=suppressing("c@quiet.example", "@blocked.example"),
    )
    assert [c.address.local for c in audience.recipients] == ["a"]
    assert left(audience) == [
        ("b@x,example", "bad_address", "press.csv:3"),
        ("A@x.example", "duplicate", "press.csv:4"),
        ("c@quiet.example", "suppressed", "press.csv:5"),
        ("D@x.example", "excluded", "press.csv:6"),
        ("e@x.example", "filtered", "press.csv:7"),
        ("f@mail.blocked.example", "suppressed", "press.csv:8"),
    ]
    assert "본인 요청" in audience.left_out[2].reason.ko
    assert "board" in audience.left_out[3].reason.ko
    assert audience.listed == 7


def test_the_filter_sees_the_collected_person() -> None:
    """A tag of the second list counts: whoever is marked 정지 anywhere is not mailed."""
    first, second = listed("a", "kim@x.example,,,,인권"), listed("b", "kim@x.example,,,,정지")
    assert merge([first, second], where=parse_filter("tag=인권 and not tag=정지")).recipients == ()


def test_a_filter_on_a_column_that_no_list_has_is_an_error() -> None:
    """`not dsek=...` would otherwise mail everybody."""
    with pytest.raises(UsageError) as caught:
        merge([listed("a", "kim@x.example,,,,")], where=parse_filter("not dsek=정지"))
    assert caught.value.where == "--where:5"
    assert "desk" in caught.value.what.ko


def test_the_same_list_twice_counts_once() -> None:
    """Naming a list twice doubles nothing, in the count neither."""
    press = listed("press", "kim@x.example,,,,", "bad,,,,")
    assert merge([press, press]) == merge([press])


def test_people_of_one_name_at_one_outlet_are_pointed_out() -> None:
    """Two addresses, same name and outlet up to case, spaces and width: possibly one person; both stay."""
    audience = merge(
        [
            listed(
                "a",
                "kim@x.example,김민지,한강일보,,",
                "m.kim@x.example,김 민지,한강 일보,,",
                "lee@x.example,이하은,한강일보,,",
            )
        ]
    )
    (near,) = audience.near
    assert (near.name, near.addresses, near.where) == (
        "김민지",
        ("kim@x.example", "m.kim@x.example"),
        ("a.csv:2", "a.csv:3"),
    )
    assert len(audience.recipients) == 3


CELLS = st.sampled_from(
    ["a@x.example", "A@X.example", "b@x.example", "c@y.example", "c@y.example;d@y.example", "bad", "", "kim@x,example"]
)


@given(
    st.lists(st.lists(CELLS, min_size=1, max_size=8), min_size=1, max_size=4),
    st.lists(CELLS, max_size=3),
    st.booleans(),
)
def test_nobody_vanishes(lists: list[list[str]], excluded: list[str], filtering: bool) -> None:
    """listed == recipients + left out, for any lists, exclusions, filter and suppression; no recipient twice."""
    chosen = [listed(f"l{n}", *(f'"{cell}",이름,,,' for cell in cells)) for n, cells in enumerate(lists)]
    audience = merge(
        chosen,
        exclude=[listed("no", *(f'"{cell}",,,,' for cell in excluded), "z@z.example,,,,")],
        where=parse_filter("email~a or domain=y.example") if filtering else None,
        suppressions=suppressing("b@x.example"),
    )
    assert audience.listed == len(audience.recipients) + len(audience.left_out)
    keys = [c.address.key for c in audience.recipients]
    assert len(keys) == len(set(keys))
    assert "b@x.example" not in keys
    assert all(one.where.rpartition(":")[2].isdecimal() for one in audience.left_out)


def test_why_somebody_is_in_a_send() -> None:
    """Every list they stand in, and the contact as mailed."""
    lists = [listed("a", "kim@x.example,김민지,,,"), listed("b", "KIM@x.example,,,,")]
    answer = why(" Kim@X.example ", lists)
    assert answer.receives
    assert answer.contact
    assert answer.contact.name == "김민지"
    assert ["a.csv:2" in answer.reasons[0].ko, "b.csv:2" in answer.reasons[1].ko] == [True, True]


def test_why_somebody_is_not_in_a_send() -> None:
    """Suppressed, filtered, unlisted (with look-alikes), or a bad row."""
    lists = [listed("a", "kim@x.example,,,문화부,", '"lee@x,example",,,,')]
    suppressed = why("kim@x.example", lists, suppressions=suppressing("@x.example"))
    assert not suppressed.receives
    assert "본인 요청" in suppressed.reasons[1].ko
    filtered = why("kim@x.example", lists, where=parse_filter("desk=정치부"))
    assert not filtered.receives
    assert "desk=정치부" in filtered.reasons[-1].ko
    unlisted = why("kym@x.example", lists)
    assert (unlisted.receives, unlisted.alike) == (False, ("kim@x.example",))
    bad = why("lee@x,example", lists)
    assert (bad.receives, bad.alike) == (False, ("lee@x.example",))
    assert "a.csv:3" in bad.reasons[1].ko
