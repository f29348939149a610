"""Which characters no bundled face can draw, before anything is rendered.

A character without a glyph prints as an empty box (tofu). The typesetter refuses such a document too, but names only the
text; here every missing character is named with its line, so that the author can mend the letter in one go.

`fonts/coverage.txt` holds the characters that the faces can draw together (`tools/build_fonts.py` writes it): every list of
faces in the layout falls back to all of them, so one set serves headings, body and names.

Not here: the faces themselves (`fonts/`).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from mailer.document.letterhead import Letterhead
from mailer.findings import Finding, Level
from mailer.release import Release
from mailer.release.tree import (
    Block,
    BulletList,
    CodeBlock,
    Heading,
    OrderedList,
    Paragraph,
    Quote,
    Rule,
    Table,
    plain,
)
from mailer.wording import Text

_COVERAGE = Path(__file__).parent / "fonts" / "coverage.txt"
_LETTERHEAD = "templates/letterhead.toml"
_PLACES_SHOWN = 5
# drawn as nothing by design and accepted by the typesetter: line ends, joiners, direction marks, selectors. Not U+FEFF: PDF/UA
# forbids it.
_INVISIBLE = re.compile(
    "[\t\n\x85\u034f\u200b\u2028-\u202e\u2060-\u2064\u2066-\u206f\u180b-\u180e\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)


def check_glyphs(release: Release, letterhead: Letterhead) -> tuple[Finding, ...]:
    """One `document.glyph` error per character that cannot be printed, at its first place, with the other places named.

    Columns are known when the letter file still is the one that was read; otherwise the line is where its paragraph begins.
    """
    lines = _letter_lines(release)
    found: dict[str, list[tuple[int, int]]] = {}
    for text, line in _printed(release):
        for char in text:
            if not _drawable(char) and char not in found:
                found[char] = _places(char, lines) or [(line, 0)]
    findings = [_finding(char, places, release.source) for char, places in found.items()]
    for key, text in letterhead.printed().items():
        findings += [_in_letterhead(char, key) for char in sorted(set(text)) if not _drawable(char)]
    return tuple(findings)


@lru_cache(maxsize=1)
def _ranges() -> tuple[list[int], list[int]]:
    """First and last code points of the ranges that can be drawn, ascending."""
    pairs = [line.split("-") for line in _COVERAGE.read_text(encoding="ascii").split()]
    return [int(low, 16) for low, _ in pairs], [int(high, 16) for _, high in pairs]


def _drawable(char: str) -> bool:
    if _INVISIBLE.match(char):
        return True
    lows, highs = _ranges()
    at = bisect_right(lows, ord(char)) - 1
    return at >= 0 and ord(char) <= highs[at]


def _printed(release: Release) -> Iterator[tuple[str, int]]:
    """Every text on the paper with the line it comes from; 0 for header fields, whose lines a release does not keep."""
    fields = (release.number, release.to, release.sender, release.title, release.contact)
    for field in (*fields, release.attachments, release.cc, release.corrects):
        if field:
            yield field, 0
    yield from _texts(release.body)
    for person in release.signatories:
        yield plain(person.children), person.line
    yield from _texts(release.notes)
    if release.closing:
        yield release.closing.date_text, release.closing.line
        yield release.closing.sender, release.closing.line


def _texts(blocks: Iterable[Block]) -> Iterator[tuple[str, int]]:
    for block in blocks:
        match block:
            case Paragraph(children=children, line=line) | Heading(children=children, line=line):
                yield plain(children), line
            case BulletList(items=items) | OrderedList(items=items):
                for item in items:
                    yield from _texts(item)
            case Quote(children=inner):
                yield from _texts(inner)
            case Table(rows=rows, line=line):
                for row in rows:
                    yield from ((plain(cell), line) for cell in row)
            case CodeBlock(text=text, line=line):
                yield text, line
            case Rule():
                pass


def _letter_lines(release: Release) -> list[str]:
    """The lines of the letter file, if it still holds the bytes that were read; columns count NFC characters."""
    path = Path(release.source)
    try:
        data = path.read_bytes() if path.is_file() else b""
    except OSError:
        return []
    if hashlib.sha256(data).hexdigest() != release.letter_sha256:
        return []
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return unicodedata.normalize("NFC", data.decode(encoding)).splitlines()
        except UnicodeDecodeError:
            continue
    return []


def _places(char: str, lines: list[str]) -> list[tuple[int, int]]:
    return [(n, at) for n, line in enumerate(lines, 1) for at, other in enumerate(line, 1) if other == char]


def _named(char: str) -> str:
    shown = "" if unicodedata.category(char)[0] in "CZ" else f"‘{char}’ "
    return f"{shown}U+{ord(char):04X} {unicodedata.name(char, '')}".rstrip()


def _remedy() -> Text:
    return Text("그 글자를 지우거나 다른 글자로 바꿔 주십시오", "remove the character or write another one")


def _finding(char: str, places: list[tuple[int, int]], source: str) -> Finding:
    first = places[0][0]
    ko = ", ".join(f"{line}행 {column}열" for line, column in places[:_PLACES_SHOWN] if column)
    en = ", ".join(f"line {line} column {column}" for line, column in places[:_PLACES_SHOWN] if column)
    if len(places) > _PLACES_SHOWN:
        ko, en = f"{ko} 등 {len(places)}곳", f"{en} and {len(places) - _PLACES_SHOWN} more"
    return Finding(
        level=Level.ERROR,
        code="document.glyph",
        message=Text(
            f"글꼴에 없어 인쇄할 수 없는 글자입니다: {_named(char)}" + (f" ({ko})" if ko else ""),
            f"no bundled face can print this character: {_named(char)}" + (f" ({en})" if en else ""),
        ),
        where=f"{source}:{first}" if first else source,
        remedy=_remedy(),
    )


def _in_letterhead(char: str, key: str) -> Finding:
    return Finding(
        level=Level.ERROR,
        code="document.glyph",
        message=Text(
            f"글꼴에 없어 인쇄할 수 없는 글자입니다: {_named(char)} (문서 머리의 ‘{key}’)",
            f"no bundled face can print this character: {_named(char)} ('{key}' of the letterhead)",
        ),
        where=_LETTERHEAD,
        remedy=_remedy(),
    )
