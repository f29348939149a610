"""What the layout gets to see: a release and a letterhead as plain JSON values.

The layout reads them with `json(bytes(sys.inputs.data))`; its first comment lists the keys. Text travels as text, so nothing a
person wrote can become markup.

Not here: how it looks (`templates/document/letter.typ`), what may be printed (`glyphs.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mailer.document.letterhead import Letterhead
from mailer.document.words import LINE, Node, inline
from mailer.release import Release, header_rows, runs, write_moment
from mailer.release.tree import (
    Block,
    BulletList,
    CodeBlock,
    Heading,
    OrderedList,
    Paragraph,
    Quote,
    Rule,
    Table,
)

_KINDS = ("title", "pages", "embargo")  # the layout sets these in a way of their own; it counts the pages itself
_TABLE_CHARACTERS = 44  # full-width characters of table text that fit between the margins


def sheet(release: Release, letterhead: Letterhead) -> dict[str, Any]:
    """The whole document as JSON values, in the order of the paper."""
    body, notes = _blocks(release.body), _blocks(release.notes)
    _level([*body, *notes], 1)
    return {
        "org": _organisation(letterhead),
        "title": release.title,
        "number": release.number,
        "date": {"year": release.dated.year, "month": release.dated.month, "day": release.dated.day},
        "fields": [
            {"label": row.label.ko, "kind": row.field if row.field in _KINDS else "text", "c": _text(row.value)}
            for row in header_rows(release, pages="-")
        ],
        "embargo": write_moment(release.embargo) if release.embargo else None,
        "kicker": _text("".join(f"[{tag}]" for tag in release.tags)),
        "headline": _text(release.headline),
        "body": body,
        "names": [inline(person.children) for person in release.signatories],
        "notes": notes,
        "closing": _closing(release),
    }


def _organisation(letterhead: Letterhead) -> dict[str, Any]:
    logo = list(letterhead.logo) if letterhead.logo else None
    return {
        **dict.fromkeys(("name_ko", "name_en", "address", "phone", "fax", "web", "email"), ""),
        **letterhead.printed(),
        "name": _text(letterhead.name_ko),
        "place": _text(letterhead.address),
        "colour": letterhead.colour,
        "justify": letterhead.justify,
        "logo": logo,
        "logo_kind": letterhead.logo_kind,
    }


def _text(value: str) -> list[Node]:
    """Nodes of a one-line string that the reader keeps without languages."""
    return inline(runs(value))


def _closing(release: Release) -> dict[str, Any] | None:
    if release.closing is None:
        return None
    return {
        "date": _text(release.closing.date_text),
        "sender": _text(release.closing.sender),
    }


def _blocks(blocks: Iterable[Block]) -> list[Node]:
    return [_block(block) for block in blocks]


def _level(nodes: list[Node], above: int) -> int:
    """Let no heading, also inside a quote or a list, be more than one level below the one before it: PDF/UA-1 forbids that."""
    for node in nodes:
        if node["t"] == "h":
            above = node["n"] = min(node["n"], above + 1)
        for inner in [node["c"]] if node["t"] == "quote" else node.get("items", []):
            above = _level(inner, above)
    return above


def _block(block: Block) -> Node:
    match block:
        case Paragraph(lang=lang, children=children):
            return {"t": "p", "l": lang, "c": inline(children)}
        case Heading(lang=lang, level=level, children=children):
            # the title is the heading of level 1
            return {"t": "h", "n": level + 1, "l": lang, "c": inline(children)}
        case BulletList(items=items):
            return {"t": "ul", "items": [_blocks(item) for item in items]}
        case OrderedList(start=start, items=items):
            return {"t": "ol", "start": start, "items": [_blocks(item) for item in items]}
        case Quote(children=children):
            return {"t": "quote", "c": _blocks(children)}
        case Table(rows=rows, sides=sides):
            columns = max(len(row) for row in rows)
            limit = max(3, min(LINE, _TABLE_CHARACTERS // columns - 1))
            return {
                "t": "table",
                "columns": columns,
                "sides": sides,
                "rows": [[inline(cell, limit) for cell in row] for row in rows],
            }
        case Rule():
            return {"t": "hr"}
        case CodeBlock(text=text):
            return {"t": "pre", "v": text}
