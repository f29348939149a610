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

_LINK = re.compile(r"(?<!!)\[([^\[\]]{0,200})\]\([^()]{0,300}\)")
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9]*(?:\s[^<>@]{0,200})?/?>")
_MARKS = re.compile(r"[*_]{1,3}(?=\S)|(?<=\S)[*_]{1,3}|[<>]")
_NUMBER = r"\s*[.:]?\s*(?P<value>[+\d(][\d\s().~+-]*\d)"
_HOST = r"(?P<value>(?:[\w-]+\.)+[\w-]{2,}(?:/[^\s|,;]*)?)"
_WEB_LABEL = r"(?:웹\s*페이지|홈\s*페이지|웹\s*사이트|누리집|Web(?:site)?|Homepage|\bW(?=[.:]))\s*[.:]?\s*"
_PARTS = (
    (
        "email",
        re.compile(
            r"(?:(?:전자\s*우편|이메일|메일|E-?mail|\bE(?=[.:]))\s*[.:]?\s*)?(?P<value>[^\s@|,;:()]+@[^\s@|,;()]+\.[^\s@|,;()]+)",
            re.IGNORECASE,
        ),
    ),
    ("fax", re.compile(rf"(?:팩\s*스|전\s*송|Fax|\bF(?=[.:])){_NUMBER}", re.IGNORECASE)),
    ("phone", re.compile(rf"(?:대표\s*)?(?:전\s*화|Tel(?:ephone)?|Phone|\bT(?=[.:])){_NUMBER}", re.IGNORECASE)),
    (
        "web",
        re.compile(
            rf"(?:{_WEB_LABEL}(?:https?://)?|https?://|(?=www\.)){_HOST}|^{_HOST.replace('value', 'alone')}$",
            re.IGNORECASE,
        ),
    ),
)
"""What may share a line, in the order in which it is taken out: an address ends in a host, a fax number looks like any other."""

_ADDRESS = re.compile(
    r"^(?:(?:주\s*소|Address)\s*[.:]\s*(?P<rest>.+)|(?P<whole>.*(?:[가-힣](?:로|길|동|구|시|군)\s|[a-z]-(?:ro|gil|daero|gu|si|dong)\b).*\d.*"
    r"|.*\d.*[a-z]-(?:ro|gil|daero)\b.*))$"
)
_KINDS = re.compile(
    r"(?:공동)?성명서?|보도자료|논평|입장문?|기자회견문?|취재요청서?|보도요청서?|공문|pressrelease|(?:joint)?statement|mediaadvisory"
)
"""What kind of paper this is, not whose; the title's tags say it."""

_HANGUL = re.compile(r"[가-힣]")
_LONGEST = 300
"""No line of a letterhead is longer; the patterns above take quadratic time on one that is."""


def read_organisation(lines: list[str], remarks: Remarks) -> tuple[tuple[str, str], ...]:
    """(key, text) pairs of the letterhead's keys, in the order found; `lines` are those above the header block, from line 1 on."""
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        text = _bare(line[:_LONGEST])
        if not re.search(r"\w", text):
            continue
        told, left = _tell(text, found) if len(line) <= _LONGEST else ({}, text)
        if left:
            _note_unknown(left, number, remarks)
        for key, value in told.items():
            found.setdefault(key, value)
    return tuple(found.items())


def _tell(text: str, found: dict[str, str]) -> tuple[dict[str, str], str]:
    """What one line says, and what of it cannot be told."""
    told: dict[str, str] = {}
    for key, pattern in _PARTS:
        if match := pattern.search(text):
            told[key] = next(filter(None, match.groups())).strip().rstrip("/.")
            text = f"{text[: match.start()]} {text[match.end() :]}"
    left = " ".join(text.strip(" |/·,;:").split())
    if not re.search(r"\w", left):
        return told, ""
    if match := _ADDRESS.match(left):
        return told | {"address": (match["rest"] or match["whole"]).strip()}, ""
    key = "name_ko" if _HANGUL.search(left) else "name_en"
    if key in found or re.search(r"[\d|]|!\[", left) or _KINDS.fullmatch("".join(left.lower().split())):
        return told, left
    return told | {key: left}, ""


def _bare(line: str) -> str:
    """A line without Markdown's marks, breaks and links, and without tags."""
    text = _LINK.sub(r"\1", line.strip().lstrip("#").rstrip("\\"))
    return " ".join(_MARKS.sub("", _TAG.sub(" ", text)).split())


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
