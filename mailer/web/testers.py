"""시험 메일 받을 사람: addresses of the office that are offered for test copies. They stand in no list.

Not here: sending copies (`trials.py`), keeping addresses (`ledger/testers.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from mailer.contacts import Problem, parse_address
from mailer.errors import UsageError
from mailer.ledger.testers import MOST
from mailer.web.visit import Visit
from mailer.wording import Text

__all__ = ["LEFT_OUT", "Offer", "add", "keep", "offered", "remove"]

LEFT_OUT = "testers_off"
"""The cookie that remembers, for one screen, who was not ticked the last time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    id: int
    address: str
    ticked: bool


def offered(visit: Visit) -> tuple[Offer, ...]:
    """Every tester, ticked as in the form that was just sent, else as the last time; who is new is ticked."""
    left_out = set(visit.request.cookies.get(LEFT_OUT, "").split("."))
    if visit.form.pairs:
        left_out = set(visit.form.all("shown")) - set(visit.form.all("to"))
    testers = visit.app.ledger.testers.all()
    return tuple(Offer(id=one.id, address=one.address, ticked=str(one.id) not in left_out) for one in testers)


def add(visit: Visit) -> Response:
    keep(visit, visit.form.get("address"))
    return visit.go("/settings", said="tester_added")


def remove(visit: Visit) -> Response:
    visit.app.ledger.testers.remove(visit.form.number("id"))
    return visit.go("/settings", said="tester_removed")


def keep(visit: Visit, text: str) -> None:
    """Remember an address. Raises UsageError for what is none, and when there are enough."""
    address = parse_address(text)
    if isinstance(address, Problem):
        raise UsageError(
            Text(f"메일 주소가 아닙니다: {text.strip()[:100]}", f"not an e-mail address: {text.strip()[:100]}"),
            remedy=_advice(address),
        )
    if not visit.app.ledger.testers.add(address, who=visit.who, now=visit.now):
        raise UsageError(
            Text(f"시험 주소는 {MOST}개까지 기억합니다", f"at most {MOST} addresses are remembered"),
            remedy=Text("쓰지 않는 주소를 설정에서 지우십시오", "remove one that is not used, under Settings"),
        )


def _advice(problem: Problem) -> Text:
    meant = problem.suggestion
    if meant is None:
        return problem.problem
    return Text(f"{problem.problem.ko}. 혹시 {meant}입니까?", f"{problem.problem.en}; did you mean {meant}?")
