"""The letter's tree as plain text that can be copied into an article.

A paragraph is one line, however long: newsrooms copy from this part, and phones wrap it themselves; the transfer encoding keeps
the bytes on the wire short. Columns of tables are aligned by terminal cells (a Korean syllable takes two).

Not here: what surrounds the letter (`templates/email/body.txt.j2`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from mailer.release.tree import (
    Block,
    BulletList,
    Code,
    CodeBlock,
    Emphasis,
    Heading,
    Inline,
    LineBreak,
    Link,
    OrderedList,
    Paragraph,
    Quote,
    Rule,
    Run,
    Strike,
    Strong,
    Table,
)

__all__ = ["cells", "write_inline_text", "write_text"]

_WIDE = 72
_GAP = "  "


def write_text(blocks: Iterable[Block]) -> str:
    """`blocks` with an empty line between them, no trailing white space."""
    return "\n\n".join(_block(block) for block in blocks)


def write_inline_text(children: Iterable[Inline]) -> str:
    """The words of inline content; a link shows its address unless the words already do.

    An address that a letter follows at once (a Korean particle) stands in angle brackets, or mail programs would link both.
    """
    text = ""
    ends_in_address = ""
    for node in children:
        words = _inline(node)
        if ends_in_address and words[:1].isalnum():
            text = f"{text.removesuffix(ends_in_address)}<{ends_in_address}>"
        text += words
        ends_in_address = words if isinstance(node, Link) and not words.endswith(")") else ""
    return text


def cells(text: str) -> int:
    """How many terminal cells `text` takes: two for wide East Asian characters, none for combining marks."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def _block(block: Block) -> str:
    match block:
        case Paragraph(children=children):
            return _trimmed(write_inline_text(children))
        case Heading(children=children):
            line = _trimmed(write_inline_text(children))
            return f"{line}\n{'-' * min(max(map(cells, line.splitlines()), default=0), _WIDE)}"
        case BulletList(items=items):
            return "\n".join(_hanging("- ", item) for item in items)
        case OrderedList(start=start, items=items):
            return "\n".join(_hanging(f"{number}. ", item) for number, item in enumerate(items, start))
        case Quote(children=children):
            return "\n".join(f"> {line}".rstrip() for line in write_text(children).split("\n"))
        case Table():
            return _table(block)
        case Rule():
            return "-" * (_WIDE // 2)
        case CodeBlock(text=text):
            return "\n".join(f"    {line}".rstrip() for line in text.rstrip("\n").split("\n"))


def _trimmed(text: str) -> str:
    return "\n".join(line.strip() for line in text.split("\n"))


def _hanging(mark: str, item: tuple[Block, ...]) -> str:
    """The item's blocks behind its mark; nested lists follow without an empty line."""
    text = ""
    for block in item:
        between = "" if not text else "\n" if isinstance(block, BulletList | OrderedList) else "\n\n"
        text += between + _block(block)
    first, *rest = text.split("\n")
    return "\n".join([mark + first, *((" " * len(mark) + line).rstrip() for line in rest)])


def _table(table: Table) -> str:
    rows = [[_trimmed(write_inline_text(cell)).replace("\n", " ") for cell in row] for row in table.rows]
    columns = max(map(len, rows), default=0)
    rows = [row + [""] * (columns - len(row)) for row in rows]
    widths = [max(cells(row[column]) for row in rows) for column in range(columns)]
    if sum(widths) + len(_GAP) * (columns - 1) > _WIDE:
        return _records(rows)
    head, *rest = [
        _GAP.join(
            _placed(cell, width, table.side(column))
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([head, _GAP.join("-" * width for width in widths), *rest])


def _placed(cell: str, width: int, side: str) -> str:
    room = width - cells(cell)
    before = {"right": room, "center": room // 2}.get(side, 0)
    return " " * before + cell + " " * (room - before)


def _records(rows: list[list[str]]) -> str:
    """A table too wide for columns: every row as `heading: value` lines."""
    head, *rest = rows
    return "\n\n".join(
        "\n".join(f"{name}: {value}".strip(": ") for name, value in zip(head, row, strict=True)) for row in rest
    )


def _inline(node: Inline) -> str:
    match node:
        case Run(text=text) | Code(text=text):
            return text
        case LineBreak():
            return "\n"
        case Strong(children=children) | Emphasis(children=children) | Strike(children=children):
            return write_inline_text(children)
        case Link(href=href, children=children):
            return _link(href, write_inline_text(children))


def _link(href: str, words: str) -> str:
    shown = href[len("mailto:") :] if href.lower().startswith("mailto:") else href
    return (
        words
        if words.strip("<>/ ") in {shown, shown.rstrip("/"), shown.split("://")[-1].rstrip("/")}
        else f"{words} ({shown})"
    )
