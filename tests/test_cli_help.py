"""The command line's manners: help in two languages that fits the window, typos named, exit codes kept, a quick start."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from mailer.cli import root as root_module
from mailer.cli.root import run
from mailer.cli.spoken import _KOREAN, install, speak
from mailer.cli.verbs import Call, Entry, Group, Section, argument, option, verb
from mailer.cli.wide import cells
from mailer.errors import ServerUnreachable, StoppedByCheck
from mailer.wording import LANGUAGES, Language, Text

HEAVY = {
    "aiosmtplib",
    "alembic",
    "apscheduler",
    "css_inline",
    "fontTools",
    "jinja2",
    "openpyxl",
    "rich",
    "sqlalchemy",
    "typst",
}


@verb(
    "greet",
    help=Text("한 사람에게 인사합니다.\n\n길게 적은 설명입니다.", "Greet one person.\n\nA longer explanation."),
    examples=("mailer greet 홍길동 --times 2",),
    json=True,
)
@argument("name", help=Text("받는 사람의 이름", "Name of the person."))
@option("--times", type=click.IntRange(1, 9), default=1, show_default=True, help=Text("몇 번", "How many times."))
def greet(call: Call, name: str, times: int) -> int:
    if name == "unreachable":
        raise ServerUnreachable(
            Text("서버가 응답하지 않습니다", "the server does not answer"), where="smtp.example.org"
        )
    if name == "fault":
        raise RuntimeError("broken")
    if name == "interrupt":
        raise KeyboardInterrupt
    call.screen.print(f"{name} {times} {call.workspace} {dict(call.flags)} {call.screen.json_wanted}")
    return 3 if name == "partly" else 0


@pytest.fixture(autouse=True)
def _with_greet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("MAILER_", "SMTP_"))]:
        monkeypatch.delenv(name)
    section = Section(title=Text("시험", "Trial"), verbs={"greet": Entry(f"{__name__}:greet", greet.text)})
    monkeypatch.setattr(root_module.root, "sections", (section,))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("words", [(), ("greet",)])
def test_help_keeps_every_syllable_in_every_window(
    language: Language, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From 20 to 120 cells wide, no line of a help page is too wide and its text is the same but for line breaks."""
    pages = set()
    for width in range(20, 121, 5):
        monkeypatch.setenv("COLUMNS", str(width))
        assert run(["--lang", language, *words, "--help"]) == 0
        page = capsys.readouterr().out
        assert max(cells(line) for line in page.splitlines()) < width
        pages.add("".join(page.split()))
    assert len(pages) == 1


@pytest.mark.parametrize(
    ("language", "expected"),
    [("ko", ["사용법:", "옵션:", "이 도움말을 보여 줍니다.", "한 사람에게 인사합니다.", "예:", "기본값: 1"]),
     ("en", ["Usage:", "Options:", "Show this message and exit.", "Greet one person.", "Examples:", "default: 1"])],
)  # fmt: skip
def test_help_is_in_the_language_asked_for(
    language: Language, expected: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """--lang decides the whole page, click's own words included, wherever it stands on the line."""
    for line in (["--lang", language, "greet", "-h"], ["greet", "--help", f"--lang={language}"]):
        assert run(line) == 0
        page = capsys.readouterr().out
        assert [words for words in expected if words not in page] == []


def test_the_language_of_env_file_reaches_the_help(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """MAILER_LANG in the workspace's `.env` decides, also for a workspace elsewhere, also when another key is wrong."""
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / ".env").write_text("MAILER_LANG=en\n", "utf-8")
    assert run(["--help"]) == 0
    assert "사용법:" in capsys.readouterr().out
    assert run(["-w", "en", "--help"]) == 0
    assert "Usage:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "ko", "en"),
    [
        (
            ["gret"],
            "'gret': 없는 명령입니다. 혹시 이것입니까? 'greet'",
            "No such command 'gret'. Did you mean 'greet'?",
        ),
        (["greet", "a", "--tims", "2"], "혹시 이것입니까? '--times'", "Did you mean '--times'?"),
        (["greet"], "빠진 인자: 'NAME'", "Missing argument 'NAME'"),
        (["greet", "a", "b"], "필요 없는 인자가 더 있습니다: b", "Got unexpected extra argument (b)"),
        (["greet", "a", "--times", "x"], "'x': 숫자가 아닙니다", "'x' is not a valid integer range"),
        (["greet", "a", "--times", "12"], "범위", "range"),
        (["greet", "a", "--times"], "'--times' 뒤에 값이 필요합니다", "Option '--times' requires an argument"),
        (["greet", "a", "--lang", "fr"], "'ko', 'en' 가운데 하나", "not one of 'ko', 'en'"),
    ],
)
def test_wrong_usage_is_explained_in_both_languages(
    line: list[str], ko: str, en: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, usage, what is wrong, what was probably meant, and where the help is; nothing on stdout."""
    for language, words in (("ko", ko), ("en", en)):
        monkeypatch.setenv("MAILER_LANG", language)
        assert run(line) == 2
        printed = capsys.readouterr()
        assert words in printed.err
        assert "--help" in printed.err
        assert printed.out == ""


def test_wrong_usage_is_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    """A script that asked for JSON reads one object whatever happens."""
    for line in (["gret", "--json"], ["greet", "--json"], ["greet", "a", "--nope", "--json"]):
        assert run(line) == 2
        printed = capsys.readouterr()
        assert json.loads(printed.out)["error"]["exit"] == 2
        assert "--help" in printed.err


def test_shared_options_stand_before_or_after_the_verb(capsys: pytest.CaptureFixture[str]) -> None:
    """--workspace, --json and --lang mean the same on either side; the function is called with its own options alone."""
    for line in (
        ["-w", "here", "--json", "--lang", "en", "greet", "kim"],
        ["greet", "kim", "-w", "here", "--json", "--lang=en"],
    ):
        assert run(line) == 0
        assert capsys.readouterr().err == "kim 1 here {'MAILER_LANG': 'en'} True\n"


def test_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    """The verb's own code, an error's code, 1 for a fault of ours, 130 for Ctrl-C, 2 without a verb."""
    codes = [run(["greet", name]) for name in ("kim", "partly", "unreachable", "fault", "interrupt")]
    assert [*codes, run([])] == [0, 3, 5, 1, 130, 2]
    assert "Traceback" not in capsys.readouterr().err


def test_a_traceback_needs_debug(capsys: pytest.CaptureFixture[str]) -> None:
    """--debug adds the traceback to the words; without it a fault says how to get one."""
    assert run(["greet", "fault"]) == 1
    assert "--debug" in capsys.readouterr().err
    for name in ("fault", "unreachable"):
        run(["greet", name, "--debug"])
        assert "Traceback" in capsys.readouterr().err


def test_the_version_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """`mailer --version` prints name and version on stdout."""
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("mailer 0.")


def test_every_translated_sentence_is_one_click_really_says() -> None:
    """No entry of the Korean table is for a sentence that click does not have (any more)."""
    spec = find_spec("click")
    assert spec
    assert spec.submodule_search_locations
    said: set[str] = set()
    for path in Path(spec.submodule_search_locations[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                said.add(node.value)
    assert sorted(set(_KOREAN) - said) == []


def test_the_words_that_an_officer_can_meet_are_translated() -> None:
    """Everything click says about wrong usage has a Korean sentence."""
    spec = find_spec("click.exceptions")
    assert spec
    assert spec.origin
    asked = [
        argument.value
        for node in ast.walk(ast.parse(Path(spec.origin).read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"_", "ngettext"}
        for argument in node.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]
    assert asked
    assert sorted(set(asked) - set(_KOREAN)) == []


def test_installing_twice_is_harmless() -> None:
    """Translation can be switched on again and the language changed in between."""
    install()
    install()
    speak("en")
    assert click.UsageError("x").format_message() == "x"
    assert isinstance(root_module.root, Group)


@pytest.mark.parametrize("command", ["import mailer.cli", "import mailer.cli.root", "HELP", "VERSION"])
def test_a_start_imports_nothing_heavy(command: str, tmp_path: Path) -> None:
    """Neither importing the command line nor `--help` nor `--version` loads a library that only a verb needs."""
    call = {"HELP": "run(['--help'])", "VERSION": "run(['--version'])"}.get(command)
    program = f"from mailer.cli.root import run; {call}" if call else command
    program += "\nimport sys; print('LOADED', *sorted({name.partition('.')[0] for name in sys.modules}))"
    place = {**os.environ, "PYTHONPATH": str(Path(root_module.__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, env=place)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.rpartition("LOADED")[2].split())
    assert "mailer" in loaded
    assert sorted(loaded & HEAVY) == []


def test_stopping_is_said_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    """An error below a verb is printed in the language of the run, on stderr."""
    assert StoppedByCheck.exit_code == 4
    assert run(["--lang", "en", "greet", "unreachable"]) == 5
    assert "error: smtp.example.org: the server does not answer" in capsys.readouterr().err
