"""`mailer contacts`: the group, and looking at lists: check, show.

Not here: bringing files in (`imports.py`), one person (`person.py`), who must not be mailed (`suppress.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import click

from mailer.cli.exits import EXIT_STOPPED
from mailer.cli.facts import people, show_facts
from mailer.cli.opening import opened
from mailer.cli.output import Screen
from mailer.cli.spoken import to_spoken
from mailer.cli.summary import more, name_of
from mailer.cli.tables import Cell, Column
from mailer.cli.verbs import Call, Entry, Group, Section, argument, option, shared_options, verb
from mailer.cli.wide import clean
from mailer.contacts import ContactList, Problem, merge, read, upkeep
from mailer.contacts.addresses import Kind, kind
from mailer.desk.records import list_record
from mailer.dispatch import Contact
from mailer.findings import Level
from mailer.wording import Text

__all__ = [
    "contacts",
    "dns_option",
    "encoding_option",
    "read_as",
    "sheet_option",
    "show_domains",
    "show_kinds",
    "show_near",
    "show_people",
    "show_problems",
    "unreachable_domains",
]

SHOWN = 20
NAMED = 5

contacts = Group(
    "contacts",
    params=shared_options(json=True),
    text=Text("명단을 가져오고, 살피고, 지웁니다.", "Import lists, look at them, forget people."),
    examples=("mailer contacts import press.xlsx --list press-domestic --dry-run",),
    sections=(
        Section(
            title=Text("명단", "Lists"),
            verbs={
                "import": Entry(
                    "mailer.cli.imports:import_", Text("파일을 명단에 가져옵니다", "Bring a file into a list")
                ),
                "check": Entry(
                    "mailer.cli.lists:check", Text("쓸 수 없는 줄을 찾습니다", "Find rows that cannot be used")
                ),
                "show": Entry("mailer.cli.lists:show", Text("명단에 있는 사람을 봅니다", "The people of a list")),
            },
        ),
        Section(
            title=Text("한 사람", "One person"),
            verbs={
                "why": Entry("mailer.cli.person:why", Text("왜 받는지, 왜 안 받는지", "Why they get a letter, or not")),
                "history": Entry("mailer.cli.person:history", Text("그동안 보낸 것", "Everything they were sent")),
                "forget": Entry("mailer.cli.person:forget", Text("이 사람을 지웁니다", "Erase the person")),
            },
        ),
    ),
)

_list_argument = argument("name", metavar="LIST", help=Text("명단의 이름이나 경로", "A list: a name or a path."))
encoding_option = option(
    "--encoding",
    default="auto",
    metavar="NAME",
    help=Text("파일의 인코딩. 보통은 알아서 찾습니다.", "Encoding of the file; found by itself as a rule."),
)
sheet_option = option("--sheet", metavar="NAME", help=Text("엑셀 시트", "Sheet of a workbook."))
dns_option = option(
    "--dns",
    is_flag=True,
    help=Text("도메인이 메일을 받는지 물어봅니다 (인터넷).", "Ask the DNS whether domains take mail."),
)


@verb(
    "check",
    help=Text(
        "명단에서 쓸 수 없는 줄을 찾습니다. 있으면 4로 끝납니다.\n\n"
        "어떤 인코딩으로 읽었는지, 공용 사서함과 개인 메일이 어느 것인지도 알려 줍니다.",
        "Find rows that cannot be used; ends with 4 if any.\n\n"
        "Also says which encoding was taken, and which addresses are shared mailboxes or private accounts.",
    ),
    examples=("mailer contacts check press-domestic",),
    json=True,
)
@_list_argument
@encoding_option
@sheet_option
@dns_option
def check(call: Call, name: str, encoding: str, sheet: str | None, dns: bool) -> int:
    screen = call.screen
    with opened(call) as app:
        found = read(app.workspace.find_list(name), encoding=encoding, sheet=sheet)
        dead, unknown = unreachable_domains(screen, found) if dns else ({}, ())
        if screen.json_wanted:
            record = list_record(found, screen.language)
            screen.json({**record, "dead_domains": dead, "unknown_domains": unknown} if dns else record)
        else:
            screen.print(read_as(found))
            show_kinds(screen, found)
            show_problems(screen, found.problems)
            show_near(screen, found)
            show_domains(screen, dead, unknown)
            if not found.problems and not dead:
                screen.gap()
                screen.print(Text("모든 줄을 쓸 수 있습니다.", "Every row can be used."), ink="good")
    return EXIT_STOPPED if dead or any(one.level is Level.ERROR for one in found.problems) else 0


@verb(
    "show",
    help=Text("명단에 있는 사람을 봅니다.", "Show the people of a list."),
    examples=("mailer contacts show press-domestic",),
    json=True,
)
@_list_argument
@encoding_option
@sheet_option
@option("--limit", "-n", type=click.IntRange(min=1), metavar="N", help=Text("N명까지만", "At most N people."))
def show(call: Call, name: str, encoding: str, sheet: str | None, limit: int | None) -> int:
    screen = call.screen
    with opened(call) as app:
        found = read(app.workspace.find_list(name), encoding=encoding, sheet=sheet)
        if screen.json_wanted:
            screen.json(list_record(found, screen.language, people=True))
        else:
            screen.print(read_as(found))
            show_people(screen, found.contacts, limit=limit or len(found.contacts))
    return 0


def read_as(found: ContactList) -> Text:
    """The file, how it was read, and how many people it has."""
    count = people(len(found.contacts))
    sheet = f", {found.sheet}" if found.sheet else ""
    head = clean(f"{found.source} ({found.encoding}{sheet})")
    plural = "" if found.rows == 1 else "s"
    return Text(f"{head}: {found.rows:,}줄, {count.ko}", f"{head}: {found.rows:,} row{plural}, {count.en}")


_KINDS = {
    Kind.WORK: Text("업무 주소", "Work addresses"),
    Kind.ROLE: Text("공용 사서함", "Shared mailboxes"),
    Kind.PERSONAL: Text("개인 메일", "Private accounts"),
}


def show_kinds(screen: Screen, found: ContactList) -> None:
    """How many addresses belong to a person at work, to a desk, and to nobody's office; the odd ones by name."""
    sorted_out: dict[Kind, list[str]] = {one: [] for one in _KINDS}
    for contact in found.contacts:
        sorted_out[kind(contact.address)].append(str(contact.address))
    facts = []
    for one, title in _KINDS.items():
        names = sorted_out[one]
        told = str(len(names))
        if one is not Kind.WORK and names:
            rest = len(names) - NAMED
            told += f"  {', '.join(names[:NAMED])}" + (f" … +{rest}" if rest > 0 else "")
        facts.append((title, told))
    show_facts(screen, facts)


def show_people(screen: Screen, found: Sequence[Contact], *, limit: int = SHOWN) -> None:
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


def show_problems(screen: Screen, problems: Sequence[Problem]) -> None:
    """Every problem in the order of the rows; what concerns the whole file has no row."""
    if not problems:
        return
    columns = [
        Column(title=Text("줄", "row"), right=True),
        Column(title=Text("값", "value")),
        Column(title=Text("문제", "problem"), room=26),
        Column(title=Text("제안", "perhaps"), rank=1),
    ]
    screen.gap()
    screen.table(
        columns,
        [
            [
                str(one.row or ""),
                one.value,
                Cell(one.problem.to(screen.language), "bad" if one.level is Level.ERROR else "warn"),
                one.suggestion or "",
            ]
            for one in problems
        ],
    )


def show_near(screen: Screen, *found: ContactList) -> None:
    """People of one name and outlet under several addresses: perhaps one person who would get two letters."""
    near = merge(found).near
    if near:
        screen.gap()
        screen.print(Text("같은 사람일 수 있습니다", "Perhaps the same person"))
        screen.table(
            [
                Column(title=Text("이름", "name")),
                Column(title=Text("매체", "outlet")),
                Column(title=Text("주소", "addresses"), room=40),
                Column(title=Text("위치", "where"), rank=1),
            ],
            [[one.name, one.outlet, ", ".join(one.addresses), ", ".join(one.where)] for one in near[:SHOWN]],
        )
        more(screen, len(near) - SHOWN)


def unreachable_domains(screen: Screen, found: ContactList) -> tuple[dict[str, str], tuple[str, ...]]:
    """(domains that take no mail and why, domains about which nothing could be found out). Asks the DNS."""
    from mailer.contacts.mx import MxVerdict

    domains = sorted({one.address.key.rpartition("@")[2] for one in found.contacts})
    number = len(domains)
    screen.say(
        Text(
            f"도메인 {number:,}개가 메일을 받는지 물어봅니다. 응답이 없으면 하나에 3초까지 걸립니다.",
            f"Asking about {number:,} {'domain' if number == 1 else 'domains'}; each may take 3 seconds without an answer.",
        ),
        ink="dim",
    )
    answers = upkeep.check_mx(domains)
    bad = (MxVerdict.NO_DOMAIN, MxVerdict.NO_MAIL)
    dead = {domain: to_spoken(host.text) for domain, host in answers.items() if host.verdict in bad}
    return dead, tuple(domain for domain, host in answers.items() if host.verdict is MxVerdict.UNKNOWN)


def show_domains(screen: Screen, dead: dict[str, str], unknown: Sequence[str]) -> None:
    if dead or unknown:
        screen.gap()
    for domain, why in dead.items():
        screen.print(f"{domain}: {why}", ink="bad")
    if unknown:
        names = ", ".join(unknown[:NAMED]) + (f" … +{len(unknown) - NAMED}" if len(unknown) > NAMED else "")
        screen.print(
            Text(
                f"지금은 확인하지 못한 도메인 {len(unknown)}개: {names}",
                f"{len(unknown)} {'domain' if len(unknown) == 1 else 'domains'} could not be checked now: {names}",
            ),
            ink="warn",
        )
