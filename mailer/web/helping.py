"""도움말 as pages: all of them, and one.

Not here: which pages there are (`guide.py`).
"""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from mailer.web.guide import GROUPS, PAGES, guide_page
from mailer.web.visit import Visit

__all__ = ["show_guide", "show_guides"]


def show_guides(visit: Visit) -> Response:
    groups = [(words, [(name, guide_page(visit.language, name)) for name in names]) for words, names in GROUPS]
    return visit.show("guides.html", groups=groups)


def show_guide(visit: Visit) -> Response:
    name = visit.path("name")
    if name not in PAGES:
        raise HTTPException(404)
    found = guide_page(visit.language, name)
    return visit.show("guide.html", guide=found, sections=[one for one in found.headings if one.level == 2])
