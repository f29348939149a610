"""A real browser in front of `mailer serve` as a process of its own. Collected by `make e2e` only; skipped without a browser.

MAILER_CHROMIUM names the browser; MAILER_PICTURES=1 writes the pictures of the README into docs/pictures.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.terminal import LETTER, ROOT, start

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = os.environ.get("MAILER_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
PICTURES = ROOT / "docs" / "pictures"
WIDE = {"width": 1280, "height": 860}


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Only who names this folder gets these tests."""
    named = any("e2e" in str(argument) for argument in config.args)
    return None if named else True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    why = "no browser: apt-get install chromium fonts-noto-cjk, or set MAILER_CHROMIUM" if not CHROMIUM else ""
    if importlib.util.find_spec("playwright") is None:
        why = "no playwright: use make e2e"
    for item in items:
        if why and "e2e" in item.path.parts:
            item.add_marker(pytest.mark.skip(reason=why))


@dataclass
class Office:
    """A workspace served by a process of its own."""

    root: Path
    browser: Browser
    process: subprocess.Popen[bytes] | None = None
    link: str = ""
    contexts: list[BrowserContext] = field(default_factory=list)

    @property
    def place(self) -> str:
        return self.link.partition("/enter")[0]

    def env(self, **settings: object) -> None:
        lines = [f"{key}={value}" for key, value in settings.items()]
        (self.root / ".env").write_text(
            "\n".join(["MAILER_FROM=시험 공보팀 <press@sender.example>", *lines, ""]), "utf-8"
        )

    def letter(self, text: str = LETTER, name: str = "short") -> None:
        (self.root / "letters").mkdir(exist_ok=True)
        (self.root / "letters" / f"{name}.md").write_text(text, "utf-8")

    def people(self, number: int, name: str = "press") -> None:
        (self.root / "recipients").mkdir(exist_ok=True)
        rows = [f"reporter{one:03}@paper.example,기자{one},가나일보" for one in range(1, number + 1)]
        (self.root / "recipients" / f"{name}.csv").write_text("\n".join(["이메일,이름,매체", *rows, ""]), "utf-8")

    def serve(self) -> None:
        self.process = start("serve", "--port", "0", "-w", str(self.root), stderr=subprocess.DEVNULL)
        assert self.process.stdout is not None
        line = self.process.stdout.readline().decode()
        self.link = "http" + line.partition("http")[2].strip()
        assert "/enter?key=" in self.link, line

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.communicate(timeout=30)
            self.process = None

    def page(self, *, enter: bool = True, **more: Any) -> Page:
        """A page of a browser that nobody used before; with `enter` logged in by the one-time link."""
        options = {"locale": "ko-KR", "timezone_id": "Asia/Seoul", "viewport": WIDE, **more}
        context = self.browser.new_context(**options)
        context.set_default_timeout(15_000)
        self.contexts.append(context)
        page = context.new_page()
        if enter:
            page.goto(self.link)
        return page


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def office(tmp_path: Path, chromium: Browser) -> Iterator[Office]:
    """An empty workspace; the test fills it and calls `serve`."""
    root = tmp_path / "office"
    root.mkdir()
    made = Office(root, chromium)
    made.env()
    yield made
    for context in made.contexts:
        context.close()
    made.stop()


@pytest.fixture
def picture(tmp_path: Path) -> Any:
    """`picture(page, "web-home")` keeps what the page shows, for the README when it is asked for."""
    folder = PICTURES if os.environ.get("MAILER_PICTURES") else tmp_path

    def take(page: Page, name: str) -> None:
        page.screenshot(path=folder / f"{name}.png", animations="disabled")

    return take
