"""The quick way of composing (forms with holes) makes what the straightforward way makes, and knows when it may not be used."""

from __future__ import annotations

import email
import hashlib
import random
from email import policy
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from html import escape
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.dispatch import Contact
from mailer.message import EmailTemplates, content_sha256
from mailer.message.context import contact_values, shared_values
from mailer.message.forms import uses
from mailer.message.inlining import Inliner
from mailer.message.mime import text_part
from mailer.message.sandbox import ENVIRONMENTS
from mailer.message.segments import Segments
from mailer.message.template import Compiled
from tests.builders import contact
from tests.test_message_composer import DATE, DOCUMENT, ID, ORGANISATION, RELEASE, SENDER, TEMPLATES, composer, parsed

NAMES = (
    "홍길동",
    "Jane Doe",
    "김\u00a0기자",
    "A & B <c>",
    '"따옴표"',
    "",
    "o'Brien",
    " 빈칸",
    "이름" * 30,
    "zq9name",
    "=?utf-8?q?x?=",
)
OUTLETS = ("한빛일보", "The Daily", "", "A&B", "<b>굵은</b>", "...점")


def journalist(number: int) -> Contact:
    draw = random.Random(number)
    return contact(
        f"p{number}@{draw.choice(('news', 'daily', 'wire'))}.example",
        name=draw.choice(NAMES) + draw.choice(("", str(number))),
        outlet=draw.choice(OUTLETS),
        desk=draw.choice(("", "사회부", "Desk")),
        title=draw.choice(("", "기자")),
        language=draw.choice(("ko", "en")),
        salutation=draw.choice(("", "", "", "존경하는 기자님께", ".점으로 시작", "a" * 200)),
    )


class Straightforward:
    """Whole templates, whole pages, the standard library's messages: slow, short, and written by nobody who knows of forms."""

    def __init__(self, templates: EmailTemplates = TEMPLATES) -> None:
        self._subject = Compiled(templates.subject, "subject", html=False)
        self._text = Compiled(templates.text, "text", html=False)
        self._html = Compiled(templates.html, "html", html=True)

    def compose(self, person: Contact) -> EmailMessage:
        told = {
            html: shared_values(RELEASE, DOCUMENT, ORGANISATION, SENDER, "", html=html)
            | {"contact": contact_values(person)}
            for html in (False, True)
        }
        made = EmailMessage(policy=policy.default.clone(cte_type="7bit"))
        made["From"] = Mailbox(SENDER.name, addr_spec=SENDER.address)
        made["To"] = Mailbox(
            " ".join((person.name or f"{person.outlet} {person.desk}").split()), addr_spec=str(person.address)
        )
        made["Subject"] = self._subject.render(told[False]).strip()
        made.set_content(self._text.render(told[False]))
        made.add_alternative(Inliner("html").inlined(self._html.render(told[True])), subtype="html")
        made.add_attachment(DOCUMENT.pdf, maintype="application", subtype="pdf", filename=DOCUMENT.filename)
        return made


def content(message: EmailMessage) -> list[Any]:
    """What a reader sees."""
    parts = [part for part in message.walk() if not part.is_multipart()]
    texts = [part.get_content().replace("\r\n", "\n").removesuffix("\n") for part in parts[:2]]
    # Python 3.11's reader puts spaces between two encoded words of a name
    shown = [
        ("".join(mailbox.display_name.split()), mailbox.addr_spec)
        for name in ("From", "To")
        for mailbox in message[name].addresses
    ]
    kinds = [part.get_content_type() for part in parts]
    return [str(message["Subject"]), shown, kinds, texts, parts[2].get_payload(decode=True), parts[2].get_filename()]


def test_a_thousand_people_get_what_the_straightforward_way_makes() -> None:
    """A thousand made-up people, composed quickly and by the standard library, read the same."""
    quick, slow = composer(), Straightforward()
    for number in range(1000):
        person = journalist(number)
        made = quick.compose(person, message_id=ID, date=DATE)
        assert content(parsed(made)) == content(slow.compose(person))
        assert made.content_sha256 == content_sha256(made.envelope.data)


def test_people_of_one_form_get_the_same_bytes_as_alone() -> None:
    """Bytes do not depend on who was composed before: a composer used for hundreds makes what a fresh one makes."""
    used = composer()
    for number in range(300):
        used.compose(journalist(number), message_id=ID, date=DATE)
    for number in range(0, 300, 25):
        person = journalist(number)
        assert used.compose(person, message_id=ID, date=DATE) == composer().compose(person, message_id=ID, date=DATE)


LOGIC = """{{% set english = contact.language == "en" %}}
{{{{ contact.{} }}}}{{% if contact.desk %}} ({{{{ contact.desk }}}}){{% endif %}}
{{{{ contact.outlet | upper }}}} {{{{ letter.headline }}}}
"""


@pytest.mark.parametrize("name", ["name", "greeting", "extra.x", "tags | join('/')"])
def test_templates_with_logic_come_out_the_same(name: str) -> None:
    """Branches, filters and unknown columns of the list: everybody gets what the template says for them."""
    source = LOGIC.format(name)
    templates = EmailTemplates(
        subject="{{ contact.outlet or 'x' }} {{ letter.headline }}",
        text=source,
        html="<html><head><style>p { color: red }</style></head><body><p title='{{ contact.email }}'>\n"
        f"{source}</p></body></html>",
    )
    quick = composer(templates=templates)
    for number in range(40):
        person = contact(
            f"p{number}@news.example",
            name=NAMES[number % 5],
            outlet=OUTLETS[number % 4] or "y",
            extra=(("x", str(number % 3)),),
        )
        text = Compiled(source, "x", html=False).render(
            shared_values(RELEASE, DOCUMENT, ORGANISATION, SENDER, "", html=False) | {"contact": contact_values(person)}
        )
        made = quick.compose(person, message_id=ID, date=DATE)
        assert made.text == text
        assert f'title="{person.address}"' in made.html
        assert escape(text.splitlines()[-1], quote=False).replace("\xa0", "&nbsp;") in made.html


@given(
    st.lists(st.text(st.sampled_from("ab가.=%()s\n\r \t"), max_size=130), min_size=1, max_size=5),
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=90).filter(str.strip),
)
@settings(max_examples=300)
def test_segments_encode_as_the_whole_text(pieces: list[str], word: str) -> None:
    """Quoted-printable or base64, dots, blanks, per cents and borders of 57 bytes: the pieces make the bytes of the whole."""
    seam = b"\r\n--seam\r\n"
    segments = Segments("plain", pieces, ["a"] * (len(pieces) - 1), seam)
    for value in (word, "가" * 20, "x"):
        assert segments.filled({"a": value}) == value.join(pieces)
        assert b"".join(segments.part({"a": value})) == text_part("plain", value.join(pieces)) + seam


@pytest.mark.parametrize(
    ("source", "holes", "asked", "computed", "opaque"),
    [
        ("{{ contact.name }}", {"name"}, set(), set(), False),
        ("{% if contact.desk and not contact.name %}x{% endif %}", set(), {"desk", "name"}, set(), False),
        ("{{ contact.name | upper }}", set(), set(), {"name"}, False),
        ("{{ contact.name }}{{ contact.name ~ '' }}", set(), set(), {"name"}, False),
        ("{% set x %}{{ contact.name }}{% endset %}{{ x | length }}", set(), set(), {"name"}, False),
        ("{% macro m() %}{{ contact.name }}{% endmacro %}{{ m() | upper }}", set(), set(), {"name"}, False),
        ("{{ 'a' if contact.desk else 'b' }}", set(), {"desk"}, set(), False),
        ("{{ contact.name or contact.outlet }}", set(), set(), {"name", "outlet"}, False),
        ("{% for t in contact.tags %}{{ t }}{% endfor %}", set(), set(), {"tags"}, False),
        ("{% set c = contact %}{{ c.name }}", set(), set(), set(), True),
        ("{{ contact['name'] }}", set(), set(), set(), True),
        ("{% for contact in letter.tags %}{{ contact.name }}{% endfor %}", {"name"}, set(), set(), True),
    ],
)
def test_what_a_template_does_with_the_person_is_seen(
    source: str, holes: set[str], asked: set[str], computed: set[str], opaque: bool
) -> None:
    """A word that is only printed is a hole; one that is asked for or computed with chooses the form; else there is none."""
    found = uses(ENVIRONMENTS[False].parse(source))
    assert (set(found.holes), set(found.asked), set(found.computed), found.opaque) == (holes, asked, computed, opaque)


HOLE = "<p>{{ contact.name }}</p>\n"
KOREAN = "<p>우리는 법원이 문을 열 것을 요구한다.</p>\n" * 90
ENGLISH = "<p>We ask the courts to open their doors, 100%.</p>\n" * 90


@pytest.mark.parametrize("text", [KOREAN, ENGLISH])
@pytest.mark.parametrize(
    "plan",
    ["{hole}{text}", "{text}{hole}", "{hole}{text}{hole}{text}", "{text}", "{hole}", "{text}{{{{ contact['name'] }}}}"],
)
def test_parts_are_whole_lines_and_what_is_shared_is_one_object(text: str, plan: str) -> None:
    """Wherever the holes are: no part is empty, the first holds the header, a long one is the same object for the next person."""
    page = plan.format(hole=HOLE, text=text)
    quick = composer(templates=EmailTemplates(subject="s", text=page, html=f"<html><body>{page}</body></html>"))
    first, second = (
        quick.compose(contact(f"{name}@news.example", name=name), message_id=ID, date=DATE) for name in ("ann", "bob")
    )
    for made in (first, second):
        assert all(part.endswith(b"\r\n") for part in made.envelope.parts)
        assert b"\r\n\r\n" in made.envelope.parts[0]
        assert made.content_sha256 == content_sha256(made.envelope.data)
    if not quick.written_out:
        long = [part for part in first.envelope.parts if len(part) >= 2048]
        assert len(long) == 1 + 2 * plan.count("{text}")
        assert all(any(part is other for other in second.envelope.parts) for part in long)


def test_the_pdf_is_one_object_in_all_envelopes() -> None:
    """Nobody's envelope has a copy of the attachment of its own, and a stranger can check the hash from the bytes."""
    quick = composer()
    first, second = (quick.compose(journalist(number), message_id=ID, date=DATE).envelope for number in (1, 2))
    assert first.parts[-1] is second.parts[-1]
    assert all(part.endswith(b"\r\n") for part in first.parts)
    assert len(first.parts[-1]) > len(DOCUMENT.pdf)
    found = email.message_from_bytes(first.parts[-1].partition(b"\r\n")[2], policy=policy.default)
    assert hashlib.sha256(found.get_payload(decode=True)).hexdigest() == DOCUMENT.sha256  # type: ignore[arg-type]
