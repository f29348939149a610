"""One connection to the mail server, kept over many messages, and what became of each message.

`send` never guesses. Until the server has said 354 nothing of the message exists outside this machine, so a lost connection
means "later". Then `leaving` is awaited (it writes down that this message is about to leave), and from the first byte on only
the server's reply to the final dot tells what happened; without it the outcome is a doubt, and no machine may resend.

Not here: retry and pace (`sending/`), composing (`message/`), connecting in detail (`connect.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mailer.dispatch.model import Envelope, Outcome, Scope, Stage
from mailer.errors import MessageError
from mailer.transport.body import check_body, mailbox, on_the_wire
from mailer.transport.replies import Answer, RawReply, make_answer
from mailer.transport.server import Security, SmtpServer
from mailer.transport.trouble import ConnectTrouble
from mailer.transport.verdicts import accepted, doubted, judge, lost, refused_here
from mailer.transport.wire import Session, Wire, WireLost
from mailer.wording import Text

__all__ = ["Leaving", "Probe", "SmtpTransport"]

Leaving = Callable[[], Awaitable[None]]
QUIT_TIMEOUT = 5.0


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

    @property
    def connected(self) -> bool:
        """True while the kept connection looks alive, so that the next `send` need not connect."""
        return self._session is not None and self._session.wire.usable

    async def send(self, envelope: Envelope, leaving: Leaving) -> Outcome:
        """One message, one recipient, one outcome. `leaving` is awaited after the server's 354 and before the first byte of
        the message; if it raises, nothing of the message leaves, the connection is dropped, and the exception goes on.

        Raises MessageError (before anything is sent) when the message or the sender cannot go on a wire, ConfigError when the
        certificate authority file cannot be read. When cancelled after `leaving`, the message is in doubt."""
        check_body(envelope)
        try:
            return await self._send(envelope, leaving)
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
                await wire.answer(wire.ask([b"QUIT"])[0], min(QUIT_TIMEOUT, self.server.timeout))
        await wire.close(1.0)

    # the parts of send

    async def _send(self, envelope: Envelope, leaving: Leaving) -> Outcome:
        while True:
            reused = self.connected
            try:
                session = await self._open()
            except ConnectTrouble as trouble:
                return trouble.outcome()
            plan = _plan(envelope, session)
            if isinstance(plan, Outcome):
                return plan
            talk = _Transaction(session.wire, self.server, pipelining="PIPELINING" in session.extensions)
            outcome = await talk.run(plan, envelope, leaving, reset=self._stale_envelope)
            self._stale_envelope = talk.needs_reset
            if talk.broken:
                await self._drop()
            if not (reused and talk.never_began):
                return outcome
            # the server had ended an idle connection: not this person's affair

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    mail: bytes
    rcpt: bytes


def _plan(envelope: Envelope, session: Session) -> _Plan | Outcome:
    """The two commands of the envelope, or why this server need not be asked."""
    sender = mailbox(envelope.sender) if envelope.sender else ""
    recipient = mailbox(envelope.recipient)
    if sender is None:
        raise MessageError(
            Text("보내는 주소(반송 주소)가 올바르지 않습니다.", "The sender (bounce) address is not valid."),
            where=repr(envelope.sender),
            remedy=Text(
                "MAILER_FROM과 MAILER_BOUNCE_ADDRESS를 확인해 주십시오.", "Check MAILER_FROM and MAILER_BOUNCE_ADDRESS."
            ),
        )
    if recipient is None:
        return refused_here(Scope.RECIPIENT, "5.1.3", "the address cannot be used in SMTP", Stage.RCPT)
    return _parameters(envelope, session, sender, recipient)


def _parameters(envelope: Envelope, session: Session, sender: str, recipient: str) -> _Plan | Outcome:
    offered, data = session.extensions, envelope.data
    mail = f"MAIL FROM:<{sender}>"
    if session.size_limit is not None and len(data) > session.size_limit:
        why = f"{len(data)} bytes, the server takes {session.size_limit}"
        return refused_here(Scope.MESSAGE, "5.3.4", why)
    if "SIZE" in offered:
        mail += f" SIZE={len(data)}"
    header, _, body = data.partition(b"\r\n\r\n")
    if not data.isascii():
        if "8BITMIME" not in offered:
            # only the header: then it is this person's address that this server cannot write (RFC 6531 3.1 needs 8BITMIME too)
            scope = Scope.RECIPIENT if body.isascii() else Scope.MESSAGE
            return refused_here(scope, "5.6.3", "8-bit message, the server offers no 8BITMIME")
        mail += " BODY=8BITMIME"
    if not (sender.isascii() and recipient.isascii() and header.isascii()):
        if "SMTPUTF8" not in offered:
            scope = Scope.MESSAGE if not sender.isascii() else Scope.RECIPIENT
            return refused_here(scope, "5.6.7", "non-ASCII address, the server offers no SMTPUTF8")
        mail += " SMTPUTF8"
    return _Plan(mail=mail.encode(), rcpt=f"RCPT TO:<{recipient}>".encode())


class _Transaction:
    """One message on the wire. After `run`: `broken`, the connection must not be used again; `needs_reset`, the server still
    holds an envelope; `never_began`, the connection was dead before the server took anything of it."""

    def __init__(self, wire: Wire, server: SmtpServer, *, pipelining: bool) -> None:
        self.broken = False
        self.needs_reset = False
        self.never_began = False
        self._wire = wire
        self._server = server
        self._pipelining = pipelining

    async def run(self, plan: _Plan, envelope: Envelope, leaving: Leaving, *, reset: bool) -> Outcome:
        steps = [(Stage.MAIL, plan.mail), (Stage.RCPT, plan.rcpt), (Stage.DATA, b"DATA")]
        if reset:
            steps.insert(0, (Stage.MAIL, b"RSET"))
        refused = await (self._at_once(steps) if self._pipelining else self._step_by_step(steps))
        if refused is not None:
            return refused
        await leaving()
        return await self._body(envelope)

    async def _step_by_step(self, steps: list[tuple[Stage, bytes]]) -> Outcome | None:
        """None when the server waits for the message."""
        for stage, command in steps:
            refused = self._unlike(stage, command, await self._answer(stage, self._wire.ask([command])[0]))
            if refused is not None:
                return refused
        return None

    async def _at_once(self, steps: list[tuple[Stage, bytes]]) -> Outcome | None:
        """All commands in one write (RFC 2920); every reply is read. None when the server waits for the message."""
        refused: Outcome | None = None
        waits = False
        futures = self._wire.ask([command for _, command in steps])
        for (stage, command), future in zip(steps, futures, strict=True):
            answer = await self._answer(stage, future)
            if isinstance(answer, Answer):
                waits = stage is Stage.DATA and answer.kind == 3
                if answer.garbled and refused is None:
                    # which of the replies is missing cannot be known: none may be taken for a person's refusal
                    self.broken = True
                    return lost(stage, f"unreadable reply before {answer.reply.code}")
            # what follows a refusal ("bad sequence", "no valid recipients") says nothing new
            refused = refused or self._unlike(stage, command, answer)
            if self.broken:
                return refused
        if refused is not None and waits:
            await self._lone_dot()
        return refused

    async def _lone_dot(self) -> None:
        """354 came although no recipient was accepted: RFC 2920 3.1 has the client send nothing but the dot."""
        future = self._wire.expect()
        try:
            await self._wire.write(b".\r\n", self._server.timeout, until=future)
        except WireLost:
            self.broken = True
        else:
            await self._answer(Stage.END, future)

    async def _body(self, envelope: Envelope) -> Outcome:
        timeout = self._server.timeout
        if not self._wire.usable:
            # it ended while the attempt was being written down: not a byte has left
            self.broken = True
            return lost(Stage.DATA, "connection lost before the message")
        future = self._wire.expect()
        stage = Stage.BODY
        try:
            whole = await self._wire.write(on_the_wire(envelope.data), timeout, until=future)
            self.broken = not whole
            stage = Stage.END if whole else stage
            answer = make_answer(await self._wire.answer(future, self._server.final_dot_timeout), Stage.END)
        except WireLost as error:
            self.broken = True
            if future.done() and future.exception() is None:
                return self._early(make_answer(future.result(), stage))
            return doubted(stage, str(error))
        if not whole:
            return self._early(answer)
        self.broken |= answer.reply.code == 421 or answer.unclear
        return accepted(answer.reply) if answer.kind == 2 else judge(Stage.END, answer)

    def _early(self, answer: Answer) -> Outcome:
        """A reply before the message was whole: a refusal counts, a yes cannot be one."""
        self.broken = True
        if answer.kind in (4, 5) and not answer.unclear:
            return judge(Stage.END, answer)
        return doubted(Stage.BODY, f"the server answered {answer.reply.code} before the message was whole")

    async def _answer(self, stage: Stage, future: asyncio.Future[RawReply]) -> Answer | str:
        """The answer to one command, or why there is none."""
        try:
            answer = make_answer(await self._wire.answer(future, self._server.timeout), stage)
        except WireLost as error:
            self.broken = True
            self.never_began = stage is Stage.MAIL and self._wire.ended_by_server
            return str(error)
        if answer.reply.code == 421:
            self.broken = True
            self.never_began = stage is Stage.MAIL
        return answer

    def _unlike(self, stage: Stage, command: bytes, answer: Answer | str) -> Outcome | None:
        """None when the answer is the one hoped for."""
        if isinstance(answer, str):
            return lost(stage, answer)
        if answer.kind == (3 if stage is Stage.DATA else 2):
            self.needs_reset = stage is not Stage.DATA
            return None
        if command == b"RSET":
            # the rest of the last transaction, not this person's: a new connection will do
            self.broken = self.never_began = True
        # a 3xx where a command was expected, or a 2xx where the message was: the two sides are out of step
        self.broken |= answer.kind in (2, 3) or answer.unclear or answer.reply.code == 503
        return judge(stage, answer)
