"""Write docs/en/cli.md and docs/ko/cli.md from the commands themselves. `--check` writes nothing and fails when they are stale.

python -m tools.make_cli_docs [--check]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextvars import copy_context

import click

from mailer.cli.root import root
from mailer.cli.spoken import install, speak
from mailer.cli.verbs import Argument, Command, Group, Option
from mailer.wording import Language, Text
from tools.publishing import publish

SHARED = ("workspace", "lang", "no_color", "debug", "help", "json")

TITLE = Text("명령", "Commands")
MADE = Text(
    "이 페이지는 프로그램에서 만들어집니다: `make docs`. 직접 고치지 마십시오.",
    "This page is made from the program: `make docs`. Do not edit it.",
)
OPENING = Text(
    "`mailer`는 설치한 명령이거나, 이 저장소에서는 `.venv/bin/python -m mailer`입니다.\n"
    "어느 명령이든 `--help`를 붙이면 같은 설명이 나옵니다. "
    "`LETTER`는 원고 파일의 경로나 `letters/` 안의 이름, `LIST`는 명단 파일의 경로나 `recipients/` 안의 이름,\n"
    "`DISPATCH`는 `send`와 `schedule`이 알려 준 발송 번호입니다. 결과는 표준 출력으로, 안내와 진행 상황은 표준 오류로 나옵니다.",
    "`mailer` is the installed command, or `.venv/bin/python -m mailer` in this repository. Every command explains itself\n"
    "in these words with `--help`. `LETTER` is the path of a letter or its name in `letters/`, `LIST` the path of a list or\n"
    "its name in `recipients/`, `DISPATCH` the number that `send` and `schedule` told. Results go to standard output, talk\n"
    "and progress to standard error.",
)
EVERYWHERE = Text("모든 명령에 쓸 수 있는 옵션", "Options of every command")
EVERYWHERE_WORDS = Text(
    "명령 앞에도 뒤에도 쓸 수 있습니다. `--json`은 결과를 보고하는 명령에 있습니다.",
    "They may stand before the command or behind it. `--json` is there where a command reports.",
)
CODES = Text("종료 코드", "Exit codes")
CODE = Text("코드", "code")
CODE_WORDS = (
    ("0", Text("끝났습니다", "done")),
    ("1", Text("실패했습니다(프로그램, 파일, 데이터베이스의 문제)", "failed: the program, a file or the database")),
    ("2", Text("명령이나 설정이 잘못되었습니다", "wrong usage or settings")),
    (
        "3",
        Text(
            "보냈지만 실패, 재시도 대기, 확인 필요인 사람이 있습니다",
            "ran, but some deliveries failed, wait for a retry, or are in doubt",
        ),
    ),
    ("4", Text("점검에서 막혀 아무것도 보내지 않았습니다", "stopped by a check; nothing was sent")),
    (
        "5",
        Text(
            "메일 서버에 닿지 않거나 로그인이 거부되었습니다",
            "the mail server cannot be reached, or refused the login",
        ),
    ),
    ("130", Text("Ctrl-C로 멈추었습니다", "stopped by Ctrl-C")),
)
NAMES = Text("이름", "name")
MEANINGS = Text("뜻", "meaning")
EXAMPLES = Text("예", "Examples")


def page(language: Language) -> str:
    """The whole page in one language; the language of the caller stays."""
    return copy_context().run(_page, language)


def _page(language: Language) -> str:
    install()
    speak(language)
    context = click.Context(root, info_name="mailer")
    lines = [f"# {TITLE.to(language)}", "", f"*{MADE.to(language)}*", "", OPENING.to(language), ""]
    lines += [f"## {EVERYWHERE.to(language)}", "", EVERYWHERE_WORDS.to(language), ""]
    lines += _table([param for param in root.params if param.name != "version"], context, language)
    lines += [f"## {CODES.to(language)}", "", f"| {CODE.to(language)} | {MEANINGS.to(language)} |", "|---|---|"]
    lines += [f"| {code} | {words.to(language)} |" for code, words in CODE_WORDS] + [""]
    for section in root.sections:
        lines += [f"## {section.title.to(language)}", ""]
        for name in section.verbs:
            command = root.get_command(context, name)
            if command is not None:
                lines += _command(command, click.Context(command, info_name=name, parent=context), language)
    return "\n".join(lines).rstrip() + "\n"


def commands() -> Mapping[str, click.Command]:
    """Every command by the words one types after `mailer`, groups included."""
    return dict(_walk(root, click.Context(root, info_name="mailer"), ""))


def _walk(group: click.Group, context: click.Context, before: str) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            continue
        yield f"{before}{name}", command
        if isinstance(command, click.Group):
            yield from _walk(command, click.Context(command, info_name=name, parent=context), f"{before}{name} ")


def _command(command: click.Command, context: click.Context, language: Language) -> list[str]:
    assert isinstance(command, Command | Group)
    level = "###" if context.parent and context.parent.parent is None else "####"
    lines = [f"{level} {context.command_path}", ""]
    if not isinstance(command, click.Group):
        pieces = [piece for piece in command.collect_usage_pieces(context) if not piece.startswith("[OPTIONS]")]
        lines += ["```", " ".join([context.command_path, *_required(command), *pieces, "[OPTIONS]"]), "```", ""]
    lines += [*command.text.to(language).split("\n"), ""]
    lines += _table([param for param in command.params if param.name not in SHARED], context, language)
    if command.examples:
        lines += [f"{EXAMPLES.to(language)}:", "", "```sh", *command.examples, "```", ""]
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                lines += _command(inner, click.Context(inner, info_name=name, parent=context), language)
    return lines


def _required(command: click.Command) -> list[str]:
    """Options one cannot leave out, as one types them."""
    wanted = [param for param in command.params if isinstance(param, Option) and param.required]
    return [param.opts[-1] + ("" if param.is_flag else f" {param.metavar or param.name}") for param in wanted]


def _table(params: list[click.Parameter], context: click.Context, language: Language) -> list[str]:
    rows = []
    for param in params:
        if isinstance(param, Argument | Option):
            names = (
                ", ".join(f"`{name}`" for name in param.opts)
                if isinstance(param, Option)
                else f"`{param.make_metavar(context)}`"
            )
            if isinstance(param, Option) and not param.is_flag:
                names += f" `{param.make_metavar(context)}`"
            rows.append(
                f"| {names.replace('|', chr(92) + '|')} | {param.text.to(language).replace('|', chr(92) + '|')} |"
            )
    return [f"| {NAMES.to(language)} | {MEANINGS.to(language)} |", "|---|---|", *rows, ""] if rows else []


if __name__ == "__main__":
    sys.exit(publish("cli.md", page, sys.argv[1:]))
