"""Inline content as plain nodes for the layout, with Korean words kept whole.

Typst breaks lines between any two syllables of Hangul. Korean print breaks between words (어절) only, so each word that holds
Hangul becomes one unbreakable node, also where its parts differ in style (a bold name and the particle after it). A word
longer than the line would run off the paper; such a word is left breakable, and a long e-mail address or file name gets
places where it may be cut.

A node is a dict: `s` text with its language, `b` `i` `del` `a` with children, `code`, `br`, `w` one unbreakable word
or part of one. No markup is ever built.

Not here: blocks and fields (`sheet.py`), how a node looks (`templates/document/letter.typ`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from mailer.release.tree import Code, Emphasis, Inline, LineBreak, Link, Run, Strike, Strong

Node = dict[str, Any]

LINE = 16  # characters of a full-width word that surely fit a line of the narrowest column (one of two, for names)
_HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
_SPACE = re.compile(r"[ \t\n\u3000]+")
_AFTER = re.compile(r"(?<=[·ㆍ/,)\]」』》〉”’~:;])")
_JOINT = re.compile(r"(?<=[._@/?&=#%+\-])")


@dataclass(frozen=True, slots=True)
class _Piece:
    """Characters without a style border inside; `marks` are the nested styles around them, outermost first."""

    text: str
    lang: str
    marks: tuple[tuple[str, str, int], ...]
    kind: str = "s"


def inline(children: Iterable[Inline], limit: int = LINE) -> list[Node]:
    """Nodes for `children`; a Korean word of more than `limit` characters stays breakable."""
    items: list[tuple[tuple[tuple[str, str, int], ...], Node]] = []
    word: list[_Piece] = []
    for piece in _segments(_flat(children, ())):
        if piece.kind == "s" and not _SPACE.match(piece.text):
            word.append(piece)
            continue
        items += _word(word, limit)
        word = []
        items.append((piece.marks, _leaf(piece)))
    items += _word(word, limit)
    return _nest(items, 0)


def _flat(children: Iterable[Inline], marks: tuple[tuple[str, str, int], ...]) -> Iterator[_Piece]:
    for node in children:
        match node:
            case Run(text=text, lang=lang):
                yield _Piece(text, lang, marks)
            case Code(text=text):
                yield _Piece(text, "", marks, "code")
            case LineBreak():
                yield _Piece("", "", marks, "br")
            case Strong(children=inner):
                yield from _flat(inner, (*marks, ("b", "", id(node))))
            case Emphasis(children=inner):
                yield from _flat(inner, (*marks, ("i", "", id(node))))
            case Strike(children=inner):
                yield from _flat(inner, (*marks, ("del", "", id(node))))
            case Link(href=href, children=inner):
                yield from _flat(inner, (*marks, ("a", href, id(node))))


def _segments(pieces: Iterable[_Piece]) -> Iterator[_Piece]:
    """Pieces cut into runs of spaces and runs of other characters."""
    for piece in pieces:
        if piece.kind != "s":
            yield piece
            continue
        start = 0
        for space in _SPACE.finditer(piece.text):
            if space.start() > start:
                yield replace(piece, text=piece.text[start : space.start()])
            yield replace(piece, text=space.group())
            start = space.end()
        if start < len(piece.text):
            yield replace(piece, text=piece.text[start:])


def _leaf(piece: _Piece) -> Node:
    if piece.kind == "br":
        return {"t": "br"}
    if piece.kind == "code":
        return {"t": "code", "v": piece.text}
    return {"t": "s", "v": piece.text, "l": piece.lang}


def _word(pieces: list[_Piece], limit: int) -> Iterator[tuple[tuple[tuple[str, str, int], ...], Node]]:
    text = "".join(piece.text for piece in pieces)
    if not _HANGUL.search(text):
        for piece in pieces:
            yield from _in_parts(piece, 2 * limit - 2)
    elif len(text) <= limit:
        shared = _shared([piece.marks for piece in pieces])
        inner = _nest([(piece.marks[len(shared) :], _leaf(piece)) for piece in pieces], 0)
        yield shared, {"t": "w", "c": inner}
    elif len(pieces) > 1:
        for piece in pieces:
            yield from _word([piece], limit)
    else:
        for part in _AFTER.split(text):
            fits = 0 < len(part) <= limit
            leaf = _leaf(replace(pieces[0], text=part))
            yield pieces[0].marks, {"t": "w", "c": [leaf]} if fits else leaf


def _in_parts(piece: _Piece, limit: int) -> Iterator[tuple[tuple[tuple[str, str, int], ...], Node]]:
    """A word too long for a line as unbreakable parts: between two of them a line may end, and nothing is added to the text."""
    if len(piece.text) <= limit:
        yield piece.marks, _leaf(piece)
        return
    for joint in _JOINT.split(piece.text):
        for start in range(0, len(joint), limit):
            yield piece.marks, {"t": "w", "c": [_leaf(replace(piece, text=joint[start : start + limit]))]}


def _shared(paths: list[tuple[tuple[str, str, int], ...]]) -> tuple[tuple[str, str, int], ...]:
    first = paths[0]
    for depth, mark in enumerate(first):
        if any(len(path) <= depth or path[depth] != mark for path in paths):
            return first[:depth]
    return first


def _nest(items: list[tuple[tuple[tuple[str, str, int], ...], Node]], depth: int) -> list[Node]:
    """Neighbours under the same style become children of one styled node; neighbouring text of one language becomes one."""
    nodes: list[Node] = []
    at = 0
    while at < len(items):
        marks, node = items[at]
        if len(marks) == depth:
            _append(nodes, node)
            at += 1
            continue
        end = at
        while end < len(items) and len(items[end][0]) > depth and items[end][0][depth] == marks[depth]:
            end += 1
        kind, href, _ = marks[depth]
        styled: Node = {"t": kind, "c": _nest(items[at:end], depth + 1)}
        nodes.append(styled | {"href": href} if kind == "a" else styled)
        at = end
    return nodes


def _append(nodes: list[Node], node: Node) -> None:
    last = nodes[-1] if nodes else None
    if last and last["t"] == node["t"] == "s" and last["l"] == node["l"]:
        nodes[-1] = last | {"v": last["v"] + node["v"]}
    else:
        nodes.append(node)
