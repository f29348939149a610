"""Text from letters, lists, servers, file names and addresses is only ever text."""

from __future__ import annotations

import asyncio
import html
import re
from datetime import timedelta
from email.message import EmailMessage

import pytest

from mailer.transport.catcher import Maildir
from tests.browsing import Browser, WebDesk, web
from tests.terminal import LETTER

__all__ = ["web"]

PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    '\'"><iframe srcdoc="<script>alert(1)</script>">',
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    '<a href="javascript:alert(1)">x</a>',
    "{{1337*7331}}{% raw %}${1337*7331}#{1337*7331}",
    '<math><mi xlink:href="data:x,<script>alert(1)</script>">',
    "<style>*{background:url(//evil.example)}</style>",
    "--><script>alert(1)</script><!--",
    "<body onload=alert(1)>",
    "javascript:alert(1)//",
)
LIVE = re.compile(
    r"<(?:script(?![^>]*src=\"/static/)|img(?![^>]*class=\"sheet\")|svg onload|iframe srcdoc|math|style|body onload)",
    re.I,
)


def assert_quiet(text: str, place: str) -> None:
    """No payload of ours became markup, and no attribute a handler or a script address."""
    assert not LIVE.search(text), (place, LIVE.search(text))
    assert not re.search(r"<[a-z][^>]*\son[a-z]+\s*=", re.sub(r"\"[^\"]*\"", '""', text), re.I), place
    assert not re.search(r"(?:href|src|action)=\"\s*javascript:", text, re.I), place
    assert "9801547" not in text


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_letter_is_text(web: WebDesk, payload: str) -> None:
    """A payload as title, number, sender and body stays text on every page of a release, in the log and when printed."""
    letter = LETTER.replace("시험 원고를 보냅니다", payload).replace("26-12-시험-01", payload[:40])
    letter = letter.replace("written for a test", payload)
    officer = web.officer()
    number = web.draft(officer, letter)
    for step in ("letter", "people", "preview", "preview?view=text", "preview?view=raw", "checks", "send"):
        assert_quiet(officer.get(f"/release/{number}/{step}").text, step)
    assert_quiet(officer.get("/").text, "home")
    frame = officer.get(f"/release/{number}/frame")
    assert "sandbox" in frame.headers["content-security-policy"]
    assert "default-src 'none'" in frame.headers["content-security-policy"]
    assert not re.search(r"<script|<svg|<iframe|onerror=alert\(1\)>", html.unescape("") + frame.text, re.I)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_list_is_text(web: WebDesk, payload: str) -> None:
    """A payload as name, outlet, tag, extra column, list name or file name stays text from the import to the log."""
    cell = '"' + payload.replace('"', '""') + '"'
    table = f"이메일,이름,매체,부서,{cell}\nkim@paper.example,{cell},{cell},{cell},{cell}\n{cell},{cell},,,\n"
    officer = web.officer()
    uploaded = officer.upload("/people/import", table.encode(), "x.csv", name="hostile", list="", source=payload)
    page = officer.get(uploaded.headers["location"])
    assert page.status == 200
    assert_quiet(page.text, "import")
    form = {"list": "hostile", "source": payload, "expect": page.value("expect")}
    assert officer.post(uploaded.headers["location"].partition("?")[0], form).status == 303
    number = web.draft(officer, lists=("hostile",))
    assert_quiet(officer.get(f"/release/{number}/people").text, "people")
    assert_quiet(officer.get(f"/release/{number}/preview").text, "preview")
    dispatch = web.send(officer, number)
    for path in ("/people", "/people/list/hostile", "/people/person?address=kim@paper.example",
                 f"/dispatch/{dispatch}", "/log", f"/dispatch/{dispatch}/print"):  # fmt: skip
        answer = officer.get(path)
        assert answer.status == 200, path
        assert_quiet(answer.text, path)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_is_typed_comes_back_as_text(web: WebDesk, payload: str) -> None:
    """Search words, addresses, names, conditions and paths that are echoed, in pages and in errors, stay text."""
    from urllib.parse import quote

    officer = web.officer()
    number = web.draft(officer)
    typed = quote(payload, safe="")
    for path in (
        f"/log?find={typed}&state={typed}&sort={typed}&dispatch={typed}",
        f"/people/person?address={typed}",
        f"/people/suppressed?target={typed}",
        f"/people/list/press?find={typed}",
        f"/inbox?find={typed}&message={typed}&view={typed}",
        f"/release/{number}/preview?find={typed}&view={typed}&n={typed}",
        f"/release/{number}/send?at={typed}",
        f"/people/list/{typed}",
        f"/?said={typed}",
        f"/{typed}",
    ):
        assert_quiet(officer.get(path).text, path)
    assert_quiet(officer.post("/people/suppressed", {"target": payload, "reason": payload}).text, "suppress")
    assert_quiet(officer.post("/login", {"name": payload, "password": payload, "to": payload}).text, "login")
    assert_quiet(officer.post("/settings/users", {"name": payload, "password": payload, "role": payload}).text, "user")
    condition = [("version", "2"), ("lists", "press"), ("condition", payload)]
    assert_quiet(officer.post(f"/release/{number}/people", condition).text, "condition")
    assert_quiet(officer.post("/inbox/rules", {"target": payload, "answer": "550"}).text, "rule")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_caught_mail_is_text(web: WebDesk, payload: str) -> None:
    """A message of anybody's making is shown as text, its HTML only in the box without powers, its parts only as downloads."""
    message = EmailMessage()
    message["Subject"] = payload
    message["From"] = '"x" <a@paper.example>'
    message["X-Odd"] = payload
    message.set_content(payload)
    message.add_alternative(f"<p>{payload}</p>", subtype="html")
    message.add_attachment(payload.encode(), maintype="text", subtype="html", filename=payload[:60])
    inbox = Maildir(web.app.workspace.inbox)
    web.app.workspace.ensure_var()
    inbox.prepare()
    name = inbox.store("a@paper.example", ["kim@paper.example"], message.as_bytes())
    officer = web.officer()
    for view in ("html", "text", "headers", "raw"):
        assert_quiet(officer.get(f"/inbox?message={name}&view={view}").text, view)
    frame = officer.get(f"/inbox/{name}/frame")
    assert frame.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert "script-src" not in frame.headers["content-security-policy"]
    part = officer.get(f"/inbox/{name}/part/1")
    assert part.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in part.headers["content-security-policy"]


@pytest.mark.parametrize("name", ["../../.env", "..%2f..%2f.env", "%2e%2e%2f.env", "new/../../mailer.db", "x" * 3000])
def test_names_are_never_paths(web: WebDesk, name: str) -> None:
    """What an address names is looked up among what there is; nothing outside is ever opened."""
    officer = web.officer()
    for path in (f"/inbox/{name}/frame", f"/people/list/{name}", f"/people/import/{name}", f"/static/{name}"):
        answer = officer.get(path)
        assert answer.status == 404, path
        assert b"MAILER_FROM" not in answer.body
    upload = officer.upload(
        "/people/import", b"email\nkim@paper.example\n", "../../evil.csv", name="../../evil", list=""
    )
    assert upload.status == 422
    assert not list(web.root.parent.glob("evil*"))


def test_uploads_that_are_nothing_are_said_so(web: WebDesk) -> None:
    """A picture, an empty file, a bomb and a letter that is too large get a sentence, not a crash."""
    officer = web.officer()
    for data in (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, b"", b"PK\x03\x04" + b"\x00" * 50, b"\xff" * 1000):
        assert officer.upload("/people/import", data, "x.csv", name="odd", list="").status == 422
    for data in (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, b"", b"a" * 600_000):
        assert officer.upload("/release/new", data, "x.md", **{"from": "file"}).status == 422


def test_numbers_in_addresses_are_bounded(web: WebDesk) -> None:
    """Pages, people and releases that do not exist are a calm 404 or the nearest page."""
    officer = web.officer()
    for path in ("/release/99999999999999999999/letter", "/dispatch/7", "/release/7/preview", "/dispatch/7/events"):
        assert officer.get(path).status == 404, path
    number = web.draft(officer)
    assert officer.get(f"/release/{number}/preview?n=99999999999999").status == 200
    assert officer.get("/log?page=999999999").status == 200
    assert officer.get(f"/release/{number}/mail/99").status == 404


def test_the_live_stream_ends_with_the_server(web: WebDesk) -> None:
    """A page that watches is told first when the server stops, so that it never keeps it from ending."""
    officer = web.officer()
    dispatch = web.send(officer, web.draft(officer))

    async def watch() -> list[bytes]:
        got: list[bytes] = []
        started = asyncio.Event()
        cookie = f"session={officer.cookies['session']}"
        scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
                 "path": f"/dispatch/{dispatch}/events", "raw_path": b"", "query_string": b"", "root_path": "",
                 "headers": [(b"host", b"127.0.0.1:8025"), (b"cookie", cookie.encode())],
                 "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8025)}  # fmt: skip

        async def receive() -> dict[str, object]:
            await asyncio.sleep(3600)
            return {"type": "http.disconnect"}

        async def send(message: dict[str, object]) -> None:
            body = message.get("body", b"")
            assert isinstance(body, bytes)
            if body:
                got.append(body)
                started.set()

        task = asyncio.create_task(officer.site(scope, receive, send))  # type: ignore[arg-type]
        await started.wait()
        web.office.close()
        await asyncio.wait_for(task, 10)
        return got

    events = asyncio.run(watch())
    assert events[0].startswith(b'data: {"title"')
    assert Browser(web.office).get(f"/dispatch/{dispatch}/events").status == 303
    web.clock.shift = timedelta(0)
