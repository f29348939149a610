"""`Composer`: one dispatch, ready to be addressed to each person in turn.

Made once per dispatch: the templates are compiled, the letter is written as HTML and as text, the PDF is encoded, headers
that do not change are laid out. `compose` then does only what depends on the person. The same package, mark, person, Message-ID
and date give the same bytes, always.

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
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime

from mailer.dispatch.model import Contact, Envelope
from mailer.document import Document
from mailer.errors import TemplateError
from mailer.message.context import Values, contact_values, shared_values, vocabulary
from mailer.message.header import checked, mailbox_header, plain_address, text_header
from mailer.message.inlining import Inliner
from mailer.message.mime import attachment, text_part
from mailer.message.model import EmailTemplates, Message, Sender
from mailer.message.seal import content_sha256
from mailer.message.template import Compiled
from mailer.release.model import Release
from mailer.wording import Text

__all__ = ["Composer"]

_MESSAGE_ID = re.compile(r"<[!-;=?A-~]{1,200}@[A-Za-z0-9.-]{1,253}>")


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
        self._mark = mark
        self._lang = release.lang
        self._told = shared_values(release, document, organisation, sender, mark, html=False)
        self._told_html = shared_values(release, document, organisation, sender, mark, html=True)
        names = vocabulary(self._told)
        self._subject = Compiled(templates.subject, templates.where("subject"), html=False, names=names)
        self._text = Compiled(templates.text, templates.where("text"), html=False, names=names)
        self._html = Compiled(templates.html, templates.where("html"), html=True, names=names)
        self._inliner = Inliner(templates.where("html"))
        self._head, self._middle, self._tail = _frame(sender, document)

    def compose(self, contact: Contact, *, message_id: str, date: datetime) -> Message:
        """`contact`'s message. `message_id` has its angle brackets, `date` is aware.

        TemplateError where a template fails for this person, MessageError where a header would be malformed.
        """
        if date.tzinfo is None or not _MESSAGE_ID.fullmatch(message_id):
            raise ValueError("an aware date and a Message-ID in angle brackets are needed")
        person = {"contact": contact_values(contact)}
        subject = self._subject_line(contact, self._told | person)
        text = self._text.render(self._told | person)
        html = self._inliner.inline(self._html.chunks(self._told_html | person))
        recipient = _recipient(contact)
        data = b"".join(
            (
                f"Date: {format_datetime(date)}\r\n".encode("ascii"),
                self._head,
                mailbox_header("To", _display_name(contact), recipient),
                text_header("Subject", subject),
                f"Message-ID: {message_id}\r\nContent-Language: {self._languages(contact)}\r\n".encode("ascii"),
                self._middle[0],
                text_part("plain", text),
                self._middle[1],
                text_part("html", html),
                self._tail,
            )
        )
        envelope = Envelope(message_id=message_id, sender=self.sender.bounce_address, recipient=recipient, data=data)
        return Message(envelope=envelope, subject=subject, text=text, html=html, content_sha256=content_sha256(data))

    def _subject_line(self, contact: Contact, values: Values) -> str:
        line = self._subject.render(values).strip()
        if not line or "\n" in line:
            raise TemplateError(
                Text("메일 제목은 비어 있지 않은 한 줄이어야 합니다", "the subject must be one line and not empty"),
                where=self._subject.where,
                remedy=Text("서식이 한 줄만 만들게 고쳐 주십시오", "let the template make exactly one line"),
            )
        marked = f"{self._mark} {line}" if self._mark else line
        return checked(marked, what=Text("메일 제목", "the subject"), where=_place(contact))

    def _languages(self, contact: Contact) -> str:
        return ", ".join(dict.fromkeys((contact.language, "ko", self._lang)))


def _place(contact: Contact) -> str:
    return contact.sources[0] if contact.sources else ""


def _recipient(contact: Contact) -> str:
    domain = contact.address.key.rpartition("@")[2]
    return plain_address(f"{contact.address.local}@{domain}", where=_place(contact))


def _display_name(contact: Contact) -> str:
    name = contact.name or f"{contact.outlet} {contact.desk}"
    return " ".join(checked(name, what=Text("받는 사람 이름", "the recipient's name"), where=_place(contact)).split())


def _frame(sender: Sender, document: Document) -> tuple[bytes, tuple[bytes, bytes], bytes]:
    """What surrounds the two texts: the unchanging headers, the seams between parts, the PDF with the last boundary.

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
    after = f"\r\n--{alternative}--\r\n\r\n--{mixed}\r\n".encode("ascii")
    tail = after + attachment(document.pdf, document.filename) + f"\r\n--{mixed}--\r\n".encode("ascii")
    return head, (opening.encode("ascii"), between.encode("ascii")), tail
