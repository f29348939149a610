"""`mailer suppress`: addresses and domains that must not be mailed. Asked again at the moment of sending.

Not here: the rule (`contacts/suppression.py`), storing it (`ledger/`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from mailer.app import App
from mailer.cli.exits import EXIT_STOPPED
from mailer.cli.opening import opened
from mailer.cli.tables import Column
from mailer.cli.verbs import Call, Group, argument, option, shared_options, verb
from mailer.contacts import Problem, Suppression, Suppressions
from mailer.contacts.reading import read_bytes
from mailer.desk.approval import officer
from mailer.desk.records import problem_record
from mailer.desk.report import iso
from mailer.errors import UsageError
from mailer.wording import Text

__all__ = ["suppress"]

SHOWN = 20

suppress = Group(
    "suppress",
    params=shared_options(json=True),
    text=Text("보내지 않을 주소와 도메인을 정합니다.", "Addresses and domains that must not be mailed."),
    examples=('mailer suppress add kim@paper.example --reason "opted out"',),
)

_target = argument(
    "targets",
    nargs=-1,
    required=True,
    metavar="ADDR|@DOMAIN...",
    help=Text("주소, 또는 @으로 시작하는 도메인", "Addresses, or domains that start with @."),
)
_reason = option(
    "--reason", required=True, metavar="TEXT", help=Text("이유: 발송 기록에 남습니다.", "Why; the log keeps it.")
)


@verb(
    "add",
    parent=suppress,
    help=Text("이 주소나 도메인에는 보내지 않습니다.", "Never mail this address or domain."),
    examples=(
        'mailer suppress add kim@paper.example --reason "opted out"',
        "mailer suppress add @paper.example --reason closed",
    ),
    json=True,
)
@_target
@_reason
def add(call: Call, targets: tuple[str, ...], reason: str) -> int:
    with opened(call) as app:
        known = app.suppressions()
        entries = [_entry(known, target, reason, app.now()) for target in targets]
        return _added(call, app, entries)


@verb(
    "import",
    parent=suppress,
    help=Text(
        "파일에 적힌 주소와 @도메인을 모두 발송 제외에 넣습니다.\n\n"
        "첫 열이나 이메일 열을 읽고, 사유 열이 있으면 그 이유를 적습니다. CSV와 엑셀(.xlsx)을 읽습니다.",
        "Suppress every address and @domain of a file.\n\n"
        "Reads the first column or the one named email, and the reason of each where there is such a column. CSV or Excel (.xlsx).",
    ),
    examples=('mailer suppress import optouts.csv --reason "opted out"',),
    json=True,
)
@argument("file", type=click.Path(path_type=Path), metavar="FILE", help=Text("가져올 파일", "The file to import."))
@_reason
def import_(call: Call, file: Path, reason: str) -> int:
    screen = call.screen
    with opened(call) as app:
        entries, problems = app.suppressions().parse(
            read_bytes(file), source=file.name, reason=reason, added_at=app.now(), added_by=officer()
        )
        for problem in problems[:SHOWN]:
            words, meant = problem.problem, f" -> {problem.suggestion}?" if problem.suggestion else ""
            place = f"{file.name}:{problem.row}: {problem.value}"
            screen.say(Text(f"{place}: {words.ko}{meant}", f"{place}: {words.en}{meant}"), ink="warn")
        if len(problems) > SHOWN:
            rest = len(problems) - SHOWN
            screen.say(Text(f"… {rest:,}줄 더", f"… {rest:,} more rows"), ink="dim")
        return _added(call, app, entries, problems)


def _entry(known: Suppressions, target: str, reason: str, now: datetime) -> Suppression:
    entry = known.entry(target, reason=reason, added_at=now, added_by=officer())
    if isinstance(entry, Problem):
        raise UsageError(
            Text(f"주소도 도메인도 아닙니다: {target}", f"neither an address nor a domain: {target}"),
            where="ADDR|@DOMAIN",
            remedy=entry.problem,
        )
    return entry


def _added(call: Call, app: App, entries: Sequence[Suppression], problems: Sequence[Problem] = ()) -> int:
    number = app.ledger.suppressed.add(entries)
    if call.screen.json_wanted:
        told: dict[str, object] = {"added": number, "known": len(entries) - number}
        bad = [problem_record(problem, call.screen.language) for problem in problems]
        call.screen.json({**told, "bad": bad} if bad else told)
    else:
        known = len(entries) - number
        call.screen.print(
            Text(
                f"발송 제외에 {number}개를 넣었습니다. 이미 있던 것 {known}개",
                f"{number} suppressed; {known} were already there",
            )
        )
    return EXIT_STOPPED if problems else 0


@verb(
    "remove",
    parent=suppress,
    help=Text("발송 제외에서 뺍니다.", "Allow an address or domain again."),
    examples=("mailer suppress remove kim@paper.example",),
    json=True,
)
@_target
def remove(call: Call, targets: tuple[str, ...]) -> int:
    with opened(call) as app:
        known = app.suppressions()
        entries = [_entry(known, target, "", app.now()) for target in targets]
        gone = [bool(app.ledger.suppressed.remove(entry.digest)) for entry in entries]
        if call.screen.json_wanted:
            call.screen.json({"removed": sum(gone), "unknown": gone.count(False)})
        else:
            for entry, done in zip(entries, gone, strict=True):
                what = Text("뺐습니다", "removed") if done else Text("발송 제외에 없습니다", "was not suppressed")
                call.screen.print(Text(f"{entry.shown}: {what.ko}", f"{entry.shown}: {what.en}"))
    return 0 if all(gone) else 1


@verb(
    "list",
    parent=suppress,
    help=Text("발송 제외를 모두 봅니다.", "Show everything that is suppressed."),
    examples=("mailer suppress list",),
    json=True,
)
def list_(call: Call) -> int:
    screen = call.screen
    with opened(call) as app:
        entries = app.suppressions().entries
        if screen.json_wanted:
            screen.json([_record(entry) for entry in entries])
            return 0
        if not entries:
            screen.say(Text("발송 제외에 든 주소가 없습니다.", "Nothing is suppressed."))
        zone = app.here().tzinfo
        erased = Text("(지운 주소)", "(erased)").to(screen.language)
        columns = [
            Column(title=Text("주소", "address")),
            Column(title=Text("이유", "reason")),
            Column(title=Text("날짜", "date"), rank=1),
            Column(title=Text("누가", "by"), rank=2),
        ]
        screen.table(
            columns,
            [
                [
                    entry.shown or f"{erased} {entry.digest[:12]}",
                    entry.reason,
                    f"{entry.added_at.astimezone(zone):%Y-%m-%d}",
                    entry.added_by,
                ]
                for entry in entries
            ],
        )
    return 0


def _record(entry: Suppression) -> dict[str, object]:
    return {
        "kind": entry.kind.value,
        "shown": entry.shown,
        "digest": entry.digest,
        "reason": entry.reason,
        "added_at": iso(entry.added_at),
        "added_by": entry.added_by,
    }
