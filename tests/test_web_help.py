"""The documentation inside the page: every page, links between them, and from each screen to its section."""

from __future__ import annotations

import re
import tomllib
from urllib.parse import unquote

import pytest

from mailer.release.pages import read_page
from mailer.web.guide import PAGES, SCREENS, guide_for, guide_page
from mailer.wording import LANGUAGES, Language
from tests.browsing import Browser, WebDesk, web
from tests.source_tree import PROJECT

__all__ = ["web"]


def in_language(browser: Browser, language: Language) -> Browser:
    browser.cookies["lang"] = language
    return browser


def test_html_in_a_page_is_text() -> None:
    """Nothing of a page becomes markup of the site but what Markdown makes; dangerous links are words."""
    page = read_page(
        "# T <b>\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) [y](other.md) `<i>`", link=lambda href: None
    )
    assert page.title == "T <b>"
    assert not re.search(r"<(?!/?(?:p|code)>)", page.html)
    assert "[x](javascript:alert(1))" in page.html
    assert " y " in page.html


def test_headings_have_anchors() -> None:
    """Ids come from the words, each once; a twin takes those of the other language."""
    english = read_page("# Title\n\n## One `two`\n\n### Three\n\n## One two", link=str)
    assert [one.anchor for one in english.headings] == ["one-two", "three", "one-two-2"]
    korean = read_page(
        "# 제목\n\n## 하나\n\n### 셋\n\n## 넷", link=str, anchors=[one.anchor for one in english.headings]
    )
    assert '<h3 id="three">셋</h3>' in korean.html
    assert read_page("## 가\n\n## 가", link=str).html.count('id="가') == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_readable_in_the_browser(web: WebDesk, language: Language) -> None:
    """Each page answers with its title, needs no policy weaker than the site's, and its links lead to what is there."""
    officer = in_language(web.officer(), language)
    index = officer.get("/help").text
    for name in PAGES:
        assert f'href="/help/{name}"' in index
        answer = officer.get(f"/help/{name}")
        assert answer.status == 200
        assert guide_page(language, name).title in answer.words
        body = answer.text.partition('<article class="card guide">')[2].partition("</article>")[0]
        assert not re.search(r"<[^>]+\s(?:style|on\w+)\s*=|<script", body)
        for goal, _, anchor in (link.partition("#") for link in re.findall(r'href="(/help/[^"]*|#[^"]*)"', body)):
            assert not goal or officer.get(goal).status == 200, goal
            assert not anchor or f'id="{unquote(anchor)}"' in (officer.get(goal).text if goal else body)
    assert officer.get("/help/architecture").status == 404
    assert officer.get("/help/..%2Fweb-page").status == 404
    assert Browser(web.office).get("/help").status == 303


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen_points_to_its_section(language: Language) -> None:
    """Each pattern names a page and, where it names one, a heading that is there."""
    for pattern, name, anchor in SCREENS:
        page = guide_page(language, name)
        assert not anchor or anchor in {one.anchor for one in page.headings}, (pattern, anchor)


def test_screens_show_the_way(web: WebDesk) -> None:
    """Every page of the menu has a link to what explains it, in the language of the screen."""
    officer = web.officer()
    number = web.draft(officer)
    for path in ("/", "/log", "/people", "/inbox", "/settings", f"/release/{number}/people", "/people/suppressed"):
        pointer = guide_for(path, "ko")
        assert pointer is not None
        text = officer.get(path).text
        assert f'<a href="{pointer.path}">이 화면의 도움말: {pointer.words}</a>' in text, path
    assert guide_for("/help", "ko") is None


def test_packaging_names_the_pages() -> None:
    """A wheel has the pages where the installed program looks for them (`.ci/run` opens them from one)."""
    table = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    included = table["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert {included[f"docs/{language}"] for language in LANGUAGES} == {f"mailer/_data/docs/{one}" for one in LANGUAGES}
