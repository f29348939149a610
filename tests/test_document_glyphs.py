"""Characters that no bundled face can draw are found before anything is rendered."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

import mailer.document
from mailer.document import check_glyphs
from mailer.document.glyphs import _drawable
from mailer.findings import Finding, Level
from mailer.release.model import Closing, Release
from mailer.release.tree import BulletList, CodeBlock, Heading, Quote, Table
from tests.document_samples import letterhead, paragraph, people, release

FONTS = Path(mailer.document.__file__).parent / "fonts"


def found(letter: Release) -> tuple[Finding, ...]:
    return check_glyphs(letter, letterhead())


def test_list_of_characters_agrees_with_the_faces() -> None:
    """`coverage.txt` says exactly what the bundled faces can draw."""
    codes: set[int] = set()
    for path in FONTS.glob("*.[ot]tf"):
        with TTFont(path, lazy=True) as font:
            codes |= set(font.getBestCmap())
    listed: set[int] = set()
    for line in (FONTS / "coverage.txt").read_text().split():
        low, high = (int(part, 16) for part in line.split("-"))
        listed |= set(range(low, high + 1))
    assert listed == codes


def test_faces_carry_their_licences() -> None:
    """Every face has a licence text beside it."""
    names = {path.name for path in FONTS.iterdir()}
    faces = {name for name in names if name.endswith((".otf", ".ttf"))}
    assert all(name.startswith(("Noto", "Amiri")) for name in faces)
    for licence in ("OFL-NotoCJK.txt", "OFL-Noto.txt", "OFL-Amiri.txt"):
        assert "SIL OPEN FONT LICENSE Version 1.1" in (FONTS / licence).read_text()


def test_ordinary_letters_pass() -> None:
    """Hangul, hanja, kana, Cyrillic, Arabic, Vietnamese, Korean office symbols and a direction mark are fine."""
    text = "가힣 權利 记忆 記憶の会 Память مركز الذاكرة Đỗ Ứng ñ ※ ○ ● ☎ ㈜ ① Ⅲ → “따옴표” … — 「」\u200f\u200b"
    assert found(release(body=(paragraph(text),))) == ()


@pytest.mark.parametrize(
    "name",
    [
        "Fundacja Wałęsy, Łódź", "Šiaulių žmogaus teisių centras", "Český helsinský výbor ďťňř", "Vakfı ğış İ", "Għaqda Ħelsien",
        "Ọ̀yọ́ Ẹgbẹ́", "g̃uarani ỹ", "ʻOhana Kānaka", "Azərbaycan Ə", "Ένωση Ελλήνων", "Ґрунт їжак є", "Қазақстан Ұлттық Әділет",
        "התנועה לזכויות", "حقوق پاکستان ٹ ڈ ڑ", "ئۇيغۇر كىشىلىك", "มูลนิธิสิทธิมนุษยชน", "मानव अधिकार क्षत्रिय",
        "মানবাধিকার", "ਮਨੁੱਖੀ", "માનવ", "மனித", "మానవ", "ಮಾನವ", "മനുഷ്യ", "මානව ශ්‍රී", "ສິດທິ", "កម្ពុជា", "မြန်မာ", "བོད་ཀྱི་",
        "የሰብአዊ", "ადამიანის", "Մարդու",
    ],
)  # fmt: skip
def test_names_of_the_world_pass(name: str) -> None:
    """Organisations of every continent can be printed as they write themselves."""
    assert found(release(signatories=people(name))) == ()


@pytest.mark.parametrize("face", sorted(FONTS.glob("*CJK*.otf")), ids=lambda path: path.name)
def test_east_asian_faces_have_no_combining_marks(face: Path) -> None:
    """With a mark but without the letter ś the typesetter would draw an s and a stray accent; so the next face is asked."""
    with TTFont(face, lazy=True) as font:
        assert not set(font.getBestCmap()) & set(range(0x300, 0x370))


@pytest.mark.parametrize(
    ("char", "name"),
    [
        ("😀", "GRINNING FACE"),
        ("ᚠ", "RUNIC LETTER FEHU FEOH FE F"),
        ("ߊ", "NKO LETTER A"),
        ("ᄀ", "HANGUL CHOSEONG KIYEOK"),
    ],
)
def test_undrawable_character_is_named(char: str, name: str) -> None:
    """The finding says which character by sign, number and name, in both languages."""
    (finding,) = found(release(body=(paragraph(f"함께 {char} 가자", line=31),)))
    assert (finding.level, finding.code, finding.where) == (Level.ERROR, "document.glyph", "letters/remember.md:31")
    for text in (finding.message.ko, finding.message.en):
        assert char in text
        assert f"U+{ord(char):04X} {name}" in text
    assert finding.remedy is not None


def test_every_printed_place_is_looked_at() -> None:
    """Fields, all kinds of blocks, names, notes, closing and letterhead: each bad character is found."""
    closing = Closing(date_text="날짜 Ⓐ😀", dated=None, sender="보낸이 😁", line=9)
    bad = "🙈🙉🙊🐀🐁🐂🐃🐄🐅🐆🐇🐈🐉🐊"
    letter = release(
        title=f"t{bad[0]}", to=f"t{bad[1]}", sender=f"s{bad[2]}", number=f"n{bad[3]}", contact=f"c{bad[4]}",
        attachments=f"a{bad[5]}", cc=f"c{bad[6]}", corrects=f"c{bad[7]}",
        body=(
            Heading(line=1, lang="en", level=1, children=paragraph(bad[8]).children),
            BulletList(line=2, items=((paragraph(bad[9]),),)),
            Quote(line=3, children=(paragraph(bad[10]),)),
            Table(line=4, rows=((paragraph(bad[11]).children,),)),
            CodeBlock(line=5, text=bad[12]),
        ),
        signatories=people(bad[13]), notes=(paragraph("😂"),), closing=closing,
    )  # fmt: skip
    findings = check_glyphs(letter, replace(letterhead(), name_en="Hanbit 😃"))
    named = "".join(finding.message.en for finding in findings)
    for char in (*bad, "😀", "😁", "😂", "😃"):
        assert named.count(char) == 1, char
    assert findings[-1].where == "templates/letterhead.toml"
    assert "name_en" in findings[-1].message.ko


def test_columns_come_from_the_letter_file(tmp_path: Path) -> None:
    """While the file is the one that was read, every place is told with line and column."""
    path = tmp_path / "letter.md"
    path.write_text("첫 줄\n둘째 줄 😀\n셋째 😀 줄\n", encoding="utf-8")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    letter = release(body=(paragraph("둘째 줄 😀 셋째 😀 줄", line=2),), source=str(path), letter_sha256=sha256)
    (finding,) = found(letter)
    assert finding.where == f"{path}:2"
    assert "2행 6열, 3행 4열" in finding.message.ko
    assert "line 2 column 6, line 3 column 4" in finding.message.en


def test_a_changed_file_gives_no_columns(tmp_path: Path) -> None:
    """When the file was edited since, its columns are not guessed; the line of the paragraph stands."""
    path = tmp_path / "letter.md"
    path.write_text("😀 edited", encoding="utf-8")
    (finding,) = found(release(body=(paragraph("글 😀", line=7),), source=str(path)))
    assert finding.where == f"{path}:7"
    assert "열" not in finding.message.ko


def test_many_places_are_summed_up(tmp_path: Path) -> None:
    """A character used fifty times is one finding that says how often."""
    path = tmp_path / "letter.md"
    path.write_text("😀\n" * 50, encoding="utf-8")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    (finding,) = found(release(body=(paragraph("😀 " * 50),), source=str(path), letter_sha256=sha256))
    assert "50곳" in finding.message.ko
    assert "45 more" in finding.message.en


def test_first_and_last_of_a_range() -> None:
    """Range borders belong to the range, their neighbours outside do not."""
    assert [_drawable(char) for char in "\u001f\u0020~\u007f\uabff가힣\ud7a4\U0010ffff"] == [
        False, True, True, False, False, True, True, False, False,
    ]  # fmt: skip
