"""보도자료, the first page: what goes out next, what waits for a person, every release with its result.

Not here: one release (`letters.py`, `live.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from starlette.responses import Response

from mailer.dispatch import DeliveryState, Dispatch, DispatchStatus
from mailer.web.plain import pause_for_pages
from mailer.web.visit import Visit, own_path
from mailer.wording import Text

__all__ = ["home", "look"]

SHOWN = 100
TALL = 44
Counts = Mapping[DeliveryState, int]
_RESULTS = (
    DeliveryState.ACCEPTED,
    DeliveryState.DEFERRED,
    DeliveryState.IN_DOUBT,
    DeliveryState.FAILED,
    DeliveryState.BOUNCED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    dispatch: Dispatch
    total: int
    results: tuple[tuple[DeliveryState, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Something that goes no further without a person."""

    dispatch: Dispatch
    what: Text
    todo: Text | None
    path: str
    label: Text
    colour: str


def home(visit: Visit) -> Response:
    ledger = visit.app.ledger
    dispatches = ledger.dispatches.all()
    counts = ledger.overview.counts()
    upcoming = next((one for one in dispatches if one.status is DispatchStatus.SCHEDULED), None)
    here = visit.now.astimezone(ZoneInfo(visit.app.config.timezone))
    return visit.show(
        "home.html",
        upcoming=upcoming,
        waiting=[found for one in dispatches for found in _waiting(one, counts.get(one.id, {}))],
        drafts=ledger.manuscripts.open(),
        rows=[_row(one, counts.get(one.id, {})) for one in dispatches[:SHOWN]],
        older=max(len(dispatches) - SHOWN, 0),
        month=_month(dispatches, counts, here),
        strip=_strip(dispatches, counts, here),
    )


def look(visit: Visit) -> Response:
    """Theme and language, kept in cookies: they belong to a screen, not to an account."""
    answer = visit.go(own_path(visit.form.get("to")))
    for name, allowed in (("theme", ("auto", "light", "dark")), ("lang", ("ko", "en"))):
        if visit.form.get(name) in allowed:
            answer.set_cookie(name, visit.form.get(name), max_age=60 * 60 * 24 * 365, samesite="lax", path="/")
    return answer


def _row(dispatch: Dispatch, counts: Counts) -> Row:
    results = tuple((state, counts[state]) for state in _RESULTS if counts.get(state)) if dispatch.started_at else ()
    return Row(dispatch=dispatch, total=sum(counts.values()), results=results)


def _waiting(dispatch: Dispatch, counts: Counts) -> Iterator[Waiting]:
    doubts = counts.get(DeliveryState.IN_DOUBT, 0)
    here = f"/dispatch/{dispatch.id}"
    if doubts:
        yield Waiting(
            dispatch=dispatch,
            what=Text(f"{doubts}명이 받았는지 알 수 없습니다.", f"{doubts} may or may not have got it."),
            todo=Text("확인한 뒤 정리해 주십시오.", "Please find out and settle it."),
            path=f"/log?dispatch={dispatch.id}&state=in_doubt",
            label=Text("정리하기", "Settle"),
            colour="warn",
        )
    elif dispatch.status is DispatchStatus.PAUSED:
        what, todo = pause_for_pages(dispatch.pause_reason)
        label = Text("보기", "Look")
        yield Waiting(dispatch=dispatch, what=what, todo=todo, path=here, label=label, colour="warn")
    elif dispatch.status is DispatchStatus.APPROVED:
        yield Waiting(
            dispatch=dispatch,
            what=Text("승인했지만 아직 보내거나 예약하지 않았습니다.", "Approved, but neither sent nor scheduled."),
            todo=None,
            path=here,
            label=Text("보기", "Look"),
            colour="warn",
        )


def _month(dispatches: Sequence[Dispatch], counts: Mapping[int, Counts], here: datetime) -> dict[str, Any]:
    begun = [
        one
        for one in dispatches
        if one.started_at and one.started_at.astimezone(here.tzinfo).strftime("%Y%m") == here.strftime("%Y%m")
    ]
    accepted = sum(counts.get(one.id, {}).get(DeliveryState.ACCEPTED, 0) for one in begun)
    lost = (DeliveryState.FAILED, DeliveryState.BOUNCED)
    failed = sum(counts.get(one.id, {}).get(state, 0) for one in begun for state in lost)
    share = f"{accepted / (accepted + failed):.1%}" if accepted + failed else "–"
    return {"accepted": accepted, "failed": failed, "share": share, "dispatches": len(begun)}


def _strip(dispatches: Sequence[Dispatch], counts: Mapping[int, Counts], here: datetime) -> list[int]:
    """Thirty bars, one for each day up to today."""
    days = [(here - timedelta(days=back)).date() for back in range(29, -1, -1)]
    numbers = dict.fromkeys(days, 0)
    for one in dispatches:
        day = one.started_at.astimezone(here.tzinfo).date() if one.started_at else None
        if day in numbers:
            numbers[day] += counts.get(one.id, {}).get(DeliveryState.ACCEPTED, 0)
    tallest = max(numbers.values(), default=0) or 1
    return [max(round(numbers[day] / tallest * TALL), 1) for day in days]
