"""Korean words stay whole on paper, and no text is lost on the way to the layout."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mailer.document.words import inline
from mailer.release.tree import Code, Emphasis, Inline, LineBreak, Link, Run, Strike, Strong, plain

Path = tuple[str, ...]


def spread(nodes: list[dict[str, Any]], above: Path = ()) -> list[tuple[str, Path]]:
    """Every character of `nodes` with the styles around it; unbreakable words are no style."""
    out: list[tuple[str, Path]] = []
    for node in nodes:
        if node["t"] in ("s", "code"):
            out += [(char, (*above, "code") if node["t"] == "code" else above) for char in node["v"]]
        elif node["t"] == "br":
            out.append(("\n", above))
        else:
            mark = () if node["t"] == "w" else (node["t"] + node.get("href", ""),)
            out += spread(node["c"], above + mark)
    return out


def styled(children: tuple[Inline, ...], above: Path = ()) -> list[tuple[str, Path]]:
    out: list[tuple[str, Path]] = []
    for node in children:
        match node:
            case Run(text=text):
                out += [(char, above) for char in text]
            case Code(text=text):
                out += [(char, (*above, "code")) for char in text]
            case LineBreak():
                out.append(("\n", above))
            case Strong(children=inner):
                out += styled(inner, (*above, "b"))
            case Emphasis(children=inner):
                out += styled(inner, (*above, "i"))
            case Strike(children=inner):
                out += styled(inner, (*above, "del"))
            case Link(href=href, children=inner):
                out += styled(inner, (*above, "a" + href))
    return out


texts = st.text(alphabet="가나 다ab c.@漢", max_size=50)
leaves = st.one_of(
    st.builds(lambda text, lang: Run(text=text, lang=lang), texts, st.sampled_from(["ko", "en"])),
    st.builds(lambda text: Code(text=text), texts),
    st.just(LineBreak()),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda c: Strong(children=tuple(c)), st.lists(inner, max_size=4)),
        st.builds(lambda c: Emphasis(children=tuple(c)), st.lists(inner, max_size=4)),
        st.builds(lambda c: Link(href="https://a.example", children=tuple(c)), st.lists(inner, max_size=4)),
    ),
    max_leaves=12,
)


@given(st.lists(trees, max_size=5), st.integers(3, 16))
def test_text_and_styles_survive(children: list[Inline], limit: int) -> None:
    """Every character comes out once, in order, under the same styles, whatever is kept whole."""
    given_tree = tuple(children)
    assert spread(inline(given_tree, limit)) == styled(given_tree)
    assert "".join(char for char, _ in spread(inline(given_tree, limit))) == plain(given_tree)


def wholes(nodes: list[dict[str, Any]]) -> list[str]:
    """The words kept whole, in order."""
    out: list[str] = []
    for node in nodes:
        if node["t"] == "w":
            out.append("".join(char for char, _ in spread(node["c"])))
        elif "c" in node:
            out += wholes(node["c"])
    return out


def test_korean_words_are_kept_whole() -> None:
    """Words with Hangul are unbreakable, Latin and Han words are not touched."""
    nodes = inline((Run(text="국제연합(UN) 기준은 human rights 人權 보장입니다.", lang="ko"),))
    assert wholes(nodes) == ["국제연합(UN)", "기준은", "보장입니다."]


def test_a_word_stays_whole_over_a_change_of_style() -> None:
    """A bold name and the particle after it are one word; the bold words before it stay together."""
    nodes = inline((Strong(children=(Run(text="한빛 모임", lang="ko"),)), Run(text="은 갑니다", lang="ko")))
    assert wholes(nodes) == ["한빛", "모임은", "갑니다"]
    assert spread(nodes)[4] == ("임", ("b",))
    assert spread(nodes)[5] == ("은", ())


def test_words_longer_than_a_line_may_break() -> None:
    """A chain of names breaks after its dots, an endless word anywhere, a long address after its joints."""
    assert wholes(inline((Run(text="한국여성단체연합·참여하는모임·언론개혁연대", lang="ko"),))) == [
        "한국여성단체연합·",
        "참여하는모임·",
        "언론개혁연대",
    ]
    assert wholes(inline((Run(text="가" * 40, lang="ko"),))) == []
    address = "press.office@international-solidarity.example"
    assert wholes(inline((Run(text=address, lang="en"),))) == [
        "press.", "office@", "international-", "solidarity.", "example",
    ]  # fmt: skip
