"""Whole messages: a parser that shares no code with the composer reads back what was meant."""

from __future__ import annotations

import email
import hashlib
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import escape

from mailer.dispatch import Address, Contact
from mailer.document import Document, Letterhead
from mailer.document.sheet import sheet
from mailer.errors import MessageError, TemplateError
from mailer.message import Composer, EmailTemplates, Message, Sender, check_message, content_sha256, new_message_id
from mailer.message.inlining import Inliner
from mailer.release import Closing, Release, Signatory
from mailer.release.tree import Paragraph, Run
from tests.builders import contact

FOLDER = Path(__file__).parent.parent / "templates" / "email"
TEMPLATES = EmailTemplates.read(FOLDER, shown="templates/email")
SENDER = Sender(
    name="한빛인권변호사모임",
    address="press@hanbit.example",
    reply_to="desk@hanbit.example",
    bounce_address="bounce@hanbit.example",
    unsubscribe="leave@hanbit.example",
)
ORGANISATION = {
    "name_ko": "한빛인권변호사모임",
    "name_en": "Hanbit Lawyers",
    "phone": "02)000-0101",
    "web": "hanbit.example",
}
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40
DOCUMENT = Document(
    pdf=PDF,
    pages=3,
    filename="[공동성명] A call for access to counsel(261210).pdf",
    sha256=hashlib.sha256(PDF).hexdigest(),
)
ID = "<0123456789abcdef@hanbit.example>"
DATE = datetime(2026, 12, 10, 9, 0, tzinfo=timezone(timedelta(hours=9)))
RELEASE = Release(
    number="26-12-인권위-01",
    to="각 언론사",
    sender="한빛인권변호사모임 인권위원회",
    title="[인권위][공동성명] A call for access to counsel",
    tags=("인권위", "공동성명"),
    headline="A call for access to counsel",
    dated=date(2026, 12, 10),
    body=(
        Paragraph(
            line=1,
            lang="en",
            children=(Run(text="We, the undersigned, ask the courts to open their doors to counsel, now.", lang="en"),),
        ),
        Paragraph(line=3, lang="en", children=(Run(text="Sincerely,", lang="en"),)),
    ),
    signatories=(
        Signatory(name="Example Lawyers", lang="en", children=(), line=5),
        Signatory(name="مرصد المثال", lang="ar", children=(), line=6),
        Signatory(name="예시 인권센터", lang="ko", children=(), line=7),
    ),
    closing=Closing(date_text="2026년 12월 10일", dated=date(2026, 12, 10), sender="한빛인권변호사모임", line=9),
    letter_sha256="0" * 64,
    source="letters/sample.md",
)


def composer(**changes: object) -> Composer:
    parts: dict[str, object] = {
        "release": RELEASE,
        "document": DOCUMENT,
        "organisation": ORGANISATION,
        "templates": TEMPLATES,
        "sender": SENDER,
    }
    return Composer(**(parts | changes))  # type: ignore[arg-type]


def composed(person: Contact, **changes: object) -> Message:
    return composer(**changes).compose(person, message_id=ID, date=DATE)


def parsed(message: Message) -> EmailMessage:
    found = email.message_from_bytes(message.envelope.data, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def text_of(part: EmailMessage) -> str:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode("utf-8").replace("\r\n", "\n").removesuffix("\n")


WORDS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn", "Co", "Cf")), max_size=40) | st.text(
    "국문 이름<>&'\"{}%=?.,()홍길동 é", max_size=40
)
PEOPLE = st.builds(
    Contact,
    address=st.integers(0, 10**6).map(
        lambda number: Address(local=f"p{number}", domain="news.example", key=f"p{number}@news.example")
    ),
    name=WORDS,
    outlet=WORDS,
    desk=WORDS,
    title=WORDS,
    language=st.sampled_from(["ko", "en"]),
    salutation=st.just("") | WORDS,
)
SHARED = composer()


@given(PEOPLE)
@settings(max_examples=150)
def test_a_message_reads_back_as_it_was_meant(person: Contact) -> None:
    """Subject, text, HTML, PDF and attachment name come back from the bytes for anybody at all."""
    message = SHARED.compose(person, message_id=ID, date=DATE)
    data = message.envelope.data
    whole = parsed(message)
    mixed = list(whole.iter_parts())
    text, html = list(mixed[0].iter_parts())
    assert str(make_header(decode_header(whole["Subject"]))) == message.subject == RELEASE.title
    assert [part.get_content_type() for part in whole.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/pdf",
    ]
    assert text_of(text) == message.text.removesuffix("\n")
    assert text_of(html) == message.html.removesuffix("\n")
    assert mixed[1].get_content() == PDF
    assert mixed[1].get_filename() == mixed[1].get_param("name") == DOCUMENT.filename
    assert [each.addr_spec for each in whole["To"].addresses] == [message.envelope.recipient]
    assert not whole.defects
    assert data.isascii()
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert data.endswith(b"\r\n")
    assert not any(len(line) > 998 or line.startswith(b".") for line in data.split(b"\r\n"))
    assert message.content_sha256 == content_sha256(data)


FRAME = (
    "<!DOCTYPE html><html><head><title>",
    "</title><style>p { color: red } .b, [title=x] { color: blue } @media print { p { color: black } }</style></head><body><p>",
    "</p><p class='b'>x",
    "y</p><table><tr><td>",
    "</td></tr></table><p title='",
    "'>",
    "</p><ul><li>",
    "</li></ul><!-- ",
    " --><textarea>",
    "</textarea></body></html>",
)


@given(st.lists(st.lists(WORDS, min_size=9, max_size=9), min_size=1, max_size=5))
@settings(max_examples=150)
def test_the_quick_way_of_inlining_makes_the_same_page(people: list[list[str]]) -> None:
    """A page filled into a known form is the page that the inliner makes of the whole, to the byte."""
    quick = Inliner("x")
    for words in people:
        chunks = [piece for pair in zip(FRAME, [str(escape(word)) for word in words], strict=False) for piece in pair]
        whole = "".join([*chunks, FRAME[-1]])
        assert quick.inline([*chunks, FRAME[-1]]) == Inliner("x").inline([whole])


@given(st.lists(PEOPLE, min_size=1, max_size=4))
@settings(max_examples=40)
def test_people_before_do_not_change_a_message(people: list[Contact]) -> None:
    """A composer that has seen others makes the same bytes as a fresh one."""
    for person in people:
        fresh = composer().compose(person, message_id=ID, date=DATE)
        assert SHARED.compose(person, message_id=ID, date=DATE) == fresh


def test_every_header_stands_once() -> None:
    """The headers are these, each once, and nobody else's address is among them."""
    whole = parsed(composed(contact("hong@news.example", name="홍길동")))
    assert sorted(whole.keys()) == sorted(
        [
            "Date",
            "From",
            "Reply-To",
            "List-Unsubscribe",
            "To",
            "Subject",
            "Message-ID",
            "Content-Language",
            "MIME-Version",
            "Content-Type",
        ]
    )
    assert str(whole["From"]) == "한빛인권변호사모임 <press@hanbit.example>"
    assert str(whole["Reply-To"]) == "desk@hanbit.example"
    assert str(whole["To"]) == "홍길동 <hong@news.example>"
    assert whole["Message-ID"] == ID
    assert whole["Date"].datetime == DATE
    assert whole["List-Unsubscribe"] == "<mailto:leave@hanbit.example?subject=unsubscribe>"


def test_the_envelope_has_one_recipient_and_the_bounce_address() -> None:
    """Replies of machines go to the bounce address, the message to exactly one person."""
    envelope = composed(contact("hong@news.example")).envelope
    assert (envelope.sender, envelope.recipient, envelope.message_id) == (
        "bounce@hanbit.example",
        "hong@news.example",
        ID,
    )


def test_bytes_are_a_function_of_package_and_person() -> None:
    """Composed twice, by two composers, a message is the same to the byte; another date changes only the date."""
    person = contact("hong@news.example", name="홍길동")
    first, second = composed(person), composed(person)
    assert first == second
    later = composer().compose(person, message_id=new_message_id("hanbit.example"), date=DATE + timedelta(days=1))
    assert later.envelope.data != first.envelope.data
    assert later.content_sha256 == first.content_sha256
    assert composed(replace(person, name="홍길순")).content_sha256 != first.content_sha256


def test_the_content_hash_leaves_out_two_headers_only() -> None:
    """Date and Message-ID do not count, folded or not; a line of the body that looks like one does."""
    base = b"From: a@example.org\r\nSubject: x\r\n\r\nDate: body\r\n"
    same = (
        b"Date: Thu, 1 Jan 2026 00:00:00 +0000\r\n"
        + b"From: a@example.org\r\nMessage-ID:\r\n <a@b>\r\nSubject: x\r\n\r\nDate: body\r\n"
    )
    whole, nothing = hashlib.sha256(base).hexdigest(), hashlib.sha256(b"").hexdigest()
    assert content_sha256(same) == content_sha256(base) == hashlib.sha256(f"{whole}\n{nothing}\n".encode()).hexdigest()
    assert content_sha256(base.replace(b"Date: body", b"Date: other")) != content_sha256(base)


def test_the_mark_of_a_trial_cannot_be_forgotten() -> None:
    """A trial copy is marked in subject, text and HTML, whatever the subject template says."""
    message = composed(contact("a@news.example"), mark="[시험]")
    assert message.subject == f"[시험] {RELEASE.title}"
    assert message.text.startswith("[시험]")
    assert "시험 발송입니다" in message.html


def test_the_korean_header_block_stands_above_the_english_body() -> None:
    """Greeting, header block with the real number of pages, title, body, every name, closing, a way out: in text and in HTML."""
    message = composed(contact("hong@news.example", name="홍길동", title="기자"))
    shown = message.html[message.html.index('class="greeting"') :]
    plain = re.sub(r"<[^>]+>", " ", f"<{shown}")
    for text in (message.text, plain):
        places = [
            text.index(words)
            for words in (
                "홍길동 기자님께",
                "26-12-인권위-01",
                "2026. 12. 10.(목)",
                "We, the undersigned",
                "Example Lawyers",
                "مرصد المثال",
                "예시 인권센터",
                "2026년 12월 10일",
                DOCUMENT.filename,
            )
        ]
        assert places == sorted(places)
        assert text.count("총 3매") == 3
    assert "leave@hanbit.example" in message.text
    assert "mailto:leave@hanbit.example" in message.html
    assert '<li lang="ar" dir="rtl">' in message.html
    assert RELEASE.title in message.text


def test_paper_and_mail_have_the_same_header_block() -> None:
    """The same labels in the same order, whatever the letter has."""
    full = replace(RELEASE, contact="나보기", embargo=DATE, attachments="1부", cc="각 지부", corrects="26-12-인권위-00")
    for release in (RELEASE, full):
        letterhead = Letterhead(name_ko="한빛", address="서울", phone="02", email="a@example.org")
        paper = [field["label"] for field in sheet(release, letterhead)["fields"]]
        text = composed(contact("a@news.example"), release=release).text
        assert re.findall(r"^(\w+) : ", text, re.MULTILINE) == paper


def test_an_english_reader_is_greeted_in_english() -> None:
    """`language=en` gets English sentences and glosses around the same Korean header block."""
    message = composed(contact("jane@news.example", name="Jane Doe", language="en"))
    assert message.text.startswith("Dear Jane Doe,")
    assert "문서번호 (Ref.)" in message.text
    assert '<html lang="en">' in message.html
    assert "보내드립니다" not in message.text + message.html


def test_the_languages_are_the_readers_the_header_blocks_and_the_letters() -> None:
    """Each is named once, the reader's first."""
    for language, letter, expected in (("ko", "ko", "ko"), ("en", "ko", "en, ko"), ("ko", "en", "ko, en")):
        message = composed(contact("a@news.example", language=language), release=replace(RELEASE, lang=letter))
        assert parsed(message)["Content-Language"] == expected


def test_an_english_reader_is_told_the_embargo_in_english() -> None:
    """Who cannot read `이후 보도` must still know the day, the hour and the clock."""
    person = contact("jane@news.example", name="Jane Doe", language="en")
    message = composed(person, release=replace(RELEASE, embargo=datetime(2026, 12, 10, 0, 1, tzinfo=UTC)))
    for part in (message.text, message.html):
        assert "not before Thu, 10 Dec 2026, 09:01 (Seoul, UTC+9)" in part
    korean = composed(contact("a@news.example"), release=replace(RELEASE, embargo=DATE))
    assert "엠바고: 2026. 12. 10.(목) 09:00 이후 보도" in korean.text
    assert "not before" not in korean.text + korean.html


def test_nothing_is_loaded_or_run() -> None:
    """The page has no picture, script, form or remote style, and its dark-mode rules survive inlining."""
    message = composed(contact("a@news.example"))
    assert check_message(message) == ()
    assert not re.search(r"<(img|script|link|form|iframe)|url\(|https?://(?!hanbit\.example)", message.html)
    assert "prefers-color-scheme: dark" in message.html
    assert 'style="' in message.html
    assert message.html.index("charset") < 1024


def test_a_korean_mailbox_name_stays_korean() -> None:
    """A mailbox name in Hangul is not rewritten; its domain becomes an A-label. Such a message needs SMTPUTF8."""
    person = Contact(address=Address(local="홍길동", domain="예시.test", key="홍길동@xn--vv4b11d.test"))
    message = composed(person)
    assert message.envelope.recipient == "홍길동@xn--vv4b11d.test"
    assert "To: 홍길동@xn--vv4b11d.test\r\n".encode() in message.envelope.data


@pytest.mark.parametrize("bad", ["홍\r\nBcc: x@example.org", "홍\n길동", "홍\0", "\u202e홍길동"])
def test_a_name_with_a_line_break_is_refused(bad: str) -> None:
    """A name that could become a header stops with the list's row, before anything is built."""
    with pytest.raises(MessageError) as caught:
        composed(contact("a@news.example", name=bad, sources=("recipients/press.csv:7",)))
    assert caught.value.where == "recipients/press.csv:7"


def test_a_sender_that_cannot_be_written_is_refused() -> None:
    """A sender is checked when it is made, not when the first message goes out."""
    with pytest.raises(MessageError):
        Sender(name="a\r\nb", address="a@example.org")
    with pytest.raises(MessageError):
        Sender(name="", address="a b@example.org")
    with pytest.raises(MessageError):
        Sender(name="", address="홍길동@example.org")
    assert Sender(name="", address="a@example.org").unsubscribe == "a@example.org"


@pytest.mark.parametrize(
    "subject", ["", "\n\n", "{{ letter.title }}\n{{ letter.number }}", "{{ letter.titel }}", "{{ contact.nam }}"]
)
def test_a_subject_is_one_line(subject: str) -> None:
    """An empty subject, two lines or an unknown name stop with the template's name."""
    with pytest.raises(TemplateError) as caught:
        composed(contact("a@news.example"), templates=replace(TEMPLATES, subject=subject))
    assert caught.value.where.startswith("templates/email/subject.txt.j2")


def test_a_subject_with_the_persons_words_is_that_persons() -> None:
    """Everybody gets their own subject, however many there are, and a bad one names the row of who has it, each time."""
    quick = composer(templates=replace(TEMPLATES, subject="{{ contact.outlet }}에 드립니다"))
    for number in [*range(50), *range(5)]:
        made = quick.compose(contact("a@news.example", outlet=f"신문{number}"), message_id=ID, date=DATE)
        assert str(make_header(decode_header(parsed(made)["Subject"]))) == made.subject == f"신문{number}에 드립니다"
    for row in ("press.csv:7", "press.csv:8"):
        with pytest.raises(MessageError) as caught:
            quick.compose(contact("a@news.example", outlet="a\u202eb", sources=(row,)), message_id=ID, date=DATE)
        assert caught.value.where == row


def test_the_date_is_written_in_its_own_zone() -> None:
    """The same moment in two zones makes two Date fields, whichever came first."""
    for moment in (DATE, DATE.astimezone(UTC), DATE):
        made = composer().compose(contact("a@news.example"), message_id=ID, date=moment)
        assert parsed(made)["Date"].datetime.isoformat() == moment.isoformat()


def test_styles_never_load_a_file(tmp_path: Path) -> None:
    """A style sheet named in a link is not opened, neither from disk nor from a network."""
    (tmp_path / "x.css").write_text("p { color: #123456 }", encoding="utf-8")
    page = f'<html><head><link rel="stylesheet" href="{tmp_path / "x.css"}"></head><body><p>x</p></body></html>'
    assert "#123456" not in Inliner("x").inline([page])
    assert "#123456" not in Inliner("x").inline([page.replace(str(tmp_path), tmp_path.as_uri())])


def test_a_space_is_not_a_word() -> None:
    """Between head and body a space vanishes and a word does not: one is never filled in for the other."""
    quick = Inliner("x")
    for word in ("a", "b", " ", "\u3000", "c"):
        chunks = ["<html><head></head>", word, "<body><p>x</p></body></html>"]
        assert quick.inline(chunks) == Inliner("x").inline(["".join(chunks)])


def test_a_known_form_is_not_inlined_again() -> None:
    """After the first person the inliner itself is not needed, quotation marks and angle brackets in names included."""
    quick = composer()
    quick.compose(contact("a@news.example", name="홍길동"), message_id=ID, date=DATE)
    quick._inliner._css = None  # type: ignore[assignment]
    message = quick.compose(contact("b@news.example", name='Ann <O\'Hara> & "Co"'), message_id=ID, date=DATE)
    assert 'Ann &lt;O\'Hara&gt; &amp; "Co" 님께' in message.html


def test_words_in_attributes_are_not_filled_in() -> None:
    """A word that decides about a style (a class) is never taken for one that does not."""
    head = "<html><head><style>.a { color: red } .b { color: blue }</style></head><body>"
    inliner = Inliner("x")
    pages = [
        inliner.inline([head, '<p class="', name, '" title="', "t &lt; &#34;q&#34;", '">', word, "</p></body></html>"])
        for name, word in (("a", "one"), ("b", "two"), ("a", "thr&amp;ee"), ("b", "fo&#39;ur"), ("a", "five"))
    ]
    assert ["red" in page for page in pages] == [True, False, True, False, True]
    assert ["one" in pages[0], "thr&amp;ee" in pages[2], "fo'ur" in pages[3]] == [True, True, True]


def test_message_ids_are_new_and_on_the_domain() -> None:
    """No two are alike, and each ends in the sender's domain."""
    made = {new_message_id("hanbit.example") for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch(r"<[0-9a-f]{32}@hanbit\.example>", identifier) for identifier in made)


def test_a_naive_date_or_a_bare_id_is_a_mistake_of_the_caller() -> None:
    """The caller's own slips do not become headers."""
    with pytest.raises(ValueError):
        composer().compose(contact("a@news.example"), message_id=ID, date=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError):
        composer().compose(contact("a@news.example"), message_id="a@b\r\nX: y", date=datetime.now(UTC))
