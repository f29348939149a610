"""Language runs: scripts told apart, nothing lost."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.release import language_of, runs


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("각 언론사", "ko"),
        ("UN 인권이사회 의견서", "ko"),
        ("[국제연대위] A global call to protect the square", "en"),
        ("Liên Đoàn Ánh Sáng", "en"),
        ("Голос Площади", "ru"),
        ("جسور الحرية", "ar"),
        ("ひろばの会", "ja"),
        ("南風人權工作坊", "zh-TW"),
        ("山海公益法律服务中心", "zh-CN"),
        ("02)000-0000", "ko"),
        ("", "ko"),
    ],
)
def test_language_of(text: str, lang: str) -> None:
    """The greater part decides, with Korean as soon as a quarter is Hangul."""
    assert language_of(text) == lang


def test_runs_of_a_title() -> None:
    """A Korean tag before an English title is a run of its own."""
    assert [(run.text, run.lang) for run in runs("[성명] A global call to protect it")] == [
        ("[성명]", "ko"),
        (" A global call to protect it", "en"),
    ]


def test_short_latin_stays_in_korean() -> None:
    """`UN` in a Korean sentence does not change the language, a quoted sentence does."""
    assert [run.lang for run in runs("우리는 UN 인권이사회에 알린다")] == ["ko"]
    assert "en" in [run.lang for run in runs("우리가 외친 말은 keep the square open 이었다, 광장을 열어 두라는 뜻이다")]


@given(st.text(max_size=200))
@settings(deadline=None, max_examples=200)
def test_runs_lose_nothing(text: str) -> None:
    """Joined again the runs are the text, none is empty, and neighbours differ."""
    pieces = runs(text)
    assert "".join(run.text for run in pieces) == text
    assert all(run.text for run in pieces)
    assert all(a.lang != b.lang for a, b in pairwise(pieces))


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        ("They say שלום עולם and go on", "שלום עולם"),
        ("the movement (התנועה), founded", "התנועה"),
        ('the group (ע"ר (חדש)) of', 'ע"ר (חדש)'),
        ("a centre, مركز الحقوق, in town", "مركز الحقوق"),
    ],
)
def test_what_surrounds_right_to_left_words_stays_outside(text: str, foreign: str) -> None:
    """A blank, comma or closing bracket behind Hebrew or Arabic words belongs to the sentence, or it would jump to their left."""
    assert [run.text for run in runs(text) if run.lang in ("ar", "he")] == [foreign]
    assert "".join(run.text for run in runs(text)) == text


def test_scripts_of_the_world_have_their_language() -> None:
    """A screen reader must not spell Tibetan or Georgian in English."""
    names = {
        "bo": "བོད་ཀྱི་",
        "ka": "ადამიანის",
        "my": "မြန်မာ",
        "am": "የሰብአዊ",
        "hy": "Մարդու",
        "km": "កម្ពុជា",
        "ta": "மனித",
    }
    assert {language_of(name): name for name in names.values()} == names
