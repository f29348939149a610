"""The scribe: another process writes what `Queue.write` writes, and nothing is lost or doubled when it ends."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.dispatch import Delivery, DeliveryState, Outcome, Reply, Scope, Stage, Verdict
from mailer.errors import LedgerBusy, LedgerError, LedgerFull
from mailer.ledger import Beginning, Ledger, Scribe, ScribeGone, Settlement, open_ledger, turn, turn_rows
from mailer.ledger.scribe import Scribe as Process
from tests.builders import T0, draft, people

OK = Reply(code=250, enhanced="2.0.0", text="받았습니다", stage=Stage.END)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path / "mailer.db")
    yield opened
    opened.close()


@pytest.fixture
def scribe(ledger: Ledger) -> Iterator[Scribe]:
    started = ledger.queue.scribe()
    assert not started.ready
    assert started.answer() == frozenset()
    assert started.ready
    yield started
    started.close()


def claimed(ledger: Ledger, count: int) -> tuple[Delivery, ...]:
    dispatch = ledger.dispatches.approve(draft(people(count)), T0)
    ledger.dispatches.start(dispatch.id, who="tester", now=T0)
    return ledger.queue.claim(dispatch.id, owner="w", limit=count, now=T0, lease_until=T0 + timedelta(minutes=5))


def beginning(row: Delivery) -> Beginning:
    return Beginning(delivery_id=row.id, owner="w", number=1, started_at=T0)


def ending(row: Delivery, verdict: Verdict = Verdict.ACCEPT, *, begun: bool = True) -> Settlement:
    outcome = Outcome(verdict=verdict, scope=Scope.RECIPIENT, stage=Stage.END, reply=OK)
    retry = T0 + timedelta(minutes=5) if verdict is Verdict.DEFER else None
    return Settlement(
        delivery_id=row.id,
        owner="w",
        number=1,
        begun=begun,
        outcome=outcome,
        started_at=T0,
        ended_at=T0 + timedelta(seconds=1),
        retry_at=retry,
    )


def written(ledger: Ledger, scribe: Scribe, begins: list[Beginning], settles: list[Settlement]) -> frozenset[int]:
    scribe.post(turn_rows(begins, settles, []))
    return scribe.answer()


def tables(path: Path) -> list[list[tuple[object, ...]]]:
    """Every row of the two tables that a turn changes, but for random Message-IDs."""
    with closing(sqlite3.connect(path)) as plain:
        deliveries = plain.execute(
            "SELECT id, state, attempts, retry_at, lease_owner, lease_until FROM delivery ORDER BY id"
        ).fetchall()
        return [deliveries, plain.execute("SELECT * FROM attempt ORDER BY delivery_id, number").fetchall()]


def test_it_writes_what_the_queue_writes(ledger: Ledger, scribe: Scribe, tmp_path: Path) -> None:
    """The same turns, with every verdict, refused rows and attempts that begin and end in one go, leave the same rows."""
    with closing(open_ledger(tmp_path / "other.db")) as other:
        answers = []
        for book in (ledger, other):
            rows = claimed(book, 7)
            strange = replace(beginning(rows[5]), owner="somebody else")
            turns: list[tuple[list[Beginning], list[Settlement]]] = [
                ([*map(beginning, rows[:4]), strange], []),
                ([beginning(rows[4])], [ending(row, verdict) for row, verdict in zip(rows, Verdict, strict=False)]),
                ([], [ending(rows[4]), ending(rows[6], Verdict.REFUSE, begun=False), ending(rows[5], begun=True)]),
            ]
            answers.append(
                [written(ledger, scribe, *each) if book is ledger else book.queue.write(*each) for each in turns]
            )
    assert answers[0] == answers[1]
    assert [len(answer) for answer in answers[0]] == [4, 1, 0]
    assert tables(tmp_path / "mailer.db") == tables(tmp_path / "other.db")


def test_a_turn_may_be_written_twice(ledger: Ledger, scribe: Scribe, tmp_path: Path) -> None:
    """Written again because nobody knew, a turn changes nothing and answers the same; after the outcome it begins nothing."""
    rows = claimed(ledger, 3)
    begins = [beginning(row) for row in rows]
    first = written(ledger, scribe, begins[:2], [])
    once = tables(tmp_path / "mailer.db")
    assert ledger.queue.write(begins[:2], []) == first == {rows[0].id, rows[1].id}
    assert tables(tmp_path / "mailer.db") == once
    # one of them is new
    assert ledger.queue.write(begins, []) == {row.id for row in rows}
    assert len(tables(tmp_path / "mailer.db")[1]) == 3
    for _ in range(2):
        assert written(ledger, scribe, [], [ending(rows[0])]) == frozenset()
    assert written(ledger, scribe, begins[:1], []) == frozenset()
    assert ledger.queue.counts(rows[0].dispatch_id)[DeliveryState.ACCEPTED] == 1


def test_a_held_database_is_busy_and_the_next_turn_is_written(ledger: Ledger, tmp_path: Path) -> None:
    """Out of patience it writes nothing, says why, and goes on."""
    (row,) = claimed(ledger, 1)
    hasty = Process(tmp_path / "mailer.db", ledger.queue._group.script, patience=0.05)
    hasty.answer()
    with closing(sqlite3.connect(tmp_path / "mailer.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerBusy):
            written(ledger, hasty, [beginning(row)], [])
        other.execute("COMMIT")
    assert written(ledger, hasty, [beginning(row)], []) == {row.id}
    hasty.close()


def test_a_fault_leaves_no_half_turn(ledger: Ledger, scribe: Scribe, tmp_path: Path) -> None:
    """A statement that fails takes back those before it in the same turn."""
    (row,) = claimed(ledger, 1)
    with closing(sqlite3.connect(tmp_path / "mailer.db")) as plain:
        plain.execute("ALTER TABLE attempt RENAME TO away")
    with pytest.raises(LedgerError):
        written(ledger, scribe, [beginning(row)], [])
    with closing(sqlite3.connect(tmp_path / "mailer.db")) as plain:
        plain.execute("ALTER TABLE away RENAME TO attempt")
    assert ledger.queue.counts(row.dispatch_id)[DeliveryState.QUEUED] == 1
    assert written(ledger, scribe, [beginning(row)], []) == {row.id}


def test_a_full_disk_is_told_as_one(ledger: Ledger, scribe: Scribe, tmp_path: Path) -> None:
    """What SQLite says when there is no room left reaches the writer as LedgerFull, and the connection is of use again."""
    (row,) = claimed(ledger, 1)
    with closing(turn._open_database(str(tmp_path / "mailer.db"))) as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")
        made = turn.Turn(ledger.queue._group.script)
        taken = ending(row)
        assert taken.outcome.reply is not None
        chatty = replace(taken.outcome, reply=replace(taken.outcome.reply, text="x" * 9_000))
        wide = turn_rows([], [replace(taken, outcome=chatty)], [])
        assert turn._written(connection, made, 0.0, turn_rows([beginning(row)], [], [])) == ([row.id],)
        nothing, code, words = turn._written(connection, made, 0.0, wide)
        assert nothing is None
        assert code == sqlite3.SQLITE_FULL
        assert isinstance(scribe._meaning(code, words), LedgerFull)
        connection.execute(f"PRAGMA max_page_count={pages + 100}")
        assert turn._written(connection, made, 0.0, wide) == ([],)
    assert ledger.queue.counts(row.dispatch_id)[DeliveryState.ACCEPTED] == 1


def test_it_commits_to_the_disk(ledger: Ledger, tmp_path: Path) -> None:
    """Its connection syncs each commit (FULL) and checks references, in WAL mode."""
    with closing(turn._open_database(str(tmp_path / "mailer.db"))) as connection:
        found = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "foreign_keys")]
        assert found == [2, 1]
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_what_ends_the_program_does_not_cut_a_turn_short(ledger: Ledger, scribe: Scribe) -> None:
    """Ctrl-C and a stopping service reach every process; this one ends when its work does. Only a kill is noticed."""
    rows = claimed(ledger, 2)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(scribe.pid, number)
    assert written(ledger, scribe, [beginning(rows[0])], []) == {rows[0].id}
    os.kill(scribe.pid, signal.SIGKILL)
    with pytest.raises(ScribeGone):
        written(ledger, scribe, [beginning(rows[1])], [])


def test_it_ends_with_the_program_that_started_it(ledger: Ledger, tmp_path: Path) -> None:
    """A worker that is killed leaves no process behind."""
    claimed(ledger, 1)
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom mailer.ledger import open_ledger\n"
        "scribe = open_ledger(Path(sys.argv[1])).queue.scribe()\nscribe.answer()\n"
        "print(scribe.pid, flush=True)\nos.kill(os.getpid(), 9)\n"
    )
    said = subprocess.run([sys.executable, "-c", code, str(tmp_path / "mailer.db")], capture_output=True, text=True)
    pid = int(said.stdout)
    assert said.returncode == -signal.SIGKILL
    until = time.monotonic() + 10
    while alive(pid):
        assert time.monotonic() < until, "it is still there"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has waited for does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
