"""Test copies from the page: to the testers who are ticked, to another address, never to a list or to somebody suppressed."""

from __future__ import annotations

import re
from pathlib import Path

from tests.browsing import Browser, WebDesk, web
from tests.builders import contact
from tests.scripted_smtp import Act, Rule, ScriptedServer

__all__ = ["web"]

SHOWN = [("shown", number) for number in "123"]


def caught(web: WebDesk) -> list[str]:
    """Who has mail in the practice inbox."""
    files = [path for path in (web.root / "var" / "inbox").rglob("*") if path.is_file()]
    found = [re.search(rb"^Delivered-To: (\S+)", path.read_bytes(), re.MULTILINE) for path in files]
    return sorted(match[1].decode() for match in found if match)


def keep(browser: Browser, *addresses: str) -> None:
    for address in addresses:
        assert browser.post("/settings/testers", {"address": address}).status == 303


def ticked(page: str) -> list[str]:
    return re.findall(r'name="to" value="(\d+)" checked', page)


def test_the_ticked_testers_get_a_marked_copy_each(web: WebDesk) -> None:
    """Two of three are ticked and get one; the screen remembers the choice, the ledger no delivery, the list nobody new."""
    officer = web.officer()
    number = web.draft(officer)
    keep(officer, "a@office.example", "b@office.example", "c@office.example")
    page = officer.get(f"/release/{number}/preview").text
    assert ticked(page) == ["1", "2", "3"]
    answer = officer.post(f"/release/{number}/test?n=2&view=html", [*SHOWN, ("to", "1"), ("to", "3"), ("also", "")])
    assert answer.status == 303
    assert caught(web) == ["a@office.example", "c@office.example"]
    assert ticked(officer.get(f"/release/{number}/preview").text) == ["1", "3"]
    assert "n=2" in answer.headers["location"]
    assert web.app.ledger.dispatches.all() == ()
    assert "a@office.example" not in officer.get(f"/release/{number}/preview?find=office").text.partition("<form")[0]
    draft = web.app.ledger.manuscripts.get(number)
    assert draft is not None
    assert len(web.office.bench.prepared(draft).summaries) == 3


def test_another_address_is_remembered_when_asked(web: WebDesk) -> None:
    """An address typed for once is not kept; with the tick it is offered from now on, once however it is spelled."""
    officer = web.officer()
    number = web.draft(officer)
    assert officer.post(f"/release/{number}/test", {"also": "once@office.example"}).status == 303
    assert web.app.ledger.testers.all() == ()
    keep(officer, "a@office.example")
    assert officer.post(f"/release/{number}/test", [("to", "1"), ("also", "A@Office.example")]).status == 303
    assert [address.casefold() for address in caught(web)] == ["a@office.example", "once@office.example"]
    assert officer.post("/settings/testers/remove", {"id": "1"}).status == 303
    for spelled in ("Me@office.example", "me@OFFICE.example"):
        assert officer.post(f"/release/{number}/test", {"also": spelled, "keep": "1"}).status == 303
    assert len(web.app.ledger.testers.all()) == 1
    assert ticked(officer.get(f"/release/{number}/preview").text) == ["1"]


def test_testers_are_added_and_removed_by_the_rules_for_addresses(web: WebDesk) -> None:
    """What is no address is refused with what was probably meant; removing is by number and may be repeated."""
    officer = web.officer()
    for wrong in ("nobody", "a@", "a b@office.example", "Kim <kim@office.example>, b@office.example", ""):
        assert officer.post("/settings/testers", {"address": wrong}).status == 422, wrong
    keep(officer, "a@office.example")
    assert "a@office.example" in officer.get("/settings").words
    for number in ("1", "1", "x", "9" * 30):
        assert officer.post("/settings/testers/remove", {"id": number}).status == 303
    assert web.app.ledger.testers.all() == ()


def test_nothing_is_sent_when_one_address_is_unfit(web: WebDesk) -> None:
    """A slip, nobody chosen, or a suppressed tester: said on the page, the choice kept, and no copy to anybody."""
    officer = web.officer()
    number = web.draft(officer)
    keep(officer, "a@office.example", "barred@office.example")
    assert officer.post("/people/suppressed", {"target": "barred@office.example", "reason": "그만"}).status == 303
    for form, words in (
        ([("to", "1"), ("also", "nobody")], "메일 주소가 아닙니다"),
        ([("also", "")], "고르거나 적어"),
        ([*SHOWN, ("to", "1"), ("to", "2")], "발송 제외에 있는 주소"),
    ):
        answer = officer.post(f"/release/{number}/test", form)
        assert answer.status == 422
        assert words in answer.words
    assert ticked(answer.text) == ["1", "2"]
    assert re.search(r'href="/release/1/preview\?[^"]*n=2"', answer.text)
    assert caught(web) == []


def test_refused_copies_are_told_one_by_one(tmp_path: Path) -> None:
    """Of two testers one is refused: the page says for each what the server said."""
    refused = Rule(stage="rcpt", act=Act(reply="550 5.1.1 no such user"), address="b@office.example")
    with ScriptedServer(refused).in_thread() as server:
        web = WebDesk(tmp_path / "o", SMTP_HOST="127.0.0.1", SMTP_PORT=str(server.port), SMTP_SECURITY="none")
        web.people(2)
        with web.app:
            officer = web.officer()
            number = web.draft(officer)
            keep(officer, "a@office.example", "b@office.example")
            answer = officer.post(f"/release/{number}/test", [("to", "1"), ("to", "2")])
            assert answer.status == 200
            assert "a@office.example: 접수되었습니다" in answer.words
            assert re.search(r"b@office.example: \S+", answer.words)
            assert len(server.books.stored) == 1


def test_a_server_that_is_not_there_is_said_on_the_page(tmp_path: Path) -> None:
    """An unreachable server is one sentence above the form, and the address is still in it."""
    web = WebDesk(tmp_path / "o", SMTP_HOST="127.0.0.1", SMTP_PORT="9", SMTP_SECURITY="none", SMTP_TIMEOUT="2s")
    web.people(2)
    with web.app:
        officer = web.officer()
        number = web.draft(officer)
        answer = officer.post(f"/release/{number}/test", {"also": "me@office.example"})
        assert answer.status == 422
        assert answer.value("also") == "me@office.example"


def test_a_forgotten_person_is_no_tester_any_more(web: WebDesk) -> None:
    """Whoever asks to be forgotten is also taken from the testers."""
    officer = web.officer()
    keep(officer, "kim@office.example", "lee@office.example")
    web.app.ledger.forgetting.forget(contact("Kim@office.example").address)
    assert [one.address for one in web.app.ledger.testers.all()] == ["lee@office.example"]
