"""Ctrl-C and SIGTERM on a real process: finish what is on the wire, keep the rest, say how to go on."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from mailer.app import open_app
from mailer.config import read_config
from tests.scripted_smtp import ScriptedServer
from tests.terminal import Desk, desk

__all__ = ["desk"]

PEOPLE = 20
SLOW = 0.02
PATIENCE = 30


def until(true: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def make_due(desk: Desk) -> None:
    """The time of dispatch 1 comes now, without waiting for it."""
    with open_app(read_config(desk.root, {})) as app:
        soon = app.now() + timedelta(milliseconds=1)
        terms = {"zone": "Asia/Seoul", "wall_time": "", "late_after": timedelta(hours=1)}
        app.ledger.dispatches.schedule(1, send_at=soon, who="test", now=app.now(), **terms)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_send_is_paused_and_loses_nobody(desk: Desk, number: signal.Signals) -> None:
    """Exit 130, paused as stopped; it names `mailer resume`, which names `mailer worker`; all together reach everybody once."""
    addresses = desk.people(PEOPLE)
    with ScriptedServer(delay=SLOW).in_thread() as server:
        desk.server(server.port, SMTP_CONNECTIONS=2)
        process = desk.process("send", "short", "-l", "press", "--yes", "--expect", str(PEOPLE))
        until(lambda: len(server.books.stored) > 3, process)
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 130, err.decode()
        assert b"Traceback" not in err
        assert "mailer resume 1" in err.decode()
        assert 0 < len(server.books.stored) < PEOPLE
        told = desk.mailer("status", "1", "--json").json
        assert (told["status"], told["pause_reason"]) == ("paused", "stopped")
        assert told["counts"]["accepted"] == len(server.books.stored)
        assert told["counts"]["in_doubt"] == told["counts"]["sending"] == 0
        resumed = desk.mailer("resume", "1")
        assert resumed.code == 0
        assert "mailer worker" in resumed.err
        assert desk.mailer("worker", "--until-idle").code == 0
    assert server.books.missing(addresses) == []
    assert server.books.doubled == {}
    assert "멈췄습니다" in out.decode()


def test_a_stopped_worker_leaves_the_rest_to_the_next(desk: Desk) -> None:
    """SIGTERM ends a worker with 0 and Ctrl-C with 130; neither pauses anything: another one goes on by itself."""
    addresses = desk.people(PEOPLE)
    with ScriptedServer(delay=SLOW).in_thread() as server:
        desk.server(server.port, SMTP_CONNECTIONS=2)
        later = ("--at", "2036-12-10 09:00", "--yes", "--expect", str(PEOPLE))
        assert desk.mailer("schedule", "short", "-l", "press", *later).code == 0
        make_due(desk)
        for number, code in ((signal.SIGTERM, 0), (signal.SIGINT, 130)):
            before = len(server.books.stored)
            worker = desk.process("worker")
            until(lambda known=before: len(server.books.stored) > known + 1, worker)
            worker.send_signal(number)
            _, err = worker.communicate(timeout=PATIENCE)
            assert worker.returncode == code, err.decode()
            assert desk.mailer("status", "1", "--json").json["status"] == "sending"
        assert desk.mailer("worker", "--until-idle").code == 0
    assert server.books.missing(addresses) == []
    assert server.books.doubled == {}


def test_a_worker_that_may_not_write_ends_in_words(desk: Desk) -> None:
    """An unwritable workspace is exit 2 with place and remedy, without a word of Python, even though two tasks met it."""
    (desk.root / "var").write_text("in the way", "utf-8")
    worker = desk.process("worker", "--until-idle")
    _, err = worker.communicate(timeout=PATIENCE)
    assert worker.returncode == 2
    assert "여기에 쓸 수 없습니다 (같은 이름이 이미 있습니다)" in err.decode()
    assert "Traceback" not in err.decode()


def test_a_second_signal_leaves_at_once(desk: Desk) -> None:
    """With a server that never answers the dot, the second Ctrl-C does not wait; what was on the wire is in doubt."""
    from tests.scripted_smtp import Rule, hang

    desk.people(2)
    with ScriptedServer(Rule(stage="end", act=hang())).in_thread() as server:
        desk.server(server.port, SMTP_CONNECTIONS=1)
        process = desk.process("send", "short", "-l", "press", "--yes", "--expect", "2")
        until(lambda: any(line.upper() == "DATA" for _, line in server.books.commands), process)
        until(lambda: desk.mailer("status", "1", "--json").json["counts"]["sending"] == 1, process)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 130


def test_a_worker_that_waits_says_for_what(desk: Desk) -> None:
    """It prints the next due dispatch with local time and distance, and `schedule` sees that a worker is alive."""
    desk.mailer("schedule", "short", "-l", "press", "--at", "2036-12-10 09:00", "--yes", "--expect", "3")
    worker = desk.process("worker")
    assert worker.stdout is not None
    line = worker.stdout.readline().decode()
    assert "2036-12-10 09:00 (수) Asia/Seoul" in line
    until(lambda: "실행 중입니다" in desk.mailer("move", "1", "--at", "2036-12-11 09:00").err, worker)
    worker.send_signal(signal.SIGTERM)
    worker.communicate(timeout=PATIENCE)
    assert worker.returncode == 0
    assert "실행 중인 worker가 없습니다" in desk.mailer("move", "1", "--at", "2036-12-12 09:00").err


def test_a_killed_worker_does_not_count_as_alive(desk: Desk) -> None:
    """kill -9 leaves a lock file that nobody holds."""
    worker = desk.process("worker")
    assert worker.stdout is not None
    worker.stdout.readline()
    worker.kill()
    worker.communicate(timeout=PATIENCE)
    said = desk.mailer("schedule", "short", "-l", "press", "--at", "2036-12-10 09:00", "--yes", "--expect", "3")
    assert "실행 중인 worker가 없습니다" in said.err
