"""The practice inbox stays small, is emptied on request, and nothing but its own messages is ever touched."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.desk.inbox import LONGEST, MOST, READING, Inbox
from mailer.transport.catcher import Maildir
from tests.browsing import WebDesk, web
from tests.builders import T0

__all__ = ["web"]

DAY = timedelta(days=1)


def caught(folder: Path, number: int, *, at=T0, to: str = "kim@paper.example", subject: str = "가") -> str:  # type: ignore[no-untyped-def]
    """A message as the catcher stores it, that came `number` seconds after `at`."""
    maildir = Maildir(folder)
    maildir.prepare()
    first = folder / "new" / maildir.store("a@sender.example", [to], f"Subject: {subject}\r\n\r\nx\r\n".encode())
    name = f"{int((at.timestamp() + number) * 1e9):019}.P1Q{number}.practice"
    first.rename(folder / "new" / name)
    return name


def names(folder: Path) -> set[str]:
    return {path.name.partition(":")[0] for part in ("new", "cur") for path in (folder / part).iterdir()}


def test_the_oldest_go_first(tmp_path: Path) -> None:
    """No more than MOST stay, the newest; what is older than LONGEST goes whatever the number."""
    made = [caught(tmp_path, number) for number in range(MOST + 3)]
    inbox = Inbox(tmp_path)
    assert inbox.tidy(T0 + DAY) == 3
    assert names(tmp_path) == set(made[3:])
    assert inbox.tidy(T0 + DAY) == 0
    late = caught(tmp_path, 0, at=T0 + LONGEST)
    assert inbox.tidy(T0 + LONGEST + DAY) == MOST
    assert names(tmp_path) == {late}


def test_who_reads_a_message_keeps_it(tmp_path: Path) -> None:
    """A message that was opened a moment ago stays until it was left alone for a while."""
    name = caught(tmp_path, 1)
    inbox, late = Inbox(tmp_path), T0 + LONGEST + DAY
    assert inbox.count() == (1, 1)
    assert inbox.open(name, late) == inbox.read(name)
    assert inbox.count() == (1, 0)
    assert inbox.tidy(late + READING / 2) == 0
    assert inbox.tidy(late + READING * 2) == 1
    assert inbox.open(name, late) is None


def test_nothing_foreign_is_touched(tmp_path: Path) -> None:
    """What is being written, other names, folders, links and their goals stay, however old they are."""
    caught(tmp_path, 1)
    outside = tmp_path.parent / "1700000000000000000.P1Q1.practice"
    outside.write_text("mine")
    (tmp_path / "new" / "1700000000000000001.P1Q1.practice").symlink_to(outside)
    (tmp_path / "cur" / "1700000000000000002.P1Q1.practice").mkdir()
    for place in ("new/notes.txt", "new/1700000000.other", "tmp/1700000000000000003.P1Q1.practice", "mine.txt"):
        (tmp_path / place).write_text("mine")
        os.utime(tmp_path / place, (T0.timestamp(), T0.timestamp()))
    before = sorted(path for path in tmp_path.rglob("*") if path.is_file() and "P1Q1." not in path.name)
    inbox = Inbox(tmp_path)
    os.utime(tmp_path / "tmp/1700000000000000003.P1Q1.practice", ((T0 + LONGEST).timestamp(),) * 2)
    assert inbox.tidy(T0 + LONGEST + DAY) == 1
    assert inbox.empty("9" * 19) == 0
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file() and "P1Q1." not in path.name) == before
    assert (tmp_path / "tmp/1700000000000000003.P1Q1.practice").exists()
    assert (tmp_path / "new" / "1700000000000000001.P1Q1.practice").is_symlink()
    assert outside.read_text() == "mine"


def test_a_message_that_goes_meanwhile_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another window or program may remove a message between two looks."""
    name = caught(tmp_path, 1)
    inbox = Inbox(tmp_path)
    there = inbox._entries()
    (tmp_path / "new" / name).unlink()
    monkeypatch.setattr(inbox, "_entries", lambda: there)
    assert inbox.read(name) is None
    assert inbox.open(name, T0) is None
    assert inbox.empty(name) == 0
    assert [one.subject for one in inbox.listed(limit=9)] == [""]


def test_addresses_and_subjects_are_found(tmp_path: Path) -> None:
    """Encoded and folded subjects read as they are meant; a charset nobody knows does no harm."""
    caught(tmp_path, 1, subject="=?utf-8?b?7ISx66qF?=\r\n =?utf-8?b?7ISc?=")
    caught(tmp_path, 2, subject="=?x-unknown?q?hello?=", to="lee@paper.example")
    caught(tmp_path, 3, subject="plain\r\n and folded\r\nX-Subject: no")
    inbox = Inbox(tmp_path)
    assert [one.subject for one in inbox.listed(limit=9)] == ["plain and folded", "=?x-unknown?q?hello?=", "성명서"]
    assert [one.to for one in inbox.listed(find="LEE@", limit=9)] == ["lee@paper.example"]
    assert len(inbox.listed(find="성명", limit=9)) == 1
    assert len(inbox.listed(limit=2)) == 2


def test_the_page_empties_the_inbox(web: WebDesk) -> None:
    """Only what was there when the page was shown goes; 작성 may not; the page says how much is kept."""
    folder = web.app.workspace.inbox
    now = web.app.now() - DAY
    for number in range(3):
        caught(folder, number, at=now)
    page = web.officer().get("/inbox")
    assert f"최근 {MOST}통을 7일 동안 둡니다" in page.words
    late = caught(folder, 9, at=now)
    assert web.account("writer", "write").post("/inbox/empty", {"upto": late}).status == 403
    answer = web.officer().post("/inbox/empty", {"upto": page.value("upto")})
    assert (answer.status, names(folder)) == (303, {late})
    assert web.officer().post("/inbox/empty").status == 303
    assert names(folder) == {late}


def test_a_foreign_charset_is_shown(web: WebDesk) -> None:
    """A message that names a charset nobody knows is shown as well as it can be, in every view."""
    maildir = Maildir(web.app.workspace.inbox)
    maildir.prepare()
    text = b"Subject: a\r\nContent-Type: text/%s; charset=x-unknown\r\n\r\nhello\r\n"
    for kind in (b"plain", b"html"):
        name = maildir.store("a@sender.example", ["kim@paper.example"], text % kind)
        for view in ("html", "text", "headers", "raw"):
            assert web.officer().get(f"/inbox?message={name}&view={view}").status == 200
        assert web.officer().get(f"/inbox/{name}/frame").status == 200
