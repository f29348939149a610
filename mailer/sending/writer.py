"""Group commit: whatever beginnings and settlements are waiting go into one transaction, one transaction at a time.

A lane that calls `begin` goes on only after its attempt is committed; many lanes share the cost of one fsync.

Not here: what is written (`ledger/queue.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from mailer.errors import LedgerFull
from mailer.ledger import Beginning, Ledger, Settlement

__all__ = ["Writer"]

FULL_RETRIES = 10
FULL_WAIT_SECONDS = 1.0


class Writer:
    """Call `begin` and `settle` from any task of one event loop."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._waiting: list[tuple[Beginning | Settlement, asyncio.Future[bool]]] = []
        self._running: asyncio.Task[None] | None = None

    async def begin(self, beginning: Beginning) -> bool:
        """Commit the attempt. False: this delivery must not go out now."""
        return await self._put(beginning)

    async def settle(self, settlement: Settlement) -> None:
        """Commit the outcome."""
        await self._put(settlement)

    async def _put(self, item: Beginning | Settlement) -> bool:
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        # a lane that is cancelled must not take the commit of the others with it
        return await asyncio.shield(answer)

    async def _run(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            await self._commit(batch)
        self._running = None

    async def _commit(self, batch: list[tuple[Beginning | Settlement, asyncio.Future[bool]]]) -> None:
        begins = [item for item, _ in batch if isinstance(item, Beginning)]
        settles = [item for item, _ in batch if isinstance(item, Settlement)]
        try:
            begun = await self._write(begins, settles)
        except Exception as error:  # noqa: BLE001 - handed to every caller that waits for this commit
            _fail((answer for _, answer in batch), error)
            return
        for item, answer in batch:
            if not answer.done():
                answer.set_result(isinstance(item, Settlement) or item.delivery_id in begun)

    async def _write(self, begins: list[Beginning], settles: list[Settlement]) -> frozenset[int]:
        for _ in range(FULL_RETRIES):
            try:
                return await asyncio.to_thread(self._ledger.queue.write, begins, settles)
            except LedgerFull:
                if not settles:
                    raise
                # an outcome that is known is worth waiting for: losing it would make a doubt of a fact
                await asyncio.sleep(FULL_WAIT_SECONDS)
        return await asyncio.to_thread(self._ledger.queue.write, begins, settles)


def _fail(answers: Iterable[asyncio.Future[bool]], error: Exception) -> None:
    for answer in answers:
        if not answer.done():
            answer.set_exception(error)
