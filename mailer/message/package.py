"""`Package`: everything that determines the bytes of a dispatch, frozen at approval.

From a package alone the same messages can be composed on another day, on another machine, after every file in the workspace
was edited. The PDF travels inside as bytes and is never made again.

Not here: storing it (`ledger/`; the JSON by `sha256`, the PDF by its own hash).
"""

from __future__ import annotations

import hashlib
import json
import tomllib
import unicodedata
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from mailer.document import Document, overlaid_texts
from mailer.errors import MessageError
from mailer.message.model import EmailTemplates, Sender
from mailer.wording import Text

if TYPE_CHECKING:
    from mailer.message.composer import Composer
    from mailer.release.model import Release

__all__ = ["Package"]

_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """`letter` are the bytes of the letter file named `source`, `companions` the files it names (path as written, bytes).

    `letterhead` and `layout` are the files the PDF was made with; the e-mail takes the organisation's names and numbers from the
    first, the second is kept to tell later whether it was edited.
    """

    letter: bytes = field(repr=False)
    source: str
    companions: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)
    templates: EmailTemplates = field(repr=False)
    layout: str = field(repr=False)
    letterhead: bytes = field(repr=False)
    sender: Sender
    document: Document

    @property
    def sha256(self) -> str:
        """Of `to_json()`, which names the PDF by its hash: two equal packages compose equal messages."""
        return hashlib.sha256(self.to_json()).hexdigest()

    def to_json(self) -> bytes:
        """Everything but the PDF's bytes, in one canonical form (sorted keys, UTF-8)."""
        values = {
            "format": _FORMAT,
            "letter": _text(self.letter),
            "source": self.source,
            "companions": [[name, _text(data)] for name, data in self.companions],
            "templates": asdict(self.templates),
            "layout": self.layout,
            "letterhead": _text(self.letterhead),
            "sender": asdict(self.sender),
            "document": {
                "pages": self.document.pages,
                "filename": self.document.filename,
                "sha256": self.document.sha256,
            },
        }
        return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")

    @classmethod
    def from_json(cls, data: bytes, pdf: bytes) -> Package:
        """The package that `to_json` wrote, with its PDF. MessageError when the two do not belong together."""
        try:
            values = json.loads(data)
            if values["format"] != _FORMAT:
                raise ValueError(f"format {values['format']}")
            package = _unpacked(values, pdf)
        except (ValueError, KeyError, TypeError) as error:
            raise MessageError(
                Text("저장된 발송 묶음을 읽을 수 없습니다", f"the stored package cannot be read: {error}"),
                remedy=Text("새 발송으로 다시 승인해 주십시오", "approve it again as a new dispatch"),
            ) from error
        if hashlib.sha256(pdf).hexdigest() != package.document.sha256:
            raise MessageError(
                Text("저장된 PDF가 승인된 PDF와 다릅니다", "the stored PDF is not the approved one"),
                remedy=Text("새 발송으로 다시 승인해 주십시오", "approve it again as a new dispatch"),
            )
        return package

    def release(self) -> Release:
        """The letter, read again from the frozen bytes."""
        from mailer.release import parse

        return parse(self.letter, source=self.source, companions=dict(self.companions))

    def composer(self, mark: str = "") -> Composer:
        """A composer for this package; `mark` ("[시험]") is put before every subject and shown in the text."""
        from mailer.message.composer import Composer

        release = self.release()
        return Composer(
            release=release,
            document=self.document,
            organisation=_organisation(self.letterhead, dict(release.organisation)),
            templates=self.templates,
            sender=self.sender,
            mark=mark,
        )


def _organisation(letterhead: bytes, own: dict[str, str]) -> dict[str, str]:
    """The texts of the letterhead under those the letter brings itself, as on paper. The file was accepted by `mailer.document`; it
    is not read there again, because that would look for the logo's file."""
    table = tomllib.loads(letterhead.decode("utf-8-sig"))
    texts = {key: unicodedata.normalize("NFC", text).strip() for key, text in table.items() if isinstance(text, str)}
    return overlaid_texts(texts, own)


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def _unpacked(values: dict[str, Any], pdf: bytes) -> Package:
    return Package(
        letter=b64decode(values["letter"]),
        source=values["source"],
        companions=tuple((name, b64decode(data)) for name, data in values["companions"]),
        templates=EmailTemplates(**values["templates"]),
        layout=values["layout"],
        letterhead=b64decode(values["letterhead"]),
        sender=Sender(**values["sender"]),
        document=Document(pdf=pdf, **values["document"]),
    )
