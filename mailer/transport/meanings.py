"""What a server's answer means for a press officer, and what to do about it, in plain Korean and English.

    explain(attempt.outcome.reply, verdict=..., stage=...) -> Meaning(what, todo)

The enhanced code decides (RFC 3463 and its registry), then the bare code (RFC 5321 4.2.3); where the code says little, as with old
servers ("421 4.3.1 You send too many messages"), the words come first. What is not in the table is quoted.

Not here: the table itself (`meanings_table.py`), what the machine does about it (`verdicts.py`, `sending/`).
"""

from __future__ import annotations

from dataclasses import dataclass

from mailer.dispatch.model import Reply, Stage, Verdict
from mailer.transport.meanings_table import BARE, ENHANCED, SILENT, STAGED, TODO, WORDS, Entry
from mailer.wording import Text

__all__ = ["Meaning", "explain", "stage_name"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """`what` happened, one sentence; `todo` for the press officer, one or two."""

    what: Text
    todo: Text


def explain(reply: Reply | None, *, verdict: Verdict, stage: Stage) -> Meaning:
    """The meaning of an attempt's end. `reply` None: the server did not answer."""
    if verdict is Verdict.ACCEPT:
        return Meaning(
            what=Text("메일 서버가 접수했습니다.", "The mail server has accepted it."),
            todo=Text(
                "하실 일이 없습니다. 나중에 반송 메일이 올 수는 있습니다.",
                "Nothing to do. It may still come back as a bounce later.",
            ),
        )
    if verdict is Verdict.DOUBT:
        return _doubt(reply)
    entry = _entry(reply, stage) if reply is not None else SILENT.get(stage)
    if entry is None:
        return _quoted(reply, verdict)
    return Meaning(what=entry.what, todo=_todo(entry, reply, verdict))


def _doubt(reply: Reply | None) -> Meaning:
    if reply is not None:
        quote = _quote(reply)
        what = Text(
            f"메일을 다 보낸 뒤 서버가 뜻을 알 수 없는 답을 했습니다: {quote}",
            f"After the whole message the server gave an answer that cannot be understood: {quote}",
        )
    else:
        what = Text(
            "메일을 보내는 도중이나 다 보낸 뒤에 연결이 끊겨, 받았는지 알 수 없습니다.",
            "The connection ended while the message was leaving or after it had left: nobody knows whether it was taken.",
        )
    return Meaning(what=what, todo=TODO["doubt"])


def _entry(reply: Reply, stage: Stage) -> Entry | None:
    subject = reply.enhanced[2:]
    if subject.endswith(".0") or subject in _VAGUE:
        text = reply.text.lower()
        told = next((entry for words, entry in WORDS if words.search(text)), None)
        if told is not None:
            return told
        if reply.code in _PLAINER:
            return BARE[reply.code]
    for key in (reply.enhanced, subject):
        found = STAGED.get((stage, key)) or ENHANCED.get(key)
        if found is not None:
            return found
    if stage is Stage.AUTH and reply.code // 100 == 5:
        return BARE[535]
    return STAGED.get((stage, str(reply.code))) or BARE.get(reply.code)


_VAGUE = frozenset({"", "3.1", "3.2", "4.1", "5.1", "7.1"})
"""Enhanced codes (without class) that servers use for everything: here the words come first."""

_PLAINER = frozenset({454, 523, 530, 534, 535, 538})
"""Bare codes that say more than a vague enhanced one."""


def _todo(entry: Entry, reply: Reply | None, verdict: Verdict) -> Text:
    """A refusal asks for the remedy; what is only put off is tried again by itself, unless the remedy is the only way out."""
    final = verdict is Verdict.REFUSE or (reply is not None and (reply.code or 500) // 100 == 5)
    if final or entry.urgent:
        return TODO[entry.todo]
    return TODO["wait"]


def _quoted(reply: Reply | None, verdict: Verdict) -> Meaning:
    todo = TODO["ask_admin"] if verdict is Verdict.REFUSE else TODO["wait"]
    if reply is None:
        what = Text("서버가 답하지 않았습니다.", "The server did not answer.")
    else:
        quote = _quote(reply)
        what = Text(f"서버가 “{quote}”라고 답했습니다.", f"The server answered “{quote}”.")
    return Meaning(what=what, todo=todo)


def _quote(reply: Reply) -> str:
    return " ".join(part for part in (str(reply.code or ""), reply.enhanced, reply.text) if part)


def stage_name(stage: Stage) -> Text:
    """The stage of the conversation in plain words."""
    return _STAGES[stage]


_STAGES = {
    Stage.CONNECT: Text("연결", "connecting"),
    Stage.EHLO: Text("인사", "greeting"),
    Stage.STARTTLS: Text("암호화", "encryption"),
    Stage.AUTH: Text("로그인", "login"),
    Stage.MAIL: Text("보내는 주소", "sender"),
    Stage.RCPT: Text("받는 주소", "recipient"),
    Stage.DATA: Text("본문 시작", "start of the message"),
    Stage.BODY: Text("본문", "message"),
    Stage.END: Text("본문 접수", "end of the message"),
}
