"""`mailer serve` opens for whom it should and ends in time; `mailer user` keeps the accounts."""

from __future__ import annotations

import json
import signal
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.terminal import Desk, desk, start

__all__ = ["desk"]


def ask(address: str, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(address, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_serve_prints_a_link_that_lets_in(desk: Desk) -> None:
    """On this machine the link that is printed opens the page, and a signal ends the server with the worker."""
    process = desk.process("serve", "--port", "0")
    try:
        assert process.stdout is not None
        link = "http" + process.stdout.readline().decode().partition("http")[2].strip()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with opener.open(link, timeout=10) as answer:
            assert "보도자료" in answer.read().decode()
        place = link.partition("/enter")[0]
        status, page = ask(f"{place}/login")
        assert (status, "비밀번호 없이" in page) == (200, True)
        assert ask(f"{place}/login", Host="evil.example")[0] == 421
    finally:
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0, (out, err)
    assert time.monotonic() - began < 5
    assert "Traceback" not in err.decode()


def test_serve_needs_accounts_for_other_machines(desk: Desk) -> None:
    """On any other address it refuses to start without accounts and says the two commands that help."""
    said = desk.mailer("serve", "--host", "0.0.0.0")
    assert said.code == 2
    assert "mailer user add" in said.err
    assert "mailer serve --host 0.0.0.0" in said.err


def test_a_taken_port_is_said_so(desk: Desk) -> None:
    """Another server on the port ends in a sentence and exit code 2."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = desk.mailer("serve", "--port", str(taken.getsockname()[1]))
    assert said.code == 2
    assert "--port" in said.err


def test_accounts_by_command(desk: Desk) -> None:
    """Accounts are made with the password on stdin, listed, changed and removed; short passwords are refused."""
    environment = {"cwd": str(desk.root)}
    for words, typed, code in (
        (("add", "kim", "--role", "approve"), "a long enough password", 0),
        (("add", "kim"), "a long enough password", 2),
        (("add", "lee"), "short", 2),
        (("password", "kim"), "another long password", 0),
        (("password", "nobody"), "another long password", 2),
    ):
        process = start("user", *words, "-w", str(desk.root), stdin=-1, **environment)
        out, err = process.communicate(typed.encode() + b"\n", timeout=60)
        assert process.returncode == code, (words, out, err)
        assert typed.encode() not in out + err
    assert desk.mailer("user", "list", "--json").json == {"accounts": [{"name": "kim", "role": "approve"}]}
    assert desk.mailer("user", "remove", "kim").code == 0
    assert desk.mailer("user", "remove", "kim").code == 2
    assert json.loads(desk.mailer("user", "list", "--json").out) == {"accounts": []}


@pytest.mark.parametrize("part", ["templates", "static"])
def test_the_pages_travel_with_the_package(part: str) -> None:
    """Templates and static files lie inside the package, so that a wheel carries them, and hold nothing of others."""
    import mailer.web

    folder = Path(mailer.web.__file__).parent / part
    assert len(list(folder.iterdir())) >= 3
    assert not [
        path for path in folder.rglob("*") if "http://" in path.read_text("utf-8").replace("http://www.w3.org", "")
    ]
