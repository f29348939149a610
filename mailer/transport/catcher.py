"""The practice catcher: a mail server on this machine that takes everything and sends nothing on.

It listens on a free loopback port, writes each accepted message into a Maildir (the bytes as received, after three header
lines with the envelope), and can be told to answer some addresses with a refusal, so that a rehearsal shows retries and
failures too. It lives in the caller's event loop:

    async with PracticeCatcher(Path("var/inbox"), {"busy@example.org": "421-once"}) as catcher:
        transport = SmtpTransport(catcher.server)

Not here: reading the mail again (any Maildir reader), the scripted server of the tests (`tests/scripted_smtp/`).
"""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import time
import tomllib
from collections.abc import Mapping
from email.utils import formatdate
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from mailer.errors import ConfigError, WorkspaceError
from mailer.transport.server import Security, SmtpServer
from mailer.wording import Text

if TYPE_CHECKING:
    from aiosmtpd.smtp import SMTP as Smtpd
    from aiosmtpd.smtp import Envelope as Caught
    from aiosmtpd.smtp import Session

__all__ = ["PracticeCatcher"]

ANSWERS = {
    "421": "421 4.3.2 practice: closing the connection, try again later",
    "450": "450 4.2.1 practice: mailbox busy, try again later",
    "451": "451 4.7.1 practice: greylisted, try again later",
    "452": "452 4.2.2 practice: mailbox full for now",
    "550": "550 5.1.1 practice: no such user here",
    "552": "552 5.2.2 practice: mailbox full",
    "554": "554 5.7.1 practice: refused by policy",
}
_RULE = re.compile(rf"({'|'.join(ANSWERS)})(-once)?|hang")


class PracticeCatcher:
    """Rules map an address, or `@domain`, to "550", "451", ... (see ANSWERS), "421-once" (the first time only), or "hang"
    (no answer until the sender gives up). `rules_file` is a TOML file with the same pairs under `[answers]`, read again
    whenever it changes; it may be absent. Raises ConfigError for an unknown rule, WorkspaceError when the inbox cannot be
    written."""

    def __init__(self, inbox: Path, rules: Mapping[str, str] | None = None, *, rules_file: Path | None = None) -> None:
        self._inbox = Maildir(inbox)
        self._rules = _Rules(rules or {}, rules_file)
        self._open: set[Smtpd] = set()
        self._listener: asyncio.Server | None = None

    @property
    def server(self) -> SmtpServer:
        """How to reach it while it runs."""
        if self._listener is None:
            raise RuntimeError("the practice catcher is not running")
        host, port = self._listener.sockets[0].getsockname()[:2]
        return SmtpServer(host=host, port=port, security=Security.NONE, local_hostname="localhost", timeout=30)

    async def __aenter__(self) -> PracticeCatcher:
        self._inbox.prepare()
        self._listener = await asyncio.get_running_loop().create_server(self._protocol, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for smtpd in list(self._open):
            if isinstance(smtpd.transport, asyncio.WriteTransport):
                smtpd.transport.abort()
        # the event loop closes the sockets on its next rounds
        for _ in range(3):
            await asyncio.sleep(0)

    def _protocol(self) -> Smtpd:
        from aiosmtpd.smtp import SMTP

        smtpd = SMTP(
            self,
            hostname="localhost",
            ident="practice catcher",
            enable_SMTPUTF8=True,
            data_size_limit=50_000_000,
            loop=asyncio.get_running_loop(),
        )
        self._open = {each for each in self._open if each.transport is not None}
        self._open.add(smtpd)
        return smtpd

    async def handle_RCPT(
        self, server: Smtpd, session: Session, envelope: Caught, address: str, options: list[str]
    ) -> str:
        """aiosmtpd asks here whether a recipient is welcome."""
        try:
            answer = self._rules.answer(address)
        except ConfigError as error:
            # the file was edited while we run; a permanent refusal would be a lie
            return f"451 4.3.5 practice: {error.what.en}".replace("\n", " ")
        if answer == "hang":
            await asyncio.Event().wait()
        if answer:
            if answer.startswith("421"):
                asyncio.get_running_loop().call_soon(_hang_up, server)
            return answer
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 practice: welcome"

    async def handle_DATA(self, server: Smtpd, session: Session, envelope: Caught) -> str:
        """aiosmtpd gives the message here; the answer goes out after the file is in place."""
        content: Any = envelope.content or b""
        try:
            name = self._inbox.store(envelope.mail_from or "", envelope.rcpt_tos, bytes(content))
        except OSError as error:
            return f"452 4.3.1 practice: the inbox cannot be written ({error.strerror})"
        return f"250 2.0.0 practice: caught as {name}"


def _hang_up(smtpd: Smtpd) -> None:
    # after the reply has been handed to the socket: close() still flushes it
    if smtpd.transport is not None:
        smtpd.transport.close()


class _Rules:
    """Which address gets which answer; `-once` rules are spent by their first use."""

    def __init__(self, rules: Mapping[str, str], path: Path | None) -> None:
        self._given = _checked(rules, "")
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._from_file: dict[str, str] = {}
        self._spent: set[tuple[str, str]] = set()
        self._reread()

    def answer(self, address: str) -> str:
        """The reply line for `address`, "hang", or "" for welcome."""
        self._reread()
        whole = address.lower()
        for key in (whole, "@" + whole.rpartition("@")[2]):
            rule = self._from_file.get(key) or self._given.get(key)
            # a rule that was changed since is another one: it is not spent
            if rule is None or (whole, rule) in self._spent:
                continue
            if rule.endswith("-once"):
                self._spent.add((whole, rule))
            return ANSWERS.get(rule.removesuffix("-once"), rule)
        return ""

    def _reread(self) -> None:
        try:
            status = self._path.stat() if self._path is not None else None
        except FileNotFoundError:
            status = None
        if status is None or self._path is None:
            self._from_file, self._stamp = {}, None
            return
        stamp = (status.st_mtime_ns, status.st_size)
        if stamp != self._stamp:
            self._from_file = _read_rules(self._path)
            self._stamp = stamp


def _read_rules(path: Path) -> dict[str, str]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            Text(f"연습 규칙 파일을 읽을 수 없습니다: {error}", f"the practice rules cannot be read: {error}"),
            where=str(path),
        ) from error
    answers = table.get("answers", {})
    return _checked(answers if isinstance(answers, dict) else {"answers": str(answers)}, str(path))


def _checked(rules: Mapping[str, object], where: str) -> dict[str, str]:
    for address, rule in rules.items():
        if "@" not in address or not _RULE.fullmatch(str(rule)):
            known = ", ".join([*ANSWERS, "421-once", "hang"])
            raise ConfigError(
                Text(f"알 수 없는 연습 규칙입니다: {address} = {rule}", f"unknown practice rule: {address} = {rule}"),
                where=where,
                remedy=Text(
                    f'"주소" 또는 "@도메인"에 다음 중 하나를 적어 주십시오: {known}',
                    f'give an "address" or "@domain" one of: {known}',
                ),
            )
    return {address.lower(): str(rule) for address, rule in rules.items()}


class Maildir:
    """Writes messages so that a reader never sees half of one: into `tmp/`, then renamed into `new/`."""

    _number = itertools.count()

    def __init__(self, path: Path) -> None:
        self.path = path

    def prepare(self) -> None:
        """Makes the folders. Raises WorkspaceError."""
        try:
            for part in ("tmp", "new", "cur"):
                (self.path / part).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WorkspaceError(
                Text("받은 메일을 둘 폴더를 만들 수 없습니다", "the folder for caught mail cannot be made"),
                where=str(self.path),
                remedy=Text("쓰기 권한과 남은 공간을 확인해 주십시오", "check write permission and free space"),
            ) from error

    def store(self, sender: str, recipients: list[str], content: bytes) -> str:
        """The file name of the stored message: the envelope as `Return-Path`, `Delivered-To`, `Received`, then `content`."""
        name = f"{time.time_ns()}.P{os.getpid()}Q{next(self._number)}.practice"
        to = ", ".join(recipients)
        envelope = (
            f"Return-Path: <{sender}>\r\nDelivered-To: {to}\r\n"
            f"Received: by practice catcher (not sent on) for <{to}>; {formatdate(localtime=True)}\r\n"
        )
        draft = self.path / "tmp" / name
        with draft.open("xb") as file:
            file.write(envelope.encode())
            file.write(content)
        draft.rename(self.path / "new" / name)
        return name
