"""Heading levels as a document needs them: counted from 1, none skipped.

Not here: which lines are headings (`markdown.py`), the title above them (`title.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mailer.release.tree import Block, BulletList, Heading, OrderedList, Quote

__all__ = ["levelled"]


def levelled(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Heading levels mapped in reading order: the first is 1 and none is skipped, as PDF/UA-1 demands."""
    levels = sorted({heading.level for heading in _headings(blocks)})
    current = 0

    def mapped(some: tuple[Block, ...]) -> tuple[Block, ...]:
        return tuple(of(block) for block in some)

    def of(block: Block) -> Block:
        nonlocal current
        match block:
            case Heading():
                current = min(levels.index(block.level) + 1, current + 1)
                return replace(block, level=current)
            case BulletList() | OrderedList():
                return replace(block, items=tuple(mapped(item) for item in block.items))
            case Quote():
                return replace(block, children=mapped(block.children))
        return block

    return mapped(blocks)


def _headings(blocks: tuple[Block, ...]) -> Iterator[Heading]:
    for block in blocks:
        match block:
            case Heading():
                yield block
            case BulletList() | OrderedList():
                for item in block.items:
                    yield from _headings(item)
            case Quote():
                yield from _headings(block.children)
