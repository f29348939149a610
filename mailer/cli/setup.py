"""`mailer init` and `mailer config`: make a workspace, show and check its settings.

Not here: what the settings mean (`config/`), asking the mail server (`doctor.py`).
"""

from __future__ import annotations

import os
from pathlib import Path

import click

from mailer import workspace
from mailer.cli.summary import findings_line
from mailer.cli.tables import Cell, Column
from mailer.cli.verbs import Call, Group, argument, shared_options, verb
from mailer.config import check as review
from mailer.config import describe, read_config
from mailer.desk.records import finding_record
from mailer.wording import Text

__all__ = ["config", "init"]


@verb(
    "init",
    help=Text(
        "작업 폴더를 만듭니다: .env, templates/, recipients/, letters/, var/\n\n이미 있는 파일은 건드리지 않습니다.",
        "Make a workspace: .env, templates/, recipients/, letters/, var/.\n\nFiles that are there stay as they are.",
    ),
    examples=("mailer init press-office",),
    json=True,
)
@argument(
    "folder",
    type=click.Path(path_type=Path),
    required=False,
    metavar="[DIR]",
    help=Text("만들 폴더 (기본값: 지금 폴더)", "The folder (default: the current one)."),
)
def init(call: Call, folder: Path | None) -> int:
    screen = call.screen
    root = folder or call.workspace
    created = workspace.init(root)
    if screen.json_wanted:
        made, kept = ([path.as_posix() for path in paths] for paths in (created.made, created.kept))
        screen.json({"workspace": str(root.absolute()), "made": made, "kept": kept})
        return 0
    place = str(root)
    screen.print(
        Text(
            f"작업 폴더 {place}: 새로 만든 파일 {len(created.made)}개, 그대로 둔 파일 {len(created.kept)}개",
            f"Workspace {place}: {len(created.made)} files made, {len(created.kept)} left as they were",
        )
    )
    inside = "" if root.absolute() == Path.cwd() else f"cd {place} && "
    screen.hint(f"{inside}mailer check sample", Text("견본 원고 점검", "check the sample letter"))
    screen.hint(f"{place}/.env", Text("메일 서버와 보내는 사람은 여기에", "mail server and sender go here"))
    return 0


config = Group(
    "config",
    params=shared_options(json=True),
    text=Text("설정을 보고 확인합니다.", "Show and check the settings."),
    examples=("mailer config show", "mailer config check"),
)


@verb(
    "show",
    parent=config,
    help=Text(
        "지금 쓰이는 설정과 그 출처. 비밀번호는 가립니다.",
        "The settings in force and their sources; secrets are masked.",
    ),
    examples=("mailer config show",),
    json=True,
)
def show(call: Call) -> int:
    screen = call.screen
    rows = describe(read_config(call.workspace, os.environ, call.flags))
    if screen.json_wanted:
        told = {row.key: {"value": row.value, "source": row.source.to(screen.language)} for row in rows}
        screen.json(told)
        return 0
    columns = [
        Column(title=Text("설정", "setting")),
        Column(title=Text("값", "value")),
        Column(title=Text("출처", "source"), rank=1),
        Column(title=Text("뜻", "meaning"), rank=2),
    ]
    to = screen.language
    screen.table(columns, [[row.key, Cell(row.value, "bold"), row.source.to(to), row.meaning.to(to)] for row in rows])
    return 0


@verb(
    "check",
    parent=config,
    help=Text(
        "설정을 점검합니다. 서버에 물어보는 것은 mailer doctor입니다.",
        "Check the settings; mailer doctor asks the server.",
    ),
    examples=("mailer config check",),
    json=True,
)
def check(call: Call) -> int:
    screen = call.screen
    findings = review(read_config(call.workspace, os.environ, call.flags))
    if screen.json_wanted:
        screen.json({"findings": [finding_record(finding, screen.language) for finding in findings]})
    else:
        screen.findings(findings)
        screen.gap()
        screen.print(findings_line(findings))
        screen.hint("mailer doctor", Text("서버까지 확인", "ask the server, too"))
    return 0
