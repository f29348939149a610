"""What is about to go out, on one screen: sender, subject, people, attachment, server, findings.

The same summary stands under a dry run, a preview and the question before a send, so that nobody confirms something else than
what was shown.

Not here: the rules (`desk/preflight.py`), what is made (`desk/prepare.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from mailer.app import App
from mailer.cli.facts import people, show_facts, show_table, size_text
from mailer.cli.output import Screen
from mailer.cli.phrases import span
from mailer.cli.tables import Cell, Column
from mailer.config import Security
from mailer.contacts import LeftOut
from mailer.desk import Preparation
from mailer.desk.prepare import Summary
from mailer.dispatch import Contact
from mailer.findings import Finding, Level
from mailer.wording import Text

__all__ = ["findings_line", "server_text", "show_left_out", "show_people", "show_summary", "worth_showing"]

SHOWN_PEOPLE = 10
SHOWN_LEFT_OUT = 20
LONGEST_SHOWN = 80
_REASONS = {
    "duplicate": Text("중복", "duplicate"),
    "suppressed": Text("발송 제외", "suppressed"),
    "excluded": Text("제외 명단", "in an excluded list"),
    "filtered": Text("조건에 맞지 않음", "not matching"),
}
_UNUSABLE = Text("주소 오류", "bad address")


def show_summary(
    screen: Screen,
    app: App,
    prepared: Preparation,
    *,
    first: Sequence[tuple[Text, Text]] = (),
    talk: bool = False,
    findings: bool = True,
) -> None:
    """`talk` puts all of it on stderr, where the result of the verb is something else; `first` are facts that lead."""
    manuscript = prepared.manuscript
    document = manuscript.document
    to = screen.language
    facts = [
        *((label, value.to(to)) for label, value in first),
        (Text("보내는 사람", "From"), str(app.config.sender)),
        (Text("제목", "Subject"), manuscript.release.title),
        (Text("받는 사람", "To"), audience_text(prepared).to(to)),
    ]
    if document is not None:
        pages = Text(f"{document.pages}쪽", f"{document.pages} {'page' if document.pages == 1 else 'pages'}").to(to)
        facts.append((Text("첨부", "Attached"), f"{document.filename}  {size_text(len(document.pdf))}, {pages}"))
    facts += [
        (Text("서버", "Server"), f"{server_text(app).to(to)}, {pace_text(app, len(prepared.summaries)).to(to)}"),
        (Text("봉인", "Seal"), prepared.seal[:16]),
    ]
    show_facts(screen, facts, talk=talk)
    if findings:
        screen.findings(worth_showing(prepared.findings), talk=talk)


def worth_showing(findings: Sequence[Finding]) -> list[Finding]:
    """Before a send the eye belongs to what stops it or wants a look."""
    return [finding for finding in findings if finding.level is not Level.OK]


def findings_line(findings: Sequence[Finding]) -> Text:
    """`막음 0 · 확인 2 · 통과 8`."""
    count = Counter(finding.level for finding in findings)
    return Text(
        f"막음 {count[Level.ERROR]} · 확인 {count[Level.WARNING]} · 통과 {count[Level.OK]}",
        f"{count[Level.ERROR]} to mend · {count[Level.WARNING]} to look at · {count[Level.OK]} good",
    )


def audience_text(prepared: Preparation) -> Text:
    audience = prepared.audience
    reasons = Counter(_REASONS.get(left.code, _UNUSABLE) for left in audience.left_out)
    names = ", ".join(contacts.name for contacts in prepared.lists)
    found, kept = people(audience.listed), people(len(audience.recipients))
    head = Text(f"{names} {found.ko}".strip(), f"{names} {found.en}".strip())
    if not reasons:
        return Text(f"{head.ko} -> {kept.ko}", f"{head.en} -> {kept.en}")
    why_ko = ", ".join(f"{reason.ko} {number}" for reason, number in reasons.items())
    why_en = ", ".join(f"{number} {reason.en}" for reason, number in reasons.items())
    return Text(f"{head.ko} -> {kept.ko} (빠짐: {why_ko})", f"{head.en} -> {kept.en} (left out: {why_en})")


def server_text(app: App) -> Text:
    config = app.config
    if config.smtp_host is None:
        return Text("연습 받은편지함 (이 컴퓨터)", "the practice inbox on this machine")
    place = f"{config.smtp_host}:{config.smtp_port}"
    if config.smtp_security is Security.NONE:
        return Text(f"{place} 암호화 없음", f"{place} without encryption")
    word = "STARTTLS" if config.smtp_security is Security.STARTTLS else "TLS"
    return Text(f"{place} {word}", f"{place} {word}")


def pace_text(app: App, number: int) -> Text:
    rate = app.config.rate
    if rate <= 0:
        return Text("서버가 받는 만큼 빠르게", "as fast as the server takes it")
    length = span(timedelta(seconds=number / rate))
    return Text(f"분당 {rate * 60:g}통 -> 약 {length.ko}", f"{rate * 60:g} a minute -> about {length.en}")


def show_people(screen: Screen, summaries: Sequence[Summary], *, shown: int = SHOWN_PEOPLE, talk: bool = False) -> None:
    columns = [
        Column(title=Text("#", "#"), right=True),
        Column(title=Text("매체", "outlet"), rank=1),
        Column(title=Text("받는 사람", "person"), rank=1, room=16),
        Column(title=Text("주소", "address"), room=40),
        Column(title=Text("언어", "lang"), rank=2),
        Column(title=Text("크기", "size"), rank=2, right=True),
    ]
    uneven = len({size_text(one.size) for one in summaries[:shown]}) > 1
    rows: list[list[Cell | str]] = [
        [
            str(order),
            one.contact.outlet,
            name_of(one.contact),
            str(one.contact.address),
            one.contact.language,
            size_text(one.size) if uneven else "",
        ]
        for order, one in enumerate(summaries[:shown], start=1)
    ]
    show_table(screen, columns, rows, talk=talk)
    more(screen, len(summaries) - shown, talk=talk)


def name_of(contact: Contact) -> str:
    return " ".join(part for part in (contact.name or contact.desk, contact.title) if part)


def show_left_out(screen: Screen, left_out: Sequence[LeftOut], *, talk: bool = False) -> None:
    if not left_out:
        return
    title = Text("받지 않는 사람", "Not getting it")
    screen.gap(talk=talk)
    (screen.say if talk else screen.print)(title)
    columns = [
        Column(title=Text("주소", "address"), room=40),
        Column(title=Text("이유", "why"), room=26),
        Column(title=Text("위치", "where"), rank=1),
    ]
    rows: list[list[Cell | str]] = [
        [shortened(left.address or left.name), Cell(left.reason.to(screen.language), "warn"), left.where]
        for left in left_out[:SHOWN_LEFT_OUT]
    ]
    show_table(screen, columns, rows, talk=talk)
    more(screen, len(left_out) - SHOWN_LEFT_OUT, talk=talk)


def shortened(text: str) -> str:
    """What stands in a broken row may be a whole page."""
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def more(screen: Screen, number: int, *, talk: bool = False) -> None:
    if number > 0:
        line = Text(f"… {people(number).ko} 더", f"… {people(number).en} more")
        (screen.say if talk else screen.print)(line, ink="dim")
