"""The organisation's lines above the header block, as far as a letter brings its own: names, address, phone, fax, web, e-mail.

They are the author's words, so the document prints them; `templates/letterhead.toml` fills what they leave open. A line that cannot
be told is shown to the author, because it will not be printed.

Not here: the letterhead file and what is drawn from both (`document/`).
"""

from __future__ import annotations

import re

from mailer.release.remarks import Remarks
from mailer.wording import Text

__all__ = ["read_organisation"]

_LINK = re.compile(r"\[([^\[\]]{0,200})\]\([^()]{0,300}\)")
_MARKS = re.compile(r"[*_]{1,3}(?=\S)|(?<=\S)[*_]{1,3}|[<>]")
_PHONE = re.compile(r"(?:전\s*화|Tel(?:ephone)?|Phone)\s*[.:]?\s*(?P<number>[+\d(][\d\s().~+-]*\d)", re.IGNORECASE)
_FAX = re.compile(r"(?:팩\s*스|전\s*송|Fax)\s*[.:]?\s*(?P<number>[+\d(][\d\s().~+-]*\d)", re.IGNORECASE)
_WEB = re.compile(
    r"^(?:(?:웹\s*페이지|홈\s*페이지|웹\s*사이트|누리집|Web(?:site)?|Homepage)\s*[.:]?\s*)?(?:https?://)?"
    r"(?P<host>(?:[\w-]+\.)+[\w-]{2,}(?:/[^\s]*)?)$",
    re.IGNORECASE,
)
_EMAIL = re.compile(
    r"^(?:(?:전자\s*우편|이메일|메일|E-?mail)\s*[.:]?\s*)?(?P<address>[^\s@]+@[^\s@]+\.[^\s@]+)$", re.IGNORECASE
)
_ADDRESS = re.compile(
    r"^(?:(?:주\s*소|Address)\s*[.:]\s*(?P<rest>.+)|(?P<whole>.*(?:[가-힣](?:로|길|동|구|시|군)\s).*\d.*))$"
)
_HANGUL = re.compile(r"[가-힣]")
_LATIN = re.compile(r"[A-Za-z]")
_LONGEST = 300
"""No line of a letterhead is longer; the patterns above take quadratic time on one that is."""


def read_organisation(lines: list[str], remarks: Remarks) -> tuple[tuple[str, str], ...]:
    """(key, text) pairs of the letterhead's keys, in the order found; `lines` are those above the header block, from line 1 on."""
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        text = _bare(line[:_LONGEST])
        if not text or not re.search(r"\w", text):
            continue
        told = _tell(text, found) if len(line) <= _LONGEST else {}
        if not told:
            _note_unknown(text, number, remarks)
        for key, value in told.items():
            found.setdefault(key, value)
    return tuple(found.items())


def _tell(text: str, found: dict[str, str]) -> dict[str, str]:
    """What one line says."""
    numbers = {"phone": _PHONE.search(text), "fax": _FAX.search(text)}
    told = {key: match["number"].strip() for key, match in numbers.items() if match}
    if told:
        return told
    if match := _EMAIL.match(text):
        return {"email": match["address"]}
    if match := _WEB.match(text):
        return {"web": match["host"].rstrip("/")}
    if match := _ADDRESS.match(text):
        return {"address": (match["rest"] or match["whole"]).strip()}
    if re.search(r"\d", text):
        return {}
    key = "name_ko" if _HANGUL.search(text) else "name_en" if _LATIN.search(text) else ""
    return {key: text} if key and key not in found else {}


def _bare(line: str) -> str:
    """A line without Markdown's marks, breaks and links."""
    text = _LINK.sub(r"\1", line.strip().lstrip("#").rstrip("\\"))
    return " ".join(_MARKS.sub("", text).split())


def _note_unknown(text: str, number: int, remarks: Remarks) -> None:
    remarks.warning(
        "letterhead_line",
        number,
        Text(
            f"머리글 위의 이 줄은 문서에 찍히지 않습니다: {text[:60]}",
            f"this line above the header is not printed: {text[:60]}",
        ),
        Text(
            "단체 이름, 주소, 전화, 팩스, 웹페이지, 전자우편만 찍습니다. 다른 말은 본문으로 옮겨 주십시오",
            "names, address, phone, fax, web and e-mail are printed; move other words into the body",
        ),
    )
