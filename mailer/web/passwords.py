"""Passwords: argon2id hashes, and a slow-down for whoever guesses.

Not here: storing hashes (`ledger/accounts.py`).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from mailer.errors import UsageError
from mailer.wording import Text

__all__ = ["SHORTEST", "Throttle", "hashed", "matches"]

SHORTEST = 10
LONGEST = 1024
FREE_TRIES = 5
LONGEST_WAIT = 900.0
MOST_KEYS = 10_000
_HASHER = PasswordHasher()
# each check takes 64 MB for a moment: strangers must not be able to take forty of them at once
_HASHING = threading.BoundedSemaphore(2)


def hashed(password: str) -> str:
    """The hash to keep. Raises UsageError for a password that is too short to be one, or absurdly long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(
            Text(f"비밀번호는 {SHORTEST}자 이상이어야 합니다", f"a password has at least {SHORTEST} characters"),
            remedy=Text("기억하기 쉬운 긴 문장이 좋습니다", "a long sentence is easy to remember"),
        )
    return _HASHER.hash(password)


_NOBODY = _HASHER.hash("nobody has this password")


def matches(stored: str | None, password: str) -> bool:
    """Whether `password` is the one behind `stored`. Takes as long when there is no such account (None)."""
    try:
        with _HASHING:
            return _HASHER.verify(stored or _NOBODY, password[:LONGEST]) and stored is not None
    except (Argon2Error, InvalidHashError):
        return False


class Throttle:
    """After five wrong tries from one place or for one name, each further one doubles the wait, up to a quarter of an hour."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def begin(self, *keys: str) -> float:
        """Seconds to wait before another try is looked at; 0.0 when this one may be. It counts as wrong until `succeeded`, or many
        tries at once would all be looked at."""
        now = self._monotonic()
        with self._lock:
            wait = max((self._wrong[key][1] - now for key in keys if key in self._wrong), default=0.0)
            if wait > 0:
                return wait
            for key in keys:
                number = self._wrong.pop(key, (0, now))[0] + 1
                pause = 0.0 if number < FREE_TRIES else min(2.0 ** (number - FREE_TRIES), LONGEST_WAIT)
                self._wrong[key] = (number, now + pause)
            while len(self._wrong) > MOST_KEYS:
                self._wrong.popitem(last=False)
        return 0.0

    def succeeded(self, *keys: str) -> None:
        with self._lock:
            for key in keys:
                self._wrong.pop(key, None)
