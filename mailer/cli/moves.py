"""`mailer move`, `pause`, `resume` and `cancel`: what an officer decides about a dispatch that exists.

These change what the ledger says; sending is the worker's part.

Not here: the decisions themselves (`desk/approval.py`), sending again (`again.py`).
"""

from __future__ import annotations

from datetime import timedelta

from mailer.app import App
from mailer.cli.facts import counts_text, show_facts
from mailer.cli.opening import dispatch_argument, opened
from mailer.cli.output import Screen
from mailer.cli.results import dispatch_of
from mailer.cli.sends import late_after_option, tz_option, when_fact, worker_hint, zone_of
from mailer.cli.verbs import Call, option, verb
from mailer.desk.approval import officer, schedule
from mailer.desk.approval import pause as pause_dispatch
from mailer.desk.press_hours import moment_findings
from mailer.desk.report import schedule_record, send_record, status_of
from mailer.desk.times import local, read_wall_time
from mailer.dispatch import DispatchStatus
from mailer.findings import Level
from mailer.message import Package
from mailer.wording import Text

__all__ = ["cancel", "move", "pause", "resume"]


@verb(
    "move",
    help=Text(
        "예약 시각을 바꿉니다. 보류한 발송에도 새 시각을 줄 수 있습니다.",
        "Give a scheduled dispatch another time; a held one, too.",
    ),
    examples=('mailer move 17 --at "2026-12-10 14:00"',),
    json=True,
)
@dispatch_argument
@option("--at", required=True, metavar="TIME", help=Text("새 시각", "The new time."))
@tz_option
@late_after_option
def move(call: Call, dispatch: int, at: str, tz: str | None, late_after: timedelta | None) -> int:
    screen = call.screen
    with opened(call, sends=True) as app:
        found = dispatch_of(app, dispatch)
        moment = read_wall_time(at, zone_of(app, tz) if tz else found.zone, app.now())
        late = late_after or found.late_after
        moved = schedule(app.ledger, found, moment, late_after=late, who=officer(), now=app.now())
        release = Package.from_json(*app.ledger.dispatches.package(dispatch)).release()
        findings = moment_findings(app.ledger, release, moment.instant, moment.zone, but=dispatch)
        screen.findings((one for one in findings if one.level is not Level.OK), talk=True)
        if screen.json_wanted:
            screen.json(schedule_record(moved, moved.seal.recipients if moved.seal else 0))
        else:
            screen.print(Text(f"발송 {dispatch}의 시각을 바꿨습니다.", f"Dispatch {dispatch} has a new time."))
            label, when = when_fact(moment, app.now())
            show_facts(screen, [(label, when.to(screen.language))])
        worker_hint(screen, app)
    return 0


@verb(
    "pause",
    help=Text(
        "발송을 멈춥니다. 지금 나가고 있는 메일까지만 마칩니다.",
        "Pause. Only the messages on the wire are finished.",
    ),
    examples=("mailer pause 17",),
    json=True,
)
@dispatch_argument
def pause(call: Call, dispatch: int) -> int:
    with opened(call) as app:
        dispatch_of(app, dispatch)
        pause_dispatch(app.ledger, dispatch, who=officer(), now=app.now())
        _say_moved(call.screen, app, dispatch, Text("멈췄습니다", "is paused"))
        call.screen.hint(f"mailer resume {dispatch}", Text("이어서 보내기", "go on"))
    return 0


@verb(
    "resume",
    help=Text(
        "멈춘 발송을 다시 시작합니다. 보내는 일은 mailer worker가 합니다.",
        "Let a paused dispatch go on. A mailer worker does the sending.",
    ),
    examples=("mailer resume 17",),
    json=True,
)
@dispatch_argument
def resume(call: Call, dispatch: int) -> int:
    screen = call.screen
    with opened(call, sends=True) as app:
        dispatch_of(app, dispatch)
        app.ledger.dispatches.resume(dispatch, who=officer(), now=app.now())
        found = dispatch_of(app, dispatch)
        if found.status is DispatchStatus.SCHEDULED and found.send_at is not None:
            # it was paused before its time: nothing leaves early
            at = local(found.send_at, found.zone)
            what = Text(f"다시 예약되었습니다 ({at.ko} {found.zone})", f"is scheduled again ({at.en} {found.zone})")
            _say_moved(screen, app, dispatch, what)
            worker_hint(screen, app)
            return 0
        _say_moved(screen, app, dispatch, Text("이어서 보냅니다", "goes on"))
        if app.ledger.workers_alive(practice=app.config.practice):
            screen.say(Text("실행 중인 worker가 보냅니다.", "The running worker takes it up."), ink="dim")
        else:
            screen.say(Text("실행 중인 worker가 없습니다.", "No worker is running."), ink="warn")
            screen.hint("mailer worker --until-idle", Text("이 명령이 보냅니다", "this sends it"))
    return 0


@verb(
    "cancel",
    help=Text(
        "발송을 취소합니다. 아직 나가지 않은 메일은 모두 취소되고 되돌릴 수 없습니다.",
        "Call it off. Everything that has not left is cancelled for good.",
    ),
    examples=("mailer cancel 17",),
    json=True,
)
@dispatch_argument
def cancel(call: Call, dispatch: int) -> int:
    with opened(call) as app:
        dispatch_of(app, dispatch)
        app.ledger.dispatches.cancel(dispatch, who=officer(), now=app.now())
        _say_moved(call.screen, app, dispatch, Text("취소했습니다", "is cancelled"))
    return 0


def _say_moved(screen: Screen, app: App, number: int, what: Text) -> None:
    status = status_of(app.ledger, dispatch_of(app, number), app.now())
    if screen.json_wanted:
        screen.json(send_record(status))
        return
    counts = counts_text(status.counts)
    screen.print(Text(f"발송 {number}: {what.ko}. {counts.ko}", f"Dispatch {number} {what.en}: {counts.en}"))
