"""`mailer contacts`: import lists, look at them, find out why a person is in a send, forget somebody.

Not here: who must not be mailed (`suppress.py`), reading and writing lists (`contacts/`).
"""

from __future__ import annotations

from pathlib import Path

import click

from mailer import contacts as room
from mailer.app import App
from mailer.cli.facts import people, show_facts
from mailer.cli.log import show_log
from mailer.cli.opening import audience_options, letter_argument, opened
from mailer.cli.output import Screen
from mailer.cli.spoken import to_spoken
from mailer.cli.summary import more, name_of
from mailer.cli.tables import Cell, Column
from mailer.cli.verbs import Call, Group, argument, option, shared_options, verb
from mailer.contacts import ContactList, Problem, parse_address, upkeep
from mailer.contacts.upkeep import ImportPlan
from mailer.desk.records import contact_record, list_record, problem_record
from mailer.desk.report import log_lines, log_record
from mailer.dispatch import Address, Contact
from mailer.errors import UsageError
from mailer.findings import Level
from mailer.ledger import LogFilter
from mailer.wording import Text

__all__ = ["contacts"]

EXIT_STOPPED = 4
SHOWN = 20

contacts = Group(
    "contacts",
    params=shared_options(json=True),
    text=Text("명단을 들이고, 살피고, 지웁니다.", "Import lists, look at them, forget people."),
    examples=("mailer contacts import press.xlsx --list press-domestic --dry-run",),
)

_list_argument = argument("name", metavar="LIST", help=Text("명단의 이름이나 경로", "A list: a name or a path."))
_address_argument = argument("address", metavar="ADDR", help=Text("메일 주소", "The address."))
_encoding_option = option(
    "--encoding",
    default="auto",
    metavar="NAME",
    help=Text("파일의 인코딩. 보통은 알아서 찾습니다.", "Encoding of the file; found by itself as a rule."),
)


@verb(
    "import",
    parent=contacts,
    help=Text(
        "파일을 명단에 들입니다. CSV, 엑셀(.xlsx), 한국어 인코딩을 그대로 읽습니다.\n\n"
        "원래 파일은 바꾸지 않습니다. 쓸 수 없는 줄은 고칠 수 있게 따로 적어 둡니다.",
        "Bring a file into a list: CSV or Excel (.xlsx), in any Korean encoding.\n\n"
        "The file itself is never changed. Rows that cannot be used are written out for correction.",
    ),
    examples=("mailer contacts import press.xlsx --list press-domestic --dry-run",),
    json=True,
)
@argument("file", type=click.Path(path_type=Path), metavar="FILE", help=Text("들일 파일", "The file to import."))
@option("--list", "-l", "name", required=True, metavar="NAME", help=Text("들일 명단의 이름", "Name of the list."))
@_encoding_option
@option("--sheet", metavar="NAME", help=Text("엑셀 시트", "Sheet of a workbook."))
@option("--source", default="", metavar="TEXT", help=Text("주소를 어디서 얻었는지", "Where the addresses come from."))
@option("--dry-run", is_flag=True, help=Text("무엇이 바뀔지 보기만 합니다.", "Only show what would change."))
def import_(call: Call, file: Path, name: str, encoding: str, sheet: str | None, source: str, dry_run: bool) -> int:
    screen = call.screen
    with opened(call) as app:
        goal = _list_file(app, name)
        new = room.read(file, name=goal.stem, encoding=encoding, sheet=sheet)
        old = room.read(goal, name=goal.stem) if goal.is_file() else None
        today = app.now().astimezone().date().isoformat()
        plan = upkeep.plan_import(old, new, source_note=source, added=today)
        bad = _write(app, goal, old, new, plan) if not dry_run else None
        if screen.json_wanted:
            screen.json(_import_record(screen, new, plan, written=None if dry_run else goal, bad=bad))
        else:
            _show_plan(screen, new, plan)
            _say_written(screen, app, goal, bad, dry_run=dry_run, nothing=plan.changes_nothing)
    return 0


def _list_file(app: App, name: str) -> Path:
    if not name or name != Path(name).name or name.startswith("."):
        raise UsageError(
            Text(f"명단 이름으로 쓸 수 없습니다: {name}", f"this cannot be the name of a list: {name}"),
            where="--list",
            remedy=Text("폴더 없이 이름만 적으세요", "give a bare name, without a folder"),
        )
    return app.workspace.root / "recipients" / f"{name.removesuffix('.csv')}.csv"


def _write(app: App, goal: Path, old: ContactList | None, new: ContactList, plan: ImportPlan) -> Path | None:
    """Write list and bad rows; returns where the bad rows are."""
    goal.parent.mkdir(parents=True, exist_ok=True)
    language = app.config.language
    if old is not None and plan.kept_bad:
        upkeep.write_bad_rows(goal.with_name(f"{goal.stem}.old-bad.csv"), old, language=language)
    if not plan.changes_nothing:
        expected = old.sha256 if old is not None else ""
        upkeep.write_list(goal, plan.result, now=app.now().astimezone(), expect_sha256=expected)
    bad = app.workspace.ensure_var() / f"{goal.stem}.bad.csv"
    return bad if upkeep.write_bad_rows(bad, new, language=language) else None


def _show_plan(screen: Screen, new: ContactList, plan: ImportPlan) -> None:
    screen.print(_read_as(new))
    show_facts(
        screen,
        [
            (Text("새 사람", "New"), str(len(plan.new))),
            (Text("바뀐 사람", "Changed"), str(len(plan.changed))),
            (Text("그대로", "Same"), str(len(plan.same))),
            (Text("중복", "Duplicate"), str(len(plan.duplicates))),
            (Text("쓸 수 없음", "Unusable"), str(len(plan.bad))),
        ],
    )
    if plan.new:
        screen.print("", Text("새 사람", "New"))
        _show_people(screen, plan.new)
    for change in plan.changed[:SHOWN]:
        told = ", ".join(f"{one.column}: {one.before or '-'} -> {one.after or '-'}" for one in change.fields)
        screen.print(f"{new.source}:{change.row}  {change.after.address}  {told}")
    _show_problems(screen, (*plan.bad, *plan.duplicates))


def _say_written(screen: Screen, app: App, goal: Path, bad: Path | None, *, dry_run: bool, nothing: bool) -> None:
    if dry_run:
        screen.print(
            "", Text("연습이었습니다. 아무것도 쓰지 않았습니다.", "This was a rehearsal. Nothing was written.")
        )
        return
    place = app.shown(goal)
    if nothing:
        screen.print(
            "", Text(f"바뀐 것이 없어 {place}을 그대로 두었습니다.", f"Nothing changes; {place} was left as it is.")
        )
    else:
        screen.print("", Text(f"적었습니다: {place}", f"Written: {place}"))
    if bad is not None:
        screen.hint(app.shown(bad), Text("고쳐서 다시 들일 줄", "rows to correct and import again"))


def _import_record(
    screen: Screen, new: ContactList, plan: ImportPlan, *, written: Path | None, bad: Path | None
) -> dict[str, object]:
    return {
        **list_record(new, screen.language),
        "new": [contact_record(one) for one in plan.new],
        "changed": [
            {
                "row": one.row,
                "address": str(one.after.address),
                "fields": [{"column": f.column, "before": f.before, "after": f.after} for f in one.fields],
            }
            for one in plan.changed
        ],
        "same": len(plan.same),
        "duplicates": [problem_record(one, screen.language) for one in plan.duplicates],
        "bad": [problem_record(one, screen.language) for one in plan.bad],
        "written": str(written) if written else None,
        "bad_rows": str(bad) if bad else None,
    }


@verb(
    "check",
    parent=contacts,
    help=Text(
        "명단에서 쓸 수 없는 줄을 찾습니다. 있으면 4로 끝납니다.", "Find rows that cannot be used; ends with 4 if any."
    ),
    examples=("mailer contacts check press-domestic",),
    json=True,
)
@_list_argument
@_encoding_option
@option(
    "--dns",
    is_flag=True,
    help=Text("도메인이 메일을 받는지 물어봅니다 (인터넷).", "Ask the DNS whether domains take mail."),
)
def check(call: Call, name: str, encoding: str, dns: bool) -> int:
    screen = call.screen
    with opened(call) as app:
        found = room.read(app.workspace.find_list(name), encoding=encoding)
        dead = _dead_domains(found) if dns else {}
        if screen.json_wanted:
            record = list_record(found, screen.language)
            screen.json({**record, "dead_domains": dead} if dns else record)
        else:
            screen.print(_read_as(found))
            _show_problems(screen, found.problems)
            for domain, why in dead.items():
                screen.print(f"{domain}: {why}", ink="bad")
            if not found.problems and not dead:
                screen.print(Text("모든 줄을 쓸 수 있습니다.", "Every row can be used."), ink="good")
    return EXIT_STOPPED if dead or any(one.level is Level.ERROR for one in found.problems) else 0


def _dead_domains(found: ContactList) -> dict[str, str]:
    from mailer.contacts.mx import MxVerdict

    domains = sorted({one.address.key.rpartition("@")[2] for one in found.contacts})
    bad = (MxVerdict.NO_DOMAIN, MxVerdict.NO_MAIL)
    answers = upkeep.check_mx(domains)
    return {domain: to_spoken(host.text) for domain, host in answers.items() if host.verdict in bad}


@verb(
    "show",
    parent=contacts,
    help=Text("명단에 있는 사람을 봅니다.", "Show the people of a list."),
    examples=("mailer contacts show press-domestic",),
    json=True,
)
@_list_argument
@option("--limit", "-n", type=click.IntRange(min=1), metavar="N", help=Text("N명까지만", "At most N people."))
def show(call: Call, name: str, limit: int | None) -> int:
    screen = call.screen
    with opened(call) as app:
        found = room.read(app.workspace.find_list(name))
        if screen.json_wanted:
            screen.json(list_record(found, screen.language, people=True))
        else:
            screen.print(_read_as(found))
            _show_people(screen, found.contacts, limit=limit or len(found.contacts))
    return 0


def _read_as(found: ContactList) -> Text:
    count = people(len(found.contacts))
    sheet = f", {found.sheet}" if found.sheet else ""
    return Text(
        f"{found.source} ({found.encoding}{sheet}): {found.rows}줄, {count.ko}",
        f"{found.source} ({found.encoding}{sheet}): {found.rows} rows, {count.en}",
    )


def _show_people(screen: Screen, found: tuple[Contact, ...], *, limit: int = SHOWN) -> None:
    columns = [
        Column(title=Text("이름", "name"), rank=1),
        Column(title=Text("매체", "outlet")),
        Column(title=Text("주소", "address"), room=40),
        Column(title=Text("언어", "lang"), rank=2),
        Column(title=Text("태그", "tags"), rank=3),
    ]
    screen.table(
        columns,
        [[name_of(one), one.outlet, str(one.address), one.language, ", ".join(one.tags)] for one in found[:limit]],
    )
    more(screen, len(found) - limit)


def _show_problems(screen: Screen, problems: tuple[Problem, ...]) -> None:
    if not problems:
        return
    columns = [
        Column(title=Text("줄", "row"), right=True),
        Column(title=Text("값", "value")),
        Column(title=Text("문제", "problem"), room=26),
        Column(title=Text("혹시", "perhaps"), rank=1),
    ]
    screen.print("")
    screen.table(
        columns,
        [
            [
                str(one.row),
                one.value,
                Cell(one.problem.to(screen.language), "bad" if one.level is Level.ERROR else "warn"),
                one.suggestion or "",
            ]
            for one in problems
        ],
    )


@verb(
    "why",
    parent=contacts,
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
    parent=contacts,
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
    parent=contacts,
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
