"""Text files from a form: decoded like any letter, whatever editor saved them, and bounded. Only their words are kept.

Not here: lists (`imports.py`), pictures (`letterhead.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mailer.findings import Level
from mailer.release.decode import decode
from mailer.release.remarks import Remarks
from mailer.web.visit import Visit

__all__ = ["Read", "fitting", "read_text", "uploaded"]

_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What an upload says. `guessed` when it had to be taken for CP949, which the person should look at."""

    name: str
    text: str = field(repr=False)
    guessed: bool


def uploaded(visit: Visit, field_name: str) -> Read | None:
    """The file chosen in the field; None when none was. Raises LetterError: too large, empty, no text."""
    file = visit.form.files.get(field_name)
    if file is None or not (file.data or file.filename):
        return None
    return read_text(file.data, file.filename.replace("\\", "/").rpartition("/")[2][:_LONGEST_NAME])


def read_text(data: bytes, name: str) -> Read:
    """The bytes of a letter or of names as text. Raises LetterError as `uploaded` does."""
    remarks = Remarks(name)
    text = fitting(decode(data, remarks), name)
    guessed = any(one.code == "letter.encoding" and one.level is Level.WARNING for one in remarks.findings())
    return Read(name=name, text=text, guessed=guessed)


def fitting(text: str, name: str) -> str:
    """`text` as a letter would be read from a file. Raises LetterError as `uploaded` does."""
    return decode(text.encode(), Remarks(name))
