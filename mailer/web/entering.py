"""Logging in and out: by password, or on this machine by the one-time link that `mailer serve` prints.

Not here: passwords (`passwords.py`), who may see what (`visit.py`).
"""

from __future__ import annotations

import secrets

from starlette.responses import Response

from mailer.desk.approval import officer
from mailer.web.passwords import matches
from mailer.web.visit import SESSION, Visit, cookie_name, digest_of, own_path

__all__ = ["enter", "login", "logout", "show_login"]


def show_login(visit: Visit) -> Response:
    if visit.visitor is not None:
        return visit.go("/")
    return visit.show("login.html", goal=own_path(visit.query("to")), wrong=False, wait=0, name="")


def login(visit: Visit) -> Response:
    name, password = visit.form.get("name").strip()[:200], visit.form.get("password")
    client = visit.request.client
    keys = (f"name {name}", f"place {client.host if client else ''}")
    wait = visit.office.throttle.begin(*keys)
    goal = own_path(visit.form.get("to"))
    if wait > 0:
        return visit.show("login.html", code=429, goal=goal, wrong=False, wait=round(wait) + 1, name=name)
    account = visit.app.ledger.accounts.get(name)
    if not matches(account.password if account else None, password) or account is None:
        return visit.show("login.html", code=401, goal=goal, wrong=True, wait=0, name=name)
    visit.office.throttle.succeeded(*keys)
    return _welcome(visit, account.name, account.name, goal)


def enter(visit: Visit) -> Response:
    """The one-time link."""
    if visit.office.use_key(visit.query("key")):
        return _welcome(visit, officer(), None, "/")
    if visit.visitor is not None:
        return visit.go("/")
    return visit.show("login.html", code=401, goal="/", wrong=False, wait=0, name="", link_spent=True)


def logout(visit: Visit) -> Response:
    name = cookie_name(visit.request)
    token = visit.request.cookies.get(name, "")
    if token:
        visit.app.ledger.accounts.close_session(digest_of(token))
    answer = visit.go("/login")
    answer.delete_cookie(name, path="/")
    return answer


def _welcome(visit: Visit, name: str, account: str | None, goal: str) -> Response:
    token = secrets.token_urlsafe(32)
    visit.app.ledger.accounts.open_session(
        digest_of(token), name=name, account=account, now=visit.now, forget=visit.now - SESSION
    )
    answer = visit.go(goal)
    https = visit.request.url.scheme == "https"
    answer.set_cookie(
        cookie_name(visit.request),
        token,
        httponly=True,
        samesite="lax",
        secure=https,
        path="/",
        max_age=60 * 60 * 24 * 7,
    )
    return answer
