"""A process of its own that writes turns (`turn.py`), so that the sender composes and sends while the disk works.

It is handed finished rows and answers when they are committed, with `synchronous=FULL` like everybody. If it ends before it has
answered, the same turn may be written again by anybody: every row is guarded.

Not here: when it pays to have one (`sending/writer.py`).
"""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from mailer.errors import LedgerError
from mailer.ledger import turn
from mailer.ledger.connect import BUSY_SECONDS, translated
from mailer.ledger.group import Rows

__all__ = ["Scribe", "ScribeGone"]

END_SECONDS = 5.0


class ScribeGone(Exception):
    """The process has ended. Whether it wrote the last turn is not known."""


class Scribe:
    """One process. `fileno` becomes readable when an answer is there: first the one that says it is `ready`, then one for each
    `post`, of which only one may be open. Raises OSError when no process can be started."""

    def __init__(self, path: Path, script: turn.Script, patience: float = BUSY_SECONDS) -> None:
        if os.name != "posix" or not sys.executable:
            raise OSError("a process cannot be handed a socket here")
        self._path = path
        self._wire, theirs = socket.socketpair()
        with theirs:
            # isolated: neither the environment nor the current folder may change what it runs
            command = [sys.executable, "-I", "-S", turn.__file__, str(theirs.fileno())]
            self._process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self._send((str(path.absolute()), script, patience))
        self.ready = False

    @property
    def pid(self) -> int:
        return self._process.pid

    def fileno(self) -> int:
        return self._wire.fileno()

    def post(self, rows: Rows) -> None:
        """Hands over one turn. Raises ScribeGone."""
        self._send(rows)

    def answer(self) -> frozenset[int]:
        """The deliveries that may leave, once their beginnings are on the disk; nothing for the first answer, after which it is
        `ready`. Blocks until it is there. Raises ScribeGone, or LedgerError when nothing of the turn was written."""
        try:
            answer = turn.receive(self._wire)
        except (EOFError, OSError) as error:
            raise ScribeGone(str(error)) from error
        if not answer:
            self.ready = True
            return frozenset()
        begun, *trouble = answer
        if begun is None:
            raise self._meaning(*trouble)
        return frozenset(begun)

    def close(self) -> None:
        """Ends it, after the turn it is at. Blocks for some seconds at most."""
        self._wire.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _send(self, value: Any) -> None:
        try:
            turn.send(self._wire, value)
        except OSError as error:
            raise ScribeGone(str(error)) from error

    def _meaning(self, code: int, words: str) -> LedgerError:
        error = sqlite3.OperationalError(words)
        error.sqlite_errorcode = code
        return translated(error, self._path)
