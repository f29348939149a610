"""Where the mail server is and how to speak to it. A value; reading the settings is the doors' work (`config.py`)."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from mailer.errors import ConfigError
from mailer.wording import Text

__all__ = ["Security", "SmtpServer"]


class Security(StrEnum):
    """`starttls`: in clear until STARTTLS, which is then demanded (port 587). `tls`: from the first byte (port 465).
    `none`: never encrypted; for a server on this machine."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """One mail server. `timeout` (seconds) bounds every single step; `final_dot_timeout` (seconds) is the wait for the reply
    after the message (RFC 5321 4.5.3.2.6 asks for 10 minutes: a shorter wait makes doubles). `ca_file` replaces the
    system's certificate authorities. `local_hostname` is what EHLO says; this machine's name if None."""

    host: str
    port: int = 587
    security: Security = Security.STARTTLS
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    timeout: float = 60.0
    local_hostname: str | None = None
    final_dot_timeout: float = 600.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "security", Security(self.security))
        if self.username is not None and self.security is Security.NONE and not is_loopback(self.host):
            raise ConfigError(
                Text(
                    "암호화하지 않은 연결로는 사용자 이름과 비밀번호를 보내지 않습니다",
                    "a user name and password are never sent over an unencrypted connection",
                ),
                where=self.place,
                remedy=Text(
                    "SMTP_SECURITY를 starttls(587번 포트) 또는 tls(465번 포트)로 바꾸어 주십시오",
                    "set SMTP_SECURITY to starttls (port 587) or tls (port 465)",
                ),
            )

    @property
    def place(self) -> str:
        """`host:port`, as shown to people."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def ehlo_name(self) -> str:
        """A name for EHLO: RFC 5321 4.1.4 wants a domain or an address literal. Never asks the DNS, which may hang."""
        name = self.local_hostname or socket.gethostname()
        usable = name.isascii() and name.replace("-", "").replace(".", "").isalnum()
        return name if usable or name.startswith("[") else "[127.0.0.1]"


def is_loopback(host: str) -> bool:
    """True for `localhost` and loopback addresses; never asks the DNS."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
