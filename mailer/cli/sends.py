"""`mailer send` and `schedule`: show everything, ask for the number of people, approve, go.

Nothing is approved before the checks hold, the server answers and the number was typed back.

Not here: afterwards (`moves.py`), the worker (`running.py`, `work.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import click

from mailer.app import App
from mailer.cli.exits import EXIT_STOPPED
from mailer.cli.facts import people
from mailer.cli.letters import rehearsed
from mailer.cli.opening import audience_options, letter_argument, opened
from mailer.cli.output import Screen
from mailer.cli.running import run_dispatch
from mailer.cli.spoken import to_spoken
from mailer.cli.summary import show_left_out, show_people, show_summary
from mailer.cli.verbs import Call, option, verb
from mailer.config.values import duration, zone
from mailer.desk import Preparation, Sources, prepare
from mailer.desk.approval import approve, expect, officer, send_now
from mailer.desk.approval import schedule as fix_time
from mailer.desk.preflight import history_findings, server_findings
from mailer.desk.prepare import with_findings
from mailer.desk.press_hours import moment_findings
from mailer.desk.records import preview_record
from mailer.desk.report import schedule_record
from mailer.desk.times import WallTime, distance, local, read_wall_time
from mailer.dispatch import Dispatch
from mailer.errors import StoppedByCheck
from mailer.findings import Finding
from mailer.wording import Text

__all__ = [
    "ask_server",
    "confirm",
    "confirm_options",
    "late_after_option",
    "schedule",
    "send",
    "stopped",
    "tz_option",
    "when_fact",
    "worker_hint",
    "zone_of",
]


class Duration(click.ParamType[timedelta]):
    """`90s`, `15m`, `2h`, `1d`."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        try:
            return duration(str(value))
        except ValueError:
            words = Text(f"{value}: 90s, 15m, 2h, 1d 같은 형식이어야 합니다", f"{value}: expected 90s, 15m, 2h or 1d")
            self.fail(to_spoken(words), param, ctx)


dry_run_option = option(
    "--dry-run", is_flag=True, help=Text("보여 주기만 하고 보내지 않습니다.", "Show it all, send nothing.")
)
yes_option = option(
    "--yes", "-y", is_flag=True, help=Text("묻지 않습니다. --expect와 함께 씁니다.", "Do not ask; needs --expect.")
)
expect_option = option(
    "--expect",
    type=int,
    metavar="N",
    help=Text("받는 사람 수. 다르면 보내지 않고 4로 끝납니다.", "The number of people; another number stops with 4."),
)
tz_option = option(
    "--tz", metavar="ZONE", help=Text("--at의 시간대 (기본값: 설정)", "Time zone of --at (default: settings).")
)
late_after_option = option(
    "--late-after",
    type=Duration(),
    metavar="15m",
    help=Text("이보다 늦게 발견하면 보내지 않고 보류합니다.", "Hold it when it is found later than this."),
)


def confirm_options(function: click.decorators.FC) -> click.decorators.FC:
    return dry_run_option(yes_option(expect_option(function)))  # type: ignore[return-value]


@verb(
    "send",
    help=Text(
        "지금 보냅니다. 보내기 전에 무엇이 누구에게 가는지 보여 주고 사람 수를 묻습니다.\n\n"
        "재시도 말고는 남은 사람이 없을 때까지 보내고 보고합니다. --wait는 재시도까지 기다립니다.",
        "Send now. Shows what goes to whom and asks for the number of people first.\n\n"
        "Sends until only retries are left, then reports; --wait stays for the retries, too.",
    ),
    examples=("mailer send statement -l press-domestic", "mailer send statement -l press-domestic --yes --expect 208"),
    json=True,
)
@letter_argument
@audience_options(required=True)
@confirm_options
@option("--wait", is_flag=True, help=Text("재시도가 끝날 때까지 기다립니다.", "Stay until no retry is open."))
def send(
    call: Call,
    letter: str,
    lists: tuple[str, ...],
    exclude: tuple[str, ...],
    where: str,
    dry_run: bool,
    yes: bool,
    expect: int | None,
    wait: bool,
) -> int:
    screen = call.screen
    with opened(call, sends=True) as app:
        prepared = _prepared(app, app.sources(letter, lists, exclude=exclude, where=where))
        if dry_run:
            return _rehearse(screen, app, prepared, expect)
        if not prepared.blocked:
            sizes = [(str(one.contact.address), one.size) for one in prepared.summaries]
            prepared = with_findings(prepared, ask_server(screen, app, sizes))
        show_summary(screen, app, prepared, talk=True)
        _stop_if_blocked(prepared)
        confirm(screen, prepared, _question(app, len(prepared.summaries)), yes=yes, number=expect)
        who, now = officer(), app.now()
        dispatch = approve(prepared, app.ledger, terms=app.terms(), who=who, now=now)
        send_now(app.ledger, dispatch, who=who, now=now)
        return run_dispatch(screen, app, dispatch.id, wait=wait)


@verb(
    "schedule",
    help=Text(
        "정한 시각에 보내도록 예약합니다. 그 시각에 mailer worker가 실행 중이어야 나갑니다.\n\n"
        "예약하면 원고, 서식, 문서, 명단이 그대로 고정됩니다. 나중에 파일을 고쳐도 나가는 것은 바뀌지 않습니다.",
        "Fix the time of a send. A mailer worker must run at that time, or nothing goes out.\n\n"
        "Letter, templates, document and people are frozen: editing the files afterwards changes nothing that goes out.",
    ),
    examples=('mailer schedule statement -l press-domestic --at "2026-12-10 09:00"',),
    json=True,
)
@letter_argument
@audience_options(required=True)
@option(
    "--at",
    required=True,
    metavar="TIME",
    help=Text('보낼 시각: "2026-12-10 09:00", "내일 09:00"', 'When: "2026-12-10 09:00", "tomorrow 09:00".'),
)
@tz_option
@late_after_option
@confirm_options
def schedule(
    call: Call,
    letter: str,
    lists: tuple[str, ...],
    exclude: tuple[str, ...],
    where: str,
    at: str,
    tz: str | None,
    late_after: timedelta | None,
    dry_run: bool,
    yes: bool,
    expect: int | None,
) -> int:
    screen = call.screen
    with opened(call, sends=True) as app:
        moment = read_wall_time(at, zone_of(app, tz), app.now())
        prepared = _prepared(app, app.sources(letter, lists, exclude=exclude, where=where), moment)
        if dry_run:
            return _rehearse(screen, app, prepared, expect, when_fact(moment, app.now()))
        show_summary(screen, app, prepared, talk=True, first=[when_fact(moment, app.now())])
        _stop_if_blocked(prepared)
        confirm(screen, prepared, _question(app, len(prepared.summaries), moment), yes=yes, number=expect)
        dispatch = _approve_for(app, prepared, moment, late_after)
        _say_scheduled(screen, app, dispatch, len(prepared.summaries))
    return 0


def _approve_for(app: App, prepared: Preparation, moment: WallTime, late_after: timedelta | None) -> Dispatch:
    terms = replace(app.terms(), zone=moment.zone)
    if late_after is not None:
        terms = replace(terms, late_after=late_after)
    who, now = officer(), app.now()
    # the person may have taken a while to answer
    moment = _still_ahead(moment, now)
    dispatch = approve(prepared, app.ledger, terms=terms, who=who, now=now)
    return fix_time(app.ledger, dispatch, moment, late_after=terms.late_after, who=who, now=now)


def _still_ahead(moment: WallTime, now: datetime) -> WallTime:
    if moment.instant <= now:
        raise StoppedByCheck(
            Text(
                "답을 기다리는 사이에 보낼 시각이 지났습니다. 아무것도 예약하지 않았습니다",
                "the time passed while the question stood; nothing was scheduled",
            ),
            where="--at",
            remedy=Text("시각을 다시 정하십시오", "choose another time"),
        )
    return moment


def _say_scheduled(screen: Screen, app: App, dispatch: Dispatch, number: int) -> None:
    assert dispatch.send_at is not None
    if screen.json_wanted:
        screen.json(schedule_record(dispatch, number))
    else:
        screen.gap(talk=True)
        at, away, count = local(dispatch.send_at, dispatch.zone), distance(app.now(), dispatch.send_at), people(number)
        screen.print(
            Text(
                f"발송 {dispatch.id} 예약: {at.ko} {dispatch.zone}, {away.ko}, {count.ko}",
                f"Dispatch {dispatch.id} is scheduled: {at.en} {dispatch.zone}, {away.en}, {count.en}",
            ),
            ink="bold",
        )
    worker_hint(screen, app)
    screen.hint(f"mailer status {dispatch.id}", Text("상태", "status"))
    screen.hint(f'mailer move {dispatch.id} --at "..."', Text("시각 바꾸기", "another time"))
    screen.hint(f"mailer cancel {dispatch.id}", Text("취소", "call it off"))


def worker_hint(screen: Screen, app: App) -> None:
    """Nothing leaves by itself: say so unless a worker is alive."""
    if app.ledger.workers_alive(practice=app.config.practice):
        screen.say(Text("mailer worker가 실행 중입니다.", "A mailer worker is running."), ink="dim")
        return
    screen.say(
        Text(
            "지금 실행 중인 worker가 없습니다. 그 시각에 mailer worker가 실행 중이 아니면 아무것도 나가지 않습니다.",
            "No worker is running. Unless one runs at that time, nothing goes out.",
        ),
        ink="warn",
    )
    screen.hint("mailer worker", Text("켜 두기", "keep one running"))


def when_fact(moment: WallTime, now: datetime) -> tuple[Text, Text]:
    """On the clock of the zone, in UTC, and how far away."""
    at, away = local(moment.instant, moment.zone), distance(now, moment.instant)
    place = f"{moment.zone} = {moment.instant:%Y-%m-%d %H:%M} UTC"
    return Text("보낼 시각", "When"), Text(f"{at.ko} {place}, {away.ko}", f"{at.en} {place}, {away.en}")


def zone_of(app: App, tz: str | None) -> str:
    """The zone asked for, or that of the settings. Raises click's usage error for a zone nobody knows."""
    if tz is None:
        return app.config.timezone
    try:
        return zone(tz)
    except ValueError as error:
        words = Text(f"{tz}: 모르는 시간대입니다. 예: Asia/Seoul", f"{tz}: unknown time zone, such as Asia/Seoul")
        raise click.BadParameter(to_spoken(words), param_hint="--tz") from error


def _prepared(app: App, sources: Sources, moment: WallTime | None = None) -> Preparation:
    prepared = prepare(sources, suppressions=app.suppressions(), now=app.now())
    release = prepared.manuscript.release
    more = history_findings(release, app.ledger.dispatches.all(), practice=app.config.practice)
    at, zone = (moment.instant, moment.zone) if moment else (app.now(), app.config.timezone)
    return with_findings(prepared, (*more, *moment_findings(app.ledger, release, at, zone)))


def ask_server(screen: Screen, app: App, sizes: Sequence[tuple[str, int]]) -> tuple[Finding, ...]:
    """Before anything is approved: is the server there, does it take the login and messages of these sizes (address, bytes)?"""
    server = app.server()
    if server is None:
        return ()
    # one that does not answer takes as long as SMTP_TIMEOUT
    screen.say(Text(f"메일 서버에 묻습니다: {server.place}", f"Asking the mail server: {server.place}"), ink="dim")
    probe = asyncio.run(app.probe())
    if probe is None:
        return ()
    return tuple(server_findings(sizes, size_limit=probe.size_limit, extensions=probe.extensions, place=server.place))


def _stop_if_blocked(prepared: Preparation) -> None:
    if prepared.blocked:
        raise stopped(where=prepared.manuscript.release.source)


def stopped(*, where: str = "", findings: Sequence[Finding] = ()) -> StoppedByCheck:
    """The findings are given along unless they stand on the screen already."""
    return StoppedByCheck(
        Text("점검에서 막혔습니다. 아무것도 보내지 않았습니다", "stopped by the checks; nothing was sent"),
        where=where,
        remedy=Text("막음으로 표시된 것을 고친 뒤 다시 하십시오", "mend what is marked, then try again"),
        findings=findings,
    )


def confirm(screen: Screen, prepared: Preparation, question: Text, *, yes: bool, number: int | None) -> None:
    if number is not None:
        expect(prepared, number)
    screen.confirm_number(len(prepared.summaries), question, yes=yes, expect=number)


def _question(app: App, number: int, moment: WallTime | None = None) -> Text:
    count = people(number)
    if moment is not None:
        at = local(moment.instant, moment.zone)
        return Text(f"{count.ko}에게 {at.ko}에 보내도록 예약합니다.", f"This is scheduled to {count.en} at {at.en}.")
    if app.config.practice:
        return Text(
            f"{count.ko}의 메일을 연습 받은편지함으로 보냅니다.", f"This goes to the practice inbox for {count.en}."
        )
    return Text(
        f"{count.ko}에게 지금 보냅니다. 되돌릴 수 없습니다.", f"This goes to {count.en} now. It cannot be undone."
    )


def _rehearse(screen: Screen, app: App, prepared: Preparation, number: int | None, *first: tuple[Text, Text]) -> int:
    if number is not None:
        expect(prepared, number)
    if screen.json_wanted:
        screen.json({**preview_record(prepared, None, screen.language), "rehearsal": True})
    else:
        show_summary(screen, app, prepared, first=first)
        screen.gap()
        show_people(screen, prepared.summaries)
        show_left_out(screen, prepared.audience.left_out)
        rehearsed(screen)
    return EXIT_STOPPED if prepared.blocked else 0
