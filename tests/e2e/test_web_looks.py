"""Every page in light and dark, at a phone's width, for those who cannot see it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.conftest import Office
from tests.scripted_smtp import Act, Rule, ScriptedServer
from tests.terminal import LETTER

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGES = (
    "/", "/release/new", "/release/1/letter", "/release/1/people", "/release/1/preview", "/release/1/preview?view=text",
    "/release/1/preview?view=pdf", "/release/1/checks", "/release/1/send", "/dispatch/1", "/log?dispatch=1", "/dispatch/1/print",
    "/dispatch/1/resend", "/people", "/people/list/press", "/people/suppressed", "/people/person?address=reporter001@paper.example",
    "/people/forget?address=reporter001@paper.example", "/inbox", "/settings", "/help", "/help/sending-and-log", "/help/cli",
    "/nowhere",
)  # fmt: skip
_IN_TWO_LINES = """cells => cells.filter(cell => {
  const words = document.createRange();
  const text = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT).nextNode();
  words.selectNodeContents(text);
  return words.getClientRects().length > 1;
}).map(cell => cell.innerText)"""
NAMED = LETTER.replace("제 목 :", "연 명 : names.txt\n제 목 :")


@pytest.fixture
def filled(office: Office) -> Any:
    """A server with a draft, a dispatch that met every kind of trouble, suppressed people and an account."""
    office.people(12)
    rules = [
        Rule(stage="rcpt", act=Act(reply="550 5.1.1 " + "no-such-user-" * 20), address="reporter003@paper.example"),
        Rule(stage="end", act=Act(cut="reset", store=True), address="reporter005@paper.example"),
    ]
    with ScriptedServer(*rules).in_thread() as server:
        office.env(SMTP_HOST="127.0.0.1", SMTP_PORT=server.port, SMTP_SECURITY="none", SMTP_TIMEOUT="5s")
        office.serve()
        page = office.page()
        for _ in range(2):
            page.goto(f"{office.place}/release/new")
            for field, text in (("file", NAMED), ("names", "가람 모임\n" + "Long name " * 20 + "\n총 3\n")):
                file = {"name": "a.md", "mimeType": "text/markdown", "buffer": text.encode()}
                page.set_input_files(f"input[name={field}]", file)
            page.click("button[value=file]")
            page.click("ol.steps >> text=받는 사람")
            page.check("input[name=lists]")
            page.click("text=저장하고 세어 보기")
        page.click("ol.steps >> text=5 발송")
        page.click("form[action$='/send'] button.main")
        page.goto(f"{office.place}/people/suppressed")
        page.fill("input[name=target]", "@" + "long-" * 10 + "name.example")
        page.click("form >> text=발송 제외")
        page.goto(f"{office.place}/settings")
        page.fill(
            "form[action='/settings/testers'] input[name=address]", "a.tester.with.quite.a.long.name@office.example"
        )
        page.click("form[action='/settings/testers'] button")
        for name, value in (("name", "kim"), ("password", "a long password")):
            page.fill(f"form[action='/settings/users'] input[name={name}]", value)
        page.click("form[action='/settings/users'] button")
        page.goto(f"{office.place}/dispatch/1")
        end = time.monotonic() + 60
        while "멈춤" not in page.title() and time.monotonic() < end:
            page.wait_for_timeout(300)
        yield page


def all_pages(office: Office) -> list[str]:
    return [f"{office.place}{path}" for path in PAGES]


def test_nothing_is_wider_than_a_phone(office: Office, filled: Page) -> None:
    """At 360 pixels no page scrolls sideways, in either language."""
    filled.set_viewport_size({"width": 360, "height": 740})
    wide = []
    for language in ("ko", "en"):
        filled.context.add_cookies([{"name": "lang", "value": language, "url": office.place}])
        for address in all_pages(office):
            filled.goto(address)
            width = filled.evaluate("document.documentElement.scrollWidth")
            if width > 360:
                wide.append((language, address.removeprefix(office.place), width))
    assert wide == []


@pytest.mark.parametrize("width", [700, 820, 1024])
def test_no_column_is_too_narrow_for_a_word(office: Office, filled: Page, width: int) -> None:
    """In the log and in the settings, at widths between a phone's and a desk's, outlets, days and names stand whole in one line."""
    filled.set_viewport_size({"width": width, "height": 860})
    torn = []
    for path, cells in (("/log?dispatch=1", ".log td:nth-child(3), .moment"), ("/settings", "td code")):
        filled.goto(f"{office.place}{path}")
        filled.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert filled.evaluate("document.documentElement.scrollWidth") <= width
        torn += filled.eval_on_selector_all(cells, _IN_TWO_LINES)
    assert torn == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(office: Office, filled: Page, theme: str) -> None:
    """No page has an accessibility issue that axe can find, in this theme."""
    from axe_playwright_python.sync_playwright import Axe

    filled.context.add_cookies([{"name": "theme", "value": theme, "url": office.place}])
    found = []
    for address in all_pages(office):
        filled.goto(address)
        for issue in Axe().run(filled).response["violations"]:
            nodes = [node["html"][:160] for node in issue["nodes"][:2]]
            found.append((address.removeprefix(office.place), issue["id"], nodes))
    assert found == []


def test_the_theme_follows_the_switch(office: Office) -> None:
    """The three-way switch sets the colours, and the choice is kept."""
    office.serve()
    page = office.page()
    page.select_option("select[name=theme]", "dark")
    page.wait_for_selector("html[data-theme=dark]")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 20, 27)"
    page.reload()
    assert page.get_attribute("html", "data-theme") == "dark"
    page.select_option("select[name=lang]", "en")
    page.wait_for_selector("html[lang=en]")
    assert page.inner_text("h1") == "Releases"
