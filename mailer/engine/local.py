"""The engine of one machine: APScheduler rings, a bounded wait on the monotonic clock makes sure.

APScheduler 3.11 sleeps on the monotonic clock until a wall-clock date: a clock that is stepped forward, or a laptop that slept,
makes it late by the whole step, and its default grace time of one second would then drop the job. Hence a memory job store,
`misfire_grace_time=None`, and never more than `LONGEST_WAIT` between two looks at the ledger.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler

__all__ = ["LocalEngine"]

LONGEST_WAIT = 2.0


class LocalEngine:
    """Use from one event loop."""

    def __init__(self, longest_wait: float = LONGEST_WAIT) -> None:
        self._longest_wait = longest_wait
        self._bell = asyncio.Event()
        self._scheduler = AsyncIOScheduler(timezone="UTC")

    def wake(self, key: str, at: datetime) -> None:
        """Ring at `at` (aware). A second call with the same key replaces the first."""
        self._scheduler.add_job(self._ring, "date", run_date=at, id=key, replace_existing=True, misfire_grace_time=None)

    def ring(self) -> None:
        """Ring now."""
        self._bell.set()

    async def _ring(self) -> None:
        self._bell.set()

    async def run(self, tick: Callable[[], Awaitable[bool]], stop: asyncio.Event) -> None:
        """Call `tick` at once, at every ring and at least every `longest_wait` seconds, until it answers False or `stop` is set."""
        self._scheduler.start()
        try:
            while not stop.is_set():
                self._bell.clear()
                if not await tick():
                    return
                await self._wait(stop)
        finally:
            # a shutdown only puts itself on the loop: give it the round in which it happens
            self._scheduler.shutdown(wait=False)
            await asyncio.sleep(0)

    async def _wait(self, stop: asyncio.Event) -> None:
        tasks = {asyncio.create_task(self._bell.wait()), asyncio.create_task(stop.wait())}
        await asyncio.wait(tasks, timeout=self._longest_wait, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
