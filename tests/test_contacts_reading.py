"""contacts.reading: text lists in every encoding and shape, each problem with its row."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from mailer.contacts import ContactList, parse, read
from mailer.contacts.decoding import decode
from mailer.contacts.tables import lines_of, records
from mailer.errors import ListError, WorkspaceError

HEADER = "이메일,이름,매체,부서\n"
ROWS = "minji@paper.example,김민지,한강일보,사회부\nhaneul@tv.example,박하늘,설악방송,똠방각하부\n"


def parsed(text: str | bytes) -> ContactList:
    return parse(text.encode() if isinstance(text, str) else text, source="press.csv")


def codes(contacts: ContactList) -> list[tuple[int, str]]:
    return [(problem.row, problem.code) for problem in contacts.problems]


@pytest.mark.parametrize(
    ("codec", "taken"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("cp949", "cp949"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32-le"),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_encoding_line_end_and_delimiter_gives_the_same_people(
    codec: str, taken: str, line_end: str, delimiter: str
) -> None:
    """UTF-8 with and without mark, UTF-16, CP949 with extended Hangul; CR, LF, CRLF; comma, semicolon, tab."""
    text = (HEADER + ROWS).replace(",", delimiter).replace("\n", line_end)
    contacts = parse(text.encode(codec), source="press.csv")
    assert contacts.encoding == taken
    assert [(c.address.key, c.name, c.outlet, c.desk, c.sources) for c in contacts.contacts] == [
        ("minji@paper.example", "김민지", "한강일보", "사회부", ("press.csv:2",)),
        ("haneul@tv.example", "박하늘", "설악방송", "똠방각하부", ("press.csv:3",)),
    ]
    assert contacts.problems == ()
    assert (contacts.rows, contacts.listed, contacts.columns) == (2, 2, ("이메일", "이름", "매체", "부서"))


def test_euc_kr_and_extended_hangul_read_as_cp949() -> None:
    """CP949 holds EUC-KR and the letters Excel adds (똠, 믜, 펲)."""
    assert decode("이메일,이름\na@x.example,홍길동\n".encode("euc-kr"))[1] == "cp949"
    text, encoding = decode("이름: 똠믜펲햏".encode("cp949"))
    assert (text, encoding) == ("이름: 똠믜펲햏", "cp949")


def test_decomposed_hangul_is_composed() -> None:
    """A list from macOS (NFD) gives the same names and header as one from Windows, in UTF-8."""
    contacts = parsed(unicodedata.normalize("NFD", HEADER + ROWS))
    assert contacts.contacts[0].name == "김민지"
    assert contacts.columns[0] == "이메일"


def test_western_lists_read_as_cp1252() -> None:
    """Accents of an old Western Excel are not taken for Hangul."""
    contacts = parsed(
        "email,name,outlet\nana@diario.example,Ana Núñez,El Día\nj@zeitung.example,Jürgen Müller,Straße heute\n".encode(
            "cp1252"
        )
    )
    assert contacts.encoding == "cp1252"
    assert [c.name for c in contacts.contacts] == ["Ana Núñez", "Jürgen Müller"]


def test_a_capital_accent_is_no_hangul() -> None:
    """`Ál` of a Western list is valid CP949, too; a rare syllable with no other Hangul beside it still counts as Korean."""
    western = parsed("email,name\na@diario.example,Álvaro Solís\nb@diario.example,Ángel\n".encode("cp1252"))
    assert (western.encoding, western.contacts[1].name) == ("cp1252", "Ángel")
    alone = parsed("email,name\na@diario.example,Álvaro\nb@diario.example,Ángel\n".encode("cp1252"))
    assert (alone.encoding, alone.contacts[0].name) == ("cp1252", "Álvaro")
    rare = parsed("email,name\na@paper.example,똠\nb@paper.example,ann\n".encode("cp949"))
    assert (rare.encoding, rare.contacts[0].name) == ("cp949", "똠")


@pytest.mark.parametrize("cut", [1, 2])
def test_half_a_letter_at_the_end_costs_one_row(cut: int) -> None:
    """A UTF-8 file cut inside its last letter is read; the row with the broken letter is left out and named."""
    data = (HEADER + ROWS + "last@paper.example,홍길동,남도신문,문화부").encode()[:-cut]
    contacts = parsed(data)
    assert contacts.encoding == "utf-8"
    assert [c.address.local for c in contacts.contacts] == ["minji", "haneul"]
    assert codes(contacts) == [(4, "damaged_text")]


def test_a_broken_letter_in_cp949_costs_one_row() -> None:
    """The same for a Korean Excel file."""
    data = (HEADER + ROWS * 1).encode("cp949") + b"last@paper.example,\xc8\xab\xb1\n"
    contacts = parsed(data)
    assert contacts.encoding == "cp949"
    assert codes(contacts) == [(4, "damaged_text")]


def test_a_named_encoding_is_taken_strictly() -> None:
    """`--encoding` overrides the ladder and says at which line it does not fit."""
    assert parse((HEADER + ROWS).encode("cp949"), source="a.csv", encoding="MS949").encoding == "cp949"
    with pytest.raises(ListError) as caught:
        parse((HEADER + ROWS).encode("cp949"), source="a.csv", encoding="utf-8")
    assert caught.value.where == "a.csv:1"
    with pytest.raises(ListError) as caught:
        parse(b"x", source="a.csv", encoding="rot13")
    assert "cp949" in str(caught.value.remedy)


def test_columns_are_found_by_korean_and_english_names_in_any_order() -> None:
    """Aliases of the contract, with decoration around them; unknown columns are kept for templates."""
    text = "휴대폰 번호;E-Mail 주소 *;언론사명;성 명;출입처;비고;구독\n010-1;a@x.example;한강일보;홍길동;국회;메모;예\n"
    (contact,) = parsed(text).contacts
    assert (contact.phone, contact.outlet, contact.name, contact.beat, contact.note) == (
        "010-1",
        "한강일보",
        "홍길동",
        "국회",
        "메모",
    )
    assert contact.extra == (("구독", "예"),)


def test_a_header_that_stands_twice_keeps_both_columns() -> None:
    """The first column of a name counts; the second is kept under another name."""
    (contact,) = parsed("이메일,이메일,이름\na@x.example,b@x.example,홍길동\n").contacts
    assert contact.address.key == "a@x.example"
    assert contact.extra == (("이메일 (2)", "b@x.example"),)


def test_title_rows_above_the_header_are_skipped() -> None:
    """Rows keep the numbers an editor shows."""
    contacts = parsed("2026년 언론사 명단,,\n,,\n작성: 홍보팀,,\n이메일,이름,매체\na@x.example,홍길동,한강일보\n")
    assert contacts.contacts[0].sources == ("press.csv:5",)
    assert contacts.rows == 1


def test_a_list_without_a_header_is_read_when_one_column_is_plainly_addresses() -> None:
    """The guess is reported; the other columns stay available but are not taken for names."""
    contacts = parsed("홍길동,a@x.example\n김민지,b@x.example\n")
    assert [c.address.key for c in contacts.contacts] == ["a@x.example", "b@x.example"]
    assert contacts.contacts[0].name == ""
    assert contacts.contacts[0].extra == (("1열", "홍길동"),)
    assert codes(contacts) == [(1, "guessed_column")]
    assert not contacts.problems[0].drops


def test_one_address_per_line_is_a_list() -> None:
    """The simplest list of all."""
    assert [c.address.local for c in parsed("a@x.example\nb@x.example\n\nc@x.example").contacts] == ["a", "b", "c"]


def test_an_unnamed_address_column_under_a_known_header_is_found() -> None:
    """Name and outlet are headed, the address column has a name of its own."""
    contacts = parsed("이름,매체,보낼 곳\n홍길동,한강일보,a@x.example\n")
    assert contacts.contacts[0].name == "홍길동"
    assert codes(contacts) == [(1, "guessed_column")]


def test_excels_separator_line_is_obeyed() -> None:
    """`sep=;` in the first line names the delimiter and is no row."""
    assert parsed("sep=;\r\n이메일;이름\r\na@x.example;홍길동\r\n").contacts[0].sources == ("press.csv:3",)


def test_no_address_column_names_what_was_found_and_what_is_accepted() -> None:
    """Two columns of addresses or none: the error lists the headers and the accepted names."""
    with pytest.raises(ListError) as caught:
        parsed("이름,매체\n홍길동,한강일보\n")
    assert "이름, 매체" in caught.value.what.ko
    assert caught.value.remedy
    assert "전자우편" in caught.value.remedy.ko
    with pytest.raises(ListError):
        parsed("a@x.example,b@x.example\nc@x.example,d@x.example\n")


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff", "이메일,이름\n", " , \n,,\n"])
def test_an_empty_list_is_an_error(text: str) -> None:
    """No person at all is never what was meant."""
    with pytest.raises(ListError) as caught:
        parsed(text)
    assert "비어" in caught.value.what.ko


def test_every_problem_names_row_column_value_and_remedy() -> None:
    """Bad, doubled and empty addresses; good rows around them are read."""
    contacts = parsed(
        HEADER
        + 'a@x.example,하나,,\n"kim@seoul-times,example",둘,,\n,셋,,\nA@X.Example,넷,,\nb@x.example,다섯,,\nkim@navre.com,,,\n'
    )
    assert [c.address.key for c in contacts.contacts] == ["a@x.example", "b@x.example"]
    assert codes(contacts) == [(3, "bad_address"), (4, "no_address"), (5, "duplicate"), (7, "typo_domain")]
    bad, _, double, typo = contacts.problems
    assert (bad.column, bad.value, bad.suggestion) == ("이메일", "kim@seoul-times,example", "kim@seoul-times.example")
    assert bad.cells[1] == "둘"
    assert "2행" in double.problem.ko
    assert "5행" in double.problem.ko
    assert typo.suggestion == "kim@naver.com"
    assert contacts.listed == contacts.rows == 6


def test_several_addresses_in_one_cell_become_several_recipients_and_are_reported() -> None:
    """Each part is judged by itself and the row is pointed out."""
    contacts = parsed(HEADER + '"a@x.example; b@x.example, kim@@x.example",홍길동,,\n')
    assert [(c.address.local, c.name) for c in contacts.contacts] == [("a", "홍길동"), ("b", "홍길동")]
    assert codes(contacts) == [(2, "several_addresses"), (2, "bad_address")]
    assert contacts.listed == 3


def test_the_same_address_twice_in_one_cell_is_one_recipient() -> None:
    """The second is a duplicate of the same row."""
    contacts = parsed(HEADER + "a@x.example;A@x.example,홍길동,,\n")
    assert len(contacts.contacts) == 1
    assert [p.code for p in contacts.problems if p.drops] == ["duplicate"]


def test_short_rows_are_filled_and_long_rows_are_refused() -> None:
    """Missing cells at the end are empty; cells beyond the header make it uncertain which is which."""
    contacts = parsed(
        HEADER + "a@x.example\nb@x.example,김,민지,한강일보,사회부\nc@x.example,홍길동,남도신문,문화부,,,\n"
    )
    assert [c.address.local for c in contacts.contacts] == ["a", "c"]
    assert codes(contacts) == [(3, "ragged_row")]


def test_an_address_broken_by_its_comma_gets_the_joined_suggestion() -> None:
    """`kim@paper,example` unquoted in a comma file."""
    contacts = parsed("이메일,이름\na@x.example,홍길동\nkim@paper,example,김민지\n")
    assert contacts.problems[0].suggestion == "kim@paper.example"


def test_quoted_cells_may_hold_delimiters_quotes_and_lines() -> None:
    """Rows after a cell of several lines keep the editor's line numbers."""
    contacts = parsed('이메일,이름,비고\na@x.example,"김 ""별"" 민지","첫 줄\n둘째, 줄"\nb@x.example,홍길동,\n')
    assert contacts.contacts[0].name == '김 "별" 민지'
    assert contacts.contacts[0].note == "첫 줄 둘째, 줄"
    assert contacts.contacts[1].sources == ("press.csv:4",)


@pytest.mark.parametrize(
    "torn",
    [
        'b@x.example,"김민지,한강일보,사회부',
        '"b@x.example,김민지,한강일보,사회부',
        'b@x.example,김민지,"한강일보,사회부',
    ],
)
def test_an_unclosed_quote_costs_its_own_row_only(torn: str) -> None:
    """The rows after it are read, whether another quote follows or not."""
    for after in (
        "c@x.example,홍길동,남도신문,문화부\n",
        'c@x.example,홍길동,"남도신문",문화부\nd@x.example,"오세린",,\n',
    ):
        contacts = parsed(HEADER + "a@x.example,하나,,\n" + torn + "\n" + after)
        assert codes(contacts) == [(3, "torn_quote")]
        assert [c.address.local for c in contacts.contacts][:2] == ["a", "c"]
        assert contacts.listed == contacts.rows


def test_an_unclosed_quote_that_another_stray_quote_seems_to_close() -> None:
    """Records between two stray quotes are records, the one with the second quote too; a true cell of lines stays whole."""
    torn = 'b@x.example,"김민지,한강일보,사회부\n'
    for between in ("", "c@x.example,홍길동,남도신문,문화부\n"):
        contacts = parsed(HEADER + torn + between + 'd@x.example,오세린,옛날신문,법조"\n')
        assert codes(contacts) == [(2, "torn_quote")]
        assert contacts.rows == contacts.listed == HEADER.count("\n") + 1 + between.count("\n")
        assert contacts.contacts[-1].address.local == "d"
    note = '이메일,이름,비고\na@x.example,홍길동,"후임:\n김민지 kim@x.example, 02-1\n끝"\nb@x.example,이하은,\n'
    assert [c.address.local for c in parsed(note).contacts] == ["a", "b"]


def test_an_unclosed_quote_never_swallows_the_rest_of_the_list() -> None:
    """A thousand rows after an open quote are a thousand people."""
    rows = "".join(f"p{n}@x.example,이름{n},매체,부서\n" for n in range(1000))
    contacts = parsed(HEADER + '"bad@x.example,김민지,,\n' + rows)
    assert len(contacts.contacts) == 1000
    assert codes(contacts) == [(2, "torn_quote")]


def test_stray_quotes_inside_a_cell_are_letters() -> None:
    """A quote that does not open a cell opens nothing."""
    contacts = parsed('이메일,이름\na@x.example,김"별"민지\nb@x.example,5" 화면\n')
    assert [c.name for c in contacts.contacts] == ['김"별"민지', '5" 화면']


def test_control_characters_and_broken_letters_cost_the_row() -> None:
    """NUL, escape and text direction controls never reach a template."""
    for odd in ("\x00", "\x1b[31m", "\u202e", "\ufffd"):
        contacts = parsed(HEADER + f"a@x.example,김{odd}민지,,\nb@x.example,홍길동,,\n")
        assert [p.row for p in contacts.problems] == [2]
        assert contacts.problems[0].value.isprintable()
        assert len(contacts.contacts) == 1


def test_a_nul_in_an_address_is_a_bad_address() -> None:
    """NUL bytes elsewhere in the file do not matter."""
    contacts = parsed(HEADER + "a\x00@x.example,김민지,,\nb@x.example,홍길동,,\n")
    assert codes(contacts) == [(2, "bad_address")]
    assert contacts.problems[0].suggestion == "a@x.example"


def test_white_space_and_invisible_characters_around_words_are_dropped() -> None:
    """No-break, ideographic and zero-width spaces from web pages, line ends inside a cell."""
    (contact,) = parsed('이메일,이름,매체\n\u00a0a@x.example\u3000,\u3000홍길동\u200b ,"한강\n일보"\n').contacts
    assert (contact.address.key, contact.name, contact.outlet) == ("a@x.example", "홍길동", "한강 일보")


def test_a_guarded_formula_is_read_as_what_it_guards() -> None:
    """The apostrophe before = + - @ belongs to the file, not to the value; elsewhere it stays."""
    (contact,) = parsed("이메일,이름,전화,비고\na@x.example,O'Brien,'+82-2-555-0100,'인용'\n").contacts
    assert (contact.phone, contact.note, contact.name) == ("+82-2-555-0100", "'인용'", "O'Brien")


def test_tags_are_split_and_kept_once() -> None:
    """Comma, semicolon, bar; a leading # is decoration."""
    (contact,) = parsed("이메일;태그\na@x.example;#인권, 노동|인권\n").contacts
    assert contact.tags == ("인권", "노동")


def test_language_is_typed_or_seen() -> None:
    """ko and en in several words; otherwise Hangul or .kr is Korean; anything else is English and reported."""
    text = (
        "이메일,이름,매체,언어\na@x.example,Ana,Diario,영문\nb@x.example,홍길동,,\nc@x.example,Ana,Diario,\nd@x.kr,,KBC,\n"
        "e@x.example,,,\nf@x.example,Aiko,Shimbun,ja\n"
    )
    contacts = parsed(text)
    assert [c.language for c in contacts.contacts] == ["en", "ko", "en", "ko", "ko", "en"]
    assert codes(contacts) == [(7, "language")]


def test_source_and_date_of_a_contact_are_kept() -> None:
    """Personal data has an origin and an age."""
    (contact,) = parsed("이메일,출처,등록일\na@x.example,명함,2026-03-02\n").contacts
    assert (contact.source_note, contact.added) == ("명함", "2026-03-02")


def test_a_likely_slip_is_pointed_out_but_mailed() -> None:
    """A domain one letter from a provider may exist."""
    contacts = parsed("이메일\nkim@gmakl.com\n")
    assert len(contacts.contacts) == 1
    assert contacts.problems[0].code == "likely_typo"
    assert contacts.problems[0].suggestion == "kim@gmail.com"


@pytest.mark.parametrize(
    ("start", "word"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ".xls"),
        (b"<html><table><tr><td>a@x.example", "HTML"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", "HTML"),
        (b"%PDF-1.7 ...", "문서"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "문서"),
    ],
)
def test_known_files_that_are_no_list_get_their_own_words(start: bytes, word: str) -> None:
    """Old Excel, web pages named .xls, documents, pictures."""
    with pytest.raises(ListError) as caught:
        parsed(start)
    assert word in caught.value.what.ko
    assert caught.value.remedy


def test_reading_names_the_list_and_changes_nothing(tmp_path: Path) -> None:
    """The name defaults to the file's; the file keeps its bytes and its time; the hash is that of the bytes."""
    path = tmp_path / "press-domestic.csv"
    path.write_bytes((HEADER + ROWS).encode("cp949"))
    os.utime(path, (1, 1))
    contacts = read(path)
    assert (contacts.name, contacts.source) == ("press-domestic", "press-domestic.csv")
    assert contacts.contacts[0].lists == ("press-domestic",)
    assert path.stat().st_mtime == 1
    assert len(contacts.sha256) == 64
    assert read(path, name="other").name == "other"


def test_what_cannot_be_read_says_where_and_what_to_do(tmp_path: Path) -> None:
    """Missing file, folder, device, name with a NUL: an error with remedy, never a hang."""
    for path in (tmp_path / "missing.csv", tmp_path, Path(os.devnull), tmp_path / "a\x00b.csv"):
        with pytest.raises(WorkspaceError) as caught:
            read(path)
        assert caught.value.where == str(path)


def test_records_count_lines_as_an_editor_does() -> None:
    """Line separators of Unicode and form feeds end no line."""
    found = list(records(lines_of("a\u2028b,c\x0cd\x85e\r\nf\rg\n\nh"), ","))
    assert [(r.line, r.cells) for r in found] == [
        (1, ["a\u2028b", "c\x0cd\x85e"]),
        (2, ["f"]),
        (3, ["g"]),
        (4, [""]),
        (5, ["h"]),
    ]


def test_the_sample_lists_hold_what_the_demonstration_needs() -> None:
    """A duplicate across lists, a bad address with a suggestion, the people the practice server treats specially."""
    folder = Path(__file__).parent.parent / "recipients"
    domestic, international = read(folder / "sample-domestic.csv"), read(folder / "sample-international.csv")
    keys = [c.address.key for c in (*domestic.contacts, *international.contacts)]
    assert len(keys) - len(set(keys)) == 1
    assert {"press@optedout.example", "gone@oldpaper.example", "busy@slowwire.example"} <= set(keys)
    assert codes(domestic) == [(8, "bad_address")]
    assert domestic.problems[0].suggestion == "kim@seoul-times.example"
    assert international.problems == ()
    assert (len(domestic.contacts), len(international.contacts)) == (14, 11)
