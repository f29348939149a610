"""Which lines of a list of names are the second half of the line before?

Lists of names come out of sheets and web forms with long names broken in two. No single sign tells: the longest whole name is
often longer than a broken one. So every line is weighed by signs that can be explained, most of them taken from the list
itself, and the count that the letter states decides how many of the heaviest are joined:

    hanging      the first half cannot end there: "... /", "... of the", an open bracket or quotation mark         6
    bracket      the second half is nothing but a bracket: "(ABC)"                                                 6
    known word   the second half is one word that other names use inside: "Foundation", "Committee"                3
    one word     ... one word that no other name uses                                                              1
    out of order the list is sorted, and without this line the neighbours are in order                             2
    long         the first half is among the longest tenth of the list                                             2
    small letter the second half begins with a small letter: "and Peace"                                           1
    short        the first half is short (under half of the longest tenth): nothing to break there                -4
    longer       the second half is longer than the first                                                         -3

Not here: joining, findings (`signatories.py`), the count sentence (`count.py`).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["SURE", "Wrap", "choose", "weigh"]

SURE = 6
"""Joined even when no count is stated."""

LIKELY = 4
"""Worth asking the author about."""

_HANGING = re.compile(
    r"(?:[/&+:–—-]|\b(?:an|and|by|de|del|der|des|di|du|et|for|from|für|in|las|los|of|on|or|para|per|por|pour|the|to|und|van|von"
    r"|with|и|для|в|по)|\s(?:및|위한))$"
)
_BRACKET = re.compile(r"[(（\[【][^()（）\[\]【】]{1,40}[)）\]】]\.?")
_PAIRS = (("(", ")"), ("（", "）"), ("[", "]"), ("【", "】"), ("“", "”"), ("«", "»"))
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrap:
    """Line `index` may belong to line `index - 1`; the heavier, the surer."""

    index: int
    weight: int


def weigh(names: Sequence[str]) -> list[Wrap]:
    """Every line of `names` that could be a second half, in reading order."""
    traits = _Traits(names)
    weights = ((index, _weight(index, traits)) for index in range(1, len(names)))
    return [Wrap(index=index, weight=weight) for index, weight in weights if weight > 0]


def choose(wraps: Sequence[Wrap], surplus: int | None) -> tuple[frozenset[int], frozenset[int]]:
    """Lines to join, and lines that look like it but stay apart.

    `surplus` is how many lines more there are than names stated, None if nothing is stated. The heaviest `surplus` lines are
    joined if they stand clear of the next one; otherwise, or without a count, only the sure ones.
    """
    likely = frozenset(wrap.index for wrap in wraps if wrap.weight >= LIKELY)
    sure = frozenset(wrap.index for wrap in wraps if wrap.weight >= SURE)
    if surplus == 0:
        return frozenset(), sure
    chosen = _heaviest(wraps, surplus) if surplus is not None and surplus > 0 else None
    if chosen is not None:
        return chosen, sure - chosen
    return sure, likely - sure


def _heaviest(wraps: Sequence[Wrap], number: int) -> frozenset[int] | None:
    ranked = sorted(wraps, key=lambda wrap: -wrap.weight)
    if len(ranked) < number or ranked[number - 1].weight < LIKELY - 1:
        return None
    if len(ranked) > number and ranked[number].weight == ranked[number - 1].weight:
        return None
    return frozenset(wrap.index for wrap in ranked[:number])


class _Traits:
    """What the list as a whole says: how long its long names are, which words its names use, whether it is sorted."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        lengths = sorted(len(name) for name in names)
        self.long = max(lengths[len(lengths) * 9 // 10], 40) if lengths else 40
        self.words = Counter(word for name in names for word in set(_words(name)) if len(_words(name)) > 1)
        self.keys = [_sort_key(name) for name in names]
        in_order = sum(a <= b for a, b in zip(self.keys, self.keys[1:], strict=False))
        self.sorted = len(names) >= 10 and in_order >= 0.85 * (len(names) - 1)


def _weight(index: int, traits: _Traits) -> int:
    head, tail = traits.names[index - 1], traits.names[index]
    weight = 6 * (_hangs(head, tail) or _BRACKET.fullmatch(tail) is not None)
    words = _words(tail)
    if len(words) == 1 and tail.casefold() == words[0]:
        weight += 3 if traits.words[words[0]] else 1
    weight += 2 * (traits.sorted and _breaks_order(index, traits.keys))
    weight += 2 * (len(head) >= traits.long)
    weight += tail[:1].islower() and not any(char.isupper() for char in tail[1:4])
    weight -= 4 * (len(head) * 2 < traits.long and not _opens(head))
    return weight - 3 * (len(tail) > len(head))


def _hangs(head: str, tail: str) -> bool:
    return _HANGING.search(head) is not None or (_opens(head) and not _opens(head + tail))


def _opens(text: str) -> bool:
    return any(text.count(left) > text.count(right) for left, right in _PAIRS) or text.count('"') % 2 == 1


def _breaks_order(index: int, keys: Sequence[str]) -> bool:
    before, this = keys[index - 1 : index + 1]
    if index + 1 == len(keys):
        return this < before
    return before <= keys[index + 1] and not before <= this <= keys[index + 1]


def _words(name: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(name)]


def _sort_key(name: str) -> str:
    bare = "".join(char for char in unicodedata.normalize("NFD", name.casefold()) if not unicodedata.combining(char))
    return " ".join(_WORD.findall(bare))
