"""`mailer contacts why|history|forget`: one person. Why they get a letter, what they were sent, and their erasure.

Not here: lists as a whole (`lists.py`), who must not be mailed (`suppress.py`), the rules (`contacts/`, `desk/`).
"""

from __future__ import annotations

import click

from mailer import contacts as room
from mailer.app import App
from mailer.cli.log import show_log
from mailer.cli.opening import audience_options, letter_argument, opened
from mailer.cli.output import Screen
from mailer.cli.spoken import to_spoken
from mailer.cli.verbs import Call, argument, option, verb
from mailer.contacts import parse_address
from mailer.desk.forgetting import Erased, list_files
from mailer.desk.forgetting import forget as erase
from mailer.desk.report import log_lines, log_record
from mailer.dispatch import Address
from mailer.errors import StoppedByCheck, UsageError
from mailer.ledger import LogFilter
from mailer.wording import Text

__all__ = ["forget", "history", "why"]

_address_argument = argument("address", metavar="ADDR", help=Text("메일 주소", "The address."))


@verb(
    "why",
    help=Text("이 사람이 왜 받는지, 왜 받지 않는지 설명합니다.", "Explain why a person gets a letter, or why not."),
    examples=("mailer contacts why kim@paper.example statement -l press-domestic",),
    json=True,
)
@_address_argument
@letter_argument
@audience_options(required=True)
def why(call: Call, address: str, letter: str, lists: tuple[str, ...], exclude: tuple[str, ...], where: str) -> int:
    screen = call.screen
    with opened(call) as app:
        sources = app.sources(letter, lists, exclude=exclude, where=where)
        told = room.why(
            address,
            [room.read(path) for path in sources.lists],
            exclude=[room.read(path) for path in sources.exclude],
            where=room.parse_filter(where) if where else None,
            suppressions=app.suppressions(),
        )
        if screen.json_wanted:
            reasons = [reason.to(screen.language) for reason in told.reasons]
            screen.json(
                {"address": told.address, "receives": told.receives, "reasons": reasons, "alike": list(told.alike)}
            )
        else:
            verdict = Text("받습니다", "gets it") if told.receives else Text("받지 않습니다", "does not get it")
            screen.print(Text(f"{told.address}: {verdict.ko}", f"{told.address} {verdict.en}"), ink="bold")
            screen.print(*(f"  {reason.to(screen.language)}" for reason in told.reasons))
            if told.alike:
                names = ", ".join(told.alike)
                screen.print(Text(f"  비슷한 주소: {names}", f"  similar: {names}"))
    return 0


@verb(
    "history",
    help=Text("이 사람에게 그동안 보낸 것을 봅니다.", "Everything this person was sent."),
    examples=("mailer contacts history kim@paper.example",),
    json=True,
)
@_address_argument
def history(call: Call, address: str) -> int:
    screen = call.screen
    wanted = _address(address)
    with opened(call) as app:
        keys = app.ledger.forgetting.keys(wanted.key)
        lines = log_lines(app.ledger, LogFilter(keys=keys), attempts=screen.json_wanted)
        if screen.json_wanted:
            screen.json([log_record(line, screen.language, attempts=True) for line in lines])
        elif lines:
            show_log(screen, app, lines)
        else:
            screen.say(Text(f"{wanted}에게 보낸 것이 없습니다.", f"Nothing was sent to {wanted}."))
    return 0


def _address(typed: str) -> Address:
    found = parse_address(typed, check_slips=False)
    if isinstance(found, Address):
        return found
    raise UsageError(
        Text(f"메일 주소가 아닙니다: {typed}", f"not an e-mail address: {typed}"), where="ADDR", remedy=found.problem
    )


@verb(
    "forget",
    help=Text(
        "이 사람을 지웁니다. 되돌릴 수 없습니다.\n\n"
        "명단과 그 백업, 미리보기, 내보낸 기록, 연습 받은편지함에서 지우고, 발송 기록에서는 이름과 주소를 가립니다. "
        "보낸 사실은 남습니다. 발송 제외에 있으면 주소는 지우고 제외는 남깁니다. 직접 지울 것이 있으면 알려 줍니다.",
        "Erase a person, for good.\n\n"
        "They go from lists and backups, previews, exports and the practice inbox; in the log their name and address are masked, "
        "and the fact that something was sent is kept. A suppression stays in force without the readable address. "
        "What you have to erase by hand is named.",
    ),
    examples=("mailer contacts forget kim@paper.example --yes",),
    json=True,
)
@_address_argument
@option("--yes", "-y", is_flag=True, help=Text("묻지 않습니다.", "Do not ask."))
def forget(call: Call, address: str, yes: bool) -> int:
    screen = call.screen
    wanted = _address(address)
    with opened(call) as app:
        root = app.workspace.root
        app.ledger.forgetting.require_closed(wanted)
        _agree(screen, wanted, len(list_files(root)), yes=yes)
        gone = erase(wanted, root=root, inbox=app.workspace.inbox, ledger=app.ledger)
        if screen.json_wanted:
            screen.json(_erased_record(wanted, gone))
        else:
            _show_erased(screen, app, wanted, gone)
    return 0


def _erased_record(wanted: Address, gone: Erased) -> dict[str, object]:
    return {
        "address": str(wanted),
        "files": [
            {"file": str(one.path), "rows": list(one.removed), "by_hand": list(one.by_hand)} for one in gone.rows
        ],
        "removed": [str(path) for path in gone.removed],
        "deliveries": gone.deliveries,
        "left_out": gone.left_out,
        "tester": gone.tester,
        "suppression_erased": gone.suppressed,
        "left": [str(path) for path in gone.left],
        "drafts": list(gone.drafts),
    }


def _show_erased(screen: Screen, app: App, wanted: Address, gone: Erased) -> None:
    for one in gone.rows:
        place, hand = app.shown(one.path), ", ".join(map(str, one.by_hand))
        if one.removed:
            rows, plural = ", ".join(map(str, one.removed)), "s" * (len(one.removed) > 1)
            screen.print(Text(f"{place}: {rows}행을 지웠습니다.", f"{place}: row{plural} {rows} deleted."))
        if one.note is not None:
            note = one.note
            screen.print(
                Text(
                    f"{place}: {hand + '행: ' if hand else ''}{note.ko}",
                    f"{place}: {hand and f'row {hand}: '}{note.en}",
                ),
                ink="warn",
            )
    if gone.removed:
        count = len(gone.removed)
        screen.print(
            Text(f"미리보기와 연습 메일 {count}개를 지웠습니다.", f"{count} previews and practice mails deleted."),
        )
    if gone.deliveries or gone.left_out:
        count = gone.deliveries + gone.left_out
        screen.print(
            Text(
                f"발송 기록 {count}줄에서 이름과 주소를 가렸습니다.",
                f"Name and address masked in {count} rows of the log.",
            )
        )
    if gone.tester:
        screen.print(
            Text("시험 메일 받을 사람 목록에서 지웠습니다.", "Removed from those who get test copies."),
        )
    if gone.suppressed:
        screen.print(
            Text("발송 제외는 주소 없이 그대로 남습니다.", "The suppression stays in force without the address.")
        )
    for path in gone.left:
        screen.print(
            Text(
                f"{app.shown(path)}: 주소가 적혀 있습니다. 직접 지우십시오.",
                f"{app.shown(path)} mentions it; mend it by hand.",
            ),
            ink="warn",
        )
    for title in gone.drafts:
        screen.print(
            Text(f"작성 중인 원고에 주소가 적혀 있습니다: {title}", f"a draft mentions the address: {title}"),
            ink="warn",
        )
    if gone.nothing_found:
        screen.print(Text("어디에도 없습니다.", "It is nowhere."))
    if not gone.suppressed:
        again = Text("다시 가져오면 또 들어옵니다. 막으려면", "an import would bring them back; to keep mail away")
        screen.hint(f'mailer suppress add {wanted} --reason "..."', again)


def _agree(screen: Screen, wanted: Address, files: int, *, yes: bool) -> None:
    question = Text(
        f"{wanted}: 파일 {files}개와 발송 기록, 미리보기, 연습 받은편지함에서 지웁니다. 되돌릴 수 없습니다. 지우시겠습니까?",
        f"Erase {wanted} from {files} files, the log, previews and the practice inbox, for good?",
    )
    if yes:
        return
    if not screen.stdin.isatty():
        words = Text("확인받을 수 없습니다. --yes를 함께 적으십시오", "nobody can confirm; add --yes")
        raise click.UsageError(to_spoken(words))
    if not click.confirm(to_spoken(question), err=True):
        raise StoppedByCheck(Text("아무것도 지우지 않았습니다", "nothing was erased"))
