"""Which language a piece of text is in, guessed from its script: for fonts, screen readers and `lang` attributes.

A guess by script is all a list of names allows: Latin is `en` (French and Vietnamese too), Cyrillic `ru`, Arabic `ar`. Han
characters take the regional form that the rest of the line asks for. Text without any letter counts as Korean.

Not here: fonts (`document/`), the language of the interface (`mailer.wording`).
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import groupby
from operator import attrgetter

from mailer.release.tree import Run

__all__ = ["language_of", "runs", "runs_within"]

_SCRIPTS = {
    "ko": "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff\uffa0-\uffdc",
    "ja": "\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9f",
    "han": "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af",
    "ru": "\u0400-\u052f\u1c80-\u1c8f\u2de0-\u2dff\ua640-\ua69f",
    "ar": "\u0600-\u06ff\u0750-\u077f\u0870-\u08ff\ufb50-\ufdff\ufe70-\ufefc",
    "he": "\u0590-\u05ff\ufb1d-\ufb4f",
    "el": "\u0370-\u03ff\u1f00-\u1fff",
    "hy": "\u0530-\u058f\ufb13-\ufb17",
    "ka": "\u10a0-\u10ff\u1c90-\u1cbf\u2d00-\u2d2f",
    "am": "\u1200-\u139f\u2d80-\u2ddf\uab00-\uab2f",
    "hi": "\u0900-\u097f\ua8e0-\ua8ff",
    "bn": "\u0980-\u09ff",
    "pa": "\u0a00-\u0a7f",
    "gu": "\u0a80-\u0aff",
    "ta": "\u0b80-\u0bff",
    "te": "\u0c00-\u0c7f",
    "kn": "\u0c80-\u0cff",
    "ml": "\u0d00-\u0d7f",
    "si": "\u0d80-\u0dff",
    "th": "\u0e00-\u0e7f",
    "lo": "\u0e80-\u0eff",
    "km": "\u1780-\u17ff\u19e0-\u19ff",
    "my": "\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f",
    "bo": "\u0f00-\u0fff",
}
_OTHER_LETTER = r"[^\W\d_]"
_PIECE = re.compile(
    "|".join(f"(?P<{tag}>[{chars}]+)" for tag, chars in _SCRIPTS.items()) + f"|(?P<latn>{_OTHER_LETTER})"
)
_WORD = re.compile(_OTHER_LETTER + "+")
_GIVEN_BACK = " \t([{-,.'\"“‘·"
"""Neutral characters at the end of a foreign run belong to the text around it."""

_RIGHT_TO_LEFT = {"ar", "he"}
_CLOSING = {")": "(", "]": "[", "”": "“", "’": "‘"}
_KEEPS_SHORT_LATIN = {"ko", "ja", "zh-TW", "zh-CN"}


def language_of(text: str) -> str:
    """BCP 47 tag of the greater part of `text`; Korean as soon as a quarter of the letters are Hangul."""
    letters = _count(text)
    if not letters or letters["ko"] * 4 >= letters.total():
        return "ko"
    if letters["ja"] and letters["ja"] + letters["han"] > letters.total() / 2:
        return "ja"
    top = max(letters, key=lambda tag: letters[tag])
    return {"latn": "en", "han": _han_language(text, letters)}.get(top, top)


def runs(text: str) -> tuple[Run, ...]:
    """`text` cut into runs of one language; joined again they are exactly `text`."""
    return runs_within(text, language_of(text), text)


def runs_within(text: str, base: str, line: str) -> tuple[Run, ...]:
    """Like `runs`, for a part of a `line` whose main language is `base`."""
    if not text:
        return ()
    han = _han_language(line, _count(line))
    grown: list[tuple[str | None, list[str]]] = []
    for tag, piece in _pieces(text):
        lang = han if tag == "han" else tag
        if grown and (lang is None or grown[-1][0] in (None, lang)):
            grown[-1][1].append(piece)
            grown[-1] = (grown[-1][0] or lang, grown[-1][1])
        else:
            grown.append((lang, [piece]))
    return _merged([run for lang, parts in grown for run in _settled(lang, "".join(parts), base)])


def _count(text: str) -> Counter[str]:
    letters: Counter[str] = Counter()
    for found in _PIECE.finditer(text):
        letters[found.lastgroup or ""] += len(found[0])
    return letters


def _pieces(text: str) -> list[tuple[str | None, str]]:
    out: list[tuple[str | None, str]] = []
    at = 0
    for found in _PIECE.finditer(text):
        if found.start() > at:
            out.append((None, text[at : found.start()]))
        out.append((found.lastgroup, found[0]))
        at = found.end()
    if at < len(text):
        out.append((None, text[at:]))
    return out


def _settled(lang: str | None, piece: str, base: str) -> list[Run]:
    """The piece under its final tag, its neutral tail given back to the surrounding language."""
    if lang == "latn":
        short = len(_WORD.findall(piece)) < 3
        lang = base if base in _KEEPS_SHORT_LATIN and short else "en"
    if lang is None or lang == base:
        return [Run(text=piece, lang=base)]
    kept = piece.rstrip(_GIVEN_BACK)
    # A bracket that closes around the foreign words must not turn over with them.
    while lang in _RIGHT_TO_LEFT and kept.count(kept[-1:]) > kept.count(_CLOSING.get(kept[-1:], kept[-1:])):
        kept = kept[:-1].rstrip(_GIVEN_BACK)
    return [Run(text=part, lang=tag) for part, tag in ((kept, lang), (piece[len(kept) :], base)) if part]


def _merged(pieces: list[Run]) -> tuple[Run, ...]:
    return tuple(
        Run(text="".join(run.text for run in same), lang=lang) for lang, same in groupby(pieces, key=attrgetter("lang"))
    )


def _han_language(text: str, letters: Counter[str]) -> str:
    """Which regional forms the Han characters of a line take: by its kana or Hangul, else by what each legacy set can write."""
    if letters["ja"]:
        return "ja"
    if letters["ko"]:
        return "ko"
    han = [found[0] for found in _PIECE.finditer(text) if found.lastgroup == "han"]
    taiwan, china, japan = (sum(_writable(piece, codec) for piece in han) for codec in ("big5", "gb2312", "shift_jis"))
    if taiwan >= max(china, japan):
        return "zh-TW"
    return "zh-CN" if china > japan else "ja"


def _writable(piece: str, codec: str) -> int:
    return len(piece.encode(codec, "ignore").decode(codec))
