"""From the gathered text to one frozen `Config`, or the first thing that is wrong with it.

Not here: the wiring of the parts that use it (`app.py`), second thoughts about a valid configuration (`review.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from mailer.config import values
from mailer.config.keys import KEYS
from mailer.config.sources import DEFAULT, Origin, Raw, gather
from mailer.config.values import InDoubt, Mailbox, Secret, Security
from mailer.errors import ConfigError, MailerError
from mailer.wording import Language, Text

__all__ = ["Config", "read_config", "read_language"]

Value = TypeVar("Value")

_PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 587}
_PRACTICE_SENDER = Mailbox(name="", address="press@practice.example")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Every setting, checked. Rates are messages per second (0.0: no limit). `workspace` and `database` are absolute;
    `database_url` is for SQLAlchemy. `sender` is `press@practice.example` when nobody named one, which only practice mode
    (no `smtp_host`) allows. `reply_to`, `bounce_address` and `unsubscribe` are always filled in. `origins` says where each
    key came from; nothing in this value prints a secret."""

    workspace: Path
    smtp_host: str | None
    smtp_port: int
    smtp_security: Security
    smtp_username: str | None
    smtp_password: Secret | None
    smtp_ca_file: Path | None
    smtp_timeout: timedelta
    smtp_connections: int
    sender: Mailbox
    reply_to: Mailbox
    bounce_address: str
    unsubscribe: str
    timezone: str
    language: Language
    database: Path
    rate: float
    rate_per_domain: float
    retry_first: timedelta
    retry_max: timedelta
    give_up_after: timedelta
    late_after: timedelta
    lease: timedelta
    in_doubt: InDoubt
    origins: Mapping[str, Origin]

    @property
    def practice(self) -> bool:
        """No mail server is configured: everything goes to the catcher on this machine."""
        return self.smtp_host is None

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.database.as_posix()}"

    def given(self, key: str) -> bool:
        """Whether somebody set `key`, as opposed to its default."""
        return self.origins[key] is not DEFAULT


def read_config(workspace: Path, environ: Mapping[str, str], flags: Mapping[str, str] = MappingProxyType({})) -> Config:
    """The settings for `workspace`: flags (by key) before environment before `.env` before defaults. Raises `ConfigError`."""
    root = workspace.absolute()
    reader = _Reader(gather(root, environ, flags))
    take = reader.take
    security = take("SMTP_SECURITY", Security)
    smtp_host = reader.maybe("SMTP_HOST", values.host)
    sender = reader.maybe("MAILER_FROM", values.mailbox) or _PRACTICE_SENDER
    reply_to = reader.maybe("MAILER_REPLY_TO", values.mailbox) or sender
    config = Config(
        workspace=root,
        smtp_host=smtp_host,
        smtp_port=reader.maybe("SMTP_PORT", partial(values.whole, least=1, most=65535)) or _PORTS[security],
        smtp_security=security,
        smtp_username=reader.maybe("SMTP_USERNAME", str),
        smtp_password=reader.maybe("SMTP_PASSWORD", Secret),
        smtp_ca_file=reader.maybe("SMTP_CA_FILE", partial(_existing, root)),
        smtp_timeout=take("SMTP_TIMEOUT", values.duration),
        smtp_connections=take("SMTP_CONNECTIONS", partial(values.whole, least=1, most=64)),
        sender=sender,
        reply_to=reply_to,
        bounce_address=reader.maybe("MAILER_BOUNCE_ADDRESS", values.address) or sender.address,
        unsubscribe=reader.maybe("MAILER_UNSUBSCRIBE", values.address) or reply_to.address,
        timezone=take("MAILER_TIMEZONE", values.zone),
        language=take("MAILER_LANG", values.language),
        database=reader.database(root),
        rate=take("MAILER_RATE", values.rate),
        rate_per_domain=take("MAILER_RATE_PER_DOMAIN", values.rate),
        retry_first=take("MAILER_RETRY_FIRST", values.duration),
        retry_max=take("MAILER_RETRY_MAX", values.duration),
        give_up_after=take("MAILER_GIVE_UP_AFTER", values.duration),
        late_after=take("MAILER_LATE_AFTER", values.duration),
        lease=take("MAILER_LEASE", values.duration),
        in_doubt=take("MAILER_IN_DOUBT", InDoubt),
        origins=MappingProxyType({key: reader.origin(key) for key in KEYS}),
    )
    _refuse_contradictions(config)
    return config


def read_language(workspace: Path, environ: Mapping[str, str]) -> Language:
    """The language alone, for the screens that come before (or instead of) a usable configuration."""
    try:
        return _Reader(gather(workspace, environ, {})).take("MAILER_LANG", values.language)
    except MailerError:  # whoever needs the settings reads them whole and says what is wrong
        text = environ.get("MAILER_LANG", "")
        return "en" if text.lower() == "en" else "ko"


class _Reader:
    def __init__(self, found: Mapping[str, Raw]) -> None:
        self._found = found

    def origin(self, key: str) -> Origin:
        raw = self._found.get(key)
        return raw.origin if raw and raw.text else DEFAULT

    def take(self, key: str, parse: Callable[[str], Value]) -> Value:
        value = self.maybe(key, parse)
        return parse(KEYS[key].default) if value is None else value

    def maybe(self, key: str, parse: Callable[[str], Value]) -> Value | None:
        raw = self._found.get(key)
        text = raw.text if raw and KEYS[key].secret else raw.text.strip() if raw else ""
        if not raw or not text:
            return None
        try:
            return parse(text)
        except ValueError as error:
            raise _unusable(key, text, raw.origin.where) from error

    def database(self, root: Path) -> Path:
        raw = self._found.get("MAILER_DATABASE")
        if raw and raw.text.partition(":")[0].partition("+")[0] in {"postgresql", "postgres"}:
            raise ConfigError(
                Text(
                    "MAILER_DATABASE: PostgreSQL은 아직 쓸 수 없습니다",
                    "MAILER_DATABASE: PostgreSQL cannot be used yet",
                ),
                where=raw.origin.where,
                remedy=Text(
                    "sqlite:///var/mailer.db를 쓰거나 이 줄을 지우십시오",
                    "use sqlite:///var/mailer.db or remove the line",
                ),
            )
        return self.take("MAILER_DATABASE", partial(_sqlite_path, root))


def _unusable(key: str, text: str, where: str) -> ConfigError:
    known = KEYS[key]
    named = "" if where == f"${key}" else f"{key}: "
    shown = "" if known.secret or "://" in text else f": {text[:80]!r}"
    return ConfigError(
        Text(f"{named}쓸 수 없는 값입니다{shown}", f"{named}this value cannot be used{shown}"),
        where=where,
        remedy=Text(f"쓸 수 있는 값: {known.allowed.ko}", f"expected: {known.allowed.en}"),
    )


def _existing(root: Path, text: str) -> Path:
    path = root / Path(text).expanduser()
    if not path.is_file():
        raise ValueError
    return path


def _sqlite_path(root: Path, url: str) -> Path:
    """The file behind `sqlite:///relative/to/the/workspace.db` or `sqlite:////absolute.db`."""
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(url)
    name = unquote(parts.path).removeprefix("/")
    if parts.scheme != "sqlite" or parts.netloc or parts.query or parts.fragment or name in {"", ":memory:"}:
        raise ValueError
    return root / name


def _refuse_contradictions(config: Config) -> None:
    origins, login = config.origins, (config.smtp_username, config.smtp_password)
    if config.smtp_host is not None and not config.given("MAILER_FROM"):
        raise ConfigError(
            Text("MAILER_FROM: 보내는 사람이 없습니다", "MAILER_FROM: there is no sender"),
            where=origins["SMTP_HOST"].where,
            remedy=Text(
                "SMTP_HOST를 쓰려면 MAILER_FROM=홍보팀 <press@example.org>처럼 적으십시오",
                "with SMTP_HOST, add a line such as MAILER_FROM=Press Office <press@example.org>",
            ),
        )
    if (config.smtp_username is None) != (config.smtp_password is None):
        there, missing = ("SMTP_USERNAME", "SMTP_PASSWORD") if login[0] else ("SMTP_PASSWORD", "SMTP_USERNAME")
        raise ConfigError(
            Text(f"{missing}: 빠져 있습니다 ({there}만 있습니다)", f"{missing}: missing, although {there} is given"),
            where=origins[there].where,
            remedy=Text("둘 다 적거나 둘 다 지우십시오", "give both or neither"),
        )
    if _password_in_clear(config):
        raise ConfigError(
            Text(
                f"SMTP_SECURITY=none이면 비밀번호가 암호화 없이 서버({config.smtp_host})로 나갑니다",
                f"with SMTP_SECURITY=none the password would travel to {config.smtp_host} in clear",
            ),
            where=origins["SMTP_SECURITY"].where,
            remedy=Text("starttls나 tls를 쓰십시오", "use starttls or tls"),
        )
    if config.retry_first > config.retry_max:
        raise ConfigError(
            Text(
                "MAILER_RETRY_FIRST가 MAILER_RETRY_MAX보다 깁니다", "MAILER_RETRY_FIRST is longer than MAILER_RETRY_MAX"
            ),
            where=origins["MAILER_RETRY_FIRST" if config.given("MAILER_RETRY_FIRST") else "MAILER_RETRY_MAX"].where,
            remedy=Text("MAILER_RETRY_MAX를 같거나 더 길게 적으십시오", "make MAILER_RETRY_MAX at least as long"),
        )


def _password_in_clear(config: Config) -> bool:
    return (
        config.smtp_host is not None
        and config.smtp_security is Security.NONE
        and config.smtp_password is not None
        and not values.is_loopback(config.smtp_host)
    )
