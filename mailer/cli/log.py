"""`mailer log`: one row per person with the result, the server's words, what they mean, and what to do.

Not here: the JSON (`desk/report.py`), files (`desk/export.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby, islice
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from mailer.app import App
from mailer.cli.facts import INKS, people
from mailer.cli.opening import opened
from mailer.cli.output import Screen
from mailer.cli.results import dispatch_of, marked, reply_words
from mailer.cli.spoken import to_spoken
from mailer.cli.tables import Cell, Column
from mailer.cli.verbs import Call, argument, option, verb
from mailer.desk.export import STATE_WORDS, export_log
from mailer.desk.report import LogLine, log_record, log_stream
from mailer.desk.times import local
from mailer.dispatch import DeliveryState, Dispatch, Verdict
from mailer.ledger import LogFilter
from mailer.transport import stage_name
from mailer.wording import Text

__all__ = ["log", "show_log"]

ROOMY = 150
ROWS_AT_ONCE = 1_000
"""Rows laid out as one table; a longer log repeats its heading instead of standing in memory as a whole."""

_VERDICT_WORDS = {
    Verdict.ACCEPT: Text("접수", "accepted"),
    Verdict.DEFER: Text("나중에", "later"),
    Verdict.REFUSE: Text("거부", "refused"),
    Verdict.DOUBT: Text("확인 필요", "in doubt"),
}
_VERDICT_INKS = {Verdict.ACCEPT: "good", Verdict.DEFER: "warn", Verdict.REFUSE: "bad", Verdict.DOUBT: "warn"}


@verb(
    "log",
    help=Text(
        "발송 기록을 봅니다. 한 사람에 한 줄씩 결과, 서버 응답, 그 뜻이 나옵니다.\n\n번호를 주지 않으면 모든 발송을 봅니다.",
        "The delivery log: one row per person with the result, the server's words and what they mean.\n\n"
        "Without a number it shows every dispatch.",
    ),
    examples=("mailer log 17", "mailer log 17 --state failed,in_doubt", "mailer log --find hani --export log.xlsx"),
    json=True,
)
@argument("dispatch", type=int, required=False, metavar="[DISPATCH]", help=Text("발송 번호", "The dispatch."))
@option(
    "--state",
    "states",
    metavar="STATE,...",
    default="",
    help=Text(
        "이 결과만: failed, in_doubt, accepted, deferred ...", "Only these: failed, in_doubt, accepted, deferred ..."
    ),
)
@option(
    "--find", metavar="TEXT", default="", help=Text("주소, 이름, 매체에서 찾기", "Look in address, name and outlet.")
)
@option(
    "--since", metavar="DATE", help=Text("이 날부터 시도한 것만 (2026-12-10)", "Tried since this day (2026-12-10).")
)
@option("--attempts", is_flag=True, help=Text("시도를 하나하나 봅니다.", "Show every single attempt."))
@option("--limit", "-n", type=click.IntRange(min=1), metavar="N", help=Text("N줄까지만", "At most N rows."))
@option(
    "--export",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help=Text("파일로 내보내기 (.csv, .xlsx)", "Write a file (.csv, .xlsx)."),
)
def log(
    call: Call,
    dispatch: int | None,
    states: str,
    find: str,
    since: str | None,
    attempts: bool,
    limit: int | None,
    export: Path | None,
) -> int:
    screen = call.screen
    with opened(call, sends=True) as app:
        if dispatch is not None:
            dispatch_of(app, dispatch)
        moment = _day(since, app.config.timezone) if since else None
        which = LogFilter(dispatch_id=dispatch, states=_states(states), find=find, since=moment)
        lines = log_stream(app.ledger, which, limit=limit, attempts=attempts)
        if export is not None:
            number = export_log(lines, export, language=screen.language, zone=app.config.timezone)
            screen.say(Text(f"{number:,}줄을 저장했습니다: {export}", f"{number:,} rows written: {export}"))
        elif screen.json_wanted:
            screen.json_list(log_record(line, screen.language, attempts=attempts) for line in lines)
        else:
            shown = show_log(screen, app, lines, attempts=attempts)
            _say_rest(screen, app, which, shown)
    return 0


def _say_rest(screen: Screen, app: App, which: LogFilter, shown: int) -> None:
    if not shown:
        screen.say(Text("해당하는 기록이 없습니다.", "Nothing in the log matches."))
        return
    left = app.ledger.log.count(which) - shown
    if left > 0:
        screen.say(Text(f"… {people(left).ko} 더 (--limit)", f"… {left} more (--limit)"), ink="dim")


def _states(typed: str) -> tuple[DeliveryState, ...]:
    wanted = [word.strip().replace("-", "_") for word in typed.split(",") if word.strip()]
    known = {state.value: state for state in DeliveryState}
    wrong = [word for word in wanted if word not in known]
    if wrong:
        words = Text(
            f"{wrong[0]}: 없는 결과입니다. 쓸 수 있는 값: {', '.join(known)}",
            f"{wrong[0]}: no such state; there are {', '.join(known)}",
        )
        raise click.BadParameter(to_spoken(words), param_hint="--state")
    return tuple(known[word] for word in wanted)


def _day(typed: str, zone: str) -> datetime:
    try:
        found = datetime.fromisoformat(typed)
    except ValueError as error:
        words = Text(f"{typed}: 날짜가 아닙니다. 예: 2026-12-10", f"{typed}: not a date, such as 2026-12-10")
        raise click.BadParameter(to_spoken(words), param_hint="--since") from error
    return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def show_log(screen: Screen, app: App, lines: Iterable[LogLine], *, attempts: bool = False) -> int:
    """One caption and one table per dispatch; the caption carries date, weekday and zone for all times below it. Returns the
    number of rows."""
    shown = 0
    lay_out = _show_attempts if attempts else _show_rows
    for number, group in groupby(lines, key=lambda line: line.row.delivery.dispatch_id):
        dispatch = dispatch_of(app, number)
        if shown:
            screen.gap()
        _caption(screen, app, dispatch)
        while rows := list(islice(group, ROWS_AT_ONCE)):
            lay_out(screen, dispatch, rows)
            shown += len(rows)
    return shown


def _caption(screen: Screen, app: App, dispatch: Dispatch) -> None:
    started = dispatch.started_at or dispatch.send_at
    when = local(started.replace(second=0, microsecond=0), dispatch.zone).to(screen.language) if started else ""
    word = marked(app, dispatch, Text(f"발송 {dispatch.id}", f"Dispatch {dispatch.id}")).to(screen.language)
    parts = (word, f"{when} {dispatch.zone}".strip(), dispatch.title)
    screen.print(" · ".join(part for part in parts if part), ink="bold")


def _show_rows(screen: Screen, dispatch: Dispatch, lines: Sequence[LogLine]) -> None:
    to = screen.language
    columns = [
        Column(title=Text("결과", "result")),
        Column(title=Text("시각", "time"), rank=1),
        Column(title=Text("받는 사람", "person"), rank=1),
        Column(title=Text("매체", "outlet"), rank=2),
        Column(title=Text("주소", "address"), room=40),
        Column(title=Text("시도", "tries"), rank=2, right=True),
        Column(title=Text("뜻", "meaning"), rank=3, room=26),
        Column(title=Text("할 일", "what to do"), rank=4, room=26),
        Column(title=Text("서버 응답", "server's reply"), rank=5, room=26),
    ]
    rows: list[list[Cell | str]] = []
    # what went well needs no explanation; its server's words are there with --attempts and in a wide window
    roomy = screen.width >= ROOMY
    for line in lines:
        delivery = line.row.delivery
        state = delivery.state
        plain = state is DeliveryState.ACCEPTED
        rows.append(
            [
                Cell(STATE_WORDS[state].to(to), INKS.get(state, "")),
                _clock(line.row.last_attempt_at, dispatch),
                delivery.contact.name or delivery.contact.desk,
                delivery.contact.outlet,
                str(delivery.contact.address),
                str(delivery.attempts) if delivery.attempts > 1 else "",
                "" if plain else line.meaning.what.to(to),
                "" if plain else line.meaning.todo.to(to),
                "" if plain and not roomy else reply_words(screen, line.row.last),
            ]
        )
    screen.table(columns, rows)


def _clock(moment: datetime | None, dispatch: Dispatch) -> str:
    """The time of day; with the date where it is not the caption's."""
    if moment is None:
        return ""
    place = ZoneInfo(dispatch.zone)
    here, start = moment.astimezone(place), (dispatch.started_at or moment).astimezone(place)
    return here.strftime("%H:%M:%S" if here.date() == start.date() else "%m-%d %H:%M:%S")


def _show_attempts(screen: Screen, dispatch: Dispatch, lines: Sequence[LogLine]) -> None:
    to = screen.language
    columns = [
        Column(title=Text("주소", "address"), room=40),
        Column(title=Text("시도", "try"), right=True),
        Column(title=Text("시각", "time"), rank=1),
        Column(title=Text("결과", "result")),
        Column(title=Text("단계", "stage"), rank=2),
        Column(title=Text("서버 응답", "server's reply"), rank=3, room=26),
    ]
    rows: list[list[Cell | str]] = []
    for line in lines:
        address = str(line.row.delivery.contact.address)
        if not line.history:
            state = line.row.delivery.state
            rows.append([address, "0", "", Cell(STATE_WORDS[state].to(to), INKS.get(state, "")), "", ""])
        for attempt in line.history:
            outcome = attempt.outcome
            word = _VERDICT_WORDS[outcome.verdict] if outcome else _VERDICT_WORDS[Verdict.DOUBT]
            ink = _VERDICT_INKS[outcome.verdict] if outcome else "warn"
            stage = stage_name(outcome.stage).to(to) if outcome else ""
            when = _clock(attempt.started_at, dispatch)
            said = reply_words(screen, attempt)
            rows.append([address, str(attempt.number), when, Cell(word.to(to), ink), stage, said])
    screen.table(columns, rows)
