"""Group commit: whatever beginnings and settlements are waiting go into one transaction, one transaction at a time.

A lane that calls `begin` goes on only after its attempt is committed; many lanes share the cost of one fsync.

Not here: what is written (`ledger/queue.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mailer.errors import LedgerFull
from mailer.ledger import Beginning, Ledger, Settlement

__all__ = ["Writer"]

Batch = list[tuple[Beginning | Settlement, asyncio.Future[bool]]]

FULL_WAIT_SECONDS = 0.5

GATHER_SECONDS = 0.001
"""How long a commit waits at most for the other connections: next to nothing for a mail server, and it halves the commits."""


class Writer:
    """Call `begin` and `settling` from any task of one event loop. `full_patience` is how many seconds a settlement waits for room
    on a full disk; a beginning never waits for it. `company` says how many connections are busy."""

    def __init__(self, ledger: Ledger, full_patience: float = 10.0, company: Callable[[], int] = lambda: 0) -> None:
        self._ledger = ledger
        self._full_patience = self._patience_left = full_patience
        self._waiting: Batch = []
        self._running: asyncio.Task[None] | None = None
        self._company = company
        self._begins = 0
        self._complete: asyncio.Future[None] | None = None

    async def begin(self, beginning: Beginning) -> bool:
        """Commit the attempt. False: this delivery must not go out now."""
        # a lane that is cancelled must not take the commit of the others with it
        return await asyncio.shield(self._put(beginning))

    async def settle(self, settlement: Settlement) -> None:
        """Commit the outcome."""
        await asyncio.shield(self.settling(settlement))

    def settling(self, settlement: Settlement) -> asyncio.Future[bool]:
        """Done when the outcome is committed: with the next commit, and not after a beginning that is handed in later."""
        return self._put(settlement)

    def _put(self, item: Beginning | Settlement) -> asyncio.Future[bool]:
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        self._begins += isinstance(item, Beginning)
        if self._begins >= self._company():
            self._end_gathering()
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return answer

    async def _run(self) -> None:
        while self._waiting:
            await self._gather()
            batch, self._waiting = self._waiting, []
            self._begins = 0
            await self._commit(batch)
        # no await between the last look at the list and this: nobody is left waiting
        self._running = None

    async def _gather(self) -> None:
        """Until every busy connection has handed in its next beginning, or the moment is over."""
        if self._begins < self._company():
            self._complete = asyncio.get_running_loop().create_future()
            timer = asyncio.get_running_loop().call_later(GATHER_SECONDS, self._end_gathering)
            await self._complete
            timer.cancel()

    def _end_gathering(self) -> None:
        if self._complete is not None and not self._complete.done():
            self._complete.set_result(None)

    async def _commit(self, batch: Batch) -> None:
        try:
            begun = await self._write(batch)
        except LedgerFull as error:
            await self._commit_without_room(batch, error)
        except Exception as error:  # noqa: BLE001 - handed to every caller that waits for this commit
            _fail(batch, error)
        else:
            self._patience_left = self._full_patience
            for item, answer in batch:
                if not answer.done():
                    answer.set_result(isinstance(item, Settlement) or item.delivery_id in begun)

    async def _commit_without_room(self, batch: Batch, error: LedgerFull) -> None:
        """Nothing new may leave. An outcome that is known is worth waiting for: losing it would make a doubt of a fact."""
        _fail([entry for entry in batch if isinstance(entry[0], Beginning)], error)
        known = [entry for entry in batch if isinstance(entry[0], Settlement)]
        if known and self._patience_left > 0:
            self._patience_left -= FULL_WAIT_SECONDS
            await asyncio.sleep(FULL_WAIT_SECONDS)
            await self._commit(known)
        else:
            _fail(known, error)

    async def _write(self, batch: Batch) -> frozenset[int]:
        begins = [item for item, _ in batch if isinstance(item, Beginning)]
        settles = [item for item, _ in batch if isinstance(item, Settlement)]
        return await asyncio.to_thread(self._ledger.queue.write, begins, settles)


def _fail(batch: Batch, error: Exception) -> None:
    for _, answer in batch:
        if not answer.done():
            answer.set_exception(error)
