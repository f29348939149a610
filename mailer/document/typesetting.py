"""Typst at the seam: data and a layout's text in, PDF or pictures out, its complaints in a person's words.

The compiler sees the layout, the bundled faces and no other file of the machine, and the letter's own date instead of the
clock: the same letter, letterhead and layout give the same bytes on every machine.

Not here: what the layout gets to see (`sheet.py`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from mailer.document.filename import attachment_name
from mailer.document.letterhead import Letterhead
from mailer.document.sheet import sheet
from mailer.errors import DocumentError
from mailer.findings import Finding, Level
from mailer.release import Release
from mailer.wording import Text

if TYPE_CHECKING:
    import typst

LAYOUT_NAME = "templates/document/letter.typ"
FONTS = Path(__file__).parent / "fonts"
_KST = timezone(timedelta(hours=9))
_PACKAGE = re.compile(r"""["']@[A-Za-z][\w-]*/""")
_PLACE = re.compile(r"__typst_py_bytes__\.typ:(\d+):\d+")
_PAGES = re.compile(rb"<xmpTPg:NPages>(\d+)</")
_TOFU = re.compile(r'the text (?:contains the disallowed codepoint )?`"(?P<text>.*?)"`', re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The paper. `pages` is counted in `pdf`; `filename` is the attachment name; `findings` are the layout's warnings."""

    pdf: bytes
    pages: int
    filename: str
    sha256: str
    findings: tuple[Finding, ...] = ()


def render(release: Release, *, letterhead: Letterhead, layout: str) -> Document:
    """Set `release` with `layout` (the text of `templates/document/letter.typ`) as PDF/A-3a and PDF/UA-1.

    Raises DocumentError: a mistake in the layout (with its line), a character without a face, an unusable logo.
    """
    with _compiler(release, letterhead, layout) as compiler:
        pdf, warnings = compiler.compile_with_warnings(
            format="pdf",
            timestamp=datetime.combine(release.dated, time(9), _KST),
            pdf_standards=["a-3a", "ua-1"],
        )
    assert isinstance(pdf, bytes)
    counted = _PAGES.search(pdf)
    assert counted, "PDF/A-3a carries its number of pages in its metadata"
    return Document(
        pdf=pdf,
        pages=int(counted[1]),
        filename=attachment_name(release),
        sha256=hashlib.sha256(pdf).hexdigest(),
        findings=tuple(_warning(warning) for warning in warnings),
    )


def pictures(release: Release, *, letterhead: Letterhead, layout: str, ppi: float = 110) -> tuple[bytes, ...]:
    """The same pages as PNG pictures, `ppi` pixels per inch. Raises DocumentError like `render`, but lets boxes for missing
    glyphs pass: a preview may show them."""
    with _compiler(release, letterhead, layout) as compiler:
        drawn = compiler.compile(format="png", ppi=ppi)
    if isinstance(drawn, list):
        return tuple(drawn)
    return (drawn,) if drawn else ()


@contextmanager
def _compiler(release: Release, letterhead: Letterhead, layout: str) -> Iterator[typst.Compiler]:
    """A compiler that can open the faces and nothing else; what typst raises inside the block leaves as DocumentError."""
    import typst

    if found := _PACKAGE.search(layout):
        raise _no_packages(layout.count("\n", 0, found.start()) + 1)
    data = json.dumps(sheet(release, letterhead), ensure_ascii=False)
    try:
        yield typst.Compiler(
            layout.encode(),
            root=FONTS,
            font_paths=_fonts(),
            sys_inputs={"data": data},
            package_path=FONTS,
            package_cache_path=FONTS,
        )
    except typst.TypstError as error:
        raise _explained(error, release.source) from error
    except UnicodeEncodeError as error:
        raise DocumentError(
            Text(
                "글자가 깨진 곳이 있어 문서를 만들 수 없습니다",
                "the text holds half a character and cannot be printed",
            ),
            where=release.source,
            remedy=Text("원고 파일의 인코딩을 확인해 주십시오", "check the encoding of the letter file"),
        ) from error


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])


def _explained(error: typst.TypstError, letter: str) -> DocumentError:
    place = _PLACE.search(error.diagnostic or "")
    where = f"{LAYOUT_NAME}:{place[1]}" if place else LAYOUT_NAME
    if tofu := _TOFU.search(error.message):
        return DocumentError(
            Text(f"‘{tofu['text']}’ 글자를 인쇄할 수 없습니다", f"the text '{tofu['text']}' cannot be printed"),
            where=letter,
            remedy=Text("그 글자를 지우거나 다른 글자로 바꿔 주십시오", "remove or replace that character"),
        )
    hint = f" ({'; '.join(error.hints)})" if error.hints else ""
    return DocumentError(
        Text(f"문서 틀에 잘못된 곳이 있습니다: {error.message}{hint}", f"the layout is wrong: {error.message}{hint}"),
        where=where,
        remedy=Text(
            "표시된 줄을 고치거나, 처음 틀로 되돌려 주십시오", "correct that line, or put the original layout back"
        ),
    )


def _no_packages(line: int) -> DocumentError:
    return DocumentError(
        Text("문서 틀은 인터넷의 패키지를 쓸 수 없습니다", "the layout may not use packages from the network"),
        where=f"{LAYOUT_NAME}:{line}",
        remedy=Text(
            "#import 줄을 지우고 필요한 함수를 틀 안에 적어 주십시오", "remove the #import and define what you need"
        ),
    )


def _warning(warning: typst.TypstWarning) -> Finding:
    """Pages that do not settle would make the printed number of pages wrong: that one is an error."""
    place = _PLACE.search(warning.diagnostic or "")
    unsettled = "converge" in warning.message
    return Finding(
        level=Level.ERROR if unsettled else Level.WARNING,
        code="document.unsettled" if unsettled else "document.layout",
        message=Text(f"문서 틀 경고: {warning.message}", f"layout warning: {warning.message}"),
        where=f"{LAYOUT_NAME}:{place[1]}" if place else LAYOUT_NAME,
    )
