"""`mailer dispatches` and `status`: what was sent, what is waiting, why something stands still.

Not here: the single people (`log.py`), the JSON (`desk/report.py`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from mailer.app import App
from mailer.cli.facts import counts_text, people, show_facts
from mailer.cli.opening import dispatch_argument, opened
from mailer.cli.output import Screen
from mailer.cli.phrases import span
from mailer.cli.progress import Progress
from mailer.cli.results import dispatch_of, marked, next_commands, show_paused
from mailer.cli.running import tally_of
from mailer.cli.tables import Cell, Column
from mailer.cli.verbs import Call, option, verb
from mailer.desk.approval import changed_since
from mailer.desk.report import Status, status_of, status_record
from mailer.desk.times import distance, local
from mailer.dispatch import DeliveryState, Dispatch, DispatchStatus
from mailer.errors import MailerError
from mailer.ledger.dispatches import STATUS_WORDS
from mailer.wording import Text

__all__ = ["dispatches", "status"]

WATCH_SECONDS = 1.0
_WAITING = (DispatchStatus.APPROVED, DispatchStatus.PAUSED)
_STATUS_INKS = {
    DispatchStatus.SCHEDULED: "warn",
    DispatchStatus.SENDING: "warn",
    DispatchStatus.PAUSED: "bad",
    DispatchStatus.DONE: "good",
    DispatchStatus.CANCELLED: "dim",
}


@verb(
    "dispatches",
    help=Text(
        "발송을 모두 봅니다. 담당자를 기다리는 것이 맨 위, 그다음은 다음에 나갈 것입니다.",
        "All dispatches: first what waits for a person, then the next one to go out.",
    ),
    examples=("mailer dispatches",),
    json=True,
)
def dispatches(call: Call) -> int:
    screen = call.screen
    with opened(call, sends=True) as app:
        now = app.now()
        found = [status_of(app.ledger, dispatch, now) for dispatch in app.ledger.dispatches.all()]
        if screen.json_wanted:
            screen.json([status_record(one) for one in found])
        elif not found:
            screen.say(Text("아직 발송이 없습니다.", "There are no dispatches yet."))
            screen.hint("mailer send LETTER -l LIST", Text("보내기", "send one"))
        else:
            _show_dispatches(screen, app, sorted(found, key=_goes_on_by_itself))
    return 0


def _goes_on_by_itself(one: Status) -> bool:
    """False for what nobody but a person can move."""
    return one.dispatch.status not in _WAITING and not one.counts[DeliveryState.IN_DOUBT]


def _show_dispatches(screen: Screen, app: App, found: Sequence[Status]) -> None:
    to, now = screen.language, app.now()
    columns = [
        Column(title=Text("#", "#"), right=True),
        Column(title=Text("상태", "state")),
        Column(title=Text("제목", "title"), room=40),
        Column(title=Text("시각", "time"), rank=1, room=22),
        Column(title=Text("결과", "result"), rank=1, room=20),
    ]
    rows: list[list[Cell | str]] = []
    for one in found:
        state = Cell(
            marked(app, one.dispatch, STATUS_WORDS[one.dispatch.status]).to(to),
            _STATUS_INKS.get(one.dispatch.status, ""),
        )
        result = counts_text(one.counts).to(to)
        rows.append([str(one.dispatch.id), state, one.dispatch.title, _when(one.dispatch, now).to(to), result])
    screen.table(columns, rows)
    waiting = [one.dispatch for one in found if not _goes_on_by_itself(one)]
    if waiting:
        count = len(waiting)
        why = Text(f"담당자를 기다리는 발송 {count}건", f"{count} waiting for a person")
        screen.hint(f"mailer status {waiting[0].id}", why)


def _when(dispatch: Dispatch, now: datetime) -> Text:
    if dispatch.status is DispatchStatus.SCHEDULED and dispatch.send_at is not None:
        at, away = local(dispatch.send_at, dispatch.zone), distance(now, dispatch.send_at)
        return Text(f"{at.ko} {away.ko}", f"{at.en} {away.en}")
    moment = dispatch.started_at or dispatch.send_at or dispatch.created_at
    return local(moment.replace(second=0, microsecond=0), dispatch.zone)


@verb(
    "status",
    help=Text(
        "발송 하나의 상태를 봅니다: 사람 수, 속도, 남은 시간, 멈춘 이유, 승인한 뒤에 바뀐 파일",
        "One dispatch: counts, rate, time left, why it is paused, which files changed since it was approved.",
    ),
    examples=("mailer status 17", "mailer status 17 --watch"),
    json=True,
)
@dispatch_argument
@option("--watch", is_flag=True, help=Text("끝날 때까지 지켜봅니다.", "Keep looking until it is over."))
def status(call: Call, dispatch: int, watch: bool) -> int:
    screen = call.screen
    with opened(call, sends=True) as app:
        if watch:
            _watch(screen, app, dispatch)
        one = status_of(app.ledger, dispatch_of(app, dispatch), app.now())
        changed = _changed(app, one.dispatch)
        if screen.json_wanted:
            screen.json(status_record(one, changed))
        else:
            _show_status(screen, app, one, changed)
            show_paused(screen, one.dispatch)
            next_commands(screen, one)
    return 0


def _watch(screen: Screen, app: App, number: int) -> None:
    live = (DispatchStatus.APPROVED, DispatchStatus.SCHEDULED, DispatchStatus.SENDING)
    with Progress(screen, Text(f"발송 {number}", f"Dispatch {number}")) as progress:
        while (one := status_of(app.ledger, dispatch_of(app, number), app.now())).dispatch.status in live:
            progress.update(tally_of(one))
            time.sleep(WATCH_SECONDS)
        progress.update(tally_of(one))


def _changed(app: App, dispatch: Dispatch) -> tuple[str, ...]:
    try:
        letter = app.workspace.find_letter(dispatch.letter_source)
    except MailerError:
        letter = app.workspace.root / dispatch.letter_source
    return changed_since(app.ledger, dispatch, letter, app.workspace.templates, list(_lists(app, dispatch)))


def _lists(app: App, dispatch: Dispatch) -> Iterator[Path]:
    for name in dispatch.lists:
        try:
            yield app.workspace.find_list(name)
        except MailerError:
            continue  # it was given as a path, which the dispatch does not know


def _show_status(screen: Screen, app: App, one: Status, changed: Sequence[str]) -> None:
    dispatch, to, now = one.dispatch, screen.language, app.now()
    head = Text(f"발송 {dispatch.id}  ", f"Dispatch {dispatch.id}  ").to(to)
    screen.print(head + marked(app, dispatch, STATUS_WORDS[dispatch.status]).to(to), ink="bold")
    show_facts(
        screen, [(label, value.to(to) if isinstance(value, Text) else value) for label, value in _facts(one, now)]
    )
    if changed:
        names = ", ".join(changed)
        screen.print(
            Text(
                f"승인한 뒤에 바뀐 파일: {names}. 나가는 것은 승인한 그대로입니다.",
                f"Changed since the approval: {names}. What goes out is what was approved.",
            ),
            ink="warn",
        )


def _facts(one: Status, now: datetime) -> Iterator[tuple[Text, Text | str]]:
    dispatch = one.dispatch
    yield Text("제목", "Title"), dispatch.title
    yield Text("문서번호", "Number"), dispatch.number
    yield Text("명단", "Lists"), ", ".join(dispatch.lists)
    if dispatch.send_at is not None:
        yield Text("예약 시각", "Scheduled"), _at(dispatch.send_at, dispatch.zone, now)
    if dispatch.started_at is not None:
        began = _at(dispatch.started_at, dispatch.zone, now)
        if one.late is not None and one.late >= timedelta(minutes=1):
            late = span(one.late)
            began = Text(f"{began.ko}, 예약보다 {late.ko} 늦게", f"{began.en}, {late.en} late")
        yield Text("시작", "Started"), began
    if dispatch.ended_at is not None:
        yield Text("끝", "Ended"), _at(dispatch.ended_at, dispatch.zone, now)
    total, counts = people(one.total), counts_text(one.counts)
    yield Text("사람", "People"), Text(f"{total.ko}: {counts.ko}", f"{total.en}: {counts.en}")
    if one.rate > 0:
        rate = f"{one.rate * 60:.0f}"
        left = span(timedelta(seconds=one.eta_s)) if one.eta_s else None
        more = Text(f", 남은 시간 {left.ko}", f", {left.en} left") if left else Text("", "")
        yield Text("속도", "Rate"), Text(f"분당 {rate}통{more.ko}", f"{rate} a minute{more.en}")
    if dispatch.status is DispatchStatus.SENDING and dispatch.give_up_at is not None:
        yield Text("재시도 기한", "Retries until"), _at(dispatch.give_up_at, dispatch.zone, now)
    if dispatch.follows is not None:
        yield Text("앞선 발송", "Follows"), str(dispatch.follows)
    if dispatch.seal is not None:
        seal = f"{dispatch.seal.sha256[:16]} ({dispatch.seal.approved_by})"
        yield Text("봉인", "Seal"), seal


def _at(moment: datetime, zone: str, now: datetime) -> Text:
    at, away = local(moment.replace(microsecond=0), zone), distance(now, moment)
    return Text(f"{at.ko} {zone}, {away.ko}", f"{at.en} {zone}, {away.en}")
