"""Every command: help in both languages with an example, and a start that loads only what is needed."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from mailer.cli.root import root, run
from mailer.cli.verbs import Command, Group
from tests.terminal import clean_environment

HEAVY = (
    "aiosmtpd", "aiosmtplib", "alembic", "apscheduler", "css_inline", "fontTools", "jinja2", "openpyxl", "rich",
    "sqlalchemy", "typst",
)  # fmt: skip
CONTRACT = {
    "demo", "init", "check", "preview", "test", "send", "schedule", "dispatches", "status", "move", "pause", "resume",
    "cancel", "log", "resend", "resolve", "worker", "contacts", "suppress", "config", "doctor",
    "serve", "user",
}  # fmt: skip
INNER = {
    "contacts": {"import", "check", "show", "why", "history", "forget"},
    "suppress": {"add", "remove", "list", "import"},
    "config": {"show", "check"},
    "user": {"add", "list", "password", "remove"},
}


def verbs(group: Group, *before: str) -> list[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    found: list[tuple[tuple[str, ...], click.Command]] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        inner = verbs(command, *before, name) if isinstance(command, Group) else []
        found += [((*before, name), command), *inner]
    return found


def test_the_commands_are_those_of_the_manual() -> None:
    """None is missing and each has a line of its own in the help of the root."""
    assert set(root.list_commands(click.Context(root))) == CONTRACT
    for name, inner in INNER.items():
        group = root.get_command(click.Context(root), name)
        assert isinstance(group, Group)
        assert set(group.list_commands(click.Context(group))) == inner


@pytest.mark.parametrize("words", [words for words, _ in verbs(root)], ids=" ".join)
def test_every_command_has_help_with_an_example(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """Korean and English differ, and each shows a command line that begins like the command itself."""
    pages = []
    for language in ("ko", "en"):
        assert run([*words, "--help", "--lang", language]) == 0
        pages.append(capsys.readouterr().out)
        assert f"mailer {' '.join(words)}" in pages[-1]
    english = pages[1].replace("[시험]", "")
    assert pages[0] != english
    assert not any("가" <= letter <= "힣" for letter in english), english


def test_every_example_can_be_parsed() -> None:
    """What a help page shows is a command line that click accepts."""
    import shlex

    for _, command in verbs(root):
        assert isinstance(command, Command | Group)
        for example in command.examples:
            words = shlex.split(example)
            assert words[0] == "mailer"
            context: click.Context = root.make_context("mailer", words[1:], resilient_parsing=False)
            inner: click.Command = root
            rest = [*context._protected_args, *context.args]
            while isinstance(inner, Group) and rest:
                _, found, rest = inner.resolve_command(context, rest)
                assert found is not None
                context, inner = found.make_context(found.name, list(rest), parent=context), found
                rest = [*context._protected_args, *context.args] if isinstance(inner, Group) else []


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["--help", "--lang", "en"], []])
def test_help_and_version_load_nothing_heavy(words: list[str]) -> None:
    """The root imports no verb and none of the big libraries."""
    program = (
        "import sys\nfrom mailer.cli.root import run\n"
        f"run({words!r})\n"
        f"print(sorted(name for name in sys.modules if name.partition('.')[0] in {HEAVY!r}), file=sys.stderr)\n"
        "print([name for name in sys.modules if name.startswith('mailer.desk')], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=clean_environment(), check=True
    )
    assert done.stderr.endswith("[]\n[]\n")
