"""The whole job in a real browser: from an empty workspace to a reviewed log, and what happens beside the straight way."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.e2e.conftest import Office
from tests.scripted_smtp import Act, Rule, ScriptedServer
from tests.terminal import LETTER

if TYPE_CHECKING:
    from playwright.sync_api import Page

HOLD = 45_000
NAMED = LETTER.replace("제 목 :", "연 명 : names.txt\n제 목 :")


def expect(found: Any) -> Any:
    from playwright.sync_api import expect as real

    return real(found)


def written(page: Page, letter: str = LETTER) -> None:
    """Step 1: a letter pasted into an empty form and saved."""
    page.click("text=새 보도자료")
    page.select_option("select[name=letter]", "")
    page.click("button[value=letter]")
    page.fill("textarea[name=letter]", letter)
    page.click("form[data-keep] button.main")
    expect(page.locator("main > p.note.ok")).to_contain_text("저장했습니다")


def addressed(page: Page, *names: str) -> None:
    """Step 2: lists ticked and counted."""
    page.click("ol.steps >> text=받는 사람")
    for name in names:
        page.check(f"input[name=lists][value={name}]")
    page.click("text=저장하고 세어 보기")


def sent(page: Page) -> None:
    """Step 5: confirmed for now."""
    page.click("ol.steps >> text=5 발송")
    page.click("form[action$='/send'] button.main")
    expect(page.locator("[data-card]")).to_contain_text("되돌릴 수 있습니다")


def test_the_whole_job_from_an_empty_workspace(office: Office, picture: Any, tmp_path: Path) -> None:
    """A list is imported, a letter pasted, looked at, checked, tested, sent, watched live and reviewed, all in the browser."""
    office.serve()
    page = office.page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    expect(page.locator("h1")).to_have_text("보도자료")
    rows = "\n".join(f"기자{one},reporter{one}@paper.example,가나일보,누리" for one in range(1, 25))
    (tmp_path / "press.csv").write_bytes(f"성명,메일,매체명,어디\n{rows}\n망가진,주소,,\n".encode("cp949"))
    page.click("nav >> text=연락처")
    page.set_input_files("input[name=file]", tmp_path / "press.csv")
    page.fill("input[name=name]", "언론")
    page.click("text=먼저 살펴보기")
    expect(page.locator(".tiles")).to_contain_text("24")
    page.select_option("select[name=column-3]", "desk")
    page.click("text=다시 살펴보기")
    page.click("text=24명 가져오기")
    expect(page.locator("tbody tr").first).to_contain_text("누리")
    page.click("nav >> text=보도자료")
    written(page)
    expect(page.frame_locator("iframe").locator("body")).to_contain_text("This is the body of a letter")
    addressed(page, "언론")
    expect(page.locator(".tiles")).to_contain_text("24")
    page.click("text=다음: 미리보기")
    expect(page.frame_locator("iframe.mail").locator("body")).to_contain_text("기자1")
    page.click("a[rel=next]")
    expect(page.frame_locator("iframe.mail").locator("body")).to_contain_text("기자2")
    picture(page, "web-preview")
    page.click("text=PDF 문서")
    expect(page.locator("img.sheet")).to_have_js_property("complete", True)
    assert page.locator("img.sheet").evaluate("element => element.naturalWidth") > 500
    page.fill("input[type=email]", "me@office.example")
    page.click("text=시험 발송")
    expect(page.locator("main > p.note.ok")).to_contain_text("시험 메일")
    page.click("ol.steps >> text=점검")
    expect(page.locator("section.card")).to_contain_text("통과")
    sent(page)
    picture(page, "web-hold")
    expect(page).to_have_title(re.compile("발송 끝"), timeout=HOLD)
    expect(page.locator(".barline b")).to_have_text("100 %")
    page.click("text=발송 기록 >> nth=-1")
    expect(page.locator("tbody tr")).to_have_count(24)
    page.fill("input[name=find]", "기자7")
    page.click("form[role=search] button")
    expect(page.locator("tbody tr")).to_have_count(1)
    with page.expect_download() as download:
        page.click("text=CSV")
    assert Path(download.value.path()).read_bytes().startswith(b"\xef\xbb\xbf")
    page.click("nav >> text=연습 받은편지함")
    page.locator(".mails a").first.click()
    expect(page.frame_locator("iframe.mail").locator("body")).to_contain_text("This is the body")
    assert errors == []


def test_failures_doubts_and_live_progress(office: Office, picture: Any) -> None:
    """Against a server that refuses, postpones and loses answers, the bar moves by itself and all is settled in the end."""
    rules = [
        Rule(stage="rcpt", act=Act(reply="550 5.1.1 no such user"), address="reporter003@paper.example", first=1),
        Rule(stage="rcpt", act=Act(reply="451 4.7.1 greylisted"), address="reporter007@paper.example", first=1),
        Rule(stage="end", act=Act(cut="reset", store=True), address="reporter011@paper.example", first=1),
    ]
    with ScriptedServer(*rules, delay=0.02).in_thread() as server:
        office.env(
            SMTP_HOST="127.0.0.1", SMTP_PORT=server.port, SMTP_SECURITY="none", SMTP_TIMEOUT="5s",
            SMTP_CONNECTIONS=1, MAILER_RETRY_FIRST="2s", MAILER_RETRY_MAX="2s",
        )  # fmt: skip
        office.people(40)
        office.serve()
        page = office.page()
        written(page)
        addressed(page, "press")
        sent(page)
        expect(page).to_have_title(re.compile(r"^\d+ % · 발송 중"), timeout=HOLD)
        page.wait_for_timeout(2500)
        picture(page, "web-live")
        expect(page.locator("[data-card]")).to_contain_text("받았는지 알 수 없습니다", timeout=HOLD)
        expect(page).to_have_title(re.compile("멈춤"), timeout=HOLD)
        page.click("[data-card] >> text=정리하기")
        expect(page.locator("tbody tr")).to_have_count(1)
        page.click("tbody >> text=받았음")
        expect(page.locator("main > p.note.ok")).to_contain_text("정리했습니다")
        page.select_option("select[name=state]", "failed")
        page.click("form[role=search] button")
        expect(page.locator("tbody")).to_contain_text("550 5.1.1")
        page.goto(f"{office.place}/log?dispatch=1&sort=state&down=1")
        picture(page, "web-log")
        page.click("text=다시 보내기…")
        page.click("text=1명에게 보내기")
        expect(page).to_have_title(re.compile("발송 끝"), timeout=HOLD)
        page.goto(f"{office.place}/")
        picture(page, "web-home")
        assert len(server.books.stored) == 40


def test_two_tabs_send_once(office: Office) -> None:
    """The confirming form is open twice and pressed twice: both tabs end at the same dispatch, three people get one mail."""
    office.people(3)
    office.serve()
    first = office.page()
    written(first)
    addressed(first, "press")
    first.click("ol.steps >> text=5 발송")
    second = first.context.new_page()
    second.goto(first.url)
    first.click("form[action$='/send'] button.main")
    first.wait_for_url("**/dispatch/*")
    second.click("form[action$='/send'] button.main")
    second.wait_for_url("**/dispatch/*")
    assert first.url == second.url
    second.click("text=되돌리기")
    expect(second.locator("main > p.note.ok")).to_contain_text("아무것도 나가지 않았습니다")
    expect(first).to_have_title(re.compile("취소됨"))


def test_the_job_without_javascript(office: Office) -> None:
    """Every step is a plain form or link, also for the file of signatories that a letter names; the live page reloads itself."""
    office.people(2)
    office.serve()
    page = office.page(java_script_enabled=False)
    written(page, NAMED)
    expect(page.locator("#names")).to_contain_text("아직 없습니다: names.txt")
    page.fill("textarea[name=pasted]", "가람 모임\n나루 모임\n총 2")
    page.click("button[value=names]")
    expect(page.locator("#names")).to_contain_text("2곳")
    addressed(page, "press")
    page.click("text=다음: 미리보기")
    page.click("ol.steps >> text=5 발송")
    page.click("form[action$='/send'] button.main")
    end = time.monotonic() + 60
    while "발송 끝" not in page.title() and time.monotonic() < end:
        page.wait_for_timeout(1000)
    assert "발송 끝" in page.title()


def test_the_job_by_keyboard(office: Office) -> None:
    """Write, preview, test and schedule with Tab, Space, Enter and letters alone."""
    office.people(2)
    office.serve()
    page = office.page()

    def reach(selector: str) -> None:
        """Tab until the element has the focus."""
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"Tab never reaches {selector}")

    def press(selector: str, key: str = "Enter") -> None:
        reach(selector)
        page.keyboard.press(key)

    press("a.button.main")
    page.wait_for_url("**/release/new")
    press("button[value=letter]")
    page.wait_for_url("**/letter")
    reach("textarea.letter")
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(LETTER)
    page.keyboard.press("Control+S")
    expect(page.locator("[data-save-state]")).to_have_text("저장했습니다")
    press("a.button[href$='/people']")
    page.wait_for_url("**/people")
    press("input[name=lists]", "Space")
    press("form.card button.main")
    expect(page.locator(".tiles")).to_contain_text("2")
    press("a.button.main")
    page.wait_for_url("**/preview")
    reach("a[rel=next]")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**n=2")
    reach("input[type=email]")
    page.keyboard.type("me@office.example")
    page.keyboard.press("Enter")
    expect(page.locator("main > p.note.ok")).to_contain_text("시험 메일")
    press("ol.steps a[href$='/send']")
    page.wait_for_url("**/send")
    press(".when a[href*='at=']")
    page.wait_for_url("**at=*")
    press("form[action$='/send'] button.main")
    expect(page).to_have_title(re.compile("예약됨"))


def test_unsaved_words_are_guarded_and_saved(office: Office) -> None:
    """What was typed is saved after a moment, another tab's save is noticed, a finding leads to its line."""
    office.serve()
    page = office.page()
    written(page)
    page.fill("textarea.letter", LETTER.replace("(목)", "(금)"))
    expect(page.locator("[data-save-state]")).to_have_text("저장했습니다")
    page.click("[data-part=side] a[data-line]")
    chosen = page.evaluate("getSelection().toString() || document.activeElement.value.substring("
                           "document.activeElement.selectionStart, document.activeElement.selectionEnd)")  # fmt: skip
    assert "(금)" in chosen
    other = page.context.new_page()
    other.goto(page.url)
    other.fill("textarea.letter", LETTER + "\nhers\n")
    expect(other.locator("[data-save-state]")).to_have_text("저장했습니다")
    page.fill("textarea.letter", LETTER + "\nmine\n")
    expect(page.locator("[data-save-state]")).to_contain_text("먼저 저장했습니다")
    page.click("form[data-keep] button.main")
    expect(page.locator("main .note.warn")).to_contain_text("먼저 저장했습니다")
    page.fill("textarea.letter", LETTER + "\nmine, too\n")
    page.wait_for_timeout(2500)
    other.reload()
    expect(other.locator("textarea.letter")).to_have_value(LETTER + "\nhers\n")
    page.click("form[data-keep] button.main")
    expect(page.locator("textarea.letter")).to_have_value(LETTER + "\nmine, too\n")


def test_names_wait_while_the_letter_is_saved(office: Office) -> None:
    """A list that was pasted beside the letter survives saves of the text and is kept under the name that then stands there."""
    office.serve()
    page = office.page()
    written(page, NAMED)
    page.fill("textarea[name=pasted]", "가람 모임\n나루 모임")
    page.fill("textarea.letter", NAMED.replace("names.txt", "others.txt"))
    expect(page.locator("#names")).to_contain_text("others.txt")
    expect(page.locator("textarea[name=pasted]")).to_have_value("가람 모임\n나루 모임")
    page.click("button[value=names]")
    expect(page.locator("#names")).to_contain_text("2곳")
    page.click("summary")
    page.set_input_files(
        "form[action$=upload] [type=file]", {"name": "b.md", "mimeType": "", "buffer": LETTER.encode()}
    )
    page.click("form[action$=upload] button")
    expect(page.locator("#names")).to_contain_text("쓰이지 않습니다")


def test_the_mail_server_is_set_in_the_browser(office: Office) -> None:
    """From practice mode to a real server without touching a file: the next release goes to it, by the worker that runs."""
    office.people(2)
    office.serve()
    page = office.page()
    expect(page.locator(".practice")).to_contain_text("연습 모드")
    with ScriptedServer().in_thread() as server:
        page.click("nav >> text=설정")
        for key, value in (("SMTP_HOST", "127.0.0.1"), ("SMTP_PORT", str(server.port))):
            page.fill(f"input[name={key}]", value)
        page.select_option("select[name=SMTP_SECURITY]", "none")
        page.click("form[action='/settings/server'] button")
        expect(page.locator(".practice")).to_contain_text("press@sender.example")
        page.click("text=서버 점검")
        expect(page.locator("main")).to_contain_text("서버가 응답합니다")
        page.click("nav >> text=보도자료")
        written(page)
        addressed(page, "press")
        sent(page)
        expect(page).to_have_title(re.compile("발송 끝"), timeout=HOLD)
        assert len(server.books.stored) == 2


def test_stopping_while_pages_watch_is_quick(office: Office) -> None:
    """Three open live pages do not keep the server from ending within five seconds."""
    office.people(2)
    office.serve()
    page = office.page()
    written(page)
    addressed(page, "press")
    sent(page)
    for _ in range(2):
        page.context.new_page().goto(page.url)
    began = time.monotonic()
    office.stop()
    assert time.monotonic() - began < 5
