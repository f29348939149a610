"""Which workers are alive, proven by the operating system: each holds a lock on a file of its own beside the database.

A process that dies, however it dies, loses its lock, so the next worker can free its leases at once instead of waiting for them to
run out. A process that is merely stopped keeps its lock: its leases run out by time, never by suspicion.

Not here: the leases (`queue.py`).
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from filelock import FileLock, Timeout

from mailer.errors import LedgerError
from mailer.wording import Text

__all__ = ["Presence"]

ENTER_SECONDS = 5.0
_PRACTICE = "-practice"


class Presence:
    """A worker's own lock, held from `enter()` to `leave()`; `owner` is its name in leases and attempts, and says its mode."""

    def __init__(self, folder: Path, *, practice: bool = False) -> None:
        self._folder = folder
        self.owner = f"{os.getpid()}-{secrets.token_hex(4)}{_PRACTICE if practice else ''}"
        self._lock = FileLock(self._path(self.owner), blocking=False)

    def enter(self) -> None:
        """Raises LedgerError where no lock can be made."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            # somebody may be looking whether this lock is held, at this very moment
            self._lock.acquire(timeout=ENTER_SECONDS, blocking=True)
        except (OSError, Timeout) as error:
            raise LedgerError(
                Text(f"작업 표시를 남길 수 없습니다: {error}", f"the sign of a running worker cannot be set: {error}"),
                where=str(self._folder),
                remedy=Text("폴더의 쓰기 권한을 확인하십시오", "check the permissions of the folder"),
            ) from error

    def leave(self) -> None:
        self._lock.release()
        self._path(self.owner).unlink(missing_ok=True)

    def is_dead(self, owner: str) -> bool:
        """True only when nobody holds the lock of `owner`."""
        if owner == self.owner:
            return False
        path = self._path(owner)
        probe = FileLock(path, blocking=False)
        try:
            probe.acquire()
        except Timeout:
            return False
        probe.release()
        path.unlink(missing_ok=True)
        return True

    def others_alive(self, *, practice: bool) -> bool:
        """Whether another worker of this mode holds its lock. Removes nothing: a file whose lock is free may be about to be
        locked."""
        paths = (path for path in self._folder.glob("*.lock") if path.stem.endswith(_PRACTICE) is practice)
        return any(_is_held(path) for path in paths if path != self._path(self.owner))

    def _path(self, owner: str) -> Path:
        return self._folder / f"{owner}.lock"


def _is_held(path: Path) -> bool:
    probe = FileLock(path, blocking=False)
    try:
        probe.acquire()
    except Timeout:
        return True
    probe.release()
    return False
