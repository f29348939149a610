"""The root command and the one place where anything that goes wrong becomes words and an exit code.

Not here: the verbs (a module each, imported when wanted).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import click

from mailer.cli.catalogue import SECTIONS
from mailer.cli.exits import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_PIPE_CLOSED
from mailer.cli.output import Screen, open_screen
from mailer.cli.spoken import install, speak, spoken
from mailer.cli.verbs import Group, Option, ReaderLeft, shared_options
from mailer.config import read_language
from mailer.errors import MailerError
from mailer.wording import LANGUAGES, Language, Text

__all__ = ["root", "run"]


root = Group(
    "mailer",
    text=Text(
        "보도자료를 기자 한 사람 한 사람에게, 제시간에, 빠짐도 겹침도 없이 보냅니다.\n\n"
        "메일 서버(SMTP_HOST)를 정하기 전에는 연습 모드이며 아무것도 이 컴퓨터를 떠나지 않습니다.",
        "Sends press releases, one letter per journalist: on time, nothing lost, nothing doubled.\n\n"
        "Until a mail server (SMTP_HOST) is set this is practice mode, and nothing leaves this machine.",
    ),
    sections=SECTIONS,
    examples=("mailer demo",),
    context_settings={"help_option_names": ["-h", "--help"]},
)


def run(arguments: Sequence[str]) -> int:
    """Obey one command line; print whatever goes wrong; return the exit code."""
    install()
    speak(_language(arguments))
    screen = open_screen(language=spoken(), no_color="--no-color" in arguments)
    debug = "--debug" in arguments
    try:
        code = root.main(args=list(arguments), prog_name="mailer", standalone_mode=False)
        screen.out.flush()
        return code if isinstance(code, int) else 0
    except MailerError as error:
        screen.error(error)
        if "--json" in arguments:
            screen.json(_record(error, screen.language))
        if debug:
            _trace(screen, error)
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        screen.say(*error.format_message().splitlines())
        return error.exit_code
    except click.ClickException as error:
        _usage(screen, error)
        if "--json" in arguments:
            screen.json(_usage_record(error))
        return error.exit_code
    except (click.Abort, KeyboardInterrupt, EOFError):
        screen.say(Text("그만두었습니다.", "Stopped."))
        return EXIT_INTERRUPTED
    except (BrokenPipeError, ReaderLeft):
        # Python would complain once more while closing stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_PIPE_CLOSED
    except Exception as error:  # noqa: BLE001 - the last line: a fault of ours must not bury the screen in a traceback
        _fault(screen, error, debug=debug)
        return EXIT_FAILED


def _record(error: MailerError, language: Language) -> dict[str, object]:
    """What a script reads on stdout where no result could be made."""
    found = [
        {"level": one.level.value, "code": one.code, "message": one.message.to(language), "where": one.where}
        for one in error.findings
    ]
    remedy = error.remedy.to(language) if error.remedy else None
    told = {"what": error.what.to(language), "where": error.where, "remedy": remedy, "exit": error.exit_code}
    return {"error": {**told, "findings": found}}


def _usage_record(error: click.ClickException) -> dict[str, object]:
    told = {"what": error.format_message(), "where": "", "remedy": None, "exit": error.exit_code}
    return {"error": {**told, "findings": []}}


def _usage(screen: Screen, error: click.ClickException) -> None:
    command = "mailer"
    if isinstance(error, click.UsageError) and error.ctx is not None:
        screen.say(error.ctx.get_usage())
        command = error.ctx.command_path
    screen.problem(error.format_message(), Text(f"도움말: {command} --help", f"help: {command} --help"))


def _fault(screen: Screen, error: Exception, *, debug: bool) -> None:
    kind = type(error).__name__
    screen.problem(
        Text(f"프로그램 오류입니다 ({kind}: {error})", f"this is a fault of the program ({kind}: {error})"),
        Text(
            "--debug를 붙여 다시 실행하고 출력을 개발자에게 보내 주십시오",
            "run it again with --debug and send the output to the developers",
        ),
    )
    if debug:
        _trace(screen, error)


def _trace(screen: Screen, error: Exception) -> None:
    import traceback

    traceback.print_exception(error, file=screen.err)


def _language(arguments: Sequence[str]) -> Language:
    """Known before click parses anything, because `--help` and wrong usage are said in it too."""
    chosen = _value_of(("--lang",), arguments)
    for language in LANGUAGES:
        if chosen == language:
            return language
    return read_language(Path(_value_of(("-w", "--workspace"), arguments) or "."), os.environ)


def _value_of(names: Sequence[str], arguments: Sequence[str]) -> str:
    found = ""
    for word, following in pairwise([*arguments, ""]):
        if word in names:
            found = following
        elif word.partition("=")[0] in names:
            found = word.partition("=")[2]
    return found


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from mailer import __version__

        click.echo(f"mailer {__version__}")
        ctx.exit()


root.params.append(
    Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_version,
        text=Text("버전을 보여 줍니다.", "Show the version and exit."),
    )
)
root.params.extend(shared_options(json=True))
