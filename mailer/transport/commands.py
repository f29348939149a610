"""The commands before a message and the replies hoped for, or why a server need not be asked (RFC 5321 4.1.1, 1870, 6152, 6531).

Not here: when they are written (`carrier.py`).
"""

from __future__ import annotations

from typing import NamedTuple

from mailer.dispatch.model import Envelope, Outcome, Scope, Stage
from mailer.errors import MessageError
from mailer.transport.body import Body, mailbox
from mailer.transport.verdicts import refused_here
from mailer.transport.wire import Session
from mailer.wording import Text

__all__ = ["BEFORE_CHUNK", "BEFORE_DATA", "ENVELOPE", "RSET", "Commands", "Step", "commands"]


class Step(NamedTuple):
    """A command before the message, and the first digit of the reply hoped for."""

    stage: Stage
    hoped: int
    resets: bool = False


RSET = Step(Stage.MAIL, 2, resets=True)
ENVELOPE = (Step(Stage.MAIL, 2), Step(Stage.RCPT, 2))
BEFORE_DATA = (*ENVELOPE, Step(Stage.DATA, 3))
BEFORE_CHUNK = (RSET, *ENVELOPE)


class Commands(NamedTuple):
    """MAIL and RCPT without line ends."""

    mail: bytes
    rcpt: bytes


def commands(envelope: Envelope, body: Body, session: Session) -> Commands | Outcome:
    """The two commands of the envelope, or the outcome when the server has said beforehand that it will not take it.
    Raises MessageError when the sender's address cannot be used."""
    sender = mailbox(envelope.sender) if envelope.sender else ""
    recipient = mailbox(envelope.recipient)
    if sender is None:
        raise MessageError(
            Text("보내는 주소(반송 주소)가 올바르지 않습니다", "the sender (bounce) address is not valid"),
            where=repr(envelope.sender),
            remedy=Text(
                "MAILER_FROM과 MAILER_BOUNCE_ADDRESS를 확인해 주십시오", "check MAILER_FROM and MAILER_BOUNCE_ADDRESS"
            ),
        )
    if recipient is None:
        return refused_here(Scope.RECIPIENT, "5.1.3", "the address cannot be used in SMTP", Stage.RCPT)
    return _with_parameters(body, session, sender, recipient)


def _with_parameters(body: Body, session: Session, sender: str, recipient: str) -> Commands | Outcome:
    offered, limit = session.extensions, session.size_limit
    mail = f"MAIL FROM:<{sender}>"
    if limit is not None and body.size > limit:
        return refused_here(Scope.MESSAGE, "5.3.4", f"{body.size} bytes, the server takes {limit}")
    if "SIZE" in offered:
        mail += f" SIZE={body.size}"
    if not body.is_ascii:
        if "8BITMIME" not in offered:
            # only the header: then it is this person's address that this server cannot write (RFC 6531 3.1 needs 8BITMIME too)
            scope = Scope.MESSAGE if body.has_8bit_text else Scope.RECIPIENT
            return refused_here(scope, "5.6.3", "8-bit message, the server offers no 8BITMIME")
        mail += " BODY=8BITMIME"
    if not (sender.isascii() and recipient.isascii() and (body.is_ascii or body.header.isascii())):
        if "SMTPUTF8" not in offered:
            scope = Scope.MESSAGE if not sender.isascii() else Scope.RECIPIENT
            return refused_here(scope, "5.6.7", "non-ASCII address, the server offers no SMTPUTF8")
        mail += " SMTPUTF8"
    return Commands(mail.encode(), f"RCPT TO:<{recipient}>".encode())
