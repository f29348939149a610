"""The file of signatories that a letter may name: kept with the draft under that name, shown, replaced and taken away on the page.

It travels in the letter's own form, so that neither the text nor the names are lost for the other.

Not here: what stands in it (`release/`), keeping it (`ledger/manuscripts.py`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from mailer import release
from mailer.findings import Finding
from mailer.ledger import DraftLetter
from mailer.web.uploads import Read, fitting, uploaded
from mailer.web.visit import Visit

__all__ = ["NamesFile", "Standing", "named_by", "names_in_form", "names_of"]


class Standing(StrEnum):
    NONE = "none"
    MISSING = "missing"
    USED = "used"
    UNUSED = "unused"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesFile:
    """The draft's file of signatories as the page shows it. `called` is the name in the letter, `kept` that of the file there is;
    `findings` speak of lines of the file."""

    standing: Standing
    called: str
    kept: str
    text: str
    size: int
    findings: tuple[Finding, ...]

    @property
    def mark(self) -> str:
        """Another one whenever something else is to be shown."""
        shown = (self.standing, self.called, self.kept, self.text, [one.message.ko for one in self.findings])
        return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def named_by(letter: str) -> str:
    """The file of signatories that a letter names, "" when it names none."""
    return next(iter(release.companions_of(letter.encode())), "")


def names_of(draft: DraftLetter, findings: tuple[Finding, ...] = ()) -> NamesFile:
    called, kept = named_by(draft.letter), draft.names_file
    without = Standing.UNUSED if kept else Standing.NONE
    standing = (Standing.USED if called == kept else Standing.MISSING) if called else without
    about = tuple(one for one in findings if one.where == kept or one.where.startswith(f"{kept}:"))
    return NamesFile(
        standing=standing,
        called=called,
        kept=kept,
        text=draft.names if standing is Standing.USED else "",
        size=len(draft.names.encode()),
        findings=about if standing is Standing.USED else (),
    )


def names_in_form(visit: Visit, draft: DraftLetter, letter: str) -> tuple[Read, bool]:
    """The file of signatories as the form leaves it (all "" for none), and whether this form changes it: a file that was chosen,
    else what was typed, else what is there. Raises LetterError for a file that holds no names."""
    kept = Read(name=draft.names_file, text=draft.names, guessed=False)
    if visit.form.get("do") == "remove":
        return Read(name="", text="", guessed=False), bool(kept.name)
    called = named_by(letter)
    file = uploaded(visit, "names")
    if file is not None:
        return Read(name=called or file.name, text=file.text, guessed=file.guessed), True
    typed, name = visit.form.get("pasted"), called or draft.names_file
    if not name or not typed.strip() or typed.strip("\n") == draft.names.strip("\n"):
        return kept, False
    return Read(name=name, text=fitting(typed, name), guessed=False), True
