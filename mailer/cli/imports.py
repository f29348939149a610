"""`mailer contacts import`: bring a file into a list, after showing what that would change.

Not here: reading and planning (`contacts/`), looking at lists (`lists.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from mailer.app import App
from mailer.cli.facts import show_facts
from mailer.cli.lists import (
    SHOWN,
    dns_option,
    encoding_option,
    read_as,
    sheet_option,
    show_domains,
    show_kinds,
    show_near,
    show_people,
    show_problems,
    unreachable_domains,
)
from mailer.cli.opening import opened
from mailer.cli.output import Screen
from mailer.cli.summary import more
from mailer.cli.tables import Column
from mailer.cli.verbs import Call, argument, option, verb
from mailer.contacts import ContactList, read, upkeep
from mailer.contacts.upkeep import ImportPlan
from mailer.desk.records import contact_record, list_record, problem_record
from mailer.errors import UsageError
from mailer.wording import Text

__all__ = ["import_"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Where things were written; None for what was not."""

    goal: Path
    backup: Path | None = None
    bad: Path | None = None
    old_bad: Path | None = None


@verb(
    "import",
    help=Text(
        "파일을 명단에 가져옵니다. CSV, 엑셀(.xlsx), 한국어 인코딩을 그대로 읽습니다.\n\n"
        "원래 파일은 바꾸지 않습니다. 쓸 수 없는 줄은 고칠 수 있게 따로 저장합니다.",
        "Bring a file into a list: CSV or Excel (.xlsx), in any Korean encoding.\n\n"
        "The file itself is never changed. Rows that cannot be used are written out for correction.",
    ),
    examples=("mailer contacts import press.xlsx --list press-domestic --dry-run",),
    json=True,
)
@argument("file", type=click.Path(path_type=Path), metavar="FILE", help=Text("가져올 파일", "The file to import."))
@option("--list", "-l", "name", required=True, metavar="NAME", help=Text("가져올 명단의 이름", "Name of the list."))
@encoding_option
@sheet_option
@option("--source", default="", metavar="TEXT", help=Text("주소를 어디서 얻었는지", "Where the addresses come from."))
@dns_option
@option("--dry-run", is_flag=True, help=Text("무엇이 바뀔지 보기만 합니다.", "Only show what would change."))
def import_(
    call: Call, file: Path, name: str, encoding: str, sheet: str | None, source: str, dns: bool, dry_run: bool
) -> int:
    screen = call.screen
    with opened(call) as app:
        goal = _list_file(app, name)
        new = read(file, name=goal.stem, encoding=encoding, sheet=sheet)
        old = read(goal, name=goal.stem) if goal.is_file() else None
        today = app.here().date().isoformat()
        plan = upkeep.plan_import(old, new, source_note=source, added=today)
        dead, unknown = unreachable_domains(screen, new) if dns else ({}, ())
        done = Outcome(goal=goal) if dry_run else _write(app, goal, old, new, plan, file=file, source=source)
        if screen.json_wanted:
            record = _import_record(screen, new, plan, done, dry_run=dry_run)
            screen.json({**record, "dead_domains": dead, "unknown_domains": unknown} if dns else record)
        else:
            _show_plan(screen, new, plan)
            show_domains(screen, dead, unknown)
            _say_written(screen, app, plan, done, dry_run=dry_run)
    return 0


def _list_file(app: App, name: str) -> Path:
    if not name or name != Path(name).name or name.startswith("."):
        raise UsageError(
            Text(f"명단 이름으로 쓸 수 없습니다: {name}", f"this cannot be the name of a list: {name}"),
            where="--list",
            remedy=Text("폴더 없이 이름만 적으십시오", "give a bare name, without a folder"),
        )
    return app.workspace.root / "recipients" / f"{name.removesuffix('.csv')}.csv"


def _write(
    app: App, goal: Path, old: ContactList | None, new: ContactList, plan: ImportPlan, *, file: Path, source: str
) -> Outcome:
    goal.parent.mkdir(parents=True, exist_ok=True)
    language, var = app.config.language, app.workspace.ensure_var()
    backup = old_bad = None
    if not plan.changes_nothing:
        if old is not None and plan.kept_bad:
            old_bad = var / f"{goal.stem}.old-bad.csv"
            upkeep.write_bad_rows(old_bad, old, language=language)
        expected = old.sha256 if old is not None else ""
        backup = upkeep.write_list(goal, plan.result, now=app.here(), expect_sha256=expected).backup
    # corrected rows come in again from such a file, which is the officer's own by then
    names = (f"{goal.stem}.bad{number}.csv" for number in ("", 2))
    bad = next(path for name in names if (path := var / name).resolve() != file.resolve())
    has_bad = upkeep.write_bad_rows(bad, new, source_note=source, language=language)
    return Outcome(goal=goal, backup=backup, bad=bad if has_bad else None, old_bad=old_bad)


def _show_plan(screen: Screen, new: ContactList, plan: ImportPlan) -> None:
    screen.print(read_as(new))
    show_kinds(screen, new)
    screen.gap()
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
        screen.gap()
        screen.print(Text("새 사람", "New"))
        show_people(screen, plan.new)
    if plan.changed:
        screen.gap()
        screen.print(Text("바뀐 사람", "Changed"))
        _show_changes(screen, plan)
    show_problems(screen, new.problems)
    show_near(screen, new)


def _show_changes(screen: Screen, plan: ImportPlan) -> None:
    screen.table(
        [
            Column(title=Text("줄", "row"), right=True),
            Column(title=Text("주소", "address"), room=40),
            Column(title=Text("열", "column")),
            Column(title=Text("지금", "now"), rank=1),
            Column(title=Text("새로", "new")),
        ],
        [
            [str(change.row), str(change.after.address), one.column, one.before or "-", one.after or "-"]
            for change in plan.changed[:SHOWN]
            for one in change.fields
        ],
    )
    more(screen, len(plan.changed) - SHOWN)


def _say_written(screen: Screen, app: App, plan: ImportPlan, done: Outcome, *, dry_run: bool) -> None:
    screen.gap()
    if dry_run:
        screen.print(
            Text("미리보기였습니다. 아무것도 저장하지 않았습니다.", "This was a rehearsal. Nothing was written.")
        )
        return
    place = app.shown(done.goal)
    if plan.changes_nothing:
        screen.print(
            Text(f"바뀐 것이 없습니다. 명단은 그대로입니다: {place}", f"Nothing changes; left as it was: {place}")
        )
    else:
        screen.print(Text(f"저장했습니다: {place}", f"Written: {place}"))
    if done.backup is not None:
        screen.hint(app.shown(done.backup), Text("바뀌기 전 명단", "the list as it was"))
    if done.bad is not None:
        screen.hint(app.shown(done.bad), Text("고쳐서 다시 가져올 줄", "rows to correct and import again"))
    if done.old_bad is not None:
        kept = Text("예전 명단에서 읽을 수 없어 옮겨 둔 줄", "unreadable rows of the old list, kept")
        screen.hint(app.shown(done.old_bad), kept)


def _import_record(
    screen: Screen, new: ContactList, plan: ImportPlan, done: Outcome, *, dry_run: bool
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
        "written": None if dry_run else str(done.goal),
        "backup": _path(done.backup),
        "bad_rows": _path(done.bad),
        "old_bad_rows": _path(done.old_bad),
    }


def _path(path: Path | None) -> str | None:
    return str(path) if path else None
