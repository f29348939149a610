"""Second thoughts about a valid configuration (`mailer config check`) and how it is shown (`mailer config show`).

Not here: asking the mail server (`mailer doctor`), what makes a configuration invalid (`reader.py`).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path

from mailer.config.keys import KEYS
from mailer.config.reader import Config
from mailer.config.sources import read_env_file
from mailer.config.values import Secret, Security, is_loopback
from mailer.findings import Finding, Level
from mailer.wording import Text

__all__ = ["Row", "check", "describe"]

_FIELDS = {
    "MAILER_FROM": "sender",
    "MAILER_LANG": "language",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One setting for the screen: `value` is what is in force, `****` for a secret, "" when there is none."""

    key: str
    value: str
    source: Text
    meaning: Text


def describe(config: Config) -> tuple[Row, ...]:
    """Every setting in the order of `config.example.env`."""
    return tuple(
        Row(key=name, value=_show(config, name), source=config.origins[name].source, meaning=key.meaning)
        for name, key in KEYS.items()
    )


def check(config: Config) -> tuple[Finding, ...]:
    """What is allowed but probably not meant. Never empty: without a doubt there is one finding of level ok."""
    doubts = tuple(_doubts(config))
    return doubts or (
        Finding(
            level=Level.OK,
            code="config.ok",
            message=Text(f"설정 {len(KEYS)}개를 확인했습니다", f"{len(KEYS)} settings checked"),
        ),
    )


def _show(config: Config, name: str) -> str:
    known = {field.name for field in fields(config)}
    bare = name.removeprefix("MAILER_").lower()
    value: object = getattr(config, _FIELDS.get(name) or (name.lower() if name.lower() in known else bare))
    if name == "MAILER_DATABASE":
        return config.database_url
    if value is None or isinstance(value, Secret):
        return "" if value is None else "****"
    if isinstance(value, timedelta):
        return _show_duration(value)
    if isinstance(value, float):
        return f"{value * 60:g}/min"
    return str(value)


def _show_duration(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    size, unit = next(
        (size, unit) for size, unit in ((86400, "d"), (3600, "h"), (60, "m"), (1, "s")) if not seconds % size
    )
    return f"{seconds // size}{unit}"


def _doubts(config: Config) -> Iterator[Finding]:
    yield from _readable_password(config.workspace / ".env")
    if config.practice:
        yield _warning(
            "config.practice",
            Text(
                "SMTP_HOST가 없어 연습 모드입니다. 메일이 이 컴퓨터를 떠나지 않습니다",
                "practice mode, SMTP_HOST is not set: no mail leaves this machine",
            ),
            where=".env",
            remedy=Text("실제로 보내려면 SMTP_HOST를 적으십시오", "set SMTP_HOST to send for real"),
        )
        return
    if (config.smtp_security, config.smtp_port) in {(Security.STARTTLS, 465), (Security.TLS, 587), (Security.TLS, 25)}:
        fit = Security.TLS if config.smtp_port == 465 else Security.STARTTLS
        yield _warning(
            "config.port",
            Text(
                f"{config.smtp_port} 포트는 보통 SMTP_SECURITY={fit}입니다",
                f"port {config.smtp_port} usually speaks {fit}",
            ),
            where=config.origins["SMTP_PORT"].where,
            remedy=Text("서버 안내를 확인하십시오", "check what the server's provider says"),
        )
    if config.smtp_security is Security.NONE and not is_loopback(config.smtp_host or ""):
        yield _warning(
            "config.clear",
            Text(
                f"메일이 암호화 없이 서버({config.smtp_host})로 나갑니다",
                f"mail travels to {config.smtp_host} without encryption",
            ),
            where=config.origins["SMTP_SECURITY"].where,
            remedy=Text("되도록 starttls나 tls를 쓰십시오", "use starttls or tls if the server offers it"),
        )
    if config.lease <= config.smtp_timeout:
        yield _warning(
            "config.lease",
            Text("MAILER_LEASE가 SMTP_TIMEOUT보다 길지 않습니다", "MAILER_LEASE is not longer than SMTP_TIMEOUT"),
            where=config.origins["MAILER_LEASE"].where,
            remedy=Text("MAILER_LEASE를 더 길게 적으십시오", "make MAILER_LEASE longer"),
        )


def _readable_password(path: Path) -> Iterator[Finding]:
    if os.name != "posix" or not path.is_file():
        return
    secrets = {name for name, key in KEYS.items() if key.secret}
    held = any(name in secrets and text for name, text, _ in read_env_file(path))
    mode = stat.S_IMODE(path.stat().st_mode)
    if held and mode & 0o077:
        yield _warning(
            "config.readable",
            Text(
                f"비밀번호가 든 파일을 다른 사용자도 읽을 수 있습니다 (권한 {mode:o})",
                f"other users may read this file with a password (mode {mode:o})",
            ),
            where=path.name,
            remedy=Text("나만 읽게 하려면: chmod 600 .env", "let only yourself read it: chmod 600 .env"),
        )


def _warning(code: str, message: Text, *, where: str, remedy: Text) -> Finding:
    return Finding(level=Level.WARNING, code=code, message=message, where=where, remedy=remedy)
