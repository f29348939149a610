"""The attachment name `[유형] 제목(YYMMDD).pdf`."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.document import attachment_name
from tests.document_samples import release


def test_kind_title_and_date() -> None:
    """Kind is the last tag, the title has no tags, the date is YYMMDD."""
    assert attachment_name(release()) == "[공동성명] A joint statement on the right to remember(261120).pdf"


def test_kind_without_tags_is_press_release() -> None:
    """A letter without tags is a 보도자료."""
    assert attachment_name(release(tags=(), headline="기억할 권리")) == "[보도자료] 기억할 권리(261120).pdf"


@pytest.mark.parametrize(
    ("headline", "stem"),
    [
        ("Who asks? Everyone: now at 9:30", "Who asks Everyone - now at 9-30"),
        ('An "open" letter <draft> a/b\\c|d*', "An 'open' letter (draft) a-b-c-d"),
        ("..hidden", "hidden"),
        ("ends with dots. . ", "ends with dots"),
        ("두\u00a0칸\u3000과   줄\n바꿈\t탭", "두 칸 과 줄 바꿈 탭"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("a\u200b\u2066b\u2069\ufeff", "ab"),
        ("각", "각"),
        ("CON", "CON"),
        ("[속보] 제목", "(속보) 제목"),
    ],
)
def test_forbidden_characters_are_replaced(headline: str, stem: str) -> None:
    """Nothing is left that Windows, macOS or a mail gateway refuses or that deceives the eye."""
    assert attachment_name(release(headline=headline, tags=("논평",))) == f"[논평] {stem}(261120).pdf"


def test_long_titles_end_at_a_word() -> None:
    """A title over 100 bytes is cut between words, with an ellipsis."""
    name = attachment_name(
        release(headline="기억할 권리와 기록할 의무에 관한 아시아 시민사회 공동성명을 발표합니다 " * 2)
    )
    assert name == "[공동성명] 기억할 권리와 기록할 의무에 관한 아시아 시민사회 공동성명을…(261120).pdf"


def test_long_words_end_at_a_character() -> None:
    """Without spaces the cut falls between characters, never inside one."""
    assert attachment_name(release(headline="가" * 80)) == f"[공동성명] {'가' * 32}…(261120).pdf"
    family = "👩\u200d👩\u200d👧"
    assert "�" not in attachment_name(release(headline=family * 40))
    assert "q\u0323…" not in attachment_name(release(headline="x" * 95 + "q\u0323\u0307" * 4))


def test_a_title_of_nothing_falls_back_to_the_number() -> None:
    """A title that only holds forbidden characters leaves the document number."""
    assert attachment_name(release(headline="???", number="26-11/03")) == "[공동성명] 26-11-03(261120).pdf"


@given(st.text(max_size=200), st.lists(st.text(max_size=60), max_size=2))
def test_names_are_safe_everywhere(headline: str, tags: list[str]) -> None:
    """Whatever the title: NFC, one line, no forbidden or invisible character, at most 100 bytes of title, 255 in all."""
    name = attachment_name(release(headline=headline, tags=tuple(tags)))
    assert unicodedata.is_normalized("NFC", name)
    assert name.startswith("[")
    assert name.endswith("(261120).pdf")
    assert not set('/\\:*?"<>|') & set(name)
    assert all(not unicodedata.category(c).startswith("C") and (c == " " or not c.isspace()) for c in name)
    kind, _, rest = name[1:].partition("] ")
    stem = rest.removesuffix("(261120).pdf")
    assert 0 < len(stem.encode()) <= 100
    assert 0 < len(kind.encode()) <= 40
    assert stem == stem.strip()
    assert not unicodedata.category(stem[0]).startswith("M") or headline


@given(st.text(alphabet="가나다라 마바사abc\u0301é😀", min_size=1, max_size=120))
def test_short_enough_titles_are_kept_and_long_ones_marked(headline: str) -> None:
    """A title is only shortened when it must be, and then says so."""
    clean = " ".join(unicodedata.normalize("NFC", headline).split())
    stem = attachment_name(release(headline=headline)).removeprefix("[공동성명] ").removesuffix("(261120).pdf")
    if 0 < len(clean.encode()) <= 100:
        assert stem == clean
    elif clean:
        assert stem.endswith("…")
        assert clean.startswith(stem.removesuffix("…").rstrip())
