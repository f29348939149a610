"""Ctrl-C and SIGTERM while messages leave: once, finish what is on the wire and stop; twice, leave at once.

    with Stopping(screen) as stopping:
        await app.work(stopping.event, ...)
    stopping.by        None, or the signal that asked

Use inside a running event loop of the main thread; elsewhere signals are left alone.

Not here: what a stop means for a dispatch (`running.py`).
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import FrameType, TracebackType

from mailer.cli.exits import EXIT_INTERRUPTED
from mailer.cli.output import Screen
from mailer.wording import Text

__all__ = ["Stopping"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_ONCE = Text(
    "멈추는 중: 지금 나가고 있는 메일까지만 마칩니다. 한 번 더 누르면 바로 끝냅니다.",
    "Stopping after the messages on the wire. Once more leaves at once.",
)
_SHOW_CURSOR = "\x1b[?25h"


class Stopping(AbstractContextManager["Stopping"]):
    """`say` prints a line without disturbing a progress bar; replace it while one is shown."""

    def __init__(self, screen: Screen) -> None:
        self.event = asyncio.Event()
        self.by: signal.Signals | None = None
        self.say: Callable[[Text], None] = screen.say
        self._screen = screen
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Stopping:
        self._loop = asyncio.get_running_loop()
        try:
            self._before = {number: signal.signal(number, self._asked) for number in _SIGNALS}
        except ValueError:
            # not the main thread: whoever runs this stops it by other means
            self._before = {}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _asked(self, number: int, _frame: FrameType | None) -> None:
        if self.by is not None:
            self._leave()
        self.by = signal.Signals(number)
        self._loop.call_soon_threadsafe(self._stop)

    def _stop(self) -> None:
        self.event.set()
        self.say(_ONCE)

    def _leave(self) -> None:
        # Nothing may wait here: what is on the wire shows up as in doubt, which is the truth.
        if self._screen.live:
            os.write(2, _SHOW_CURSOR.encode())
        os._exit(EXIT_INTERRUPTED)
