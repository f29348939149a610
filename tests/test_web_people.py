"""One person on the page: their history, and forgetting them for good."""

from __future__ import annotations

from pathlib import Path

from tests.browsing import Answer, Browser, WebDesk, web
from tests.workbooks import workbook

__all__ = ["web"]

KIM = "reporter002@paper.example"
PAGE = f"/people/forget?address={KIM}"


def sent(web: WebDesk) -> int:
    """A dispatch that went to everybody: the worker's part is played by the ledger's own moves."""
    officer = web.officer()
    number = web.send(officer, web.draft(officer))
    officer.post(f"/dispatch/{number}/cancel")
    return number


def erase(browser: Browser, typed: str = KIM, address: str = KIM) -> Answer:
    return browser.post("/people/forget", {"address": address, "typed": typed})


def holding(root: Path, text: str) -> list[str]:
    """The files that hold `text`, the database and its journal included."""
    found = (path for path in root.rglob("*") if path.is_file() and text.encode() in path.read_bytes().lower())
    return sorted(path.relative_to(root).as_posix() for path in found)


def test_the_page_says_first_what_would_go(web: WebDesk) -> None:
    """Before anything is erased the page names files with rows, the log, what stays, and what only a person can mend."""
    sent(web)
    officer = web.officer()
    (web.root / "letters" / "note.md").write_text(f"문의: {KIM}", "utf-8")
    (web.root / "recipients" / "other.xlsx").write_bytes(workbook({"국내": [["이메일"], [KIM]]}))
    before = {path: path.read_bytes() for path in (web.root / "recipients").iterdir()}
    words = officer.get(PAGE).words
    for told in ("recipients/press.csv : 명단과 표의 줄 3", "발송 기록 1줄", "r***@p***.example", "letters/note.md"):
        assert told in words
    assert "엑셀 파일은 고치지 않습니다" in words
    assert "발송 제외에 없는 주소입니다" in words
    assert {path: path.read_bytes() for path in (web.root / "recipients").iterdir()} == before
    assert KIM in officer.get(f"/people/person?address={KIM}").text


def test_a_person_is_forgotten(web: WebDesk) -> None:
    """Gone from lists, uploads and the log; the suppression stays without the address; who knows it still finds the fact."""
    sent(web)
    officer = web.officer()
    officer.post("/people/suppressed", {"target": KIM, "reason": "본인 요청"})
    assert officer.post("/settings/testers", {"address": KIM}).status == 303
    assert "시험 메일 받을 사람" in officer.get(PAGE).words
    book = workbook({"국내": [["이메일", "이름"], [KIM, "기자2"], ["new@paper.example", "신입"]]})
    assert officer.upload("/people/import", book, "new.xlsx", name="새명단").status == 303
    officer.get("/people")
    done = erase(officer, typed=KIM.upper())
    assert (done.status, "지웠습니다" in done.words) == (200, True)
    assert "계속 막습니다" in done.words
    assert holding(web.root, KIM) == []
    assert not [path for path in (web.root / "var" / "uploads").iterdir() if path.suffix != ".name"]
    assert "(지운 주소)" in officer.get("/people/suppressed").text
    page = officer.get(f"/people/person?address={KIM}").words
    assert ("취소" in page, "발송 제외: 본인 요청" in page, "기자2" in page) == (True, True, False)
    assert "어디에도 없습니다" in officer.get(PAGE).words


def test_another_address_confirms_nothing(web: WebDesk) -> None:
    """Typing anything but the address erases nothing and says so."""
    officer = web.officer()
    for typed in ("", "reporter003@paper.example", "네"):
        answer = erase(officer, typed=typed)
        assert (answer.status, "아무것도 지우지 않았습니다" in answer.words) == (422, True)
    assert KIM in holding_text(web)


def test_nobody_is_forgotten_while_a_send_is_open(web: WebDesk) -> None:
    """An open dispatch is named with a link, there is no form, and a form from before erases nothing."""
    officer = web.officer()
    number = web.send(officer, web.draft(officer))
    page = officer.get(PAGE)
    assert (page.status, f'href="/dispatch/{number}"' in page.text, "do_forget" in page.text) == (409, True, False)
    assert '<form class="card row" method="post" action="/people/forget"' not in page.text
    assert erase(officer).status == 409
    assert KIM in holding_text(web)
    officer.post(f"/dispatch/{number}/cancel")
    assert erase(officer).status == 200


def test_only_an_administrator_forgets(web: WebDesk) -> None:
    """작성 and 승인 see neither the button nor the page."""
    for role in ("write", "approve"):
        browser = web.account(role, role)
        assert "/people/forget" not in browser.get(f"/people/person?address={KIM}").text
        assert (browser.get(PAGE).status, erase(browser).status) == (403, 403)
    assert KIM in holding_text(web)


def test_the_history_says_why_somebody_was_left_out(web: WebDesk) -> None:
    """A suppressed row tells its reason on the person's page, as in the terminal."""
    officer = web.officer()
    number = web.send(officer, web.draft(officer))
    (row,) = web.app.ledger.overview.person(KIM)
    assert web.app.ledger.queue.suppress(row.delivery.id, reason="본인 요청", now=web.app.now())
    for path in (f"/people/person?address={KIM}", f"/log?dispatch={number}"):
        assert "본인 요청" in officer.get(path).words, path


def holding_text(web: WebDesk) -> str:
    return (web.root / "recipients" / "press.csv").read_text("utf-8")
