"""One template: compiled in the sandbox, filled in within a budget, every failure a TemplateError with file and line.

Not here: what a template may do (`sandbox.py`, `meter.py`), what it is told (`context.py`), which templates there are (`model.py`).
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any

from jinja2 import Template, TemplateSyntaxError, UndefinedError, nodes

from mailer.errors import TemplateError
from mailer.message.meter import METER, Meter, Refused
from mailer.message.sandbox import ENVIRONMENTS
from mailer.wording import Text

__all__ = ["Compiled", "suggestion"]

_Value = Any  # what templates compute with is dynamic by nature

_LONGEST_SOURCE = 60_000
_MOST_TAGS = 3_000


class Compiled:
    """One template, ready to be filled in. `where` is its file as messages name it; `html` turns autoescape on; `names` are what
    a misspelt variable may have been meant to be. TemplateError with the line when it cannot be compiled."""

    def __init__(self, source: str, where: str, *, html: bool, names: Iterable[str] = ()) -> None:
        self.where = where
        self._names = frozenset(names)
        self._environment = ENVIRONMENTS[html]
        self.tree: nodes.Template
        self._template = self._guarded(lambda: self._compile(source))

    def _compile(self, source: str) -> Template:
        if len(source) > _LONGEST_SOURCE or source.count("{{") + source.count("{%") > _MOST_TAGS:
            raise Refused(
                Text("서식 파일이 너무 큽니다", "the template is too long"),
                Text(f"{_LONGEST_SOURCE:,}자 안으로 줄여 주십시오", f"keep it under {_LONGEST_SOURCE:,} characters"),
            )
        self.tree = self._environment.parse(source)
        code = self._environment.compile(self.tree, None, self.where)
        return Template.from_code(self._environment, code, self._environment.globals)

    def chunks(self, values: Mapping[str, _Value]) -> list[str]:
        """The filled-in template in the pieces in which it was made: its own text and what stands between. TemplateError with the
        line for an unknown name, an impossible expression or too much work."""
        made: list[str] = self._guarded(lambda: self._run(values))
        return made

    def render(self, values: Mapping[str, _Value]) -> str:
        return "".join(self.chunks(values))

    def _run(self, values: Mapping[str, _Value]) -> list[str]:
        budget = Meter()
        token = METER.set(budget)
        chunks: list[str] = []
        try:
            for chunk in self._template.root_render_func(self._template.new_context(dict(values))):
                budget.spend(len(chunk) // 100)
                chunks.append(chunk)
        finally:
            METER.reset(token)
        return chunks

    def _guarded(self, work: Callable[[], _Value]) -> _Value:
        """Foreign errors become a TemplateError here; everything a template can raise is an error of that template."""
        try:
            return work()
        except Refused as error:
            raise TemplateError(error.what, where=self._place(error.__traceback__), remedy=error.remedy) from error
        except TemplateSyntaxError as error:
            raise TemplateError(
                Text(f"서식 문법 오류: {error.message}", f"template syntax: {error.message}"),
                where=f"{self.where}:{error.lineno}",
                remedy=Text(
                    "그 줄의 {{ }}, {% %} 짝과 이름을 확인해 주십시오", "check the braces and names on that line"
                ),
            ) from error
        except UndefinedError as error:
            raise self._undefined(error) from error
        except (RecursionError, MemoryError, OverflowError) as error:
            raise TemplateError(
                Text("서식이 너무 깊거나 큽니다", "the template nests too deeply or makes something too big"),
                where=self._place(error.__traceback__),
                remedy=Text("서식을 더 단순하게 고쳐 주십시오", "make the template simpler"),
            ) from error
        except Exception as error:  # a template may provoke any error of a filter or an operator
            raise TemplateError(
                Text(f"서식을 채우다가 오류가 났습니다: {error}", f"the template failed: {error}"),
                where=self._place(error.__traceback__),
                remedy=Text("그 줄의 식을 확인해 주십시오", "check the expression on that line"),
            ) from error

    def _undefined(self, error: UndefinedError) -> TemplateError:
        message = error.message or ""
        name = message.split("'")[-2] if message.count("'") >= 2 else ""
        return TemplateError(
            Text(f"서식에 없는 변수가 쓰였습니다: {name}", f"the template uses an unknown variable: {message}"),
            where=self._place(error.__traceback__),
            remedy=suggestion(name, self._names),
        )

    def _place(self, traceback: TracebackType | None) -> str:
        line = 0
        while traceback is not None:
            if traceback.tb_frame.f_code.co_filename == self.where:
                line = self._template.get_corresponding_lineno(traceback.tb_lineno)
            traceback = traceback.tb_next
        return f"{self.where}:{line}" if line else self.where


def suggestion(name: str, names: Iterable[str]) -> Text:
    close = difflib.get_close_matches(name, sorted(names), n=1)
    if close:
        return Text(f"혹시 이것입니까? '{close[0]}'", f"did you mean '{close[0]}'?")
    return Text(
        "이름을 확인하거나 default('')로 빈 값을 정해 주십시오", "check the name, or give a default: | default('')"
    )
