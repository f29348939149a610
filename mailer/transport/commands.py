"""The two commands before a message, or why a server need not be asked (RFC 5321 4.1.1, 1870, 6152, 6531).

Not here: when they are written (`carrier.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailer.dispatch.model import Envelope, Outcome, Scope, Stage
from mailer.errors import MessageError
from mailer.transport.body import Piece, mailbox
from mailer.transport.verdicts import refused_here
from mailer.transport.wire import Session
from mailer.wording import Text

__all__ = ["Commands", "commands"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """MAIL and RCPT without line ends; `size` of the message in bytes."""

    mail: bytes
    rcpt: bytes
    size: int


def commands(envelope: Envelope, pieces: Sequence[Piece], session: Session) -> Commands | Outcome:
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
    return _with_parameters(pieces, session, sender, recipient)


def _with_parameters(pieces: Sequence[Piece], session: Session, sender: str, recipient: str) -> Commands | Outcome:
    offered = session.extensions
    size = sum(len(piece.raw) for piece in pieces)
    mail = f"MAIL FROM:<{sender}>"
    if session.size_limit is not None and size > session.size_limit:
        return refused_here(Scope.MESSAGE, "5.3.4", f"{size} bytes, the server takes {session.size_limit}")
    if "SIZE" in offered:
        mail += f" SIZE={size}"
    if not all(piece.is_ascii for piece in pieces):
        if "8BITMIME" not in offered:
            # only the header: then it is this person's address that this server cannot write (RFC 6531 3.1 needs 8BITMIME too)
            scope = Scope.RECIPIENT if _only_header_is_8bit(pieces) else Scope.MESSAGE
            return refused_here(scope, "5.6.3", "8-bit message, the server offers no 8BITMIME")
        mail += " BODY=8BITMIME"
    if not (sender.isascii() and recipient.isascii() and (pieces[0].is_ascii or _header(pieces[0].raw).isascii())):
        if "SMTPUTF8" not in offered:
            scope = Scope.MESSAGE if not sender.isascii() else Scope.RECIPIENT
            return refused_here(scope, "5.6.7", "non-ASCII address, the server offers no SMTPUTF8")
        mail += " SMTPUTF8"
    return Commands(mail=mail.encode(), rcpt=f"RCPT TO:<{recipient}>".encode(), size=size)


def _only_header_is_8bit(pieces: Sequence[Piece]) -> bool:
    first = pieces[0].raw
    return first[len(_header(first)) :].isascii() and all(piece.is_ascii for piece in pieces[1:])


def _header(data: bytes) -> bytes:
    return data[: data.find(b"\r\n\r\n")] if b"\r\n\r\n" in data else data
