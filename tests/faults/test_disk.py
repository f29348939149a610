"""The disk is full, the database is old or new: nothing leaves that cannot be written down, and nothing is damaged."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from mailer.dispatch import Delivery, DispatchStatus, Outcome, Reply, Stage, Verdict
from mailer.errors import LedgerBusy, LedgerFull
from mailer.ledger import Beginning, Ledger, Settlement, connect, open_ledger
from mailer.sending.writer import Writer
from tests.builders import T0
from tests.faults.office import QUICK, begin, counts, journalists, send, smtp, status
from tests.faults.reckoning import reckon
from tests.scripted_smtp import Books, Rule, ScriptedServer, reply


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path / "mailer.db")
    yield opened
    opened.close()


def limit(ledger: Ledger, pages: int) -> None:
    """From now on the disk of this ledger has room for so many pages in all."""
    database = ledger._database
    event.listen(database.engine, "connect", lambda raw, _: raw.execute(f"PRAGMA max_page_count={pages}"))
    database.close()


def limited(path: Path, pages: int) -> Ledger:
    """A ledger on a disk that has room for so many more pages."""
    with closing(sqlite3.connect(path)) as plain:
        now: int = plain.execute("PRAGMA page_count").fetchone()[0]
    opened = open_ledger(path)
    limit(opened, now + pages)
    return opened


def intact(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as plain:
        return plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_full_disk_stops_sending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clear error, at most what was on the wire in doubt, a whole database, and with room again everybody gets it once."""
    # the small disk is one of our own connections: another process would not see its end
    monkeypatch.setattr("mailer.sending.writer.MANY_COMMITS", 10**6)
    path = tmp_path / "mailer.db"
    with closing(open_ledger(path)) as roomy:
        dispatch = begin(roomy, journalists(300))

    async def run() -> Books:
        chatty = Rule(stage="end", act=reply("250 2.0.0 " + "taken with many words " * 30))
        async with ScriptedServer(chatty) as server:
            with closing(limited(path, 25)) as tight:
                with pytest.raises(LedgerFull) as caught:
                    await send(tight, smtp(server.port), dispatch)
                assert caught.value.remedy is not None
                sent = len(server.books.stored)
                assert 0 < sent < 300
                assert counts(tight, dispatch).get("accepted", 0) >= sent - QUICK.connections
            assert intact(path)
            with closing(open_ledger(path)) as roomy:
                await send(roomy, smtp(server.port), dispatch)
                return server.books

    books = asyncio.run(run())
    with closing(open_ledger(path)) as roomy:
        result = reckon(roomy, dispatch, books)
        assert status(roomy, dispatch)[0] in (DispatchStatus.DONE, DispatchStatus.PAUSED)
    assert result.clean, result
    assert len(result.doubts) <= QUICK.connections
    assert result.accepted + len(result.doubts) == 300


def test_room_that_comes_back_in_time(tmp_path: Path) -> None:
    """An outcome that is known waits a moment for room: when room is made meanwhile, it is no doubt."""
    path = tmp_path / "mailer.db"
    with closing(open_ledger(path)) as ledger:
        dispatch = begin(ledger, journalists(1), T0)

        async def run() -> None:
            writer = Writer(ledger, full_patience=5.0)
            (row,) = ledger.queue.claim(dispatch.id, owner="w", limit=1, now=T0, lease_until=T0)
            await writer.begin(Beginning(delivery_id=row.id, owner="w", number=1, started_at=T0))
            with closing(sqlite3.connect(path)) as plain:
                pages = plain.execute("PRAGMA page_count").fetchone()[0]
            limit(ledger, pages)
            settling = writer.settling(accepted(row, "x" * 9_000))
            beginning = writer.begin(Beginning(delivery_id=row.id, owner="w", number=2, started_at=T0))
            with pytest.raises(LedgerFull):
                await beginning
            assert not settling.done()
            limit(ledger, 10**6)
            await settling

        asyncio.run(run())
        assert counts(ledger, dispatch) == {"accepted": 1}


def test_a_lock_that_is_given_back_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program holds the database for longer than a write waits: nothing new leaves, and a known outcome is no doubt."""
    monkeypatch.setattr(connect, "BUSY_SECONDS", 0)
    path = tmp_path / "mailer.db"
    with closing(open_ledger(path)) as ledger, closing(sqlite3.connect(path, isolation_level=None)) as other:
        dispatch = begin(ledger, journalists(1), T0)

        async def run() -> None:
            writer = Writer(ledger, full_patience=5.0)
            (row,) = ledger.queue.claim(dispatch.id, owner="w", limit=1, now=T0, lease_until=T0)
            await writer.begin(Beginning(delivery_id=row.id, owner="w", number=1, started_at=T0))
            other.execute("BEGIN IMMEDIATE")
            settling = writer.settling(accepted(row, "taken"))
            with pytest.raises(LedgerBusy):
                await writer.begin(Beginning(delivery_id=row.id, owner="w", number=2, started_at=T0))
            assert not settling.done()
            other.execute("ROLLBACK")
            await settling
            await writer.close()

        asyncio.run(run())
        assert counts(ledger, dispatch) == {"accepted": 1}


def accepted(row: Delivery, words: str) -> Settlement:
    reply = Reply(code=250, enhanced="2.0.0", text=words, stage=Stage.END)
    outcome = Outcome(verdict=Verdict.ACCEPT, reply=reply)
    return Settlement(delivery_id=row.id, owner="w", number=1, begun=True, outcome=outcome, started_at=T0, ended_at=T0)


def test_nearly_full_disk_is_noticed_before(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little room to finish in order: not a single connection is made."""
    dispatch = begin(ledger, journalists(5))
    monkeypatch.setattr(connect, "ROOM", 2**62)

    async def run() -> Books:
        async with ScriptedServer() as server:
            with pytest.raises(LedgerFull):
                await send(ledger, smtp(server.port), dispatch)
            return server.books

    assert asyncio.run(run()).connections == 0
    assert counts(ledger, dispatch) == {"queued": 5}


def test_older_database_is_migrated_after_a_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger of an older version is copied first, then brought up to date, with everything that is in it."""
    path = tmp_path / "mailer.db"
    with closing(open_ledger(path)) as old:
        dispatch = begin(old, journalists(3))
    versions = Path(connect.__file__).with_name("migrations") / "versions"
    later = tmp_path / "migrations"
    (later / "versions").mkdir(parents=True)
    for file in (*versions.glob("*.py"), versions.parent / "env.py"):
        target = later / "versions" / file.name if file.parent == versions else later / file.name
        target.write_bytes(file.read_bytes())
    (later / "versions" / "0002_next.py").write_text(NEXT)
    monkeypatch.setattr(connect, "MIGRATIONS", later)
    monkeypatch.setattr(connect, "REVISIONS", (*connect.REVISIONS, "0002"))
    monkeypatch.setattr(connect, "HEAD", "0002")
    with closing(open_ledger(path)) as new:
        assert counts(new, dispatch) == {"queued": 3}
        with new._database.reading() as connection:
            assert "colour" in {column["name"] for column in sa.inspect(connection).get_columns("dispatch")}
    (backup,) = tmp_path.glob("*.bak.db")
    with closing(sqlite3.connect(backup)) as plain:
        assert plain.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
        assert plain.execute("SELECT count(*) FROM delivery").fetchone() == (3,)
    with closing(open_ledger(path)):
        assert len(list(tmp_path.glob("*.bak.db"))) == 1


NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    with op.batch_alter_table("dispatch") as batch:
        batch.add_column(sa.Column("colour", sa.Text()))
"""


def test_processes_open_the_same_new_database(tmp_path: Path) -> None:
    """Four programs open a ledger that is not there yet, at the same moment: all of them can use it."""
    program = (
        "import sys, pathlib; from mailer.ledger import open_ledger; open_ledger(pathlib.Path(sys.argv[1])).close()"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "mailer.db")]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE, cwd=Path(__file__).parents[2]) for _ in range(4)]
    said = [process.communicate(timeout=60)[1].decode() for process in started]
    assert [process.returncode for process in started] == [0] * 4, said
