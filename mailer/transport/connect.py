"""From nothing to a connection that may carry mail: connect, EHLO, TLS, login, through aiosmtplib.

TLS is demanded unless the settings say `none`; names and certificates are checked; a password never travels in clear. One
login method is tried once: repeated failures lock accounts. All foreign exceptions end here as ConnectTrouble.
"""

from __future__ import annotations

import asyncio
import binascii
import errno
import re
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import cast

from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPHeloError,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from mailer.dispatch.model import Stage
from mailer.errors import ConfigError
from mailer.transport.meanings import stage_name
from mailer.transport.reach import connected_socket
from mailer.transport.replies import RawReply, make_answer
from mailer.transport.server import Security, SmtpServer
from mailer.transport.trouble import (
    CHECK_ADDRESS,
    CHECK_LOGIN,
    CHECK_TLS,
    ConnectTrouble,
    certificate_trouble,
    reply_trouble,
)
from mailer.transport.wire import Session, Wire
from mailer.wording import Text

__all__ = ["open_session", "tls_context"]


class _Smtp(SMTP):
    """aiosmtplib's client, except that it never lingers: over TLS a polite close waits half a minute for a hung server."""

    def close(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
        super().close()


def tls_context(server: SmtpServer) -> ssl.SSLContext:
    """Certificates and names checked, TLS 1.2 or newer."""
    try:
        context = ssl.create_default_context(cafile=str(server.ca_file) if server.ca_file else None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            Text("인증기관 파일을 읽을 수 없습니다", "the certificate authority file cannot be read"),
            where=str(server.ca_file),
            remedy=Text(
                "SMTP_CA_FILE에 PEM 파일의 경로를 적어 주십시오", "put the path of a PEM file into SMTP_CA_FILE"
            ),
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


async def open_session(server: SmtpServer, context: ssl.SSLContext | None) -> Session:
    """Connects, greets, encrypts, logs in. Raises ConnectTrouble."""
    smtp = _Smtp(
        hostname=server.host,
        local_hostname=server.ehlo_name,
        timeout=server.timeout,
        use_tls=server.security is Security.TLS,
        start_tls=False,
        tls_context=context,
    )
    try:
        async with _stage(Stage.CONNECT):
            await smtp.connect(sock=await connected_socket(server.host, server.port, server.timeout))
        await _greet(smtp, server)
        if server.security is Security.STARTTLS:
            await _encrypt(smtp)
        if server.username is not None:
            await _log_in(smtp, server.username, server.password or "")
        return _hand_over(smtp)
    except BaseException:
        smtp.close()
        # the event loop closes the socket on its next round
        await asyncio.sleep(0)
        raise


async def _greet(smtp: SMTP, server: SmtpServer) -> None:
    async with _stage(Stage.EHLO):
        try:
            await smtp.ehlo()
        except SMTPHeloError as error:
            # a server from before ESMTP: fine where neither TLS nor a login is wanted (RFC 5321 3.2)
            old = error.code // 100 == 5 and server.security is Security.NONE and server.username is None
            if not old:
                raise
            await smtp.helo()


async def _encrypt(smtp: SMTP) -> None:
    if not smtp.supports_extension("starttls"):
        what = Text(
            "메일 서버가 암호화(STARTTLS)를 제공하지 않습니다. 암호화 없이는 보내지 않습니다",
            "the mail server does not offer encryption (STARTTLS). Nothing is sent without it",
        )
        raise ConnectTrouble(Stage.STARTTLS, what, "the server offers no STARTTLS", remedy=CHECK_TLS)
    async with _stage(Stage.STARTTLS):
        await smtp.starttls()
    async with _stage(Stage.EHLO):
        await smtp.ehlo()


async def _log_in(smtp: SMTP, username: str, password: str) -> None:
    methods = {"plain": smtp.auth_plain, "login": smtp.auth_login, "cram-md5": smtp.auth_crammd5}
    log_in = next((call for name, call in methods.items() if name in smtp.server_auth_methods), None)
    if log_in is None:
        offered = ", ".join(smtp.server_auth_methods) or "-"
        what = Text(
            f"메일 서버가 쓸 수 있는 로그인 방식을 제공하지 않습니다(제공: {offered})",
            f"the mail server offers no way to log in that we know (offered: {offered})",
        )
        raise ConnectTrouble(Stage.AUTH, what, "no usable login method offered", remedy=CHECK_LOGIN, login=True)
    async with _stage(Stage.AUTH):
        await log_in(username, password)


def _hand_over(smtp: SMTP) -> Session:
    """Takes the connection from aiosmtplib: from here on our own reader and writer use it."""
    transport = smtp.transport
    if transport is None or transport.is_closing():
        raise _lost(Stage.EHLO, _ENDED)
    secured = transport.get_extra_info("ssl_object")
    extensions = {name.upper(): value for name, value in smtp.esmtp_extensions.items()}
    return Session(
        wire=Wire(cast(asyncio.Transport, transport)),
        extensions=extensions,
        size_limit=_size_limit(extensions),
        tls=(secured.version() or "") if secured is not None else "",
    )


def _size_limit(extensions: Mapping[str, str]) -> int | None:
    limit = extensions.get("SIZE", "").strip()
    return int(limit) if limit.isascii() and limit.isdigit() and int(limit) > 0 else None


@asynccontextmanager
async def _stage(stage: Stage) -> AsyncIterator[None]:
    """Everything aiosmtplib, the TLS library and the network may raise, as ConnectTrouble of this stage."""
    try:
        yield
    except SMTPResponseException as error:
        raise _refused(stage, error.code, error.message) from error
    except (SMTPTimeoutError, TimeoutError) as error:
        raise _lost(stage, _SILENT) from error
    except ssl.SSLCertVerificationError as error:
        raise certificate_trouble(stage, error) from error
    except (SMTPException, OSError, ValueError, binascii.Error) as error:
        raise _foreign(stage, error) from error


def _foreign(stage: Stage, error: Exception) -> ConnectTrouble:
    # aiosmtplib wraps what the connect raised; the reason is the cause
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return certificate_trouble(stage, cause)
    if isinstance(cause, ssl.SSLError):
        what = Text(
            f"암호화 연결을 맺지 못했습니다: {cause.reason or cause}",
            f"no encrypted connection could be made: {cause.reason or cause}",
        )
        return ConnectTrouble(stage, what, f"TLS failed: {cause.reason or cause}", remedy=CHECK_TLS)
    if isinstance(cause, socket.gaierror):
        what = Text("메일 서버의 이름을 찾을 수 없습니다", "the mail server's name cannot be found")
        return ConnectTrouble(stage, what, f"name not found: {cause}")
    return _lost(stage, _reason(cause))


_SILENT = Text("정해진 시간 안에 답이 없습니다", "no answer in time")
_ENDED = Text("서버가 연결을 끊었습니다", "the server closed the connection")
_UNREADABLE = Text("메일 서버 응답이 아닙니다", "the answer cannot be read as SMTP")
_REASONS = {
    errno.ECONNREFUSED: Text("그 포트에서 연결을 받지 않습니다", "connection refused"),
    errno.ECONNRESET: _ENDED,
    errno.EPIPE: _ENDED,
    errno.ETIMEDOUT: _SILENT,
    errno.EHOSTUNREACH: Text("서버까지 닿는 길이 없습니다", "no route to the server"),
    errno.ENETUNREACH: Text("인터넷에 연결되어 있지 않습니다", "the network is unreachable"),
}


def _reason(error: Exception) -> Text:
    if isinstance(error, SMTPServerDisconnected):
        return _ENDED
    # with several addresses for one name asyncio joins the errors into one text without a number
    number = re.search(r"\[Errno (\d+)\]", str(error))
    known = _REASONS.get(int(number[1])) if number else None
    words = str(error) or type(error).__name__
    return known or Text(words, words)


def _lost(stage: Stage, why: Text) -> ConnectTrouble:
    name = stage_name(stage)
    what = Text(
        f"메일 서버에 연결할 수 없습니다({name.ko} 단계): {why.ko}",
        f"the mail server cannot be reached ({name.en}): {why.en}",
    )
    remedy = CHECK_TLS if stage is Stage.STARTTLS else CHECK_ADDRESS
    return ConnectTrouble(stage, what, f"{why.en} ({stage.value})", remedy=remedy)


def _refused(stage: Stage, code: int, message: str) -> ConnectTrouble:
    if not 200 <= code <= 599:
        # aiosmtplib's -1: not a reply at all, or one without end
        return _lost(stage, _UNREADABLE)
    lines = tuple(line.encode("utf-8", "surrogateescape")[:1_000] for line in message.split("\n")[:8])
    raw = RawReply(code, frozenset((code // 100,)), lines, truncated=True)
    return reply_trouble(stage, make_answer(raw, stage).reply)
