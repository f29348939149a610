"""The site put together: every address with its handler and who may use it.

Not here: the handlers, the server (`server.py`).
"""

from __future__ import annotations

import logging
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from mailer.web import (
    audience,
    confirming,
    entering,
    helping,
    home,
    imports,
    inbox,
    letters,
    lists,
    live,
    person,
    previews,
    review,
    settings,
    testers,
    trials,
)
from mailer.web.guard import HEADERS, Guard
from mailer.web.office import Office
from mailer.web.roles import Role
from mailer.web.visit import Handler, Typed, action, language_of, page, visit_of
from mailer.web.words import Spoken

__all__ = ["create_site"]

STATIC = Path(__file__).with_name("static")
_log = logging.getLogger("mailer.web")


def create_site(office: Office) -> Starlette:
    """The ASGI application over an open workspace."""
    site = Starlette(
        routes=_routes(),
        middleware=[Middleware(Guard, office=office)],
        exception_handlers={HTTPException: _lost, Exception: _fault},
    )
    site.state.office = office
    return site


class Static(StaticFiles):
    """Files that never change under their address (it carries a version)."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers["cache-control"] = "public, max-age=31536000, immutable"
        return answer


def _get(path: str, handler: Handler, needs: Role = Role.WRITE, *, public: bool = False) -> Route:
    return Route(path, page(handler, needs=needs, public=public), methods=["GET"])


def _post(path: str, handler: Handler, needs: Role = Role.WRITE, *, public: bool = False) -> Route:
    return Route(path, action(handler, needs=needs, public=public), methods=["POST"])


def _routes() -> list[BaseRoute]:
    return [
        Mount("/static", Static(directory=STATIC)),
        _get("/", home.home),
        _get("/login", entering.show_login, public=True),
        _post("/login", entering.login, public=True),
        _get("/enter", entering.enter, public=True),
        _post("/logout", entering.logout, public=True),
        _post("/look", home.look, public=True),
        *_release_routes(),
        *_dispatch_routes(),
        *_people_routes(),
        _get("/help", helping.show_guides),
        _get("/help/{name}", helping.show_guide),
        _get("/inbox", inbox.show_inbox),
        _post("/inbox/rules", inbox.set_rule, Role.APPROVE),
        _post("/inbox/empty", inbox.empty_inbox, Role.APPROVE),
        _get("/inbox/{name}/frame", inbox.caught_frame),
        _get("/inbox/{name}/part/{n:int}", inbox.caught_part),
        _get("/settings", settings.show_settings),
        _post("/settings/test", settings.test_server),
        _post("/settings/password", settings.change_password),
        _post("/settings/server", settings.change_server, Role.ADMIN),
        _post("/settings/testers", testers.add),
        _post("/settings/testers/remove", testers.remove),
        _post("/settings/letterhead", settings.save_letterhead, Role.ADMIN),
        _post("/settings/logo", settings.save_logo, Role.ADMIN),
        _get("/settings/letterhead.png", settings.show_head, Role.ADMIN),
        _post("/settings/users", settings.add_user, Role.ADMIN),
        _post("/settings/user", settings.change_user, Role.ADMIN),
    ]


def _release_routes() -> list[BaseRoute]:
    return [
        _get("/release/new", letters.show_new),
        _post("/release/new", letters.begin),
        _get("/release/{id:int}", letters.open_draft),
        _get("/release/{id:int}/letter", letters.show_letter),
        _post("/release/{id:int}/letter", letters.save),
        _post("/release/{id:int}/upload", letters.upload),
        _post("/release/{id:int}/delete", letters.delete),
        _get("/release/{id:int}/frame", letters.frame),
        _get("/release/{id:int}/people", audience.show_people),
        _post("/release/{id:int}/people", audience.save_people),
        _get("/release/{id:int}/preview", previews.show_preview),
        _get("/release/{id:int}/mail/{n:int}", previews.mail),
        _get("/release/{id:int}/paper.pdf", previews.paper),
        _get("/release/{id:int}/paper/{n:int}.png", previews.sheet),
        _post("/release/{id:int}/test", trials.send_test),
        _get("/release/{id:int}/checks", previews.show_checks),
        _get("/release/{id:int}/send", confirming.show_send),
        _post("/release/{id:int}/send", confirming.send, Role.APPROVE),
    ]


def _dispatch_routes() -> list[BaseRoute]:
    return [
        _get("/dispatch/{id:int}", live.show_dispatch),
        Route("/dispatch/{id:int}/events", live.events, methods=["GET"]),
        _post("/dispatch/{id:int}/pause", live.pause, Role.APPROVE),
        _post("/dispatch/{id:int}/resume", live.go_on, Role.APPROVE),
        _post("/dispatch/{id:int}/cancel", live.cancel, Role.APPROVE),
        _post("/dispatch/{id:int}/move", live.move, Role.APPROVE),
        _post("/dispatch/{id:int}/settle", review.settle, Role.APPROVE),
        _get("/dispatch/{id:int}/resend", review.show_resend, Role.APPROVE),
        _post("/dispatch/{id:int}/resend", review.resend, Role.APPROVE),
        _get("/dispatch/{id:int}/print", review.print_view),
        _get("/log", review.show_log),
        _get("/log/export.{ending}", review.export),
    ]


def _people_routes() -> list[BaseRoute]:
    return [
        _get("/people", lists.show_lists),
        _post("/people/import", imports.upload_list),
        _get("/people/import/{token}", imports.show_import),
        _post("/people/import/{token}", imports.save_import),
        _get("/people/import/{token}/bad.csv", imports.bad_rows),
        _get("/people/list/{name}", lists.show_list),
        _get("/people/list/{name}/file.csv", lists.export_list),
        _get("/people/person", person.show_person),
        _get("/people/forget", person.show_forget, Role.ADMIN),
        _post("/people/forget", person.forget, Role.ADMIN),
        _get("/people/suppressed", lists.show_suppressed),
        _post("/people/suppressed", lists.suppress),
        _post("/people/allow", lists.allow, Role.APPROVE),
    ]


def _lost(request: Request, error: Exception) -> Response:
    code = error.status_code if isinstance(error, HTTPException) else 500
    if code != 404:
        return PlainTextResponse(f"{code}\n", status_code=code)
    return visit_of(request, Typed()).show("lost.html", code=404)


def _fault(request: Request, error: Exception) -> Response:
    """The last line: what went wrong stands in the server's log, the visitor gets a calm sentence. It stands before the guard and
    asks the ledger nothing, which may be what is broken."""
    _log.error("fault at %s", request.url.path, exc_info=error)
    return PlainTextResponse(Spoken(language_of(request)).fault + "\n", status_code=500, headers=HEADERS)
