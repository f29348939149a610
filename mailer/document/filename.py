"""The name under which the document is attached: `[유형] 제목(YYMMDD).pdf`.

A name must survive Windows, macOS, mail gateways and a journalist's download folder, so it holds no character that any of
them forbids, no invisible character, and never ends a title inside a letter.
"""

from __future__ import annotations

import re
import unicodedata

from mailer.release import Release

_DEFAULT_KIND = "보도자료"
_TITLE_BYTES = 100
_KIND_BYTES = 40
_REPLACED = str.maketrans(
    {"/": "-", "\\": "-", "|": "-", ":": "-", "*": " ", "?": " ", '"': "'", "<": "(", ">": ")", "[": "(", "]": ")"}
)


def attachment_name(release: Release) -> str:
    """`[last tag or 보도자료] headline(YYMMDD).pdf`, NFC; the headline takes at most 100 bytes of UTF-8, cut with "…"."""
    kind = _fit(_clean(release.tags[-1]) if release.tags else "", _KIND_BYTES) or _DEFAULT_KIND
    title = _fit(_clean(release.headline), _TITLE_BYTES) or _fit(_clean(release.number), _TITLE_BYTES)
    return f"[{kind}] {title}({release.dated:%y%m%d}).pdf"


def _clean(text: str) -> str:
    """One line of visible, permitted characters; NFC last, because removing a character can bring two others together."""
    shown = "".join(" " if c.isspace() else c for c in unicodedata.normalize("NFC", text))
    shown = "".join(c for c in shown if not unicodedata.category(c).startswith("C"))
    shown = re.sub(r"\s*:\s+", " - ", shown).translate(_REPLACED)
    one_line = re.sub(r"\s+", " ", shown).strip(" .")
    return unicodedata.normalize("NFC", one_line)


def _fit(text: str, limit: int) -> str:
    """Cut to `limit` bytes between graphemes, at a word border if one lies in the last third, with "…"."""
    if len(text.encode()) <= limit:
        return text
    room = limit - len("…".encode())
    end = len(text.encode()[:room].decode(errors="ignore"))
    while end > 0 and _continues(text, end):
        end -= 1
    border = text.rfind(" ", 0, end + 1)
    if border > 0 and len(text[:border].encode()) * 3 >= room * 2:
        end = border
    return text[:end].rstrip(" .,;-·") + "…"


def _continues(text: str, at: int) -> bool:
    """Whether the character at `at` belongs to the grapheme before it (marks, jamo, emoji modifiers, flags)."""
    char = text[at]
    if (
        unicodedata.category(char).startswith("M")
        or "\u1160" <= char <= "\u11ff"
        or "\U0001f3fb" <= char <= "\U0001f3ff"
    ):
        return True
    before = 0
    while at - before > 0 and "\U0001f1e6" <= text[at - before - 1] <= "\U0001f1ff":
        before += 1
    return "\U0001f1e6" <= char <= "\U0001f1ff" and before % 2 == 1
