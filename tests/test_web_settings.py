"""Settings on the page: the letterhead and its logo, values that the environment fixes, and two administrators at once."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path

import pytest

from mailer.document import read_letterhead
from mailer.message import Package
from tests.browsing import Answer, Browser, WebDesk, web
from tests.terminal import LETTER

__all__ = ["web"]

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><rect width="40" height="20" fill="#a00"/></svg>'
EVIL = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script><rect width="9" height="9"/></svg>'


def png(width: int, height: int) -> bytes:
    """A picture of one colour, one bit a pixel."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def head_form(page: Answer, **changed: str) -> dict[str, str]:
    names = ("name_ko", "name_en", "address", "phone", "fax", "web", "email", "colour")
    expect = page.text.partition('id="letterhead"')[2]
    return (
        {"expect": re.findall(r'name="expect" value="([^"]*)"', expect)[0]}
        | {n: page.value(n) for n in names}
        | changed
    )


def put(browser: Browser, data: bytes, filename: str = "logo.png") -> Answer:
    return browser.upload("/settings/logo", data, filename, field="logo")


def head_file(web: WebDesk) -> Path:
    return web.root / "templates" / "letterhead.toml"


def test_the_letterhead_is_changed_and_its_comments_stay(web: WebDesk) -> None:
    """Eight lines are written into the workspace's own file; comments, other keys and the packaged file stay as they are."""
    officer = web.officer()
    before = (web.app.workspace.templates / "letterhead.toml").read_bytes()
    named = {"name_ko": '가람 "변호사" \\ 모임 #1', "colour": "#aa0000"}
    form = head_form(officer.get("/settings"), **named)
    assert officer.post("/settings/letterhead", form).status == 303
    text = head_file(web).read_text("utf-8")
    head = read_letterhead(text.encode(), str(head_file(web)))
    assert (head.name_ko, head.colour) == (named["name_ko"], "#aa0000")
    assert "# 강조색" in text
    assert "justify = true" in text
    assert officer.get("/settings").value("name_ko") == named["name_ko"]
    assert officer.get("/settings/letterhead.png").body.startswith(b"\x89PNG")
    assert before != head_file(web).read_bytes()


def test_what_no_letterhead_may_hold_stays_in_the_form(web: WebDesk) -> None:
    """A wrong colour is refused beside the form, which still holds what was typed; the file is as it was."""
    officer = web.officer()
    form = head_form(officer.get("/settings"), colour="red", name_ko="새 이름")
    answer = officer.post("/settings/letterhead", form)
    assert answer.status == 422
    assert answer.value("name_ko") == "새 이름"
    assert "새 이름" not in head_file(web).read_text("utf-8")


def test_two_administrators_do_not_overwrite_each_other(web: WebDesk) -> None:
    """Who saves letterhead or server settings over a file that was changed since is told so, and nothing is written."""
    officer = web.officer()
    page = officer.get("/settings")
    assert officer.post("/settings/letterhead", head_form(page, name_ko="하나")).status == 303
    late = officer.post("/settings/letterhead", head_form(page, name_ko="둘"))
    assert late.status == 422
    assert "그사이" in late.words
    assert "하나" in head_file(web).read_text("utf-8")
    server = {"expect": page.value("expect"), "MAILER_FROM": "새 이름 <new@sender.example>"}
    assert officer.post("/settings/server", server).status == 303
    assert officer.post("/settings/server", server | {"MAILER_FROM": "other@sender.example"}).status == 422
    assert web.app.sender.address == "new@sender.example"


@pytest.mark.parametrize(("data", "ending"), [(SVG, "svg"), (png(40, 20), "png")])
def test_a_logo_is_printed_and_removed(web: WebDesk, data: bytes, ending: str) -> None:
    """The picture lies beside the letterhead, which names it; the next paper carries it; removed, both are gone."""
    officer = web.officer()
    number = web.draft(officer)
    plain = officer.get(f"/release/{number}/paper.pdf").body
    assert put(officer, data, "아무 이름.bin").status == 303
    (logo,) = head_file(web).parent.glob("logo-*")
    assert logo.suffix == f".{ending}"
    assert logo.name in officer.get("/settings").words
    with_logo = officer.get(f"/release/{number}/paper.pdf").body
    assert with_logo != plain
    dispatch = web.send(officer, number)
    assert Package.from_json(*web.app.ledger.dispatches.package(dispatch)).document.pdf == with_logo
    assert put(officer, png(41, 20)).status == 303
    assert not logo.exists()
    assert officer.post("/settings/logo", {"do": "remove"}).status == 303
    assert list(head_file(web).parent.glob("logo-*")) == []
    assert "logo = " not in re.sub(r"(?m)^#.*", "", head_file(web).read_text("utf-8"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        b"GIF89a" + bytes(60),
        b"<html><svg></svg></html>",
        png(40, 20)[:60],
        b"<svg",
        SVG + b" " * 600_000,
        png(9000, 9000),
        b"PK\x03\x04" + bytes(99),
    ],
)
def test_what_cannot_be_printed_is_no_logo(web: WebDesk, data: bytes) -> None:
    """Another file, half a picture, a huge one and a small one that would unfold to gigabytes are refused; nothing is left over."""
    officer = web.officer()
    assert put(officer, SVG).status == 303
    before = {path.name: path.read_bytes() for path in head_file(web).parent.iterdir() if path.is_file()}
    answer = put(officer, data)
    assert answer.status == 422
    assert 'class="note bad" role="alert"' in answer.text
    assert {path.name: path.read_bytes() for path in head_file(web).parent.iterdir() if path.is_file()} == before


def test_a_logo_is_never_served_as_it_came(web: WebDesk) -> None:
    """The page shows a picture drawn from it: script in an SVG has nowhere to run."""
    officer = web.officer()
    answer = put(officer, EVIL)
    assert answer.status in {303, 422}
    assert "alert(1)" not in officer.get("/settings").text
    assert officer.get("/settings/letterhead.png").headers["content-type"] == "image/png"


def test_a_logo_put_there_by_hand_is_not_deleted(web: WebDesk) -> None:
    """Taking the logo away deletes only files that came from the page."""
    officer = web.officer()
    assert officer.post("/settings/letterhead", head_form(officer.get("/settings"))).status == 303
    (head_file(web).parent / "ours.svg").write_bytes(SVG)
    with head_file(web).open("a", encoding="utf-8") as file:
        file.write('logo = "ours.svg"  # drawn by us\n')
    assert "ours.svg" in officer.get("/settings").words
    assert officer.post("/settings/logo", {"do": "remove"}).status == 303
    assert (head_file(web).parent / "ours.svg").exists()
    assert "ours.svg" not in officer.get("/settings").words


def test_a_letter_with_a_head_of_its_own_leads_to_the_form(web: WebDesk) -> None:
    """The check names what differs as the form does, not by keys of a file, and links to it for whoever may change it."""
    admin, writer = web.officer(), web.account("kim", "write")
    number = web.draft(admin, "라마바회\n\n전화 02)000-0909\n\n---\n\n" + LETTER)
    page, other = admin.get(f"/release/{number}/checks"), writer.get(f"/release/{number}/checks")
    assert "저장해 둔 문서 머리와 다릅니다: 단체 이름(국문), 전화" in page.words
    assert 'href="/settings#letterhead"' in page.text
    assert "‘설정’의 문서 머리도" in other.words
    assert "/settings#letterhead" not in other.text
    assert not re.search(r"letterhead\.toml|name_ko", page.words + other.words)


def test_a_broken_letterhead_is_said_on_the_page(web: WebDesk) -> None:
    """A file that somebody broke by hand does not break the settings: they say what is wrong with it."""
    officer = web.officer()
    (web.root / "templates").mkdir()
    head_file(web).write_text('name_ko = "가\n', "utf-8")
    page = officer.get("/settings")
    assert page.status == 200
    assert 'class="note bad" role="alert"' in page.text
    assert put(officer, SVG).status == 422
    head_file(web).unlink()
    assert officer.get("/settings").status == 200
    assert officer.get("/settings/letterhead.png").status == 404


def test_values_of_the_environment_are_not_pretended_to_be_saved(
    web: WebDesk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each such field is locked and names its variable, also an empty one; saving changes neither it nor the file for it."""
    secret = tmp_path / "password"
    secret.write_text("from a file", "utf-8")
    monkeypatch.setenv("SMTP_HOST", "")
    monkeypatch.setenv("SMTP_PORT", "2525")
    monkeypatch.setenv("SMTP_PASSWORD_FILE", str(secret))
    monkeypatch.setenv("SMTP_USERNAME", "press")
    officer = web.officer()
    form = {
        "SMTP_HOST": "mail.example.org",
        "SMTP_PORT": "25",
        "SMTP_PASSWORD": "typed",
        "MAILER_FROM": "a@sender.example",
    }
    assert officer.post("/settings/server", form).status == 303
    page = officer.get("/settings")
    for name in ("SMTP_HOST", "SMTP_PORT", "SMTP_USERNAME", "SMTP_PASSWORD_FILE"):
        assert f"환경 변수 {name}" in page.words, name
    for name in ("SMTP_HOST", "SMTP_PORT", "SMTP_USERNAME", "SMTP_PASSWORD"):
        assert re.search(rf'name="{name}"[^>]* disabled', page.text), name
    assert web.app.config.practice
    assert web.app.config.smtp_port == 2525
    env = (web.root / ".env").read_text("utf-8")
    assert "a@sender.example" in env
    assert "mail.example.org" not in env
    assert "typed" not in env
    assert "from a file" not in page.text


def test_a_password_in_a_file_of_its_own_is_left_there(web: WebDesk) -> None:
    """With SMTP_PASSWORD_FILE in .env the field is locked: a second password beside it would stop every command."""
    (web.root / "pw").write_text("from a file", "utf-8")
    env = web.root / ".env"
    lines = "MAILER_FROM=a@sender.example\nSMTP_HOST=mail.example.org\nSMTP_USERNAME=press\nSMTP_PASSWORD_FILE=pw\n"
    env.write_text(lines, "utf-8")
    officer = web.officer()
    form = {"SMTP_HOST": "mail.example.org", "SMTP_USERNAME": "press", "MAILER_FROM": "a@sender.example"}
    assert officer.post("/settings/server", form).status == 303
    page = officer.get("/settings")
    assert re.search(r'name="SMTP_PASSWORD"[^>]* disabled', page.text)
    assert officer.post("/settings/server", form | {"SMTP_PASSWORD": "typed"}).status == 303
    assert web.app.config.smtp_password is not None
    assert web.app.config.smtp_password.reveal() == "from a file"


def test_a_new_settings_file_is_nobody_elses(web: WebDesk) -> None:
    """The file that holds the password is readable by its owner alone, also when the page makes it."""
    (web.root / ".env").unlink()
    assert web.officer().post("/settings/server", {"MAILER_FROM": "a@sender.example"}).status == 303
    assert (web.root / ".env").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("change", [{"SMTP_HOST": "mail.elsewhere.example"}, {"SMTP_SECURITY": "none"}])
def test_a_stored_password_is_not_taken_to_another_server(web: WebDesk, change: dict[str, str]) -> None:
    """Another host or no encryption needs the password typed again; the same server with another port does not."""
    form = {
        "MAILER_FROM": "a@sender.example",
        "SMTP_HOST": "mail.example.org",
        "SMTP_SECURITY": "starttls",
        "SMTP_USERNAME": "press",
    }
    officer = web.officer()
    assert officer.post("/settings/server", form | {"SMTP_PASSWORD": "old secret"}).status == 303
    assert officer.post("/settings/server", form | {"SMTP_PORT": "2587"}).status == 303
    before = (web.root / ".env").read_bytes()
    refused = officer.post("/settings/server", form | change)
    assert refused.status == 422
    assert "비밀번호를 다시" in refused.text
    assert (web.root / ".env").read_bytes() == before
    if "SMTP_HOST" in change:
        assert officer.post("/settings/server", form | change | {"SMTP_PASSWORD": "new secret"}).status == 303
        assert web.app.config.smtp_host == change["SMTP_HOST"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"SMTP_PORT": "99999"}, "‘포트’: 쓸 수 없는 값입니다"),
        ({"MAILER_TIMEZONE": "Seoul"}, "‘시간대’: 쓸 수 없는 값입니다"),
        ({"MAILER_FROM": ""}, "‘보내는 사람’: 보내는 사람이 없습니다"),
        ({"SMTP_USERNAME": ""}, "‘사용자 이름’: 빠져 있습니다"),
        ({"SMTP_HOST": "mail\u0007"}, "쓸 수 없는 글자"),
        ({"expect": "another state"}, "그사이 설정이 바뀌어"),
    ],
)
def test_what_no_setting_may_be_stays_in_the_form(web: WebDesk, wrong: dict[str, str], said: str) -> None:
    """The form comes back open, with the reason in its own words and all that was typed except the password; nothing is written."""
    form = {
        "MAILER_FROM": "새 이름 <new@sender.example>",
        "SMTP_HOST": "mail.example.org",
        "SMTP_SECURITY": "tls",
        "SMTP_PORT": "2465",
        "SMTP_USERNAME": "press",
        "SMTP_PASSWORD": "typed secret",
    } | wrong
    before = (web.root / ".env").read_bytes()
    page = web.officer().post("/settings/server", form)
    assert page.status == 422
    assert said in page.words
    assert "다시 적어 주십시오" in page.words
    kept = {key: page.value(key) for key in form if key not in ("SMTP_SECURITY", "SMTP_PASSWORD", "expect")}
    assert kept == {key: form[key] for key in kept}
    assert "<option selected>tls" in page.text
    assert "<details open><summary>메일 서버와" in page.text
    assert "typed secret" not in page.text
    assert re.search(r'name="SMTP_PASSWORD"[^>]* required', page.text)
    assert (web.root / ".env").read_bytes() == before
    assert web.app.config.practice
