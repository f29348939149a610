"""Jinja2 as a closed world: only the listed names, filters, methods and operators exist, and all of them are paid for.

The environment is Jinja2's ImmutableSandboxedEnvironment, but the safety does not rest on a list of forbidden things: a template
meets strings, numbers, lists and dicts, its own macros and loops, and nothing else. Attributes of other objects do not exist,
nothing else can be called, nothing else can be printed; there is no way to reach Python from here. `meter` bounds time and memory.

Not here: filling a template in and naming the line that failed (`template.py`), what a template is told (`context.py`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes, pass_context
from jinja2.filters import FILTERS
from jinja2.runtime import Context, LoopContext, Macro, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from mailer.message import meter
from mailer.message.meter import METER, Refused
from mailer.wording import Text

__all__ = ["ENVIRONMENTS"]

_Value = Any  # what templates compute with is dynamic by nature


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FILTERS = _words(
    "abs batch capitalize center count d default dictsort e escape first float format indent int items join last length list "
    "lower map max min reject rejectattr replace reverse select selectattr slice sort string title trim truncate unique upper "
    "urlencode wordcount wordwrap"
)
_TESTS = _words(
    "boolean defined divisibleby eq equalto even false float ge gt greaterthan in integer iterable le lessthan lower lt mapping "
    "ne none number odd sequence string true undefined upper == != < > <= >="
)
_METHODS: dict[type, frozenset[str]] = {
    str: _words(
        "capitalize center count endswith find isdigit join ljust lower lstrip removeprefix removesuffix replace rjust rstrip "
        "split splitlines startswith strip swapcase title upper zfill"
    ),
    dict: _words("get items keys values"),
    LoopContext: _words("changed cycle"),
}
_LOOP = _words("depth depth0 first index index0 last length nextitem previtem revindex revindex0")
_REFUSED_NODES: dict[type[nodes.Node], str] = {
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "from ... import",
    nodes.Extends: "extends",
    nodes.Block: "block",
    nodes.CallBlock: "call",
    nodes.ScopedEvalContextModifier: "autoescape",
}


class _Method:
    """A bound method that a template has named and not yet called."""

    __slots__ = ("name", "owner")

    def __init__(self, owner: _Value, name: str) -> None:
        self.owner = owner
        self.name = name


class _Metered(NodeTransformer):
    """Puts a toll on everything in a parsed template that repeats or grows."""

    def generic_visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> nodes.Node:
        for kind, word in _REFUSED_NODES.items():
            if isinstance(node, kind):
                raise TemplateSyntaxError(f"{{% {word} %}} is not available in e-mail templates", node.lineno)
        return super().generic_visit(node, *args, **kwargs)

    def visit_For(self, node: nodes.For) -> nodes.Node:
        if node.recursive:
            raise TemplateSyntaxError("recursive loops are not available in e-mail templates", node.lineno)
        self.generic_visit(node)
        node.iter = _filter(node.iter, "_each", _static_size(node))
        return node

    def visit_Macro(self, node: nodes.Macro) -> nodes.Node:
        self.generic_visit(node)
        toll = _filter(nodes.Const("", lineno=node.lineno), "_toll", _static_size(node))
        node.body.insert(0, nodes.Output([toll], lineno=node.lineno))
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:
        self.generic_visit(node)
        node.expr = _filter(node.expr, "_weighed")
        for operand in node.ops:
            operand.expr = _filter(operand.expr, "_weighed")
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        return _filter(nodes.Tuple(node.nodes, "load", lineno=node.lineno), "_concat")

    def visit_Pair(self, node: nodes.Pair) -> nodes.Node:
        self.generic_visit(node)
        if not isinstance(node.key, nodes.Const):
            raise TemplateSyntaxError("keys of a { } literal must be written out", node.lineno)
        return node


def _filter(node: nodes.Node, name: str, *args: int) -> nodes.Filter:
    constants: list[nodes.Expr] = [nodes.Const(arg, lineno=node.lineno) for arg in args]
    return nodes.Filter(node, name, constants, [], None, None, lineno=node.lineno)


def _static_size(node: nodes.Node) -> int:
    """What one turn costs for the template's own text alone."""
    return 1 + sum(len(data.data) for data in node.find_all(nodes.TemplateData)) // 100


def _each(value: _Value, cost: int) -> Iterator[_Value]:
    if isinstance(value, Undefined):
        iter(value)  # StrictUndefined says which name it is
    if isinstance(value, str) or not isinstance(value, list | tuple | dict | range):
        raise Refused(Text("반복할 수 있는 목록이 아닙니다", "this is not a list that can be repeated over"))
    return meter.burned(value, cost)


def _toll(value: str, cost: int) -> str:
    meter.spend(cost)
    return value


def _weighed(value: _Value) -> _Value:
    meter.weigh(value)
    return value


@pass_context
def _concat(context: Context, values: tuple[_Value, ...]) -> str:
    """The `~` operator."""
    for value in values:
        meter.weigh(value)
        if isinstance(value, list | tuple | dict):
            raise Refused(_UNPRINTABLE)
    meter.spend(sum(len(value) for value in values if isinstance(value, str)) // 20)
    return (Markup("") if context.eval_ctx.autoescape else "").join(
        value if isinstance(value, str) else str(value) for value in values
    )


_UNPRINTABLE = Text("이 값은 그대로 찍을 수 없습니다", "a value of this kind cannot be printed as it is")


@pass_context
def _printed(_context: Context, value: _Value) -> _Value:
    """Every `{{ ... }}` passes here. A context function, so that nothing is computed while compiling."""
    if isinstance(value, str):
        meter.spend(1 + meter.escaped_length(value) // 100)
        return value
    if isinstance(value, Undefined):
        return str(value)
    if isinstance(value, int | float):
        meter.weigh(value)
        return value
    raise Refused(
        _UNPRINTABLE,
        Text(
            "목록은 join이나 for로 쓰고, 값은 이름을 끝까지 적어 주십시오",
            "use join or for with a list, or name one value",
        ),
    )


def _metered(name: str, function: Any) -> Callable[..., _Value]:
    """`function`, a filter or test of Jinja2's own, weighing what goes in and what comes out."""
    skipped = 1 if getattr(function, "jinja_pass_arg", None) is not None else 0

    @functools.wraps(function)
    def paid(*args: _Value, **kwargs: _Value) -> _Value:
        values = (*args[skipped:], *kwargs.values())
        for value in values:
            meter.weigh(value)
        meter.guard(name, values)
        return _collected(function(*args, **kwargs))

    return paid


def _collected(result: _Value) -> _Value:
    if isinstance(result, Iterator):
        result = list(meter.burned(result, 1))
    meter.weigh(result)
    return result


def _range(*args: int) -> range:
    numbers = range(*args)
    if len(numbers) > meter.BUDGET:
        meter.spend(meter.BUDGET + 1)
    return numbers


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset(ImmutableSandboxedEnvironment.default_binop_table)

    def __init__(self, *, autoescape: bool) -> None:
        super().__init__(
            autoescape=autoescape,
            undefined=StrictUndefined,
            finalize=_printed,
            optimized=False,  # folding constants would run operators and filters while compiling
            trim_blocks=True,
            lstrip_blocks=True,
            cache_size=0,
        )
        self.filters = {name: _metered(name, FILTERS[name]) for name in _FILTERS}
        self.filters |= {"_each": _each, "_toll": _toll, "_weighed": _weighed, "_concat": _concat}
        self.tests = {name: _metered(name, TESTS[name]) for name in _TESTS}
        self.globals = {"range": _range, "namespace": Namespace}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree: nodes.Template = _Metered().visit(super()._parse(source, name, filename))
        return tree

    def call_binop(self, context: Context, operator: str, left: _Value, right: _Value) -> _Value:
        meter.binop(operator, left, right)
        result = super().call_binop(context, operator, left, right)
        if isinstance(result, int | str):
            meter.weigh(result)
        return result

    def getattr(self, obj: _Value, attribute: str) -> _Value:
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        if isinstance(obj, Undefined):
            return super().getattr(obj, attribute)
        for kind, names in _METHODS.items():
            if isinstance(obj, kind) and attribute in names:
                return _Method(obj, attribute)
        if isinstance(obj, LoopContext) and attribute in _LOOP:
            return getattr(obj, attribute)
        if isinstance(obj, Namespace) and not attribute.startswith("_"):
            return super().getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: _Value, argument: _Value) -> _Value:
        if isinstance(argument, str):
            return self.getattr(obj, argument)
        if isinstance(obj, str | list | tuple | range) and isinstance(argument, int | slice):
            try:
                return _collected(obj[argument])
            except IndexError:
                return self.undefined(obj=obj, name=str(argument))
        if isinstance(obj, Undefined):
            return super().getitem(obj, argument)
        return self.undefined(obj=obj, name=str(argument) if isinstance(argument, int) else "?")

    def call(self, context: Context, obj: _Value, *args: _Value, **kwargs: _Value) -> _Value:
        meter.spend(2)
        if isinstance(obj, _Method):
            return self._call_method(obj, args, kwargs)
        if isinstance(obj, Macro):
            return self._call_macro(context, obj, args, kwargs)
        if isinstance(obj, Undefined) or obj is _range or obj is Namespace:
            return context.call(obj, *args, **kwargs)
        raise Refused(Text("이 값은 부를 수 없습니다", f"a {type(obj).__name__} cannot be called"))

    def _call_method(self, method: _Method, args: tuple[_Value, ...], kwargs: dict[str, _Value]) -> _Value:
        for internal in ("_loop_vars", "_block_vars"):  # what Jinja2 adds to calls inside loops
            kwargs.pop(internal, None)
        values = (method.owner, *args, *kwargs.values())
        if not isinstance(method.owner, LoopContext):
            meter.weigh(method.owner)
        for value in values[1:]:
            meter.weigh(value)
        # "-".join(list): the guard expects the list first, as the filter has it
        meter.guard(method.name, (*reversed(values[:2]), *values[2:]) if method.name == "join" else values)
        result = getattr(method.owner, method.name)(*args, **kwargs)
        return _collected(list(result) if isinstance(method.owner, dict) and method.name != "get" else result)

    def _call_macro(
        self, context: Context, macro: Macro, args: tuple[_Value, ...], kwargs: dict[str, _Value]
    ) -> _Value:
        running = METER.get()
        running.depth += 1
        if running.depth > meter.MAX_DEPTH:
            raise Refused(
                Text("매크로가 자기 자신을 끝없이 부릅니다", "a macro calls itself without end"),
                Text("매크로가 스스로를 부르지 않게 고쳐 주십시오", "do not let the macro call itself"),
            )
        try:
            return context.call(macro, *args, **kwargs)
        finally:
            running.depth -= 1


ENVIRONMENTS = {True: _Environment(autoescape=True), False: _Environment(autoescape=False)}
"""By whether a template makes HTML."""
