"""Advice for people who have no terminal: what the rooms below say in commands, said in buttons.

Not here: the advice of the terminal (`desk/report.py`, `transport/meanings_table.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailer.desk.report import LogLine, explained, pause_words
from mailer.dispatch import DeliveryState, PauseCause
from mailer.ledger import Ledger, LogRow
from mailer.transport import Meaning
from mailer.wording import Text

__all__ = ["labelled", "meaning_for_pages", "pause_for_pages", "remedy_for_pages", "told_for_pages"]

_COMMAND = re.compile(r"\bmailer [a-z]|--[a-z]|\.env\b|\.toml\b|`|\bresume\b|\bmove\b|\bcancel\b")
# each label ends as the name of its key is read, with or without a final consonant, so that the particle behind it stays right
# (behind MAILER_TIMEZONE stands none)
_LABELS = {
    "MAILER_FROM": Text("보내는 사람", "Sender"),
    "MAILER_TIMEZONE": Text("시간대", "Time zone"),
    "SMTP_HOST": Text("메일 서버", "Mail server"),
    "SMTP_PORT": Text("포트", "Port"),
    "SMTP_SECURITY": Text("암호화", "Encryption"),
    "SMTP_USERNAME": Text("사용자 이름", "User name"),
    "SMTP_PASSWORD": Text("비밀번호", "Password"),
}
_KEY = re.compile(f"({'|'.join(_LABELS)})(?![A-Z_])(=?)")
_DOUBT = Text(
    "받는 분께 받았는지 물어본 뒤, 아래 버튼으로 정리하십시오.",
    "Ask whether it arrived, then settle it with the buttons below.",
)
_AGAIN = Text("‘다시 보내기’로 새로 보낼 수 있습니다.", "You can send it again with the button above.")
_STANDS = Text(
    "멈춘 발송입니다. 그 발송의 ‘이어서 보내기’를 누르면 보냅니다.",
    "The dispatch is paused: press “Go on” on its page.",
)
_GO_ON = Text(
    "남은 사람에게 보내려면 ‘이어서 보내기’, 그만두려면 ‘남은 발송 취소’를 누르십시오.",
    "Press “Go on” to send to those who are left, or “Cancel the rest”.",
)
_PAUSED = {
    PauseCause.OFFICER: _GO_ON,
    PauseCause.STOPPED: _GO_ON,
    PauseCause.LATE: Text(
        "지금이라도 보내려면 ‘이어서 보내기’, 다른 시각에 보내려면 ‘다른 시각으로 옮기기’, 그만두려면 ‘남은 발송 취소’를 "
        "누르십시오.",
        "Press “Go on” to send it now, “Another time” to move it, or “Cancel the rest”.",
    ),
    PauseCause.SITE: Text(
        "‘설정’에서 서버를 점검한 뒤 ‘이어서 보내기’를 누르십시오.",
        "Test the server under Settings, then press “Go on”.",
    ),
    PauseCause.LOGIN: Text(
        "메일 서버의 사용자 이름과 비밀번호를 관리자와 확인한 뒤 ‘이어서 보내기’를 누르십시오.",
        "Check the user name and password of the mail server with your administrator, then press “Go on”.",
    ),
    PauseCause.MESSAGE: Text(
        "서버 응답을 읽어 보십시오. 이 내용으로는 아무도 받지 못하므로, 취소하고 고쳐서 새로 보내는 편이 낫습니다.",
        "Read the server's words. Nobody will get it like this: cancel, correct it, and send it anew.",
    ),
    PauseCause.ERROR_RATE: Text(
        "발송 기록에서 서버 응답을 읽고, 문제가 없으면 ‘이어서 보내기’를 누르십시오.",
        "Read the server's words in the log; if all is well, press “Go on”.",
    ),
    PauseCause.DOUBT: Text("아래에서 확인 필요한 사람을 정리하십시오.", "Settle the people in doubt below."),
    PauseCause.DEADLINE: Text(
        "지금이라도 보내려면 ‘이어서 보내기’(시한을 새로 셉니다), 그만두려면 ‘남은 발송 취소’를 누르십시오.",
        "Press “Go on” (the deadline starts anew) or “Cancel the rest”.",
    ),
    PauseCause.MODE: Text(
        "지금 설정으로 보내려면 ‘남은 발송 취소’를 누르고 새로 승인하십시오. 승인할 때의 메일 서버로 보내려면 설정을 되돌린 뒤 "
        "‘이어서 보내기’를 누르십시오.",
        "Press “Cancel the rest” and approve it anew, or set the mail server as it was and press “Go on”.",
    ),
}


def remedy_for_pages(remedy: Text | None) -> Text | None:
    """`remedy` unless it speaks of commands; settings by the names that stand on the page."""
    if remedy is None or _COMMAND.search(remedy.en) or _COMMAND.search(remedy.ko):
        return None
    return labelled(remedy)


def labelled(text: Text) -> Text:
    """`text` with SMTP_HOST and its kind called as on the settings page; what cannot be set there keeps its name."""
    ko = _KEY.sub(lambda found: f"‘{_LABELS[found[1]].ko}’" + " " * bool(found[2]), text.ko)
    en = _KEY.sub(lambda found: f"“{_LABELS[found[1]].en}”" + " " * bool(found[2]), text.en)
    return Text(ko, en)


def meaning_for_pages(line: LogLine) -> Meaning:
    """What a row of the log comes to, and what to press."""
    meaning = line.meaning
    if line.row.delivery.state is DeliveryState.IN_DOUBT:
        return Meaning(what=meaning.what, todo=_DOUBT)
    if "mailer resend" in meaning.todo.en:
        return Meaning(what=meaning.what, todo=_AGAIN)
    if "mailer resume" in meaning.todo.en:
        return Meaning(what=meaning.what, todo=_STANDS)
    return Meaning(what=meaning.what, todo=remedy_for_pages(meaning.todo) or Text("", ""))


def told_for_pages(ledger: Ledger, rows: Sequence[LogRow]) -> list[tuple[LogRow, Meaning]]:
    """Rows of the log with what each comes to."""
    return [(line.row, meaning_for_pages(line)) for line in explained(ledger, rows)]


def pause_for_pages(reason: str | None) -> tuple[Text, Text | None]:
    """Why a dispatch stands still, and what to press."""
    if reason is None:
        return Text("", ""), None
    return pause_words(reason), _PAUSED.get(PauseCause(reason.partition(": ")[0]))
