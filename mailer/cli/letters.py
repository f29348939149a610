"""`mailer check`, `preview` and `test`: look at a letter before anybody else does.

Not here: the rules (`desk/preflight.py`), sending to a list (`sends.py`).
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from mailer.app import App
from mailer.cli.exits import EXIT_PARTLY, EXIT_STOPPED
from mailer.cli.facts import show_facts, size_text
from mailer.cli.opening import audience_options, letter_argument, opened
from mailer.cli.output import Screen
from mailer.cli.summary import findings_line, show_left_out, show_people, show_summary, worth_showing
from mailer.cli.tables import Cell, Column
from mailer.cli.verbs import Call, option, verb
from mailer.desk import Manuscript, Preparation, prepare, read_manuscript
from mailer.desk.preview import Preview, default_folder, write_preview
from mailer.desk.records import check_record, preview_record
from mailer.desk.rehearse import Rehearsed, prepare_alone, rehearse
from mailer.dispatch import Verdict
from mailer.errors import StoppedByCheck, UsageError
from mailer.findings import Finding, Level, worst
from mailer.release import write_date
from mailer.transport import said
from mailer.wording import Text

__all__ = ["check", "preview", "test"]


@verb(
    "check",
    help=Text(
        "원고를 보내기 전에 점검합니다.\n\n막음이 하나라도 있으면 4로 끝납니다. -l을 주면 명단도 함께 봅니다.",
        "Check a letter before it goes out.\n\nEnds with 4 when something must be mended. With -l the lists are checked too.",
    ),
    examples=("mailer check statement", "mailer check letters/statement.md -l press-domestic --strict"),
    json=True,
)
@letter_argument
@audience_options(required=False)
@option("--strict", is_flag=True, help=Text("확인할 것만 있어도 4로 끝냅니다.", "End with 4 on a warning, too."))
def check(call: Call, letter: str, lists: tuple[str, ...], exclude: tuple[str, ...], where: str, strict: bool) -> int:
    with opened(call) as app:
        sources = app.sources(letter, lists, exclude=exclude, where=where)
        if lists:
            prepared = prepare(sources, suppressions=app.suppressions(), now=app.now())
            manuscript, findings = prepared.manuscript, prepared.findings
        else:
            manuscript = read_manuscript(sources)
            findings = manuscript.findings
        if call.screen.json_wanted:
            call.screen.json(check_record(manuscript, findings, call.screen.language))
        else:
            _show_check(call.screen, manuscript, findings)
    stops = (Level.ERROR, Level.WARNING) if strict else (Level.ERROR,)
    return EXIT_STOPPED if worst(findings) in stops else 0


def _show_check(screen: Screen, manuscript: Manuscript, findings: tuple[Finding, ...]) -> None:
    show_letter(screen, manuscript)
    screen.gap()
    screen.findings(findings)
    screen.gap()
    screen.print(findings_line(findings))


def show_letter(screen: Screen, manuscript: Manuscript) -> None:
    release, document = manuscript.release, manuscript.document
    names = len(release.signatories)
    pages = document.pages if document else 0
    show_facts(
        screen,
        [
            (Text("문서번호", "Number"), release.number),
            (Text("수신", "To"), release.to),
            (Text("발신", "From"), release.sender),
            (Text("제목", "Title"), release.title),
            (Text("전송일자", "Dated"), write_date(release.dated)),
            (Text("전송매수", "Pages"), str(pages) if pages else ""),
            (Text("연명", "Signatories"), str(names) if names else ""),
        ],
    )


@verb(
    "preview",
    help=Text(
        "누구에게 무엇이 갈지 그대로 만들어 봅니다. 아무것도 보내지 않습니다.\n\n"
        "받는 사람 모두의 메일을 만들어 보고, PDF와 메일을 폴더에 저장합니다.",
        "Make exactly what would go out, and to whom. Nothing is sent.\n\n"
        "Every single message is made; the PDF and the e-mails are written into a folder.",
    ),
    examples=("mailer preview statement -l press-domestic -l press-foreign",),
    json=True,
)
@letter_argument
@audience_options(required=True)
@option(
    "--as", "seen_as", metavar="ADDR", help=Text("이 사람이 받을 메일만 봅니다.", "Only what this person would get.")
)
@option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help=Text("저장할 폴더 (기본값: out/원고이름)", "Where to write it (default: out/LETTER)."),
)
@option(
    "--all", "everyone", is_flag=True, help=Text("받는 사람 모두의 메일을 저장합니다.", "Write everybody's message.")
)
@option("--open", "show", is_flag=True, help=Text("PDF와 메일을 열어 봅니다.", "Open the PDF and the first e-mail."))
def preview(
    call: Call,
    letter: str,
    lists: tuple[str, ...],
    exclude: tuple[str, ...],
    where: str,
    seen_as: str | None,
    out: Path | None,
    everyone: bool,
    show: bool,
) -> int:
    screen = call.screen
    with opened(call) as app:
        sources = app.sources(letter, lists, exclude=exclude, where=where)
        prepared = prepare(sources, suppressions=app.suppressions(), now=app.now())
        written = None
        if prepared.composer is not None:
            folder = out or default_folder(app.workspace.root, sources.letter)
            written = write_preview(prepared, folder, everyone=everyone, only=seen_as)
        if screen.json_wanted:
            screen.json(preview_record(prepared, written, screen.language))
        else:
            _show_preview(screen, app, prepared, written, seen_as)
        if show and written is not None:
            _open(written)
    return EXIT_STOPPED if prepared.blocked else 0


def _show_preview(
    screen: Screen, app: App, prepared: Preparation, written: Preview | None, seen_as: str | None
) -> None:
    show_summary(screen, app, prepared, findings=False)
    screen.gap()
    if seen_as is not None and written is not None:
        _show_message(screen, prepared, written)
    else:
        show_people(screen, prepared.summaries)
        show_left_out(screen, prepared.audience.left_out)
    screen.gap()
    screen.findings(worth_showing(prepared.findings))
    screen.print(findings_line(prepared.findings))
    if written is not None:
        screen.gap()
        _show_places(screen, app, written)
    rehearsed(screen)


def _show_message(screen: Screen, prepared: Preparation, written: Preview) -> None:
    chosen = {address for address, _ in written.messages}
    for one in prepared.summaries:
        if str(one.contact.address) in chosen:
            made = prepared.message(one.contact)
            show_facts(
                screen,
                [
                    (Text("받는 사람", "As"), f"{one.contact.name} <{one.contact.address}>".strip()),
                    (Text("제목", "Subject"), made.subject),
                    (Text("크기", "Size"), size_text(one.size)),
                ],
            )
            screen.gap()
            screen.print(*made.text.splitlines())


def _show_places(screen: Screen, app: App, written: Preview) -> None:
    first = written.messages[0][1] if written.messages else None
    show_facts(
        screen,
        [
            (Text("문서", "Document"), app.shown(written.document)),
            (Text("명단", "Manifest"), app.shown(written.manifest)),
            (Text("메일", "E-mails"), f"{app.shown(written.folder / 'messages')}/ ({len(written.messages)})"),
            (Text("열어 보기", "Open"), app.shown(first.with_suffix(".html")) if first else ""),
        ],
    )


def rehearsed(screen: Screen) -> None:
    """The last line of everything that sends nothing."""
    screen.gap()
    screen.print(Text("미리보기였습니다. 아무것도 나가지 않았습니다.", "This was a rehearsal. Nothing went out."))


def _open(written: Preview) -> None:
    click.launch(str(written.document))
    if written.messages:
        click.launch(str(written.messages[0][1].with_suffix(".html")))


@verb(
    "test",
    help=Text(
        "나에게 시험 메일 한 통을 보냅니다. 제목 앞에 [시험]이 붙고, 발송 기록에는 남지 않습니다.\n\n"
        "-l과 --as를 주면 명단의 그 사람이 받을 내용 그대로 받아 봅니다. --to가 없으면 웹 화면에 기억해 둔 시험 주소로 보냅니다.",
        "Send one marked copy ([시험]) to yourself. It is never counted as a delivery.\n\n"
        "With -l and --as it is written as for that person of the list. Without --to it goes to the testers that the web page"
        " remembers.",
    ),
    examples=(
        "mailer test statement --to me@example.org",
        "mailer test statement --to me@example.org -l press --as kim@paper.example",
    ),
    json=True,
)
@letter_argument
@option("--to", metavar="ADDR", multiple=True, help=Text("시험 메일을 받을 주소", "Where the copy goes."))
@audience_options(required=False)
@option(
    "--as",
    "seen_as",
    metavar="ADDR",
    help=Text("명단의 이 사람이 받을 내용으로 받습니다.", "Written as for this person."),
)
def test(
    call: Call,
    letter: str,
    to: tuple[str, ...],
    lists: tuple[str, ...],
    exclude: tuple[str, ...],
    where: str,
    seen_as: str | None,
) -> int:
    screen = call.screen
    with opened(call, sends=True) as app:
        sources = app.sources(letter, lists, exclude=exclude, where=where)
        to = to or _testers(app)
        if lists:
            prepared = prepare(sources, suppressions=app.suppressions(), now=app.now())
        else:
            prepared = prepare_alone(sources, seen_as or to[0], now=app.now())
        if prepared.blocked:
            raise StoppedByCheck(
                Text("점검에서 막혀 시험 메일을 만들지 않았습니다", "stopped by the checks; no test copy was made"),
                where=sources.letter_name,
                findings=prepared.findings,
            )
        asyncio.run(app.probe())
        done = asyncio.run(send_copies(app, prepared, to, seen_as if lists else None))
        if screen.json_wanted:
            screen.json({"test": [_record(one) for one in done]})
        else:
            show_copies(screen, app, done)
    return 0 if all(one.outcome.verdict is Verdict.ACCEPT for one in done) else EXIT_PARTLY


def _testers(app: App) -> tuple[str, ...]:
    found = tuple(one.address for one in app.ledger.testers.all())
    if not found:
        raise UsageError(
            Text("시험 메일을 받을 주소가 없습니다", "there is nobody to send a test copy to"),
            where="--to",
            remedy=Text(
                "--to me@example.org처럼 적거나, 웹 화면의 설정에서 주소를 기억해 두십시오",
                "write --to me@example.org, or let the web page remember addresses under Settings",
            ),
        )
    return found


async def send_copies(
    app: App, prepared: Preparation, to: tuple[str, ...], seen_as: str | None
) -> tuple[Rehearsed, ...]:
    async with app.transports() as open_transport:
        transport = open_transport()
        try:
            return await rehearse(prepared, to, transport, suppressions=app.suppressions(), seen_as=seen_as)
        finally:
            await transport.close()


def show_copies(screen: Screen, app: App, done: tuple[Rehearsed, ...]) -> None:
    columns = [
        Column(title=Text("주소", "address")),
        Column(title=Text("결과", "result")),
        Column(title=Text("제목", "subject"), rank=1),
        Column(title=Text("서버 응답", "server's reply"), rank=2),
    ]
    good = Cell(Text("접수", "accepted").to(screen.language), "good")
    bad = Cell(Text("접수되지 않음", "not accepted").to(screen.language), "bad")
    screen.table(
        columns,
        [
            [
                one.to,
                good if one.outcome.verdict is Verdict.ACCEPT else bad,
                one.subject,
                said(one.outcome).to(screen.language),
            ]
            for one in done
        ],
    )
    if app.config.practice:
        screen.hint(app.shown(app.workspace.inbox), Text("연습 받은편지함", "practice inbox"))


def _record(one: Rehearsed) -> dict[str, object]:
    return {
        "to": one.to,
        "as": one.seen_as,
        "subject": one.subject,
        "verdict": one.outcome.verdict.value,
        "code": one.outcome.reply.code if one.outcome.reply else None,
        "reply": said(one.outcome).en,
    }
