"""Dispatches move as the table says, and only so; the schema and its migrations agree."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from filelock import FileLock

from mailer.contacts import Suppression
from mailer.dispatch import DispatchStatus, PauseCause
from mailer.errors import IllegalMove, LedgerError, LedgerUnusable
from mailer.ledger import Ledger, LogFilter, open_ledger
from mailer.ledger.schema import metadata
from tests.builders import T0, contact, draft, people


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path / "mailer.db")
    yield opened
    opened.close()


def scheduled(ledger: Ledger, at: timedelta) -> int:
    dispatch = ledger.dispatches.approve(draft(people(1)), T0)
    ledger.dispatches.schedule(
        dispatch.id,
        send_at=T0 + at,
        zone="Asia/Seoul",
        wall_time="2026-12-10 09:00",
        late_after=timedelta(minutes=15),
        who="tester",
        now=T0,
    )
    return dispatch.id


def test_never_starts_early(ledger: Ledger) -> None:
    """An embargo is a promise: one second before its time nothing starts."""
    dispatch = scheduled(ledger, timedelta(hours=1))
    assert ledger.dispatches.start_due(T0 + timedelta(minutes=59, seconds=59)) == ((), ())
    started, held = ledger.dispatches.start_due(T0 + timedelta(hours=1))
    assert [d.id for d in started] == [dispatch]
    assert held == ()
    assert started[0].started_at == T0 + timedelta(hours=1)


def test_starts_once(ledger: Ledger) -> None:
    """The second bell finds nothing left to start."""
    scheduled(ledger, timedelta(0))
    assert len(ledger.dispatches.start_due(T0)[0]) == 1
    assert ledger.dispatches.start_due(T0) == ((), ())


def test_too_late_is_held_and_says_so(ledger: Ledger) -> None:
    """Later than late_after the dispatch is paused with the reason `late` and nothing goes out."""
    dispatch = scheduled(ledger, timedelta(0))
    started, held = ledger.dispatches.start_due(T0 + timedelta(minutes=16))
    assert started == ()
    assert [(d.id, d.status, d.pause_reason) for d in held] == [(dispatch, DispatchStatus.PAUSED, PauseCause.LATE)]
    resumed = ledger.dispatches.resume(dispatch, who="officer", now=T0 + timedelta(hours=2))
    assert resumed.started_at == T0 + timedelta(hours=2)
    assert resumed.give_up_at == T0 + timedelta(hours=26)


def test_held_dispatch_may_get_a_new_time(ledger: Ledger) -> None:
    """A held dispatch has sent nothing yet and can be moved; one that has begun cannot."""
    dispatch = scheduled(ledger, timedelta(0))
    ledger.dispatches.start_due(T0 + timedelta(minutes=16))
    again = ledger.dispatches.schedule(
        dispatch,
        send_at=T0 + timedelta(days=1),
        zone="Asia/Seoul",
        wall_time="x",
        late_after=timedelta(0),
        who="t",
        now=T0,
    )
    assert again.status is DispatchStatus.SCHEDULED
    ledger.dispatches.start_due(T0 + timedelta(days=1))
    ledger.dispatches.pause(dispatch, cause=PauseCause.OFFICER, who="t", now=T0)
    with pytest.raises(IllegalMove):
        ledger.dispatches.schedule(
            dispatch,
            send_at=T0 + timedelta(days=2),
            zone="Asia/Seoul",
            wall_time="x",
            late_after=timedelta(0),
            who="t",
            now=T0,
        )


def test_resume_keeps_the_date_of_the_messages(ledger: Ledger) -> None:
    """started_at is the Date of every message and is written once."""
    dispatch = scheduled(ledger, timedelta(0))
    ledger.dispatches.start_due(T0)
    ledger.dispatches.pause(dispatch, cause=PauseCause.SITE, detail="no route", who="worker", now=T0)
    resumed = ledger.dispatches.resume(dispatch, who="officer", now=T0 + timedelta(hours=3))
    assert resumed.started_at == T0
    assert resumed.pause_reason is None


def test_illegal_moves_are_refused_with_the_state(ledger: Ledger) -> None:
    """Every refused move names the state the dispatch is in."""
    dispatch = scheduled(ledger, timedelta(hours=1))
    with pytest.raises(IllegalMove, match="scheduled"):
        ledger.dispatches.resume(dispatch, who="t", now=T0)
    ledger.dispatches.cancel(dispatch, who="t", now=T0)
    for move in (ledger.dispatches.start, ledger.dispatches.resume, ledger.dispatches.cancel):
        with pytest.raises(IllegalMove, match="cancelled"):
            move(dispatch, who="t", now=T0)
    with pytest.raises(IllegalMove, match="no dispatch 99"):
        ledger.dispatches.start(99, who="t", now=T0)


def test_next_one_comes_first(ledger: Ledger) -> None:
    """The list of dispatches starts with the next scheduled one."""
    late, soon = scheduled(ledger, timedelta(days=2)), scheduled(ledger, timedelta(days=1))
    assert [d.id for d in ledger.dispatches.all()] == [soon, late]
    assert ledger.dispatches.next_due() == T0 + timedelta(days=1)


def test_package_and_contact_come_back_as_they_were(ledger: Ledger) -> None:
    """What approval froze is read back equal."""
    person = contact(
        "hong@news.example", name="홍길동", tags=("인권", "정치"), extra=(("지면", "1면"),), lists=("press",)
    )
    dispatch = ledger.dispatches.approve(draft((person,)), T0)
    assert ledger.dispatches.package(dispatch.id) == (b"package", b"%PDF-1.7")
    (row,) = ledger.log.rows(LogFilter(dispatch_id=dispatch.id))
    assert row.delivery.contact == person


def test_log_filters(ledger: Ledger) -> None:
    """Find looks in address, name and outlet and takes wildcards literally."""
    dispatch = ledger.dispatches.approve(
        draft((contact("a_b@news.example"), contact("axb@news.example", name="홍길동"))), T0
    )
    find = lambda text: [r.delivery.contact.address.local for r in ledger.log.rows(LogFilter(find=text))]  # noqa: E731
    assert find("A_B") == ["a_b"]
    assert find("길동") == ["axb"]
    assert ledger.log.count(LogFilter(dispatch_id=dispatch.id)) == 2
    assert len(ledger.log.rows(LogFilter(), limit=1, offset=1)) == 1


def test_suppression_survives_erasure(ledger: Ledger) -> None:
    """An erased address keeps its digest, still keeps the person out, and is not added twice."""
    entry = ledger.suppressed.suppressions().entry("a@news.example", reason="asked", added_at=T0, added_by="t")
    assert isinstance(entry, Suppression)
    assert ledger.suppressed.add([entry]) == 1
    assert ledger.forgetting.forget(contact("a@news.example").address).suppressed
    assert ledger.suppressed.add([entry]) == 0
    (kept,) = ledger.suppressed.suppressions().entries
    assert (kept.shown, kept.reason) == (None, "asked")
    assert ledger.suppressed.suppressions().why(contact("A@news.example").address) is not None
    assert ledger.suppressed.remove(entry.digest)
    assert ledger.suppressed.suppressions().why(contact("a@news.example").address) is None


def test_migrations_build_the_schema(tmp_path: Path) -> None:
    """The numbered migrations and the tables of today describe the same database."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    open_ledger(tmp_path / "m.db").close()
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'm.db'}")
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert differences == []


def test_newer_database_is_refused_untouched(tmp_path: Path) -> None:
    """A ledger of a newer version is left alone with a clear error."""
    path = tmp_path / "m.db"
    open_ledger(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE alembic_version SET version_num='9999'")
    raw.close()
    with pytest.raises(LedgerUnusable, match="newer"):
        open_ledger(path)


def test_something_else_than_a_database_is_refused(tmp_path: Path) -> None:
    """A file that is no database is an error with its path, never overwritten."""
    path = tmp_path / "m.db"
    path.write_bytes(b"this is a letter, not a database" * 100)
    with pytest.raises(LedgerUnusable, match="damaged") as caught:
        open_ledger(path)
    assert caught.value.where == str(path)
    assert path.read_bytes().startswith(b"this is a letter")


def test_a_foreign_database_is_refused_untouched(tmp_path: Path) -> None:
    """A file of another program gets none of our tables."""
    path = tmp_path / "m.db"
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE songs (title TEXT)")
    raw.close()
    with pytest.raises(LedgerUnusable, match="another program"):
        open_ledger(path)
    with sqlite3.connect(path) as raw:
        assert raw.execute("SELECT name FROM sqlite_master").fetchall() == [("songs",)]
    raw.close()


def test_a_held_database_is_no_wrong_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Held for too long by another program (a backup): an error after which a service may begin again, unlike those above."""
    monkeypatch.setattr("mailer.ledger.connect.BUSY_SECONDS", 0)
    path = tmp_path / "m.db"
    with closing(open_ledger(path)) as ledger, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="another program holds") as caught:
            ledger.queue.renew("w", T0)
        other.execute("ROLLBACK")
        ledger.queue.renew("w", T0)
    assert (caught.value.exit_code, LedgerUnusable.exit_code) == (1, 2)


def test_an_upgrade_that_another_program_does_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits too long for another one's migration says so, in words."""
    monkeypatch.setattr("mailer.ledger.connect.UPGRADE_SECONDS", 0.1)
    path = tmp_path / "m.db"
    with FileLock(tmp_path / "m.db-upgrade.lock"), pytest.raises(LedgerError, match="another program holds"):
        open_ledger(path)


def test_durable_settings(ledger: Ledger) -> None:
    """WAL and synchronous=FULL hold on every connection."""
    with ledger._database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2


def test_resume_before_the_time_schedules_again(ledger: Ledger) -> None:
    """Pause and resume of a scheduled dispatch never send an embargoed release early."""
    dispatch = scheduled(ledger, timedelta(hours=3))
    ledger.dispatches.pause(dispatch, cause=PauseCause.OFFICER, who="officer", now=T0)
    resumed = ledger.dispatches.resume(dispatch, who="officer", now=T0 + timedelta(hours=1))
    assert (resumed.status, resumed.started_at) == (DispatchStatus.SCHEDULED, None)
    assert resumed.send_at == T0 + timedelta(hours=3)


def test_a_scheduled_dispatch_cannot_be_sent_now(ledger: Ledger) -> None:
    """Its time may be an embargo; only its time, or another time given to it, starts it."""
    dispatch = scheduled(ledger, timedelta(hours=3))
    with pytest.raises(IllegalMove):
        ledger.dispatches.start(dispatch, who="officer", now=T0)
