"""The log on the page: the same files as in the terminal, however they are made."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.desk.export import STREAMED, export_log
from mailer.desk.report import log_lines
from mailer.dispatch import DeliveryState, Outcome, Scope, Stage, Verdict
from mailer.ledger import LogFilter, LogOrder, Settlement
from tests.browsing import WebDesk, web
from tests.builders import T0, draft, people

__all__ = ["web"]


@pytest.mark.parametrize("number", [0, 1, STREAMED * 2 + 1])
def test_a_streamed_file_is_the_file(web: WebDesk, tmp_path: Path, number: int) -> None:
    """The CSV that is made while it is sent has the bytes of the one that the terminal writes, filtered or not."""
    if number:
        web.app.ledger.dispatches.approve(draft(people(number)), web.app.now())
    officer = web.officer()
    for query, which in (("", LogFilter()), ("?find=p0001", LogFilter(find="p0001"))):
        path = tmp_path / "log.csv"
        export_log(log_lines(web.app.ledger, which), path, language="ko", zone=web.app.config.timezone)
        answer = officer.get(f"/log/export.csv{query}")
        assert answer.body == path.read_bytes()
        assert answer.headers["content-disposition"].startswith("attachment")
        assert "sandbox" in answer.headers["content-security-policy"]


def ended(web: WebDesk, dispatch_id: int, some: int, when: timedelta) -> None:
    """The first `some` deliveries of a dispatch were accepted or refused, in pairs that ended at the same moment."""
    ledger, start = web.app.ledger, T0 + when
    ledger.dispatches.start(dispatch_id, who="t", now=start)
    rows = ledger.queue.claim(dispatch_id, owner="w", limit=some, now=start, lease_until=start + timedelta(minutes=5))
    ledger.queue.write(
        [],
        [
            Settlement(
                delivery_id=row.id,
                owner="w",
                number=1,
                begun=False,
                outcome=Outcome(
                    verdict=Verdict.REFUSE if place % 3 == 0 else Verdict.ACCEPT,
                    scope=Scope.RECIPIENT,
                    stage=Stage.END,
                    reply=None,
                    detail="",
                ),
                started_at=start,
                ended_at=start + timedelta(seconds=place // 2),
            )
            for place, row in enumerate(rows)
        ],
    )


def tried_again(web: WebDesk, dispatch_id: int) -> None:
    """One delivery of the dispatch was put off and taken at its second attempt, later than all others."""
    ledger, row = web.app.ledger, web.app.ledger.log.rows(LogFilter(dispatch_id=dispatch_id))[0]
    for number, state in ((2, DeliveryState.DEFERRED), (3, DeliveryState.ACCEPTED)):
        with closing(sqlite3.connect(ledger.path)) as base, base:
            moment = (T0 + timedelta(days=number)).timestamp()
            base.execute("UPDATE delivery SET attempts = ?, state = ? WHERE id = ?", [number, state, row.delivery.id])
            base.execute(
                "INSERT INTO attempt (delivery_id, number, worker, started_at, ended_at, verdict, scope, stage)"
                " VALUES (?, ?, 'w', ?, ?, 'accept', 'recipient', 'end of data')",
                [row.delivery.id, number, moment, moment],
            )


@pytest.mark.parametrize("tried", [7, 4])
@pytest.mark.parametrize("order", list(LogOrder))
@pytest.mark.parametrize("descending", [False, True])
def test_late_pages_are_found_from_elsewhere(web: WebDesk, order: LogOrder, descending: bool, tried: int) -> None:
    """Whatever short way leads to a page, it holds what the whole log, in that order, has there: no row twice, none left out."""
    ledger = web.app.ledger
    for number in range(3):
        made = ledger.dispatches.approve(draft(people(7, domain=f"n{number}.example"), request_key=str(number)), T0)
        ended(web, made.id, tried, timedelta(hours=number))
    tried_again(web, 2)
    for which in (LogFilter(), LogFilter(dispatch_id=2), LogFilter(states=(DeliveryState.ACCEPTED,))):
        whole = ledger.overview.page(which, order=order, descending=descending, limit=1000, offset=0)
        numbers = Counter(row.delivery.dispatch_id for row in whole)
        for size in (2, 5):
            parts = [
                ledger.overview.page(
                    which, order=order, descending=descending, limit=size, offset=offset, numbers=numbers
                )
                for offset in range(0, len(whole) + size, size)
            ]
            assert [row for part in parts for row in part] == list(whole), (which, size)
    for find in ("n1.example", "p0003", "nobody"):
        every = LogFilter(find=find)
        sorted_here = ledger.overview.page(every, order=order, descending=descending, limit=1000, offset=0)
        found, total = ledger.overview.search(every, order=order, descending=descending, limit=1000, offset=0)
        assert (found, total) == (sorted_here, len(sorted_here))
        some, number = ledger.overview.search(every, order=order, descending=descending, limit=2, offset=1)
        assert (some, number) == (found[1:3], total)
        assert ledger.overview.search(every, order=order, descending=descending, limit=2, offset=99) == ((), total)


def test_an_empty_log_does_not_blame_the_search(web: WebDesk) -> None:
    """Before the first dispatch the log says that nothing was sent, and offers no files; afterwards a search may find nothing."""
    officer = web.officer()
    empty = officer.get("/log").text
    assert "아직 보낸 것이 없습니다" in empty
    assert "/log/export" not in empty
    web.app.ledger.dispatches.approve(draft(people(1)), web.app.now())
    assert "맞는 줄이 없습니다" in officer.get("/log?find=nobody-of-this-name").text
