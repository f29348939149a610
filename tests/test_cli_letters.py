"""check, preview and test: every complaint has a place and an exit code, and nothing leaves."""

from __future__ import annotations

import csv
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from mailer.ledger import open_ledger
from tests.builders import T0, contact
from tests.terminal import LETTER, Desk, desk

__all__ = ["desk"]


def test_a_good_letter_passes(desk: Desk) -> None:
    """`check` shows the header and the findings, counts them, ends with 0; a verb that sends nothing is silent about practice."""
    said = desk.mailer("check", "short")
    assert said.code == 0
    assert "26-12-시험-01" in said.out
    assert "막음 0" in said.out
    assert said.err == ""


def test_check_as_json(desk: Desk) -> None:
    """One object on stdout with the keys that others script against; pages counted in the PDF."""
    told = desk.mailer("check", "short", "--json").json
    assert set(told) == {"letter", "findings"}
    assert set(told["letter"]) == {
        "number", "to", "sender", "title", "dated", "pages", "signatories", "sha256",
    }  # fmt: skip
    assert (told["letter"]["pages"], told["letter"]["dated"]) == (1, "2026-12-10")
    assert all({"level", "code", "message", "where"} <= set(finding) for finding in told["findings"])


def test_a_wrong_weekday_stops(desk: Desk) -> None:
    """The finding names file and line; exit 4, in both languages."""
    desk.letter(LETTER.replace("(목)", "(금)"))
    ko, en = desk.mailer("check", "short"), desk.mailer("check", "short", "--lang", "en")
    assert (ko.code, en.code) == (4, 4)
    assert "막음  letters/short.md:5" in ko.out
    assert "stop  letters/short.md:5" in en.out


def test_strict_stops_on_a_warning(desk: Desk) -> None:
    """A warning alone ends with 0, and with --strict with 4."""
    desk.people(1)
    rows = (desk.root / "recipients" / "press.csv").read_text("utf-8") + "bad@@row.example,없음,가나일보\n"
    (desk.root / "recipients" / "press.csv").write_text(rows, "utf-8")
    assert desk.mailer("check", "short", "-l", "press").code == 0
    assert desk.mailer("check", "short", "-l", "press", "--strict").code == 4


def test_a_letter_without_a_header_field_is_refused(desk: Desk) -> None:
    """A missing 제목 is exit 4 with a sentence, as text and as JSON, and no traceback."""
    desk.letter("\n".join(line for line in LETTER.splitlines() if not line.startswith("제 목")))
    said = desk.mailer("check", "short")
    assert said.code == 4
    assert "제목" in said.out + said.err
    assert "Traceback" not in said.err


def test_an_unknown_letter_names_those_that_are_near(desk: Desk) -> None:
    """Exit 2 with a suggestion; with --json the error is the one object on stdout."""
    said = desk.mailer("check", "shirt")
    assert said.code == 2
    assert "short" in said.err
    told = desk.mailer("check", "shirt", "--json")
    assert told.code == 2
    assert told.json["error"]["exit"] == 2
    assert "shirt" in told.json["error"]["what"]


def test_a_preview_writes_what_would_go_out(desk: Desk) -> None:
    """manifest, PDF under its real name, and messages that decode to subject, person and that PDF; the word sent never falls."""
    said = desk.mailer("preview", "short", "-l", "press")
    assert said.code == 0
    assert said.out.rstrip().endswith("아무것도 나가지 않았습니다.")
    out = desk.root / "out" / "short"
    rows = list(csv.reader((out / "manifest.csv").read_text("utf-8-sig").splitlines()))
    assert [row[1] for row in rows[1:]] == [
        "reporter001@paper.example",
        "reporter002@paper.example",
        "reporter003@paper.example",
    ]
    (pdf,) = out.glob("*.pdf")
    assert pdf.name == "[논평] 시험 원고를 보냅니다(261210).pdf"
    message = message_from_bytes((out / "messages" / "0001-reporter001@paper.example.eml").read_bytes(), policy=default)
    assert message["Subject"] == "[논평] 시험 원고를 보냅니다"
    (attached,) = message.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == (pdf.name, pdf.read_bytes())
    english = desk.mailer("preview", "short", "-l", "press", "--lang", "en")
    assert " sent" not in english.out.replace("Nothing is sent", "")


def test_preview_as_json(desk: Desk) -> None:
    """check's keys and the audience, the seal, the folder, one entry per person with the path of its file."""
    told = desk.mailer("preview", "short", "-l", "press", "--json").json
    assert set(told) >= {"letter", "findings", "audience", "seal", "out", "messages"}
    assert (told["audience"]["listed"], told["audience"]["recipients"]) == (3, 3)
    assert len(told["seal"]) == 64
    assert [set(one) for one in told["messages"]] == [{"address", "subject", "bytes", "eml"}] * 3
    assert all(Path(one["eml"]).stat().st_size == one["bytes"] for one in told["messages"])


def test_a_preview_as_one_person(desk: Desk) -> None:
    """--as shows that person's text and writes only that message; an address that is not in the lists is exit 2."""
    said = desk.mailer("preview", "short", "-l", "press", "--as", "reporter002@paper.example", "--out", "one")
    assert said.code == 0
    assert "This is the body of a letter" in said.out
    assert [path.name for path in Path("one/messages").glob("*.eml")] == ["0002-reporter002@paper.example.eml"]
    assert desk.mailer("preview", "short", "-l", "press", "--as", "nobody@paper.example").code == 2
    desk.people(1, domain="한글.example")
    for written in ("Reporter001@한글.example", "reporter001@xn--bj0bj06e.example"):
        assert desk.mailer("preview", "short", "-l", "press", "--as", written).code == 0


def test_everybody_left_out_is_named_with_a_place(desk: Desk) -> None:
    """A doubled, a suppressed and an unusable row appear with reason and file:row, as text and as JSON."""
    path = desk.root / "recipients" / "press.csv"
    path.write_text(
        "이메일,이름,매체\na@paper.example,가,가나\nA@paper.example,가,가나\nout@paper.example,나,가나\nx@@y,다,가나\n",
        "utf-8",
    )
    desk.mailer("suppress", "add", "out@paper.example", "--reason", "수신 거부")
    said = desk.mailer("preview", "short", "-l", "press")
    for place in ("press.csv:3", "press.csv:4", "press.csv:5"):
        assert place in said.out
    left = desk.mailer("preview", "short", "-l", "press", "--json").json["audience"]["left_out"]
    assert [(one["address"], one["where"]) for one in left] == [
        ("A@paper.example", "press.csv:3"),
        ("out@paper.example", "press.csv:4"),
        ("x@@y", "press.csv:5"),
    ]


def test_a_row_that_is_a_whole_page_is_shortened(desk: Desk) -> None:
    """A cell of thousands of characters takes one or two lines of the screen, not all of it."""
    long = "가" * 3000
    (desk.root / "recipients" / "press.csv").write_text(f"이메일,이름\na@paper.example,가\n{long},나\n", "utf-8")
    said = desk.mailer("preview", "short", "-l", "press")
    assert said.code == 0
    assert 20 < said.out.count("가" * 10) * 10 < 100


@pytest.mark.parametrize(
    ("template", "broken"),
    [
        ("body.txt.j2", "{{ contact.nonsense }}"),
        ("body.html.j2", "{% if %}"),
        ("body.txt.j2", "{% for i in range(10**9) %}x{% endfor %}"),
    ],
)
def test_a_broken_template_stops_with_its_place(desk: Desk, template: str, broken: str) -> None:
    """An unknown variable, a syntax error and an endless loop are exit 4 and name the template; nothing is written."""
    folder = desk.root / "templates" / "email"
    folder.mkdir(parents=True)
    packaged = Path(__file__).parents[1] / "templates"
    for path in packaged.rglob("*"):
        if path.is_file():
            goal = desk.root / "templates" / path.relative_to(packaged)
            goal.parent.mkdir(parents=True, exist_ok=True)
            goal.write_bytes(path.read_bytes())
    path = folder / template
    path.write_text(path.read_text("utf-8") + broken, "utf-8")
    said = desk.mailer("preview", "short", "-l", "press")
    assert said.code == 4
    assert template in said.out + said.err
    assert not (desk.root / "out").exists()


def test_an_empty_list_and_a_list_without_addresses(desk: Desk) -> None:
    """Both are exit 4 and name the file."""
    path = desk.root / "recipients" / "press.csv"
    for content in ("이메일,이름\n", "이름,매체\n가,나\n"):
        path.write_text(content, "utf-8")
        said = desk.mailer("preview", "short", "-l", "press")
        assert said.code == 4
        assert "press.csv" in said.err


def test_a_test_copy_is_marked_and_leaves_no_trace_in_the_log(desk: Desk) -> None:
    """`test` puts [시험] before the subject, into the practice inbox, as for the chosen person; no dispatch is made."""
    said = desk.mailer(
        "test", "short", "--to", "me@example.org", "-l", "press", "--as", "reporter003@paper.example", "--json"
    )
    assert said.code == 0
    (one,) = said.json["test"]
    assert (one["to"], one["as"], one["verdict"]) == ("me@example.org", "reporter003@paper.example", "accept")
    (path,) = (desk.root / "var" / "inbox" / "new").iterdir()
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert str(message["Subject"]).startswith("[시험] [논평]")
    assert "기자3" in path.read_text("utf-8") or "기자3" in str(message["To"])
    assert desk.mailer("dispatches", "--json").json == []


def test_a_test_copy_goes_to_the_remembered_testers(desk: Desk) -> None:
    """Without --to everybody whom the web page remembers gets one, nobody who is suppressed; with nobody it is wrong usage."""
    said = desk.mailer("test", "short")
    assert said.code == 2
    assert "--to" in said.err
    ledger = open_ledger(desk.root / "var" / "mailer.db")
    for name in ("a", "b"):
        ledger.testers.add(contact(f"{name}@office.example").address, who="kim", now=T0)
    ledger.close()
    said = desk.mailer("test", "short", "--json")
    assert [one["to"] for one in said.json["test"]] == ["a@office.example", "b@office.example"]
    assert desk.mailer("suppress", "add", "b@office.example", "--reason", "asked").code == 0
    assert desk.mailer("test", "short").code == 2


def test_a_test_copy_needs_no_list(desk: Desk) -> None:
    """Without -l it is written for the address itself; something that is no address is exit 2."""
    assert desk.mailer("test", "short", "--to", "me@example.org").code == 0
    assert desk.mailer("test", "short", "--to", "nonsense").code == 2
