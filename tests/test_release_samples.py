"""The sample letters, and the real letter when it lies beside the project."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mailer.findings import Level, worst
from mailer.release import Release, companions_of, parse, plain, read
from mailer.release.tree import Heading, Paragraph
from tests.letter_text import found

ROOT = Path(__file__).parent.parent
SEED = ROOT.parent / "shared" / "seed" / "letter.md"


def test_sample_is_complete() -> None:
    """The demo letter has its six fields, 71 names in many scripts, a count that holds and one joined name."""
    release = read(ROOT / "letters" / "sample.md", source="letters/sample.md")
    assert worst(release.findings) == Level.WARNING
    assert release.tags == ("국제연대위", "공동성명")
    assert release.dated == date(2026, 12, 10)
    assert len(release.signatories) == 71
    assert {signatory.lang for signatory in release.signatories} == {"en", "ko", "ja", "zh-TW", "zh-CN", "ru", "ar"}
    assert [finding.where for finding in found(release, "signatory_joined")] == ["letters/sample.md:91"]
    assert found(release, "signatories", Level.OK)
    assert release.closing is not None
    assert release.closing.sender == release.sender


def test_korean_sample_is_clean() -> None:
    """The Korean comment in front-matter form has nothing to complain about, and its embargo is an aware moment."""
    release = read(ROOT / "letters" / "sample-ko.md")
    assert worst(release.findings) == Level.OK
    assert release.lang == "ko"
    assert release.embargo == datetime(2026, 12, 10, 9, tzinfo=ZoneInfo("Asia/Seoul"))
    assert release.signatories == ()
    headings = [block for block in release.body if isinstance(block, Heading)]
    assert [heading.level for heading in headings] == [1]


def test_read_and_parse_agree() -> None:
    """A frozen package rebuilds exactly the release that was read from disk."""
    path = ROOT / "letters" / "sample.md"
    data = path.read_bytes()
    assert companions_of(data) == ()
    assert parse(data, source=str(path)) == read(path)


@pytest.fixture
def seed() -> Release:
    if not SEED.exists():
        pytest.skip("the real letter is not beside this checkout")
    return read(SEED, source="letter.md")


def test_seed_goes_through_unedited(seed: Release) -> None:
    """The real letter has no error: header, weekday, title, 321 - 39 = 282 names, closing date and sender all hold."""
    assert worst(seed.findings) == Level.WARNING
    assert seed.dated == date(2020, 9, 10)
    assert seed.tags == ("국제연대위", "공동성명")
    assert len(seed.signatories) == 282
    for code in ("header", "weekday", "title", "signatories", "closing_date", "closing_sender", "pages"):
        assert found(seed, code, Level.OK), code


def test_seed_joins_exactly_the_four_broken_names(seed: Release) -> None:
    """Four names were broken by the sheet; each is whole again, each join is shown, long whole names stay alone."""
    assert [finding.where for finding in found(seed, "signatory_joined")] == [
        "letter.md:137",
        "letter.md:256",
        "letter.md:258",
        "letter.md:365",
    ]
    endings = (
        "UN Special Rapporteur",
        "Solidarity Committee",
        '"Segundo Montes Mozo SJ" (CSMM)',
        "Legal Aid Foundation",
    )
    for ending in endings:
        assert sum(signatory.name.endswith(ending) for signatory in seed.signatories) == 1, ending
    assert sum(signatory.name.endswith("(SEATINI) Uganda") for signatory in seed.signatories) == 1
    assert not any("\\" in signatory.name for signatory in seed.signatories)


def test_seed_rejoins_the_cut_paragraph(seed: Release) -> None:
    """The paragraph that a page break cut in mid-sentence is one again, and the author is told where."""
    (finding,) = found(seed, "rejoined")
    assert (finding.level, finding.where) == (Level.WARNING, "letter.md:46")
    bodies = [plain(block.children) for block in seed.body if isinstance(block, Paragraph)]
    assert sum("promotion of rights-free" in body for body in bodies) == 1
    assert bodies[-1] == "Sincerely,"
    assert len(bodies) == 11
