"""A parcel: one delivery with its envelope, as a transport carries it; and the lane it travels in.

Not here: which delivery comes next and what is written (`drain.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from typing import Any, Protocol

from mailer.dispatch import Delivery, Envelope, Outcome
from mailer.sending.pool import Transport

__all__ = ["Lane", "Parcel", "Withdrawn"]


class Withdrawn(Exception):
    """The delivery may not leave: the ledger took it back before its first byte, or the drain ends."""


class Lane:
    """One connection's worth of deliveries; it goes slower while the server fails it (`failures` in a row).

    `settling` are outcomes on their way into the ledger, `returned` deliveries whose lease is to be dropped.
    """

    def __init__(self) -> None:
        self.failures = 0
        self.settling: list[asyncio.Future[bool]] = []
        self.returned: list[Delivery] = []

    def check(self) -> None:
        """Raises what the writing of an outcome met; forgets those that are written."""
        open_commits = []
        for commit in self.settling:
            if commit.done():
                commit.result()
            else:
                open_commits.append(commit)
        self.settling = open_commits


class Desk(Protocol):
    """What a parcel needs of its drain."""

    def begin(self, parcel: Parcel) -> asyncio.Future[bool]: ...

    def settle(self, parcel: Parcel, outcome: Outcome) -> None: ...

    def put_back(self, parcel: Parcel) -> None: ...

    def now(self) -> datetime: ...


class Parcel:
    """One delivery on its way. `begun`: its attempt is committed."""

    def __init__(self, desk: Desk, lane: Lane, transport: Transport, delivery: Delivery, envelope: Envelope) -> None:
        self.envelope = envelope
        self.delivery = delivery
        self.lane = lane
        self.transport = transport
        self.started_at = desk.now()
        self.begun = False
        self._desk = desk

    def leaving(self) -> Coroutine[Any, Any, None]:
        return self._left(self._desk.begin(self))

    async def _left(self, begun: asyncio.Future[bool]) -> None:
        try:
            if not await begun:
                raise Withdrawn
        except BaseException:
            self.lane.returned.append(self.delivery)
            raise
        self.begun = True
        # its commit came behind those of the outcomes before it
        self.lane.check()

    def settled(self, outcome: Outcome) -> None:
        self._desk.settle(self, outcome)

    def back(self) -> None:
        self._desk.put_back(self)
