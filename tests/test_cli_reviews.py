"""dispatches, status and log: what became of everybody, as a table in any window, as JSON, as a file."""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from mailer.cli.wide import cells
from tests.scripted_smtp import Rule, ScriptedServer, reply
from tests.terminal import Desk, clean_environment, desk, last_words, start

__all__ = ["desk"]


LIST = """이메일,이름,매체
minji.kim@hangang-daily.example,김민지,한강일보
gone@oldpaper.example,오세린,옛날신문
busy@slowwire.example,강지우,느린통신
"""
RULES = (
    Rule(stage="rcpt", act=reply("550 5.1.1 \x1b[31mno such user"), address="gone@oldpaper.example"),
    Rule(stage="rcpt", act=reply("450 4.2.1 later"), first=1, address="busy@slowwire.example"),
)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the one dispatch that all these tests look at is kept."""
    return tmp_path_factory.mktemp("reviewed")


@pytest.fixture
def reviewed(desk: Desk, ledger: Path) -> Desk:
    """A dispatch to three people: one accepted, one refused, one accepted at the second try. Sent once, then copied."""
    (desk.root / "recipients" / "press.csv").write_text(LIST, "utf-8")
    if not (ledger / "var").exists():
        with ScriptedServer(*RULES).in_thread() as server:
            desk.server(server.port, MAILER_RETRY_FIRST="1s")
            assert desk.mailer("send", "short", "-l", "press", "--yes", "--expect", "3", "--wait").code == 3
        shutil.copytree(desk.root / "var", ledger / "var")
    desk.server(9)
    shutil.copytree(ledger / "var", desk.root / "var", dirs_exist_ok=True)
    return desk


def test_the_log_has_one_row_per_person(reviewed: Desk) -> None:
    """Result, server's words, meaning and what to do; times stand under one caption with weekday and zone."""
    said = reviewed.mailer("log", "1")
    assert said.code == 0
    for words in ("minji.kim@hangang-daily.example", "김민지", "550 5.1.1", "시도", "Asia/Seoul", "할 일"):
        assert words in said.out
    assert "\x1b" not in said.out


def test_the_log_as_json(reviewed: Desk) -> None:
    """A list with the keys that others script against; --attempts adds every try."""
    rows = reviewed.mailer("log", "--json").json
    assert [row["state"] for row in rows] == ["accepted", "failed", "accepted"]
    assert set(rows[0]) >= {
        "dispatch", "delivery", "address", "name", "outlet", "lists", "state", "attempts", "code", "enhanced", "reply",
        "meaning", "message_id", "first_attempt_at", "last_attempt_at", "retry_at",
    }  # fmt: skip
    history = reviewed.mailer("log", "1", "--find", "slowwire", "--attempts", "--json").json[0]["history"]
    assert [(one["number"], one["verdict"], one["code"]) for one in history] == [(1, "defer", 450), (2, "accept", 250)]


def test_filters_narrow_the_log(reviewed: Desk) -> None:
    """--state, --find, --since and --limit; a state that does not exist and a date that is none are exit 2."""

    def addresses(*words: str) -> list[str]:
        return [row["address"] for row in reviewed.mailer("log", *words, "--json").json]

    assert addresses("--state", "failed,in_doubt") == ["gone@oldpaper.example"]
    assert addresses("--find", "한강") == ["minji.kim@hangang-daily.example"]
    assert addresses("--since", "2036-01-01") == []
    assert len(addresses("--since", "2020-01-01")) == 3
    assert len(addresses("--limit", "2")) == 2
    assert reviewed.mailer("log", "--state", "lost").code == 2
    assert reviewed.mailer("log", "--since", "gestern").code == 2
    assert reviewed.mailer("log", "7").code == 2


def test_every_attempt_is_a_row(reviewed: Desk) -> None:
    """--attempts shows both tries of the one who was put off."""
    said = reviewed.mailer("log", "1", "--attempts")
    assert said.out.count("busy@slowwire.example") == 2
    assert "450 4.2.1 later" in said.out


def test_the_log_as_a_file(reviewed: Desk) -> None:
    """CSV with BOM and XLSX; another ending is exit 2 and writes nothing."""
    assert reviewed.mailer("log", "1", "--export", "log.csv").code == 0
    data = Path("log.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert len(list(csv.reader(data.decode("utf-8-sig").splitlines()))) == 4
    assert reviewed.mailer("log", "1", "--export", "log.xlsx").code == 0
    assert Path("log.xlsx").read_bytes().startswith(b"PK")
    assert reviewed.mailer("log", "1", "--export", "log.doc").code == 2
    assert not Path("log.doc").exists()


def test_status_and_dispatches_as_json(reviewed: Desk) -> None:
    """status has send's keys and its own; dispatches is a list of the same."""
    one = reviewed.mailer("status", "1", "--json").json
    assert set(one) >= {
        "dispatch", "status", "counts", "started_at", "ended_at", "send_at", "zone", "late_after", "give_up_at",
        "pause_reason", "seal", "follows", "rate", "eta_s",
    }  # fmt: skip
    (listed,) = reviewed.mailer("dispatches", "--json").json
    assert {key: listed[key] for key in ("dispatch", "status", "counts")} == {
        key: one[key] for key in ("dispatch", "status", "counts")
    }
    assert reviewed.mailer("status", "1").code == 0
    assert "끝남" in reviewed.mailer("dispatches").out
    assert reviewed.mailer("status", "1", "--watch").code == 0


def test_what_waits_for_a_person_stands_on_top(desk: Desk) -> None:
    """`dispatches`: a paused one above those that go out by themselves, the next one above later ones; the hint names it."""
    for day in ("11", "10", "12"):
        words = ("-l", "press", "--at", f"2036-12-{day} 09:00", "--yes", "--expect", "3")
        assert desk.mailer("schedule", "short", *words).code == 0
    desk.mailer("pause", "3")
    said = desk.mailer("dispatches")
    order = [line.split()[0] for line in said.out.splitlines() if line.split()[0].isdecimal()]
    assert order == ["3", "2", "1"]
    assert "mailer status 3" in said.err
    assert [one["dispatch"] for one in desk.mailer("dispatches", "--json").json] == [2, 1, 3]


def test_what_went_out_in_practice_is_marked_afterwards(desk: Desk) -> None:
    """With a mail server set, a dispatch of practice days says so in dispatches, status and log; before, one line says it."""
    desk.mailer("send", "short", "-l", "press", "--yes", "--expect", "3")
    reviews = (("dispatches",), ("status", "1"), ("log", "1"))
    assert not any("(연습)" in desk.mailer(*words).out for words in reviews)
    assert all("연습 모드" in desk.mailer(*words).err for words in reviews)
    desk.server(9)
    assert all("(연습)" in desk.mailer(*words).out for words in reviews)
    assert not any("연습 모드" in desk.mailer(*words).err for words in reviews)


def test_holidays_and_deadlines_are_pointed_out(desk: Desk) -> None:
    """A date that web and terminal both doubt: Christmas, a crowded hour, the hour of the deadline."""
    ask = ("schedule", "short", "-l", "press", "--dry-run", "--at")
    assert "성탄절" in desk.mailer(*ask, "2036-12-25 09:00").out
    assert "마감" in desk.mailer(*ask, "2036-12-10 16:30").out
    desk.mailer(*ask[:4], "--yes", "--expect", "3", "--at", "2036-12-10 09:00")
    assert "두 시간 안에" in desk.mailer(*ask, "2036-12-10 10:30").out
    assert "두 시간 안에" not in desk.mailer("move", "1", "--at", "2036-12-10 10:00").err


def test_a_long_log_is_read_page_by_page(reviewed: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of two rows give the same rows in the same order, as a table, as JSON, as a file, and with a limit."""
    whole = reviewed.mailer("log", "--json").json
    monkeypatch.setattr("mailer.desk.report.PAGE", 2)
    monkeypatch.setattr("mailer.cli.log.ROWS_AT_ONCE", 2)
    assert reviewed.mailer("log", "--json").json == whole
    assert reviewed.mailer("log", "1", "--limit", "3", "--json").json == whole
    assert len(reviewed.mailer("log", "--limit", "2", "--json").json) == 2
    shown = reviewed.mailer("log").out
    assert [shown.count(row["address"]) for row in whole] == [1, 1, 1]
    assert reviewed.mailer("log", "--export", "all.csv").code == 0
    assert len(Path("all.csv").read_text("utf-8-sig").splitlines()) == 1 + len(whole)


def test_an_empty_workspace_says_what_to_do(desk: Desk) -> None:
    """No dispatches, no log: a sentence on stderr and nothing on stdout."""
    said = desk.mailer("dispatches")
    assert (said.code, said.out) == (0, "")
    assert "mailer send" in said.err
    assert desk.mailer("log").code == 0
    assert desk.mailer("log", "--json").json == []


# One process on one terminal that is resized before each run: starting Python costs more than the run.
RUNS = """
import fcntl, json, os, struct, sys, termios
from mailer.cli.root import run
for width, words, env in json.loads(sys.argv[1]):
    os.environ.update(env)
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    assert run(words) == 0
    print("\\x1e", end="", flush=True)
"""


def in_windows(*runs: tuple[int, Sequence[str], dict[str, str]]) -> list[str]:
    """What a terminal of each width shows of both streams of each command line; what it sets in the environment stays."""
    master, slave = pty.openpty()
    environment = clean_environment(TERM="xterm-256color")
    for name in ("COLUMNS", "NO_COLOR"):
        environment.pop(name, None)
    command = [sys.executable, "-c", RUNS, json.dumps(runs)]
    process = subprocess.Popen(command, env=environment, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    shown = last_words(master)
    assert process.wait(30) == 0, shown.decode()
    return shown.decode().split("\x1e")[:-1]


def without_ink(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)


def test_the_log_keeps_every_syllable_in_every_window(reviewed: Desk) -> None:
    """From 40 to 120 cells, in both languages, no line is too wide, and names, addresses and the server's words are whole."""
    asked = [(width, language) for language in ("ko", "en") for width in (40, 60, 80, 120)]
    root = str(reviewed.root)
    windows = in_windows(*((width, ["log", "1", "-w", root, "--lang", language], {}) for width, language in asked))
    assert len(windows) == len(asked)
    for (width, language), window in zip(asked, windows, strict=True):
        shown = without_ink(window)
        assert max(cells(line.rstrip()) for line in shown.splitlines()) <= width
        squeezed = "".join(shown.split())
        for words in ("minji.kim@hangang-daily.example", "김민지", "옛날신문", "nosuchuser"):
            assert words in squeezed, (width, words)
        assert {"ko": "접수", "en": "accepted"}[language] in shown


def test_colour_only_for_a_person(reviewed: Desk) -> None:
    """A terminal gets colour; NO_COLOR, TERM=dumb, --no-color and a pipe do not."""
    words = ["log", "1", "-w", str(reviewed.root)]
    coloured, asked, simple, unwanted = in_windows(
        (100, words, {}),
        (100, [*words, "--no-color"], {}),
        (100, words, {"TERM": "dumb"}),
        (100, words, {"TERM": "xterm-256color", "NO_COLOR": "1"}),
    )
    assert "\x1b[31m" in coloured
    for plain in (asked, simple, unwanted):
        assert "\x1b[" not in plain
    assert "\x1b[" not in reviewed.mailer("log", "1").out


def test_a_reader_that_leaves_is_no_error(reviewed: Desk) -> None:
    """`mailer log | head -1`: no traceback, no complaint, and one code, whether it leaves in the middle or before the end."""
    for buffered in ("", "1"):
        process = start("log", "--json", "-w", str(reviewed.root), env={"PYTHONUNBUFFERED": buffered})
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        with process.stderr:
            err = process.stderr.read().decode()
        assert process.wait(30) == 141
        assert err == ""


def test_json_is_pure_in_every_reading_verb(reviewed: Desk) -> None:
    """In practice mode, with findings and hints, stdout is one JSON value."""
    reviewed.settle()
    for words in (
        ("check", "short"),
        ("preview", "short", "-l", "press"),
        ("dispatches",),
        ("status", "1"),
        ("log",),
        ("contacts", "check", "press"),
        ("contacts", "show", "press"),
        ("suppress", "list"),
        ("config", "show"),
        ("config", "check"),
        ("doctor",),
        ("worker", "--until-idle"),
    ):
        json.loads(reviewed.mailer(*words, "--json").out)
