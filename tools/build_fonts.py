"""Make the bundled faces and their list of characters again. Needs fonttools; takes about two minutes.

    python tools/build_fonts.py CJK_DIR NOTO_DIR AMIRI_TTF [OUT]

CJK_DIR holds NotoSerifCJK-Regular.ttc, NotoSansCJK-Regular.ttc and NotoSansCJK-Bold.ttc (Debian package fonts-noto-cjk);
NOTO_DIR holds the other Noto faces (fonts-noto-core); both are SIL OFL 1.1 without a reserved name. AMIRI_TTF is
Amiri-Regular.ttf (fonts-hosny-amiri or npm @expo-google-fonts/amiri, SIL OFL 1.1). OUT is mailer/document/fonts unless named.

    python tools/build_fonts.py --coverage [OUT]      only writes coverage.txt from the faces that are there

A new face changes the bytes of every document: run the tests afterwards and look at the pages.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

FONTS = Path(__file__).parent.parent / "mailer" / "document" / "fonts"
KOREAN_FACE = 1  # index of the Korean face in the collections
CJK_FEATURES = ("ccmp", "mark", "mkmk", "kern", "liga", "calt", "ljmo", "vjmo", "tjmo")


def two_byte(codec: str, lead: Iterable[int] = range(0x81, 0xFF)) -> set[int]:
    """Every character of a double-byte encoding."""
    found = set()
    for first in lead:
        for second in range(0x40, 0x100):
            try:
                text = bytes((first, second)).decode(codec)
            except UnicodeDecodeError:
                continue
            if len(text) == 1:
                found.add(ord(text))
    return found


def spans(*pairs: tuple[int, int]) -> set[int]:
    return {code for low, high in pairs for code in range(low, high + 1)}


# Without the combining marks (U+0300-036F): with them typst would draw the ś that these faces lack as an s and a stray accent
# instead of asking the next face.
COMMON = spans(
    (0x20, 0x7E), (0xA0, 0x24F), (0x2B0, 0x2FF), (0x370, 0x4FF), (0x1E00, 0x1EFF), (0x2000, 0x206F), (0x20A0, 0x22FF),
    (0x2460, 0x27BF), (0x3000, 0x318F), (0x3200, 0x33FF), (0xFF00, 0xFFEF),
)  # fmt: skip
KOREAN = spans((0xAC00, 0xD7A3)) | two_byte("euc_kr")
BIG5_LEVEL_1 = two_byte("big5", range(0xA1, 0xC7))
WIDE = KOREAN | two_byte("euc_jp") | two_byte("shift_jis") | two_byte("gb2312") | BIG5_LEVEL_1
ARABIC = spans((0x20, 0x7E), (0xA0, 0xFF), (0x600, 0x6FF), (0x750, 0x77F), (0x200C, 0x200F), (0x2010, 0x2027))
ARABIC |= spans((0xFD3E, 0xFD3F))
ALPHABETS = spans(
    (0x20, 0x7E), (0xA0, 0x52F), (0x1D00, 0x1FFF), (0x2010, 0x2027), (0x2C60, 0x2C7F), (0x2DE0, 0x2DFF), (0xA640, 0xA69F),
    (0xA720, 0xA7FF),
)  # fmt: skip
"""Latin, Greek and Cyrillic with every letter and mark; the East Asian faces only have the usual ones."""

ALPHABET_FEATURES = ("ccmp", "locl", "mark", "mkmk", "kern", "liga")
SCRIPTS = {
    "Hebrew": spans((0x20, 0x7E), (0x590, 0x5FF), (0xFB1D, 0xFB4F)),
    "Armenian": spans((0x530, 0x58F), (0xFB13, 0xFB17)),
    "Georgian": spans((0x10A0, 0x10FF), (0x1C90, 0x1CBF), (0x2D00, 0x2D2F)),
    "Ethiopic": spans((0x1200, 0x139F), (0x2D80, 0x2DDF), (0xAB00, 0xAB2F)),
    "Devanagari": spans((0x900, 0x97F), (0x1CD0, 0x1CFF), (0xA8E0, 0xA8FF)),
    "Bengali": spans((0x964, 0x965), (0x980, 0x9FF)),
    "Gurmukhi": spans((0x964, 0x965), (0xA00, 0xA7F)),
    "Gujarati": spans((0x964, 0x965), (0xA80, 0xAFF)),
    "Tamil": spans((0x964, 0x965), (0xB80, 0xBFF)),
    "Telugu": spans((0x964, 0x965), (0xC00, 0xC7F)),
    "Kannada": spans((0x964, 0x965), (0xC80, 0xCFF)),
    "Malayalam": spans((0x964, 0x965), (0xD00, 0xD7F)),
    "Sinhala": spans((0x964, 0x965), (0xD80, 0xDFF)),
    "Thai": spans((0xE00, 0xE7F)),
    "Lao": spans((0xE80, 0xEFF)),
    "Khmer": spans((0x1780, 0x17FF), (0x19E0, 0x19FF)),
    "Myanmar": spans((0x1000, 0x109F), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F)),
    "Tibetan": spans((0xF00, 0xFFF)),
}
SHARED = spans((0x20, 0x20), (0x2D, 0x2D), (0xA0, 0xA0), (0x200B, 0x200D), (0x25CC, 0x25CC))
"""What every script needs beside its own characters: blanks, joiners, the circle that carries a lone mark."""


def make(source: Path, target: Path, characters: set[int], number: int, features: tuple[str, ...]) -> None:
    """Subset face `number` of `source` to `characters` and print its hash."""
    options = subset.Options()
    options.layout_features = list(features)
    options.name_IDs = ["*"]
    options.notdef_outline = True
    options.hinting = False
    options.font_number = number
    font = subset.load_font(str(source), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    add_wide_table(font)
    subset.save_font(font, str(target), options)
    data = target.read_bytes()
    print(f"{hashlib.sha256(data).hexdigest()}  {target.name}  {len(data)} bytes, {len(font.getBestCmap())} characters")


def add_wide_table(font: TTFont) -> None:
    """A cmap of format 12: typst 0.15 misreads format 4 for glyph ids from 32768 on and prints boxes."""
    if any(table.format == 12 for table in font["cmap"].tables):
        return
    table = CmapSubtable.newSubtable(12)
    table.platformID, table.platEncID, table.language = 3, 10, 0
    table.format, table.reserved, table.length, table.nGroups = 12, 0, 0, 0
    table.cmap = dict(font.getBestCmap())
    font["cmap"].tables.append(table)


def covered(folder: Path) -> list[tuple[int, int]]:
    """Closed ranges of the code points that at least one face in `folder` can draw."""
    codes: set[int] = set()
    for path in sorted(folder.glob("*.[ot]tf")):
        with TTFont(path, lazy=True) as font:
            codes |= set(font.getBestCmap())
    ranges: list[tuple[int, int]] = []
    for code in sorted(codes):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1] = (ranges[-1][0], code)
        else:
            ranges.append((code, code))
    return ranges


def write_coverage(folder: Path) -> None:
    lines = [f"{low:04X}-{high:04X}\n" for low, high in covered(folder)]
    (folder / "coverage.txt").write_text("".join(lines), encoding="ascii")


def main(arguments: list[str]) -> None:
    if arguments and arguments[0] == "--coverage":
        write_coverage(Path(arguments[1]) if len(arguments) > 1 else FONTS)
        return
    if len(arguments) < 3:
        sys.exit(__doc__)
    cjk, noto, amiri = (Path(argument) for argument in arguments[:3])
    out = Path(arguments[3]) if len(arguments) > 3 else FONTS
    out.mkdir(parents=True, exist_ok=True)
    serif, sans, bold = "NotoSerifCJKkr-Regular.otf", "NotoSansCJKkr-Regular.otf", "NotoSansCJKkr-Bold.otf"
    make(cjk / "NotoSerifCJK-Regular.ttc", out / serif, COMMON | WIDE, KOREAN_FACE, CJK_FEATURES)
    make(cjk / "NotoSansCJK-Regular.ttc", out / sans, COMMON | KOREAN, KOREAN_FACE, CJK_FEATURES)
    make(cjk / "NotoSansCJK-Bold.ttc", out / bold, COMMON | KOREAN, KOREAN_FACE, CJK_FEATURES)
    for name in ("NotoSerif-Regular.ttf", "NotoSans-Regular.ttf", "NotoSans-Bold.ttf"):
        make(noto / name, out / name, ALPHABETS, -1, ALPHABET_FEATURES)
    for script, characters in SCRIPTS.items():
        name = f"NotoSerif{script}-Regular.ttf"
        make(noto / name, out / name, SHARED | characters, -1, ("*",))
    make(amiri, out / "Amiri-Regular.ttf", ARABIC, -1, ("*",))
    write_coverage(out)


if __name__ == "__main__":
    main(sys.argv[1:])
