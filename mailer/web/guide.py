"""도움말: the pages of `docs/` inside the site, and which section belongs to which screen.

The pages travel with the program (`docs/` in a checkout, `_data/docs` when installed). Korean and English pages are twins with the
same headings in the same order, so the anchors of both are made from the English words: a link works in either language.

Not here: Markdown (`release/pages.py`), the handlers (`helping.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mailer.release.pages import Page, read_page
from mailer.wording import Language, Text
from mailer.workspace import package_data

__all__ = ["GROUPS", "PAGES", "SCREENS", "guide_for", "guide_page"]

GROUPS: tuple[tuple[Text, tuple[str, ...]], ...] = (
    (
        Text("보도자료를 보내는 분께", "For the press office"),
        ("web-page", "letter-file", "lists", "sending-and-log", "when-it-fails", "templates", "reliability"),
    ),
    (
        Text("설치하고 돌보는 분께", "For whoever installs and runs it"),
        ("first-hour", "install-server", "config", "cli"),
    ),
)
PAGES = tuple(name for _, names in GROUPS for name in names)
SCREENS: tuple[tuple[str, str, str], ...] = (
    (r"/release/new|/release/\d+/letter", "letter-file", ""),
    (r"/release/\d+/people", "lists", "several-lists-one-mail-each"),
    (r"/release/\d+/checks", "letter-file", "what-the-check-says"),
    (r"/release/\d+/send", "sending-and-log", "send-at-a-time"),
    (r"/release/\d+/(?:preview|test)", "web-page", "test-copies"),
    (r"/release/.*", "web-page", "a-release-in-five-steps"),
    (r"/dispatch/\d+/resend", "sending-and-log", "again-to-those-who-did-not-get-it"),
    (r"/dispatch/.*", "web-page", "while-it-goes-out-and-afterwards"),
    (r"/log", "sending-and-log", "the-log"),
    (r"/people/import.*", "lists", "importing"),
    (r"/people/suppressed", "lists", "do-not-mail"),
    (r"/people/(?:person|forget)", "web-page", "one-person"),
    (r"/people.*", "lists", ""),
    (r"/inbox", "web-page", "the-practice-inbox"),
    (r"/settings.*", "web-page", "settings"),
    (r"/", "web-page", "a-release-in-five-steps"),
)
"""Screen (a pattern of its address), page, anchor ("" for its beginning); the first that fits counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """A link from a screen to what explains it."""

    path: str
    words: str


def guide_for(path: str, language: Language) -> Pointer | None:
    """What explains the screen at `path`."""
    for pattern, name, anchor in SCREENS:
        if re.fullmatch(pattern, path):
            found = guide_page(language, name)
            words = next((one.words for one in found.headings if one.anchor == anchor), found.title)
            return Pointer(path=f"/help/{name}#{anchor}" if anchor else f"/help/{name}", words=words)
    return None


def guide_page(language: Language, name: str) -> Page:
    """One page, read again only when its file changed."""
    english = _anchors(_file("en", name), _stamp(_file("en", name)))
    path = _file(language, name)
    return _read(path, _stamp(path), english)


def _file(language: Language, name: str) -> Path:
    return package_data() / "docs" / language / f"{name}.md"


def _stamp(path: Path) -> int:
    return path.stat().st_mtime_ns


@lru_cache(maxsize=2 * len(PAGES))
def _anchors(path: Path, stamp: int) -> tuple[str, ...]:
    page = read_page(path.read_text("utf-8"), link=_link)
    return tuple(one.anchor for one in page.headings)


@lru_cache(maxsize=2 * len(PAGES))
def _read(path: Path, stamp: int, anchors: tuple[str, ...]) -> Page:
    return read_page(path.read_text("utf-8"), link=_link, anchors=anchors)


def _link(href: str) -> str | None:
    """Links between pages lead to pages here, links to the world stay, all else (source files) is words alone."""
    if re.match(r"https?://|mailto:", href):
        return href
    page, _, anchor = href.partition("#")
    name = page.removesuffix(".md")
    if page and (name not in PAGES or not page.endswith(".md")):
        return None
    place = f"/help/{name}" if page else ""
    return f"{place}#{anchor}" if anchor else place
