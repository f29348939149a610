"""The scripted server itself: listens on loopback, plays its script, keeps its books."""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType

from tests.scripted_smtp.books import Books
from tests.scripted_smtp.conversation import Conversation
from tests.scripted_smtp.pipe import Pipe
from tests.scripted_smtp.script import Rule, Script

Span = float | tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extensions:
    """What EHLO offers. `size` None: no SIZE line; 0: SIZE without a limit. STARTTLS is offered when the server has a certificate
    and `starttls` is True; AUTH when it has `logins`, by the mechanisms of `auth`."""

    pipelining: bool = True
    chunking: bool = False
    size: int | None = 50_000_000
    eightbitmime: bool = True
    smtputf8: bool = True
    starttls: bool = True
    auth: tuple[str, ...] = ("PLAIN", "LOGIN")
    extra: tuple[str, ...] = ("ENHANCEDSTATUSCODES",)

    @classmethod
    def none(cls) -> Extensions:
        """A server that offers nothing."""
        return cls(pipelining=False, size=None, eightbitmime=False, smtputf8=False, starttls=False, auth=(), extra=())


class ScriptedServer:
    """A real SMTP server on 127.0.0.1 for one test.

        async with ScriptedServer(Rule(stage="rcpt", act=reply("450 4.7.1 later"), first=1, per="address")) as server:
            ... connect to server.host, server.port ...
        assert not server.books.violations

    rules            what is out of the ordinary (see `script.py`)
    extensions       what EHLO offers
    tls              a server-side context (see `certificates.py`); `implicit_tls` encrypts from the first byte
    logins           user -> password; with them, MAIL without AUTH is answered 530
    max_connections  further ones are answered 421 at the banner
    delay            seconds before each answer; a pair is a random range, drawn with `seed`
    books            where to write; `keep_data=True` on Books keeps the messages

    `async with` runs it in the test's own event loop; `with server.in_thread():` in a thread with a loop of its own; as a
    process of its own: `process.py`. Bytes are checked strictly, and what a careful client does not do is in
    `books.violations`."""

    host = "127.0.0.1"

    def __init__(
        self,
        *rules: Rule,
        extensions: Extensions | None = None,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        logins: Mapping[str, str] | None = None,
        max_connections: int = 0,
        delay: Span = 0.0,
        books: Books | None = None,
        port: int = 0,
        seed: int = 0,
    ) -> None:
        self.script = Script(rules)
        self.extensions = extensions or Extensions()
        self.tls = tls
        self.implicit_tls = implicit_tls
        self.logins = dict(logins or {})
        self.max_connections = max_connections
        self.delay = delay
        self.books = books or Books()
        self.port = port
        self._random = random.Random(seed)
        self._listener: asyncio.Server | None = None
        self._talks: dict[asyncio.Task[None], Pipe] = {}

    async def __aenter__(self) -> ScriptedServer:
        self._listener = await asyncio.get_running_loop().create_server(
            lambda: Pipe(self._arrived), self.host, self.port
        )
        self.port = self._listener.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends every conversation at once; `books` stay readable. What went wrong inside the server itself is raised here."""
        assert self._listener is not None
        self._listener.close()
        talks = list(self._talks.items())
        for talk, pipe in talks:
            talk.cancel()
            pipe.transport.abort()
        outcomes = await asyncio.gather(*(talk for talk, _ in talks), return_exceptions=True)
        await asyncio.sleep(0.001)
        self.books.close()
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome

    @contextlib.contextmanager
    def in_thread(self) -> Iterator[ScriptedServer]:
        """Runs in a thread of its own while the block lasts."""
        ready, stop = threading.Event(), asyncio.Event()
        loop = asyncio.new_event_loop()

        async def live() -> None:
            async with self:
                ready.set()
                await stop.wait()

        thread = threading.Thread(target=lambda: loop.run_until_complete(live()), daemon=True)
        thread.start()
        if not ready.wait(10):
            raise RuntimeError("the scripted server did not start")
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(10)
            loop.close()

    def draw(self, span: Span) -> float:
        """Seconds, drawn when `span` is a range."""
        return self._random.uniform(*span) if isinstance(span, tuple) else span

    def _arrived(self, pipe: Pipe) -> None:
        talk = asyncio.get_running_loop().create_task(Conversation(self, pipe).run())
        self._talks[talk] = pipe
        talk.add_done_callback(self._ended)

    def _ended(self, talk: asyncio.Task[None]) -> None:
        # a failed conversation stays, so that __aexit__ raises it
        if talk.cancelled() or talk.exception() is None:
            self._talks.pop(talk, None)
