"""A real letter on paper, when there is one beside the project: golden facts."""

from __future__ import annotations

import re
from pathlib import Path

import pypdfium2
import pytest

from mailer.document import check_glyphs, render
from mailer.release import read
from tests.document_samples import LAYOUT, ROOT, letterhead

SEED = ROOT.parent / "shared" / "seed" / "letter.md"
pytestmark = pytest.mark.skipif(not SEED.exists(), reason="the real letter is not beside the project")


def test_the_real_letter_on_paper() -> None:
    """Five pages, 282 names in the letter's order, each once, the count in the header, nothing undrawable."""
    release = read(Path(SEED))
    document = render(release, letterhead=letterhead(), layout=LAYOUT)
    assert (document.pages, document.findings, check_glyphs(release, letterhead())) == (5, (), ())
    with pypdfium2.PdfDocument(document.pdf) as pdf:
        pages = [re.sub(r"\s+", "", page.get_textpage().get_text_bounded()) for page in pdf]
    assert len(pages) == 5
    assert "총5매" in pages[0]
    # each name is looked for behind the one before it, so that a name inside a longer one counts once
    text = "".join(pages)
    at = text.index("Sincerely,")
    assert len(release.signatories) == 282
    for person in release.signatories:
        at = text.index(re.sub(r"\s+", "", person.name), at) + len(re.sub(r"\s+", "", person.name))
    assert document.filename.startswith("[공동성명] Global call")
    assert document.filename.endswith("(200910).pdf")
