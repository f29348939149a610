"""Group commit: whatever beginnings, settlements and leases are waiting go into one transaction, one transaction at a time.

A lane that calls `begin` goes on only after its attempt is committed; many lanes share the cost of one fsync. Who commits:

    in place     while the disk is quick: half of what it costs to have a thread do it
    a thread     while the disk is slow or another program writes, so that the event loop is held up by one commit at most
    a process    from many commits in quick succession on: the sender goes on while the disk works (docs/decisions/scribe.md)

Not here: what is written (`ledger/queue.py`).
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeAlias

from mailer.errors import LedgerBusy, LedgerFull
from mailer.ledger import Beginning, Lease, Ledger, Scribe, ScribeGone, Settlement, turn_rows

__all__ = ["Writer"]

Item: TypeAlias = Beginning | Settlement | Lease
Batch: TypeAlias = list[tuple[Item, asyncio.Future[bool]]]
Order: TypeAlias = tuple[Batch, asyncio.AbstractEventLoop]

FULL_WAIT_SECONDS = 0.5

GATHER_SECONDS = 0.001
"""How long a commit waits at most for the other connections. To a server that answers at once this makes one commit of four."""

IN_VAIN = 16
"""Commits that do not wait after one that waited in vain: over a slow network connections rarely meet."""

QUICK_SECONDS = 0.005
"""A commit that takes longer than this must not hold up the event loop."""

MANY_COMMITS = 16
CLOSE_TOGETHER = 0.005
"""After so many commits, none of them further than these seconds from the one before, a process pays."""

REST_SECONDS = 30.0
"""A process that has written nothing for this long is ended."""

MOST_LOST = 3
"""Processes that may end by themselves before no further one is started."""


class Writer:
    """Call `begin` and `settling` from any task of one event loop, and `close` when none is left. `full_patience` is how many
    seconds a settlement waits for room on a full disk, or beyond the database's own patience for another program that holds it; a
    beginning never waits. `company` says how many connections are
    busy."""

    def __init__(self, ledger: Ledger, full_patience: float = 10.0, company: Callable[[], int] = lambda: 0) -> None:
        self._ledger = ledger
        self._full_patience = full_patience
        self._until: float | None = None
        self._company = company
        self._waiting: Batch = []
        self._begins = 0
        self._timer: asyncio.TimerHandle | None = None
        self._hurry = 0
        self._busy = False
        self._quick = True
        self._stuck: LedgerBusy | LedgerFull | None = None
        self._orders: SimpleQueue[Order | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._in_a_row = 0
        self._last = 0.0
        self._scribe: Scribe | None = None
        self._posted: Batch = []
        self._lost = 0
        self._parting: asyncio.Future[None] | None = None

    def begin(self, beginning: Beginning) -> asyncio.Future[bool]:
        """Done when the attempt is committed. False: this delivery must not go out now."""
        return self._put(beginning)

    def settling(self, settlement: Settlement) -> asyncio.Future[bool]:
        """Done when the outcome is committed: with the next commit, and not after a beginning that is handed in later."""
        return self._put(settlement)

    def leasing(self, lease: Lease) -> asyncio.Future[bool]:
        """Done when what was free of it is leased."""
        return self._put(lease)

    async def close(self) -> None:
        """Ends the thread and the process, after what was handed in."""
        await self._dismiss()
        if self._thread is not None:
            self._orders.put(None)
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    def _put(self, item: Item) -> asyncio.Future[bool]:
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if self._stuck is not None and not isinstance(item, Settlement):
            answer.set_exception(self._stuck)
            return answer
        self._waiting.append((item, answer))
        self._begins += isinstance(item, Beginning)
        if not self._busy:
            self._gather()
        return answer

    def _gather(self) -> None:
        """Commit when every busy connection has handed in its next beginning, or when the moment is over."""
        if self._begins >= self._company():
            self._start()
        elif self._hurry and self._begins:
            self._hurry -= 1
            self._start()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GATHER_SECONDS, self._waited)

    def _waited(self) -> None:
        self._timer = None
        self._hurry = IN_VAIN
        self._start()

    def _start(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        batch, self._waiting, self._begins = self._waiting, [], 0
        self._hand_over(batch)

    def _hand_over(self, batch: Batch) -> None:
        if not self._post(batch) and not self._at_once(batch):
            self._busy = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="mailer-writer", daemon=True)
                self._thread.start()
            self._orders.put((batch, asyncio.get_running_loop()))

    def _at_once(self, batch: Batch) -> bool:
        """True when it has been written, here and now: while the disk is quick and nobody else writes, that costs less than to
        hand it to another thread (docs/decisions/commit-in-place.md). Nothing else happens meanwhile, so after a slow commit the
        next one goes to the thread."""
        if not self._quick:
            return False
        begun: frozenset[int] | Exception
        try:
            begun = self._write(batch, patient=False)
        except LedgerBusy:
            return False
        except Exception as error:  # noqa: BLE001 - handed to every caller that waits for this commit
            begun = error
        self._written(batch, begun)
        return True

    # -- by a process ----------------------------------------------------------------------------------------------

    def _post(self, batch: Batch) -> bool:
        """True when the process has it."""
        if self._scribe is None or not self._scribe.ready:
            self._consider()
            return False
        self._last = time.monotonic()
        try:
            self._scribe.post(turn_rows(*_sorted(batch)))
        except ScribeGone:
            self._lose()
            return False
        self._posted, self._busy = batch, True
        return True

    def _consider(self) -> None:
        """Have a process started once commits come thick and fast."""
        now, before = time.monotonic(), self._last
        self._last = now
        self._in_a_row = self._in_a_row + 1 if now - before < CLOSE_TOGETHER else 0
        if self._in_a_row < MANY_COMMITS or self._scribe is not None or self._lost >= MOST_LOST:
            return
        try:
            self._scribe = self._ledger.queue.scribe()
        except (OSError, ScribeGone):
            self._lost = MOST_LOST
            return
        loop = asyncio.get_running_loop()
        loop.add_reader(self._scribe.fileno(), self._hear)
        loop.call_later(REST_SECONDS, self._rest)

    def _hear(self) -> None:
        """The process has something to say."""
        assert self._scribe is not None
        batch, self._posted = self._posted, []
        begun: frozenset[int] | Exception
        try:
            begun = self._scribe.answer()
        except ScribeGone:
            self._lose()
            # perhaps it was written: once more does no harm
            if batch:
                self._hand_over(batch)
            return
        except Exception as error:  # noqa: BLE001 - handed to every caller that waits for this commit
            begun = error
        if batch:
            self._written(batch, begun)

    def _lose(self) -> None:
        """The process has ended by itself; it goes on without."""
        self._lost += 1
        self._part()

    def _part(self) -> None:
        scribe, self._scribe = self._scribe, None
        self._in_a_row = 0
        if scribe is not None:
            loop = asyncio.get_running_loop()
            loop.remove_reader(scribe.fileno())
            self._parting = loop.run_in_executor(None, scribe.close)

    async def _dismiss(self) -> None:
        self._part()
        if self._parting is not None:
            await self._parting

    def _rest(self) -> None:
        """Look whether the process still has work."""
        if self._scribe is None:
            return
        idle = time.monotonic() - self._last
        if idle >= REST_SECONDS and not self._busy:
            self._part()
        else:
            asyncio.get_running_loop().call_later(max(REST_SECONDS - idle, 1.0), self._rest)

    # -- on the thread ---------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while (order := self._orders.get()) is not None:
            batch, loop = order
            begun: frozenset[int] | Exception
            try:
                begun = self._write(batch)
            except Exception as error:  # noqa: BLE001 - handed to every caller that waits for this commit
                begun = error
            try:
                loop.call_soon_threadsafe(self._written, batch, begun)
            except RuntimeError:
                # the event loop has ended: nobody waits for the answer any more
                return

    def _write(self, batch: Batch, *, patient: bool = True) -> frozenset[int]:
        started = time.monotonic()
        try:
            return self._ledger.queue.write(*_sorted(batch), patient=patient)
        finally:
            self._quick = time.monotonic() - started < QUICK_SECONDS

    # -- and back --------------------------------------------------------------------------------------------------

    def _written(self, batch: Batch, begun: frozenset[int] | Exception) -> None:
        self._busy = False
        self._stuck = begun if isinstance(begun, LedgerBusy | LedgerFull) else None
        if self._stuck is not None:
            self._wait_for_room(batch, self._stuck)
        elif isinstance(begun, Exception):
            _fail(batch, begun)
        else:
            self._until = None
            for item, answer in batch:
                # a lane that was cancelled does not wait any more
                if not answer.done():
                    answer.set_result(not isinstance(item, Beginning) or item.delivery_id in begun)
        if self._waiting and not self._busy:
            self._gather()

    def _wait_for_room(self, batch: Batch, error: LedgerBusy | LedgerFull) -> None:
        """Nothing new may leave. An outcome that is known is worth waiting for: losing it would make a doubt of a fact."""
        everybody, self._waiting, self._begins = [*batch, *self._waiting], [], 0
        _fail([entry for entry in everybody if not isinstance(entry[0], Settlement)], error)
        known = [entry for entry in everybody if isinstance(entry[0], Settlement)]
        now = time.monotonic()
        if self._until is None:
            self._until = now + self._full_patience
        if known and now < self._until:
            self._busy = True
            asyncio.get_running_loop().call_later(FULL_WAIT_SECONDS, self._hand_over, known)
        else:
            self._stuck = None
            _fail(known, error)


def _sorted(batch: Batch) -> tuple[list[Beginning], list[Settlement], list[Lease]]:
    begins = [item for item, _ in batch if isinstance(item, Beginning)]
    settles = [item for item, _ in batch if isinstance(item, Settlement)]
    return begins, settles, [item for item, _ in batch if isinstance(item, Lease)]


def _fail(batch: Batch, error: Exception) -> None:
    for _, answer in batch:
        if not answer.done():
            answer.set_exception(error)
