"""Where the parts are wired, once: configuration and workspace in, everything a door needs out.

    with open_app(config) as app:
        app.ledger                   opened at its first use
        app.sources(letter, lists)   names -> files
        async with app.transports() as open_transport: ...
        await app.work(stop)         scheduler and sender

Not here: reading the environment (`config/`), talking to people (`cli/`, `web/`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from mailer.config import Config
from mailer.dispatch.clock import Clock, SystemClock
from mailer.workspace import Workspace

if TYPE_CHECKING:
    from mailer.contacts import Suppressions
    from mailer.desk import Sources, Terms
    from mailer.ledger import Ledger
    from mailer.message import Sender
    from mailer.sending import SendSettings
    from mailer.transport import Probe, SmtpServer, SmtpTransport

__all__ = ["App", "open_app"]


class App(AbstractContextManager["App"]):
    """One workspace at work. Heavy parts are imported and opened when they are first asked for."""

    def __init__(self, config: Config, clock: Clock | None = None) -> None:
        self.config = config
        self.clock = clock or SystemClock()
        self.workspace = Workspace.at(config.workspace)
        self._ledger: Ledger | None = None
        self.practice_rules: dict[str, str] = {}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ledger is not None:
            self._ledger.close()

    def now(self) -> datetime:
        return self.clock.now()

    def here(self) -> datetime:
        """Now in the configured zone: what day it is for the press office, wherever the machine stands."""
        return self.now().astimezone(ZoneInfo(self.config.timezone))

    @property
    def ledger(self) -> Ledger:
        if self._ledger is None:
            from mailer.ledger import open_ledger

            if self.config.database.is_relative_to(self.workspace.var):
                self.workspace.ensure_var()
            self._ledger = open_ledger(self.config.database)
        return self._ledger

    @cached_property
    def sender(self) -> Sender:
        from mailer.message import Sender

        config = self.config
        return Sender(
            name=config.sender.name,
            address=config.sender.address,
            reply_to=config.reply_to.address,
            bounce_address=config.bounce_address,
            unsubscribe=config.unsubscribe,
        )

    def sources(
        self, letter: str, lists: Sequence[str] = (), *, exclude: Sequence[str] = (), where: str = ""
    ) -> Sources:
        """The files behind a letter's and the lists' names. Raises UsageError with near names."""
        from mailer.desk import Sources

        path = self.workspace.find_letter(letter)
        return Sources(
            letter=path,
            letter_name=self.shown(path),
            templates=self.workspace.templates,
            sender=self.sender,
            lists=tuple(self.workspace.find_list(name) for name in lists),
            exclude=tuple(self.workspace.find_list(name) for name in exclude),
            where=where,
        )

    def shown(self, path: Path) -> str:
        """A path as people should read it: relative to the workspace where that is shorter."""
        try:
            return path.absolute().relative_to(self.workspace.root).as_posix()
        except ValueError:
            return str(path)

    def reconfigure(self, config: Config) -> None:
        """Other settings from now on; workspace and ledger stay. Whoever holds transports or a sender must ask again."""
        self.config = config
        self.__dict__.pop("sender", None)

    @property
    def practice_rules_file(self) -> Path:
        """Which addresses the practice catcher refuses; may not exist."""
        return self.workspace.var / "practice.toml"

    def suppressions(self) -> Suppressions:
        return self.ledger.suppressed.suppressions()

    def terms(self, *, request_key: str | None = None) -> Terms:
        from mailer.desk import Terms

        return Terms(
            zone=self.config.timezone,
            late_after=self.config.late_after,
            practice=self.config.practice,
            give_up_after=self.config.give_up_after,
            request_key=request_key,
        )

    def send_settings(self) -> SendSettings:
        from mailer.config import InDoubt
        from mailer.sending import RetryRule, SendSettings

        config = self.config
        return SendSettings(
            practice=config.practice,
            connections=config.smtp_connections,
            retry=RetryRule(first=config.retry_first, longest=config.retry_max),
            rate=config.rate,
            domain_rate=config.rate_per_domain,
            lease=config.lease,
            resend_doubts=config.in_doubt is InDoubt.RESEND,
        )

    def server(self) -> SmtpServer | None:
        """The configured mail server, None in practice mode."""
        from mailer.transport import Security, SmtpServer

        config = self.config
        if config.smtp_host is None:
            return None
        return SmtpServer(
            host=config.smtp_host,
            port=config.smtp_port,
            security=Security(config.smtp_security.value),
            username=config.smtp_username,
            password=config.smtp_password.reveal() if config.smtp_password else None,
            ca_file=config.smtp_ca_file,
            timeout=config.smtp_timeout.total_seconds(),
        )

    @asynccontextmanager
    async def transports(self) -> AsyncIterator[Callable[[], SmtpTransport]]:
        """A maker of transports to the configured server, or to the practice catcher, which lives as long as the context."""
        from mailer.transport import PracticeCatcher, SmtpTransport

        server = self.server()
        if server is not None:
            yield lambda: SmtpTransport(server)
            return
        self.workspace.ensure_var()
        async with PracticeCatcher(
            self.workspace.inbox, self.practice_rules, rules_file=self.practice_rules_file
        ) as catcher:
            yield lambda: SmtpTransport(catcher.server)

    async def probe(self) -> Probe | None:
        """Connect to the configured server, log in, and say what it offers; None in practice mode. Raises ServerUnreachable,
        LoginRefused."""
        server = self.server()
        if server is None:
            return None
        from mailer.transport import SmtpTransport

        transport = SmtpTransport(server)
        try:
            return await transport.probe()
        finally:
            await transport.close()

    async def work(
        self, stop: asyncio.Event, *, only: int | None = None, until: Callable[[], bool] | None = None
    ) -> None:
        """Run the worker until `stop`, or until `until` answers True between two rounds."""
        from mailer.sending import Worker

        async with self.transports() as open_transport:
            worker = Worker(self.ledger, open_transport, self.send_settings(), clock=self.clock)
            await worker.run(stop, only=only, until=until)


def open_app(config: Config, clock: Clock | None = None) -> App:
    return App(config, clock)
