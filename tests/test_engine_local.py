"""The bell rings in time, never loses a ring, and is silent when it is over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from mailer.engine import LocalEngine


def soon(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def rounds(engine: LocalEngine, enough: int, each: Callable[[int], None]) -> int:
    """Runs the engine for so many rounds, calling `each` with the number of the round; fails when they do not come."""
    made = 0

    async def tick() -> bool:
        nonlocal made
        made += 1
        each(made)
        return made < enough

    async def run() -> None:
        async with asyncio.timeout(10):
            await engine.run(tick, asyncio.Event())

    asyncio.run(run())
    return made


def test_rings_at_its_time() -> None:
    """A bell set for a moment wakes a worker that would sleep much longer."""
    engine = LocalEngine(longest_wait=60.0)
    assert rounds(engine, 2, lambda number: engine.wake("due", soon(0.1)) if number == 1 else None) == 2


def test_a_ring_during_a_round_is_not_lost() -> None:
    """What rings while a round is under way starts another one at once."""
    engine = LocalEngine(longest_wait=60.0)
    assert rounds(engine, 5, lambda _: engine.ring()) == 5


def test_looks_without_a_bell() -> None:
    """No bell, a lost bell, a stepped clock: it looks again after its longest wait."""
    engine = LocalEngine(longest_wait=0.05)
    assert rounds(engine, 4, lambda number: engine.wake("lost", soon(-3600) if number % 2 else soon(86_400))) == 4


@pytest.mark.parametrize("bells", [0, 50])
def test_ends_at_once_and_quietly(bells: int, caplog: pytest.LogCaptureFixture) -> None:
    """A stop ends the longest wait, and neither bells in the past nor bells still to come leave a word behind."""
    engine = LocalEngine(longest_wait=60.0)

    async def run() -> None:
        stop = asyncio.Event()

        async def tick() -> bool:
            for number in range(bells):
                engine.wake(f"bell {number}", soon(number - bells / 2))
            asyncio.get_running_loop().call_later(0.05, stop.set)
            return True

        async with asyncio.timeout(10):
            await engine.run(tick, stop)

    with caplog.at_level(logging.WARNING):
        asyncio.run(run(), debug=True)
    assert [record.message for record in caplog.records if record.name.startswith("apscheduler")] == []


def test_what_breaks_in_a_round_ends_the_run() -> None:
    """An error is not swallowed by the scheduler."""
    engine = LocalEngine()

    async def tick() -> bool:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(engine.run(tick, asyncio.Event()))
