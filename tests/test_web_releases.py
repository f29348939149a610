"""A release on the web page: written, saved, looked at, sent exactly once, taken back, reviewed."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.dispatch import DeliveryState, DispatchStatus
from mailer.ledger import LogFilter
from tests.browsing import Browser, WebDesk, confirming, web
from tests.scripted_smtp import Act, Rule, ScriptedServer
from tests.terminal import LETTER

__all__ = ["web"]


def work(web: WebDesk, dispatch: int) -> None:
    """Send until nothing is queued, as the worker beside the page does."""

    def over() -> bool:
        found = web.app.ledger.dispatches.get(dispatch)
        counts = web.app.ledger.queue.counts(dispatch)
        moving = counts[DeliveryState.QUEUED] + counts[DeliveryState.SENDING]
        return found is not None and found.status is not DispatchStatus.SCHEDULED and not moving

    asyncio.run(web.app.work(asyncio.Event(), until=over))


def test_the_whole_job(web: WebDesk) -> None:
    """Letter, people, preview, checks, send, log: every step answers, and three people have it in the practice inbox."""
    officer = web.officer()
    number = web.draft(officer)
    for step in ("letter", "people", "preview", "checks", "send"):
        assert officer.get(f"/release/{number}/{step}").status == 200, step
    assert "기자2" in officer.get(f"/release/{number}/preview?n=2").text
    dispatch = web.send(officer, number)
    web.clock.shift = timedelta(seconds=21)
    work(web, dispatch)
    page = officer.get(f"/log?dispatch={dispatch}")
    assert page.words.count("접수") >= 3
    assert "3통" in officer.get("/inbox").words
    assert officer.get(f"/dispatch/{dispatch}").words.count("100 %") == 1


@pytest.mark.parametrize("times", [2, 5])
def test_the_same_form_sends_once(web: WebDesk, times: int) -> None:
    """However often a confirming form arrives, one after the other, there is one dispatch and every answer leads to it."""
    officer = web.officer()
    number = web.draft(officer)
    form = confirming(officer.get(f"/release/{number}/send"))
    goals = {officer.post(f"/release/{number}/send", form).headers["location"] for _ in range(times)}
    assert len(goals) == 1
    assert len(web.app.ledger.dispatches.all()) == 1


def test_two_officers_at_the_same_moment_send_once(web: WebDesk) -> None:
    """Two people press the button together: one dispatch, both are shown it."""
    one, two = web.officer(), web.account("kim", "approve")
    number = web.draft(one)
    forms = [(browser, confirming(browser.get(f"/release/{number}/send"))) for browser in (one, two)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda pair: pair[0].post(f"/release/{number}/send", pair[1]), forms))
    assert {answer.status for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert len(web.app.ledger.dispatches.all()) == 1


def test_nothing_leaves_within_the_hold(web: WebDesk) -> None:
    """For twenty seconds a release can be taken back; it is a draft again, and its old form is worth nothing."""
    officer = web.officer()
    number = web.draft(officer)
    form = confirming(officer.get(f"/release/{number}/send"))
    dispatch = int(officer.post(f"/release/{number}/send", form).headers["location"].split("/")[2])
    assert "되돌리기" in officer.get(f"/dispatch/{dispatch}").words
    web.clock.shift = timedelta(seconds=15)
    assert web.app.ledger.dispatches.start_due(web.app.now()) == ((), ())
    answer = officer.post(f"/dispatch/{dispatch}/cancel")
    assert answer.headers["location"] == f"/release/{number}/send?said=taken_back"
    assert officer.post(f"/release/{number}/send", form).headers["location"] == f"/dispatch/{dispatch}"
    again = web.send(officer, number)
    assert again != dispatch
    assert [one.status for one in web.app.ledger.dispatches.all()].count(DispatchStatus.CANCELLED) == 1


def test_what_was_not_seen_is_not_sent(web: WebDesk) -> None:
    """Another word in the letter, or another person in the list, after the form was shown: nothing is sent."""
    officer = web.officer()
    number = web.draft(officer)
    form = confirming(officer.get(f"/release/{number}/send"))
    version = officer.get(f"/release/{number}/letter").value("version")
    changed = {"letter": LETTER.replace("written for a test", "changed since"), "version": version}
    assert officer.post(f"/release/{number}/letter", changed).status == 303
    assert officer.post(f"/release/{number}/send", form).status == 409
    form = confirming(officer.get(f"/release/{number}/send"))
    web.people(4)
    assert officer.post(f"/release/{number}/send", form).status == 409
    assert web.app.ledger.dispatches.all() == ()


def test_what_was_confirmed_as_practice_is_not_sent_by_a_server(web: WebDesk) -> None:
    """A server that was set after the confirming form was shown: nothing is approved, and the page says why."""
    officer = web.officer()
    number = web.draft(officer)
    form = confirming(officer.get(f"/release/{number}/send"))
    server = {"MAILER_FROM": "시험 <press@sender.example>", "SMTP_HOST": "mail.example.org"}
    assert officer.post("/settings/server", server).status == 303
    answer = officer.post(f"/release/{number}/send", form)
    assert answer.status == 409
    assert "메일 서버 설정이 바뀌었습니다" in answer.words
    assert web.app.ledger.dispatches.all() == ()


def test_more_than_fifty_people_are_counted_by_hand(web: WebDesk) -> None:
    """Above fifty the number must be typed back, and a wrong one sends nothing."""
    web.people(51)
    officer = web.officer()
    number = web.draft(officer)
    form = confirming(officer.get(f"/release/{number}/send"))
    for typed in ("", "50", "fifty-one"):
        assert officer.post(f"/release/{number}/send", {**form, "number": typed}).status == 409
    assert web.app.ledger.dispatches.all() == ()
    assert officer.post(f"/release/{number}/send", {**form, "number": "51"}).status == 303


def test_what_stops_a_send_disables_the_button(web: WebDesk) -> None:
    """A finding of level error leaves no form to send, says why, and a form made by hand is refused."""
    officer = web.officer()
    number = web.draft(officer, LETTER.replace("2026. 12. 10.(목)", "2026. 13. 40.(목)"))
    page = officer.get(f"/release/{number}/send")
    assert "막음" in page.words
    assert 'name="key"' not in page.text
    key = web.app.ledger.manuscripts.get(number)
    assert key is not None
    assert officer.post(f"/release/{number}/send", {"key": key.request_key, "seal": "", "at": ""}).status in {409, 422}
    assert web.app.ledger.dispatches.all() == ()


def test_a_schedule_names_zone_and_weekday(web: WebDesk) -> None:
    """The chosen time is shown with zone and weekday; a weekend night is warned of, a past time refused."""
    officer = web.officer()
    number = web.draft(officer)
    page = officer.get(f"/release/{number}/send?at=2030-01-05+23:00")
    assert "2030-01-05 23:00 (토) KST" in page.words
    assert re.search(r"주말에 나갑니다: \S+ \S+ \([토일]\) KST", page.words)
    assert "밤에 나갑니다" in page.words
    assert "공휴일" in officer.get(f"/release/{number}/send?at=2030-03-01+09:00").words
    past = officer.get(f"/release/{number}/send?day=2020-01-01&clock=09:30")
    assert "이미 지난 시각" in past.words
    assert 'name="day" value="2020-01-01"' in past.text
    assert 'name="clock" value="09:30"' in past.text
    form = confirming(page)
    goal = officer.post(f"/release/{number}/send", form).headers["location"]
    dispatch = web.app.ledger.dispatches.get(int(goal.split("/")[2]))
    assert dispatch is not None
    assert dispatch.wall_time == "2030-01-05 23:00"
    assert "2030-01-05 23:00 (토) KST" in officer.get("/").words


def test_two_tabs_do_not_overwrite_each_other(web: WebDesk) -> None:
    """Who saves over somebody else's text is told so, keeps their own words on the screen, and decides."""
    one, two = web.officer(), web.account("kim", "write")
    number = web.draft(one)
    version = one.get(f"/release/{number}/letter").value("version")
    assert two.post(f"/release/{number}/letter", {"letter": LETTER + "\nhers\n", "version": version}).status == 303
    late = one.post(f"/release/{number}/letter", {"letter": LETTER + "\nmine\n", "version": version})
    assert late.status == 409
    assert "mine" in late.text
    kept = web.app.ledger.manuscripts.get(number)
    assert kept is not None
    assert kept.letter.endswith("hers\n")
    again = one.post(f"/release/{number}/letter", {"letter": LETTER + "\nmine\n", "version": late.value("version")})
    assert again.status == 303


def test_autosave_answers_with_the_findings(web: WebDesk) -> None:
    """The script gets the new version and what the reader made of the text, with links to the line."""
    officer = web.officer()
    number = web.draft(officer)
    version = officer.get(f"/release/{number}/letter").value("version")
    wrong = {"letter": LETTER.replace("(목)", "(금)"), "version": version}
    answer = officer.post(f"/release/{number}/letter", wrong, x_fragment="1")
    assert answer.status == 200
    assert int(answer.headers["x-version"]) == int(version) + 1
    assert 'data-line="5"' in answer.text
    assert "<html" not in answer.text
    assert Browser(web.office).post(f"/release/{number}/letter", wrong, x_fragment="1").status == 401


def test_failures_are_reviewed_and_sent_again_once(web: WebDesk) -> None:
    """Those who failed are named with the server's words; one button reaches exactly them, however often it is pressed."""
    officer = web.officer()
    for rule in (
        {"target": "reporter001@paper.example", "answer": "550"},
        {"target": "@other.example", "answer": "421"},
    ):
        assert officer.post("/inbox/rules", rule).status == 303
    dispatch = web.send(officer, web.draft(officer))
    web.clock.shift = timedelta(seconds=21)
    work(web, dispatch)
    page = officer.get(f"/log?dispatch={dispatch}&state=failed")
    assert "550 5.1.1" in page.words
    assert "reporter002" not in page.text
    officer.post("/inbox/rules", {"target": "reporter001@paper.example", "answer": ""})
    page = officer.get(f"/dispatch/{dispatch}/resend")
    form = {name: page.value(name) for name in ("key", "way")}
    assert officer.post(f"/dispatch/{dispatch}/resend", form | {"way": "mail.example.org:587"}).status == 409
    goals = {officer.post(f"/dispatch/{dispatch}/resend", form).headers["location"] for _ in range(3)}
    assert len(goals) == 1
    again = int(goals.pop().split("/")[2])
    web.clock.shift = timedelta(seconds=60)
    work(web, again)
    rows = web.app.ledger.log.rows(LogFilter(dispatch_id=again))
    assert [(str(row.delivery.contact.address), row.delivery.state) for row in rows] == [
        ("reporter001@paper.example", DeliveryState.ACCEPTED)
    ]
    assert "다시 보낼 사람이 없습니다" in officer.get(f"/dispatch/{dispatch}/resend").words


def test_doubts_are_settled_on_the_page(tmp_path: Path) -> None:
    """A lost answer is a doubt in a banner; two buttons settle two people, and the officer's name stands beside it."""
    lost = Rule(stage="end", act=Act(cut="reset", store=True), address="reporter002@paper.example")
    refused = Rule(
        stage="rcpt", act=Act(reply="550 5.1.1 <script>alert(1)</script>"), address="reporter003@paper.example"
    )
    with ScriptedServer(lost, refused).in_thread() as server:
        web = WebDesk(
            tmp_path / "office",
            SMTP_HOST="127.0.0.1",
            SMTP_PORT=str(server.port),
            SMTP_SECURITY="none",
            SMTP_TIMEOUT="5s",
        )
        web.people(3)
        with web.app:
            officer = web.officer()
            dispatch = web.send(officer, web.draft(officer))
            web.clock.shift = timedelta(seconds=21)
            work(web, dispatch)
            assert "알 수 없습니다" in officer.get("/").words
            page = officer.get(f"/log?dispatch={dispatch}")
            assert "550 5.1.1" in page.words
            assert "<script>alert" not in page.text
            settle = {"address": "reporter002@paper.example", "move": "confirm"}
            assert officer.post(f"/dispatch/{dispatch}/settle", settle).status == 303
            assert officer.post(f"/dispatch/{dispatch}/settle", {**settle, "move": "erase"}).status == 400
            found = web.app.ledger.dispatches.get(dispatch)
            assert found is not None
            assert found.status is DispatchStatus.DONE
            rows = web.app.ledger.log.rows(LogFilter(dispatch_id=dispatch))
            states = [row.delivery.state for row in rows]
            assert states == [DeliveryState.ACCEPTED, DeliveryState.ACCEPTED, DeliveryState.FAILED]


def test_a_resend_asks_the_server_first(tmp_path: Path) -> None:
    """A server that is gone makes no new dispatch: the officer is told and led back, and the form sends when it is there again."""
    refused = Rule(stage="rcpt", act=Act(reply="550 5.1.1 no such user"), address="reporter003@paper.example", first=1)
    server = ScriptedServer(refused)
    with server.in_thread():
        settings = {"SMTP_PORT": str(server.port), "SMTP_SECURITY": "none", "SMTP_TIMEOUT": "5s"}
        web = WebDesk(tmp_path / "office", SMTP_HOST="127.0.0.1", **settings)
        web.people(3)
        with web.app:
            officer = web.officer()
            dispatch = web.send(officer, web.draft(officer))
            web.clock.shift = timedelta(seconds=21)
            work(web, dispatch)
    with web.app:
        path = f"/dispatch/{dispatch}/resend"
        page = officer.get(path)
        form = {name: page.value(name) for name in ("key", "way")}
        answer = officer.post(path, form)
        assert "메일 서버에 연결할 수 없습니다" in answer.words
        assert f'href="{path}"' in answer.text
        assert [one.id for one in web.app.ledger.dispatches.all()] == [dispatch]
        with ScriptedServer(port=server.port).in_thread():
            assert officer.post(path, form).status == 303
        assert len(web.app.ledger.dispatches.all()) == 2


def test_exports_hold_no_formula(web: WebDesk) -> None:
    """A name that a spreadsheet would run as a formula is text in the exported log and in the exported list."""
    web.people(1, rows=["evil@paper.example,=HYPERLINK(1),+82 매체"])
    officer = web.officer()
    dispatch = web.send(officer, web.draft(officer))
    for path in (f"/log/export.csv?dispatch={dispatch}", "/people/list/press/file.csv"):
        text = officer.get(path).body.decode("utf-8-sig")
        assert not re.search(r'(^|[,"])=HYPERLINK', text, re.M), path
        assert "attachment" in officer.get(path).headers["content-disposition"]
    assert officer.get(f"/log/export.xlsx?dispatch={dispatch}").body.startswith(b"PK")


def test_both_languages_are_complete(web: WebDesk) -> None:
    """After the switch to English no Korean is left on the pages but what people wrote and the names of languages."""
    officer = web.officer()
    assert officer.post("/look", {"lang": "en", "to": "/"}).status == 303
    for path in ("/", "/release/new", "/log", "/people", "/people/suppressed", "/inbox"):
        words = re.sub(r"한국어", "", officer.get(path).words)
        assert not re.search("[가-힣]", words), (path, re.findall(".{0,20}[가-힣]+.{0,20}", words)[:3])


def test_the_mail_server_is_set_on_the_page(web: WebDesk) -> None:
    """What is saved is in force at once and stands in .env beside the comments; a wrong value leaves the file as it was."""
    env = web.root / ".env"
    env.write_text("# ours\nMAILER_FROM=시험 <press@sender.example>\nSMTP_PASSWORD=\n", "utf-8")
    officer = web.officer()
    form = {
        "MAILER_FROM": "새 공보팀 <new@sender.example>",
        "SMTP_HOST": "mail.example.org",
        "SMTP_PORT": "465",
        "SMTP_SECURITY": "tls",
        "SMTP_USERNAME": "press",
        "SMTP_PASSWORD": "it's a \\ secret #1",
        "MAILER_TIMEZONE": "Asia/Tokyo",
    }
    assert officer.post("/settings/server", form).status == 303
    config = web.app.config
    assert (config.smtp_host, config.smtp_port, config.timezone) == ("mail.example.org", 465, "Asia/Tokyo")
    assert config.smtp_password is not None
    assert config.smtp_password.reveal() == form["SMTP_PASSWORD"]
    assert web.app.sender.address == "new@sender.example"
    assert env.read_text("utf-8").startswith("# ours\n")
    assert env.stat().st_mode & 0o077 == 0
    page = officer.get("/settings")
    assert "secret #1" not in page.text
    assert "JST" in page.words
    before = env.read_bytes()
    for key, value in (("SMTP_PORT", "99999"), ("MAILER_TIMEZONE", "Mars/Base"), ("MAILER_FROM", "nobody")):
        assert officer.post("/settings/server", {**form, key: value}).status == 422, key
        assert env.read_bytes() == before
    assert officer.post("/settings/server", {**form, "SMTP_PASSWORD": ""}).status == 303
    kept = web.app.config.smtp_password
    assert kept is not None
    assert kept.reveal() == form["SMTP_PASSWORD"]
    assert officer.post("/settings/server", {"MAILER_FROM": form["MAILER_FROM"]}).status == 303
    assert web.app.config.practice
