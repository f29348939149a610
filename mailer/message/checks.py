"""Findings about templates and finished messages, before anyone is mailed.

Not here: findings about the letter (`mailer.release`), the paper (`mailer.document`), the audience (`mailer.contacts`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from hashlib import sha256

from jinja2 import meta, nodes

from mailer.dispatch.model import Address, Contact
from mailer.document import Document
from mailer.errors import MailerError
from mailer.findings import Finding, Level
from mailer.message.composer import Composer
from mailer.message.context import Values, contact_values, shared_values, vocabulary
from mailer.message.model import EmailTemplates, Message, Sender
from mailer.message.template import Compiled, suggestion
from mailer.release.model import Closing, Release, Signatory
from mailer.release.tree import Paragraph, Run
from mailer.wording import Text

__all__ = ["check_message", "check_templates"]

CLIPPED_BY_GMAIL = 102_000
LARGEST_HTML = 100_000
"""Octets of HTML: Gmail hides what comes after 102 KB, and a relay may add a little."""

# each begins with plain characters and is looked for in lower case: a dry run searches every page, and this is ten times as fast
_LOADS = (
    re.compile(r"<(?:img|script|iframe|object|embed|link|video|audio|source|base|form|input)\b[^>]*"),
    re.compile(r"url\(\s*['\"]?(?:https?:)?//[^)]*"),
    re.compile(r"@import\b[^;]*"),
    re.compile(r" background=[^>]*"),
)


def check_templates(templates: EmailTemplates) -> tuple[Finding, ...]:
    """Compile and fill in the three templates with made-up letters and people; one error per template, with its line.

    Branches that no sample reaches are searched for names that do not exist.
    """
    found = [
        finding
        for key, source, html in (
            ("subject", templates.subject, False),
            ("text", templates.text, False),
            ("html", templates.html, True),
        )
        for finding in _check_one(source, templates.where(key), html=html)
    ]
    return tuple(found) if found else tuple(_compose_samples(templates))


def check_message(message: Message) -> tuple[Finding, ...]:
    """What is wrong or risky about one finished message: HTML that mailboxes clip, content that would be loaded."""
    found = []
    size = len(message.html.encode("utf-8"))
    if size > LARGEST_HTML:
        found.append(
            Finding(
                level=Level.WARNING,
                code="message.html_size",
                message=Text(
                    f"HTML 본문이 {size // 1000}KB입니다. Gmail은 102KB 뒤를 접어 숨깁니다",
                    f"the HTML is {size // 1000} KB; Gmail hides what comes after 102 KB",
                ),
                remedy=Text(
                    "서명 단체 명단을 PDF에만 두도록 서식을 고칠 수 있습니다",
                    "let the template leave the list of names to the PDF",
                ),
            )
        )
    page = message.html.lower()
    loaded = next(filter(None, (pattern.search(page) for pattern in _LOADS)), None)
    if loaded:
        what = loaded[0].strip()[:60]
        found.append(
            Finding(
                level=Level.WARNING,
                code="message.external",
                message=Text(
                    f"HTML이 바깥 자료나 실행 요소를 씁니다: {what}", f"the HTML loads or runs something: {what}"
                ),
                remedy=Text("글과 스타일만 남겨 주십시오", "keep to text and styles"),
            )
        )
    return tuple(found)


def _check_one(source: str, where: str, *, html: bool) -> Iterator[Finding]:
    try:
        shared = shared_values(_letter(), _DOCUMENT, _ORGANISATION, _SENDER, "", html=html)
        template = Compiled(source, where, html=html, names=vocabulary(shared))
        if unknown := list(_unknown_names(template.tree, where, shared)):
            yield from unknown
            return
        for letter, mark in ((_letter(), ""), (_letter(bare=True), "[시험]")):
            shared = shared_values(letter, _DOCUMENT, _ORGANISATION if mark else {}, _SENDER, mark, html=html)
            for person in _PEOPLE:
                template.render(shared | {"contact": contact_values(person)})
    except MailerError as error:
        yield _finding(error)


def _compose_samples(templates: EmailTemplates) -> Iterator[Finding]:
    """Whole messages: what only shows when a subject becomes a header and a page is inlined."""
    try:
        composer = Composer(
            release=_letter(), document=_DOCUMENT, organisation=_ORGANISATION, templates=templates, sender=_SENDER
        )
        for person in _PEOPLE:
            message = composer.compose(person, message_id="<sample@example.org>", date=_NOW)
            if findings := check_message(message):
                yield from findings
                return
    except MailerError as error:
        yield _finding(error)


def _finding(error: MailerError) -> Finding:
    return Finding(level=Level.ERROR, code="template.error", message=error.what, where=error.where, remedy=error.remedy)


def _unknown_names(tree: nodes.Template, where: str, shared: Values) -> Iterator[Finding]:
    """Names that do not exist, also in branches that were not taken. What is asked for by `x is defined` or given a `default` may
    be missing."""
    known: Values = shared | {"contact": contact_values(_PEOPLE[0])}
    unknown = meta.find_undeclared_variables(tree) - {*known, "range", "namespace"}
    asked = {_spelt(node.node) for kind in (nodes.Test, nodes.Filter) for node in tree.find_all(kind) if _asks(node)}
    for name in tree.find_all(nodes.Name):
        if name.name in unknown and name.name not in asked:
            yield _unknown(name.name, f"{where}:{name.lineno}", vocabulary(shared))
    for node in tree.find_all(nodes.Getattr):
        spelt = _spelt(node)
        root = known.get(spelt.partition(".")[0])
        if (
            spelt.count(".") == 1
            and isinstance(root, dict)
            and node.attr not in {*root, *_OF_DICTS, *_after_dot(asked)}
        ):
            yield _unknown(spelt, f"{where}:{node.lineno}", root)


_OF_DICTS = ("get", "items", "keys", "values")


def _spelt(node: nodes.Node | None) -> str:
    """`contact.name` as it stands in the template; "" for anything but names with dots."""
    if isinstance(node, nodes.Getattr):
        return f"{_spelt(node.node)}.{node.attr}"
    return node.name if isinstance(node, nodes.Name) else ""


def _after_dot(names: set[str]) -> set[str]:
    return {name.rpartition(".")[2] for name in names}


def _asks(node: nodes.Expr) -> bool:
    return isinstance(node, nodes.Test | nodes.Filter) and node.name in {"defined", "undefined", "default", "d"}


def _unknown(name: str, where: str, names: Values | frozenset[str]) -> Finding:
    return Finding(
        level=Level.ERROR,
        code="template.unknown_name",
        message=Text(f"서식에 없는 변수가 쓰였습니다: {name}", f"the template uses an unknown variable: {name}"),
        where=where,
        remedy=suggestion(name.rpartition(".")[2], names),
    )


_NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
_DOCUMENT = Document(pdf=b"%PDF-", pages=2, filename="견본(260105).pdf", sha256=sha256(b"%PDF-").hexdigest())
_ORGANISATION = dict.fromkeys(("name_ko", "name_en", "address", "phone", "fax", "web", "email"), "견본")
_SENDER = Sender(name="견본 모임", address="press@example.org")


def _letter(*, bare: bool = False) -> Release:
    words = (Run(text="We write to ask for an open and independent inquiry into these events.", lang="en"),)
    full = Release(
        number="26-01-견본-01",
        to="각 언론사",
        sender="견본 모임",
        title="[견본][성명] A sample",
        tags=("견본", "성명"),
        headline="A sample",
        dated=date(2026, 1, 5),
        body=(Paragraph(line=1, lang="en", children=words),),
        letter_sha256="0" * 64,
        source="letters/sample.md",
    )
    if bare:
        return full
    return Release(
        **{name: getattr(full, name) for name in Release.__dataclass_fields__}
        | {
            "contact": "홍길동 (02-000-0000)",
            "embargo": _NOW,
            "attachments": "없음",
            "cc": "각 지부",
            "corrects": "26-01-견본-00",
            "signatories": (Signatory(name="견본 단체", lang="ko", children=(), line=2),),
            "notes": full.body,
            "closing": Closing(date_text="2026년 1월 5일", dated=date(2026, 1, 5), sender="견본 모임", line=3),
        }
    )


def _person(**known: str) -> Contact:
    return Contact(address=Address(local="a", domain="example.org", key="a@example.org"), **known)  # type: ignore[arg-type]


_PEOPLE = (
    _person(name="홍길동", outlet="한빛일보", desk="사회부", title="기자", beat="인권", salutation="홍길동 기자님께"),
    _person(desk="사회부"),
    _person(),
    _person(name="Jane Doe", language="en"),
    _person(language="en"),
)
