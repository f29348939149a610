"""`mailer user`: the accounts of the web page.

Not here: what a role may do (`web/roles.py`), logging in (`web/entering.py`).
"""

from __future__ import annotations

import sys

import click

from mailer.cli.opening import opened
from mailer.cli.spoken import to_spoken
from mailer.cli.tables import Column
from mailer.cli.verbs import Call, Group, argument, option, shared_options, verb
from mailer.errors import UsageError
from mailer.ledger import Account
from mailer.wording import Text

__all__ = ["user"]

ROLES = ("write", "approve", "admin")

user = Group(
    "user",
    params=shared_options(json=True),
    text=Text("웹 화면의 계정을 만들고 지웁니다.", "Make and remove accounts of the web page."),
    examples=("mailer user add kim --role approve",),
)
_name = argument("name", metavar="NAME", help=Text("계정 이름", "Name of the account."))


@verb(
    "add",
    parent=user,
    help=Text(
        "계정을 만듭니다. 비밀번호는 묻거나, 터미널이 아니면 표준 입력의 첫 줄에서 읽습니다.",
        "Make an account. The password is asked for, or read from the first line of stdin without a terminal.",
    ),
    examples=("mailer user add kim --role approve",),
)
@_name
@option(
    "--role",
    type=click.Choice(ROLES),
    default="write",
    metavar="write|approve|admin",
    help=Text("작성, 승인(발송 포함), 관리", "What the account may do."),
)
def add(call: Call, name: str, role: str) -> int:
    from mailer.web.passwords import hashed

    if not name.strip() or any(c.isspace() for c in name):
        raise UsageError(Text("이름에는 빈칸을 쓸 수 없습니다", "a name has no blanks"), where=name)
    with opened(call) as app:
        if app.ledger.accounts.get(name) is not None:
            raise UsageError(Text(f"이미 있는 이름입니다: {name}", f"this name is taken: {name}"))
        account = Account(name=name, password=hashed(_password(call)), role=role, created_at=app.now())
        app.ledger.accounts.add(account)
    call.screen.print(Text(f"계정을 만들었습니다: {name} ({role})", f"made the account {name} ({role})"))
    call.screen.hint("mailer serve", Text("웹 화면 열기", "open the web page"))
    return 0


@verb(
    "list",
    parent=user,
    help=Text("계정을 보여 줍니다.", "Show the accounts."),
    examples=("mailer user list",),
    json=True,
)
def list_(call: Call) -> int:
    with opened(call) as app:
        accounts = app.ledger.accounts.all()
    if call.screen.json_wanted:
        call.screen.json({"accounts": [{"name": one.name, "role": one.role} for one in accounts]})
    else:
        columns = [Column(title=Text("이름", "name")), Column(title=Text("권한", "role"))]
        call.screen.table(columns, [[one.name, one.role] for one in accounts])
        if not accounts:
            call.screen.say(Text("아직 계정이 없습니다.", "There are no accounts yet."))
            call.screen.hint("mailer user add NAME --role admin", Text("만들기", "make one"))
    return 0


@verb(
    "password",
    parent=user,
    help=Text("비밀번호를 바꿉니다. 열려 있던 로그인은 모두 끝납니다.", "Change a password; every open session ends."),
    examples=("mailer user password kim",),
)
@_name
def password(call: Call, name: str) -> int:
    from mailer.web.passwords import hashed

    with opened(call) as app:
        if not app.ledger.accounts.set_password(name, hashed(_password(call))):
            raise _unknown(name)
    call.screen.print(Text("비밀번호를 바꿨습니다", "the password was changed"))
    return 0


@verb(
    "remove",
    parent=user,
    help=Text("계정을 지웁니다.", "Remove an account."),
    examples=("mailer user remove kim",),
)
@_name
def remove(call: Call, name: str) -> int:
    with opened(call) as app:
        if not app.ledger.accounts.remove(name):
            raise _unknown(name)
    call.screen.print(Text(f"계정을 지웠습니다: {name}", f"removed the account {name}"))
    return 0


def _password(call: Call) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    words = Text("비밀번호 (10자 이상)", "Password (at least 10 characters)")
    typed = click.prompt(to_spoken(words), hide_input=True, confirmation_prompt=True, err=True)
    return str(typed)


def _unknown(name: str) -> UsageError:
    return UsageError(
        Text(f"이런 계정이 없습니다: {name}", f"there is no such account: {name}"),
        remedy=Text("확인해 주십시오: mailer user list", "see mailer user list"),
    )
