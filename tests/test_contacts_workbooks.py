"""contacts.sheets: Excel workbooks, honest and hostile. Hostile ones are built here, small."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import date, datetime

import openpyxl
import pytest

from mailer.contacts import ContactList, parse
from mailer.contacts import package as package_module
from mailer.contacts.cells import Formats, rows
from mailer.contacts.package import Package
from mailer.errors import ListError
from tests.workbooks import MAIN, OFFICE, PACKAGE, bare, sheet_xml, workbook

HEADER = ["이메일", "이름", "매체"]
ROW = ["minji@paper.example", "김민지 기자", "한강일보"]


def parsed(data: bytes, sheet: str | None = None) -> ContactList:
    return parse(data, source="press.xlsx", sheet=sheet)


def refused(data: bytes) -> ListError:
    with pytest.raises(ListError) as caught:
        parsed(data)
    assert caught.value.remedy
    return caught.value


def test_a_workbook_is_read_with_its_own_row_numbers() -> None:
    """Title rows and empty rows above the header and between people keep their place in the numbering."""
    contacts = parsed(workbook({"명단": [["2026 언론 명단"], [], HEADER, ROW, [], ["bad@@paper.example", "박", ""]]}))
    assert contacts.encoding == "xlsx"
    assert contacts.sheet == "명단"
    (contact,) = contacts.contacts
    assert (contact.address.key, contact.name, contact.title) == ("minji@paper.example", "김민지", "기자")
    assert contact.sources == ("press.xlsx:4",)
    assert [(p.row, p.code) for p in contacts.problems] == [(6, "bad_address")]
    assert contacts.rows == 2


def test_the_first_sheet_with_addresses_is_taken_and_the_others_are_offered() -> None:
    """A cover sheet is passed over; people in further sheets are not forgotten without a word."""
    book = workbook(
        {"표지": [["언론 명단"]], "국내": [HEADER, ROW], "해외": [HEADER, ["ana@diario.example", "Ana", "Diario"]]}
    )
    contacts = parsed(book)
    assert (contacts.sheet, contacts.sheets) == ("국내", ("국내", "해외"))
    assert [(p.code, p.drops, p.value) for p in contacts.problems] == [("other_sheets", False, "해외")]
    assert parsed(book, sheet="해외").contacts[0].name == "Ana"


def test_a_hidden_sheet_is_read_only_by_name() -> None:
    """People somebody put away are not mailed by accident."""
    book = workbook({"옛 명단": [HEADER, ["old@paper.example", "", ""]], "명단": [HEADER, ROW]}, hidden=["옛 명단"])
    assert parsed(book).sheet == "명단"
    assert parsed(book, sheet="옛 명단").contacts[0].address.local == "old"


def test_a_missing_sheet_names_those_that_exist() -> None:
    """The error offers the sheets."""
    with pytest.raises(ListError) as caught:
        parsed(workbook({"명단": [HEADER, ROW]}), sheet="국내")
    assert caught.value.remedy
    assert "명단" in caught.value.remedy.ko


def test_a_workbook_without_addresses_says_which_columns_it_has() -> None:
    """The sheet that was looked at is named."""
    error = refused(workbook({"명단": [["이름", "매체"], ["홍길동", "한강일보"]]}))
    assert "이름, 매체" in error.what.ko
    assert "명단" in error.where


def test_numbers_dates_and_truths_read_as_people_see_them() -> None:
    """A telephone number is no 1.0E9, a date is no 46083; an error value in the address is a bad address."""
    header = ["이메일", "전화", "등록일", "비율", "확인", "시각"]
    row = ["a@x.example", 1012345678, date(2026, 3, 2), 0.5, True, datetime(2026, 3, 2, 9, 30)]  # noqa: DTZ001
    contacts = parsed(workbook({"명단": [header, row, ["#REF!", 1, 2, 3, 4, 5]]}))
    (contact,) = contacts.contacts
    assert (contact.phone, contact.added) == ("1012345678", "2026-03-02")
    assert contact.extra == (("비율", "0.5"), ("확인", "TRUE"), ("시각", "2026-03-02 09:30"))
    assert [p.code for p in contacts.problems] == ["bad_address"]


def test_cells_agree_with_openpyxl() -> None:
    """The same texts as a general spreadsheet library, gaps and odd letters included."""
    table = [
        ["a", None, "한글 & <b>", " x "],
        [None, None, None, "_x0041_"],
        [],
        ["tab\tnew\nline", "'=1+1", "é", "😀"],
    ]
    data = workbook({"s": table})
    mine = {r.line: r.cells for r in rows(Package(data, "s"), "xl/worksheets/sheet1.xml", _strings(data))}
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
        theirs = ["" if value is None else str(value) for value in row]
        assert [*mine.get(number, []), *[""] * 9][: len(theirs)] == [t.replace("_x0041_", "A") for t in theirs]


def _strings(data: bytes) -> Formats:
    from mailer.contacts.cells import shared_strings

    return Formats(strings=shared_strings(Package(data, "s"), "xl/sharedStrings.xml"))


def test_workbooks_of_other_programs_are_read() -> None:
    """Element names with a prefix, an absolute target, cells without references, rich text, and days counted from 1904."""
    workbook_part = (
        f'<x:workbook xmlns:x="{MAIN}" xmlns:r="{OFFICE}"><x:workbookPr date1904="1"/>'
        '<x:sheets><x:sheet name="명단" sheetId="1" r:id="rId1"/></x:sheets></x:workbook>'
    )
    relations = (
        f'<Relationships xmlns="{PACKAGE}">'
        f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="/xl/worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{OFFICE}/styles" Target="/xl/styles.xml"/></Relationships>'
    )
    styles = f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
    texts = ("이메일", "이름", "등록일")
    header = "".join(f'<x:c t="inlineStr"><x:is><x:t>{text}</x:t></x:is></x:c>' for text in texts)
    person = (
        '<x:c t="inlineStr"><x:is><x:t>kim@paper.example</x:t></x:is></x:c>'
        '<x:c t="inlineStr"><x:is><x:r><x:t>김</x:t></x:r><x:r><x:t>민지</x:t></x:r></x:is></x:c>'
        '<x:c s="1"><x:v>44621</x:v></x:c>'
    )
    sheet = (
        f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row>{header}</x:row><x:row>{person}</x:row></x:sheetData>'
        "</x:worksheet>"
    )
    parts = {
        "xl/workbook.xml": workbook_part,
        "xl/_rels/workbook.xml.rels": relations,
        "xl/styles.xml": styles,
        "xl/worksheets/sheet1.xml": sheet,
    }
    contacts = parsed(bare(parts))
    assert [(str(c.address), c.name, c.added) for c in contacts.contacts] == [
        ("kim@paper.example", "김민지", "2026-03-02")
    ]
    assert (contacts.sheet, contacts.contacts[0].sources) == ("명단", ("press.xlsx:2",))


def test_phonetic_guides_are_no_part_of_a_name() -> None:
    """Japanese workbooks hold the reading of a name inside the cell."""
    strings = (
        f'<sst xmlns="{MAIN}"><si><r><t>佐藤</t></r><r><t> 遥</t></r><rPh sb="0" eb="2"><t>サトウ</t></rPh></si></sst>'
    )
    sheet = sheet_xml([["email", "name"], ["a@x.example", "?"]])
    sheet = sheet.replace('<c t="inlineStr"><is><t>?</t></is></c>', '<c t="s"><v>0</v></c>')
    assert (
        parsed(bare({"xl/worksheets/sheet1.xml": sheet, "xl/sharedStrings.xml": strings})).contacts[0].name == "佐藤 遥"
    )


def test_lying_dimensions_and_rows_play_no_part() -> None:
    """A sheet that claims a million rows and 16,384 columns is as long as its content."""
    lie = '<dimension ref="A1:XFD1048576"/>'
    contacts = parsed(bare({"xl/worksheets/sheet1.xml": sheet_xml([["email"], ["a@x.example"]], before=lie)}))
    assert contacts.rows == 1
    far = sheet_xml([["email"], ["a@x.example"]]).replace('r="2"', 'r="1048576"')
    assert parsed(bare({"xl/worksheets/sheet1.xml": far})).contacts[0].sources == ("press.xlsx:1048576",)


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    """32 MB of spaces in 150 KB: the declared size and ratio are enough, a reader that unpacks them is never reached."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        for name, data in _parts(bare({})).items():
            package.writestr(name, data)
        with package.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(64):
                part.write(b" " * 2**19)
    assert "지나치게" in refused(file.getvalue()).what.ko


def _parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def test_a_part_of_hundreds_of_megabytes_is_refused() -> None:
    """However well it is packed: what the directory declares counts before anything is unpacked."""
    data = bytearray(bare({"xl/worksheets/sheet1.xml": sheet_xml([HEADER, ROW])}))
    entry = data.rindex(b"PK\x01\x02")
    struct.pack_into("<LL", data, entry + 20, 2 * 2**20, 201 * 2**20)
    assert "unreasonable" in refused(bytes(data)).what.en


def test_a_part_that_lies_about_its_size_is_refused() -> None:
    """The declared size bounds what is unpacked; a wrong one is a damaged file."""
    data = bare({"xl/worksheets/sheet1.xml": sheet_xml([["email"], *[[f"p{n}@x.example"] for n in range(5000)]])})
    at = data.rfind(b"xl/worksheets/sheet1.xml") - 46
    assert data[at : at + 4] == b"PK\x01\x02"
    refused(data[: at + 24] + struct.pack("<L", 100) + data[at + 28 :])


def test_a_directory_of_a_million_parts_is_refused() -> None:
    """The size of the zip directory is checked before Python reads it."""
    data = bare({})
    at = data.rfind(b"PK\x05\x06")
    assert "지나치게" in refused(data[: at + 12] + struct.pack("<L", 2**26) + data[at + 16 :]).what.ko


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml", "_rels/.rels"])
def test_entities_are_refused_in_every_part(part: str) -> None:
    """Billion laughs and external entities: a document type declaration ends the reading, no file is opened."""
    good = _parts(
        bare({"xl/worksheets/sheet1.xml": sheet_xml([HEADER, ROW]), "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"/>'})
    )
    for declaration in (
        '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;">]>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
    ):
        assert "entities" in refused(bare({**good, part: declaration.encode() + good[part]})).what.en


def test_links_to_other_files_are_not_followed() -> None:
    """A sheet that lies outside the package, by path or as an external link, does not exist."""
    for target, mode in (
        ("../../../etc/passwd", ""),
        ("file:///etc/passwd", ' TargetMode="External"'),
        ("/etc/passwd", ""),
        ("worksheets/sheet1.xml", ' TargetMode="External"'),
    ):
        relation = f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="{target}"{mode}/>'
        relations = f'<Relationships xmlns="{PACKAGE}">{relation}</Relationships>'
        refused(bare({"xl/_rels/workbook.xml.rels": relations, "xl/worksheets/sheet1.xml": sheet_xml([HEADER, ROW])}))


def test_a_row_of_a_million_cells_takes_no_memory_and_is_refused() -> None:
    """More cells than any list has."""
    cells = '<c t="inlineStr"><is><t>x</t></is></c>' * 20_000
    xml = sheet_xml([["email"], ["a@x.example"]]).replace("</sheetData>", f"<row>{cells}</row></sheetData>")
    assert "칸" in refused(bare({"xl/worksheets/sheet1.xml": xml})).what.ko
    far = sheet_xml([["email"], ["a@x.example"]]).replace(
        "</sheetData>", '<row><c r="XFD3"><v>1</v></c></row></sheetData>'
    )
    assert "칸" in refused(bare({"xl/worksheets/sheet1.xml": far})).what.ko


def test_a_cell_of_megabytes_is_cut_and_refused() -> None:
    """One text of four million letters costs its row."""
    contacts = parsed(
        bare(
            {
                "xl/worksheets/sheet1.xml": sheet_xml(
                    [["email", "name"], ["a@x.example", "김" * 4_000_000], ["b@x.example"]]
                )
            }
        )
    )
    assert [p.code for p in contacts.problems] == ["long_cell"]
    assert len(contacts.contacts) == 1


def test_a_flood_of_unknown_elements_is_passed_over() -> None:
    """Elements outside rows leave nothing behind."""
    xml = sheet_xml([["email"], ["a@x.example"]]).replace("<sheetData>", "<sheetData>" + "<x/>" * 50_000)
    assert parsed(bare({"xl/worksheets/sheet1.xml": xml})).rows == 1


def test_a_token_without_end_is_refused() -> None:
    """A comment of megabytes would be kept whole by the XML parser."""
    xml = sheet_xml([["email"], ["a@x.example"]]).replace("<sheetData>", "<!--" + "x " * 2_000_000 + "--><sheetData>")
    refused(bare({"xl/worksheets/sheet1.xml": xml}))


def test_a_slow_workbook_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """All reading of one workbook shares a budget of processor time."""
    monkeypatch.setattr(package_module, "SECONDS", -1.0)
    assert "오래" in refused(workbook({"명단": [HEADER, ROW]})).what.ko


@pytest.mark.parametrize(
    "parts",
    [
        {"_rels/.rels": "<broken"},
        {"_rels/.rels": b"\xff\xfe\x00"},
        {"xl/workbook.xml": "<workbook/>"},
        {"xl/workbook.xml": "not xml"},
        {"xl/worksheets/sheet1.xml": "<worksheet><sheetData><row>"},
        {"xl/worksheets/sheet1.xml": b"\x00\x01\x02"},
        {"xl/worksheets/sheet1.xml": sheet_xml([["email"], ["a@x.example"]]), "xl/sharedStrings.xml": "<sst><si>"},
        {"xl/worksheets/sheet1.xml": ""},
    ],
)
def test_damaged_parts_are_one_clear_error(parts: dict[str, str | bytes]) -> None:
    """No foreign exception leaves the reader."""
    refused(bare(parts))


def test_other_zips_and_cut_files_are_one_clear_error() -> None:
    """A document, a cut workbook, a zip with a password, a zip that is only its first letters."""
    good = workbook({"명단": [HEADER, ROW]})
    refused(good[:500])
    refused(good[: len(good) // 2])
    refused(b"PK\x03\x04")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("content.xml", "<x/>")
    refused(file.getvalue())
    locked = bytearray(bare({"xl/worksheets/sheet1.xml": sheet_xml([HEADER, ROW])}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = locked.find(signature)
        while at >= 0:
            locked[at + offset] |= 1
            at = locked.find(signature, at + 4)
    refused(bytes(locked))


def test_every_byte_of_a_workbook_may_be_damaged() -> None:
    """Flip bytes one after the other: a list or a ListError, nothing else."""
    good = workbook({"명단": [HEADER, ROW]})
    for position in range(0, len(good), 37):
        damaged = bytearray(good)
        damaged[position] ^= 0x55
        try:
            parsed(bytes(damaged))
        except ListError:
            continue
