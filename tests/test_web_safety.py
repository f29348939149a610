"""Nobody comes in unasked, no other site can act for an officer, and every answer binds the browser."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from starlette.routing import Route

from mailer.web.guard import LARGEST_BODY
from tests.browsing import Browser, WebDesk, web

__all__ = ["web"]

PUBLIC = {"/login", "/enter", "/logout", "/look"}


def filled(path: str) -> str:
    return re.sub(r"\{\w+:int\}", "1", re.sub(r"\{\w+\}", "x", path))


def routes(web: WebDesk) -> list[Route]:
    return [route for route in Browser(web.office).site.routes if isinstance(route, Route)]


def test_every_page_asks_who_is_there(web: WebDesk) -> None:
    """Each address but those of logging in sends a stranger to the login, and nothing else is said."""
    stranger = Browser(web.office)
    for route in routes(web):
        method = "POST" if "POST" in (route.methods or ()) else "GET"
        if route.path in PUBLIC:
            continue
        answer = stranger.ask(method, filled(route.path), headers={"sec-fetch-site": "same-origin"})
        assert answer.status == 303, route.path
        assert answer.headers["location"].startswith("/login?to="), route.path


def test_a_writer_sends_nothing_and_rules_nothing(web: WebDesk) -> None:
    """The role 작성 is refused wherever mail leaves or settings change, 승인 where accounts are kept."""
    admin = web.officer()
    number = web.draft(admin)
    dispatch = web.send(admin, number)
    writer, approver = web.account("writer", "write"), web.account("approver", "approve")
    for path in ("pause", "resume", "cancel", "move", "settle", "resend"):
        assert writer.post(f"/dispatch/{dispatch}/{path}").status == 403, path
    assert writer.post(f"/release/{number}/send").status == 403
    assert writer.get(f"/dispatch/{dispatch}/resend").status == 403
    assert writer.post("/people/suppressed", {"target": "kim@paper.example"}).status == 303
    assert writer.post("/people/allow", {"digest": "0"}).status == 403
    assert "/people/allow" not in writer.get("/people/suppressed").text
    assert "/people/allow" in approver.get("/people/suppressed").text
    for path in ("/settings/letterhead", "/settings/server", "/settings/users", "/settings/user"):
        assert writer.post(path).status == 403
        assert approver.post(path).status == 403
    assert "writer" not in approver.get("/settings").text
    assert approver.post(f"/dispatch/{dispatch}/cancel").status == 303


def test_headers_bind_the_browser(web: WebDesk) -> None:
    """Every answer, error and redirect included, carries the policy: own scripts and styles only, framed by nobody."""
    officer = web.officer()
    for path in ("/", "/login", "/nowhere", "/log", "/settings", "/people/person?address=nobody"):
        headers = officer.get(path).headers
        policy = headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"


def test_pages_hold_no_inline_script_or_style(web: WebDesk) -> None:
    """Nothing on a page needs a weaker policy: no style attribute, no handler, no script text."""
    officer = web.officer()
    number = web.draft(officer)
    dispatch = web.send(officer, number)
    for path in ("/", "/log", "/people", "/inbox", "/settings", f"/dispatch/{dispatch}", "/release/new"):
        text = officer.get(path).text
        assert not re.search(r"<[^>]+\s(?:style|on\w+)\s*=", text), path
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), path


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"sec-fetch-site": "none"}, 303),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:8025"}, 403),
        ({"origin": "http://127.0.0.1:8025"}, 303),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://evil.example/?127.0.0.1:8025"}, 403),
        ({"origin": "null"}, 403),
        ({}, 403),
    ],
)
def test_foreign_forms_are_refused(web: WebDesk, headers: dict[str, str], status: int) -> None:
    """A request that changes something must come from a page of ours, said by Sec-Fetch-Site or by Origin."""
    officer = web.officer()
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert officer.ask("POST", "/look", body=b"lang=en&to=/", headers={**kind, **headers}).status == status


def test_another_host_name_is_refused_on_loopback(web: WebDesk) -> None:
    """A name that was bent to this machine (DNS rebinding) shows nothing."""
    web.office.hosts = frozenset({"127.0.0.1", "localhost"})
    assert Browser(web.office, host="evil.example:8025").get("/login").status == 421
    assert Browser(web.office, host="localhost:8025").get("/login").status == 200


def test_the_one_time_link_works_once(web: WebDesk) -> None:
    """The link of `serve` lets in once; a new one is made, and wrong ones do nothing."""
    key = web.office.key
    first, second = Browser(web.office), Browser(web.office)
    assert first.get("/enter?key=wrong").status == 401
    assert first.get(f"/enter?key={key}").status == 303
    assert second.get(f"/enter?key={key}").status == 401
    assert first.get("/").status == 200
    assert web.office.key != key


def test_the_cookie_is_out_of_reach(web: WebDesk) -> None:
    """The session cookie is HttpOnly and SameSite; over https also Secure and bound to this host."""
    browser = Browser(web.office)
    plain = browser.get(f"/enter?key={web.office.key}").cookies[0]
    assert "HttpOnly" in plain
    assert "SameSite=lax" in plain
    secure = Browser(web.office, scheme="https").get(f"/enter?key={web.office.key}").cookies[0]
    assert secure.startswith("__Host-session=")
    assert "Secure" in secure
    token = plain.partition("=")[2].partition(";")[0]
    assert token.encode() not in web.app.ledger.path.read_bytes()


def test_sessions_end(web: WebDesk) -> None:
    """By logging out, by twelve quiet hours, by another password, and with the account."""
    one, two, three = web.account("one", "write"), web.account("two", "write"), web.account("three", "write")
    assert one.post("/logout").status == 303
    assert one.get("/").status == 303
    web.app.ledger.accounts.set_password("two", "another hash")
    assert two.get("/").status == 303
    web.app.ledger.accounts.remove("three")
    assert three.get("/").status == 303
    four = web.account("four", "write")
    web.clock.shift = timedelta(hours=11)
    assert four.get("/").status == 200
    web.clock.shift = timedelta(hours=22)
    assert four.get("/").status == 200
    web.clock.shift = timedelta(hours=35)
    assert four.get("/").status == 303


def test_guessing_is_slowed_down(web: WebDesk) -> None:
    """After five wrong passwords even the right one has to wait."""
    web.account("kim", "write", "the right password")
    browser = Browser(web.office)
    for _ in range(5):
        assert browser.post("/login", {"name": "kim", "password": "wrong"}).status == 401
    answer = browser.post("/login", {"name": "kim", "password": "the right password"})
    assert answer.status == 429
    assert "초 뒤에" in answer.words


def test_an_unknown_name_looks_like_a_wrong_password(web: WebDesk) -> None:
    """The answer does not say which accounts there are."""
    web.account("kim", "write")
    known = Browser(web.office).post("/login", {"name": "kim", "password": "x"})
    unknown = Browser(web.office).post("/login", {"name": "lee", "password": "x"})
    assert known.text.replace("kim", "") == unknown.text.replace("lee", "")


@pytest.mark.parametrize("goal", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_login_leads_nowhere_else(web: WebDesk, goal: str) -> None:
    """The page after logging in, or after changing the look, is one of ours."""
    web.account("kim", "write", "the right password")
    login = {"name": "kim", "password": "the right password", "to": goal}
    assert Browser(web.office).post("/login", login).headers["location"] == "/"
    assert Browser(web.office).post("/look", {"lang": "en", "to": goal}).headers["location"] == "/"


def test_bodies_are_bounded(web: WebDesk) -> None:
    """What is larger than any list is refused, declared or not, without being read to its end."""
    officer = web.officer()
    kind = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
    declared = officer.ask("POST", "/look", headers={**kind, "content-length": str(LARGEST_BODY + 1)})
    assert declared.status == 413
    quiet = officer.ask("POST", "/look", body=b"x" * (LARGEST_BODY + 10), headers={**kind, "content-length": "10"})
    assert quiet.status in {400, 413}


def test_the_last_administrator_stays(web: WebDesk) -> None:
    """Nobody can lock everybody out: the last account that administers is neither removed nor demoted."""
    admin = web.account("boss", "admin")
    assert admin.post("/settings/user", {"name": "boss", "do": "remove"}).status == 422
    assert admin.post("/settings/user", {"name": "boss", "do": "role", "role": "write"}).status == 422
    assert admin.get("/settings").status == 200


def test_two_administrators_cannot_demote_each_other(web: WebDesk) -> None:
    """Pressed at the same moment, one of the two stays."""
    browsers = {name: web.account(name, "admin") for name in ("kim", "lee")}
    forms = [(browsers["kim"], "lee"), (browsers["lee"], "kim")]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda pair: pair[0].post("/settings/user", {"name": pair[1], "do": "remove"}), forms))
    assert len(web.app.ledger.accounts.all()) == 1


def test_accounts_on_the_page(web: WebDesk) -> None:
    """Accounts are made, changed and removed; short passwords and odd names are refused."""
    admin = web.account("boss", "admin")
    new = {"name": "lee", "password": "short", "role": "write"}
    assert admin.post("/settings/users", new).status == 422
    new["password"] = "long enough to pass"
    assert admin.post("/settings/users", new).status == 303
    assert admin.post("/settings/users", new).status == 422
    assert admin.post("/settings/users", {**new, "name": "<b> x"}).status == 422
    lee = Browser(web.office)
    assert lee.post("/login", new).status == 303
    assert admin.post("/settings/user", {"name": "lee", "do": "role", "role": "approve"}).status == 303
    assert lee.get("/").status == 200
    assert lee.post("/settings/password", {"old": "wrong", "new": "some other password"}).status == 422
    assert lee.post("/settings/password", {"old": new["password"], "new": "some other password"}).status == 303
    assert lee.get("/").status == 303
