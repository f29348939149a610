"""Signatories: the forms a list may take, broken names, the count sentence, doubles."""

from __future__ import annotations

import pytest

from mailer.findings import Level
from mailer.release import Release, plain, tree
from mailer.release.count import Count, read_count
from tests.letter_text import errors, found, letter, names_letter, release_of

PLAIN = [
    "Alder Grove Clinic",
    "Birch Lane Watch",
    "Cedar Community Lawyers",
    "Defenders Harbour",
    "Elm Street Committee for Civic Space",
    "Free Square Initiative",
    "Grove Foundation of the Lakes",
    "Harbour Network",
    "Iris Forum",
    "Juniper Hill Centre",
    "Kite String Youth",
    "Lighthouse",
]
BROKEN = "Hollow Oak International Society of Independent Observers and Legal Aid"


def names(release: Release) -> list[str]:
    return [signatory.name for signatory in release.signatories]


def with_broken(tail: str) -> list[str]:
    """The sorted list with a broken name in its right place."""
    return [*PLAIN[:8], BROKEN, tail, *PLAIN[8:]]


@pytest.mark.parametrize(
    "text",
    [
        "\n\n".join(PLAIN),
        "  \n".join(PLAIN),
        "\\\n".join(PLAIN),
        "\n".join(PLAIN),
        "\n".join(f"- {name}" for name in PLAIN),
        "\n".join(f"{number}. {name}" for number, name in enumerate(PLAIN, 1)),
        "\n".join(f"• {name}" for name in PLAIN),
        "\n".join(f"{number}\t{name}" for number, name in enumerate(PLAIN, 1)),
        "\n".join(f"({number}) {name}" for number, name in enumerate(PLAIN, 1)),
        "\n".join(f"{chr(0x2460 + number)}{name}" for number, name in enumerate(PLAIN)),
        "\n\n".join(PLAIN[:4]) + "\n\n" + "  \n".join(PLAIN[4:8]) + "\n\n- " + "\n- ".join(PLAIN[8:]),
    ],
)
def test_list_forms(text: str) -> None:
    """Paragraphs, hard breaks, plain lines and lists of every kind give the same names."""
    release = release_of(names_letter(text))
    assert names(release) == PLAIN
    assert errors(release) == []
    assert plain(release.body[-1].children) == "Sincerely,"  # type: ignore[union-attr]


@pytest.mark.parametrize("info", ["연명", "signatories"])
def test_fenced_block(info: str) -> None:
    """A fenced block is explicit: a line is a name, nothing is joined, and `총 N` in it is a check."""
    lines = "\n".join([*with_broken("Foundation"), "총 13개 단체"])
    release = release_of(letter(end=f"```{info}\n{lines}\n```"))
    assert names(release) == with_broken("Foundation")
    assert found(release, "signatories", Level.WARNING)
    assert found(release, "signatory_broken", Level.WARNING)


@pytest.mark.parametrize(
    "formula",
    [
        "Sincerely,",
        "Yours sincerely,",
        "**Respectfully,**",
        "Signed,",
        "In solidarity,",
        "연명 단체",
        "## 서명 단체 (가나다순):",
    ],
)
def test_formulas(formula: str) -> None:
    """The list begins after any usual closing formula, in English and Korean, with marks or a remark."""
    release = release_of(letter(end=f"{formula}\n\n가람 모임\n\n나루 모임"))
    assert names(release) == ["가람 모임", "나루 모임"]


def test_words_in_the_text_are_no_formula() -> None:
    """`Sincerely` inside a sentence starts nothing."""
    assert names(release_of(letter(body="Sincerely, we hope.\n\nWe signed it."))) == []


@pytest.mark.parametrize("tail", ["Foundation", "(HOIS)", "Rapporteur"])
def test_count_decides_the_join(tail: str) -> None:
    """With a count that asks for one join, the heaviest candidate is joined and both lines are shown."""
    release = release_of(names_letter("  \n".join(with_broken(tail)), "\\*Signatories totaled 13 organizations."))
    assert f"{BROKEN} {tail}" in names(release)
    (finding,) = found(release, "signatory_joined", Level.WARNING)
    assert BROKEN in finding.message.en
    assert tail in finding.message.en
    assert found(release, "signatories", Level.OK)


def test_count_can_forbid_a_join() -> None:
    """When the count is right as it stands nothing is joined, not even what looks broken."""
    release = release_of(names_letter("  \n".join(with_broken("(HOIS)")), "14 organizations signed."))
    assert names(release) == with_broken("(HOIS)")
    assert found(release, "signatory_broken", Level.WARNING)
    assert found(release, "signatories", Level.OK)


def test_without_a_count_only_sure_joins() -> None:
    """Without a count a line with several strong signs is joined, one with weaker signs is only asked about."""
    for tail in ("(HOIS)", "Foundation"):
        assert f"{BROKEN} {tail}" in names(release_of(names_letter("  \n".join(with_broken(tail)))))
    asked = release_of(names_letter("  \n".join(with_broken("Rapporteur"))))
    assert names(asked) == with_broken("Rapporteur")
    assert found(asked, "signatory_broken", Level.WARNING)
    assert not found(release_of(names_letter("  \n".join(PLAIN))), "signatory_broken")


def test_short_names_are_not_broken() -> None:
    """Nobody breaks a short line: a lone common word after one is a name of its own, out of order or not."""
    release = release_of(names_letter("  \n".join([*PLAIN[:8], "Holm", "Foundation", *PLAIN[8:]])))
    assert "Foundation" in names(release)
    assert not found(release, "signatory_broken")


def test_hanging_halves_and_open_brackets() -> None:
    """A line that cannot be the end of a name takes the next one, over three lines if need be."""
    text = "Alder Grove Union of Friends /\nGrove Friends of the\nLakes\nBirch Lane (the old\nharbour)"
    release = release_of(names_letter(text))
    assert names(release) == [
        "Alder Grove Union of Friends / Grove Friends of the Lakes",
        "Birch Lane (the old harbour)",
    ]


def test_list_item_over_two_lines() -> None:
    """An unmarked line inside a list item belongs to it."""
    release = release_of(names_letter("- Alder Grove\n  Clinic\n- Birch"))
    assert names(release) == ["Alder Grove Clinic", "Birch"]
    assert found(release, "signatory_joined")


def test_row_of_names() -> None:
    """Names set in a row are split only when that gives the stated number."""
    row = "가람 모임, 나루 모임, 다솜 모임, 라온 모임, 마루 모임"
    assert len(names(release_of(names_letter(row, "총 5개 단체")))) == 5
    unsure = release_of(names_letter(row))
    assert names(unsure) == [row]
    assert found(unsure, "signatory_row", Level.WARNING)


def test_wrong_count_names_both_numbers() -> None:
    """A count that no joining can explain is a warning with both numbers."""
    release = release_of(names_letter("\n".join(PLAIN), "Signatories totaled 30 organizations, 5 of them anonymous."))
    (finding,) = found(release, "signatories", Level.WARNING)
    assert "30 - 5 anonymous = 25" in finding.message.en
    assert "12" in finding.message.en


def test_doubles() -> None:
    """The same name twice is a warning that names the other line; spelling is left alone."""
    release = release_of(names_letter("Birch  Lane\nCedar\nbirch lane\nCedar Hill"))
    assert len(names(release)) == 4
    assert len(found(release, "signatory_double", Level.WARNING)) == 1


def test_notes_follow_the_names() -> None:
    """What is no name (a marked note, a heading, a long sentence) ends the list and is kept as a note."""
    for note in ("※ 가나다순", "\\*in alphabetical order", "## Annex\n\nmore words", "Word after word. " * 20):
        release = release_of(names_letter("\n".join(PLAIN), note))
        assert names(release) == PLAIN
        assert release.notes
        assert release.closing is not None


def test_escapes_and_scripts_in_names() -> None:
    """Markdown escapes in names are resolved; every name knows its language."""
    release = release_of(names_letter("Alder\\*Grove\nИскра\nひろば\n가람"))
    assert names(release) == ["Alder*Grove", "Искра", "ひろば", "가람"]
    assert [signatory.lang for signatory in release.signatories] == ["en", "ru", "ja", "ko"]
    assert release.signatories[3].children == (tree.Run(text="가람", lang="ko"),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*Signatories totaled 321 organizations. However, 39 organizations chose to remain anonymous.", (321, 39)),
        ("총 321개 단체 중 39개 단체는 익명입니다.", (321, 39)),
        ("총 321개 단체(익명 39개 포함)", (321, 39)),
        ("익명을 요청한 39개 단체를 포함하여 총 1,321개 단체가 연명하였습니다.", (1321, 39)),
        ("총 321개 단체(공개 282개 단체, 익명 39개 단체)", (321, 39)),
        ("연명 단체(총 282개 단체)", (282, 0)),
        ("64 civil society organizations signed this letter.", (64, 0)),
        ("총 30개 단체와 12명 연명", (42, 0)),
        ("총 60곳이 연명하였고 5명은 익명입니다.", (60, 5)),
        ("총 64", (64, 0)),
    ],
)
def test_count_sentence(text: str, expected: tuple[int, int]) -> None:
    """Total and anonymous are told apart in Korean and English, whatever the order."""
    assert read_count(text) == Count(total=expected[0], anonymous=expected[1])


@pytest.mark.parametrize(
    "text",
    ["ARTICLE 19", "21 Groves", "총회 2026년 12월 10일", "Total Harbour Group", "39 chose to remain anonymous", ""],
)
def test_no_count_sentence(text: str) -> None:
    """Names with numbers, dates and half a statement are no count."""
    assert read_count(text) is None


def test_commas_in_brackets_do_not_split_a_row() -> None:
    """A row of names is split between the names, not inside their brackets."""
    release = release_of(names_letter("가람단체(서울, 부산), 나루모임, 다온연구소, 라온모임", "총 4개 단체"))
    assert names(release) == ["가람단체(서울, 부산)", "나루모임", "다온연구소", "라온모임"]


@pytest.mark.parametrize("stop", ["### Asia", "| No | Name |\n|---|---|\n| 1 | Elm |", "> Elm"])
def test_what_ends_the_names_is_shown(stop: str) -> None:
    """Names below a heading, in a table or in a quote are not counted, and the author is told where the list ended."""
    text = names_letter(f"{PLAIN[0]}\n{PLAIN[1]}\n\n{stop}\n\n{PLAIN[2]}")
    (finding,) = found(release_of(text), "signatories_end", Level.WARNING)
    assert finding.where == f"letter.md:{text.splitlines().index(stop.splitlines()[0]) + 1}"


def test_headings_below_a_block_of_names_are_fine() -> None:
    """After an explicit block anything may follow."""
    text = letter(end="Sincerely,\n\n```연명\nElm\nOak\n```\n\n### About us\n\nWe are many.")
    assert found(release_of(text), "signatories_end") == []
