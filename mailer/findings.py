"""What a check found: a level, a stable code, a sentence in both languages, a place and a remedy.

Every room that looks at something a person wrote (letter, list, template, document) answers with findings; `desk.preflight`
gathers them. A finding is a value, never an exception: the author sees all of them at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from mailer.wording import Text

__all__ = ["Finding", "Level", "worst"]


class Level(StrEnum):
    """`error` stops a send, `warning` wants a look, `ok` says what was checked and holds."""

    ERROR = "error"
    WARNING = "warning"
    OK = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`code` is stable and machine-readable (`letter.weekday`); `where` is `file:line` (1-based) or a file, "" if nowhere."""

    level: Level
    code: str
    message: Text
    where: str = ""
    remedy: Text | None = None


def worst(findings: Iterable[Finding]) -> Level:
    """The gravest level among `findings`; `ok` when there are none."""
    order = [Level.OK, Level.WARNING, Level.ERROR]
    return max((f.level for f in findings), key=order.index, default=Level.OK)
