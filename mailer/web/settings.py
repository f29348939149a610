"""설정: the organisation on the paper, the mail server and its test, the time zone, accounts and passwords.

Not here: reading settings (`config/`), who may come in (`visit.py`).
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from mailer.config import describe
from mailer.contacts.writing import replace_file
from mailer.document import read_letterhead
from mailer.errors import MailerError, UsageError
from mailer.ledger import Account
from mailer.web.passwords import hashed, matches
from mailer.web.plain import remedy_for_pages
from mailer.web.roles import ROLE_WORDS, Role
from mailer.web.server_settings import fields_of
from mailer.web.visit import Visit
from mailer.wording import Text

__all__ = ["add_user", "change_password", "change_user", "save_letterhead", "show_settings", "test_server"]

FIELDS = ("name_ko", "name_en", "address", "phone", "fax", "web", "email", "colour")
_ACCOUNT = re.compile(r"[^\s@<>\"'/\\:]{1,64}")


def show_settings(visit: Visit) -> Response:
    return _show(visit)


def save_letterhead(visit: Visit) -> Response:
    app = visit.app
    own = app.workspace.root / "templates"
    if not own.is_dir():
        shutil.copytree(app.workspace.templates, own)
    path = own / "letterhead.toml"
    text = path.read_text("utf-8-sig")
    for name in FIELDS:
        value = " ".join(visit.form.get(name).split())[:300]
        text = _with(text, name, value)
    read_letterhead(text.encode(), str(path))
    replace_file(path, text.encode())
    return visit.go("/settings", said="letterhead_saved")


def test_server(visit: Visit) -> Response:
    """Connect, log in, and say what the server offers."""
    try:
        probe = asyncio.run(visit.app.probe())
    except MailerError as error:
        return _show(visit, trouble=error)
    if probe is None:
        return _show(visit, tested=visit.w.server_practice)
    tls = probe.tls or visit.w.no_tls
    login = visit.w.logged_in if probe.logged_in else visit.w.no_login
    return _show(visit, tested=visit.w("server_answers", tls=tls, login=login))


def add_user(visit: Visit) -> Response:
    name, form = visit.form.get("name").strip(), visit.form
    if not _ACCOUNT.fullmatch(name) or form.get("role") not in set(Role):
        raise UsageError(
            Text("이름에는 빈칸과 기호를 쓸 수 없습니다", "a name has no blanks or signs"), where=name[:100]
        )
    password = hashed(form.get("password"))
    account = Account(name=name, password=password, role=form.get("role"), created_at=visit.now)
    if not visit.app.ledger.accounts.add(account):
        raise UsageError(Text(f"이미 있는 이름입니다: {name}", f"this name is taken: {name}"))
    return visit.go("/settings", said="user_added")


def change_user(visit: Visit) -> Response:
    """Another role, a new password, or away with the account. The last administrator stays one."""
    accounts, name, what = visit.app.ledger.accounts, visit.form.get("name"), visit.form.get("do")
    account = accounts.get(name)
    if account is None:
        raise HTTPException(404)
    others = [one for one in accounts.all() if one.role == Role.ADMIN and one.name != name]
    demoted = what == "remove" or (what == "role" and visit.form.get("role") != Role.ADMIN)
    if account.role == Role.ADMIN and demoted and not others:
        raise UsageError(Text("마지막 관리 계정입니다", "this is the last account that administers"))
    if what == "remove":
        accounts.remove(name)
    elif what == "role" and visit.form.get("role") in set(Role):
        accounts.set_role(name, visit.form.get("role"))
    elif what == "password":
        accounts.set_password(name, hashed(visit.form.get("password")))
    return visit.go("/settings", said="user_changed")


def change_password(visit: Visit) -> Response:
    """One's own password; every session of the account ends with it."""
    accounts = visit.app.ledger.accounts
    account = accounts.get(visit.who) if visit.visitor and visit.visitor.account else None
    if account is None or not matches(account.password, visit.form.get("old")):
        raise UsageError(Text("지금 비밀번호가 맞지 않습니다", "the present password is not right"))
    accounts.set_password(account.name, hashed(visit.form.get("new")))
    return visit.go("/login", said="password_changed")


def _show(visit: Visit, *, tested: str = "", trouble: MailerError | None = None) -> Response:
    return visit.show(
        "settings.html",
        letterhead=_letterhead(visit),
        rows=describe(visit.app.config) if visit.may(Role.ADMIN) else (),
        accounts=visit.app.ledger.accounts.all() if visit.may(Role.ADMIN) else (),
        roles=ROLE_WORDS,
        fields=fields_of(visit.app.config) if visit.may(Role.ADMIN) else (),
        tested=tested,
        trouble=trouble,
        advice=remedy_for_pages(trouble.remedy) if trouble else None,
    )


def _letterhead(visit: Visit) -> list[tuple[str, str, str]]:
    """(field, label, value) of each line of the letterhead."""
    path = visit.app.workspace.templates / "letterhead.toml"
    found: dict[str, Any] = {}
    try:
        head = read_letterhead(path.read_bytes(), visit.app.shown(path))
        found = {name: getattr(head, name) for name in FIELDS}
    except (MailerError, OSError):
        # shown empty, to be filled in; the letter's own checks say what is wrong with the file
        found = {}
    return [(name, visit.w(f"head_{name}"), found.get(name, "")) for name in FIELDS]


def _with(text: str, name: str, value: str) -> str:
    """A TOML text in which `name` has `value`; comments and other keys stay."""
    line = f"{name} = {json.dumps(value, ensure_ascii=False)}"
    pattern = re.compile(rf"^{name}\s*=.*$", re.MULTILINE)
    return pattern.sub(lambda _: line, text, count=1) if pattern.search(text) else f"{text.rstrip()}\n{line}\n"
