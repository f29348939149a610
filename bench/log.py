"""How long the first page of the log takes on a ledger with a million attempts: python bench/log.py [ATTEMPTS]

Bar: under one second, also for one dispatch, for failures only, and for a search.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mailer.dispatch import DeliveryState
from mailer.ledger import LogFilter, open_ledger
from tests.builders import draft, people

DISPATCHES = 100
PAGE = 100


def fill(path: Path, attempts: int) -> None:
    """A hundred dispatches; every tenth person was tried twice, every hundredth failed."""
    ledger = open_ledger(path)
    now = datetime.now(UTC)
    for number in range(DISPATCHES):
        ledger.dispatches.approve(draft(people(1), request_key=f"bench {number}"), now)
    ledger.close()
    base = sqlite3.connect(path)
    each = attempts * 10 // 11 // DISPATCHES
    columns = [row[1] for row in base.execute("PRAGMA table_info(delivery)")][1:]
    copy = ", ".join(
        {
            "position": "n.value",
            "address_key": "'p' || n.value || '@news.example'",
            "address": "'p' || n.value || '@news.example'",
            "name": "'기자 ' || n.value",
            "message_id": "'<' || d.dispatch_id || '.' || n.value || '@sender.example>'",
            "state": "CASE WHEN n.value % 100 THEN 'accepted' ELSE 'failed' END",
            "attempts": "CASE WHEN n.value % 10 THEN 1 ELSE 2 END",
        }.get(name, f"d.{name}")
        for name in columns
    )
    series = "WITH RECURSIVE n(value) AS (SELECT 2 UNION ALL SELECT value + 1 FROM n WHERE value < ?)"
    base.execute(f"{series} INSERT INTO delivery ({', '.join(columns)}) SELECT {copy} FROM delivery d, n", [each])
    base.execute(
        "INSERT INTO attempt (delivery_id, number, worker, started_at, ended_at, verdict, scope, stage, code, enhanced, reply,"
        " detail) SELECT d.id, n.column1, 'w', ?, ?, CASE d.state WHEN 'failed' THEN 'refuse' ELSE 'accept' END, 'recipient',"
        " 'end of data', 250, '2.0.0', 'taken', '' FROM delivery d JOIN (VALUES (1), (2)) n ON n.column1 <= d.attempts",
        [now.timestamp(), now.timestamp() + 1],
    )
    base.commit()
    print(base.execute("SELECT count(*) FROM attempt").fetchone()[0], "attempts,", path.stat().st_size // 2**20, "MiB")
    base.close()


def main() -> None:
    attempts = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mailer.db"
        fill(path, attempts)
        ledger = open_ledger(path)
        for name, which in {
            "first page of everything": LogFilter(),
            "one dispatch": LogFilter(dispatch_id=50),
            "failures": LogFilter(states=(DeliveryState.FAILED,)),
            "failures of one dispatch": LogFilter(dispatch_id=50, states=(DeliveryState.FAILED,)),
            "a search": LogFilter(find="기자 777"),
            "since today": LogFilter(since=datetime.now(UTC).replace(hour=0, minute=0)),
        }.items():
            began = time.perf_counter()
            rows = ledger.log.rows(which, limit=PAGE)
            paged = time.perf_counter()
            number = ledger.log.count(which)
            counted = time.perf_counter()
            print(f"{name:30} {paged - began:6.3f} s  {len(rows)} rows;  counting {number}: {counted - paged:6.3f} s")
        ledger.close()


if __name__ == "__main__":
    main()
