"""Commands, options and arguments whose help is a `Text`, chosen when it is printed.

    @verb("check", help=Text("...", "..."), examples=("mailer check statement",), json=True)
    @argument("letter", help=Text("...", "..."))
    @option("-l", "--list", "lists", multiple=True, help=Text("...", "..."))
    def check(call: Call, letter: str, lists: tuple[str, ...]) -> int: ...

Every verb takes `--workspace`, `--lang`, `--no-color`, `--debug`, and `--json` where it reports; each may also stand before
the verb. The function gets a `Call` first and returns the exit code.

Not here: the verbs themselves, printing (`output.py`), the language (`spoken.py`).
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from mailer.cli.output import Screen, open_screen
from mailer.cli.spoken import spoken, to_spoken, translate
from mailer.cli.wide import Formatter
from mailer.wording import Text

__all__ = [
    "Argument",
    "Call",
    "Command",
    "Entry",
    "Group",
    "Option",
    "ReaderLeft",
    "Section",
    "argument",
    "option",
    "verb",
]

_GIVEN = "mailer.given"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What every verb gets: where to print, which workspace, and settings given as flags (by key, for `read_config`)."""

    screen: Screen
    workspace: Path
    flags: Mapping[str, str]
    debug: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """`place` is `module:attribute`, imported when the verb is wanted; `summary` is one short line."""

    place: str
    summary: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One heading of the root's help. `verbs` maps a name to where it is and its line in that help, so that the help of the
    root imports none of them."""

    title: Text
    verbs: Mapping[str, Entry]


class ReaderLeft(Exception):
    """Whoever read what a verb prints (`| head`) has seen enough."""


class Context(click.Context):
    formatter_class = Formatter


class Option(click.Option):
    def __init__(self, *args: Any, text: Text, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.text = text

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        self.help = self.text.to(spoken())
        return super().get_help_record(ctx)


class Argument(click.Argument):
    def __init__(self, *args: Any, text: Text, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "help": text.en})
        self.text = text

    def get_help_record(self, ctx: click.Context) -> tuple[str, str]:
        self.help = self.text.to(spoken())
        return super().get_help_record(ctx)


class Command(click.Command):
    """`text` is the help: its first line is the summary in lists. `examples` are command lines, printed as they are."""

    context_class = Context

    def __init__(self, *args: Any, text: Text, examples: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.text = text
        self.examples = tuple(examples)

    def get_short_help_str(self, limit: int = 45) -> str:
        return _summary(self.text)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _write_help(self.text, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _write_examples(self.examples, formatter)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        return _fresh(super().get_help_option(ctx))


class Group(click.Group):
    """A group whose verbs stand under headings, in the order given, and are imported one by one."""

    context_class = Context

    def __init__(
        self, *args: Any, text: Text, sections: Sequence[Section] = (), examples: Sequence[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.text = text
        self.sections = tuple(sections)
        self.examples = tuple(examples)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*(name for section in self.sections for name in section.verbs), *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for section in self.sections:
            if cmd_name in section.verbs:
                module, _, attribute = section.verbs[cmd_name].place.partition(":")
                found = getattr(import_module(module), attribute)
                return found if isinstance(found, click.Command) else None
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:  # click knows only those verbs that are imported already
            raise click.NoSuchCommand(error.command_name, possibilities=self.list_commands(ctx), ctx=ctx) from None

    def get_short_help_str(self, limit: int = 45) -> str:
        return _summary(self.text)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _write_help(self.text, formatter)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_commands(ctx, formatter)  # what one came for stands first
        click.Command.format_options(self, ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        titled = [(section.title.to(spoken()), list(section.verbs)) for section in self.sections]
        for title, names in [*titled, (translate("Commands"), list(self.commands))]:
            rows = [(name, self._summary_of(ctx, name)) for name in names]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _write_examples(self.examples, formatter)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        return _fresh(super().get_help_option(ctx))

    def _summary_of(self, ctx: click.Context, name: str) -> str:
        for section in self.sections:
            if name in section.verbs:
                return section.verbs[name].summary.to(spoken())
        found = self.get_command(ctx, name)
        return found.get_short_help_str() if found else ""


def option(*declarations: str, help: Text, **attributes: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(*declarations, cls=Option, text=help, **attributes)


def argument(name: str, *, help: Text, **attributes: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.argument(name, cls=Argument, text=help, **attributes)


def verb(
    name: str, *, help: Text, examples: Sequence[str] = (), json: bool = False, parent: click.Group | None = None
) -> Callable[[Callable[..., int | None]], Command]:
    """Turn a function of a `Call` into a command with the options that every verb has."""

    def dress(function: Callable[..., int | None]) -> Command:
        def run(**values: Any) -> int | None:
            try:
                return function(_call(click.get_current_context()), **values)
            except BrokenPipeError as error:
                raise ReaderLeft from error  # click would turn it into an exit code of its own

        vars(run)["__click_params__"] = list(getattr(function, "__click_params__", []))
        command: Command = click.command(name, cls=Command, text=help, examples=examples)(run)
        command.params.extend(shared_options(json=json))
        if parent is not None:
            parent.add_command(command)
        return command

    return dress


def shared_options(*, json: bool) -> list[click.Parameter]:
    """The options that stand on every verb and before it; the last one given counts."""
    told = [
        Option(
            ["--json"],
            is_flag=True,
            text=Text("결과를 JSON 하나로 출력합니다.", "Print the result as one JSON value."),
            expose_value=False,
            callback=_keep,
        )
    ]
    kept: list[click.Parameter] = [
        Option(
            ["-w", "--workspace"],
            metavar="DIR",
            text=Text("작업 폴더 (기본값: 지금 폴더)", "Workspace folder (default: the current one)."),
            expose_value=False,
            callback=_keep,
        ),
        Option(
            ["--lang"],
            type=click.Choice(["ko", "en"]),
            metavar="ko|en",
            text=Text("화면의 언어", "Language of the screen."),
            expose_value=False,
            callback=_keep,
        ),
        Option(
            ["--no-color"],
            is_flag=True,
            text=Text("색과 움직임 없이 출력합니다.", "Print without colour and animation."),
            expose_value=False,
            callback=_keep,
        ),
        Option(
            ["--debug"],
            is_flag=True,
            text=Text("오류가 나면 개발자용 정보를 함께 보여 줍니다.", "Show a developer's traceback with an error."),
            expose_value=False,
            callback=_keep,
        ),
    ]
    return [*(told if json else []), *kept]


def given(ctx: click.Context) -> dict[str, Any]:
    """Shared options seen so far, by name, from wherever they stood."""
    kept: dict[str, Any] = ctx.find_root().meta.setdefault(_GIVEN, {})
    return kept


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    if value and param.name:
        given(ctx)[param.name] = value
    return value


def _call(ctx: click.Context) -> Call:
    told = given(ctx)
    screen = open_screen(language=spoken(), json_wanted=bool(told.get("json")), no_color=bool(told.get("no_color")))
    if "workspace" in told:
        screen.suffix = f" -w {shlex.quote(told['workspace'])}"
    return Call(
        screen=screen,
        workspace=Path(told.get("workspace", ".")),
        flags={"MAILER_LANG": told["lang"]} if "lang" in told else {},
        debug=bool(told.get("debug")),
    )


def _summary(text: Text) -> str:
    return text.to(spoken()).strip().partition("\n")[0]


def _write_help(text: Text, formatter: click.HelpFormatter) -> None:
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(to_spoken(text))


def _write_examples(examples: Sequence[str], formatter: click.HelpFormatter) -> None:
    if examples:
        with formatter.section(Text("예", "Examples").to(spoken())):
            for example in examples:
                formatter.write_text(example)


def _fresh(found: click.Option | None) -> click.Option | None:
    if found is not None:  # click keeps this option, with the words of the language it was first shown in
        found.help = translate("Show this message and exit.")
    return found
