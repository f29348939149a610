"""The picture in a letterhead: which kinds can be printed, and how large one may be.

A few kilobytes can hold a picture of a thousand megapixels, so its size is read from its header before anything draws it.

Not here: where the file lies (`letterhead.py`), drawing it (`typesetting.py`).
"""

from __future__ import annotations

import re

from mailer.wording import Text

__all__ = ["KINDS", "logo_kind", "why_unprintable"]

KINDS = {".svg": "svg", ".png": "png", ".jpg": "jpg", ".jpeg": "jpg"}
_BYTES = 512 * 1024
_PIXELS = 16_000_000
_PNG, _JPG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_SVG = re.compile(rb"\s*(?:<\?xml|<!--|<!doctype\s+svg|<svg[\s>])", re.IGNORECASE)
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # the JPEG segments that tell the size


def logo_kind(data: bytes) -> str:
    """`svg`, `png` or `jpg` by how the bytes begin, "" for anything else."""
    if data.startswith(_PNG):
        return "png"
    if data.startswith(_JPG):
        return "jpg"
    text = data.removeprefix(b"\xef\xbb\xbf")
    return "svg" if _SVG.match(text) and b"<svg" in text else ""


def why_unprintable(data: bytes, kind: str) -> Text | None:
    """What is wrong with a picture that should be of this `kind`; None when it may be tried."""
    if len(data) > _BYTES:
        return Text("512KB보다 작은 그림을 쓰십시오", "use a picture smaller than 512 KB")
    if logo_kind(data) != kind:
        return Text(f"{kind} 그림이 아닙니다", f"it is no {kind} picture")
    width, height = _size(data, kind)
    if width * height > _PIXELS:
        return Text(
            f"1,600만 화소보다 작은 그림을 쓰십시오 ({width:,} x {height:,})",
            f"use a picture of less than 16 megapixels ({width:,} x {height:,})",
        )
    return None


def _size(data: bytes, kind: str) -> tuple[int, int]:
    """Width and height in pixels as the header says; (0, 0) where it says nothing."""
    if kind == "png":
        return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    return _jpg_size(data) if kind == "jpg" else (0, 0)


def _jpg_size(data: bytes) -> tuple[int, int]:
    place = 2
    while place + 9 <= len(data) and data[place] == 0xFF:
        if data[place + 1] in _FRAMES:
            return int.from_bytes(data[place + 7 : place + 9]), int.from_bytes(data[place + 5 : place + 7])
        place += 2 + max(int.from_bytes(data[place + 2 : place + 4]), 2)
    return 0, 0
