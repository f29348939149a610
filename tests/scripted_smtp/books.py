"""What the scripted server saw, exactly: the other half of every claim that nothing is lost or doubled.

Every event is kept in memory and, with a file, appended to it as one line of JSON by one write: what is in the books survives
a kill of either side. `Books.read(path)` gives the same object back in another process.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(slots=True, kw_only=True)
class Stored:
    """A message the server has taken. `answered` is True when its 2xx was written whole; `sha256` is of `data` as it was
    before dot-stuffing. `data` is kept only with `keep_data=True`."""

    number: int
    connection: int
    sender: str
    recipients: tuple[str, ...]
    message_id: str
    sha256: str
    size: int
    time: float
    encrypted: bool
    answered: bool = False
    data: bytes = field(default=b"", repr=False)

    @property
    def recipient(self) -> str:
        return self.recipients[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One answer to a RCPT (`stage` "rcpt"), or one answer to a final dot ("end"). `code` 0: none was given."""

    stage: str
    connection: int
    recipient: str
    code: int
    time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    user: str
    mechanism: str
    accepted: bool
    encrypted: bool
    time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """Something a careful client does not do: `bare_line_end`, `line_too_long`, `dot_not_stuffed`, `eight_bit_undeclared`,
    `command_too_long`, `pipelined_unasked`, `pipelined_after_starttls`, `data_before_354`, `utf8_undeclared`,
    `address_limits`, `unknown_command`, `bad_sequence`, `over_size`, `malformed_command`."""

    kind: str
    detail: str
    connection: int


class Books:
    """`stored`, `attempts`, `logins`, `violations`, `commands` in the order of happening, and some sums."""

    def __init__(self, path: Path | None = None, *, keep_data: bool = False) -> None:
        self.stored: list[Stored] = []
        self.attempts: list[Attempt] = []
        self.logins: list[Login] = []
        self.violations: list[Violation] = []
        self.commands: list[tuple[int, str]] = []
        self.connections = 0
        self.open_connections = 0
        self.max_simultaneous = 0
        self.keep_data = keep_data
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600) if path else None

    # sums

    @property
    def recipients(self) -> Counter[str]:
        """How many messages each recipient got; `recipients[address]` is 0 for nobody."""
        return Counter(address for message in self.stored for address in message.recipients)

    @property
    def doubled(self) -> dict[str, int]:
        """Recipients with more than one message."""
        return {address: count for address, count in self.recipients.items() if count > 1}

    def missing(self, expected: list[str]) -> list[str]:
        """Those of `expected` who got nothing."""
        return [address for address in expected if not self.recipients[address]]

    def codes(self, recipient: str) -> list[int]:
        """Every code this recipient was answered with, at RCPT and after the dot."""
        return [attempt.code for attempt in self.attempts if attempt.recipient == recipient]

    # entries

    def opened(self) -> int:
        """A connection came; its number from 1."""
        self.connections += 1
        self.open_connections += 1
        self.max_simultaneous = max(self.max_simultaneous, self.open_connections)
        self._write("opened", connection=self.connections, time=time.time())
        return self.connections

    def closed(self, connection: int) -> None:
        self.open_connections -= 1
        self._write("closed", connection=connection, time=time.time())

    def command(self, connection: int, line: str) -> None:
        """Every command line (AUTH without its secret); in memory only."""
        self.commands.append((connection, line))

    def attempt(self, stage: str, connection: int, recipient: str, code: int) -> None:
        entry = Attempt(stage=stage, connection=connection, recipient=recipient, code=code, time=time.time())
        self.attempts.append(entry)
        self._write("attempt", stage=stage, connection=connection, recipient=recipient, code=code, time=entry.time)

    def login(self, user: str, mechanism: str, *, accepted: bool, encrypted: bool) -> None:
        entry = Login(user=user, mechanism=mechanism, accepted=accepted, encrypted=encrypted, time=time.time())
        self.logins.append(entry)
        self._write("login", user=user, mechanism=mechanism, accepted=accepted, encrypted=encrypted, time=entry.time)

    def violation(self, kind: str, detail: str, connection: int) -> None:
        self.violations.append(Violation(kind=kind, detail=detail, connection=connection))
        self._write("violation", kind=kind, detail=detail, connection=connection)

    def store(self, **facts: Any) -> Stored:
        """A message is taken; in the file before the answer is written."""
        data = facts.pop("data")
        message = Stored(number=len(self.stored) + 1, time=time.time(), data=data if self.keep_data else b"", **facts)
        self.stored.append(message)
        self._write("stored", number=message.number, time=message.time, **facts)
        return message

    def answered(self, message: Stored) -> None:
        """The 2xx for `message` has been written whole."""
        message.answered = True
        self._write("answered", number=message.number)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _write(self, event: str, **facts: Any) -> None:
        if self._file is not None:
            os.write(self._file, (json.dumps({"event": event, **facts}, ensure_ascii=False) + "\n").encode())

    @classmethod
    def read(cls, path: Path) -> Books:
        """The books another process writes or wrote; a last line that is not whole is left out."""
        books = cls()
        for line in path.read_bytes().split(b"\n")[:-1]:
            facts = json.loads(line)
            books._replay(facts.pop("event"), facts)
        return books

    def _replay(self, event: str, facts: dict[str, Any]) -> None:
        if event == "opened":
            self.opened()
        elif event == "closed":
            self.open_connections -= 1
        elif event == "stored":
            self.stored.append(Stored(**{**facts, "recipients": tuple(facts["recipients"])}))
        elif event == "answered":
            self.stored[facts["number"] - 1].answered = True
        elif event == "attempt":
            self.attempts.append(Attempt(**facts))
        elif event == "login":
            self.logins.append(Login(**facts))
        elif event == "violation":
            self.violations.append(Violation(**facts))
