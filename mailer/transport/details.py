"""What was seen when a server said nothing of its own: the record's English sentence, in both languages.

    said(outcome) -> Text("응답이 60초 안에 오지 않음(인사 단계)", "no reply within 60 s (ehlo)")

The record (`Outcome.detail`, the tail of `Dispatch.pause_reason`) is written once, in English, and stays as it is: it is what a
report to a developer quotes. People read it through this table. A sentence that is not in it is quoted and called a record.

Not here: what a server's answer means and what to do about it (`meanings.py`).
"""

from __future__ import annotations

import re

from mailer.dispatch.model import Outcome, Reply, Stage
from mailer.transport.meanings import stage_name
from mailer.wording import Text

__all__ = ["said", "seen"]

_SEEN = {
    r"connection lost before the message": "메일이 나가기 전에 연결이 끊어짐",
    r"connection lost(?:: .*)?": "연결이 끊어짐",
    r"connection closed by the server|the server closed the connection": "서버가 연결을 끊음",
    r"the server closed the connection before this message": "이 메일 차례가 오기 전에 서버가 연결을 끊음",
    r"connection dropped": "연결을 끊음",
    r"no reply within (\S+) s": "응답이 {}초 안에 오지 않음",
    r"no answer in time": "정해진 시간 안에 응답이 없음",
    r"the server read nothing for (\S+) s": "서버가 {}초 동안 아무것도 읽지 않음",
    r"reply longer than (\d+) bytes": "서버 응답이 {}바이트보다 긺",
    r"the answer cannot be read as SMTP": "메일 서버의 응답이 아님",
    r"connection refused": "그 포트에서 연결을 받지 않음",
    r"no route to the server": "서버까지 가는 길이 없음",
    r"the network is unreachable": "인터넷에 연결되어 있지 않음",
    r"name not found: .*": "메일 서버의 이름을 찾을 수 없음",
    r"TLS failed: (.*)": "암호화 연결을 맺지 못함: {}",
    r"certificate refused: (.*)": "서버의 인증서를 확인하지 못함: {}",
    r"the server offers no STARTTLS": "서버가 암호화(STARTTLS)를 제공하지 않음",
    r"no usable login method offered": "쓸 수 있는 로그인 방식을 서버가 제공하지 않음",
    r"login refused": "로그인이 거부됨",
    r"refused": "서버가 거부함",
    r"unexpected reply to .*": "명령에 맞지 않는 응답",
    r"unreadable reply before (\d+)": "{} 응답 앞에 읽을 수 없는 응답이 있음",
    r"the reply says both yes and no": "접수와 거부가 함께 적힌 응답",
    r"the server answered (\d+) before the message was whole": "메일을 다 보내기 전에 서버가 {} 응답을 함",
    r"the address cannot be used in SMTP": "메일 주소로 쓸 수 없음",
    r"(\d+) bytes, the server takes (\d+)": "메일은 {}바이트, 서버가 받는 크기는 {}바이트",
    r"8-bit message, the server offers no 8BITMIME": "서버가 8비트 본문(8BITMIME)을 받지 않음",
    r"non-ASCII address, the server offers no SMTPUTF8": "서버가 영문이 아닌 주소(SMTPUTF8)를 받지 않음",
    r"the program makes other bytes than were approved": "지금 만들어지는 메일이 승인한 것과 다름",
}
_TABLE = tuple((re.compile(pattern), korean) for pattern, korean in _SEEN.items())
_STAGED = re.compile(r"(.*) \(({})\)".format("|".join(stage.value for stage in Stage)), re.DOTALL)
_CODED = re.compile(r"((?:\d{3} )?\d\.\d{1,3}\.\d{1,3}) (.*)", re.DOTALL)
_SAID = re.compile(r"[2-5]\d\d\b")
"""A pause may be told in a server's own words."""


def seen(detail: str) -> Text:
    """`detail` as a person reads it. A status code in front and a stage behind are kept."""
    coded = _CODED.fullmatch(detail)
    if coded is not None and (rest := _known(coded[2])) is not None:
        return Text(f"{coded[1]} {rest}", detail)
    if not detail:
        return Text("", "")
    unknown = f"서버 응답: {detail}" if _SAID.match(detail) else f"프로그램의 기록: {detail}"
    known = _known(detail)
    return Text(known if known is not None else unknown, detail)


def said(outcome: Outcome) -> Text:
    """The server's own words, or what was seen where it had none."""
    reply = outcome.reply
    if reply is None:
        return seen(outcome.detail)
    words = _words(reply)
    if reply.text or not outcome.detail:
        return Text(words, words)
    found = seen(outcome.detail)
    return Text(f"{words} {found.ko}".strip(), f"{words} {found.en}".strip())


def _words(reply: Reply) -> str:
    """Code 0 was never said by a server: we refused, with the code that one would have given."""
    return " ".join(part for part in (str(reply.code or ""), reply.enhanced, reply.text) if part)


def _known(detail: str) -> str | None:
    staged = _STAGED.fullmatch(detail)
    what = staged[1] if staged else detail
    for pattern, korean in _TABLE:
        found = pattern.fullmatch(what)
        if found is not None:
            place = f"({stage_name(Stage(staged[2])).ko} 단계)" if staged else ""
            return korean.format(*found.groups()) + place
    return None
