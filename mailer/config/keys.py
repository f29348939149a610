"""The table of settings: each key with its default, what it means, and what may stand there.

One row here is one line of `config.example.env`, one row of `mailer config show` and one paragraph of the documentation.

Not here: parsing (`values.py`), the typed result (`reader.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mailer.wording import Text

__all__ = ["KEYS", "Key"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """`default` is the text that would stand in `.env`; "" means unset. `allowed` completes the sentence "... is expected"."""

    name: str
    default: str
    meaning: Text
    allowed: Text
    secret: bool = False


_DURATION = Text("90s, 15m, 2h, 1d 같은 시간", "a duration such as 90s, 15m, 2h or 1d")
_RATE = Text(
    "60/min, 5/s, 100/h 같은 속도, 제한이 없으면 0/min", "a rate such as 60/min, 5/s or 100/h; 0/min for no limit"
)
_ADDRESS = Text("name@example.org 같은 메일 주소", "an e-mail address such as name@example.org")
_MAILBOX = Text(
    "홍보팀 <press@example.org> 같은 이름과 주소", "a name and address such as Press Office <press@example.org>"
)

_TABLE = (
    Key(
        name="SMTP_HOST",
        default="",
        meaning=Text(
            "메일 서버. 비워 두면 연습 모드이며 아무것도 이 컴퓨터를 떠나지 않습니다",
            "mail server; when empty, practice mode: nothing leaves this machine",
        ),
        allowed=Text(
            "smtp.example.org 같은 서버 이름이나 IP 주소 (포트는 SMTP_PORT에)",
            "a host name such as smtp.example.org or an IP address (the port belongs in SMTP_PORT)",
        ),
    ),
    Key(
        name="SMTP_PORT",
        default="",
        meaning=Text(
            "서버 포트. 비워 두면 587, SMTP_SECURITY=tls이면 465",
            "server port; when empty 587, or 465 with SMTP_SECURITY=tls",
        ),
        allowed=Text("1부터 65535까지의 숫자", "a number from 1 to 65535"),
    ),
    Key(
        name="SMTP_SECURITY",
        default="starttls",
        meaning=Text(
            "암호화 방식. none은 이 컴퓨터 안의 서버에만 씁니다",
            "encryption; none is only for a server on this machine",
        ),
        allowed=Text("starttls, tls, none 가운데 하나", "one of starttls, tls, none"),
    ),
    Key(
        name="SMTP_USERNAME",
        default="",
        meaning=Text("메일 서버 사용자 이름", "user name at the mail server"),
        allowed=Text("서버에 로그인할 때 쓰는 이름", "the name used to log in to the server"),
    ),
    Key(
        name="SMTP_PASSWORD",
        default="",
        meaning=Text(
            "메일 서버 비밀번호. 파일에 두려면 SMTP_PASSWORD_FILE을 쓰십시오",
            "password at the mail server; use SMTP_PASSWORD_FILE to keep it in a file",
        ),
        allowed=Text("줄바꿈이나 제어 문자가 없는 글자", "characters without line breaks or control characters"),
        secret=True,
    ),
    Key(
        name="SMTP_CA_FILE",
        default="",
        meaning=Text(
            "서버 인증서를 확인할 인증 기관 파일(PEM). 비워 두면 시스템 것을 씁니다",
            "file of certificate authorities (PEM) to verify the server; when empty, the system's",
        ),
        allowed=Text("있는 PEM 파일의 경로", "the path of an existing PEM file"),
    ),
    Key(
        name="SMTP_TIMEOUT",
        default="60s",
        meaning=Text("서버의 응답을 기다리는 시간", "how long to wait for a reply of the server"),
        allowed=_DURATION,
    ),
    Key(
        name="SMTP_CONNECTIONS",
        default="4",
        meaning=Text("서버에 동시에 여는 연결 수", "connections open to the server at once"),
        allowed=Text("1부터 64까지의 숫자", "a number from 1 to 64"),
    ),
    Key(
        name="MAILER_FROM",
        default="",
        meaning=Text(
            "보내는 사람의 이름과 주소. SMTP_HOST가 있으면 꼭 필요합니다",
            "sender's name and address; required when SMTP_HOST is set",
        ),
        allowed=_MAILBOX,
    ),
    Key(
        name="MAILER_REPLY_TO",
        default="",
        meaning=Text("답장을 받을 주소. 비워 두면 MAILER_FROM", "where replies go; when empty, MAILER_FROM"),
        allowed=_MAILBOX,
    ),
    Key(
        name="MAILER_BOUNCE_ADDRESS",
        default="",
        meaning=Text(
            "반송 메일을 받을 주소. 비워 두면 MAILER_FROM의 주소",
            "where bounces go; when empty, the address of MAILER_FROM",
        ),
        allowed=_ADDRESS,
    ),
    Key(
        name="MAILER_UNSUBSCRIBE",
        default="",
        meaning=Text(
            "수신거부를 받을 주소. 비워 두면 답장 주소",
            "where requests to unsubscribe go; when empty, the reply address",
        ),
        allowed=_ADDRESS,
    ),
    Key(
        name="MAILER_TIMEZONE",
        default="Asia/Seoul",
        meaning=Text("예약 시각을 읽는 시간대", "time zone in which scheduled times are read"),
        allowed=Text("Asia/Seoul 같은 시간대 이름", "the name of a time zone such as Asia/Seoul"),
    ),
    Key(
        name="MAILER_LANG",
        default="ko",
        meaning=Text("화면에 쓰는 언어", "language of the screens"),
        allowed=Text("ko나 en", "ko or en"),
    ),
    Key(
        name="MAILER_DATABASE",
        default="sqlite:///var/mailer.db",
        meaning=Text(
            "발송 기록을 두는 데이터베이스. 상대 경로는 작업 폴더에서 시작합니다",
            "database of the delivery log; a relative path starts at the workspace",
        ),
        allowed=Text("sqlite:///var/mailer.db 같은 주소", "an address such as sqlite:///var/mailer.db"),
    ),
    Key(
        name="MAILER_RATE",
        default="0/min",
        meaning=Text(
            "서버로 보내는 속도의 상한. 0/min이면 서버가 받는 만큼 빠르게",
            "highest rate to the server; with 0/min as fast as the server takes it",
        ),
        allowed=_RATE,
    ),
    Key(
        name="MAILER_RATE_PER_DOMAIN",
        default="0/min",
        meaning=Text("받는 도메인 하나로 보내는 속도의 상한", "highest rate to one recipient domain"),
        allowed=_RATE,
    ),
    Key(
        name="MAILER_RETRY_FIRST",
        default="5m",
        meaning=Text("첫 번째 다시 시도까지 기다리는 시간", "wait before the first retry"),
        allowed=_DURATION,
    ),
    Key(
        name="MAILER_RETRY_MAX",
        default="2h",
        meaning=Text("다시 시도 사이의 가장 긴 간격", "longest wait between two tries"),
        allowed=_DURATION,
    ),
    Key(
        name="MAILER_GIVE_UP_AFTER",
        default="24h",
        meaning=Text(
            "이 시간이 지나도 접수되지 않으면 실패로 적습니다", "not accepted after this long: recorded as failed"
        ),
        allowed=_DURATION,
    ),
    Key(
        name="MAILER_LATE_AFTER",
        default="15m",
        meaning=Text(
            "예약 시각보다 이만큼 넘게 늦으면 보내지 않고 보류합니다",
            "a scheduled send later than this is held instead of sent",
        ),
        allowed=_DURATION,
    ),
    Key(
        name="MAILER_LEASE",
        default="5m",
        meaning=Text(
            "멈춘 프로세스의 몫을 다른 프로세스가 이어받기까지의 시간",
            "how long a stopped process keeps its share before another may take it",
        ),
        allowed=_DURATION,
    ),
    Key(
        name="MAILER_IN_DOUBT",
        default="hold",
        meaning=Text(
            "접수 여부를 알 수 없는 메일: hold는 사람이 정하고, resend는 한 번 더 보냅니다(두 번 갈 수 있음)",
            "mail whose acceptance nobody knows: hold leaves it to a person, resend sends once more (may arrive twice)",
        ),
        allowed=Text("hold나 resend", "hold or resend"),
    ),
)

KEYS: Mapping[str, Key] = MappingProxyType({key.name: key for key in _TABLE})
