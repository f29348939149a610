"""placeholder"""

from __future__ import annotations

from dataclasses import dataclass

from mailer.dispatch.model import Reply, Stage, Verdict
from mailer.wording import Text

__all__ = ["Meaning", "explain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    what: Text
    todo: Text


def explain(reply: Reply | None, *, verdict: Verdict, stage: Stage) -> Meaning:
    return Meaning(what=Text("", ""), todo=Text("", ""))
