"""One request of one person: who it is, which language, what was typed, and how pages answer.

    Route("/log", page(log))                                     a page to read
    Route("/release/{id:int}/send", action(send, needs=Role.APPROVE), methods=["POST"])

Handlers are plain functions of a `Visit`, run in a thread because everything below blocks. Nobody gets past these two wrappers
without a session, unless the page is declared `public`. Errors of the tree become a page that says what, where and what to do.

Not here: logging in (`entering.py`), headers and foreign forms (`guard.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mailer.app import App
from mailer.dispatch import Dispatch
from mailer.errors import ConfigError, MailerError, StoppedByCheck, UsageError
from mailer.ledger import DraftLetter
from mailer.web.office import Office
from mailer.web.plain import remedy_for_pages
from mailer.web.roles import Role, role_of
from mailer.web.screen import fill
from mailer.web.words import NOTICES, Spoken
from mailer.wording import LANGUAGES, Language, Text

__all__ = ["COOKIE", "Visit", "Visitor", "action", "digest_of", "language_of", "own_path", "page"]

COOKIE = "session"
SESSION = timedelta(hours=12)
TOUCH = timedelta(minutes=5)
Handler = Callable[["Visit"], Response]
Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]
LARGEST_NUMBER = 2**62
_MOST_FIELD = 4 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who is logged in. `account` is False for somebody who came by the one-time link."""

    name: str
    role: Role
    account: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    filename: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Typed:
    """A form: the last value of each field, all values of a repeated one, and files."""

    pairs: tuple[tuple[str, str], ...] = ()
    files: Mapping[str, Upload] = field(default_factory=dict)

    def get(self, name: str, default: str = "") -> str:
        return next((value for key, value in reversed(self.pairs) if key == name), default)

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in self.pairs if key == name)

    def number(self, name: str) -> int:
        """0 for what is no number, or none that a form of ours would hold."""
        text = self.get(name)
        return int(text) if text.isdecimal() and len(text) < 10 else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request made ready for its handler."""

    request: Request
    office: Office
    visitor: Visitor | None
    language: Language
    form: Typed = field(default_factory=Typed)

    @property
    def app(self) -> App:
        return self.office.app

    @property
    def now(self) -> datetime:
        return self.app.now()

    @property
    def w(self) -> Spoken:
        return Spoken(self.language)

    @property
    def who(self) -> str:
        """The name that the ledger keeps beside every move."""
        return self.visitor.name if self.visitor else "nobody"

    @property
    def wants_fragment(self) -> bool:
        return self.request.headers.get("x-fragment") == "1"

    def query(self, name: str, default: str = "") -> str:
        return self.request.query_params.get(name, default)

    def number(self, name: str, default: int) -> int:
        text = self.query(name)
        return int(text) if text.isdecimal() and len(text) < 10 else default

    def path(self, name: str) -> Any:
        found = self.request.path_params[name]
        if isinstance(found, int) and found > LARGEST_NUMBER:
            raise HTTPException(404)
        return found

    def may(self, role: Role) -> bool:
        return self.visitor is not None and self.visitor.role.may(role)

    def draft(self) -> DraftLetter:
        """The draft that the address names. Raises HTTPException 404."""
        found = self.app.ledger.manuscripts.get(self.path("id"))
        if found is None:
            raise HTTPException(404)
        return found

    def dispatch(self) -> Dispatch:
        """The dispatch that the address names. Raises HTTPException 404."""
        found = self.app.ledger.dispatches.get(self.path("id"))
        if found is None:
            raise HTTPException(404)
        return found

    def text(self, template: str, /, **values: Any) -> str:
        """One template filled in."""
        config = self.app.config
        return fill(
            template,
            language=self.language,
            zone=config.timezone,
            now=self.now,
            visit=self,
            config=config,
            office=self.office,
            Role=Role,
            theme=self.request.cookies.get("theme", "auto"),
            here=self.request.url.path,
            notice=NOTICES.get(self.query("said")),
            **values,
        )

    def show(self, template: str, /, *, code: int = 200, **values: Any) -> Response:
        return HTMLResponse(self.text(template, **values), status_code=code)

    def go(self, path: str, *, said: str = "", **query: Any) -> Response:
        """Answer a form: look at `path` now, where the notice `said` is shown once."""
        asked = {key: value for key, value in {"said": said, **query}.items() if value not in ("", None)}
        return RedirectResponse(f"{path}?{urlencode(asked)}" if asked else path, status_code=303)

    def trouble(self, error: MailerError, status: int | None = None) -> Response:
        """The page of an error: what, where, what to do."""
        code = status or (422 if isinstance(error, StoppedByCheck | UsageError | ConfigError) else 500)
        return self.show("error.html", code=code, error=error, remedy=remedy_for_pages(error.remedy))


def own_path(text: str) -> str:
    """`text` when it is a path of this site, "/" when it may lead to another."""
    plain = text.startswith("/") and not text.startswith("//") and text.isprintable() and "\\" not in text
    return text if plain else "/"


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def page(handler: Handler, *, needs: Role = Role.WRITE, public: bool = False) -> Endpoint:
    """An endpoint to read from."""

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(_answer, request, handler, needs, public, Typed())

    return endpoint


def action(handler: Handler, *, needs: Role = Role.WRITE, public: bool = False) -> Endpoint:
    """An endpoint for a form."""

    async def endpoint(request: Request) -> Response:
        visit = await run_in_threadpool(visit_of, request, Typed())
        refusal = refusal_of(visit, needs, public)
        if refusal is not None:
            # nobody who may not send this form makes the server read it
            return refusal
        try:
            form = await _typed(request)
        except HTTPException:
            return visit.trouble(_unreadable())
        return await run_in_threadpool(_answer, request, handler, needs, public, form)

    return endpoint


def _answer(request: Request, handler: Handler, needs: Role, public: bool, form: Typed) -> Response:
    visit = visit_of(request, form)
    refusal = refusal_of(visit, needs, public)
    if refusal is not None:
        return refusal
    try:
        return handler(visit)
    except MailerError as error:
        return visit.trouble(error)


def refusal_of(visit: Visit, needs: Role, public: bool) -> Response | None:
    if public or visit.may(needs):
        return None
    if visit.visitor is None:
        if visit.wants_fragment:
            return HTMLResponse(visit.w.session_over, status_code=401)
        goal = visit.request.url.path if visit.request.method == "GET" else "/"
        return RedirectResponse(f"/login?to={quote(goal)}", status_code=303)
    return visit.show("refused.html", code=403, needs=needs)


def visit_of(request: Request, form: Typed, *, touch: bool = True) -> Visit:
    """The request with whoever is behind it. Without `touch` it is no sign of life of the session."""
    office: Office = request.app.state.office
    return Visit(
        request=request,
        office=office,
        visitor=_visitor(office.app, request, touch=touch),
        language=language_of(request),
        form=form,
    )


def language_of(request: Request) -> Language:
    """The language that this browser chose, else the configured one."""
    chosen = request.cookies.get("lang", "")
    office: Office = request.app.state.office
    return next((language for language in LANGUAGES if language == chosen), office.app.config.language)


def _visitor(app: App, request: Request, *, touch: bool) -> Visitor | None:
    token = request.cookies.get(cookie_name(request), "")
    if not token:
        return None
    digest, now = digest_of(token), app.now()
    accounts = app.ledger.accounts
    session = accounts.session(digest)
    if session is None or now - session.seen_at > SESSION:
        return None
    if touch and now - session.seen_at > TOUCH:
        accounts.touch(digest, now)
    if session.role is None:
        return Visitor(name=session.name, role=Role.ADMIN, account=False)
    return Visitor(name=session.name, role=role_of(session.role), account=True)


def cookie_name(request: Request) -> str:
    return f"__Host-{COOKIE}" if request.url.scheme == "https" else COOKIE


def _unreadable() -> UsageError:
    return UsageError(
        Text("보낸 내용이 너무 크거나 온전하지 않습니다", "what was sent is too large, or not whole"),
        remedy=Text("파일과 글의 크기를 확인해 주십시오", "check the size of the file and of the text"),
    )


async def _typed(request: Request) -> Typed:
    pairs: list[tuple[str, str]] = []
    files: dict[str, Upload] = {}
    async with request.form(max_files=2, max_fields=3000, max_part_size=_MOST_FIELD) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                files[name] = Upload(filename=value.filename or "", data=await value.read())
            else:
                # a charset of the sender's choosing may decode to halves of characters, which nothing below can store
                whole = value.encode("utf-8", "replace").decode()
                pairs.append((name, whole.replace("\r\n", "\n")))
    return Typed(tuple(pairs), files)
