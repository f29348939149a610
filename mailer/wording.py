"""Text that exists in Korean and in English at once, and the one rule of Korean grammar that depends on a value.

Whatever a person may read (an error, a finding, a table heading) is a `Text` and carries both languages side by side,
so that neither can be forgotten; a door picks one with `text.to(language)` when it prints.

    Text(f"발송 {with_particle(number, '은/는')} 끝났습니다", f"dispatch {number} is over")     # 발송 17은, 발송 12는

Not here: choosing the language (`config.py`, `cli/`), text of letters and e-mails (`templates/`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Language = Literal["ko", "en"]
LANGUAGES: tuple[Language, ...] = ("ko", "en")

__all__ = ["LANGUAGES", "Language", "Text", "with_particle"]


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages. `Text("저장했습니다", "saved")`."""

    ko: str
    en: str

    def to(self, language: Language) -> str:
        return self.ko if language == "ko" else self.en

    def __str__(self) -> str:
        return f"{self.ko} / {self.en}"


_FIRST_SYLLABLE, _LAST_SYLLABLE, _FINALS = ord("가"), ord("힣"), 28
_RIEUL = 8  # the place of the final ㄹ, after which (으)로 is 로
_DIGITS = {"0": "영", "1": "일", "2": "이", "3": "삼", "4": "사", "5": "오", "6": "육", "7": "칠", "8": "팔", "9": "구"}
_SPELLED = {"l": "엘", "m": "엠", "n": "엔", "r": "알"}
_CLOSED_WORD = re.compile(r"(?:l|m|n|ng|[aeiou](?:b|c|ck|k|p|t))$", re.IGNORECASE)


def with_particle(word: object, pair: str) -> str:
    """`word` with the fitting one of `pair` ("은/는", "이/가", "을/를", "과/와", "으로/로"), chosen by how its end is read aloud:
    the final consonant of a syllable, the Korean name of a digit or letter, a guess for a Latin word. Brackets and quotes that
    close the word are not read."""
    after_consonant, after_vowel = pair.split("/")
    final = _final(str(word))
    closed = final > 0 and not (after_vowel == "로" and final == _RIEUL)
    return f"{word}{after_consonant if closed else after_vowel}"


def _final(word: str) -> int:
    """The place of the last syllable's final consonant, 0 for none."""
    spoken = re.sub(r"[^0-9A-Za-z가-힣]+$", "", word)
    if not spoken:
        return 0
    latin = re.search(r"[A-Za-z]+$", spoken)
    last = _DIGITS.get(spoken[-1], spoken[-1]) if latin is None else _read_aloud(latin[0])
    return (ord(last) - _FIRST_SYLLABLE) % _FINALS if _FIRST_SYLLABLE <= ord(last) <= _LAST_SYLLABLE else 0


def _read_aloud(word: str) -> str:
    """A syllable that ends as the Latin `word` does; what has no small vowel is spelled letter by letter (SMTP, CSV, kr)."""
    if word.isupper() or not re.search("[aeiouy]", word, re.IGNORECASE):
        return _SPELLED.get(word[-1].lower(), "")[-1:] or "가"
    if word[-1].lower() == "l":
        return "일"
    return "각" if _CLOSED_WORD.search(word) else "가"
