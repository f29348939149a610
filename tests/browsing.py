"""The web page without a network: requests handed to the ASGI application as a browser would send them."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from mailer.app import App, open_app
from mailer.config import read_config
from mailer.dispatch.clock import SystemClock
from mailer.ledger import Account
from mailer.web import Office, create_site
from mailer.web.passwords import hashed
from tests.terminal import LETTER

HOST = "127.0.0.1:8025"
BOUNDARY = "----boundary-of-a-test"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def words(self) -> str:
        """The text a reader sees, without markup."""
        return html.unescape(re.sub(r"<[^>]+>", " ", self.text))

    def value(self, name: str) -> str:
        """What a form field holds."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.text)
        assert found, f"no field {name}"
        return html.unescape(found[1])


class LateClock(SystemClock):
    """The clock of this machine, with a shift that tests may set."""

    def __init__(self) -> None:
        self.shift = timedelta()

    def now(self):  # type: ignore[no-untyped-def]
        return super().now() + self.shift


class Browser:
    """Keeps cookies, sends what browsers send, follows nothing."""

    def __init__(self, office: Office, *, scheme: str = "http", host: str = HOST) -> None:
        self.office = office
        self.site = create_site(office)
        self.cookies: dict[str, str] = {}
        self.scheme = scheme
        self.host = host

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers={"sec-fetch-site": "none", **headers})

    def post(self, path: str, fields: Iterable[tuple[str, str]] | Mapping[str, str] = (), **headers: str) -> Answer:
        pairs = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
        kind = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
        sent = {key.replace("_", "-"): value for key, value in headers.items()}
        return self.ask("POST", path, body=urlencode(pairs).encode(), headers={**kind, **sent})

    def upload(self, path: str, data: bytes, filename: str, *, field: str = "file", **fields: str) -> Answer:
        return self.upload_all(path, {field: (filename, data)}, **fields)

    def upload_all(self, path: str, files: Mapping[str, tuple[str, bytes]], **fields: str) -> Answer:
        """A form with files: field -> (file name, bytes)."""
        parts = [
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in fields.items()
        ]
        for place, (name, data) in files.items():
            head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{place}"; filename="{name}"\r\n\r\n'
            parts += [head.encode(), data, b"\r\n"]
        body = b"".join([*parts, f"--{BOUNDARY}--\r\n".encode()])
        kind = {"content-type": f"multipart/form-data; boundary={BOUNDARY}", "sec-fetch-site": "same-origin"}
        return self.ask("POST", path, body=body, headers=kind)

    def ask(self, method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """One request, as it stands: no header is added but Host and Cookie."""
        return asyncio.run(self._ask(method, path, body, headers or {}))

    async def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        parts = urlsplit(path)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {
            "host": self.host,
            "content-length": str(len(body)),
            **({"cookie": cookie} if cookie else {}),
            **headers,
        }
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": self.scheme,
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 8025),
        }
        chunks = [body[at : at + 65536] for at in range(0, len(body), 65536)] or [b""]
        messages = [{"type": "http.request", "body": c, "more_body": n < len(chunks)} for n, c in enumerate(chunks, 1)]
        got: list[dict[str, object]] = []

        async def receive() -> dict[str, object]:
            if not messages:
                # a browser that waits for its answer stays
                await asyncio.Event().wait()
            return messages.pop(0)

        async def send(message: dict[str, object]) -> None:
            got.append(message)

        try:
            await self.site(scope, receive, send)  # type: ignore[arg-type]
        except RuntimeError:
            # as a server does: what was answered before the fault was passed on is what the browser sees
            if not got:
                raise
        return self._answer(got)

    def _answer(self, got: list[dict[str, object]]) -> Answer:
        raw = [(name.decode(), value.decode()) for name, value in got[0]["headers"]]  # type: ignore[attr-defined]
        set_cookies = tuple(value for name, value in raw if name == "set-cookie")
        for line in set_cookies:
            name, _, value = line.partition(";")[0].partition("=")
            if "Max-Age=0" in line or not value.strip('"'):
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        body = b"".join(message.get("body", b"") for message in got[1:])  # type: ignore[misc]
        return Answer(int(got[0]["status"]), dict(raw), set_cookies, body)  # type: ignore[call-overload]


class WebDesk:
    """A practice-mode workspace with the list `press`, and browsers of people who are logged in."""

    def __init__(self, root: Path, **settings: str) -> None:
        self.root = root
        for folder in ("letters", "recipients"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        lines = ["MAILER_FROM=시험 <press@sender.example>", *(f"{key}={value}" for key, value in settings.items()), ""]
        (root / ".env").write_text("\n".join(lines), "utf-8")
        self.clock = LateClock()
        self.app: App = open_app(read_config(root, {}), self.clock)
        self.office = Office(self.app)

    def people(self, number: int, name: str = "press", rows: Iterable[str] = ()) -> None:
        made = [f"reporter{one:03}@paper.example,기자{one},가나일보" for one in range(1, number + 1)]
        text = "\n".join(["이메일,이름,매체", *made, *rows, ""])
        (self.root / "recipients" / f"{name}.csv").write_text(text, "utf-8")

    def officer(self) -> Browser:
        """Somebody who came by the one-time link."""
        browser = Browser(self.office)
        assert browser.get(f"/enter?key={self.office.key}").status == 303
        return browser

    def account(self, name: str, role: str, password: str = "a long enough password") -> Browser:
        account = Account(name=name, password=hashed(password), role=role, created_at=self.app.now())
        self.app.ledger.accounts.add(account)
        browser = Browser(self.office)
        assert browser.post("/login", {"name": name, "password": password}).status == 303
        return browser

    def draft(self, browser: Browser, letter: str = LETTER, lists: Iterable[str] = ("press",)) -> int:
        """A draft ready to be sent; returns its number."""
        made = browser.upload("/release/new", letter.encode(), "letter.md", **{"from": "file"})
        assert made.status == 303, made.text
        number = int(made.headers["location"].split("/")[2])
        fields = [("version", "1"), *(("lists", name) for name in lists)]
        assert browser.post(f"/release/{number}/people", fields).status == 303
        return number

    def send(self, browser: Browser, number: int) -> int:
        """Confirm a draft; returns the number of its dispatch."""
        page = browser.get(f"/release/{number}/send")
        answer = browser.post(f"/release/{number}/send", confirming(page))
        assert answer.status == 303, answer.text
        return int(answer.headers["location"].split("/")[2])


def confirming(page: Answer, **more: str) -> dict[str, str]:
    """The fields of the confirming form on a page."""
    return {name: page.value(name) for name in ("key", "seal", "way", "at")} | more


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebDesk]:
    desk = WebDesk(tmp_path / "office")
    desk.people(3)
    with desk.app:
        yield desk
