"""One connection to the mail server, kept over many messages, and what became of each message.

`send` never guesses. Until the server has said 354 nothing of the message exists outside this machine, so a lost connection
means "later". Then `leaving` is awaited (it writes down that this message is about to leave), and from the first byte on only
the server's reply to the final dot tells what happened; without it the outcome is a doubt, and no machine may resend.

Not here: retry and pace (`sending/`), composing (`message/`), connecting in detail (`connect.py`).
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mailer.dispatch.model import Envelope, Outcome
from mailer.transport.body import Examiner
from mailer.transport.carrier import Ahead, Carrier, Job
from mailer.transport.server import Security, SmtpServer
from mailer.transport.trouble import ConnectTrouble
from mailer.transport.wire import Session, WireLost

__all__ = ["Leaving", "Probe", "SmtpTransport"]

Leaving = Callable[[], Awaitable[None]]
QUIT_TIMEOUT = 5.0


def _nothing_more() -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a server said of itself. `size_limit` in bytes, None if it does not say; `tls` "TLSv1.3", or "" without TLS."""

    extensions: tuple[str, ...]
    size_limit: int | None
    tls: str
    logged_in: bool


class SmtpTransport:
    """Sends one message at a time over one connection, which is opened when needed and reused. Not for concurrent use."""

    def __init__(self, server: SmtpServer) -> None:
        self.server = server
        self._session: Session | None = None
        self._context: ssl.SSLContext | None = None
        self._stale_envelope = False
        self._examiner = Examiner()

    @property
    def connected(self) -> bool:
        """True while the kept connection looks alive, so that the next `send` need not connect."""
        return self._session is not None and self._session.wire.usable

    async def send(self, envelope: Envelope, leaving: Leaving) -> Outcome:
        """One message, one recipient, one outcome. `leaving` is awaited after the server's 354 and before the first byte of
        the message; if it raises, nothing of the message leaves, the connection is dropped, and the exception goes on.

        Raises MessageError (before anything is sent) when the message or the sender cannot go on a wire, ConfigError when the
        certificate authority file cannot be read. When cancelled after `leaving`, the message is in doubt."""
        job = _Single(envelope, leaving)
        await self.carry(job)
        assert job.outcome is not None
        return job.outcome

    async def carry(self, first: Job, ahead: Ahead = _nothing_more) -> None:
        """Sends `first`, and behind it what `ahead` gives, as far ahead as the server allows; ends when there is no more or the
        connection ends. Every job is settled, given back, or its `leaving` has raised.

        What `leaving` raises goes on when the messages before are settled; the connection is dropped. Raises MessageError
        when `first` or its sender cannot go on a wire (before anything is sent), ConfigError as `send` does."""
        self._examiner.body(first.envelope)
        try:
            await self._carry(first, ahead)
        except BaseException:
            # whatever it was, the conversation is in an unknown state
            await self._drop()
            raise

    async def probe(self) -> Probe:
        """Connects anew, with TLS and login, and says what the server offers; the connection is kept for the next `send`.
        Raises ServerUnreachable, LoginRefused or ConfigError."""
        await self.close()
        try:
            session = await self._open()
        except ConnectTrouble as trouble:
            raise trouble.error(self.server.place) from trouble
        return Probe(
            extensions=tuple(sorted(session.extensions)),
            size_limit=session.size_limit,
            tls=session.tls,
            logged_in=self.server.username is not None,
        )

    async def close(self) -> None:
        """Says QUIT and closes; takes a few seconds at most, whatever the server does. May be called again."""
        session, self._session = self._session, None
        if session is None:
            return
        wire = session.wire
        if wire.usable:
            # when it is gone, that is what was wanted
            with contextlib.suppress(WireLost):
                await wire.answer(wire.ask([b"QUIT"]), 0, min(QUIT_TIMEOUT, self.server.timeout))
        await wire.close(1.0)

    async def _carry(self, job: Job, ahead: Ahead) -> None:
        again: Job | None = job
        while again is not None:
            reused = self.connected
            try:
                session = await self._open()
            except ConnectTrouble as trouble:
                again.settled(trouble.outcome())
                return
            carrier = Carrier(session, self.server, self._examiner, reused=reused, needs_reset=self._stale_envelope)
            again = await carrier.carry(again, ahead)
            self._stale_envelope = carrier.needs_reset
            if carrier.broken:
                await self._drop()

    async def _open(self) -> Session:
        if self._session is not None and self._session.wire.usable:
            return self._session
        await self._drop()
        # imported here: `mailer --help` must not wait for it
        from mailer.transport.connect import open_session, tls_context

        if self._context is None and self.server.security is not Security.NONE:
            self._context = tls_context(self.server)
        self._session = await open_session(self.server, self._context)
        return self._session

    async def _drop(self) -> None:
        session, self._session = self._session, None
        self._stale_envelope = False
        if session is not None:
            session.wire.drop()
            await session.wire.gone()


class _Single:
    """The only job of `send`."""

    def __init__(self, envelope: Envelope, leaving: Leaving) -> None:
        self.envelope = envelope
        self.outcome: Outcome | None = None
        self._leaving = leaving

    async def leaving(self) -> None:
        await self._leaving()

    def settled(self, outcome: Outcome) -> None:
        self.outcome = outcome

    def back(self) -> None:
        raise AssertionError("a job that comes first is tried")
