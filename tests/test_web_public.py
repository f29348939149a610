"""Behind a web server: the public name is answered, and no header that anybody can send changes who or what is believed."""

from __future__ import annotations

import signal
import urllib.request

import pytest

from mailer.errors import UsageError
from mailer.web.public import LOCAL_NAMES, read_public_url
from tests.browsing import Browser, WebDesk, web
from tests.terminal import Desk, desk, start
from tests.test_cli_serve import ask

__all__ = ["desk", "web"]

PUBLIC = "https://press.example"
NAME = "press.example"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def outside(web: WebDesk) -> Browser:
    """Somebody who comes through the web server."""
    web.office.public = read_public_url(PUBLIC)
    web.office.hosts = LOCAL_NAMES | {NAME}
    return Browser(web.office, host=NAME)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("https://press.example", "https://press.example"),
        ("https://Press.Example:443/", "https://press.example"),
        ("https://press.example:8443", "https://press.example:8443"),
        ("http://press.example", "http://press.example"),
        ("https://언론.example", "https://xn--6o2b17v.example"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]"),
        ("press.example", ""),
        ("ftp://press.example", ""),
        ("https://", ""),
        ("https://press.example/mailer", ""),
        ("https://press.example?x", ""),
        ("https://kim@press.example", ""),
        ("https://press.example:no", ""),
        ("https://pre ss.example", ""),
    ],
)
def test_a_public_address_is_read_strictly(typed: str, read: str) -> None:
    """Scheme, name and port, nothing more; anything else is refused with an example."""
    if read:
        assert str(read_public_url(typed)) == read
    else:
        with pytest.raises(UsageError):
            read_public_url(typed)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (NAME, 200), ("PRESS.example:443", 200), ("press.example:8443", 200), ("127.0.0.1:8025", 200), ("localhost", 200),
        ("evil.example", 421), ("press.example.evil.example", 421), ("evil-press.example", 421), ("", 421),
    ],
)  # fmt: skip
def test_only_known_names_are_answered(outside: Browser, host: str, status: int) -> None:
    """The public name and this machine's own; every other is somebody else's."""
    outside.host = host
    assert outside.get("/login").status == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"origin": PUBLIC}, 303),
        ({"origin": "http://press.example"}, 403),
        ({"origin": "https://press.example:8443"}, 403),
        ({"origin": "http://127.0.0.1:8025"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": PUBLIC}, 403),
        ({}, 403),
    ],
)
def test_forms_come_from_the_public_address(outside: Browser, headers: dict[str, str], status: int) -> None:
    """The origin of a form is the public address, scheme and port included, whatever port the Host header lost on its way."""
    assert outside.ask("POST", "/look", body=b"lang=en&to=/", headers={**FORM, **headers}).status == status


def test_cookies_go_encrypted_only(outside: Browser, web: WebDesk) -> None:
    """With https in the configured address the session is Secure and bound to the name; without, it is not."""
    web.account("kim", "write", "the right password")
    login = {"name": "kim", "password": "the right password"}
    (cookie,) = outside.post("/login", login).cookies
    assert cookie.startswith("__Host-session=")
    assert "Secure" in cookie
    (cookie,) = Browser(web.office).post("/login", login, **{"x-forwarded-proto": "https"}).cookies
    assert cookie.startswith("session=")


def test_guessers_are_told_apart(outside: Browser, web: WebDesk) -> None:
    """One visitor's wrong passwords slow that visitor down, not everybody behind the web server; only its own entry counts."""
    web.account("kim", "write", "the right password")
    login = {"name": "kim", "password": "the right password"}
    for number in range(5):
        guess = {"name": f"nobody{number}", "password": "wrong"}
        forged = {"x-forwarded-for": f"198.51.100.{number}, 203.0.113.9"}
        assert outside.post("/login", guess, **forged).status == 401
    assert outside.post("/login", login, **{"x-forwarded-for": "203.0.113.9"}).status == 429
    assert outside.post("/login", login, **{"x-forwarded-for": "203.0.113.10"}).status == 303


def test_without_a_public_address_no_header_is_believed(web: WebDesk) -> None:
    """Whoever reaches the port directly cannot pass for many visitors."""
    browser = Browser(web.office)
    for number in range(5):
        guess = {"name": f"nobody{number}", "password": "wrong"}
        assert browser.post("/login", guess, **{"x-forwarded-for": f"203.0.113.{number}"}).status == 401
    assert browser.post("/login", {"name": "kim", "password": "x"}, **{"x-forwarded-for": "203.0.113.99"}).status == 429


def test_serve_behind_a_web_server(desk: Desk) -> None:
    """With a public address it asks for accounts, prints no one-time link, and answers to that name alone besides its own."""
    said = desk.mailer("serve", "--public-url", PUBLIC)
    assert (said.code, f"mailer serve --public-url {PUBLIC}" in said.err) == (2, True)
    assert desk.mailer("serve", "--public-url", "press.example").code == 2
    process = start("user", "add", "kim", "-w", str(desk.root), stdin=-1, cwd=str(desk.root))
    process.communicate(b"a long enough password\n", timeout=60)
    process = desk.process("serve", "--port", "0", "--public-url", PUBLIC)
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().decode().strip().endswith(f"{PUBLIC}/")
        told = next(line for line in map(bytes.decode, process.stderr) if "http://" in line)
        place = "http://" + told.partition("http://")[2].strip()
        status, page = ask(f"{place}/login", Host=NAME)
        assert (status, "비밀번호 없이" in page) == (200, False)
        assert ask(f"{place}/login", Host="evil.example")[0] == 421
        request = urllib.request.Request(
            f"{place}/login", data=b"name=kim&password=a+long+enough+password", headers={"Host": NAME, "Origin": PUBLIC}
        )
        opener = urllib.request.build_opener(Stay())
        with opener.open(request, timeout=10) as answer:
            assert (answer.status, answer.headers["location"]) == (303, "/")
            assert answer.headers["set-cookie"].startswith("__Host-session=")
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


class Stay(urllib.request.HTTPErrorProcessor):
    """Shows redirects instead of following them."""

    def http_response(self, request: object, response: object) -> object:  # type: ignore[override]
        return response
