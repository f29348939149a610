"""The plain-data tree of a letter's text, from which every writer (paper, HTML, plain text) works.

Inline nodes are `Run | Strong | Emphasis | Strike | Link | Code | LineBreak`; blocks are `Paragraph | Heading | BulletList |
OrderedList | Quote | Table | Rule | CodeBlock`. `line` is the 1-based line of the letter file where a block begins; `lang` is a
BCP 47 tag guessed from the script (`en`, `ko`, `ja`, `zh-TW`, `zh-CN`, `ru`, `ar`, rarely another of the keys in `language.py`;
everything in Latin letters, Vietnamese too, is `en`).

Not here: reading Markdown (`markdown.py`), any markup of a target format (the writers build it from these values).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

__all__ = [
    "Block",
    "BulletList",
    "Code",
    "CodeBlock",
    "Emphasis",
    "Heading",
    "Inline",
    "LineBreak",
    "Link",
    "OrderedList",
    "Paragraph",
    "Quote",
    "Rule",
    "Run",
    "Strike",
    "Strong",
    "Table",
    "plain",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Characters of one language. Soft line breaks of the source are one space here."""

    text: str
    lang: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Strong:
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Emphasis:
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """`href` is http, https or mailto; anything else is refused by the reader."""

    href: str
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineBreak:
    pass


Inline: TypeAlias = "Run | Strong | Emphasis | Strike | Link | Code | LineBreak"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    line: int
    lang: str
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """`level` is 1-based, already mapped so that the first is 1 and none is skipped (PDF/UA-1).

    These are the headings of the body alone: the title is not among them. A writer that sets the title as the first heading of
    its page adds one to every level.
    """

    line: int
    lang: str
    level: int
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletList:
    line: int
    items: tuple[tuple[Block, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedList:
    line: int
    start: int
    items: tuple[tuple[Block, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    line: int
    children: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`rows[0]` is the header row; a cell is inline content; `lang` per cell lies in its runs. `sides` says for each column where
    its cells stand: "left", "center" or "right"; columns beyond it stand on the left."""

    line: int
    rows: tuple[tuple[tuple[Inline, ...], ...], ...]
    sides: tuple[str, ...] = ()

    def side(self, column: int) -> str:
        return self.sides[column] if column < len(self.sides) else "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeBlock:
    line: int
    text: str


Block: TypeAlias = "Paragraph | Heading | BulletList | OrderedList | Quote | Table | Rule | CodeBlock"


def plain(children: tuple[Inline, ...]) -> str:
    """The characters of inline content, hard line breaks as newlines."""
    parts: list[str] = []
    for node in children:
        match node:
            case Run(text=text) | Code(text=text):
                parts.append(text)
            case LineBreak():
                parts.append("\n")
            case Strong(children=inner) | Emphasis(children=inner) | Strike(children=inner) | Link(children=inner):
                parts.append(plain(inner))
    return "".join(parts)
