"""Pages that are made from the program, in both languages: written, or with `--check` only compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from mailer.wording import LANGUAGES, Language

__all__ = ["publish"]

ROOT = Path(__file__).resolve().parent.parent


def publish(name: str, page: Callable[[Language], str], arguments: Sequence[str]) -> int:
    """Write docs/en/NAME and docs/ko/NAME. With `--check` write nothing: 1 when one of them is stale."""
    stale = False
    for language in LANGUAGES:
        path = ROOT / "docs" / language / name
        text = page(language)
        if "--check" in arguments:
            stale = stale or not path.is_file() or path.read_text(encoding="utf-8") != text
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return int(stale)
