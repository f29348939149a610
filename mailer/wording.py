"""Text that exists in Korean and in English at once.

Whatever a person may read (an error, a finding, a table heading) is a `Text` and carries both languages side by side,
so that neither can be forgotten; a door picks one with `text.to(language)` when it prints.

Not here: choosing the language (`config.py`, `cli/`), text of letters and e-mails (`templates/`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["ko", "en"]
LANGUAGES: tuple[Language, ...] = ("ko", "en")

__all__ = ["LANGUAGES", "Language", "Text"]


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages. `Text("저장했습니다", "saved")`."""

    ko: str
    en: str

    def to(self, language: Language) -> str:
        return self.ko if language == "ko" else self.en

    def __str__(self) -> str:
        return f"{self.ko} / {self.en}"
