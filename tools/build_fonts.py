"""Make the bundled faces and their list of characters again. Needs fonttools; takes about two minutes.

    python tools/build_fonts.py CJK_DIR AMIRI_TTF [OUT]

CJK_DIR holds NotoSerifCJK-Regular.ttc, NotoSansCJK-Regular.ttc and NotoSansCJK-Bold.ttc (Debian package fonts-noto-cjk,
SIL OFL 1.1 without a reserved name); AMIRI_TTF is Amiri-Regular.ttf (Debian package fonts-hosny-amiri or npm
@expo-google-fonts/amiri, SIL OFL 1.1). OUT is mailer/document/fonts unless named.

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


COMMON = spans(
    (0x20, 0x7E), (0xA0, 0x24F), (0x2B0, 0x36F), (0x370, 0x4FF), (0x1E00, 0x1EFF), (0x2000, 0x206F), (0x20A0, 0x22FF),
    (0x2460, 0x27BF), (0x3000, 0x318F), (0x3200, 0x33FF), (0xFF00, 0xFFEF),
)  # fmt: skip
KOREAN = spans((0xAC00, 0xD7A3)) | two_byte("euc_kr")
BIG5_LEVEL_1 = two_byte("big5", range(0xA1, 0xC7))
WIDE = KOREAN | two_byte("euc_jp") | two_byte("shift_jis") | two_byte("gb2312") | BIG5_LEVEL_1
ARABIC = spans((0x20, 0x7E), (0xA0, 0xFF), (0x600, 0x6FF), (0x750, 0x77F), (0x200C, 0x200F), (0x2010, 0x2027))
ARABIC |= spans((0xFD3E, 0xFD3F))


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
    if len(arguments) < 2:
        sys.exit(__doc__)
    cjk, amiri, out = Path(arguments[0]), Path(arguments[1]), Path(arguments[2]) if len(arguments) > 2 else FONTS
    out.mkdir(parents=True, exist_ok=True)
    serif, sans, bold = "NotoSerifCJKkr-Regular.otf", "NotoSansCJKkr-Regular.otf", "NotoSansCJKkr-Bold.otf"
    make(cjk / "NotoSerifCJK-Regular.ttc", out / serif, COMMON | WIDE, KOREAN_FACE, CJK_FEATURES)
    make(cjk / "NotoSansCJK-Regular.ttc", out / sans, COMMON | KOREAN, KOREAN_FACE, CJK_FEATURES)
    make(cjk / "NotoSansCJK-Bold.ttc", out / bold, COMMON | KOREAN, KOREAN_FACE, CJK_FEATURES)
    make(amiri, out / "Amiri-Regular.ttf", ARABIC, -1, ("*",))
    write_coverage(out)


if __name__ == "__main__":
    main(sys.argv[1:])
