"""Address books as mail programs export them: their headers, their names in two columns, their separators."""

from __future__ import annotations

import pytest

from mailer.contacts import ContactList, parse, parse_address
from mailer.contacts.names import joined_name, split_name
from mailer.contacts.problems import Problem


def book(text: str) -> ContactList:
    return parse(text.encode(), source="book.csv")


def test_outlook_in_korean() -> None:
    """Outlook's Korean export: 성 and 이름 are two columns, the display name holds the address once more."""
    found = book(
        '"직함","이름","성","회사","부서","전자 메일 주소","전자 메일 표시 이름","휴대폰","메모"\r\n'
        '"기자","길동","홍","한빛일보","사회부","hong@paper.example","홍길동 (hong@paper.example)","010-1","첫 줄\r\n둘째 줄"\r\n'
    )
    (person,) = found.contacts
    assert (person.name, person.title, person.outlet, person.desk) == ("홍길동", "기자", "한빛일보", "사회부")
    assert person.salutation == "홍길동 기자님께"
    assert person.note == "첫 줄 둘째 줄"
    assert found.problems == ()


def test_outlook_in_english() -> None:
    """Given and family name become one; the job title wins over the honorific."""
    (person,) = book(
        '"Title","First Name","Middle Name","Last Name","Company","Job Title","E-mail Address","E-mail Display Name"\n'
        '"Ms","Ana","","Núñez","El Papel","Reporter","ana@paper.example","Ana Núñez (ana@paper.example)"\n'
    ).contacts
    assert (person.name, person.title, person.outlet) == ("Ana Núñez", "Reporter", "El Papel")
    assert person.salutation == "Dear Ana Núñez,"


@pytest.mark.parametrize(
    "header",
    [
        "Name,Given Name,Family Name,Group Membership,E-mail 1 - Value,Organization 1 - Name,Organization 1 - Title",
        "Name,First Name,Last Name,Labels,E-mail 1 - Value,Organization Name,Organization Title",
    ],
)
def test_google_contacts(header: str) -> None:
    """Both of Google's forms; three colons separate groups and addresses."""
    found = book(
        f"{header}\nAna Núñez,Ana,Núñez,* myContacts ::: press,ana@paper.example ::: a.n@paper.example,El Papel,Reporter\n"
    )
    assert [str(person.address) for person in found.contacts] == ["ana@paper.example", "a.n@paper.example"]
    person = found.contacts[0]
    assert (person.name, person.outlet, person.title, person.tags) == (
        "Ana Núñez", "El Papel", "Reporter", ("myContacts", "press"),
    )  # fmt: skip


def test_bars_between_cells() -> None:
    """A table exported with bars is a table."""
    (person,) = book("이메일|이름|매체\nhong@paper.example|홍길동|한빛일보\n").contacts
    assert (person.name, person.outlet) == ("홍길동", "한빛일보")


def test_a_whole_name_beside_its_parts() -> None:
    """A 이름 column that already begins with the family name is left as it is."""
    (person,) = book("이메일,성,이름\nhong@paper.example,홍,홍길동\n").contacts
    assert person.name == "홍길동"


@pytest.mark.parametrize(
    ("given", "family", "name"),
    [("길동", "홍", "홍길동"), ("Ana", "Núñez", "Ana Núñez"), ("Ana", "", "Ana"), ("", "Núñez", "Núñez"), ("", "", "")],
)
def test_names_put_together(given: str, family: str, name: str) -> None:
    """Korean names begin with the family name and have no blank, others end with it."""
    assert joined_name(given, family) == name


@pytest.mark.parametrize("cell", ["홍, 길동", "홍길동/김철수", "재단 | 홍길동"])
def test_signs_in_a_name_stay(cell: str) -> None:
    """A cell in which nothing was found is the name as it was written."""
    assert split_name(cell).name == cell


@pytest.mark.parametrize(
    "cell",
    [
        "kim@paper.example (김기자)",
        "이메일: kim@paper.example",
        "[kim@paper.example](mailto:kim@paper.example)",
        "E-mail kim@paper.example",
    ],
)
def test_an_address_among_words_is_suggested(cell: str) -> None:
    """The one address in a cell with other words is refused, and suggested."""
    found = parse_address(cell)
    assert isinstance(found, Problem)
    assert found.suggestion == "kim@paper.example"


def test_several_addresses_among_words_suggest_none() -> None:
    """Of two people in one cell neither is dropped in silence."""
    found = parse_address("홍길동 <hong@paper.example>; 김철수 <kim@paper.example>")
    assert isinstance(found, Problem)
    assert found.suggestion is None
