"""What of a template depends on the person, found out from its syntax tree.

Most templates only put a person's words into holes (`{{ contact.greeting }}`) and choose between a few branches
(`contact.language == "en"`, `if contact.desk`). Everybody who takes the same branches gets the same text but for the words, so a
template is filled in once for each combination (a *form*) and later people's words are put where the first one's stood. A value
that a template computes with (`contact.name | upper`) becomes part of the combination; a template that hands the person on as a
whole has no forms and is run for each person.

Not here: running a template (`template.py`), encoding (`segments.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jinja2 import nodes

__all__ = ["MARK", "MARKED", "Uses", "mark", "uses"]

PERSON = "contact"

MARK = 'zq9{}"<9qz'
"""Stands for a word while a form is made. In HTML its quotation mark and bracket look different in text, in attributes, in comments
and in style sheets, so that only a place in plain text is taken for a hole."""
MARKED = {False: re.compile(r'zq9([a-z]+)"<9qz'), True: re.compile(r'zq9([a-z]+)"&lt;9qz')}

_WORD = re.compile(r"(?!\s)[^\x00-\x1f\x7f-\xa0\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]{1,1000}")


def mark(name: str) -> str:
    return MARK.format(name)


@dataclass(frozen=True, kw_only=True)
class Uses:
    """`printed`: values that only stand between other text; `asked`: of which only matters whether they are empty; `computed`:
    values that something is made of. `opaque`: the person is used in a way that cannot be followed."""

    printed: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()
    computed: frozenset[str] = frozenset()
    opaque: bool = False

    def __or__(self, other: Uses) -> Uses:
        return Uses(
            printed=self.printed | other.printed,
            asked=self.asked | other.asked,
            computed=self.computed | other.computed,
            opaque=self.opaque or other.opaque,
        )

    def form(self, values: dict[str, Any]) -> tuple[object, ...] | None:
        """What two people must have in common to share a form; None when this person needs the templates themselves."""
        if self.opaque:
            return None
        for name in self.holes:
            value = values.get(name)
            if value and not (isinstance(value, str) and _WORD.fullmatch(value)):
                return None
        chosen, computed = self._key
        return (*map(bool, map(values.get, chosen)), *map(_frozen, map(values.get, computed)))

    @cached_property
    def holes(self) -> frozenset[str]:
        return self.printed - self.computed

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Everything that `form` looks at."""
        return tuple(sorted(self.printed | self.asked | self.computed))

    @cached_property
    def _key(self) -> tuple[list[str], list[str]]:
        """The values of which only matters whether they are empty, and those that must be the same."""
        return sorted((self.asked | self.printed) - self.computed), sorted(self.computed)


def _frozen(value: Any) -> object:
    return value if value is None or isinstance(value, str) else repr(value)


def uses(tree: nodes.Template) -> Uses:
    """How a template uses the person."""
    return _joined(_walk(tree, in_text=True))


def _joined(found: Iterable[Uses]) -> Uses:
    together = Uses()
    for one in found:
        together |= one
    return together


def _walk(node: nodes.Node, *, in_text: bool) -> Iterator[Uses]:
    """`in_text`: what stands here as output goes into the text unchanged, not into a macro, a filter or a variable."""
    if (name := _value_of_person(node)) is not None:
        yield Uses(computed=frozenset({name}))
        return
    if isinstance(node, nodes.Name) and node.name == PERSON:
        yield Uses(opaque=True)
        return
    plain = in_text and isinstance(node, nodes.Template | nodes.Output | nodes.If | nodes.For)
    for child in node.iter_child_nodes():
        name = _value_of_person(child)
        if name is not None and plain and isinstance(node, nodes.Output):
            yield Uses(printed=frozenset({name}))
        elif isinstance(node, nodes.If | nodes.CondExpr) and child is node.test:
            yield from _truth(child)
        else:
            yield from _walk(child, in_text=plain)


def _truth(node: nodes.Node) -> Iterator[Uses]:
    if (name := _value_of_person(node)) is not None:
        yield Uses(asked=frozenset({name}))
    elif isinstance(node, nodes.Not | nodes.And | nodes.Or):
        for child in node.iter_child_nodes():
            yield from _truth(child)
    else:
        yield from _walk(node, in_text=False)


def _value_of_person(node: nodes.Node) -> str | None:
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name) and node.node.name == PERSON:
        return node.attr
    return None
