"""contacts, suppress, init, config and doctor: lists come in as they are, nobody is mailed against their will."""

from __future__ import annotations

from pathlib import Path

from mailer.contacts import read
from tests.scripted_smtp import ScriptedServer
from tests.terminal import Desk, desk

__all__ = ["desk"]

CORRUPT = """이메일,이름,매체
kim@paper.example,김하나,가나일보
lee@@paper.example,이두리,가나일보
Kim@paper.example,김하나,가나일보
"""


def test_an_import_is_shown_then_written(desk: Desk) -> None:
    """--dry-run writes nothing; the import writes the list and the bad rows; a second import changes nothing."""
    source = Path("from-excel.csv")
    source.write_bytes(CORRUPT.encode("cp949"))
    before = desk.files()
    tried = desk.mailer("contacts", "import", str(source), "--list", "new", "--dry-run")
    assert tried.code == 0
    assert "cp949" in tried.out
    assert tried.out.rstrip().endswith("아무것도 쓰지 않았습니다.")
    assert [name for name in desk.files() if name not in before] == []
    told = desk.mailer("contacts", "import", str(source), "--list", "new", "--json").json
    assert (len(told["new"]), len(told["bad"]), len(told["duplicates"])) == (1, 1, 1)
    assert "lee@@paper.example" in Path(told["bad_rows"]).read_text("utf-8-sig")
    written = desk.root / "recipients" / "new.csv"
    assert [str(one.address) for one in read(written).contacts] == ["kim@paper.example"]
    content = written.read_bytes()
    again = desk.mailer("contacts", "import", str(source), "--list", "new", "--json").json
    assert (again["new"], again["changed"], again["same"]) == ([], [], 1)
    assert written.read_bytes() == content
    assert source.read_bytes() == CORRUPT.encode("cp949")


def test_the_name_of_a_list_is_only_a_name(desk: Desk) -> None:
    """A path as the name of a list is exit 2 and writes nothing."""
    Path("a.csv").write_text(CORRUPT, "utf-8")
    for name in ("../out", "a/b", ".hidden", ""):
        assert desk.mailer("contacts", "import", "a.csv", "--list", name).code == 2
    assert not (desk.root.parent / "out.csv").exists()


def test_check_and_show_as_json(desk: Desk) -> None:
    """check ends with 4 when a row cannot be used and names row, column, value and what was probably meant."""
    (desk.root / "recipients" / "press.csv").write_text(CORRUPT.replace("lee@@", "lee@navre.com,"), "utf-8")
    said = desk.mailer("contacts", "check", "press", "--json")
    assert said.code == 4
    assert set(said.json) >= {"list", "encoding", "rows", "contacts", "problems"}
    assert set(said.json["problems"][0]) >= {"row", "column", "value", "problem", "suggestion"}
    assert said.json["problems"][0]["row"] == 3
    shown = desk.mailer("contacts", "show", "press", "--json").json
    assert [one["address"] for one in shown["people"]] == ["kim@paper.example"]
    assert "kim@paper.example" in desk.mailer("contacts", "show", "press").out


def test_why_somebody_gets_it_or_not(desk: Desk) -> None:
    """In the list, suppressed, and in no list: three answers with their reasons."""
    words = ("short", "-l", "press", "--json")
    assert desk.mailer("contacts", "why", "reporter001@paper.example", *words).json["receives"] is True
    desk.mailer("suppress", "add", "reporter001@paper.example", "--reason", "opted out")
    told = desk.mailer("contacts", "why", "reporter001@paper.example", *words).json
    assert told["receives"] is False
    assert any("opted out" in reason for reason in told["reasons"])
    assert desk.mailer("contacts", "why", "reporter0001@paper.example", *words).json["alike"]


def test_a_suppressed_person_is_not_mailed(desk: Desk) -> None:
    """An address and a whole domain stay out of a send; removed, they come back."""
    desk.people(1, "other", "closed.example")
    assert desk.mailer("suppress", "add", "reporter002@paper.example", "@closed.example", "--reason", "no").code == 0
    both = ("-l", "press", "-l", "other")
    told = desk.mailer("preview", "short", *both, "--json").json["audience"]
    assert told["recipients"] == 2
    assert len(desk.mailer("suppress", "list", "--json").json) == 2
    assert desk.mailer("suppress", "add", "reporter002@paper.example", "--reason", "x", "--json").json == {
        "added": 0,
        "known": 1,
    }
    assert desk.mailer("suppress", "remove", "@closed.example").code == 0
    assert desk.mailer("suppress", "remove", "@closed.example").code == 1
    assert desk.mailer("preview", "short", *both, "--json").json["audience"]["recipients"] == 3
    assert desk.mailer("suppress", "add", "nonsense", "--reason", "x").code == 2


def test_a_file_of_opt_outs(desk: Desk) -> None:
    """Every usable address of the file is suppressed; the others are named."""
    Path("out.csv").write_text(CORRUPT, "utf-8")
    said = desk.mailer("suppress", "import", "out.csv", "--reason", "opted out", "--json")
    assert said.json["added"] == 1
    assert "out.csv:3" in said.err


def test_forgetting_a_person(desk: Desk) -> None:
    """Gone from the lists, still suppressed without the readable address; without a terminal --yes is needed."""
    desk.mailer("suppress", "add", "reporter002@paper.example", "--reason", "opted out")
    assert desk.mailer("contacts", "forget", "reporter002@paper.example").code == 2
    told = desk.mailer("contacts", "forget", "reporter002@paper.example", "--yes", "--json").json
    assert (told["files"][0]["rows"], told["suppression_erased"]) == ([3], True)
    assert "reporter002" not in (desk.root / "recipients" / "press.csv").read_text("utf-8")
    (entry,) = desk.mailer("suppress", "list", "--json").json
    assert entry["shown"] is None
    desk.people(3)
    assert desk.mailer("preview", "short", "-l", "press", "--json").json["audience"]["recipients"] == 2


def test_the_history_of_a_person(desk: Desk) -> None:
    """Everything that one address was sent, and a sentence when there is nothing."""
    desk.mailer("send", "short", "-l", "press", "--yes", "--expect", "3")
    (row,) = desk.mailer("contacts", "history", "Reporter001@paper.example", "--json").json
    assert row["address"] == "reporter001@paper.example"
    assert desk.mailer("contacts", "history", "nobody@paper.example", "--json").json == []
    assert desk.mailer("contacts", "history", "nobody@paper.example").out == ""


def test_init_makes_a_workspace_that_works(desk: Desk) -> None:
    """Samples, templates and settings arrive; a second init leaves everything; check works in it."""
    said = desk.mailer("init", "fresh", "--json")
    assert said.code == 0
    assert ".env" in said.json["made"]
    assert desk.mailer("init", "fresh", "--json").json["made"] == []
    here = Desk(desk.root / "fresh", desk._capsys)
    assert here.mailer("check", "sample").code == 0


def test_a_file_in_the_way_of_a_workspace(desk: Desk) -> None:
    """A workspace that cannot be written is exit 2 with the place."""
    Path("taken").write_text("", "utf-8")
    said = desk.mailer("init", "taken/inside")
    assert said.code == 2
    assert "taken" in said.err


def test_settings_are_shown_masked_and_checked(desk: Desk) -> None:
    """config show never shows a password; an unknown key is exit 2 with a suggestion."""
    desk.server(2525, SMTP_USERNAME="press", SMTP_PASSWORD="very-secret")
    said = desk.mailer("config", "show", "--json")
    assert "very-secret" not in said.out + said.err
    assert said.json["SMTP_PASSWORD"]["value"] == "****"
    assert "very-secret" not in desk.mailer("config", "show").out
    assert desk.mailer("config", "check").code == 0
    desk.settle(SMTP_HOTS="smtp.example.org")
    wrong = desk.mailer("config", "check")
    assert wrong.code == 2
    assert "SMTP_HOST" in wrong.err


def test_the_doctor_looks_at_everything(desk: Desk) -> None:
    """Practice mode is 0; a server that answers is 0 and can be tried; a dead one is 5 among the other findings."""
    assert desk.mailer("doctor").code == 0
    with ScriptedServer().in_thread() as server:
        desk.server(server.port)
        said = desk.mailer("doctor", "--send-to", "me@example.org", "--json")
        assert (said.code, said.json["test"]) == (0, [{"to": "me@example.org", "verdict": "accept"}])
    dead = desk.mailer("doctor", "--json")
    assert dead.code == 5
    assert [one["level"] for one in dead.json["findings"]].count("error") == 1


def test_a_database_of_a_newer_version_is_refused(desk: Desk) -> None:
    """Exit 2, the file stays as it is."""
    import sqlite3

    assert desk.mailer("dispatches").code == 0
    path = desk.root / "var" / "mailer.db"
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999_future'")
    connection.close()
    said = desk.mailer("dispatches")
    assert said.code == 2
    assert "9999_future" in said.err
