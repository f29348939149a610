"""A page of the documentation as HTML: Markdown by the library that reads letters, which lives in this room.

    page = read_page(text, link=lambda href: f"/help/{href}")
    page.title, page.headings, page.html

The pages are ours, but what stands in them is still escaped: HTML in a page is shown as text. Nothing of a letter's rules applies
here (a letter becomes the tree of `tree.py`, where every oddity is a finding).

Not here: where the pages lie and what is around them (`web/guide.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

__all__ = ["Page", "PageHeading", "read_page"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageHeading:
    """`anchor` is the id of the heading in the HTML; `level` 2 is a section of the page."""

    level: int
    anchor: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`title` is the first heading, which `html` and `headings` are without."""

    title: str
    headings: tuple[PageHeading, ...]
    html: str


def read_page(text: str, *, link: Callable[[str], str | None], anchors: Sequence[str] = ()) -> Page:
    """`link` says where a link of the page leads to here, None for words without a link. `anchors` are the ids of the headings in
    their order (of a twin in another language), where the page's own words should not make them."""
    parser = _parser()
    tokens = parser.parse(text)
    title = tokens[1].content if tokens and tokens[0].tag == "h1" else ""
    tokens = tokens[3:] if title else tokens
    headings = tuple(_headings(tokens, anchors))
    for token in tokens:
        if token.children:
            token.children = list(_linked(token.children, link))
    return Page(title=title, headings=headings, html=parser.renderer.render(tokens, parser.options, {}))


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table")


def _headings(tokens: Sequence[Token], anchors: Sequence[str]) -> Iterator[PageHeading]:
    """Every heading, which gets its id on the way."""
    used: set[str] = set()
    for place, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        words = "".join(one.content for one in tokens[place + 1].children or ())
        anchor = anchors[len(used)] if len(used) < len(anchors) else _anchor(words, used)
        used.add(anchor)
        token.attrSet("id", anchor)
        yield PageHeading(level=int(token.tag[1:]), anchor=anchor, words=words)


def _anchor(words: str, used: set[str]) -> str:
    plain = "-".join(re.findall(r"\w+", words.lower())) or "section"
    return plain if plain not in used else f"{plain}-{len(used)}"


def _linked(children: Sequence[Token], link: Callable[[str], str | None]) -> Iterator[Token]:
    dropped = False
    for token in children:
        if token.type == "link_open":
            goal = link(str(token.attrGet("href") or ""))
            dropped = goal is None
            token.attrSet("href", goal or "")
        if not (dropped and token.type in ("link_open", "link_close")):
            yield token
