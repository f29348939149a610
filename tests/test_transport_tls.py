"""Encryption and login: demanded, checked, never downgraded; a password never travels in clear and is tried once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mailer.dispatch import Scope, Stage, Verdict
from mailer.errors import ConfigError, LoginRefused, ServerUnreachable
from mailer.transport import Security, SmtpServer, SmtpTransport, login_refused
from tests.envelopes import envelope, run, send
from tests.scripted_smtp import Extensions, Rule, ScriptedServer, certificates, cut, hang, reply

CERTIFICATES = certificates()
SECRET = "연습-canary-7f3a"
LOGINS = {"press": SECRET}
SECURE = pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])


@asynccontextmanager
async def secured(
    folder: Path, *rules: Rule, certificate: str = "good", security: Security = Security.STARTTLS, password: str = SECRET,
    extensions: Extensions | None = None, **more: Any,
) -> AsyncIterator[tuple[SmtpTransport, ScriptedServer]]:  # fmt: skip
    server = ScriptedServer(
        *rules,
        tls=getattr(CERTIFICATES, certificate),
        implicit_tls=security is Security.TLS,
        logins=LOGINS,
        extensions=extensions,
    )
    async with server:
        settings: dict[str, Any] = {
            "host": "localhost", "port": server.port, "security": security, "username": "press", "password": password,
            "ca_file": CERTIFICATES.ca_file(folder), "timeout": 0.5,
        }  # fmt: skip
        transport = SmtpTransport(SmtpServer(**{**settings, **more}))
        try:
            yield transport, server
        finally:
            await transport.close()


@SECURE
def test_encrypted_and_logged_in(tmp_path: Path, security: Security) -> None:
    """Over STARTTLS and over TLS from the start: login once, encrypted, and the probe says so."""

    async def main() -> None:
        async with secured(tmp_path, security=security) as (transport, server):
            probe = await transport.probe()
            assert probe.tls in {"TLSv1.2", "TLSv1.3"}
            assert probe.logged_in
            assert probe.size_limit == 50_000_000
            assert "PIPELINING" in probe.extensions
            for number in range(3):
                assert (await send(transport, envelope(number))).verdict is Verdict.ACCEPT
        assert [(login.user, login.accepted, login.encrypted) for login in server.books.logins] == [
            ("press", True, True)
        ]
        assert all(message.encrypted for message in server.books.stored)
        assert server.books.connections == 1
        assert server.books.violations == []

    run(main())


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_login_mechanisms(tmp_path: Path, mechanism: str) -> None:
    """Each known mechanism works alone, with a password that is not ASCII."""

    async def main() -> None:
        async with secured(tmp_path, extensions=Extensions(auth=(mechanism,))) as (transport, server):
            assert (await send(transport)).verdict is Verdict.ACCEPT
            assert [login.mechanism for login in server.books.logins] == [mechanism]

    run(main())


@SECURE
@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        ("expired", "out of date"),
        ("wrong_name", "not for the name"),
        ("self_signed", "not issued by a known authority"),
    ],
)
def test_bad_certificates(tmp_path: Path, security: Security, certificate: str, words: str) -> None:
    """A certificate that proves nothing stops everything: no password, no message, and a person is told which it was."""

    async def main() -> None:
        async with secured(tmp_path, certificate=certificate, security=security) as (transport, server):
            outcome = await send(transport)
            assert (outcome.verdict, outcome.scope) == (Verdict.DEFER, Scope.SITE)
            assert outcome.stage is (Stage.STARTTLS if security is Security.STARTTLS else Stage.CONNECT)
            with pytest.raises(ServerUnreachable, match=words) as caught:
                await transport.probe()
            assert caught.value.remedy is not None
            assert str(server.port) in caught.value.where
        assert server.books.logins == []
        assert server.books.stored == []

    run(main())


def test_unknown_authority(tmp_path: Path) -> None:
    """Without the authority's file the system's authorities decide, and they do not know ours."""

    async def main() -> None:
        async with secured(tmp_path, ca_file=None) as (transport, server):
            assert (await send(transport)).verdict is Verdict.DEFER
        assert server.books.logins == []

    run(main())


STRIPPED = [
    ("not offered", (), Extensions(starttls=False)),
    ("refused", (Rule(stage="starttls", act=reply("454 4.7.0 TLS not available")),), None),
    ("refused for good", (Rule(stage="starttls", act=reply("502 5.5.1 no")),), None),
    ("cut", (Rule(stage="starttls", act=cut()),), None),
    ("hung", (Rule(stage="starttls", act=hang()),), None),
    ("cut in the handshake", (Rule(stage="handshake", act=cut()),), None),
    ("hung in the handshake", (Rule(stage="handshake", act=hang()),), None),
    ("nonsense in the handshake", (Rule(stage="handshake", act=cut("250 2.0.0 surely you trust me")),), None),
]


@pytest.mark.parametrize(("rules", "extensions"), [pytest.param(*case[1:], id=case[0]) for case in STRIPPED])
def test_no_downgrade(tmp_path: Path, rules: tuple[Rule, ...], extensions: Extensions | None) -> None:
    """STARTTLS stripped, refused, cut or hung: neither a password nor a message goes out, and it counts for the site."""

    async def main() -> None:
        async with secured(tmp_path, *rules, extensions=extensions) as (transport, server):
            outcome = await send(transport)
            assert (outcome.verdict, outcome.scope, outcome.stage) == (Verdict.DEFER, Scope.SITE, Stage.STARTTLS)
            assert not login_refused(outcome)
            with pytest.raises(ServerUnreachable):
                await transport.probe()
        assert server.books.logins == []
        assert server.books.stored == []
        assert not any(line.startswith(("AUTH", "MAIL")) for _, line in server.books.commands)

    run(main())


def test_stripped_encryption_is_named(tmp_path: Path) -> None:
    """A server without STARTTLS is said to be one, in words for a person."""

    async def main() -> None:
        async with secured(tmp_path, extensions=Extensions(starttls=False)) as (transport, _):
            with pytest.raises(ServerUnreachable, match="does not offer encryption"):
                await transport.probe()

    run(main())


def test_bytes_injected_before_the_handshake(tmp_path: Path) -> None:
    """Bytes slipped in behind the answer to STARTTLS are never taken for the encrypted server's words."""

    async def main() -> None:
        injected = (
            b"220 2.0.0 go\r\n250-evil.example\r\n250-PIPELINING\r\n250 AUTH LOGIN\r\n235 2.7.0 welcome\r\n250 ok\r\n"
        )
        async with secured(
            tmp_path, Rule(stage="starttls", act=reply(injected)), extensions=Extensions(pipelining=False, auth=("PLAIN",))
        ) as (transport, server):  # fmt: skip
            outcome = await send(transport)
            if outcome.verdict is Verdict.ACCEPT:
                assert [login.mechanism for login in server.books.logins] == ["PLAIN"]
            assert all(login.encrypted for login in server.books.logins)
            assert all(message.encrypted for message in server.books.stored)
        assert server.books.violations == []

    run(main())


def test_plain_port_with_tls(tmp_path: Path) -> None:
    """TLS from the start against a server that speaks in clear is a site failure with a remedy, not a traceback."""

    async def main() -> None:
        async with ScriptedServer() as server:
            transport = SmtpTransport(
                SmtpServer(host="localhost", port=server.port, security=Security.TLS, timeout=0.5)
            )
            outcome = await send(transport)
            assert (outcome.verdict, outcome.scope, outcome.stage) == (Verdict.DEFER, Scope.SITE, Stage.CONNECT)
            with pytest.raises(ServerUnreachable, match="encrypted"):
                await transport.probe()
            await transport.close()

    run(main())


@SECURE
def test_wrong_password(tmp_path: Path, security: Security) -> None:
    """A wrong password is tried once, recognisable as such, and asks for the settings to be checked."""

    async def main() -> None:
        async with secured(tmp_path, security=security, password="wrong") as (transport, server):
            outcome = await send(transport)
            assert (outcome.verdict, outcome.scope, outcome.stage) == (Verdict.DEFER, Scope.SITE, Stage.AUTH)
            assert login_refused(outcome)
            assert len(server.books.logins) == 1
            with pytest.raises(LoginRefused, match=r"5\.7\.8"):
                await transport.probe()
        assert server.books.stored == []

    run(main())


@pytest.mark.parametrize("act", [cut(), hang(), reply("454 4.7.0 temporary")], ids=["cut", "hang", "454"])
def test_login_that_fails_for_now(tmp_path: Path, act: Any) -> None:
    """A login that is cut off, hangs or is put off is no refused login: it may be tried again."""

    async def main() -> None:
        async with secured(tmp_path, Rule(stage="auth", act=act)) as (transport, _):
            outcome = await send(transport)
            assert (outcome.verdict, outcome.scope, outcome.stage) == (Verdict.DEFER, Scope.SITE, Stage.AUTH)
            assert not login_refused(outcome)
            with pytest.raises(ServerUnreachable):
                await transport.probe()

    run(main())


def test_no_usable_mechanism(tmp_path: Path) -> None:
    """A server that offers no mechanism we know never sees the password."""

    async def main() -> None:
        for offered in ((), ("GSSAPI", "NTLM")):
            async with secured(tmp_path, extensions=Extensions(auth=offered)) as (transport, server):
                assert (await send(transport)).stage is Stage.AUTH
                with pytest.raises(LoginRefused):
                    await transport.probe()
            assert server.books.logins == []

    run(main())


def test_no_password_in_clear() -> None:
    """Without encryption a user name is accepted only for this machine."""
    for host in ("mail.example.org", "192.0.2.1", "localhost.example.org", "128.0.0.1"):
        with pytest.raises(ConfigError, match="unencrypted"):
            SmtpServer(host=host, security=Security.NONE, username="press", password=SECRET)
    for host in ("localhost", "127.0.0.1", "::1", "127.9.9.9"):
        SmtpServer(host=host, security=Security.NONE, username="press", password=SECRET)
    SmtpServer(host="mail.example.org", security=Security.NONE)


def test_login_on_this_machine() -> None:
    """On loopback a login without encryption works."""

    async def main() -> None:
        async with ScriptedServer(logins=LOGINS) as server:
            transport = SmtpTransport(
                SmtpServer(
                    host="127.0.0.1", port=server.port, security=Security.NONE, username="press", password=SECRET
                )
            )
            assert (await send(transport)).verdict is Verdict.ACCEPT
            await transport.close()

    run(main())


def test_secret_is_never_shown(tmp_path: Path) -> None:
    """The password is in no repr, no outcome, no error and no traceback text of a refused login."""

    async def main() -> None:
        rule = Rule(stage="auth", act=reply("535 5.7.8 no"))
        async with secured(tmp_path, rule) as (transport, _):
            assert SECRET not in repr(transport.server)
            assert SECRET not in repr(await send(transport))
            with pytest.raises(LoginRefused) as caught:
                await transport.probe()
            error: BaseException | None = caught.value
            while error is not None:
                assert SECRET not in f"{error!r} {error}"
                error = error.__cause__

    run(main())


def test_bad_authority_file(tmp_path: Path) -> None:
    """A missing or broken authority file is an error of the settings that names the file."""

    async def main() -> None:
        broken = tmp_path / "broken.pem"
        broken.write_text("not a certificate")
        for path in (tmp_path / "missing.pem", broken):
            transport = SmtpTransport(SmtpServer(host="localhost", port=1, ca_file=path))
            with pytest.raises(ConfigError) as caught:
                await transport.probe()
            assert caught.value.where == str(path)

    run(main())


def test_unknown_host() -> None:
    """A server name that does not exist is a site failure that says so."""

    async def main() -> None:
        transport = SmtpTransport(SmtpServer(host="no..such..name", port=25, security=Security.NONE, timeout=2))
        outcome = await send(transport)
        assert (outcome.verdict, outcome.scope, outcome.stage) == (Verdict.DEFER, Scope.SITE, Stage.CONNECT)

    run(main())
