"""Progress of a send: a bar that is redrawn where a person watches, otherwise one line each 10 % or 10 s.

The share is of people whose delivery is closed (accepted, failed, in doubt), so 100 % is never shown while a retry is open.

Not here: counting (`sending/`), the rate itself (`desk/`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from shutil import get_terminal_size
from types import TracebackType
from typing import TYPE_CHECKING

from mailer.cli.output import Screen
from mailer.cli.phrases import span
from mailer.cli.wide import cells, fold
from mailer.wording import Language, Text

if TYPE_CHECKING:
    from rich.console import Group
    from rich.live import Live

__all__ = ["Progress", "Tally", "tally_text"]

_REDRAW = 0.1  # seconds; faster than this is a flicker and costs time on the wire
_LINE_EVERY = 10.0  # seconds
_SHORTEST_BAR = 8  # cells
_WIDEST = 120  # cells


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How far a dispatch is. `rate` is messages per second over the last while; `left` is None when nobody can say."""

    total: int
    accepted: int = 0
    retry: int = 0
    failed: int = 0
    in_doubt: int = 0
    rate: float = 0.0
    left: timedelta | None = None

    @property
    def closed(self) -> int:
        return self.accepted + self.failed + self.in_doubt

    @property
    def percent(self) -> int:
        """Whole percent, rounded down: 100 only when nothing is open."""
        return self.closed * 100 // self.total if self.total else 100


def tally_text(tally: Tally) -> Text:
    """`131/208 접수 126 재시도 3 실패 2 · 분당 60통 · 남은 시간 1분 17초`; zeros of trouble are left out."""
    ko = [f"{tally.closed}/{tally.total} 접수 {tally.accepted}"]
    en = [f"{tally.closed}/{tally.total} accepted {tally.accepted}"]
    for count, words in (
        (tally.retry, Text("재시도", "retry")),
        (tally.failed, Text("실패", "failed")),
        (tally.in_doubt, Text("확인 필요", "in doubt")),
    ):
        if count:
            ko[0] += f" {words.ko} {count}"
            en[0] += f" {words.en} {count}"
    if tally.rate > 0:
        ko.append(f"분당 {tally.rate * 60:.0f}통")
        en.append(f"{tally.rate * 60:.0f}/min")
    if tally.left is not None:
        left = span(tally.left)
        ko.append(f"남은 시간 {left.ko}")
        en.append(f"{left.en} left")
    return Text(" · ".join(ko), " · ".join(en))


class Progress:
    """A context manager; `update` may be called as often as one likes, `say` prints a line that stays."""

    def __init__(self, screen: Screen, title: Text, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._screen = screen
        self._title = title.to(screen.language)
        self._clock = clock
        self._live: Live | None = None
        self._shown: Tally | None = None
        self._tally: Tally | None = None
        self._shown_at = 0.0

    def __enter__(self) -> Progress:
        if self._screen.live:
            self._live = _start_live(self._screen)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._tally is not None and self._tally != self._shown:
            self._show(self._tally)
        if self._live is not None:
            self._live.stop()
            self._live = None

    def update(self, tally: Tally) -> None:
        self._tally = tally
        if self._due(tally):
            self._show(tally)

    def say(self, line: Text | str) -> None:
        """A line above the bar, or simply a line."""
        words = line.to(self._screen.language) if isinstance(line, Text) else line
        if self._live is None:
            self._screen.say(words)
            return
        from rich.text import Text as Words

        for part in fold(words, self._screen.width):
            self._live.console.print(Words(part), no_wrap=True, crop=False, overflow="ignore")

    def _due(self, tally: Tally) -> bool:
        if self._shown is None:
            return True
        waited = self._clock() - self._shown_at
        if self._live is not None:
            return waited >= _REDRAW
        return tally.percent // 10 != self._shown.percent // 10 or waited >= _LINE_EVERY

    def _show(self, tally: Tally) -> None:
        self._shown, self._shown_at = tally, self._clock()
        if self._live is None:
            self._screen.say(f"{self._title} {tally.percent} % {tally_text(tally).to(self._screen.language)}")
            return
        width, self._live.console.height = get_terminal_size((self._screen.width, 24))
        self._live.console.width = width
        self._live.update(_drawn(self._title, tally, self._screen.language, min(width, _WIDEST)), refresh=True)


def _start_live(screen: Screen) -> Live:
    from rich.console import Console
    from rich.live import Live

    console = Console(file=screen.err, force_terminal=True, highlight=False, no_color=not screen.colour)
    live = Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
    live.start()
    return live


def bar_width(title: str, words: str, width: int) -> int:
    """What is left for the bar; 0 when the words need the whole line or more. The bar gives way first, the counts never."""
    left = width - cells(title) - cells(words) - 2
    return left if left >= _SHORTEST_BAR else 0


def _drawn(title: str, tally: Tally, language: Language, width: int) -> Group:
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text as Words

    words = tally_text(tally).to(language)
    size = bar_width(title, words, width)
    if not size:
        return Group(*(Words(line, overflow="fold") for line in fold(f"{title} {words}", width)))
    line = Table.grid(padding=(0, 1, 0, 0))
    for least in (cells(title), size, cells(words)):
        line.add_column(width=least, no_wrap=True, overflow="fold")
    bar = ProgressBar(total=max(tally.total, 1), completed=tally.closed, width=size)
    line.add_row(Words(title), bar, Words(words))
    return Group(line)
