"""The letter's tree as HTML for mail: escaped, languages marked, nothing that loads or runs.

Not here: colours and sizes (`templates/email/body.html.j2`), the page around it (the same).
"""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

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

__all__ = ["language_mark", "write_html", "write_inline_html"]

_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "ug", "yi", "ps", "dv"})
_SCHEMES = ("http://", "https://", "mailto:")
_LOWEST_HEADING = 6


def write_html(blocks: Iterable[Block], *, lang: str) -> Markup:
    """`blocks` as HTML elements, one per line. `lang` is the language around them: only what differs is marked.

    Heading level 1 becomes `<h2>`: the release's title is the page's `<h1>`.
    """
    return Markup("\n").join(_block(block, lang) for block in blocks)


def write_inline_html(children: Iterable[Inline], *, lang: str) -> Markup:
    """Inline content as HTML; links to anything but http, https and mailto lose the link and keep the words."""
    return Markup("").join(_inline(node, lang) for node in children)


def language_mark(lang: str, around: str) -> Markup:
    """` lang="ar" dir="rtl"`, or nothing when the text is in the language around it."""
    if lang == around:
        return Markup("")
    direction = _direction(lang)
    turned = Markup(' dir="{}"').format(direction) if direction != _direction(around) else Markup("")
    return Markup(' lang="{}"').format(lang) + turned


def _direction(lang: str) -> str:
    return "rtl" if lang.partition("-")[0] in _RIGHT_TO_LEFT else "ltr"


def _block(block: Block, lang: str) -> Markup:
    match block:
        case Paragraph(lang=own, children=children):
            return _element("p", write_inline_html(children, lang=own), language_mark(own, lang))
        case Heading(lang=own, level=level, children=children):
            tag = f"h{min(level + 1, _LOWEST_HEADING)}"
            return _element(tag, write_inline_html(children, lang=own), language_mark(own, lang))
        case BulletList(items=items):
            return _element("ul", _items(items, lang))
        case OrderedList(start=start, items=items):
            return _element(
                "ol", _items(items, lang), Markup(' start="{}"').format(start) if start != 1 else Markup("")
            )
        case Quote(children=children):
            return _element("blockquote", write_html(children, lang=lang))
        case Table():
            return _table(block, lang)
        case Rule():
            return Markup("<hr>")
        case CodeBlock(text=text):
            return _element("pre", escape(text))


def _items(items: tuple[tuple[Block, ...], ...], lang: str) -> Markup:
    return Markup("\n").join(_element("li", _item(item, lang)) for item in items)


def _item(item: tuple[Block, ...], lang: str) -> Markup:
    """A lone paragraph loses its `<p>`, so that the list stays tight."""
    match item:
        case (Paragraph(lang=own, children=children),):
            inside = write_inline_html(children, lang=own)
            return inside if own == lang else _element("span", inside, language_mark(own, lang))
        case _:
            return write_html(item, lang=lang)


def _table(table: Table, lang: str) -> Markup:
    rows = [
        _element(
            "tr",
            Markup("").join(
                _element(
                    "td" if number else "th",
                    write_inline_html(cell, lang=lang),
                    _scope(number) + _side(table.side(column)),
                )
                for column, cell in enumerate(row)
            ),
        )
        for number, row in enumerate(table.rows)
    ]
    return _element("table", Markup("\n").join(rows), Markup(' class="data"'))


def _scope(row: int) -> Markup:
    return Markup("") if row else Markup(' scope="col"')


def _side(side: str) -> Markup:
    return Markup("") if side == "left" else Markup(' style="text-align: {}"').format(side)


def _inline(node: Inline, lang: str) -> Markup:
    match node:
        case Run(text=text, lang=own):
            return escape(text) if own == lang else _element("span", escape(text), language_mark(own, lang))
        case Strong(children=children):
            return _element("strong", write_inline_html(children, lang=lang))
        case Emphasis(children=children):
            return _element("em", write_inline_html(children, lang=lang))
        case Strike(children=children):
            return _element("s", write_inline_html(children, lang=lang))
        case Link(href=href, children=children):
            inside = write_inline_html(children, lang=lang)
            return _element("a", inside, Markup(' href="{}"').format(href)) if _followable(href) else inside
        case Code(text=text):
            return _element("code", escape(text))
        case LineBreak():
            return Markup("<br>\n")


def _followable(href: str) -> bool:
    return href.lower().startswith(_SCHEMES)


def _element(tag: str, inside: Markup, attributes: Markup = Markup("")) -> Markup:  # noqa: B008  an immutable constant
    return Markup(f"<{tag}{attributes}>{inside}</{tag}>")
