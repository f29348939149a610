"""A letter's signatory file on the page, files in any encoding, and drafts that two windows work on at once."""

from __future__ import annotations

import pytest

from mailer.desk.approval import changed_since
from mailer.ledger import DraftLetter
from mailer.message import Package
from mailer.release.decode import MOST_BYTES
from tests.browsing import Answer, Browser, WebDesk, confirming, web
from tests.terminal import LETTER

__all__ = ["web"]

NAMED = LETTER.replace("제 목 :", "연 명 : names.txt\n제 목 :")
NAMES = "가람 모임\n나루 모임\n총 2\n"


def stored(web: WebDesk, number: int) -> DraftLetter:
    found = web.app.ledger.manuscripts.get(number)
    assert found is not None
    return found


def save(browser: Browser, number: int, letter: str, **fields: str) -> Answer:
    """Press a button of the letter's form on a page that was just opened."""
    version = browser.get(f"/release/{number}/letter").value("version")
    return browser.post(f"/release/{number}/letter", {"version": version, "letter": letter, **fields})


def send_names(browser: Browser, number: int, letter: str, data: bytes, filename: str) -> Answer:
    version = browser.get(f"/release/{number}/letter").value("version")
    return browser.upload(
        f"/release/{number}/letter", data, filename, field="names", version=version, letter=letter, do="names"
    )


def test_a_named_file_is_asked_for_and_goes_out_with_the_letter(web: WebDesk) -> None:
    """Missing, the file stops the send and is asked for in place; uploaded, it stands in preview, paper, hash and package."""
    officer = web.officer()
    number = web.draft(officer, NAMED)
    page = officer.get(f"/release/{number}/letter")
    assert "원고에 적힌 연명 파일이 없습니다: names.txt" in page.words
    assert 'name="names"' in page.text
    assert f'href="/release/{number}/letter#names"' in officer.get(f"/release/{number}/checks").text
    assert 'name="key"' not in officer.get(f"/release/{number}/send").text
    assert send_names(officer, number, NAMED, NAMES.encode(), "mine.csv").status == 303
    page = officer.get(f"/release/{number}/letter")
    assert "2곳" in page.words
    assert "연명 2개가 본문에 적은 수와 맞습니다" in page.words
    for view in ("text", "raw"):
        assert officer.get(f"/release/{number}/preview?view={view}").status == 200
    assert "나루 모임" in officer.get(f"/release/{number}/preview?view=text").words
    with_names = officer.get(f"/release/{number}/paper.pdf").body
    dispatch = web.send(officer, number)
    package = Package.from_json(*web.app.ledger.dispatches.package(dispatch))
    assert package.companions == (("names.txt", NAMES.encode()),)
    assert [one.name for one in package.release().signatories] == ["가람 모임", "나루 모임"]
    assert package.document.pdf == with_names


def test_a_sent_draft_is_not_called_a_changed_file(web: WebDesk) -> None:
    """The terminal looks for no file behind a letter that was written on the page; an edited template it still names."""
    officer = web.officer()
    number = web.draft(officer, NAMED)
    assert save(officer, number, NAMED, pasted=NAMES).status == 303
    dispatch = web.app.ledger.dispatches.get(web.send(officer, number))
    assert dispatch is not None
    letter, templates = web.root / dispatch.letter_source, web.app.workspace.templates
    assert changed_since(web.app.ledger, dispatch, letter, templates) == ()
    assert changed_since(web.app.ledger, dispatch, letter, web.root) != ()


def test_other_names_are_another_seal(web: WebDesk) -> None:
    """Names that changed after the confirming form was shown are not sent."""
    officer = web.officer()
    number = web.draft(officer, NAMED)
    assert save(officer, number, NAMED, pasted=NAMES).status == 303
    form = confirming(officer.get(f"/release/{number}/send"))
    assert save(officer, number, NAMED, pasted="가람 모임\n다솜 모임\n").status == 303
    assert officer.post(f"/release/{number}/send", form).status == 409
    assert web.app.ledger.dispatches.all() == ()


def test_names_are_replaced_and_removed(web: WebDesk) -> None:
    """Pasted names replace the uploaded ones and can be taken away; a plain save of the text leaves them alone."""
    officer = web.officer()
    number = web.draft(officer, NAMED)
    assert send_names(officer, number, NAMED, NAMES.encode(), "n.txt").status == 303
    assert save(officer, number, NAMED + "\n", pasted=NAMES).status == 303
    assert stored(web, number).names == NAMES
    assert save(officer, number, NAMED).status == 303
    assert stored(web, number).names == NAMES
    assert save(officer, number, NAMED, pasted="다솜 모임").status == 303
    assert (stored(web, number).names_file, stored(web, number).names) == ("names.txt", "다솜 모임")
    assert save(officer, number, NAMED, pasted="다솜 모임", do="remove").status == 303
    assert (stored(web, number).names_file, stored(web, number).names) == ("", "")
    assert "아직 없습니다: names.txt" in officer.get(f"/release/{number}/letter").words


def test_a_file_is_used_only_under_the_name_in_the_letter(web: WebDesk) -> None:
    """When the letter names another file, the kept one is not used for it; when it names none, the page says how it would be."""
    officer = web.officer()
    number = web.draft(officer, NAMED)
    assert save(officer, number, NAMED, pasted=NAMES).status == 303
    other = NAMED.replace("names.txt", "others.txt")
    assert save(officer, number, other, pasted=NAMES).status == 303
    page = officer.get(f"/release/{number}/letter")
    assert "없습니다: others.txt" in page.words
    assert "지금 있는 ‘names.txt’ 파일은" in page.words
    assert 'name="key"' not in officer.get(f"/release/{number}/send").text
    assert save(officer, number, LETTER).status == 303
    page = officer.get(f"/release/{number}/letter")
    assert "‘연명 : names.txt’ 한 줄을 넣어" in page.words
    assert "가람 모임" not in officer.get(f"/release/{number}/preview?view=text").words
    package = web.app.ledger.dispatches.package(web.send(officer, number))
    assert Package.from_json(*package).companions == ()


@pytest.mark.parametrize("name", ["../names.txt", "/etc/passwd", "a\\b.txt"])
def test_a_file_elsewhere_is_neither_read_nor_asked_for(web: WebDesk, name: str) -> None:
    """A letter of the page reads no file of this machine, whatever it names."""
    (web.root / "names.txt").write_text("secret\n", "utf-8")
    officer = web.officer()
    page = officer.get(f"/release/{web.draft(officer, NAMED.replace('names.txt', name))}/letter")
    assert "파일의 이름으로 쓸 수 없습니다" in page.words
    assert 'name="names"' not in page.text
    assert "secret" not in page.text


def test_a_file_beside_the_drafts_is_not_taken(web: WebDesk) -> None:
    """A letter that names a file of the workspace gets it only when somebody uploads it."""
    for folder in (web.root, web.root / "letters", web.root / "var"):
        folder.mkdir(exist_ok=True)
        (folder / "names.txt").write_text("비밀 모임\n", "utf-8")
    officer = web.officer()
    page = officer.get(f"/release/{web.draft(officer, NAMED)}/letter")
    assert "없습니다: names.txt" in page.words
    assert "비밀 모임" not in page.text


def test_letter_and_names_come_together(web: WebDesk) -> None:
    """The first form takes both files; a letter of the workspace brings the file that lies beside it."""
    officer = web.officer()
    both = {"file": ("a.md", NAMED.encode()), "names": ("n.txt", NAMES.encode("cp949"))}
    made = officer.upload_all("/release/new", both, **{"from": "file"})
    assert made.headers["location"].endswith("/letter?said=read_guessed")
    assert "CP949" in officer.get(made.headers["location"]).words
    assert (stored(web, 1).names_file, stored(web, 1).names) == ("names.txt", NAMES)
    (web.root / "letters" / "ours.md").write_text(NAMED, "utf-8")
    (web.root / "letters" / "names.txt").write_text(NAMES, "utf-8")
    assert officer.post("/release/new", {"from": "letter", "letter": "ours"}).status == 303
    assert stored(web, 2).names == NAMES


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_files_of_any_editor_are_read(web: WebDesk, encoding: str) -> None:
    """The letter and its names are the same words, whichever encoding they were saved in."""
    officer = web.officer()
    number = web.draft(officer, NAMED)
    assert send_names(officer, number, NAMED, NAMES.encode(encoding), "이름.txt").status == 303
    assert stored(web, number).names == NAMES
    version = str(stored(web, number).version)
    data = NAMED.replace("\n", "\r\n").encode(encoding)
    assert officer.upload(f"/release/{number}/upload", data, "글.txt", version=version).status == 303
    assert stored(web, number).letter == NAMED


@pytest.mark.parametrize(
    "data",
    [b"PK\x03\x04" + bytes(50), b"\x89PNG\r\n\x1a\n" + bytes(50), b"   \n", b"a" * (MOST_BYTES + 1), b"\xff" * 99],
)
def test_what_holds_no_names_is_refused_and_nothing_is_lost(web: WebDesk, data: bytes) -> None:
    """A picture, a workbook, nothing or too much: said on the same page, where the unsaved text still stands."""
    officer = web.officer()
    number = web.draft(officer, NAMED)
    answer = send_names(officer, number, NAMED + "\n아직 저장하지 않은 글\n", data, "n.xlsx")
    assert answer.status == 422
    assert "아직 저장하지 않은 글" in answer.text
    assert "data-unsaved" in answer.text
    assert stored(web, number).names == ""


def test_a_text_beyond_any_letter_is_refused(web: WebDesk) -> None:
    """A huge paste is not kept; the script is told in a sentence, not in a page."""
    officer = web.officer()
    number = web.draft(officer)
    huge = {"version": str(stored(web, number).version), "letter": "가" * (MOST_BYTES // 2)}
    assert officer.post(f"/release/{number}/letter", huge).status == 422
    told = officer.post(f"/release/{number}/letter", huge, x_fragment="1")
    assert told.status == 422
    assert len(told.body) < 500
    beyond = officer.post(f"/release/{number}/letter", huge | {"letter": "a" * 5_000_000})
    assert beyond.status == 422
    assert "너무 크거나" in beyond.words
    assert stored(web, number).letter == LETTER


def test_a_second_click_is_no_conflict(web: WebDesk) -> None:
    """The same form twice is one save, of the letter as of the people; another text over it is a conflict."""
    officer = web.officer()
    number = web.draft(officer)
    form = {"version": str(stored(web, number).version), "letter": LETTER + "\nmore\n"}
    assert [officer.post(f"/release/{number}/letter", form).status for _ in range(2)] == [303, 303]
    assert officer.post(f"/release/{number}/letter", form | {"letter": LETTER}).status == 409
    people = [("version", str(stored(web, number).version)), ("lists", "press"), ("condition", "매체=가나일보")]
    assert [officer.post(f"/release/{number}/people", people).status for _ in range(2)] == [303, 303]
    assert officer.post(f"/release/{number}/people", people[:2]).status == 409


def test_a_conflict_is_saved_over_by_a_person_only(web: WebDesk) -> None:
    """The page of a conflict shows one's own words and is held: the script must not save them over the other's."""
    officer = web.officer()
    number = web.draft(officer)
    version = str(stored(web, number).version)
    assert save(officer, number, LETTER + "\nhers\n").status == 303
    late = officer.post(f"/release/{number}/letter", {"version": version, "letter": LETTER + "\nmine\n"})
    assert late.status == 409
    assert "data-held" in late.text
    assert "data-unsaved" in late.text
    assert "data-held" not in officer.get(f"/release/{number}/letter").text
    told = officer.post(f"/release/{number}/letter", {"version": version, "letter": "x"}, x_fragment="1")
    assert (told.status, told.body) == (409, b"")


def test_the_choice_of_people_stays_on_the_screen(web: WebDesk) -> None:
    """Who chose people while the letter was saved elsewhere sees the own ticks again and can save them."""
    web.people(2, "other")
    officer = web.officer()
    number = web.draft(officer)
    late = [("version", "1"), ("lists", "other"), ("exclude", "press"), ("condition", "매체=가나일보")]
    answer = officer.post(f"/release/{number}/people", late)
    assert answer.status == 409
    assert 'name="lists" value="other" checked' in answer.text
    assert 'name="lists" value="press" checked' not in answer.text
    assert 'name="exclude" value="press" checked' in answer.text
    again = [("version", answer.value("version")), *late[1:]]
    assert officer.post(f"/release/{number}/people", again).status == 303
    assert stored(web, number).lists == ("other",)


def test_nobody_deletes_what_they_have_not_seen(web: WebDesk) -> None:
    """A delete from an old window is refused, and one of a sent release leads to its dispatch."""
    officer = web.officer()
    number = web.draft(officer)
    assert officer.post(f"/release/{number}/delete", {"version": "1"}).status == 422
    dispatch = web.send(officer, number)
    answer = officer.post(f"/release/{number}/delete", {"version": str(stored(web, number).version)})
    assert answer.headers["location"] == f"/dispatch/{dispatch}"


@pytest.mark.parametrize("role", ["lists", "exclude"])
def test_a_list_that_is_gone_stops_the_send(web: WebDesk, role: str) -> None:
    """A chosen list that no longer exists is named, wherever it was chosen: nobody is dropped or added in silence."""
    web.people(2, "other")
    officer = web.officer()
    number = web.draft(officer)
    people = [("version", str(stored(web, number).version)), ("lists", "press"), (role, "other")]
    assert officer.post(f"/release/{number}/people", people).status == 303
    form = confirming(officer.get(f"/release/{number}/send"))
    (web.root / "recipients" / "other.csv").unlink()
    for step in ("people", "preview", "checks", "send"):
        assert "고른 명단이 없어졌습니다: other" in officer.get(f"/release/{number}/{step}").words, step
    assert officer.post(f"/release/{number}/send", form).status == 422
    assert web.app.ledger.dispatches.all() == ()
    assert officer.get(f"/release/{number}/letter").status == 200


def test_a_draft_says_nothing_of_one_deleted_before(web: WebDesk) -> None:
    """What was prepared for a deleted draft is never shown, let alone sent, for the next one."""
    officer = web.officer()
    first = web.draft(officer, LETTER.replace("written for a test", "of the first draft"))
    assert "of the first draft" in officer.get(f"/release/{first}/preview?view=text").text
    assert officer.post(f"/release/{first}/delete", {"version": str(stored(web, first).version)}).status == 303
    second = web.draft(officer, LETTER.replace("written for a test", "of the second draft"))
    assert second != first
    assert "of the second draft" in officer.get(f"/release/{second}/preview?view=text").text
    assert officer.get(f"/release/{first}/letter").status == 404


def test_any_charset_of_a_form_is_survived(web: WebDesk) -> None:
    """A form in a charset that decodes to half characters is stored as whole ones."""
    officer = web.officer()
    number = web.draft(officer)
    body = (
        b'--b\r\nContent-Disposition: form-data; name="version"\r\n\r\n2\r\n--b\r\nContent-Disposition: form-data; '
        b'name="letter"\r\n\r\nhalf \\ud800 a character\r\n--b--\r\n'
    )
    kind = "multipart/form-data; boundary=b; charset=unicode_escape"
    answer = officer.ask(
        "POST", f"/release/{number}/letter", body=body, headers={"content-type": kind, "sec-fetch-site": "same-origin"}
    )
    assert answer.status == 303
    assert stored(web, number).letter == "half ? a character"
