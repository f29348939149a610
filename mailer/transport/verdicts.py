"""What a refusal means for the delivery: a pure function from stage and reply to an Outcome (RFC 5321 4.2, 3463, 4954).

The verdict follows the first digit (4 or unknown: defer, 5: refuse). The scope says whom it hits, and is careful in one
direction: what would hit everyone must not burn the list one by one. So a login that is missing, a server that is full or
goes away (421), or one that will not relay for us, is the *site's* affair and a matter of waiting, whatever the digit; a
refused sender or content is the *message's*; the rest is this *recipient's*.

Not here: plain words for people (`meanings.py`), waiting and pausing (`sending/`).
"""

from __future__ import annotations

import re

from mailer.dispatch.model import Outcome, Reply, Scope, Stage, Verdict
from mailer.transport.replies import Answer

__all__ = ["accepted", "doubted", "judge", "login_refused", "lost", "refused_here"]

_SESSION = frozenset({Stage.CONNECT, Stage.EHLO, Stage.STARTTLS, Stage.AUTH})
_LOGIN_CODES = frozenset({530, 534, 535, 538})

_RELAY = re.compile(
    r"relay\w* (access )?(denied|not permitted|not allowed|prohibited)|(unable|not permitted|cannot|can't|do not|not allowed)"
    r" (to )?relay|authentication (is )?required|must (first )?authenticate|인증이 필요|릴레이",
    re.IGNORECASE,
)
_MAILBOX = re.compile(
    r"quota|mailbox|storage allocation|user unknown|unknown user|no such user|recipient|inbox|메일함|용량 초과",
    re.IGNORECASE,
)
_CONTENT = re.compile(
    r"spam|virus|malware|content|\bspf\b|\bdkim\b|\bdmarc\b|policy|too (big|large)|message size|스팸|바이러스",
    re.IGNORECASE,
)


def judge(stage: Stage, answer: Answer) -> Outcome:
    """The outcome of an answer that was not the one hoped for. An answer that says yes and no at once is a doubt after the
    message has left and a temporary failure before."""
    reply = answer.reply
    if answer.unclear and stage is Stage.END:
        return Outcome(verdict=Verdict.DOUBT, stage=stage, reply=reply, detail="the reply says both yes and no")
    scope = _scope(stage, answer)
    # nothing is wrong with a delivery that met a closed door: it waits
    refused = answer.kind == 5 and scope is not Scope.SITE
    detail = "" if answer.kind in (4, 5) else f"unexpected reply to {stage.value}"
    return Outcome(
        verdict=Verdict.REFUSE if refused else Verdict.DEFER, scope=scope, stage=stage, reply=reply, detail=detail
    )


def login_refused(outcome: Outcome) -> bool:
    """True when trying again with the same name and password would be refused again (and may lock the account). A connection that
    broke during the login, or a 454, is the server's own trouble."""
    reply = outcome.reply
    if reply is None or outcome.scope is not Scope.SITE:
        return False
    return reply.code in _LOGIN_CODES or (outcome.stage is Stage.AUTH and reply.code // 100 == 5)


def accepted(reply: Reply) -> Outcome:
    return Outcome(verdict=Verdict.ACCEPT, stage=Stage.END, reply=reply)


def lost(stage: Stage, why: str) -> Outcome:
    """The connection ended before the message began to leave: nothing happened, whoever the next one is."""
    return Outcome(verdict=Verdict.DEFER, scope=Scope.SITE, stage=stage, detail=f"{why} ({stage.value})")


def doubted(stage: Stage, why: str) -> Outcome:
    """The connection ended inside or after the message: nobody can know (RFC 1047)."""
    return Outcome(verdict=Verdict.DOUBT, stage=stage, detail=f"{why} ({stage.value})")


def refused_here(scope: Scope, enhanced: str, why: str, stage: Stage = Stage.MAIL) -> Outcome:
    """Refused by us before the server was asked. The reply has code 0 and the enhanced code a server would have given."""
    reply = Reply(code=0, enhanced=enhanced, text="", stage=stage)
    return Outcome(verdict=Verdict.REFUSE, scope=scope, stage=stage, reply=reply, detail=why)


def _scope(stage: Stage, answer: Answer) -> Scope:
    reply = answer.reply
    if stage in _SESSION or reply.code == 421 or reply.code in _LOGIN_CODES or _RELAY.search(reply.text):
        return Scope.SITE
    if stage is Stage.RCPT:
        return Scope.RECIPIENT
    if answer.kind != 5:
        full = reply.enhanced.startswith("4.3.")
        return Scope.SITE if stage is Stage.MAIL or full else Scope.RECIPIENT
    if reply.code == 503 and stage is Stage.MAIL:
        # "bad sequence of commands" is about the conversation, never about the letter
        return Scope.SITE
    return _refused_scope(stage, reply)


def _refused_scope(stage: Stage, reply: Reply) -> Scope:
    """5xx to MAIL, DATA or the message. One recipient per message, so the message may well be refused for its sake."""
    if reply.enhanced == "5.6.7":
        return Scope.RECIPIENT
    if stage is Stage.MAIL:
        return Scope.MESSAGE
    subject, _, detail = reply.enhanced[2:].partition(".")
    if subject == "1":
        return Scope.MESSAGE if detail in ("7", "8") else Scope.RECIPIENT
    if subject in ("2", "4", "5"):
        return Scope.RECIPIENT
    if subject:
        return Scope.MESSAGE
    return _bare_scope(reply)


def _bare_scope(reply: Reply) -> Scope:
    """No enhanced code: the words, then the number."""
    if _CONTENT.search(reply.text):
        return Scope.MESSAGE
    if _MAILBOX.search(reply.text):
        return Scope.RECIPIENT
    return Scope.RECIPIENT if reply.code in (550, 551, 553, 556) else Scope.MESSAGE
