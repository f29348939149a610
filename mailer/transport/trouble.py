"""What stood between us and a usable connection. A drain wants an Outcome (wait, try again), a person an error with a remedy:
one description, two translations.
"""

from __future__ import annotations

import ssl

from mailer.dispatch.model import Outcome, Reply, Scope, Stage, Verdict
from mailer.errors import LoginRefused, ServerError, ServerUnreachable
from mailer.transport.meanings import stage_name
from mailer.transport.verdicts import login_refused
from mailer.wording import Text

__all__ = ["ConnectTrouble", "certificate_trouble", "reply_trouble"]

CHECK_ADDRESS = Text(
    "SMTP_HOST와 SMTP_PORT가 맞는지, 인터넷에 연결되어 있는지 확인해 주십시오. "
    "587번 포트가 막힌 곳에서는 465번(SMTP_SECURITY=tls)을 써 보십시오",
    "check SMTP_HOST and SMTP_PORT and the internet connection. Where port 587 is blocked, try port 465 with SMTP_SECURITY=tls",
)
TRY_LATER = Text(
    "잠시 뒤에 다시 시도해 주십시오. 계속되면 메일 서버 관리자에게 서버 응답을 전해 주십시오",
    "try again in a while. If it goes on, show the server's reply to whoever runs the mail server",
)
CHECK_LOGIN = Text(
    "SMTP_USERNAME과 SMTP_PASSWORD를 확인해 주십시오. 2단계 인증을 쓰는 계정은 앱 비밀번호가 따로 필요합니다. "
    "여러 번 틀리면 계정이 잠길 수 있어 자동으로 다시 시도하지 않습니다",
    "check SMTP_USERNAME and SMTP_PASSWORD. Accounts with two-step login need an app password. "
    "It is not tried again by itself, because repeated failures can lock the account",
)
CHECK_TLS = Text(
    "SMTP_SECURITY와 SMTP_PORT가 서로 맞는지 확인해 주십시오(starttls는 587번, tls는 465번). "
    "그래도 안 되면 다른 네트워크에서 시도해 보십시오",
    "check that SMTP_SECURITY and SMTP_PORT belong together (starttls: 587, tls: 465). If they do, try from another network",
)


class ConnectTrouble(Exception):
    """No usable connection. `reply` is the server's, if it spoke; `what` and `remedy` are for people, `detail` for the log."""

    def __init__(
        self,
        stage: Stage,
        what: Text,
        detail: str,
        *,
        reply: Reply | None = None,
        remedy: Text = CHECK_ADDRESS,
        login: bool = False,
    ) -> None:
        super().__init__(detail)
        self.stage = stage
        self.what = what
        self.detail = detail
        self.reply = reply
        self.remedy = remedy
        self.login = login

    def outcome(self) -> Outcome:
        """For a running drain: this delivery waits, and so do all others."""
        return Outcome(verdict=Verdict.DEFER, scope=Scope.SITE, stage=self.stage, reply=self.reply, detail=self.detail)

    def error(self, place: str) -> ServerError:
        """For a person who asked whether the server can be used."""
        refused = self.login or login_refused(self.outcome())
        kind = LoginRefused if refused else ServerUnreachable
        return kind(self.what, where=place, remedy=self.remedy)


def reply_trouble(stage: Stage, reply: Reply) -> ConnectTrouble:
    """The server answered, but not as hoped."""
    words = f"{reply.code} {reply.enhanced} {reply.text}".replace("  ", " ").strip()
    if stage is Stage.AUTH and reply.code // 100 == 5:
        what = Text(
            f"메일 서버가 사용자 이름이나 비밀번호를 거부했습니다: {words}",
            f"the mail server refused the user name or the password: {words}",
        )
        return ConnectTrouble(stage, what, "login refused", reply=reply, remedy=CHECK_LOGIN, login=True)
    what = Text(
        f"메일 서버가 지금은 받지 않겠다고 답했습니다({stage_name(stage).ko} 단계): {words}",
        f"the mail server will not talk to us now ({stage_name(stage).en}): {words}",
    )
    return ConnectTrouble(stage, what, f"refused ({stage.value})", reply=reply, remedy=TRY_LATER)


_EXPIRED, _NOT_YET, _WRONG_NAME, _WRONG_ADDRESS = 10, 9, 62, 64
_UNKNOWN_ISSUER = frozenset({18, 19, 20, 21})


def certificate_trouble(stage: Stage, error: ssl.SSLCertVerificationError) -> ConnectTrouble:
    """The server's certificate does not prove who it is (OpenSSL's X509_V_ERR numbers)."""
    code = error.verify_code
    if code in (_EXPIRED, _NOT_YET):
        what = Text("메일 서버의 인증서가 유효 기간 밖입니다", "the mail server's certificate is out of date")
        remedy = Text(
            "이 컴퓨터의 날짜와 시각이 맞는지 먼저 보시고, 맞다면 서버 관리자에게 인증서 갱신을 요청해 주십시오",
            "first check this computer's date and time; if they are right, ask whoever runs the server to renew the certificate",
        )
    elif code in (_WRONG_NAME, _WRONG_ADDRESS):
        what = Text(
            "메일 서버의 인증서가 SMTP_HOST에 적힌 이름의 것이 아닙니다",
            "the mail server's certificate is not for the name in SMTP_HOST",
        )
        remedy = Text(
            "메일 업체가 안내한 서버 이름을 SMTP_HOST에 그대로 적어 주십시오(IP 주소나 별칭이 아니라)",
            "put the server name that your mail provider states into SMTP_HOST (not an IP address, not an alias)",
        )
    elif code in _UNKNOWN_ISSUER:
        what = Text(
            "메일 서버의 인증서를 믿을 수 있는 기관이 발급하지 않았습니다",
            "the mail server's certificate was not issued by a known authority",
        )
        remedy = Text(
            "기관 자체 서버라면 그 인증기관 파일(PEM)을 SMTP_CA_FILE에 지정해 주십시오. "
            "외부 업체 서버라면 연결이 가로채였을 수 있으니 보내지 마십시오",
            "if it is your organisation's own server, name its authority file (PEM) in SMTP_CA_FILE. "
            "If it is a provider's, somebody may be intercepting the connection: do not send",
        )
    else:
        what = Text(
            f"메일 서버의 인증서를 확인할 수 없습니다: {error.verify_message}",
            f"the mail server's certificate cannot be verified: {error.verify_message}",
        )
        remedy = CHECK_TLS
    return ConnectTrouble(stage, what, f"certificate refused: {error.verify_message}", remedy=remedy)
