"""`mailer demo`: the whole main job on the samples, over real SMTP to a mailbox on this machine, and proof that it went as it must.

Letter, lists and templates are those that travel with the program; nothing of the workspace is read or changed, no setting of
the environment is used, so nothing can leave the machine. It ends with 0 only if every single outcome is the expected one.

Not here: what is expected (`expected.py`).
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from mailer.app import App, open_app
from mailer.cli.exits import EXIT_FAILED, EXIT_INTERRUPTED
from mailer.cli.expected import ANSWERS, SUPPRESSED, differences
from mailer.cli.facts import counts_text, people, show_facts
from mailer.cli.log import show_log
from mailer.cli.output import Screen
from mailer.cli.progress import Progress
from mailer.cli.results import dispatch_of
from mailer.cli.running import tally_of
from mailer.cli.signals import Stopping
from mailer.cli.summary import audience_text, findings_line, show_left_out, worth_showing
from mailer.cli.verbs import Call, verb
from mailer.config import read_config
from mailer.contacts import Suppression
from mailer.desk import Preparation, prepare
from mailer.desk.approval import approve, officer
from mailer.desk.approval import schedule as fix_time
from mailer.desk.preflight import schedule_findings
from mailer.desk.prepare import with_findings
from mailer.desk.preview import Preview, write_preview
from mailer.desk.report import LogLine, log_lines, send_record, status_of
from mailer.desk.times import WallTime, local
from mailer.dispatch import DeliveryState, Dispatch, DispatchStatus
from mailer.errors import WorkspaceError, system_reason
from mailer.findings import Level
from mailer.ledger import LogFilter
from mailer.wording import Text

__all__ = ["demo"]

AHEAD = timedelta(seconds=2)
LETTER = "sample"
LISTS = ("sample-domestic", "sample-international")
SETTINGS = {
    "MAILER_FROM": "한빛인권변호사모임 <press@hanbit.example>",
    "MAILER_RETRY_FIRST": "1s",
    "MAILER_RETRY_MAX": "2s",
    "SMTP_CONNECTIONS": "4",
}
MARK = ".mailer-demo"


@verb(
    "demo",
    help=Text(
        "견본 원고를 이 컴퓨터 안의 받은편지함으로 보내 봅니다. 아무것도 밖으로 나가지 않습니다.\n\n"
        "점검, 미리보기, 예약, 발송, 재시도, 기록까지 실제와 같은 길을 갑니다. 모든 결과가 예상과 같아야 0으로 끝납니다.",
        "Send the sample letter to a mailbox on this machine. Nothing leaves it.\n\n"
        "Check, preview, schedule, send, retry, log: the real path. Ends with 0 only if every outcome is the expected one.",
    ),
    examples=("mailer demo",),
    json=True,
)
def demo(call: Call) -> int:
    screen = call.screen
    root = _folder(call.workspace.absolute())
    # an empty environment: a mail server that is configured on this machine must not be found
    config = read_config(root, {}, SETTINGS | dict(call.flags))
    with open_app(config) as app:
        app.practice_rules = dict(ANSWERS)
        screen.say(
            Text(
                "연습 모드: 견본으로 하는 시연이며, 메일은 이 컴퓨터 밖으로 나가지 않습니다.",
                "Practice mode: a demonstration on samples; no mail leaves this machine.",
            ),
            ink="warn",
        )
        _suppress(app)
        prepared, written = _look(screen, app)
        dispatch = _schedule(screen, app, prepared)
        if _work(screen, app, dispatch):
            return EXIT_INTERRUPTED
        return _report(screen, app, dispatch, prepared, written)


def _folder(workspace: Path) -> Path:
    """A fresh folder: `var/demo/` of a workspace, else a temporary one. Only a folder that a demo made is ever emptied."""
    # `/` has a var/ too, and many a project a .env: neither makes a workspace
    both = all((workspace / name).is_dir() for name in ("letters", "recipients"))
    if not both and not (workspace / "var" / "mailer.db").exists():
        root = Path(tempfile.mkdtemp(prefix="mailer-demo-"))
        (root / MARK).touch()
        return root
    root = workspace / "var" / "demo"
    try:
        if root.exists() and not (root / MARK).is_file():
            raise WorkspaceError(
                Text(
                    "시연이 만들지 않은 폴더라 비우지 않습니다", "this folder was not made by a demo; it is left alone"
                ),
                where=str(root),
                remedy=Text("다른 이름으로 바꾸거나 다른 폴더에서 하십시오", "rename it, or run the demo elsewhere"),
            )
        if root.exists():
            shutil.rmtree(root)
        root.parent.mkdir(mode=0o700, exist_ok=True)
        root.mkdir()
        (root / MARK).touch()
    except OSError as error:
        reason = system_reason(error)
        raise WorkspaceError(
            Text(f"시연 폴더를 만들 수 없습니다: {reason.ko}", f"the demo folder cannot be made: {reason.en}"),
            where=str(root),
            remedy=Text("쓸 수 있는 폴더에서 하십시오", "run it in a folder you may write"),
        ) from error
    return root


def _suppress(app: App) -> None:
    known = app.suppressions()
    reason = Text("수신거부", "opted out").to(app.config.language)
    entries = [known.entry(address, reason=reason, added_at=app.now(), added_by="demo") for address in SUPPRESSED]
    app.ledger.suppressed.add(entry for entry in entries if isinstance(entry, Suppression))


def _step(screen: Screen, number: int, title: Text) -> None:
    screen.gap()
    screen.print(Text(f"{number}. {title.ko}", f"{number}. {title.en}"), ink="bold")


def _look(screen: Screen, app: App) -> tuple[Preparation, Preview]:
    prepared = prepare(app.sources(LETTER, LISTS), suppressions=app.suppressions(), now=app.now())
    release, document = prepared.manuscript.release, prepared.manuscript.document
    _step(screen, 1, Text("원고를 점검합니다", "Check the letter"))
    pages = str(document.pages) if document else ""
    names = str(len(release.signatories))
    show_facts(
        screen,
        [
            (Text("제목", "Title"), release.title),
            (Text("전송매수", "Pages"), pages),
            (Text("연명", "Signatories"), names),
        ],
    )
    screen.findings(worth_showing(prepared.findings))
    screen.print(findings_line(prepared.findings))
    _step(screen, 2, Text("누구에게 무엇이 갈지 봅니다", "See what would go to whom"))
    written = write_preview(prepared, app.workspace.root / "preview")
    screen.print(audience_text(prepared))
    show_left_out(screen, prepared.audience.left_out)
    return prepared, written


def _schedule(screen: Screen, app: App, prepared: Preparation) -> Dispatch:
    now = app.now()
    instant = (now + AHEAD + timedelta(seconds=1)).replace(microsecond=0)
    zone = app.config.timezone
    shown = local(instant, zone)
    moment = WallTime(instant=instant, text=shown.en.rpartition(" ")[0], zone=zone)
    _step(screen, 3, Text("몇 초 뒤로 예약합니다", "Schedule it a few seconds ahead"))
    warned = tuple(schedule_findings(prepared.manuscript.release, instant, zone))
    prepared = with_findings(prepared, warned)
    who = officer()
    dispatch = approve(prepared, app.ledger, terms=app.terms(), who=who, now=now)
    dispatch = fix_time(app.ledger, dispatch, moment, late_after=app.config.late_after, who=who, now=now)
    count = people(len(prepared.summaries))
    screen.print(
        Text(
            f"발송 {dispatch.id}: {shown.ko} {zone}, {count.ko}",
            f"Dispatch {dispatch.id}: {shown.en} {zone}, {count.en}",
        )
    )
    if any(finding.code == "schedule.date" and finding.level is Level.WARNING for finding in warned):
        dated = prepared.manuscript.release.dated
        screen.print(
            Text(
                f"견본의 전송일자({dated})는 보내는 날과 다릅니다. 실제라면 여기서 확인하라고 알립니다.",
                f"The sample is dated {dated}, not today; before a real send this is pointed out.",
            ),
            ink="dim",
        )
    return dispatch


def _work(screen: Screen, app: App, dispatch: Dispatch) -> bool:
    """Wake, send, retry. True when a signal ended it."""
    _step(
        screen, 4, Text("때가 되면 보내고, 미뤄진 사람은 다시 보냅니다", "Send when it is time, retry who was put off")
    )
    over = (DispatchStatus.DONE, DispatchStatus.PAUSED, DispatchStatus.CANCELLED)

    def current() -> Dispatch:
        return dispatch_of(app, dispatch.id)

    return asyncio.run(_watched(screen, app, current, lambda: current().status in over))


async def _watched(screen: Screen, app: App, current: Callable[[], Dispatch], is_over: Callable[[], bool]) -> bool:
    with Stopping(screen) as stopping, Progress(screen, Text("보내는 중", "Sending")) as progress:
        stopping.say = progress.say
        work = asyncio.create_task(app.work(stopping.event, until=is_over))
        while True:
            status = await asyncio.to_thread(lambda: status_of(app.ledger, current(), app.now()))
            progress.update(tally_of(status))
            if work.done():
                break
            await asyncio.wait({work}, timeout=0.25)
        await work
        return stopping.by is not None


def _report(screen: Screen, app: App, dispatch: Dispatch, prepared: Preparation, written: Preview) -> int:
    _step(screen, 5, Text("기록을 살펴봅니다", "Review the log"))
    lines = log_lines(app.ledger, LogFilter(dispatch_id=dispatch.id), attempts=True)
    odd = [line for line in lines if line.row.delivery.attempts != 1 or not _is_accepted(line)]
    show_log(screen, app, odd)
    status = status_of(app.ledger, dispatch_of(app, dispatch.id), app.now())
    total, counts = people(status.total), counts_text(status.counts)
    screen.gap()
    screen.print(Text(f"{total.ko} 가운데 {counts.ko}", f"Of {total.en}: {counts.en}"), ink="bold")
    wrong = differences(app, prepared, lines, status)
    _show_places(screen, app, written)
    if screen.json_wanted:
        told = [difference.to(screen.language) for difference in wrong]
        screen.json(
            {**send_record(status), "as_expected": not wrong, "differences": told, "folder": str(app.workspace.root)}
        )
    if wrong:
        screen.say(Text("예상과 다른 결과가 있습니다:", "Some outcomes are not the expected ones:"), ink="bad")
        screen.say(*(f"  {difference.to(screen.language)}" for difference in wrong))
        return EXIT_FAILED
    screen.print(
        Text(
            "시연이 끝났습니다. 모든 결과가 예상과 같습니다.",
            "The demonstration is over. Every outcome is the expected one.",
        ),
        ink="good",
    )
    screen.hint(f"mailer log -w {_place(app.workspace.root)}", Text("기록 모두 보기", "the whole log"))
    return 0


def _is_accepted(line: LogLine) -> bool:
    return line.row.delivery.state is DeliveryState.ACCEPTED


def _show_places(screen: Screen, app: App, written: Preview) -> None:
    screen.gap()
    screen.print(Text("열어 볼 파일", "Open these"), ink="bold")
    mails = [path.with_suffix(".html") for _, path in written.messages[:3]]
    show_facts(
        screen,
        [
            (Text("문서", "Document"), _place(written.document)),
            *((Text(f"메일 {order}", f"E-mail {order}"), _place(path)) for order, path in enumerate(mails, start=1)),
            (Text("받은편지함", "Inbox"), _place(app.workspace.inbox)),
        ],
    )


def _place(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
