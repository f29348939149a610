"""Bytes of a list file -> text, and which encoding was taken.

A ladder, in this order: byte order mark, strict UTF-8, UTF-16 without a mark, CP949 (which contains EUC-KR and the extended
Hangul), and for Western lists CP1252. Detection libraries guess from letter statistics and fail on short lists; the ladder is
exact except for a file that is damaged, where undecodable bytes become U+FFFD and the rows that hold them are reported.

Not here: Excel workbooks (`sheets`), splitting the text into rows (`tables`).
"""

from __future__ import annotations

import codecs
import re
import unicodedata

from mailer.errors import ListError
from mailer.wording import Text

__all__ = ["ENCODINGS", "decode"]

ENCODINGS = (
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp949", "euc-kr", "johab", "cp1252", "latin-1",
    "cp932", "shift_jis", "gb18030", "big5", "ascii",
)  # fmt: skip
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UTF8_LETTER = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2}")
_BINARY_SHARE = 0.02
SAMPLE = 2**19


def decode(data: bytes, *, encoding: str = "auto", where: str = "") -> tuple[str, str]:
    """(text in NFC without a byte order mark, name of the encoding). Raises ListError when no encoding fits."""
    taken = _detect(data, where) if encoding == "auto" else _known(encoding, where)
    strict = encoding != "auto"
    try:
        text = data.decode(taken, "strict" if strict else "replace")
    except UnicodeError as error:
        line = data[: getattr(error, "start", 0)].count(b"\n") + 1
        raise ListError(
            Text(f"{taken} 인코딩으로 읽을 수 없는 글자가 있습니다", f"the file is not in the encoding {taken}"),
            where=f"{where}:{line}",
            remedy=Text("--encoding을 빼고 자동으로 읽게 해 보십시오", "leave --encoding away to have it detected"),
        ) from error
    text = text.removeprefix("\ufeff")
    return (text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)), taken


def _known(encoding: str, where: str) -> str:
    name = encoding.strip().lower().replace("_", "-")
    name = {"utf8": "utf-8", "utf-8-bom": "utf-8-sig", "ms949": "cp949", "uhc": "cp949", "euckr": "euc-kr"}.get(
        name, name
    )
    if name.replace("-", "") in {known.replace("-", "").replace("_", "") for known in ENCODINGS}:
        return name
    raise ListError(
        Text(f"알 수 없는 인코딩입니다: {encoding[:40]}", f'"{encoding[:40]}" is not a known encoding'),
        where=where,
        remedy=Text(
            f"auto 또는 다음 중 하나를 쓰십시오: {', '.join(ENCODINGS)}", f"use auto or one of: {', '.join(ENCODINGS)}"
        ),
    )


def _detect(data: bytes, where: str) -> str:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    if _decodes(data, "utf-8") and b"\0" not in data:
        return "utf-8"
    wide = _utf16_without_mark(data)
    if wide:
        return wide
    _refuse_binary(data, where)
    if _decodes(data, "utf-8") or _is_damaged_utf8(data):
        return "utf-8"
    if _decodes(data, "cp949") and not _is_capital_accents(data):
        return "cp949"
    if _is_western(data):
        return "cp1252"
    if _damage(data, "cp949") <= max(3, len(data) // 200):
        return "cp949"
    raise ListError(
        Text("글자의 인코딩을 알 수 없습니다", "the encoding of the file cannot be recognised"),
        where=where,
        remedy=Text(
            "엑셀에서 ‘CSV UTF-8(쉼표로 분리)’로 저장하거나 --encoding으로 인코딩을 알려 주십시오",
            'save it in Excel as "CSV UTF-8 (comma delimited)", or name the encoding with --encoding',
        ),
    )


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _damage(data: bytes, encoding: str) -> int:
    return data.decode(encoding, "replace").count("\ufffd")


def _is_damaged_utf8(data: bytes) -> bool:
    """Many whole UTF-8 letters and few broken ones: cut or edited by a tool that does not know UTF-8. CP949 would still
    accept some such files and turn every name into nonsense, so this is asked first."""
    sample = data[:SAMPLE]
    whole = len(_UTF8_LETTER.findall(sample))
    return whole >= 3 and _damage(sample, "utf-8") * 10 <= whole and _damage(data, "utf-8") <= max(3, len(data) // 1000)


def _is_western(data: bytes) -> bool:
    """Single accented letters between ASCII letters, never two in a row as in Hangul."""
    sample = data[:SAMPLE]
    high = len(re.findall(rb"[\x80-\xff]", sample))
    pairs = len(re.findall(rb"[\x80-\xff]{2}", sample))
    return high * 8 <= len(sample) and pairs * 5 <= high and _decodes(data, "cp1252")


def _is_capital_accents(data: bytes) -> bool:
    """`Álvarez` in CP1252 is also valid CP949, as a syllable that no name has; with any usual Hangul beside it this is False."""
    return _is_western(data) and re.search(rb"[\x80-\xbf]", data) is None and not data.isascii()


def _utf16_without_mark(data: bytes) -> str | None:
    """Line ends and delimiters of UTF-16 show as zero bytes on one side only."""
    sample = data[:4000]
    if len(data) % 2 or len(sample) < 8:
        return None
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    for count, other, name in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        if count > half * 0.2 and other < half * 0.02 and _decodes(data, name):
            return name
    return None


def _refuse_binary(data: bytes, where: str) -> None:
    sample = data[:100_000]
    control = len(re.findall(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]", sample))
    if control > max(8, len(sample) * _BINARY_SHARE):
        raise ListError(
            Text("글자로 된 명단 파일이 아닙니다", "this is not a text file with a list"),
            where=where,
            remedy=Text("CSV나 엑셀(.xlsx) 파일로 저장해 주십시오", "save the list as CSV or as an Excel file (.xlsx)"),
        )
