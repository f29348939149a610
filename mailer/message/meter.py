"""A budget for templates: every loop turn, call, filter and operator costs something, and the money runs out.

Templates are written by people of the office, but a slip (`range(10**9)`, a macro that calls itself, a string multiplied in a
loop) must end in a sentence and not in a hanging machine. All work is charged *before* it is done where its size can be
foretold, and everything a template makes is weighed. One unit is about a microsecond or a hundred characters, so that a budget
bounds time and memory together; no clock is involved, so the same template stops at the same place everywhere.

Not here: which names, filters and attributes exist (`sandbox.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from typing import Any

from jinja2.runtime import Undefined
from markupsafe import Markup

from mailer.wording import Text

__all__ = ["METER", "Meter", "Refused", "burned", "guard", "spend", "weigh"]

BUDGET = 300_000
LONGEST = 1_000_000
"""Characters that one value made by a template may have."""
MAX_DEPTH = 40
_WIDEST = 500
_MAX_BITS = 256
_SPEC = re.compile(r"%(?:%|[-+ 0#]?\d{0,2}(?:\.\d{1,2})?[sdif])")

_Value = Any  # whatever a template may hold; the sandbox lets only the types below in


class Refused(Exception):
    """Why a template was stopped. Never leaves this package: `sandbox` adds the place and raises TemplateError."""

    def __init__(self, what: Text, remedy: Text | None = None) -> None:
        super().__init__(what.en)
        self.what = what
        self.remedy = remedy or Text("그 줄의 식을 고쳐 주십시오", "change the expression on that line")


class Meter:
    """The budget of one rendering."""

    __slots__ = ("depth", "left")

    def __init__(self, budget: int = BUDGET) -> None:
        self.left = budget
        self.depth = 0

    def spend(self, units: int) -> None:
        self.left -= units
        if self.left < 0:
            raise Refused(
                Text(
                    "서식이 하는 일이 너무 많습니다 (끝없는 반복?)",
                    "the template does too much work (an endless loop?)",
                ),
                Text("반복 횟수와 반복 안의 내용을 줄여 주십시오", "repeat less, or do less in each turn"),
            )


METER: ContextVar[Meter] = ContextVar("METER")


def spend(units: int) -> None:
    METER.get().spend(units)


def burned(values: Iterable[_Value], each: int) -> Iterator[_Value]:
    """`values`, one by one, each turn paid for."""
    meter = METER.get()
    for value in values:
        meter.spend(each)
        yield value


def weigh(value: _Value) -> None:
    """Pay for looking at all of `value`: a list costs the sum of what it holds, counted as often as it is held.

    That makes `[x, x]` nested forty times, which is small in memory and astronomic when printed or
    compared, too expensive to touch.
    """
    meter = METER.get()
    open_values = [value]
    while open_values:
        item = open_values.pop()
        meter.spend(1)
        if isinstance(item, str):
            if len(item) > LONGEST:
                raise _too_big()
            meter.spend(len(item) // 100)
        elif isinstance(item, list | tuple):
            open_values.extend(item)
        elif isinstance(item, dict):
            open_values.extend(item.keys())
            open_values.extend(item.values())
        elif isinstance(item, int):
            if item.bit_length() > _MAX_BITS:
                raise _too_big()
        elif not isinstance(item, float | Undefined | range | None):
            raise Refused(Text("이 값은 이렇게 쓸 수 없습니다", f"a {type(item).__name__} cannot be used like this"))


def _too_big() -> Refused:
    return Refused(
        Text("서식이 너무 큰 값을 만듭니다", "the template makes a value that is too big"),
        Text("글자 수나 숫자를 줄여 주십시오", "make the text or the number smaller"),
    )


def _fits(length: int) -> None:
    """Pay for a text or list of `length` that is about to be made."""
    if length > LONGEST:
        raise _too_big()
    spend(length // 100)


def guard(name: str, args: tuple[_Value, ...]) -> None:
    """Refuse what filter, method or operator `name` would blow up, before it runs. `args[0]` is what it works on."""
    numbers = [arg for arg in args[1:] if isinstance(arg, int) and not isinstance(arg, bool)]
    if name not in {"int", "float", "default", "d", "min", "max"} and any(abs(number) > _WIDEST for number in numbers):
        raise _too_big()
    subject = args[0] if args else None
    match name:
        case "replace" if len(args) >= 3:
            text, old, new = (str(arg) for arg in args[:3])
            _fits(len(text) + text.count(old) * len(new))
        case "join":
            between = len(str(args[1])) if len(args) > 1 else 0
            _fits(sum(between + (len(item) if isinstance(item, str) else 40) for item in _items(subject)))
        case "indent" if isinstance(subject, str):
            width = args[1] if len(args) > 1 else 4
            _fits(len(subject) + (subject.count("\n") + 1) * (width if isinstance(width, int) else len(str(width))))
        case "wordwrap" if isinstance(subject, str):
            _fits(len(subject) * (1 + max((len(arg) for arg in args[1:] if isinstance(arg, str)), default=0)))
            spend(len(subject) // 10)
        case "urlencode" if isinstance(subject, str):
            _fits(len(subject) * 12)
        case "format":
            percent(str(subject))
        case "title" | "truncate" | "wordcount" | "sort" | "unique" | "dictsort":
            spend(len(subject) // 10 if isinstance(subject, str | list | tuple | dict) else 0)


def _items(value: _Value) -> Iterable[_Value]:
    return value if isinstance(value, list | tuple | str | dict | range) else ()


def percent(template: str) -> None:
    """`%` formatting with widths of at most two digits; `%*d` and `%999999d` are refused."""
    if "%" in _SPEC.sub("", template):
        raise Refused(
            Text(
                "서식 지정자를 쓸 수 없습니다: 쓸 수 있는 것은 %s, %d, %02d, %.1f 같은 것입니다",
                "unusable format: only %s, %d, %02d, %.1f and the like",
            )
        )


def binop(operator: str, left: _Value, right: _Value) -> None:
    """Pay for `left operator right`, or refuse it."""
    spend(1)
    sizes = [len(side) for side in (left, right) if isinstance(side, str | list | tuple)]
    if operator == "+" and len(sizes) == 2:
        _fits(sum(sizes))
        if isinstance(left, list | tuple):
            spend(sum(sizes))
    elif operator == "*" and sizes:
        times = next((side for side in (left, right) if isinstance(side, int)), 0)
        _fits(sizes[0] * max(times, 0) * (1 if isinstance(left, str) or isinstance(right, str) else 100))
    elif operator == "%" and isinstance(left, str):
        percent(left)
        weigh(right)
    elif operator == "**" and not (abs(left) <= 1000 and abs(right) <= 64):
        raise _too_big()
    elif not sizes:
        weigh(left)
        weigh(right)


def escaped_length(text: str) -> int:
    return len(text) if isinstance(text, Markup) else 5 * len(text)
