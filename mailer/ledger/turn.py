"""One turn of the ledger: outcomes and next beginnings written in one transaction, row by row guarded.

This file is also a program (`scribe.py` starts it): it reads turns from a socket, writes each and answers when it is on the disk.
So it imports nothing but the standard library; statements come in from `group.py`, as text.

    frame    4 octets of length (network order), then that many octets of `marshal`
    in       (path, script, patience) once, then (ended, entered, begins, leases) for each turn: lists of rows
    out      () when the database is open, then (ids,) or (None, sqlite_errorcode, words) for each turn

Not here: the statements (`group.py`), who asks (`scribe.py`, `queue.py`).
"""

from __future__ import annotations

import marshal
import signal
import socket
import sqlite3
import struct
import sys
import time
from collections.abc import Iterable
from contextlib import closing
from operator import itemgetter
from typing import Any, TypeAlias

__all__ = ["COLUMNS", "LEASE_COLUMNS", "Row", "Script", "Turn", "receive", "send"]

COLUMNS = (
    "id",
    "owner",
    "number",
    "before",
    "started",
    "ended",
    "retry",
    "verdict",
    "scope",
    "stage",
    "code",
    "enhanced",
    "reply",
    "detail",
)
"""What a row holds, in order; a beginning has the first five. Times are epoch seconds."""

LEASE_COLUMNS = ("ids", "owner", "until", "dispatch", "now")
"""What the row of a lease holds; `ids` is a JSON list."""

Row: TypeAlias = tuple[Any, ...]

Script: TypeAlias = dict[str, list[tuple[str, tuple[int, ...]]]]
"""Statements by name, each with the columns of a row that it takes. `lease`, `take`, `taken`, `take_late`, `open`, `opened`,
`record`, `end` and `ended` are one each; a verdict's name has those that move a delivery."""

_VERDICT = COLUMNS.index("verdict")
_LENGTH = struct.Struct("!I")


class _Statement:
    def __init__(self, sql: str, columns: tuple[int, ...]) -> None:
        self._sql = sql
        # with one column `itemgetter` gives the value alone
        self._pick = itemgetter(*columns) if len(columns) > 1 else itemgetter(slice(columns[0], columns[0] + 1))

    def run(self, cursor: sqlite3.Cursor, rows: Iterable[Row]) -> int:
        """How many rows were changed or made."""
        cursor.executemany(self._sql, map(self._pick, rows))
        return cursor.rowcount

    def found(self, cursor: sqlite3.Cursor, row: Row) -> bool:
        """Whether the query finds something for `row`."""
        return cursor.execute(self._sql, self._pick(row)).fetchone() is not None


class Turn:
    """Writes turns inside the caller's transaction. A turn that is written twice has been written once."""

    def __init__(self, script: Script) -> None:
        made = {name: [_Statement(*each) for each in statements] for name, statements in script.items()}
        (self._take,), (self._taken,), (self._take_late,) = made.pop("take"), made.pop("taken"), made.pop("take_late")
        (self._lease,) = made.pop("lease")
        (self._open,), (self._opened,), (self._record,) = made.pop("open"), made.pop("opened"), made.pop("record")
        (self._end,), (self._ended,) = made.pop("end"), made.pop("ended")
        self._moves = made

    def write(
        self, cursor: sqlite3.Cursor, ended: list[Row], entered: list[Row], begins: list[Row], leases: list[Row]
    ) -> list[int]:
        """Settles attempts that have begun (`ended`) and those that begin and end in one go (`entered`); returns the deliveries of
        `begins` that may leave. What somebody else has is not leased."""
        self._settle(cursor, ended, entered)
        if leases:
            self._lease.run(cursor, leases)
        fresh = begins
        if begins and self._take.run(cursor, begins) < len(begins):
            begins = [row for row in begins if self._taken.found(cursor, row)]
            # a turn whose answer was lost: the attempt is there, and not a byte has left yet
            fresh = [row for row in begins if not self._opened.found(cursor, row)]
        if fresh:
            self._open.run(cursor, fresh)
        return [row[0] for row in begins]

    def _settle(self, cursor: sqlite3.Cursor, ended: list[Row], entered: list[Row]) -> None:
        if ended and self._end.run(cursor, ended) < len(ended):
            # an attempt is settled once: what came second changes nothing
            ended = [row for row in ended if self._ended.found(cursor, row)]
        rows = ended + [row for row in entered if self._enter(cursor, row)]
        for verdict, moves in self._moves.items():
            if moving := [row for row in rows if row[_VERDICT] == verdict]:
                for move in moves:
                    move.run(cursor, moving)

    def _enter(self, cursor: sqlite3.Cursor, row: Row) -> bool:
        if self._take_late.run(cursor, [row]) != 1:
            return False
        self._record.run(cursor, [row])
        return True


def send(wire: socket.socket, value: Any) -> None:
    """One frame. Raises OSError when the other side is gone."""
    data = marshal.dumps(value)
    wire.sendall(_LENGTH.pack(len(data)) + data)


def receive(wire: socket.socket) -> Any:
    """The next frame; there is never more than one on the way. Raises EOFError when the other side is gone."""
    data = _more(wire)
    while len(data) < _LENGTH.size or len(data) < _LENGTH.size + _LENGTH.unpack_from(data)[0]:
        data += _more(wire)
    return marshal.loads(memoryview(data)[_LENGTH.size :])


def _more(wire: socket.socket) -> bytes:
    data = wire.recv(1 << 16)
    if not data:
        raise EOFError("the other side is gone")
    return data


# -- the program -------------------------------------------------------------------------------------------------------


def _open_database(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=0.0, isolation_level=None)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _begin(connection: sqlite3.Connection, patience: float) -> None:
    """SQLite's own waiting sleeps a millisecond and more, which is as long as others write."""
    until, pause = time.monotonic() + patience, 0.0001
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        else:
            return
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)


def _written(connection: sqlite3.Connection, turn: Turn, patience: float, rows: Any) -> Row:
    """The answer to one turn. After a failure the connection holds no transaction."""
    try:
        _begin(connection, patience)
        begun = turn.write(connection.cursor(), *rows)
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if connection.in_transaction:
            connection.rollback()
        return None, error.sqlite_errorcode, str(error)
    return (begun,)


def main() -> None:
    # it ends when its socket does: what ends the program that started it must not cut a turn short
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as wire:
        try:
            path, script, patience = receive(wire)
            turn = Turn(script)
            with closing(_open_database(path)) as connection:
                send(wire, ())
                while True:
                    send(wire, _written(connection, turn, patience, receive(wire)))
        except (EOFError, OSError):
            return


if __name__ == "__main__":
    main()
