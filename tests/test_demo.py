"""The demonstration: the whole main job, from anywhere, ending with 0 only when every outcome is the expected one."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.cli import demo as demo_verb
from mailer.cli import expected
from mailer.cli.root import run
from mailer.dispatch import DeliveryState
from tests.terminal import start


def test_the_demo_runs_in_an_empty_folder(tmp_path: Path) -> None:
    """With a server in the environment it sends only to itself; in another project's folder it touches nothing; files exist."""
    temporary = tmp_path / "temporary"
    here = tmp_path / "here"
    for folder in (temporary, here, here / "var"):
        folder.mkdir()
    (here / ".env").write_text("OTHER=1", "utf-8")
    env = {"SMTP_HOST": "smtp.example.invalid", "MAILER_FROM": "me@example.org", "TMPDIR": str(temporary)}
    process = start("demo", "--json", env=env, cwd=here)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err.decode()
    told = json.loads(out)
    assert (told["as_expected"], told["differences"], told["status"]) == (True, [], "done")
    assert told["counts"]["accepted"] == 22
    assert told["counts"]["failed"] == 1
    assert sorted(path.name for path in here.rglob("*")) == [".env", "var"]
    folder = Path(told["folder"])
    assert folder.is_relative_to(temporary)
    assert len(list((folder / "var" / "inbox" / "new").iterdir())) == 22
    assert len(list((folder / "preview").glob("*.pdf"))) == 1


def test_the_demo_of_a_workspace_keeps_to_its_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a workspace it works below var/demo/, fresh each time, in a folder of its own making; a difference is exit 1."""
    for name in ("letters", "recipients"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    demo = tmp_path / "var" / "demo"
    demo.mkdir(parents=True)
    (demo / "mine.txt").write_text("keep", "utf-8")
    assert run(["demo"]) == 2
    assert (demo / "mine.txt").read_text("utf-8") == "keep"
    (demo / "mine.txt").unlink()
    (demo / ".mailer-demo").touch()
    (demo / "old.txt").touch()
    monkeypatch.setattr(demo_verb, "AHEAD", timedelta(0))
    monkeypatch.setitem(expected.OUTCOMES, "gone@oldpaper.example", (DeliveryState.ACCEPTED, 1, 250))
    assert run(["demo", "--lang", "en"]) == 1
    printed = capsys.readouterr()
    assert "gone@oldpaper.example: expected accepted 1 250, found failed 1 550" in printed.err
    assert "busy@slowwire.example" in printed.out
    assert not (demo / "old.txt").exists()
    assert (demo / "var" / "mailer.db").exists()
    assert not (tmp_path / "var" / "mailer.db").exists()
