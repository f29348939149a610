"""설정: the organisation on the paper, the mail server and its test, the time zone, accounts and passwords.

Not here: reading settings (`config/`), who may come in (`visit.py`).
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Mapping

from starlette.exceptions import HTTPException
from starlette.responses import Response

from mailer.config import describe
from mailer.errors import ConfigError, MailerError, UsageError
from mailer.ledger import Account
from mailer.web.letterhead import FIELDS, draw, drop_logo, put_logo, read_head, write_lines
from mailer.web.passwords import hashed, matches
from mailer.web.plain import labelled, remedy_for_pages
from mailer.web.roles import ROLE_WORDS, Role
from mailer.web.server_settings import env_mark, fields_of, save_server, typed_in
from mailer.web.visit import Visit
from mailer.wording import Text

__all__ = [
    "add_user",
    "change_password",
    "change_server",
    "change_user",
    "save_letterhead",
    "save_logo",
    "show_head",
    "show_settings",
    "test_server",
]

_changing = threading.Lock()  # two administrators who demote each other must not both succeed
_ACCOUNT = re.compile(r"[^\s@<>\"'/\\:]{1,64}")


def show_settings(visit: Visit) -> Response:
    return _show(visit)


def save_letterhead(visit: Visit) -> Response:
    typed = {name: visit.form.get(name) for name in FIELDS}
    return _of_head(visit, lambda: write_lines(visit.app, typed, expect=visit.form.get("expect")), typed)


def save_logo(visit: Visit) -> Response:
    """Another picture in the letterhead, or none."""
    app, expect, file = visit.app, visit.form.get("expect"), visit.form.files.get("logo")
    if visit.form.get("do") == "remove":
        return _of_head(visit, lambda: drop_logo(app, expect=expect))
    data = file.data if file else b""
    return _of_head(visit, lambda: put_logo(app, data, expect=expect))


def show_head(visit: Visit) -> Response:
    """A page with this letterhead, as a picture."""
    try:
        return Response(draw(visit.app), media_type="image/png")
    except (MailerError, OSError) as error:
        raise HTTPException(404) from error


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


def change_server(visit: Visit) -> Response:
    """Another mail server, sender or time zone; what cannot be kept stays in the form, beside the reason."""
    try:
        save_server(visit)
    except (ConfigError, UsageError) as error:
        return _show(visit, code=422, unkept=error, typed_server=typed_in(visit))
    return visit.go("/settings", said="server_saved")


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
    with _changing:
        return _change(visit, visit.form.get("name"), visit.form.get("do"))


def _change(visit: Visit, name: str, what: str) -> Response:
    accounts = visit.app.ledger.accounts
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


def _of_head(visit: Visit, change: Callable[[], None], typed: Mapping[str, str] | None = None) -> Response:
    """Change the letterhead; what cannot be kept stays in the form, beside the reason."""
    try:
        change()
    except MailerError as error:
        return _show(visit, code=422, refused=error, typed=typed)
    return visit.go("/settings", said="letterhead_saved")


def _show(
    visit: Visit,
    *,
    code: int = 200,
    tested: str = "",
    trouble: MailerError | None = None,
    refused: MailerError | None = None,
    typed: Mapping[str, str] | None = None,
    unkept: MailerError | None = None,
    typed_server: Mapping[str, str] | None = None,
) -> Response:
    admin = visit.may(Role.ADMIN)
    head = read_head(visit.app)
    lines = typed or head.lines
    return visit.show(
        "settings.html",
        code=code,
        head=head,
        refused=refused,
        letterhead=[(name, words, lines.get(name, "")) for name, words in FIELDS.items()],
        testers=visit.app.ledger.testers.all(),
        rows=describe(visit.app.config) if admin else (),
        accounts=visit.app.ledger.accounts.all() if admin else (),
        roles=ROLE_WORDS,
        fields=fields_of(visit.app.config, typed_server) if admin else (),
        unkept=labelled(unkept.what) if unkept else None,
        unkept_advice=remedy_for_pages(unkept.remedy) if unkept else None,
        password_again=bool(unkept and visit.form.get("SMTP_PASSWORD")),
        env_mark=env_mark(visit.app.workspace.env_file) if admin else "",
        tested=tested,
        trouble=trouble,
        advice=remedy_for_pages(trouble.remedy) if trouble else None,
    )
