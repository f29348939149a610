"""The ledger: the one place where facts are kept. All SQL lives here.

It promises: a committed fact survives kill -9 and a power cut (SQLite, WAL, synchronous=FULL); every move of a delivery or a
dispatch is guarded by the state it comes from; one delivery per (dispatch, address); attempts are append-only and settled once; a
database of a newer version is refused, one of an older version is migrated after a backup.

    ledger = open_ledger(path)
    ledger.dispatches   approve, schedule, start, pause, resume, finish, cancel
    ledger.queue        claim, begin and settle in one write (here, or by a scribe: a process), reconcile, resolve
    ledger.log          rows, counts, history
    ledger.suppressed   entries and the salt of their digests
    ledger.forgetting   what is kept of a person who asked to be forgotten
    ledger.presence()   a worker's proof of life
    ledger.overview     pages of the log, newest results, numbers of all dispatches
    ledger.manuscripts  releases being written on the web page
    ledger.testers      who gets test copies
    ledger.accounts     who may use the web page, and who is logged in

All methods block; asynchronous callers use threads. Times are aware datetimes and always handed in: the ledger reads no clock.

Not here: retry, pace, policy (`sending/`, `desk/`), plain words for replies (`transport/`).
"""

from __future__ import annotations

from pathlib import Path

from mailer.ledger.accounts import Account, Accounts, Session
from mailer.ledger.connect import open_database
from mailer.ledger.dispatches import Dispatches
from mailer.ledger.forgetting import Forgetting, ForgottenRows
from mailer.ledger.group import turn_rows
from mailer.ledger.log import Log, LogFilter
from mailer.ledger.manuscripts import DraftLetter, Manuscripts
from mailer.ledger.overview import LogOrder, Overview
from mailer.ledger.presence import Presence
from mailer.ledger.queue import Beginning, Lease, Queue, Settlement
from mailer.ledger.scribe import Scribe, ScribeGone
from mailer.ledger.suppressed import Suppressed
from mailer.ledger.testers import Tester, Testers
from mailer.ledger.values import Draft, LeftOutRow, LogRow, Share

__all__ = [
    "Account",
    "Beginning",
    "Draft",
    "DraftLetter",
    "ForgottenRows",
    "Lease",
    "Ledger",
    "LeftOutRow",
    "LogFilter",
    "LogOrder",
    "LogRow",
    "Presence",
    "Scribe",
    "ScribeGone",
    "Session",
    "Settlement",
    "Share",
    "Tester",
    "open_ledger",
    "turn_rows",
]


class Ledger:
    """One open database; see the module's docstring for its parts."""

    def __init__(self, path: Path) -> None:
        self._database = open_database(path)
        self.path = path
        self.dispatches = Dispatches(self._database)
        self.queue = Queue(self._database)
        self.log = Log(self._database)
        self.suppressed = Suppressed(self._database)
        self.forgetting = Forgetting(self._database, self.suppressed)
        self.overview = Overview(self._database)
        self.manuscripts = Manuscripts(self._database)
        self.testers = Testers(self._database)
        self.accounts = Accounts(self._database)

    def presence(self, *, practice: bool = False) -> Presence:
        return Presence(self.path.with_name(f"{self.path.name}-workers"), practice=practice)

    def require_room(self) -> None:
        """Raises LedgerFull when the disk is nearly full, while what is on the wire can still be written down."""
        self._database.require_room()

    def workers_alive(self, *, practice: bool) -> bool:
        """Whether a worker of this mode runs on this ledger now: one of the other mode sends nothing of ours."""
        return self.presence().others_alive(practice=practice)

    def close(self) -> None:
        self._database.close()


def open_ledger(path: Path) -> Ledger:
    """Open or create the ledger; migrates an older one. Raises LedgerError."""
    return Ledger(path)
