"""`Composer`: one dispatch, ready to be addressed to each person in turn.

Made once per dispatch: the templates are compiled, the letter is written as HTML and as text, the PDF is encoded, headers
that do not change are laid out. `compose` then does only what depends on the person: words into the holes of a form that was
filled in, inlined and encoded once for everybody who takes the same branches of the templates (`forms.py`, `segments.py`); a
person whose words could change the page, and a template that cannot be followed, are written out in full. Both ways make the same
bytes. The same package, mark, person, Message-ID and date give the same bytes, always.

    multipart/mixed
      multipart/alternative
        text/plain; charset=utf-8
        text/html; charset=utf-8
      application/pdf

Not here: who gets a message and when (`desk/`, `sending/`), DKIM (the relay signs).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache, partial
from html import escape

from mailer.dispatch.model import Contact, Envelope
from mailer.document import Document
from mailer.errors import TemplateError
from mailer.message.context import Values, contact_values, shared_values, vocabulary
from mailer.message.forms import MARKED, mark, uses
from mailer.message.header import checked, mailbox_header, plain_address, text_header
from mailer.message.inlining import Inliner
from mailer.message.mime import attachment, text_part
from mailer.message.model import EmailTemplates, Message, Sender
from mailer.message.seal import joined_sha256
from mailer.message.segments import Segments
from mailer.message.template import Compiled
from mailer.release.model import Release
from mailer.wording import Text

__all__ = ["Composer"]

_MESSAGE_ID = re.compile(r"<[!-;=?A-~]{1,200}@[A-Za-z0-9.-]{1,253}>")
_SUBJECT = Text("메일 제목", "the subject")
_NAME = Text("받는 사람 이름", "the recipient's name")
_MOST_FORMS = 32
_SHARED = 2048
"""Bytes from which on a part is kept as it is; shorter ones cost less to copy than to look at one by one."""


_Content = tuple[str, Callable[[], tuple[str, str]], list[bytes]]
"""One person's subject and texts, and the MIME parts made of the texts, with the seams after them, in pieces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """What everybody who takes the same branches of the templates has in common."""

    holes: tuple[str, ...]
    subject: Segments
    text: Segments
    html: Segments

    def content(self, person: Values) -> _Content:
        """What the templates make for `person`, who has a word for each hole."""
        html = {name: escape(person[name], quote=False) for name in self.holes}
        pieces = [*self.text.part(person), *self.html.part(html)]
        return self.subject.filled(person), partial(self._texts, person, html), pieces

    def _texts(self, person: Values, html: Mapping[str, str]) -> tuple[str, str]:
        return self.text.filled(person), self.html.filled(html)


class Composer:
    """Composes the messages of one dispatch; `sender` is whom they are from. TemplateError when a template cannot be compiled."""

    def __init__(
        self,
        *,
        release: Release,
        document: Document,
        organisation: Mapping[str, str],
        templates: EmailTemplates,
        sender: Sender,
        mark: str = "",
    ) -> None:
        self.sender = sender
        self.written_out = 0
        """Messages so far that shared no form with others: their templates were run for one person alone."""
        self._mark = mark
        self._lang = release.lang
        self._told = shared_values(release, document, organisation, sender, mark, html=False)
        self._told_html = shared_values(release, document, organisation, sender, mark, html=True)
        names = vocabulary(self._told)
        self._subject = Compiled(templates.subject, templates.where("subject"), html=False, names=names)
        self._text = Compiled(templates.text, templates.where("text"), html=False, names=names)
        self._html = Compiled(templates.html, templates.where("html"), html=True, names=names)
        self._inliner = Inliner(templates.where("html"))
        self._uses = uses(self._subject.tree) | uses(self._text.tree) | uses(self._html.tree)
        self._forms: dict[tuple[object, ...], _Form | None] = {}
        self._headings: dict[str, tuple[str, bytes]] = {}
        self._head, (self._opening, self._between, self._after), self._tail = _frame(sender, document)
        self._tail_sha256 = hashlib.sha256(self._tail).hexdigest()

    def compose(self, contact: Contact, *, message_id: str, date: datetime) -> Message:
        """`contact`'s message. `message_id` has its angle brackets, `date` is aware.

        TemplateError where a template fails for this person, MessageError where a header would be malformed.
        """
        offset = date.utcoffset()
        if offset is None or not _MESSAGE_ID.fullmatch(message_id):
            raise ValueError("an aware date and a Message-ID in angle brackets are needed")
        place = contact.sources[0] if contact.sources else ""
        subject, texts, pieces = self._content(contact)
        subject, subject_field = self._heading(subject, place)
        recipient = _recipient(contact, place)
        to = mailbox_header("To", _display_name(contact, place), recipient)
        top = b"".join((self._head, to, subject_field))
        opening = _language_field(contact.language, "ko", self._lang) + self._opening
        rest, *more = _gathered([opening, *pieces])
        # Date and Message-ID stay outside the hash
        head = b"".join((_date_field(date, offset), top, f"Message-ID: {message_id}\r\n".encode("ascii"), rest))
        envelope = Envelope(
            message_id=message_id,
            sender=self.sender.bounce_address,
            recipient=recipient,
            parts=(head, *more, self._tail),
        )
        return Message(
            envelope=envelope,
            subject=subject,
            texts=texts,
            content_sha256=joined_sha256((top + rest, *more), self._tail_sha256),
        )

    def _content(self, contact: Contact) -> _Content:
        person = contact_values(contact, self._uses.names)
        form = self._form(contact, person)
        if form is not None:
            return form.content(person)
        self.written_out += 1
        return self._written(contact_values(contact))

    def _written(self, person: Values) -> _Content:
        """The texts as the templates make them for this person alone."""
        told = self._told | {"contact": person}
        text = self._text.render(told)
        html = self._inliner.inline(self._html.chunks(self._told_html | {"contact": person}))
        pieces = [text_part("plain", text), self._between, text_part("html", html), self._after]
        return self._subject.render(told), lambda: (text, html), pieces

    def _form(self, contact: Contact, person: Values) -> _Form | None:
        """What this person's message shares with others'; None when it shares nothing."""
        key = self._uses.form(person)
        if key is None:
            return None
        if key not in self._forms:
            if len(self._forms) >= _MOST_FORMS:
                return None
            self._forms[key] = self._make_form(contact_values(contact))
        return self._forms[key]

    def _make_form(self, person: Values) -> _Form | None:
        """Fill the templates with marks, look where they came out, and prove it on `person`."""
        subject, texts, _ = self._written(person)
        holes = tuple(sorted(name for name in self._uses.holes if person[name]))
        marked = {"contact": person | {name: mark(name) for name in holes}}
        inlined = self._inliner.inlined(page := self._html.render(self._told_html | marked))
        if page.count("zq9") != len(MARKED[True].findall(inlined)):
            # a word stands in an attribute, a comment or a style, where it would be written otherwise
            return None
        form = _Form(
            holes=holes,
            subject=_cut(self._subject.render(self._told | marked), "plain", html=False),
            text=_cut(self._text.render(self._told | marked), "plain", html=False, after=self._between),
            html=_cut(inlined, "html", html=True, after=self._after),
        )
        filled, filled_texts, _ = form.content(person)
        return form if (filled, filled_texts()) == (subject, texts()) else None

    def _heading(self, subject: str, place: str) -> tuple[str, bytes]:
        """The subject as it is sent, and its field. Mostly it is the same for everybody."""
        if subject not in self._headings:
            if len(self._headings) >= _MOST_FORMS:
                self._headings.clear()
            line = self._subject_line(subject, place)
            self._headings[subject] = line, text_header("Subject", line)
        return self._headings[subject]

    def _subject_line(self, subject: str, place: str) -> str:
        line = subject.strip()
        if not line or "\n" in line:
            raise TemplateError(
                Text("메일 제목은 비어 있지 않은 한 줄이어야 합니다", "the subject must be one line and not empty"),
                where=self._subject.where,
                remedy=Text("서식이 한 줄만 만들게 고쳐 주십시오", "let the template make exactly one line"),
            )
        marked = f"{self._mark} {line}" if self._mark else line
        return checked(marked, what=_SUBJECT, where=place)


@lru_cache(maxsize=8)
def _date_field(date: datetime, offset: timedelta) -> bytes:
    """`offset` is `date`'s: the same moment in another zone is equal, but written otherwise."""
    return f"Date: {format_datetime(date)}\r\n".encode("ascii")


@lru_cache(maxsize=8)
def _language_field(*languages: str) -> bytes:
    return f"Content-Language: {', '.join(dict.fromkeys(languages))}\r\n".encode("ascii")


def _cut(marked: str, subtype: str, *, html: bool, after: bytes = b"") -> Segments:
    pieces = MARKED[html].split(marked)
    return Segments(subtype, pieces[::2], pieces[1::2], after)


def _gathered(pieces: Sequence[bytes]) -> list[bytes]:
    """Neighbours that are one person's alone joined; what many people share stays the object it is. Nothing is empty."""
    gathered: list[bytes] = []
    begin = 0
    for at, piece in enumerate(pieces):
        if len(piece) >= _SHARED:
            gathered += (b"".join(pieces[begin:at]), piece)
            begin = at + 1
    gathered.append(b"".join(pieces[begin:]))
    return list(filter(None, gathered))


def _recipient(contact: Contact, place: str) -> str:
    domain = contact.address.key.rpartition("@")[2]
    return plain_address(f"{contact.address.local}@{domain}", where=place)


def _display_name(contact: Contact, place: str) -> str:
    name = contact.name or f"{contact.outlet} {contact.desk}"
    return " ".join(checked(name, what=_NAME, where=place).split())


def _frame(sender: Sender, document: Document) -> tuple[bytes, tuple[bytes, bytes, bytes], bytes]:
    """What surrounds the two texts: the unchanging headers, the seams before, between and after them, the part with the PDF.

    Encoded text never holds `=_`, so that these boundaries cannot occur in a part.
    """
    salt = hashlib.sha256(f"{document.sha256} {document.filename}".encode()).hexdigest()[:24]
    mixed, alternative = f"=_m{salt}", f"=_a{salt}"
    name = sender.name
    head = (
        mailbox_header("From", name, sender.address)
        + mailbox_header("Reply-To", name if sender.reply_to == sender.address else "", sender.reply_to)
        + f"List-Unsubscribe: <mailto:{sender.unsubscribe}?subject=unsubscribe>\r\n".encode("ascii")
    )
    opening = (
        "MIME-Version: 1.0\r\n"
        f'Content-Type: multipart/mixed;\r\n boundary="{mixed}"\r\n\r\n--{mixed}\r\n'
        f'Content-Type: multipart/alternative;\r\n boundary="{alternative}"\r\n\r\n--{alternative}\r\n'
    )
    between = f"\r\n--{alternative}\r\n"
    after = f"\r\n--{alternative}--\r\n\r\n"
    tail = f"--{mixed}\r\n".encode("ascii") + attachment(document.pdf, document.filename)
    tail += f"\r\n--{mixed}--\r\n".encode("ascii")
    return head, (opening.encode("ascii"), between.encode("ascii"), after.encode("ascii")), tail
