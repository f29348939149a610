"""contacts.importing, writing, forgetting: lists are planned, replaced as a whole, and people are erased for good."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.contacts import ContactList, parse, parse_address, read, upkeep
from mailer.contacts.formulas import guarded, unguarded
from mailer.dispatch import Address, Contact
from mailer.errors import ListError, WorkspaceError
from tests.workbooks import workbook

NOW = datetime(2026, 11, 23, 21, 5, 9, tzinfo=ZoneInfo("Asia/Seoul"))
OLD = """이메일,이름,매체,부서,태그,구독,출처,등록일
kim@x.example,김민지 기자,한강일보,사회부,정지,예,명함,2025-01-02
lee@x.example,이하은,남도신문,문화부,,,명함,2025-01-02
"""
NEW = """email,name,outlet,desk,tags
KIM@x.example,김민지,한강일보,정치부,인권
lee@x.example,이하은,,,
park@x.example,박서준,설악방송,보도국,
"bad@x,example",나쁜,,,
park@x.example,박서준,,,
"""


def listed(text: str, source: str = "press.csv") -> ContactList:
    return parse(text.encode(), source=source)


def plain(contacts: tuple[Contact, ...]) -> list[Contact]:
    return [replace(c, lists=(), sources=()) for c in contacts]


def address(text: str) -> Address:
    found = parse_address(text)
    assert isinstance(found, Address)
    return found


def test_an_import_says_what_is_new_changed_same_doubled_and_bad() -> None:
    """Field by field, with the rows of the new file."""
    plan = upkeep.plan_import(listed(OLD), listed(NEW, "new.csv"), added="2026-11-23")
    assert [c.name for c in plan.new] == ["박서준"]
    (change,) = plan.changed
    assert (change.row, [(f.column, f.before, f.after) for f in change.fields]) == (
        2,
        [("부서", "사회부", "정치부"), ("태그", "정지", "정지; 인권")],
    )
    assert [c.name for c in plan.same] == ["이하은"]
    assert [p.row for p in plan.duplicates] == [6]
    assert [p.row for p in plan.bad] == [5]
    assert (plan.new[0].source_note, plan.new[0].added) == ("new.csv", "2026-11-23")


def test_an_import_never_erases() -> None:
    """Empty cells, missing columns and missing people leave what is known; a tag 정지 stays; the origin stays."""
    plan = upkeep.plan_import(listed(OLD), listed("email,name,outlet\nkim@x.example,,\n"), added="2026-11-23")
    assert plan.changes_nothing
    kim, lee = plan.result
    assert (kim.title, kim.tags, kim.extra, kim.source_note, kim.added) == (
        "기자",
        ("정지",),
        (("구독", "예"),),
        "명함",
        "2025-01-02",
    )
    assert lee.outlet == "남도신문"


def test_a_guessed_language_never_replaces_a_typed_one() -> None:
    """A file without a language column changes no language."""
    old = listed("이메일,이름,언어\na@x.example,김민지,ko\nb@x.example,Ana,ko\n")
    plan = upkeep.plan_import(old, listed("email,name\na@x.example,Minji Kim\nb@x.example,Ana\n"))
    assert [c.language for c in plan.result] == ["ko", "ko"]
    changed = upkeep.plan_import(old, listed("email,language\nb@x.example,en\n"))
    assert [f.column for f in changed.changed[0].fields] == ["언어", "호칭"]


def test_importing_twice_changes_nothing(tmp_path: Path) -> None:
    """The second plan finds only the same, the second write touches no file."""
    path = tmp_path / "press.csv"
    path.write_bytes(OLD.encode("cp949"))
    new = listed(NEW, "new.csv")
    plan = upkeep.plan_import(read(path), new, added="2026-11-23")
    first = upkeep.write_list(path, plan.result, now=NOW)
    assert first.changed
    again = upkeep.plan_import(read(path), new, added="2026-12-24")
    assert again.changes_nothing
    assert len(again.same) == 3
    second = upkeep.write_list(path, again.result, now=NOW)
    assert (second.changed, second.backup) == (False, None)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_typed_salutation_survives_and_a_composed_one_follows_the_name() -> None:
    """What a person wrote is not recomposed."""
    old = listed("이메일,이름,직함,호칭\na@x.example,김민지,기자,김 기자님께\nb@x.example,이하은,기자,\n")
    plan = upkeep.plan_import(old, listed("이메일,이름,직함\na@x.example,김민지,차장\nb@x.example,이하은,차장\n"))
    assert [c.salutation for c in plan.result] == ["김 기자님께", "이하은 차장님께"]


def test_rows_of_the_old_list_that_cannot_be_read_are_named() -> None:
    """Writing the list anew would drop them, so the plan carries them."""
    plan = upkeep.plan_import(listed(OLD + "bad,나쁜,,,,,,\n"), listed(NEW))
    assert [p.value for p in plan.kept_bad] == ["bad"]


def test_a_list_is_written_for_excel_and_reads_back_the_same(tmp_path: Path) -> None:
    """UTF-8 with mark, CRLF, Korean headers; the old file becomes a backup with its bytes and permissions."""
    path = tmp_path / "press.csv"
    path.write_bytes(OLD.encode("cp949"))
    path.chmod(0o640)
    before = read(path)
    written = upkeep.write_list(path, before.contacts, now=NOW)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf" + "이메일,이름,매체,부서,직함".encode())
    assert b"\r\n" in path.read_bytes()
    assert plain(read(path).contacts) == plain(before.contacts)
    assert written.backup == tmp_path / "press.csv.20261123-210509.bak"
    assert written.backup.read_bytes() == OLD.encode("cp949")
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(p.name for p in tmp_path.iterdir()) == ["press.csv", "press.csv.20261123-210509.bak"]


def test_two_writes_in_one_second_keep_both_backups(tmp_path: Path) -> None:
    """No backup overwrites another."""
    path = tmp_path / "press.csv"
    contacts = listed(OLD).contacts
    path.write_text("one")
    upkeep.write_list(path, contacts, now=NOW)
    upkeep.write_list(path, contacts[:1], now=NOW)
    assert len(list(tmp_path.glob("*.bak"))) == 2


def test_a_list_that_changed_in_the_meantime_is_not_overwritten(tmp_path: Path) -> None:
    """Somebody saved the file between reading and writing."""
    path = tmp_path / "press.csv"
    path.write_text(OLD)
    before = read(path)
    path.write_text(OLD + "new@x.example,,,,,,,\n")
    with pytest.raises(WorkspaceError):
        upkeep.write_list(path, before.contacts, now=NOW, expect_sha256=before.sha256)
    assert "new@x.example" in path.read_text()
    upkeep.write_list(path, before.contacts, now=NOW, expect_sha256=read(path).sha256)
    with pytest.raises(WorkspaceError):
        upkeep.write_list(path, before.contacts, now=NOW, expect_sha256="")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions bind only ordinary users")
def test_an_unwritable_folder_is_a_clear_error(tmp_path: Path) -> None:
    """Nothing is left half written."""
    tmp_path.chmod(0o500)
    with pytest.raises(WorkspaceError):
        upkeep.write_list(tmp_path / "press.csv", (), now=NOW)
    tmp_path.chmod(0o700)


def test_a_missing_folder_is_a_clear_error(tmp_path: Path) -> None:
    """The place and a remedy are named."""
    with pytest.raises(WorkspaceError) as caught:
        upkeep.write_list(tmp_path / "none" / "press.csv", (), now=NOW)
    assert caught.value.remedy


def test_no_written_cell_is_a_formula(tmp_path: Path) -> None:
    """Every dangerous first character gets an apostrophe; reading takes it off again."""
    starts = ["=1+1", "+82-2", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠x", "'=1", "''+1", "'plain", "'"]
    contacts = []
    for number, text in enumerate(starts):
        extra = (("=head", text),)
        contacts.append(Contact(address=address(f"p{number}@x.example"), name="김민지", note=text, extra=extra))
    data = upkeep.render_list(contacts)
    cells = [cell for line in data.decode("utf-8-sig").splitlines() for cell in line.replace('"', "").split(",")]
    assert not [cell for cell in cells if cell[:1] in tuple("=+-@＝＋－＠")]
    assert [c.note for c in parse(data, source="p.csv").contacts] == starts


@given(st.text(st.sampled_from("'=+-@＝a \t"), max_size=6))
def test_the_formula_guard_is_exact(cell: str) -> None:
    """Guarding and reading back is the identity, and what is guarded starts no formula."""
    assert unguarded(guarded(cell)) == cell
    assert guarded(cell)[:1] not in tuple("=+-@＝＋－＠\t")


TEXTS = st.text(st.characters(exclude_categories=["C", "Z"]) | st.sampled_from(" ,;\"'=\n홍길동기자부님"), max_size=12)


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS, TEXTS, TEXTS), min_size=1, max_size=6))
def test_writing_and_reading_is_a_fixed_point(rows: list[tuple[str, ...]]) -> None:
    """Whatever a reader made of any cells, writing it and reading again gives the same contacts."""
    header = "이메일,이름,직함,태그,호칭,별칭"
    lines = []
    for number, row in enumerate(rows):
        cells = ['"' + cell.replace('"', '""') + '"' for cell in row]
        lines.append(",".join([f"p{number}@x.example", *cells]))
    contacts = parse("\n".join([header, *lines]).encode(), source="a.csv").contacts
    again = parse(upkeep.render_list(contacts), source="a.csv").contacts if contacts else ()
    assert plain(again) == plain(contacts)


def test_bad_rows_are_written_for_correction_and_come_in_again(tmp_path: Path) -> None:
    """The row number, what is wrong and the suggestion stand in front; after correction the file is an ordinary list."""
    path = tmp_path / "press.bad.csv"
    bad = listed(NEW + "=cmd|x,나쁜,,,\n", "new.csv")
    assert upkeep.write_bad_rows(path, bad) == 2
    text = path.read_text(encoding="utf-8-sig")
    assert text.splitlines()[0] == "행(원본),문제,제안,출처,email,name,outlet,desk,tags"
    assert "'=cmd|x" in text
    path.write_text(text.replace('"bad@x,example"', "bad@x.example"), encoding="utf-8")
    corrected = read(path)
    assert [(c.address.key, c.name, c.extra) for c in corrected.contacts] == [("bad@x.example", "나쁜", ())]
    assert upkeep.write_bad_rows(tmp_path / "none.csv", listed(OLD)) == 0
    assert not (tmp_path / "none.csv").exists()


@pytest.mark.parametrize("codec", ["utf-8-sig", "cp949", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"])
def test_a_person_is_erased_from_lists_and_backups(tmp_path: Path, codec: str, line_end: str) -> None:
    """Their rows go, in every spelling; every other byte stays; no new copy is made."""
    before = '이메일,이름,비고\na@x.example,하나,"두\n줄"\n'
    theirs = 'Kim@X.example,김민지,"세\n줄"\n<kim@x.example>,김,\n'
    after = "b@x.example,둘,\nakim@x.example,셋,"
    text, rest = before + theirs + after, before + after
    path, backup = tmp_path / "press.csv", tmp_path / "press.csv.20250101-000000.bak"
    mark = "\ufeff" if codec == "utf-16-be" else ""
    for file in (path, backup):
        file.write_bytes((mark + text).replace("\n", line_end).encode(codec))
    other = tmp_path / "other.csv"
    other.write_text("이메일\nz@x.example\n")
    done = upkeep.forget([path, other], address("kim@x.example"))
    assert [(f.path.name, f.removed, f.by_hand) for f in done] == [
        ("press.csv", (4, 6), ()),
        ("press.csv.20250101-000000.bak", (4, 6), ()),
    ]
    for file in (path, backup):
        assert file.read_bytes() == (mark + rest).replace("\n", line_end).encode(codec)
    assert len(list(tmp_path.iterdir())) == 3


def test_what_a_program_should_not_touch_is_left_to_a_person(tmp_path: Path) -> None:
    """Rows of other people that mention the address, and workbooks, are named with their rows."""
    path = tmp_path / "press.csv"
    path.write_text("이메일,비고\nlee@x.example,후임은 kim@x.example\n")
    book = tmp_path / "press.xlsx"
    book.write_bytes(workbook({"s": [["이메일"], ["lee@x.example"], ["KIM@x.example"]]}))
    before = book.read_bytes()
    done = upkeep.forget([path, book], address("kim@x.example"))
    assert [(f.path.name, f.removed, f.by_hand) for f in done] == [("press.csv", (), (2,)), ("press.xlsx", (), (3,))]
    assert all(f.note for f in done)
    assert book.read_bytes() == before


def test_a_forgotten_person_is_in_no_file_any_more(tmp_path: Path) -> None:
    """After erasing, no byte of the folder spells the address."""
    path = tmp_path / "press.csv"
    path.write_text(OLD)
    upkeep.write_list(path, listed(OLD).contacts, now=NOW)
    upkeep.forget([path], address("kim@x.example"))
    assert all(b"kim@x" not in file.read_bytes() for file in tmp_path.iterdir())
    assert [c.address.local for c in read(path).contacts] == ["lee"]
    upkeep.forget([path], address("lee@x.example"))
    with pytest.raises(ListError):
        read(path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("문의: Kim@Paper.example.", True),
        ("<kim@paper.example>, 다른 사람", True),
        ("mailto:kim@paper.example?subject=x", True),
        ("xkim@paper.example", False),
        ("a.kim@paper.example", False),
        ("a+kim@paper.example", False),
        ("kim@paper.example.net", False),
        ("kim@paper.example-news.test", False),
        ("kim@paper.examples", False),
    ],
)
def test_an_address_is_found_in_a_text_but_not_as_a_part_of_another(text: str, found: bool) -> None:
    """Somebody whose address only contains the forgotten one is left alone."""
    address = parse_address("kim@paper.example")
    assert isinstance(address, Address)
    assert upkeep.mentions(text, address) is found
