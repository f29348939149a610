"""`mailer resend` and `resolve`: those who did not get it, and those of whom nobody knows.

`resend` sends, so it shows everything and asks first, as `send` does.

Not here: the decisions themselves (`desk/doubts.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import click

from mailer.app import App
from mailer.cli.facts import counts_text, people, show_facts, show_table, size_text
from mailer.cli.letters import rehearsed
from mailer.cli.opening import dispatch_argument, opened
from mailer.cli.output import Screen
from mailer.cli.results import dispatch_of, reply_words
from mailer.cli.running import run_dispatch
from mailer.cli.sends import ask_server, confirm_options, stopped
from mailer.cli.spoken import to_spoken
from mailer.cli.summary import pace_text, server_text
from mailer.cli.tables import Column
from mailer.cli.verbs import Call, argument, option, verb
from mailer.desk.approval import officer, send_now
from mailer.desk.doubts import failed_deliveries, least_sizes, resend_failed
from mailer.desk.doubts import resolve as settle
from mailer.desk.report import LogLine, log_lines, send_record, status_of
from mailer.dispatch import Delivery, DeliveryMove, DeliveryState, Dispatch
from mailer.errors import StoppedByCheck
from mailer.findings import Level, worst
from mailer.ledger import LogFilter
from mailer.message import Package
from mailer.wording import Text

__all__ = ["resend", "resolve"]


@verb(
    "resend",
    help=Text(
        "받지 못한 사람에게만 다시 보냅니다. 승인했던 그 내용 그대로, 새 발송으로 나갑니다.",
        "Send again, only to those who did not get it: the same approved bytes, as a new dispatch.",
    ),
    examples=("mailer resend 17 --failed",),
    json=True,
)
@dispatch_argument
@option(
    "--failed", is_flag=True, required=True, help=Text("실패하거나 반송된 사람에게", "To those who failed or bounced.")
)
@confirm_options
@option("--wait", is_flag=True, help=Text("재시도가 끝날 때까지 기다립니다.", "Stay until no retry is open."))
def resend(call: Call, dispatch: int, failed: bool, dry_run: bool, yes: bool, expect: int | None, wait: bool) -> int:
    assert failed
    screen = call.screen
    with opened(call, sends=True) as app:
        old = dispatch_of(app, dispatch)
        suppressions = app.suppressions()
        rows = [row for row in failed_deliveries(app.ledger, old) if suppressions.why(row.contact.address) is None]
        if not rows:
            raise _nobody_left(dispatch)
        package = Package.from_json(*app.ledger.dispatches.package(dispatch))
        if not dry_run:
            _ask_server(screen, app, package, rows)
        if dry_run and screen.json_wanted:
            screen.json(_resend_record(old, rows))
            return 0
        _show_resend(screen, app, old, package, rows, talk=not dry_run)
        if dry_run:
            rehearsed(screen)
            return 0
        count = people(len(rows))
        question = Text(f"{count.ko}에게 다시 보냅니다.", f"This goes again to {count.en}.")
        screen.confirm_number(len(rows), question, yes=yes, expect=expect)
        who, now = officer(), app.now()
        fresh = resend_failed(app.ledger, old, rows, suppressions=suppressions, terms=app.terms(), who=who, now=now)
        send_now(app.ledger, fresh, who=who, now=now)
        return run_dispatch(screen, app, fresh.id, wait=wait)


def _nobody_left(number: int) -> StoppedByCheck:
    return StoppedByCheck(
        Text("다시 보낼 사람이 없습니다", "there is nobody to send it to again"),
        remedy=Text(f"확인해 주십시오: mailer log {number}", f"see: mailer log {number}"),
    )


def _ask_server(screen: Screen, app: App, package: Package, rows: Sequence[Delivery]) -> None:
    findings = ask_server(screen, app, least_sizes(package.document.pdf, rows))
    if worst(findings) is Level.ERROR:
        raise stopped(findings=findings)


def _show_resend(
    screen: Screen, app: App, old: Dispatch, package: Package, rows: Sequence[Delivery], *, talk: bool
) -> None:
    to = screen.language
    count, document = people(len(rows)), package.document
    show_facts(
        screen,
        [
            (Text("제목", "Subject"), old.title),
            (Text("앞선 발송", "Follows"), str(old.id)),
            (Text("받는 사람", "To"), count.to(to)),
            (Text("첨부", "Attached"), f"{document.filename}  {size_text(len(document.pdf))}"),
            (Text("서버", "Server"), f"{server_text(app).to(to)}, {pace_text(app, len(rows)).to(to)}"),
        ],
        talk=talk,
    )
    wanted = {row.id for row in rows}
    columns = [
        Column(title=Text("주소", "address"), room=40),
        Column(title=Text("지난번 결과", "last time"), room=26),
        Column(title=Text("서버 응답", "server's reply"), rank=1, room=26),
    ]
    lines = log_lines(app.ledger, LogFilter(dispatch_id=old.id, states=(DeliveryState.FAILED, DeliveryState.BOUNCED)))
    shown = [line for line in lines if line.row.delivery.id in wanted]
    show_table(screen, columns, [_last_time(screen, line) for line in shown], talk=talk)


def _last_time(screen: Screen, line: LogLine) -> list[str]:
    address = str(line.row.delivery.contact.address)
    return [address, line.meaning.what.to(screen.language), reply_words(screen, line.row.last)]


def _resend_record(old: Dispatch, rows: Sequence[Delivery]) -> dict[str, object]:
    listed = [{"address": str(row.contact.address), "name": row.contact.name} for row in rows]
    return {"follows": old.id, "recipients": len(rows), "people": listed, "rehearsal": True}


@verb(
    "resolve",
    help=Text(
        "받았는지 알 수 없는(확인 필요) 사람을 정리합니다.\n\n"
        "--confirm은 받은 것으로, --abandon은 못 받은 것으로 적습니다. --resend는 다시 보냅니다(두 번 받을 수 있음).",
        "Settle deliveries in doubt.\n\n"
        "--confirm records that it arrived, --abandon that it did not; --resend sends it again, which may make a double.",
    ),
    examples=("mailer resolve 17 --confirm kim@paper.example", "mailer resolve 17 --abandon --all"),
    json=True,
)
@dispatch_argument
@argument("addresses", nargs=-1, metavar="[ADDR]...", help=Text("정리할 사람의 주소", "Whose delivery to settle."))
@option("--confirm", "moves", flag_value="confirm", multiple=True, help=Text("받은 것으로 적습니다.", "It arrived."))
@option("--resend", "moves", flag_value="resend", multiple=True, help=Text("다시 보냅니다.", "Send it again."))
@option("--abandon", "moves", flag_value="abandon", multiple=True, help=Text("못 받은 것으로 적습니다.", "Give it up."))
@option("--all", "everyone", is_flag=True, help=Text("확인 필요한 사람 모두를 정리합니다.", "Everybody in doubt."))
def resolve(call: Call, dispatch: int, addresses: tuple[str, ...], moves: tuple[str, ...], everyone: bool) -> int:
    screen = call.screen
    move = _one_move(moves)
    if everyone == bool(addresses):
        words = Text(
            "주소를 적거나 --all을 쓰십시오. 둘 가운데 하나만 됩니다", "name addresses or use --all, one of the two"
        )
        raise click.UsageError(to_spoken(words))
    with opened(call, sends=True) as app:
        found = dispatch_of(app, dispatch)
        who, now = officer(), app.now()
        moved = settle(app.ledger, found, move, None if everyone else addresses, who=who, now=now)
        status = status_of(app.ledger, dispatch_of(app, dispatch), now)
        if screen.json_wanted:
            settled = [str(row.contact.address) for row in moved]
            screen.json({**send_record(status), "resolved": settled, "move": move.value})
        else:
            count, counts = people(len(moved)), counts_text(status.counts)
            screen.print(
                Text(
                    f"발송 {dispatch}: {count.ko}을 정리했습니다. {counts.ko}",
                    f"Dispatch {dispatch}: {count.en} settled. {counts.en}",
                )
            )
        if move is DeliveryMove.RESEND and moved and not app.ledger.workers_alive(practice=app.config.practice):
            screen.hint("mailer worker --until-idle", Text("다시 보내려면", "to send it again"))
        elif move is DeliveryMove.ABANDON and moved:
            screen.hint(
                f"mailer resend {dispatch} --failed", Text("새 발송으로 다시 보내려면", "to send it as a new dispatch")
            )
    return 0


def _one_move(moves: tuple[str, ...]) -> DeliveryMove:
    if len(set(moves)) != 1:
        words = Text(
            "--confirm, --resend, --abandon 가운데 하나를 고르십시오", "choose one of --confirm, --resend, --abandon"
        )
        raise click.UsageError(to_spoken(words))
    return DeliveryMove(moves[0])
