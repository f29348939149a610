"""contacts, suppress, init, config and doctor: lists come in as they are, nobody is mailed against their will."""

from __future__ import annotations

from pathlib import Path

import dns.resolver
import pytest

from mailer.contacts import read
from tests.nameserver import nameserver
from tests.scripted_smtp import Rule, ScriptedServer, reply
from tests.terminal import Desk, desk
from tests.workbooks import workbook

__all__ = ["desk", "nameserver"]

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
    assert tried.out.rstrip().endswith("아무것도 저장하지 않았습니다.")
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


def test_an_import_says_everything_that_wants_a_look(desk: Desk) -> None:
    """Warnings show on the import itself: a guessed column, several addresses in a cell, another sheet with addresses."""
    Path("bare.csv").write_text("kim@paper.example;lee@paper.example,a\npark@paper.example,b\n", "utf-8")
    said = desk.mailer("contacts", "import", "bare.csv", "--list", "bare", "--dry-run").out
    assert "주소가 든 열을 찾아서" in said
    assert "주소가 2개" in said
    Path("two.xlsx").write_bytes(
        workbook({"국내": [["이메일"], ["kim@paper.example"]], "해외": [["email"], ["ana@diario.example"]]})
    )
    said = desk.mailer("contacts", "import", "two.xlsx", "--list", "two", "--dry-run").out
    assert "--sheet" in said
    assert "해외" in said
    other = desk.mailer("contacts", "import", "two.xlsx", "--list", "two", "--sheet", "해외", "--json").json
    assert [one["address"] for one in other["new"]] == ["ana@diario.example"]
    assert (other["sheet"], other["sheets"]) == ("해외", ["국내", "해외"])
    assert desk.mailer("contacts", "check", "two.xlsx", "--sheet", "해외", "--json").json["contacts"] == 1


def test_whose_mailbox_an_address_is(desk: Desk) -> None:
    """Shared mailboxes and private accounts are named apart from addresses at work, on check and on import."""
    rows = "이메일\ndesk@paper.example\nkim@paper.example\nhong@naver.com\n"
    (desk.root / "recipients" / "mixed.csv").write_text(rows, "utf-8")
    said = desk.mailer("contacts", "check", "mixed").out
    assert [line.split() for line in said.splitlines()[1:4]] == [
        ["업무", "주소", "1"],
        ["공용", "사서함", "1", "desk@paper.example"],
        ["개인", "메일", "1", "hong@naver.com"],
    ]
    told = desk.mailer("contacts", "import", "recipients/mixed.csv", "--list", "new", "--json").json
    assert (told["role"], told["personal"]) == (["desk@paper.example"], ["hong@naver.com"])


def test_people_who_may_be_one_are_named(desk: Desk) -> None:
    """The same name and outlet under two addresses show on check and on import, with their rows."""
    rows = "이메일,이름,매체\nkim@paper.example,김하나,가나일보\nhana@paper.example,김하나,가나일보\n"
    Path("near.csv").write_text(rows, "utf-8")
    for verb in (("check", "near.csv"), ("import", "near.csv", "--list", "near", "--dry-run")):
        said = desk.mailer("contacts", *verb).out
        assert "near.csv:2, near.csv:3" in said


def test_corrected_rows_come_in_again(desk: Desk) -> None:
    """A file of bad rows with some corrected stays as it is, the rest is written beside it, and the source is kept."""
    Path("first.csv").write_text("이메일,이름\nlee@@paper.example,이두리\npark@@paper.example,박세리\n", "utf-8")
    told = desk.mailer("contacts", "import", "first.csv", "--list", "new", "--source", "명함", "--json").json
    first = Path(told["bad_rows"])
    corrected = first.read_text("utf-8-sig").replace("lee@@", "lee@", 2).encode()
    first.write_bytes(corrected)
    told = desk.mailer("contacts", "import", str(first), "--list", "new", "--json").json
    assert first.read_bytes() == corrected
    assert [(one["address"], one["source"]) for one in told["new"]] == [("lee@paper.example", "명함")]
    header, row = Path(told["bad_rows"]).read_text("utf-8-sig").splitlines()
    assert header == "행(원본),문제,제안,출처,이메일,이름"
    assert row.endswith(",명함,park@@paper.example,박세리")


def test_an_import_keeps_what_it_replaces(desk: Desk) -> None:
    """Backup of the list and its unreadable rows are written and named; an import that changes nothing writes neither."""
    goal = desk.root / "recipients" / "press.csv"
    old = "이메일,이름\nkim@paper.example,김하나\nbroken@,박\n".encode()
    goal.write_bytes(old)
    Path("same.csv").write_text("이메일,이름\nkim@paper.example,김하나\n", "utf-8")
    told = desk.mailer("contacts", "import", "same.csv", "--list", "press", "--json").json
    assert (told["backup"], told["old_bad_rows"], goal.read_bytes()) == (None, None, old)
    Path("more.csv").write_text("이메일,이름\nkim@paper.example,김두나\n", "utf-8")
    said = desk.mailer("contacts", "import", "more.csv", "--list", "press")
    assert "김두나" in said.out
    assert "var/press.old-bad.csv" in said.err
    (backup,) = goal.parent.glob("press.csv.*.bak")
    assert backup.name in said.err
    assert backup.read_bytes() == old
    assert "broken@" in (desk.root / "var" / "press.old-bad.csv").read_text("utf-8-sig")


def test_domains_are_looked_up_only_on_request(
    desk: Desk, nameserver: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --dns, check and import name domains that take no mail and those nobody could tell; without it nobody is asked."""
    asked: list[str] = []

    def configure(resolver: dns.resolver.Resolver, _file: object) -> None:
        asked.append("system")
        resolver.nameservers, resolver.port = [nameserver[0]], nameserver[1]

    monkeypatch.setattr(dns.resolver.Resolver, "read_resolv_conf", configure)
    Path("dns.csv").write_text("email\na@paper.example\nb@null.example\nc@none.example\nd@broken.example\n", "utf-8")
    assert desk.mailer("contacts", "check", "dns.csv").code == 0
    assert asked == []
    said = desk.mailer("contacts", "check", "dns.csv", "--dns", "--json")
    assert said.code == 4
    assert sorted(said.json["dead_domains"]) == ["none.example", "null.example"]
    assert said.json["unknown_domains"] == ["broken.example"]
    said = desk.mailer("contacts", "import", "dns.csv", "--list", "dns", "--dns", "--dry-run")
    assert "none.example: 없는 도메인입니다" in said.out
    assert "broken.example" in said.out


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
    (desk.root / "recipients" / "bad.csv").write_text("이메일\nlee＠paper.example\n", "utf-8")
    said = desk.mailer("contacts", "why", "lee@paper.example", "short", "-l", "press", "-l", "bad").out
    assert "bad.csv:2" in said
    assert "전각" in said
    (desk.root / "recipients" / "card.csv").write_text(
        "이메일,출처,등록일\nkim@paper.example,명함,2026-03-02\n", "utf-8"
    )
    said = desk.mailer("contacts", "why", "kim@paper.example", "short", "-l", "card").out
    assert "card.csv:2; 출처: 명함, 2026-03-02" in said


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
    """Every usable address and @domain is suppressed with its own reason; the other rows are named, and that is exit 4."""
    rows = (
        "주소,사유\nreporter001@paper.example,전화로 거절\n@Closed.example,폐간\nlee@@paper.example,\nhong@navre.com,\n"
    )
    Path("out.csv").write_bytes(rows.encode("cp949"))
    said = desk.mailer("suppress", "import", "out.csv", "--reason", "opted out", "--json")
    assert (said.code, said.json["added"], [one["row"] for one in said.json["bad"]]) == (4, 3, [4])
    assert "out.csv:4: lee@@paper.example" in said.err
    assert {one["shown"]: one["reason"] for one in desk.mailer("suppress", "list", "--json").json} == {
        "reporter001@paper.example": "전화로 거절",
        "@Closed.example": "폐간",
        "hong@navre.com": "opted out",
    }
    again = desk.mailer("suppress", "import", "out.csv", "--reason", "opted out")
    assert "이미 있던 것 3개" in again.out
    Path("noise.csv").write_text("x\n" * 100, "utf-8")
    assert len(desk.mailer("suppress", "import", "noise.csv", "--reason", "x").err.splitlines()) < 25
    assert desk.mailer("suppress", "import", "nowhere.csv", "--reason", "x").code == 2


def test_an_opt_out_survives_an_import(desk: Desk) -> None:
    """A person who comes in again with a later list is still not mailed."""
    desk.mailer("suppress", "add", "reporter002@paper.example", "--reason", "opted out")
    Path("late.csv").write_text("이메일,이름\nREPORTER002@paper.example,새이름\n", "utf-8")
    assert desk.mailer("contacts", "import", "late.csv", "--list", "press", "--json").json["changed"]
    left = desk.mailer("preview", "short", "-l", "press", "--json").json["audience"]["left_out"]
    assert [(one["address"], one["code"]) for one in left] == [("reporter002@paper.example", "suppressed")]


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


def test_a_forgotten_person_is_nowhere(desk: Desk) -> None:
    """No byte of lists, backups, previews, exports, inbox and ledger names them; who knows the address finds the fact."""
    name, address = "기자2", "reporter002@paper.example"
    Path("more.csv").write_text(f"이메일,이름\nnew@paper.example,신입\n<{address}>,{name}\n", "utf-8")
    desk.mailer("contacts", "import", "more.csv", "--list", "press")
    Path("more.csv").unlink()
    desk.mailer("preview", "short", "-l", "press")
    desk.mailer("send", "short", "-l", "press", "--yes", "--expect", "4")
    desk.mailer("log", "1", "--export", "out/log.csv")
    places = {"recipients", "out", "var"}
    assert {path.relative_to(desk.root).parts[0] for path in desk.holding(address)} == places
    told = desk.mailer("contacts", "forget", "Reporter002@Paper.example", "--yes", "--json").json
    assert told["deliveries"] == 1
    assert told["left"] == []
    assert desk.holding(address) == []
    assert desk.holding(name) == []
    assert len(desk.holding("reporter001@paper.example")) > 5
    (row,) = desk.mailer("contacts", "history", address, "--json").json
    assert (row["address"], row["name"], row["state"]) == ("r***@p***.example", "", "accepted")
    assert "또 들어옵니다" in desk.mailer("contacts", "forget", address, "--yes").err


def test_what_only_a_person_can_erase_is_named(desk: Desk) -> None:
    """An Excel list, a letter and an old copy of the database: named with the place, not changed."""
    address = "reporter002@paper.example"
    book = workbook({"국내": [["이메일"], ["a@paper.example"]], "해외": [["email"], ["x"], [f"<{address}>"]]})
    (desk.root / "recipients" / "other.xlsx").write_bytes(book)
    (desk.root / "letters" / "note.md").write_text(f"문의: {address.title()}", "utf-8")
    (desk.root / "letters" / "innocent.md").write_text(f"문의: x{address}", "utf-8")
    told = desk.mailer("contacts", "forget", address, "--yes", "--json").json
    assert [(Path(one["file"]).name, one["rows"], one["by_hand"]) for one in told["files"]] == [
        ("other.xlsx", [], [3]),
        ("press.csv", [3], []),
    ]
    assert [Path(one).name for one in told["left"]] == ["note.md"]
    assert (desk.root / "recipients" / "other.xlsx").read_bytes() == book
    said = desk.mailer("contacts", "forget", address, "--yes")
    assert "해외: 3" in said.out
    assert "letters/note.md" in said.out


def test_nobody_is_forgotten_in_the_middle_of_a_send(desk: Desk) -> None:
    """A scheduled send to them: exit 4 with its number, and not even a list is touched."""
    address = "reporter002@paper.example"
    desk.mailer("schedule", "short", "-l", "press", "--at", "2999-12-10 09:00", "--yes", "--expect", "3")
    said = desk.mailer("contacts", "forget", address, "--yes")
    assert (said.code, "발송 1" in said.err) == (4, True)
    assert address in (desk.root / "recipients" / "press.csv").read_text("utf-8")
    desk.mailer("cancel", "1")
    assert desk.mailer("contacts", "forget", address, "--yes").code == 0


def test_a_forgotten_person_is_not_sent_to_again(desk: Desk) -> None:
    """resend reaches those who did not get it, but not those whose address is no longer known."""
    rule = Rule(stage="rcpt", act=reply("550 5.1.1 no such user"), address="reporter002@paper.example")
    with ScriptedServer(rule).in_thread() as server:
        desk.server(server.port)
        assert desk.mailer("send", "short", "-l", "press", "--yes", "--expect", "3").code == 3
        assert desk.mailer("resend", "1", "--failed", "--dry-run", "--json").json["recipients"] == 1
        desk.mailer("contacts", "forget", "reporter002@paper.example", "--yes")
        assert desk.mailer("resend", "1", "--failed", "--dry-run").code == 4


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
