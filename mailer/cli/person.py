"""`mailer contacts why|history|forget`: one person. Why they get a letter, what they were sent, and their erasure.

Not here: lists as a whole (`lists.py`), who must not be mailed (`suppress.py`), the rules (`contacts/`, `desk/`).
"""

from __future__ import annotations

import click

from mailer import contacts as room
from mailer.cli.log import show_log
from mailer.cli.opening import audience_options, letter_argument, opened
from mailer.cli.output import Screen
from mailer.cli.spoken import to_spoken
from mailer.cli.verbs import Call, argument, option, verb
from mailer.contacts import parse_address, upkeep
from mailer.desk.report import log_lines, log_record
from mailer.dispatch import Address
from mailer.errors import UsageError
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
        found = log_lines(app.ledger, LogFilter(find=wanted.local), attempts=screen.json_wanted)
        lines = [line for line in found if line.row.delivery.contact.address.key == wanted.key]
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
        "이 사람을 모든 명단과 그 백업에서 지웁니다. 되돌릴 수 없습니다.\n\n"
        "발송 제외에 있으면 주소는 지우고 제외는 남깁니다. 발송 기록은 그대로 남습니다.",
        "Erase a person from every list and its backups, for good.\n\n"
        "A suppression stays in force without the readable address. The delivery log is kept.",
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
        files = sorted(
            path for path in (app.workspace.root / "recipients").glob("*") if path.suffix in (".csv", ".xlsx")
        )
        _agree(screen, wanted, len(files), yes=yes)
        gone = upkeep.forget(files, wanted)
        entry = app.suppressions().why(wanted)
        erased = entry is not None and entry.shown == str(wanted) and app.ledger.suppressed.erase(entry.digest)
        if screen.json_wanted:
            told = [{"file": str(one.path), "rows": list(one.removed), "by_hand": list(one.by_hand)} for one in gone]
            screen.json({"address": str(wanted), "files": told, "suppression_erased": erased})
            return 0
        for one in gone:
            rows, hand = ", ".join(map(str, one.removed)) or "-", ", ".join(map(str, one.by_hand))
            screen.print(Text(f"{one.path.name}: 지운 줄 {rows}", f"{one.path.name}: rows removed {rows}"))
            if hand:
                note = one.note or Text("", "")
                screen.print(Text(f"  직접 고칠 줄 {hand} {note.ko}", f"  by hand: {hand} {note.en}"), ink="warn")
        if not gone:
            screen.print(Text("어느 명단에도 없습니다.", "No list has this address."))
    return 0


def _agree(screen: Screen, wanted: Address, files: int, *, yes: bool) -> None:
    question = Text(
        f"{wanted}를 명단 {files}개와 백업에서 지웁니다", f"Erase {wanted} from {files} lists and their backups"
    )
    if yes:
        return
    if not screen.stdin.isatty():
        words = Text("확인받을 수 없습니다. --yes를 함께 적으세요.", "nobody can confirm; add --yes.")
        raise click.UsageError(to_spoken(words))
    click.confirm(to_spoken(question), abort=True, err=True)
