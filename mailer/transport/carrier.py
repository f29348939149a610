"""Messages on one connection, one behind the other, and which reply belongs to whom.

    PIPELINING              MAIL RCPT DATA in one write; those of the next message ride behind the final dot: one round trip each
    PIPELINING + CHUNKING   commands and message in one write (BDAT), two messages on the way: half a round trip each
    neither                 one command, one reply

Every message is a transaction of its own with one recipient. `leaving` is awaited before the first byte of a message is written:
after the 354 where there is one, before the commands where there is none (BDAT). Commands that ride ahead carry nothing of the
next message: when the connection ends, that job goes back untried.

Not here: connecting (`connect.py`), what a refusal means (`verdicts.py`), which message comes next (`sending/`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeAlias

from mailer.dispatch.model import Envelope, Outcome, Stage, Verdict
from mailer.errors import MessageError
from mailer.transport.body import Body, Examiner
from mailer.transport.commands import BEFORE_CHUNK, BEFORE_DATA, ENVELOPE, RSET, Commands, Step, commands
from mailer.transport.replies import Answer, make_answer
from mailer.transport.server import SmtpServer
from mailer.transport.verdicts import accepted, doubted, judge, lost
from mailer.transport.wire import Replies, Session, WireLost

__all__ = ["Ahead", "Carrier", "Job"]

IN_FLIGHT = 2
"""Messages of one connection that may have begun and wait for their answer, with BDAT. A lost connection puts all of them in doubt
that are on the way."""

_ALL_WELL = [step.hoped for step in BEFORE_DATA]


class Job(Protocol):
    """One message to carry. Exactly one of `settled` and `back` is called, once, or `leaving` has raised."""

    @property
    def envelope(self) -> Envelope: ...

    def leaving(self) -> Coroutine[Any, Any, None]:
        """Awaited before the first byte of the message is written; called when nobody else comes before it any more, so what takes
        its time may begin with the call. If it raises, nothing is written, and the exception goes on after the other messages
        have been settled."""

    def settled(self, outcome: Outcome) -> None:
        """What became of it. Must not block."""

    def back(self) -> None:
        """Nothing of it was tried: it may be carried later."""


Ahead = Callable[[], Job | None]
"""The next job, or None when there is none right now. Never waits."""


class _Load:
    """A job made ready for this connection. `steps` stand before the message, `lines` are their commands and `replies` what the
    server says to them; `end` is its reply to the message."""

    __slots__ = ("body", "commands", "end", "job", "lines", "replies", "rides_ahead", "steps", "whole", "why")

    def __init__(self, job: Job, body: Body, commands: Commands) -> None:
        self.job = job
        self.body = body
        self.commands = commands
        self.steps: tuple[Step, ...] = ()
        self.lines: tuple[bytes, ...] = ()
        self.replies: Replies
        self.end: Replies
        self.rides_ahead = False
        self.whole = True
        self.why = ""


_Begun: TypeAlias = tuple[_Load, Coroutine[Any, Any, None]]


class Carrier:
    """One connection at work. After `carry`: `broken`, it must not be used again; `needs_reset`, the server still holds an
    envelope."""

    def __init__(
        self, session: Session, server: SmtpServer, examiner: Examiner, *, reused: bool, needs_reset: bool
    ) -> None:
        self.broken = False
        self.needs_reset = needs_reset
        self._session = session
        self._wire = session.wire
        self._server = server
        self._examiner = examiner
        self._reused = reused
        self._pipelining = "PIPELINING" in session.extensions
        self._chunking = self._pipelining and "CHUNKING" in session.extensions
        self._never_began = False
        self._unfit = False
        self._in_vain = False

    async def carry(self, first: Job, ahead: Ahead) -> Job | None:
        """Carries `first` and what `ahead` gives, until it gives nothing or the connection ends. Returns a job that met a
        connection which the server had ended before: that one deserves a fresh connection at once."""
        load = self._prepared(first)
        if load is None:
            return None
        if self._chunking:
            return await self._carry_chunks(load, ahead)
        return await self._carry_data(load, ahead)

    def _prepared(self, job: Job) -> _Load | None:
        """None when the job is settled without asking the server. Raises MessageError."""
        body = self._examiner.body(job.envelope)
        made = commands(job.envelope, body, self._session)
        if isinstance(made, Outcome):
            job.settled(made)
            return None
        return _Load(job, body, made)

    def _next(self, ahead: Ahead) -> _Load | None:
        """The next job that can be carried on this connection."""
        while not self._unfit and (job := ahead()) is not None:
            try:
                load = self._prepared(job)
            except MessageError:
                # told when it comes first: here it would hide what becomes of the messages on the way
                job.back()
                self._unfit = True
                return None
            if load is not None:
                return load
        return None

    # -- with DATA -------------------------------------------------------------------------------------------------

    async def _carry_data(self, load: _Load, ahead: Ahead) -> Job | None:
        current: _Load | None = load
        while current is not None:
            if not current.rides_ahead:
                self._announce(current, BEFORE_DATA, (*current.commands, b"DATA"))
            refused = await (self._at_once(current) if self._pipelining else self._step_by_step(current))
            if refused is None:
                await current.job.leaving()
                current = await self._body(current, ahead)
                continue
            if self._never_began and (self._reused or current.rides_ahead):
                # the server had ended the connection: not this person's affair
                return current.job
            current.job.settled(refused)
            current = None if self.broken else self._next(ahead)
        return None

    def _announce(self, load: _Load, steps: tuple[Step, ...], lines: tuple[bytes, ...]) -> None:
        if self.needs_reset:
            steps, lines = (RSET, *steps), (b"RSET", *lines)
        load.steps, load.lines = steps, lines
        if self._pipelining:
            load.replies = self._wire.ask(lines)

    async def _step_by_step(self, load: _Load) -> Outcome | None:
        """None when the server waits for the message."""
        for step, line in zip(load.steps, load.lines, strict=True):
            refused = self._unlike(step, await self._answer(step.stage, self._wire.ask([line]), 0))
            if refused is not None:
                return refused
        return None

    async def _at_once(self, load: _Load) -> Outcome | None:
        """All commands were written together (RFC 2920); every reply is read. None when the server waits for the message."""
        if load.steps is BEFORE_DATA and [raw.clear for raw in load.replies.came] == _ALL_WELL:
            # nearly always
            self.needs_reset = False
            return None
        refused: Outcome | None = None
        waits = False
        for at, step in enumerate(load.steps):
            answer = await self._answer(step.stage, load.replies, at)
            if isinstance(answer, Answer):
                waits = step.stage is Stage.DATA and answer.kind == 3
                if answer.garbled and refused is None:
                    # which of the replies is missing cannot be known: none may be taken for a person's refusal
                    self.broken = True
                    return lost(step.stage, f"unreadable reply before {answer.reply.code}")
            # what follows a refusal ("bad sequence", "no valid recipients") says nothing new
            refused = refused or self._unlike(step, answer)
            if self.broken:
                return refused
        if refused is not None and waits:
            await self._lone_dot()
        return refused

    async def _lone_dot(self) -> None:
        """354 came although no recipient was accepted: RFC 2920 3.1 has the client send nothing but the dot."""
        end = self._wire.expect()
        try:
            await self._wire.write([b".\r\n"], self._server.timeout, until=end)
        except WireLost:
            self.broken = True
        else:
            await self._answer(Stage.END, end, 0)

    async def _body(self, load: _Load, ahead: Ahead) -> _Load | None:
        """The message, its final dot, and behind it the commands of the next one, which is returned."""
        if not self._wire.usable:
            # it ended while the attempt was being written down: not a byte has left
            self.broken = True
            load.job.settled(lost(Stage.DATA, "connection lost before the message"))
            return None
        load.end = self._wire.expect()
        following = self._next(ahead) if self._pipelining else None
        try:
            parts = [*load.body.stuffed, self._dot(following)]
            load.whole = await self._wire.write(parts, self._server.timeout, until=load.end)
        except WireLost as error:
            load.whole, load.why = False, str(error)
        outcome = await self._end(load)
        load.job.settled(outcome)
        if following is not None and self.broken:
            following.job.back()
            return None
        if following is None and not self.broken:
            return self._next(ahead)
        return following

    def _dot(self, following: _Load | None) -> bytes:
        """The end of a message and the commands behind it."""
        if following is None:
            return b".\r\n"
        following.rides_ahead = True
        following.steps = BEFORE_DATA
        following.replies = self._wire.expect(len(BEFORE_DATA))
        return b".\r\n%b\r\n%b\r\nDATA\r\n" % following.commands

    async def _end(self, load: _Load) -> Outcome:
        """What the reply to the message says, or its absence."""
        stage = Stage.END if load.whole else Stage.BODY
        try:
            answer = make_answer(await self._wire.answer(load.end, 0, self._server.final_dot_timeout), stage)
        except WireLost as error:
            self.broken = True
            return doubted(stage, load.why or str(error))
        if not load.whole:
            return self._early(answer)
        self.broken |= answer.reply.code == 421 or answer.unclear
        return accepted(answer.reply) if answer.kind == 2 else judge(Stage.END, answer)

    def _early(self, answer: Answer) -> Outcome:
        """A reply before the message was whole: a refusal counts, a yes cannot be one."""
        self.broken = True
        if answer.kind in (4, 5) and not answer.unclear:
            return judge(Stage.END, answer)
        return doubted(Stage.BODY, f"the server answered {answer.reply.code} before the message was whole")

    # -- with BDAT -------------------------------------------------------------------------------------------------

    async def _carry_chunks(self, load: _Load, ahead: Ahead) -> Job | None:
        current: _Load | None = load
        while current is not None:
            # the first one asks before it leaves: a connection that the server ended while it was idle must not make a doubt
            self._announce(current, ENVELOPE, current.commands)
            refused = await self._at_once(current)
            if refused is None:
                await self._stream(current, ahead)
            elif self._never_began and self._reused:
                return current.job
            else:
                current.job.settled(refused)
            current = None if self.broken else self._next(ahead)
        return None

    async def _stream(self, first: _Load, ahead: Ahead) -> None:
        """`first` has its recipient; the others bring their commands along, until one of them is refused: where that happens often
        (greylisting), messages should not travel in vain."""
        first.steps = ()
        self._in_vain = False
        flight: deque[_Load] = deque()
        begun: deque[_Begun] = deque([(first, first.job.leaving())])
        trouble: Exception | None = None
        try:
            while begun or flight:
                if not begun:
                    await self._land(flight)
                else:
                    load, leaving = begun.popleft()
                    try:
                        await leaving
                    except Exception as error:  # noqa: BLE001 - raised when those before and behind it are settled
                        trouble = trouble or error
                        continue
                    while flight and flight[0].end.complete:
                        await self._land(flight)
                    if not trouble and self._begin(begun, IN_FLIGHT - 1 - len(flight), ahead):
                        # the other connections may begin theirs in the same commit
                        await asyncio.sleep(0)
                    await self._launch(load, flight, alone=load is first)
                if not trouble:
                    self._begin(begun, IN_FLIGHT - len(flight), ahead)
        finally:
            for _, leaving in begun:
                leaving.close()
        if trouble is not None:
            raise trouble

    def _begin(self, begun: deque[_Begun], room: int, ahead: Ahead) -> bool:
        """Have the next ones written down as begun, until there are `room` of them: the ledger works while others are on the way.
        True when there are new ones."""
        before = len(begun)
        while len(begun) < room and not (self.broken or self._in_vain) and (load := self._next(ahead)) is not None:
            begun.append((load, load.job.leaving()))
        return len(begun) > before

    async def _launch(self, load: _Load, flight: deque[_Load], *, alone: bool) -> None:
        """One more message on its way: commands (unless the server has them) and chunk in one write."""
        if self.broken or not (flight or self._wire.usable):
            self.broken = True
            load.job.settled(lost(Stage.DATA, "connection lost before the message"))
            return
        head = b"BDAT %d LAST\r\n" % load.body.size
        if not alone:
            head = b"RSET\r\n%b\r\n%b\r\n%b" % (*load.commands, head)
            load.steps = BEFORE_CHUNK
            load.replies = self._wire.expect(len(BEFORE_CHUNK))
        load.end = self._wire.expect()
        flight.append(load)
        try:
            load.whole = await self._wire.write([head, *load.body.raw], self._server.timeout, until=load.end)
        except WireLost as error:
            load.whole, load.why = False, str(error)
        self.broken |= not load.whole

    async def _land(self, flight: deque[_Load]) -> None:
        """Read the replies of the oldest message on its way."""
        load = flight.popleft()
        refused: Outcome | None = None
        for at, step in enumerate(load.steps):
            try:
                raw = await self._wire.answer(load.replies, at, self._server.final_dot_timeout)
            except WireLost as error:
                self.broken = True
                load.job.settled(refused or doubted(Stage.BODY, load.why or str(error)))
                return
            if raw.clear == step.hoped:
                continue
            answer = make_answer(raw, step.stage)
            refused = refused or self._unlike(step, answer)
            if answer.reply.code == 421:
                load.job.settled(refused or judge(step.stage, answer))
                self._closed(flight)
                return
        outcome = await self._end(load)
        self._in_vain |= refused is not None
        self.needs_reset = refused is not None or outcome.verdict is not Verdict.ACCEPT
        # a yes to a message without a recipient: the two sides are out of step
        self.broken |= refused is not None and outcome.verdict is Verdict.ACCEPT
        load.job.settled(refused or outcome)
        if outcome.reply is not None and outcome.reply.code == 421:
            self._closed(flight)

    def _closed(self, flight: deque[_Load]) -> None:
        """The server has said 421, that it closes the connection: it took nothing of what stands behind."""
        self.broken = True
        while flight:
            flight.popleft().job.settled(lost(Stage.MAIL, "the server closed the connection before this message"))

    # -- replies ---------------------------------------------------------------------------------------------------

    async def _answer(self, stage: Stage, replies: Replies, at: int) -> Answer | str:
        """The answer to one command, or why there is none."""
        try:
            raw = await self._wire.answer(replies, at, self._server.timeout)
        except WireLost as error:
            self.broken = True
            self._never_began = stage is Stage.MAIL and self._wire.ended_by_server
            return str(error)
        answer = make_answer(raw, stage)
        if answer.reply.code == 421:
            self.broken = True
            self._never_began = stage is Stage.MAIL
        return answer

    def _unlike(self, step: Step, answer: Answer | str) -> Outcome | None:
        """None when the answer is the one hoped for."""
        if isinstance(answer, str):
            return lost(step.stage, answer)
        if answer.kind == step.hoped:
            self.needs_reset = step.stage is not Stage.DATA
            return None
        if step.resets:
            # the rest of the last transaction, not this person's: a new connection will do
            self.broken = self._never_began = True
        # a 3xx where a command was expected, or a 2xx where the message was: the two sides are out of step
        self.broken |= answer.kind in (2, 3) or answer.unclear or answer.reply.code == 503
        return judge(step.stage, answer)
