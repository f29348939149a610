"""What pages ask of the ledger: orders, searches, newest results; accounts, sessions and drafts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.dispatch import Outcome, Reply, Stage, Verdict
from mailer.ledger import Account, Beginning, DraftLetter, Ledger, LogFilter, LogOrder, Settlement, open_ledger
from mailer.ledger.testers import MOST
from tests.builders import T0, contact, draft

LEASE = timedelta(minutes=5)
OUTLETS = ("다", "가", "나", "라")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path / "mailer.db")
    yield opened
    opened.close()


@pytest.fixture
def dispatch(ledger: Ledger) -> int:
    """Four people; the third was accepted first, then the first was refused; two were never tried."""
    people = tuple(
        contact(f"{name}@news.example", name=name, outlet=outlet) for name, outlet in zip("cadb", OUTLETS, strict=True)
    )
    found = ledger.dispatches.approve(draft(people), T0)
    ledger.dispatches.start(found.id, who="tester", now=T0)
    rows = ledger.queue.claim(found.id, owner="w", limit=4, now=T0, lease_until=T0 + LEASE)
    for minutes, place, verdict in ((1, 2, Verdict.ACCEPT), (2, 0, Verdict.REFUSE)):
        row, at = rows[place], T0 + timedelta(minutes=minutes)
        reply = Reply(code=250, enhanced="2.0.0", text="queued", stage=Stage.END)
        ledger.queue.write([Beginning(delivery_id=row.id, owner="w", number=1, started_at=at)], [])
        settled = Settlement(
            delivery_id=row.id, owner="w", number=1, begun=True, outcome=Outcome(verdict=verdict, reply=reply),
            started_at=at, ended_at=at, retry_at=None,
        )  # fmt: skip
        ledger.queue.write([], [settled])
    return found.id


def names(ledger: Ledger, which: LogFilter, order: LogOrder, *, descending: bool = False, offset: int = 0) -> str:
    rows = ledger.overview.page(which, order=order, descending=descending, limit=10, offset=offset)
    return "".join(row.delivery.contact.name for row in rows)


@pytest.mark.parametrize(
    ("order", "descending", "expected"),
    [
        (LogOrder.PLACE, False, "cadb"),
        (LogOrder.ADDRESS, False, "abcd"),
        (LogOrder.ADDRESS, True, "dcba"),
        (LogOrder.OUTLET, False, "adcb"),
        (LogOrder.TIME, False, "dcab"),
        (LogOrder.TIME, True, "cdab"),
    ],
)
def test_a_page_has_the_order_asked_for(
    ledger: Ledger, dispatch: int, order: LogOrder, descending: bool, expected: str
) -> None:
    """By place, address, outlet and time, up and down; people who were never tried stand last."""
    assert names(ledger, LogFilter(dispatch_id=dispatch), order, descending=descending) == expected


@pytest.mark.parametrize("descending", [False, True])
def test_pages_by_time_neither_lose_nor_repeat(ledger: Ledger, dispatch: int, descending: bool) -> None:
    """Paging one by one through the quick and the thorough way gives each row once, in the same order."""
    which = LogFilter(dispatch_id=dispatch)
    whole = names(ledger, which, LogOrder.TIME, descending=descending)
    single = [
        ledger.overview.page(which, order=LogOrder.TIME, descending=descending, limit=1, offset=at)[0]
        for at in range(4)
    ]
    assert "".join(row.delivery.contact.name for row in single) == whole


def test_a_search_counts_what_it_finds(ledger: Ledger, dispatch: int) -> None:
    """One reading gives the page and the number of all matches; hostile patterns are plain text."""
    rows, total = ledger.overview.search(LogFilter(find="NEWS.example"), order=LogOrder.PLACE, limit=2, offset=2)
    assert total == 4
    assert [row.delivery.contact.name for row in rows] == ["d", "b"]
    assert ledger.overview.search(LogFilter(find="%_"), order=LogOrder.PLACE, limit=2, offset=0) == ((), 0)


def test_the_newest_results_come_first(ledger: Ledger, dispatch: int) -> None:
    """Those whose attempts ended last, and nobody who was not tried."""
    rows = ledger.overview.newest(dispatch, 8)
    assert [row.delivery.contact.name for row in rows] == ["c", "d"]


def test_a_person_has_a_history(ledger: Ledger, dispatch: int) -> None:
    """Every delivery to one mailbox in any dispatch, the newest first."""
    again = ledger.dispatches.approve(draft((contact("a@news.example"),), title="again"), T0)
    assert [row.delivery.dispatch_id for row in ledger.overview.person("a@news.example")] == [again.id, dispatch]


def test_accounts_and_sessions_end_together(ledger: Ledger) -> None:
    """A session knows its account's role of now; another password or a removed account ends it."""
    for name in ("kim", "lee"):
        assert ledger.accounts.add(Account(name=name, password="hash", role="write", created_at=T0))
        ledger.accounts.open_session(name, name=name, account=name, now=T0, forget=T0)
    assert not ledger.accounts.add(Account(name="kim", password="other", role="admin", created_at=T0))
    ledger.accounts.set_role("kim", "approve")
    found = ledger.accounts.session("kim")
    assert found is not None
    assert found.role == "approve"
    ledger.accounts.set_password("kim", "new")
    ledger.accounts.remove("lee")
    assert ledger.accounts.session("kim") is None
    assert ledger.accounts.session("lee") is None


def test_an_orphaned_session_is_none(ledger: Ledger) -> None:
    """Even if an account vanished past the rules of the database, its session does not become one without an account."""
    ledger.accounts.add(Account(name="kim", password="hash", role="write", created_at=T0))
    ledger.accounts.open_session("digest", name="kim", account="kim", now=T0, forget=T0)
    with sqlite3.connect(ledger.path) as raw:
        raw.execute("PRAGMA foreign_keys=OFF")
        raw.execute("DELETE FROM account")
    raw.close()
    assert ledger.accounts.session("digest") is None


def test_old_sessions_are_swept(ledger: Ledger) -> None:
    """Opening a session forgets those that nobody has used for long."""
    ledger.accounts.open_session("old", name="kim", account=None, now=T0, forget=T0)
    later = T0 + timedelta(days=2)
    ledger.accounts.open_session("new", name="kim", account=None, now=later, forget=later - timedelta(hours=12))
    assert ledger.accounts.session("old") is None
    assert ledger.accounts.session("new") is not None


def test_a_draft_is_saved_by_version(ledger: Ledger, dispatch: int) -> None:
    """A save over another version, or after it was sent, changes nothing; calling off renews the key."""
    made = ledger.manuscripts.create(title="a", letter="one", who="kim", now=T0)

    def save(version: int, letter: str, names: str = "") -> DraftLetter | None:
        return ledger.manuscripts.save_letter(
            made.id, version=version, title="b", letter=letter, names_file="n.txt", names=names, who="lee", now=T0
        )

    saved = save(1, "two", "가람 모임")
    assert saved is not None
    assert (saved.version, saved.letter, saved.names, saved.updated_by) == (2, "two", "가람 모임", "lee")
    assert save(1, "three") is None
    ledger.manuscripts.sent(made.id, dispatch)
    assert save(2, "three") is None
    assert not ledger.manuscripts.remove(made.id, version=2)
    assert ledger.manuscripts.open() == ()
    assert ledger.manuscripts.reopen(made.id, dispatch)
    assert not ledger.manuscripts.reopen(made.id, dispatch)
    again = ledger.manuscripts.get(made.id)
    assert again is not None
    assert again.request_key != made.request_key


def test_the_number_of_a_deleted_draft_is_never_given_again(ledger: Ledger) -> None:
    """A window that still shows a deleted draft cannot write into another one; who saw an old version deletes nothing."""
    first = ledger.manuscripts.create(title="a", letter="one", who="kim", now=T0)
    assert not ledger.manuscripts.remove(first.id, version=2)
    assert ledger.manuscripts.remove(first.id, version=1)
    assert ledger.manuscripts.create(title="b", letter="two", who="kim", now=T0).id > first.id


def test_testers_are_kept_once_and_bounded(ledger: Ledger) -> None:
    """An address is kept once however it is spelled, there is an end to them, and one can go."""
    one, same = contact("Me@office.example").address, contact("me@OFFICE.example").address
    assert ledger.testers.add(one, who="kim", now=T0)
    assert ledger.testers.add(same, who="lee", now=T0)
    assert [tester.address for tester in ledger.testers.all()] == [str(one)]
    more = [ledger.testers.add(contact(f"t{n}@office.example").address, who="kim", now=T0) for n in range(MOST)]
    assert more == [True] * (MOST - 1) + [False]
    assert len(ledger.testers.all()) == MOST
    assert ledger.testers.remove(ledger.testers.all()[0].id)
    assert len(ledger.testers.all()) == MOST - 1
