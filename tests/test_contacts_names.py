"""contacts.names: Korean name cells, salutations, language."""

from __future__ import annotations

import pytest

from mailer.contacts.names import Named, language_of, salutation, split_name


@pytest.mark.parametrize(
    ("cell", "named"),
    [
        ("홍길동", Named(name="홍길동")),
        ("홍길동 기자", Named(name="홍길동", title="기자")),
        ("홍길동기자", Named(name="홍길동", title="기자")),
        ("홍길동 기자님", Named(name="홍길동", title="기자")),
        ("홍길동님", Named(name="홍길동")),
        ("홍길동 님", Named(name="홍길동")),
        ("김예님", Named(name="김예님")),
        ("기자님", Named(name="", title="기자")),
        ("담당자", Named(name="", title="담당자")),
        ("홍길동 (사회부)", Named(name="홍길동", desk="사회부")),
        ("홍길동(사회부)", Named(name="홍길동", desk="사회부")),
        ("홍길동（사회부） 차장", Named(name="홍길동", title="차장", desk="사회부")),
        ("홍길동(기자)", Named(name="홍길동", title="기자")),
        ("홍길동 (한강일보)", Named(name="홍길동", outlet="한강일보")),
        ("홍길동 (법률 담당)", Named(name="홍길동 (법률 담당)")),
        ("사회부 홍길동 기자", Named(name="홍길동", title="기자", desk="사회부")),
        ("홍길동 사회부 기자", Named(name="홍길동", title="기자", desk="사회부")),
        ("홍길동/정치부/차장", Named(name="홍길동", title="차장", desk="정치부")),
        ("기후환경부 홍길동", Named(name="홍길동", desk="기후환경부")),
        ("사회부", Named(name="", desk="사회부")),
        ("정치부장", Named(name="", title="부장", desk="정치부")),
        ("이정부", Named(name="이정부")),
        ("김 기자", Named(name="김", title="기자")),
        ("남궁민수 선임기자", Named(name="남궁민수", title="선임기자")),
        ("홍길동 기자 (문화부)", Named(name="홍길동", title="기자", desk="문화부")),
        ("Ana Núñez", Named(name="Ana Núñez")),
        ("Ms. Ana Núñez (Editor)", Named(name="Ms. Ana Núñez (Editor)")),
        ("佐藤 遥", Named(name="佐藤 遥")),
        ("", Named(name="")),
    ],
)
def test_a_name_cell_is_split_where_it_is_certain(cell: str, named: Named) -> None:
    """Name, title, desk, outlet; what is uncertain stays in the name."""
    assert split_name(cell) == named


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        (("홍길동", "기자", "ko", ""), "홍길동 기자님께"),
        (("홍길동", "", "ko", ""), "홍길동 님께"),
        (("", "기자", "ko", ""), "기자님께"),
        (("", "", "ko", ""), ""),
        (("Ana Núñez", "Editor", "ko", ""), "Ana Núñez 님께"),
        (("Ana Núñez", "Editor", "en", ""), "Dear Ana Núñez,"),
        (("", "Editor", "en", ""), ""),
        (("홍길동", "기자", "ko", "부장님"), "홍길동 부장님께"),
        (("홍길동", "기자", "ko", "님"), "홍길동 님께"),
        (("홍길동", "기자", "ko", "존경하는 홍길동 기자님께"), "존경하는 홍길동 기자님께"),
        (("Ana Núñez", "", "en", "Dear Ms Núñez,"), "Dear Ms Núñez,"),
    ],
)
def test_the_salutation_fits_the_language_and_never_guesses_a_sex(parts: tuple[str, str, str, str], line: str) -> None:
    """Korean by name and title, English by full name; what was typed wins."""
    assert salutation(*parts) == line


@pytest.mark.parametrize("cell", ["홍길동 기자 기자님", "사회부 홍길동 (사회부) 차장님", "기자 기자", "홍길동 님 님"])
def test_splitting_a_split_name_finds_nothing_more(cell: str) -> None:
    """What is written to a list reads back the same."""
    name = split_name(cell).name
    assert split_name(name) == Named(name=name)


def test_language_words() -> None:
    """Several spellings; unknown ones are None."""
    assert [language_of(word) for word in ("ko", "KOR", "한국어", "en-US", "영문", "ja")] == [
        "ko",
        "ko",
        "ko",
        "en",
        "en",
        None,
    ]
