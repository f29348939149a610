"""What a send came to: who did not get it and why, the counts, the exit code, the next useful commands.

Not here: the records (`desk/report.py`), the whole log (`reviews.py`).
"""

from __future__ import annotations

from mailer.app import App
from mailer.cli.exits import EXIT_PARTLY, EXIT_SERVER
from mailer.cli.facts import INKS, counts_text, people
from mailer.cli.output import Screen
from mailer.cli.tables import Cell, Column
from mailer.desk.export import STATE_WORDS
from mailer.desk.report import LogLine, Status, log_lines, pause_commands, pause_words, send_record, status_of
from mailer.dispatch import Attempt, DeliveryState, Dispatch, DispatchStatus, PauseCause
from mailer.errors import UsageError
from mailer.ledger import LogFilter
from mailer.ledger.dispatches import no_such_dispatch
from mailer.transport import said
from mailer.wording import Text, with_particle

__all__ = ["dispatch_of", "exit_code", "marked", "next_commands", "reply_words", "show_paused", "show_result"]

SHOWN = 30
_NOT_YET_GOOD = (
    DeliveryState.FAILED,
    DeliveryState.BOUNCED,
    DeliveryState.IN_DOUBT,
    DeliveryState.DEFERRED,
    DeliveryState.SUPPRESSED,
)
_GOOD = (DeliveryState.ACCEPTED, DeliveryState.SUPPRESSED)
_ENDED = Text("끝났습니다", "Finished")
_PAUSED = Text("멈췄습니다", "Paused")
_CANCELLED = Text("취소되었습니다", "Cancelled")
_OPEN = Text("아직 남았습니다", "Not finished yet")


def dispatch_of(app: App, number: int) -> Dispatch:
    """Raises UsageError when there is none of that number."""
    found = app.ledger.dispatches.get(number)
    if found is None:
        missing = no_such_dispatch(number)
        raise UsageError(missing.what, remedy=missing.remedy)
    return found


def marked(app: App, dispatch: Dispatch, word: Text) -> Text:
    """`word`, with a mark where what was approved in practice is looked at with a mail server set: nothing of it left."""
    if dispatch.practice and not app.config.practice:
        return Text(f"{word.ko} (연습)", f"{word.en} (practice)")
    return word


def exit_code(status: Status) -> int:
    """0 all accepted (or suppressed at the last moment); 5 the server; 3 anything else."""
    if status.dispatch.status is DispatchStatus.PAUSED and _cause(status) in (PauseCause.SITE, PauseCause.LOGIN):
        return EXIT_SERVER
    return 0 if status.total == sum(status.counts[state] for state in _GOOD) else EXIT_PARTLY


def show_result(screen: Screen, app: App, number: int) -> int:
    """The report after a send; returns the exit code."""
    status = status_of(app.ledger, dispatch_of(app, number), app.now())
    if screen.json_wanted:
        screen.json(send_record(status))
    else:
        screen.gap(talk=True)
        show_not_accepted(screen, app, status)
        screen.print(_last_line(status), ink="bold")
    show_paused(screen, status.dispatch)
    if app.config.practice:
        screen.hint(app.shown(app.workspace.inbox), Text("연습 받은편지함", "practice inbox"))
    next_commands(screen, status)
    return exit_code(status)


def show_not_accepted(screen: Screen, app: App, status: Status) -> None:
    number = status.dispatch.id
    lines = log_lines(app.ledger, LogFilter(dispatch_id=number, states=_NOT_YET_GOOD), limit=SHOWN)
    if not lines:
        return
    columns = [
        Column(title=Text("결과", "result")),
        Column(title=Text("주소", "address"), room=40),
        Column(title=Text("뜻", "meaning"), rank=1, room=26),
        Column(title=Text("할 일", "what to do"), rank=2, room=26),
        Column(title=Text("서버 응답", "server's reply"), rank=3, room=26),
    ]
    screen.table(columns, [_row(screen, line) for line in lines])
    left = sum(status.counts[state] for state in _NOT_YET_GOOD) - len(lines)
    if left > 0:
        screen.print(Text(f"… {people(left).ko} 더: mailer log {number}", f"… {left} more: mailer log {number}"))
    screen.gap()


def _row(screen: Screen, line: LogLine) -> list[Cell | str]:
    to = screen.language
    state = line.row.delivery.state
    return [
        Cell(STATE_WORDS[state].to(to), INKS.get(state, "")),
        str(line.row.delivery.contact.address),
        line.meaning.what.to(to),
        line.meaning.todo.to(to),
        reply_words(screen, line.row.last),
    ]


def reply_words(screen: Screen, attempt: Attempt | None) -> str:
    """The server's words, or what was seen when it said nothing."""
    return said(attempt.outcome).to(screen.language) if attempt and attempt.outcome else ""


def _last_line(status: Status) -> Text:
    dispatch = status.dispatch
    head = {
        DispatchStatus.DONE: _ENDED,
        DispatchStatus.PAUSED: _PAUSED,
        DispatchStatus.CANCELLED: _CANCELLED,
    }.get(dispatch.status, _OPEN)
    total, counts = people(status.total), counts_text(status.counts)
    return Text(
        f"발송 {with_particle(dispatch.id, '이/가')} {head.ko}: {total.ko} 가운데 {counts.ko}",
        f"Dispatch {dispatch.id}. {head.en}: of {total.en}, {counts.en}",
    )


def show_paused(screen: Screen, dispatch: Dispatch) -> None:
    """Why it stands still and what to do about it."""
    if dispatch.status is not DispatchStatus.PAUSED:
        return
    screen.say(pause_words(dispatch.pause_reason), ink="warn")
    for purpose, command in pause_commands(dispatch):
        screen.hint(command, purpose)


def next_commands(screen: Screen, status: Status) -> None:
    """What is worth typing now, beside what `show_paused` has said."""
    number, counts = status.dispatch.id, status.counts
    screen.hint(f"mailer log {number}", Text("기록", "log"))
    if counts[DeliveryState.FAILED] or counts[DeliveryState.BOUNCED]:
        screen.hint(
            f"mailer resend {number} --failed", Text("못 받은 사람에게만 다시", "again to those who did not get it")
        )
    if counts[DeliveryState.IN_DOUBT] and _cause(status) is not PauseCause.DOUBT:
        screen.hint(
            f"mailer resolve {number} --confirm|--resend|--abandon ADDR",
            Text("확인 필요한 사람 정리", "settle the doubts"),
        )
    if status.dispatch.status is DispatchStatus.SENDING:
        screen.hint(
            "mailer worker", Text("남은 사람은 이 명령이 이어서 보냅니다", "this goes on with those who are left")
        )


def _cause(status: Status) -> PauseCause | None:
    reason = status.dispatch.pause_reason
    return PauseCause(reason.partition(": ")[0]) if reason else None
