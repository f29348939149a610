"""What an e-mail template is told: plain strings, lists and dicts under six names.

    letter    number to sender title tags headline date date_en pages lang summary contact cc attachments embargo embargo_en
              corrects header (list of label, label_en, value) body notes signatories (list of name, lang) names
              closing (date, sender)
    document  filename pages kilobytes
    org       name_ko name_en address phone fax web web_link email            from the letterhead
    sender    name address reply_to unsubscribe unsubscribe_link
    contact   name outlet desk title beat language email salutation greeting tags extra (unknown columns of the list)
    mark      "[시험]" on a trial copy, else ""

`letter.body`, `notes`, `names` and the values of `header` are HTML in body.html.j2 and plain text elsewhere. A person's phone
number and the office's remark about them are not told: they have no business in a message.

Not here: how a tree becomes HTML or text (`html.py`, `text.py`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import partial
from operator import attrgetter
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

from mailer.dispatch.model import Address, Contact
from mailer.document import Document
from mailer.message.greeting import greeting
from mailer.message.html import language_mark, write_html, write_inline_html
from mailer.message.model import Sender
from mailer.message.text import write_inline_text, write_text
from mailer.release import HeaderRow, header_rows, write_date
from mailer.release.dates import SEOUL
from mailer.release.model import Release, Signatory
from mailer.release.tree import Paragraph, Run

__all__ = ["Values", "contact_values", "shared_values", "vocabulary"]

Values = dict[str, Any]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_ORGANISATION = ("name_ko", "name_en", "address", "phone", "fax", "web", "email")
_SUMMARY = 140


def shared_values(
    release: Release, document: Document, organisation: Mapping[str, str], sender: Sender, mark: str, *, html: bool
) -> Values:
    """Everything but the person, once per dispatch."""
    return {
        "letter": _letter(release, document.pages, html=html),
        "document": {
            "filename": document.filename,
            "pages": document.pages,
            "kilobytes": max(1, round(len(document.pdf) / 1000)),
        },
        "org": {key: organisation.get(key, "") for key in _ORGANISATION}
        | {"web_link": _web_link(organisation.get("web", ""))},
        "sender": {
            "name": sender.name,
            "address": sender.address,
            "reply_to": sender.reply_to,
            "unsubscribe": sender.unsubscribe,
            "unsubscribe_link": f"mailto:{quote(sender.unsubscribe, safe='@')}?subject={quote('수신 거부 / unsubscribe')}",
        },
        "mark": mark,
    }


_composed = partial(unicodedata.normalize, "NFC")

_TEXTS: dict[str, Callable[[Contact], str]] = {
    "name": attrgetter("name"),
    "outlet": attrgetter("outlet"),
    "desk": attrgetter("desk"),
    "title": attrgetter("title"),
    "beat": attrgetter("beat"),
    "language": attrgetter("language"),
    "email": lambda contact: str(contact.address),
    "salutation": attrgetter("salutation"),
    "greeting": greeting,
}


def contact_values(contact: Contact, names: Iterable[str] = (*_TEXTS, "tags", "extra")) -> Values:
    """One person, every text in NFC; only `names`, of which those that nobody has are left out."""
    values: Values = {}
    for name in names:
        if name in _TEXTS:
            values[name] = _composed(_TEXTS[name](contact))
        elif name == "tags":
            values[name] = [_composed(tag) for tag in contact.tags]
        elif name == "extra":
            values[name] = {_composed(key): _composed(value) for key, value in contact.extra}
    return values


def vocabulary(shared: Values) -> frozenset[str]:
    """Every name a template may use, at any depth, to suggest one for a misspelling."""
    nobody = Contact(address=Address(local="a", domain="example.org", key="a@example.org"))
    found: set[str] = set()
    left: list[Any] = [shared, {"contact": contact_values(nobody)}]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            found.update(value)
            left.extend(value.values())
        elif isinstance(value, list):
            left.extend(value[:1])
    return frozenset(found)


def _letter(release: Release, pages: int, *, html: bool) -> Values:
    rows = header_rows(release, pages=f"총 {pages}매")
    return {
        "number": release.number,
        "to": release.to,
        "sender": release.sender,
        "title": release.title,
        "tags": list(release.tags),
        "headline": release.headline,
        "date": write_date(release.dated),
        "date_en": _english(release.dated),
        "pages": pages,
        "lang": release.lang,
        "summary": _summary(release),
        "contact": release.contact or "",
        "cc": release.cc or "",
        "attachments": release.attachments or "",
        "embargo": next((row.value for row in rows if row.field == "embargo"), ""),
        "embargo_en": _english_moment(release.embargo) if release.embargo else "",
        "corrects": release.corrects or "",
        "header": [
            {"label": row.label.ko, "label_en": row.label.en, "value": _header_value(release, row, html=html)}
            for row in rows
        ],
        "body": write_html(release.body, lang=release.lang) if html else write_text(release.body),
        "notes": write_html(release.notes, lang=release.lang) if html else write_text(release.notes),
        "signatories": [{"name": person.name, "lang": person.lang} for person in release.signatories],
        "names": _names(release, html=html),
        "closing": {"date": release.closing.date_text, "sender": release.closing.sender} if release.closing else {},
    }


def _english(day: date) -> str:
    return f"{_DAYS[day.weekday()]}, {day.day} {_MONTHS[day.month - 1]} {day.year}"


def _english_moment(moment: datetime) -> str:
    seoul = moment.astimezone(SEOUL)
    return f"not before {_english(seoul)}, {seoul:%H:%M} (Seoul, UTC+9)"


def _web_link(web: str) -> str:
    """An address to click, also when the letterhead says only `example.org`."""
    return web if not web or web.lower().startswith(("http://", "https://")) else f"https://{web}"


def _header_value(release: Release, row: HeaderRow, *, html: bool) -> str:
    """The title's foreign part is marked, so that a screen reader changes its voice."""
    if html and row.field == "title" and release.headline and row.value.endswith(release.headline):
        tags = row.value[: -len(release.headline)]
        mark = language_mark(release.lang, "ko")
        return escape(tags) + (
            Markup("<span{}>{}</span>").format(mark, release.headline) if mark else escape(release.headline)
        )
    return escape(row.value) if html else row.value


def _names(release: Release, *, html: bool) -> str:
    """All signatories: `<li>` elements, or one line each."""
    if not html:
        return "\n".join(write_inline_text(_spoken(person)).replace("\n", " ") for person in release.signatories)
    return Markup("\n").join(
        Markup("<li{}>{}</li>").format(
            language_mark(person.lang, release.lang), write_inline_html(_spoken(person), lang=person.lang)
        )
        for person in release.signatories
    )


def _spoken(person: Signatory) -> tuple[Any, ...]:
    return person.children or (Run(text=person.name, lang=person.lang),)


def _summary(release: Release) -> str:
    """The first words of the first real paragraph, for the line that mailboxes show beside the subject."""
    for block in release.body:
        text = " ".join(write_inline_text(block.children).split()) if isinstance(block, Paragraph) else ""
        if len(text) > 60:
            return text if len(text) <= _SUMMARY else text[:_SUMMARY].rsplit(" ", 1)[0] + "…"
    return ""
