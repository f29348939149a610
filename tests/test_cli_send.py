"""send, schedule, resend and what follows: nothing is approved before the checks hold, the server answers, the number is right."""

from __future__ import annotations

import os
import pty
import socket
from datetime import UTC, datetime, timedelta

import pytest

from mailer.cli.signals import Stopping
from mailer.ledger import open_ledger
from tests.scripted_smtp import Extensions, Rule, ScriptedServer, certificates, hang, reply
from tests.terminal import LETTER, Desk, desk, last_words

__all__ = ["desk"]

SEND = ("send", "short", "-l", "press", "--yes", "--expect", "3")


def approved(desk: Desk) -> int:
    ledger = open_ledger(desk.root / "var" / "mailer.db")
    try:
        return len(ledger.dispatches.all())
    finally:
        ledger.close()


def test_everybody_accepted_is_exit_0(desk: Desk) -> None:
    """Each person gets one message; stdout has the counts, stderr the summary, the progress and the next command."""
    with ScriptedServer().in_thread() as server:
        desk.server(server.port)
        said = desk.mailer(*SEND)
    assert said.code == 0
    assert server.books.recipients == {f"reporter00{n}@paper.example": 1 for n in (1, 2, 3)}
    assert server.books.violations == []
    assert "접수 3" in said.out
    assert "[논평] 시험 원고를 보냅니다" in said.err
    assert "mailer log 1" in said.err
    assert "연습" not in said.out + said.err


def test_send_as_json_is_one_object(desk: Desk) -> None:
    """stdout holds the record and nothing else; the talk goes on on stderr."""
    said = desk.mailer(*SEND, "--json")
    told = said.json
    assert (told["dispatch"], told["status"], told["counts"]["accepted"]) == (1, "done", 3)
    assert set(told) == {"dispatch", "status", "counts", "started_at", "ended_at"}
    assert told["started_at"].endswith("+00:00")
    assert "보내는 사람" in said.err


def test_a_refused_person_is_exit_3_with_meaning_and_next_command(desk: Desk) -> None:
    """A 550 fails that person alone; the report says what it means and how to reach those who missed it."""
    with ScriptedServer(
        Rule(stage="rcpt", act=reply("550 5.1.1 no such user"), address="reporter002@paper.example")
    ).in_thread() as server:
        desk.server(server.port)
        said = desk.mailer(*SEND)
    assert said.code == 3
    assert "reporter002@paper.example" in said.out
    assert "550 5.1.1 no such user" in said.out
    assert "mailer resend 1 --failed" in said.err
    assert sum(server.books.recipients.values()) == 2


def test_a_retry_is_left_to_the_worker(desk: Desk) -> None:
    """Without --wait a 450 ends the send with 3 and names the worker; `worker --until-idle` finishes it."""
    rule = Rule(stage="rcpt", act=reply("450 4.2.1 later"), first=1, address="reporter001@paper.example")
    with ScriptedServer(rule).in_thread() as server:
        desk.server(server.port, MAILER_RETRY_FIRST="1s")
        said = desk.mailer(*SEND)
        assert said.code == 3
        assert "mailer worker" in said.err
        assert "남은 시간" not in desk.mailer("status", "1").out
        assert desk.mailer("worker", "--until-idle").code == 0
    assert server.books.doubled == {}
    assert server.books.missing(["reporter001@paper.example"]) == []
    assert desk.mailer("status", "1", "--json").json["status"] == "done"


def test_wait_stays_for_the_retries(desk: Desk) -> None:
    """--wait ends when no retry is open."""
    rule = Rule(stage="rcpt", act=reply("450 4.2.1 later"), first=1, per="address")
    with ScriptedServer(rule).in_thread() as server:
        desk.server(server.port, MAILER_RETRY_FIRST="1s")
        said = desk.mailer(*SEND, "--wait")
    assert said.code == 0
    assert server.books.doubled == {}


def test_nothing_is_approved_when_nobody_answers(desk: Desk) -> None:
    """A dead server is exit 5 before anything is approved, and says what to check."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        desk.server(taken.getsockname()[1])
        said = desk.mailer(*SEND)
    assert said.code == 5
    assert "SMTP_HOST" in said.err
    assert approved(desk) == 0


def test_whoever_waits_for_a_silent_server_knows_for_what(desk: Desk) -> None:
    """Before the time of SMTP_TIMEOUT runs, the screen names the server; then exit 5, and nothing was approved."""
    with ScriptedServer(Rule(stage="connect", act=hang())).in_thread() as server:
        desk.server(server.port, SMTP_TIMEOUT="1s")
        said = desk.mailer(*SEND)
        assert said.code == 5
        assert said.err.index(f"메일 서버에 묻습니다: 127.0.0.1:{server.port}") < said.err.index("오류")
    assert approved(desk) == 0


def test_a_refused_login_is_exit_5_after_one_try(desk: Desk) -> None:
    """One AUTH, not one per person, and nothing approved."""
    with ScriptedServer(tls=certificates().good, logins={"press": "right"}).in_thread() as server:
        desk.server(server.port, **with_login(desk, "wrong"))
        said = desk.mailer(*SEND)
    assert said.code == 5
    assert "SMTP_PASSWORD" in said.err
    assert [login.accepted for login in server.books.logins] == [False]
    assert approved(desk) == 0


def test_a_message_over_the_servers_size_stops_before_approval(desk: Desk) -> None:
    """SIZE from EHLO is compared with the largest message: exit 4, no MAIL command."""
    with ScriptedServer(extensions=Extensions(size=20_000)).in_thread() as server:
        desk.server(server.port)
        said = desk.mailer(*SEND)
    assert said.code == 4
    assert approved(desk) == 0
    assert not [line for _, line in server.books.commands if line.upper().startswith("MAIL")]


@pytest.mark.parametrize(
    ("words", "code"),
    [((), 2), (("--yes",), 2), (("--yes", "--expect", "2"), 4), (("--expect", "3"), 2)],
)
def test_without_the_right_number_nothing_is_sent(desk: Desk, words: tuple[str, ...], code: int) -> None:
    """Without a terminal --yes and the right --expect are both needed."""
    said = desk.mailer("send", "short", "-l", "press", *words)
    assert said.code == code
    assert approved(desk) == 0
    assert not (desk.root / "var" / "inbox").exists()


def test_errors_of_the_checks_stop_a_send(desk: Desk) -> None:
    """A wrong weekday is exit 4; nothing is approved."""
    desk.letter(LETTER.replace("(목)", "(금)"))
    said = desk.mailer(*SEND)
    assert said.code == 4
    assert "letters/short.md:5" in said.err
    assert approved(desk) == 0


@pytest.mark.parametrize("verb", [("send",), ("schedule", "--at", "2036-12-10 09:00")])
def test_a_dry_run_sends_nothing_and_never_says_sent(desk: Desk, verb: tuple[str, ...]) -> None:
    """Summary, people and findings on stdout, the last line says it was a rehearsal; no server is asked, no dispatch made."""
    for language, last in (("ko", "아무것도 나가지 않았습니다."), ("en", "Nothing went out.")):
        desk.server(9)
        said = desk.mailer(verb[0], "short", "-l", "press", *verb[1:], "--dry-run", "--lang", language)
        assert said.code == 0
        assert said.out.rstrip().endswith(last)
        assert "reporter001@paper.example" in said.out
        assert not any(word in (said.out + said.err).lower() for word in ("보냈습니다", " sent "))
    assert approved(desk) == 0
    told = desk.mailer(verb[0], "short", "-l", "press", *verb[1:], "--dry-run", "--json").json
    assert (told["rehearsal"], told["audience"]["recipients"]) == (True, 3)


def test_a_second_send_of_the_same_letter_is_pointed_out(desk: Desk) -> None:
    """The summary warns that people may get it twice and names the earlier dispatch."""
    desk.mailer(*SEND)
    assert "mailer resend 1 --failed" in desk.mailer("send", "short", "-l", "press", "--dry-run").out


def test_schedule_fixes_instant_zone_and_audience(desk: Desk) -> None:
    """The record has the UTC instant and the local words; a worker must run, and this is said."""
    said = desk.mailer(
        "schedule", "short", "-l", "press", "--at", "2036-12-10 09:00", "--yes", "--expect", "3", "--json"
    )
    assert said.code == 0
    assert said.json == {
        "dispatch": 1,
        "status": "scheduled",
        "send_at": "2036-12-10T00:00:00+00:00",
        "local": "2036-12-10 09:00 (수)",
        "zone": "Asia/Seoul",
        "recipients": 3,
    }
    assert "mailer worker" in said.err
    assert "전송일자" in said.err


@pytest.mark.parametrize(
    ("at", "zone"), [("2020-01-01 09:00", "Asia/Seoul"), ("nonsense", "Asia/Seoul"), ("2036-12-10 09:00", "Mars/Base")]
)
def test_impossible_times_are_refused(desk: Desk, at: str, zone: str) -> None:
    """Past, unreadable and unknown zones are exit 2; nothing is scheduled."""
    said = desk.mailer("schedule", "short", "-l", "press", "--at", at, "--tz", zone, "--yes", "--expect", "3")
    assert said.code == 2
    assert approved(desk) == 0


def test_a_scheduled_dispatch_goes_out_by_the_worker(desk: Desk) -> None:
    """`worker --until-idle` sends what is due; edits after the approval change nothing, and `status` says which files differ."""
    soon = datetime.now(UTC) + timedelta(seconds=2)
    at = soon.strftime("%Y-%m-%d %H:%M:%SZ")
    with ScriptedServer().in_thread() as server:
        desk.server(server.port)
        assert (
            desk.mailer("schedule", "short", "-l", "press", "--at", at, "--tz", "UTC", "--yes", "--expect", "3").code
            == 0
        )
        desk.letter(LETTER.replace("This is the body", "This is another body"))
        assert "short.md" in desk.mailer("status", "1").out
        while desk.mailer("dispatches", "--json").json[0]["status"] == "scheduled":
            assert desk.mailer("worker", "--until-idle").code == 0
    assert server.books.recipients == {f"reporter00{n}@paper.example": 1 for n in (1, 2, 3)}


def test_status_names_every_file_that_differs(desk: Desk) -> None:
    """The letter, and a list that gained or lost somebody or cannot be read any more; a tidier row is no difference."""
    path = desk.root / "recipients" / "press.csv"
    rows = path.read_text("utf-8")
    path.write_text(rows + "REPORTER001@paper.example,두 번,가나일보\nbad@@row.example,x,x\n", "utf-8")
    later = ("--at", "2036-12-10 09:00", "--yes", "--expect", "3")
    assert desk.mailer("schedule", "short", "-l", "press", *later).code == 0

    def differing() -> list[str]:
        return list(desk.mailer("status", "1", "--json").json["changed_files"])

    assert differing() == []
    path.write_text(rows.replace("기자1", "새 이름"), "utf-8")
    assert differing() == []
    for edited in (rows + "new@paper.example,새,가나일보\n", rows.replace("reporter002@", "other@"), "이름\n가\n"):
        path.write_text(edited, "utf-8")
        assert differing() == ["press.csv"]
    desk.letter(LETTER.replace("This is", "That is"))
    assert differing() == ["short.md", "press.csv"]


def test_move_pause_resume_cancel(desk: Desk) -> None:
    """Each changes what `status` says; an impossible move is exit 4, an unknown number too."""
    desk.mailer("schedule", "short", "-l", "press", "--at", "2036-12-10 09:00", "--yes", "--expect", "3")
    moved = desk.mailer("move", "1", "--at", "2036-12-11 10:00", "--json")
    assert moved.json["local"] == "2036-12-11 10:00 (목)"
    assert desk.mailer("pause", "1", "--json").json["status"] == "paused"
    assert "mailer resume 1" in desk.mailer("status", "1").err
    resumed = desk.mailer("resume", "1")
    assert "다시 예약되었습니다 (2036-12-11 10:00 (목) Asia/Seoul)" in resumed.out
    assert "--until-idle" not in resumed.err
    assert "mailer worker" in resumed.err
    assert desk.mailer("cancel", "1", "--json").json["counts"]["cancelled"] == 3
    assert desk.mailer("cancel", "1").code == 4
    assert [desk.mailer(verb, "7").code for verb in ("pause", "resume", "cancel", "status")] == [2, 2, 2, 2]


def test_resend_reaches_exactly_those_who_missed_it(desk: Desk) -> None:
    """--dry-run shows them; the real one is a new dispatch that follows the old; afterwards nobody is left."""
    rule = Rule(stage="rcpt", act=reply("550 5.1.1 no such user"), first=1, address="reporter002@paper.example")
    with ScriptedServer(rule).in_thread() as server:
        desk.server(server.port)
        desk.mailer(*SEND)
        tried = desk.mailer("resend", "1", "--failed", "--dry-run")
        assert "reporter002@paper.example" in tried.out
        assert "reporter001@paper.example" not in tried.out
        assert desk.mailer("resend", "1", "--failed", "--yes", "--expect", "2").code == 4
        said = desk.mailer("resend", "1", "--failed", "--yes", "--expect", "1", "--json")
        assert said.code == 0
        assert said.json["counts"]["accepted"] == 1
        assert desk.mailer("status", "2", "--json").json["follows"] == 1
        assert desk.mailer("resend", "1", "--failed", "--yes", "--expect", "1").code == 4
    assert server.books.doubled == {}
    assert desk.mailer("resend", "1").code == 2


def test_a_doubt_waits_for_a_person(desk: Desk) -> None:
    """Cut after the dot: in doubt, exit 3, paused; --abandon or --confirm settles it, a wrong address is exit 2."""
    from tests.scripted_smtp import cut

    desk.people(1)
    with ScriptedServer(Rule(stage="end", act=cut(store=True))).in_thread() as server:
        desk.server(server.port)
        said = desk.mailer("send", "short", "-l", "press", "--yes", "--expect", "1")
    assert said.code in (3, 5)
    assert "mailer resolve 1" in said.err
    assert desk.mailer("resolve", "1", "--confirm", "x@paper.example").code == 2
    assert desk.mailer("resolve", "1", "--confirm").code == 2
    assert desk.mailer("resolve", "1", "--all").code == 2
    done = desk.mailer("resolve", "1", "--confirm", "reporter001@paper.example", "--json")
    assert (done.code, done.json["status"], done.json["counts"]["accepted"]) == (0, "done", 1)


def test_a_login_that_is_refused_later_pauses_with_exit_5(desk: Desk) -> None:
    """Accepted at the probe, refused at the send: paused for the login, nobody burned, and the report says what to do."""
    refuse = Rule(stage="auth", act=reply("535 5.7.8 password changed"), after=1)
    server_side = ScriptedServer(refuse, tls=certificates().good, logins={"press": "right"})
    with server_side.in_thread() as server:
        desk.server(server.port, **with_login(desk, "right"), SMTP_CONNECTIONS=1)
        said = desk.mailer(*SEND)
    assert said.code == 5
    assert "SMTP_PASSWORD" in said.err
    assert "mailer resume 1" in said.err
    told = desk.mailer("status", "1", "--json").json
    assert (told["status"], told["counts"]["queued"], told["pause_reason"].partition(":")[0]) == ("paused", 3, "login")


def with_login(desk: Desk, password: str) -> dict[str, object]:
    return {
        "SMTP_HOST": "localhost",
        "SMTP_SECURITY": "starttls",
        "SMTP_USERNAME": "press",
        "SMTP_PASSWORD": password,
        "SMTP_CA_FILE": certificates().ca_file(desk.root),
    }


@pytest.mark.parametrize(("typed", "code"), [("３", 0), ("4", 4), ("", 4)])
def test_on_a_terminal_the_number_is_typed_back(desk: Desk, typed: str, code: int) -> None:
    """The prompt names the number of people; anything but that number sends nothing."""
    master, slave = pty.openpty()
    process = desk.process("send", "short", "-l", "press", stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    shown = b""
    while "적으십시오:".encode() not in shown:
        shown += os.read(master, 65536)
    os.write(master, f"{typed}\n".encode())
    shown += last_words(master)
    assert process.wait(30) == code
    assert "3명" in shown.decode()
    assert approved(desk) == (1 if code == 0 else 0)


def test_signals_are_given_back(desk: Desk) -> None:
    """After a send the handlers are what they were."""
    import signal

    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    desk.mailer(*SEND)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    assert Stopping.__doc__
