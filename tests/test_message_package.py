"""A package holds everything, and checks find what is wrong before anyone is mailed."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailer.document import read_letterhead, render
from mailer.errors import MailerError, MessageError, TemplateError
from mailer.findings import Level
from mailer.message import EmailTemplates, Package, Sender, check_message, check_templates, seal_sha256
from mailer.release import companions_of, read
from tests.builders import contact

ROOT = Path(__file__).parent.parent
TEMPLATES = EmailTemplates.read(ROOT / "templates" / "email", shown="templates/email")
LETTERHEAD = (ROOT / "templates" / "letterhead.toml").read_bytes()
LAYOUT = (ROOT / "templates" / "document" / "letter.typ").read_text(encoding="utf-8")
SEED = ROOT.parent / "shared" / "seed" / "letter.md"
SENDER = Sender(name="한빛인권변호사모임", address="press@hanbit.example")
DATE = datetime(2026, 12, 10, 0, 0, tzinfo=UTC)
ID = "<0123456789abcdef@hanbit.example>"
LETTER = """\
문서번호 : 26-12-인권위-01

수 신 : 각 언론사

발 신 : 한빛인권변호사모임 인권위원회

제 목 : [인권위][공동성명] A call for access to counsel

전송일자 : 2026. 12. 10.(목)

전송매수 : 총 9매

---

## [인권위][공동성명] A call for access to counsel

We, the undersigned, ask the courts to open their doors to counsel at every stage of an inquiry.

Sincerely,

Example Lawyers

예시 인권센터

2026년 12월 10일

한빛인권변호사모임 인권위원회
"""


def package_of(path: Path) -> Package:
    release = read(path)
    document = render(release, letterhead=read_letterhead(LETTERHEAD, "templates/letterhead.toml"), layout=LAYOUT)
    data = path.read_bytes()
    return Package(
        letter=data,
        source=str(path),
        companions=tuple((name, (path.parent / name).read_bytes()) for name in companions_of(data)),
        templates=TEMPLATES,
        layout=LAYOUT,
        letterhead=LETTERHEAD,
        sender=SENDER,
        document=document,
    )


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    path = tmp_path_factory.mktemp("letters") / "call.md"
    path.write_text(LETTER, encoding="utf-8")
    return package_of(path)


def test_a_package_comes_back_whole(package: Package) -> None:
    """Stored and read again, a package is equal, has the same hash and composes the same bytes."""
    again = Package.from_json(package.to_json(), package.document.pdf)
    assert again == replace(package, document=replace(package.document, findings=()))
    assert again.sha256 == package.sha256
    person = contact("hong@news.example", name="홍길동")
    first = package.composer().compose(person, message_id=ID, date=DATE)
    assert again.composer().compose(person, message_id=ID, date=DATE) == first


def test_a_package_needs_no_files(package: Package) -> None:
    """The letter is read again from the package alone, after its file is gone."""
    Path(package.source).unlink()
    assert package.release().title == "[인권위][공동성명] A call for access to counsel"
    message = package.composer().compose(contact("a@news.example"), message_id=ID, date=DATE)
    assert f"총 {package.document.pages}매" in message.text
    assert "총 9매" not in message.text
    assert "한빛인권변호사모임" in message.html


def test_every_part_counts(package: Package) -> None:
    """Whatever determines the bytes determines the hash."""
    changed = [
        replace(package, letter=package.letter + b" "),
        replace(package, companions=(("names.txt", b"x"),)),
        replace(package, templates=replace(TEMPLATES, text=TEMPLATES.text + "x")),
        replace(package, letterhead=package.letterhead + b"\n"),
        replace(package, layout=package.layout + "\n"),
        replace(package, sender=replace(SENDER, name="다른 이름")),
        replace(package, document=replace(package.document, filename="x.pdf")),
        replace(package, document=replace(package.document, sha256="0" * 64)),
    ]
    assert len({each.sha256 for each in [package, *changed]}) == len(changed) + 1


def test_a_seal_covers_order_and_content() -> None:
    """Another order, another person or another content is another seal."""
    pairs = [("a@news.example", "1"), ("b@news.example", "2")]
    seals = {
        seal_sha256("p", pairs),
        seal_sha256("q", pairs),
        seal_sha256("p", pairs[::-1]),
        seal_sha256("p", pairs[:1]),
        seal_sha256("p", [("a@news.example", "2"), ("b@news.example", "1")]),
    }
    assert len(seals) == 5
    assert seal_sha256("p", iter(pairs)) == seal_sha256("p", pairs)


@pytest.mark.parametrize("stored", [b"", b"{}", b"[]", b'{"format":99}', b"\xff"])
def test_a_broken_package_is_an_error(stored: bytes) -> None:
    """A stored package that cannot be read says so, whatever is in it."""
    with pytest.raises(MessageError):
        Package.from_json(stored, b"%PDF")


def test_another_pdf_is_refused(package: Package) -> None:
    """A PDF that is not the approved one never goes out."""
    with pytest.raises(MessageError):
        Package.from_json(package.to_json(), package.document.pdf + b" ")


def test_the_shipped_templates_have_no_findings() -> None:
    """Our own templates pass their check."""
    assert check_templates(TEMPLATES) == ()


@pytest.mark.parametrize(
    ("key", "source", "line"),
    [
        ("text", "a\n{{ letter.titel }}", 2),
        ("text", "a\n{% if letter.number == 'never' %}\n{{ leter.title }}\n{% endif %}", 3),
        ("text", "a\n{% if letter.number == 'never' %}\n{{ contact.nmae }}\n{% endif %}", 3),
        ("html", "<p>\n{% endif %}", 2),
        ("html", "<p>{{ contact.name|safe }}</p>", 1),
        ("html", "{% for i in range(10**9) %}x{% endfor %}", 1),
        ("subject", "{{ letter.title", 1),
        ("text", "{{ contact.extra['담당'] }}", 1),
    ],
)
def test_a_slip_in_a_template_is_found_with_its_line(key: str, source: str, line: int) -> None:
    """Syntax, unknown names (also where no sample goes), too much work: an error with file and line."""
    found = check_templates(replace(TEMPLATES, **{key: source}))
    assert [finding.level for finding in found] == [Level.ERROR]
    assert found[0].where == f"{TEMPLATES.where(key)}:{line}"
    assert found[0].remedy


def test_names_may_be_asked_for() -> None:
    """`is defined` and `default` may name what is not there."""
    source = "{% if phone is defined %}{{ phone }}{% endif %}{{ contact.nick|default('') }}{{ contact.extra['x']|default('-') }}"
    assert check_templates(replace(TEMPLATES, text=source)) == ()


def test_an_empty_subject_is_found() -> None:
    """A subject template that makes nothing is an error of that template."""
    [finding] = check_templates(replace(TEMPLATES, subject="{# nothing #}"))
    assert finding.where == "templates/email/subject.txt.j2"


@pytest.mark.parametrize(
    "markup",
    [
        '<img src="https://track.example/x.gif">',
        "<IMG SRC=https://track.example/x.gif>",
        "<script>alert(1)</script>",
        "<p style=\"background: URL( '//track.example/x')\">x</p>",
        '<table BACKGROUND="x.gif"><tr><td>x</td></tr></table>',
        "<form action='https://example.org'></form>",
    ],
)
def test_what_would_be_loaded_is_found(markup: str) -> None:
    """A picture from outside is a tracking pixel in the making; a script or a form has no place in a letter."""
    html = TEMPLATES.html.replace("</body>", f"{markup}</body>")
    [finding] = check_templates(replace(TEMPLATES, html=html))
    assert (finding.code, finding.level) == ("message.external", Level.WARNING)


def test_html_that_gmail_clips_is_found(package: Package) -> None:
    """More than 100 KB of HTML is a warning."""
    message = package.composer().compose(contact("a@news.example"), message_id=ID, date=DATE)
    assert check_message(message) == ()
    [finding] = check_message(replace(message, texts=lambda: ("", message.html + "가" * 34_000)))
    assert finding.code == "message.html_size"


def test_a_missing_or_garbled_template_is_an_error(tmp_path: Path) -> None:
    """A template that cannot be read is named."""
    with pytest.raises(TemplateError) as caught:
        EmailTemplates.read(tmp_path, shown="templates/email")
    assert caught.value.where == "templates/email/subject.txt.j2"
    (tmp_path / "subject.txt.j2").write_bytes("제목".encode("cp949"))
    with pytest.raises(MailerError, match="UTF-8"):
        EmailTemplates.read(tmp_path)


@pytest.mark.skipif(not SEED.exists(), reason="the reference letter is not beside the project")
def test_the_real_letter_becomes_an_email() -> None:
    """All 282 names are in text and HTML, in order, and the page is far below what mailboxes clip."""
    package = package_of(SEED)
    message = package.composer().compose(contact("hong@news.example", name="홍길동"), message_id=ID, date=DATE)
    names = [person.name for person in package.release().signatories]
    assert len(names) == 282
    lines = message.text.splitlines()
    first = lines.index(names[0])
    assert lines[first : first + 282] == names
    assert message.html.count("<li") == 282
    assert len(message.html.encode()) < 60_000
    assert check_message(message) == ()
    assert message.subject == package.release().title
    assert hashlib.sha256(package.document.pdf).hexdigest() == package.document.sha256
