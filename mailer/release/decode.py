"""Bytes of a letter -> text: encoding, line ends, composed Hangul, characters that nobody sees.

The text that comes out is NFC, has "\\n" line ends only, holds no control character but "\\n" and tab, and its line numbers are
those an editor shows. Whatever was guessed or changed is a finding; bytes that are no text are a `LetterError`.
"""

from __future__ import annotations

import re
import unicodedata

from mailer.errors import LetterError
from mailer.release.remarks import Remarks
from mailer.wording import Text

__all__ = ["MOST_BYTES", "decode"]

MOST_BYTES = 500_000
"""A letter with two thousand names has 150,000. Markdown made to hurt costs 30 µs a byte (its nesting limit times a bracket)."""

_CONTROL = re.compile("[\x01-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufff9-\ufffb\ufffd-\uffff]")
_UNSEEN = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")
_PAGE_OR_LINE = "\x0b\x0c\x85\u2028\u2029"
_PERHAPS_PILE = re.compile(r"[^\w\s\x00-\x7f]{50,}")
_TALLEST_PILE = 30
"""Stream-Safe Text Format (UAX #15): more combining marks than this on one letter are no language, and make NFC quadratic."""

_JOINS_LETTERS = re.compile("[\u0590-\u08ff\u0900-\u0dff\u200d\ufe0f\ufb1d-\ufdff\ufe70-\ufefc\U0001f300-\U0001faff]")


def decode(data: bytes, remarks: Remarks) -> str:
    """The text of a letter or of a signatory file.

    UTF-8 (with or without BOM), UTF-16 with BOM, else CP949. Raises `LetterError` when it is too large, empty or not text.
    """
    if len(data) > MOST_BYTES:
        raise _too_large(len(data), remarks)
    text = _from_bytes(data, remarks).removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if "\x00" in text:
        raise _not_text(text[: text.index("\x00")].count("\n") + 1, remarks)
    if not text.strip():
        raise remarks.refusal(
            "empty",
            0,
            Text("파일이 비어 있습니다", "the file is empty"),
            Text("원고를 저장했는지 확인해 주십시오", "check that the letter was saved"),
        )
    text = _composed(text, remarks)
    _note_unseen(text, remarks)
    return _without_controls(text, remarks)


def _from_bytes(data: bytes, remarks: Remarks) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _from_utf16(data, remarks)
    if 0 in data:
        raise _not_text(data[: data.index(0)].count(b"\n") + 1, remarks)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _from_cp949(data, error, remarks)


def _from_utf16(data: bytes, remarks: Remarks) -> str:
    try:
        text = data.decode("utf-16")
    except UnicodeDecodeError as error:
        raise _unreadable("UTF-16", data[: error.start].decode("utf-16", "ignore").count("\n") + 1, remarks) from error
    remarks.ok("encoding", 0, Text("UTF-16으로 저장된 파일을 읽었습니다", "the file was read as UTF-16"))
    return text


def _from_cp949(data: bytes, utf8_error: UnicodeDecodeError, remarks: Remarks) -> str:
    """Old Korean editors save CP949. A UTF-8 file with a few broken bytes must not pass for it: it would become other words."""
    line = data[: utf8_error.start].count(b"\n") + 1
    lenient = data.decode("utf-8", "replace")
    broken = lenient.count("\ufffd")
    whole = sum(not char.isascii() for char in lenient) - broken
    if whole > broken:
        raise _unreadable("UTF-8", line, remarks) from utf8_error
    try:
        text = data.decode("cp949")
    except UnicodeDecodeError as error:
        raise _unreadable("UTF-8, CP949", line, remarks) from error
    remarks.warning(
        "encoding",
        0,
        Text("CP949(EUC-KR)로 저장된 파일로 보고 읽었습니다", "the file was taken for CP949 (EUC-KR) and read so"),
        Text(
            "글자가 바르게 보이는지 확인하고, 되도록 UTF-8로 저장해 주십시오",
            "check that the characters look right, and better save it as UTF-8",
        ),
    )
    return text


def _composed(text: str, remarks: Remarks) -> str:
    for run in _PERHAPS_PILE.finditer(text):
        if _tallest(run[0]) > _TALLEST_PILE:
            raise remarks.refusal(
                "combining",
                text[: run.start()].count("\n") + 1,
                Text(
                    "한 글자에 결합 문자가 지나치게 많이 붙어 있습니다",
                    "too many combining marks stand on one letter",
                ),
                Text("그 글자를 지우거나 다시 입력해 주십시오", "delete that letter or type it again"),
            )
    composed = unicodedata.normalize("NFC", text)
    if composed != text:
        remarks.ok(
            "nfc",
            0,
            Text(
                "풀어쓴 글자(NFD 등)를 모아쓰기(NFC)로 바꾸어 읽었습니다",
                "decomposed characters were read in composed form (NFC)",
            ),
        )
    return composed


def _tallest(run: str) -> int:
    tallest = height = 0
    for char in run:
        height = height + 1 if unicodedata.combining(char) else 0
        tallest = max(tallest, height)
    return tallest


def _note_unseen(text: str, remarks: Remarks) -> None:
    places: dict[str, list[int]] = {}
    for found in _UNSEEN.finditer(text):
        around = text[max(found.start() - 1, 0) : found.start()] + text[found.end() : found.end() + 1]
        if not _JOINS_LETTERS.search(around):
            places.setdefault(found[0], []).append(found.start())
    for char, starts in places.items():
        name = f"U+{ord(char):04X} {unicodedata.name(char, '')}".strip()
        remarks.warning(
            "unseen",
            _place(text, starts[0]),
            Text(
                f"보이지 않는 글자가 {len(starts)}개 있습니다({name})",
                f"invisible character, {len(starts)} times ({name})",
            ),
            Text("붙여 넣을 때 딸려 온 것이면 지워 주십시오", "delete it if it came along with a paste"),
        )


def _without_controls(text: str, remarks: Remarks) -> str:
    """Page and line separators become a space, other control characters U+FFFD, so that columns stay and no writer chokes."""
    places: dict[str, int] = {}
    for found in _CONTROL.finditer(text):
        places.setdefault(found[0], found.start())
    for char, start in places.items():
        if char in _PAGE_OR_LINE:
            message = Text(
                f"쪽·줄 나눔 문자(U+{ord(char):04X})를 빈칸으로 읽었습니다",
                f"a page or line separator (U+{ord(char):04X}) was read as a space",
            )
            remarks.warning("control", _place(text, start), message)
        else:
            remarks.error(
                "control",
                _place(text, start),
                Text(
                    f"쓸 수 없는 문자(U+{ord(char):04X})가 있습니다",
                    f"there is an unusable character (U+{ord(char):04X})",
                ),
                Text("그 자리를 지우고 다시 입력해 주십시오", "delete that spot and type it again"),
            )
    return _CONTROL.sub(lambda found: " " if found[0] in _PAGE_OR_LINE else "\ufffd", text) if places else text


def _place(text: str, start: int) -> str:
    return f"{text.count(chr(10), 0, start) + 1}:{start - text.rfind(chr(10), 0, start)}"


def _unreadable(tried: str, line: int, remarks: Remarks) -> LetterError:
    what = Text(f"글자를 읽을 수 없습니다({tried})", f"the characters cannot be read ({tried})")
    remedy = Text("편집기에서 'UTF-8'로 다시 저장해 주십시오", "save the file again as UTF-8 in your editor")
    return remarks.refusal("encoding", line, what, remedy)


def _not_text(line: int, remarks: Remarks) -> LetterError:
    return remarks.refusal(
        "not_text",
        line,
        Text("글 파일이 아닙니다(NUL 바이트가 있습니다)", "this is not a text file (it holds NUL bytes)"),
        Text(
            "한글·워드 문서라면 내용을 텍스트(.md, UTF-8)로 저장해 주십시오",
            "if it is a word processor's document, save its text as .md in UTF-8",
        ),
    )


def _too_large(size: int, remarks: Remarks) -> LetterError:
    return remarks.refusal(
        "size",
        0,
        Text(
            f"파일이 너무 큽니다({size:,}바이트, 최대 {MOST_BYTES:,}바이트)",
            f"the file is too large ({size:,} bytes, at most {MOST_BYTES:,})",
        ),
        Text("원고 파일이 맞는지 확인해 주십시오", "check that this is the letter"),
    )
