"""What the demonstration must come to, person by person: the answers the catcher is told to give, and the outcomes that follow.

Not here: the demonstration (`demo.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr

from mailer.app import App
from mailer.desk import Preparation
from mailer.desk.report import LogLine, Status
from mailer.dispatch import DeliveryState, DispatchStatus
from mailer.document import Document
from mailer.wording import Text

__all__ = ["ANSWERS", "SUPPRESSED", "differences"]

ANSWERS = {"gone@oldpaper.example": "550", "busy@slowwire.example": "421-once"}
SUPPRESSED = ("press@optedout.example",)

_ONCE = (DeliveryState.ACCEPTED, 1, 250)
OUTCOMES: dict[str, tuple[DeliveryState, int, int]] = {
    "minji.kim@hangang-daily.example": _ONCE,
    "desk@hangang-daily.example": _ONCE,
    "seojun.park@bukhan-times.example": _ONCE,
    "haeun.lee@namdo.example": _ONCE,
    "doyun.choi@seorak.test": _ONCE,
    "gone@oldpaper.example": (DeliveryState.FAILED, 1, 550),
    "busy@slowwire.example": (DeliveryState.ACCEPTED, 2, 250),
    "namgung.minsu@mirae-broadcast.example": _ONCE,
    "jiho.yoon@naru-news.example": _ONCE,
    "jebo@한강일보.example": _ONCE,
    "yuna.jung@haneul-radio.example": _ONCE,
    "sunwoo.hwang@badang-weekly.example": _ONCE,
    "newsdesk@dongnae-press.example": _ONCE,
    "ana.nunez@lamarea-diario.example": _ONCE,
    "j.muller@nordlicht-zeitung.example": _ONCE,
    "zofia.wojcik@wisla-dziennik.example": _ONCE,
    "asia.desk@globe-courier.example": _ONCE,
    "nguyen.thao@saigon-herald.test": _ONCE,
    "o.kovalenko@dnipro-wire.example": _ONCE,
    "haruka.sato@minato-shimbun.example": _ONCE,
    "amina.diallo@sahel-radio.example": _ONCE,
    "editor@pacific-rights-review.example": _ONCE,
    "sean.obrien@harbour-post.example": _ONCE,
}
"""State, attempts and the code of the last reply."""

LEFT_OUT = {
    "press@optedout.example": "suppressed",
    "kim@seoul-times,example": "bad_address",
    "Minji.Kim@Hangang-Daily.example": "duplicate",
}


def differences(app: App, prepared: Preparation, lines: Sequence[LogLine], status: Status) -> list[Text]:
    """Everything that is not as it must be; empty when all is well."""
    return [
        *_ending(status),
        *_left_out(prepared),
        *_outcomes(lines),
        *_inbox(app, prepared, lines),
    ]


def _ending(status: Status) -> Iterator[Text]:
    if status.dispatch.status is not DispatchStatus.DONE:
        yield _differs("발송", "dispatch", DispatchStatus.DONE.value, status.dispatch.status.value)


def _left_out(prepared: Preparation) -> Iterator[Text]:
    found = {left.address: left.code for left in prepared.audience.left_out}
    for address in LEFT_OUT | found:
        if LEFT_OUT.get(address) != found.get(address):
            yield _differs(address, address, LEFT_OUT.get(address), found.get(address))


def _outcomes(lines: Sequence[LogLine]) -> Iterator[Text]:
    found = {}
    for line in lines:
        delivery, last = line.row.delivery, line.row.last
        reply = last.outcome.reply if last and last.outcome else None
        found[str(delivery.contact.address)] = (delivery.state, delivery.attempts, reply.code if reply else 0)
        if len(line.history) != delivery.attempts:
            yield _differs(str(delivery.contact.address), "attempts", delivery.attempts, len(line.history))
    for address in OUTCOMES | found:
        if OUTCOMES.get(address) != found.get(address):
            yield _differs(address, address, OUTCOMES.get(address), found.get(address))


def _inbox(app: App, prepared: Preparation, lines: Sequence[LogLine]) -> Iterator[Text]:
    """The mailbox holds one message for everybody who accepted, and each decodes to the right subject, person and PDF."""
    document = prepared.manuscript.document
    accepted = {
        _wire_address(line): line.row.delivery.message_id
        for line in lines
        if line.row.delivery.state is DeliveryState.ACCEPTED
    }
    got: Counter[str] = Counter()
    for path in sorted((app.workspace.inbox / "new").iterdir()):
        message = message_from_bytes(path.read_bytes(), policy=default)
        assert isinstance(message, EmailMessage)
        person = str(message["Delivered-To"]).strip()
        got[person] += 1
        yield from _message(message, person, accepted.get(person), prepared.manuscript.release.title, document)
    if got != Counter(accepted.keys()):
        yield _differs("받은편지함", "inbox", sorted(accepted), sorted(got.elements()))


def _wire_address(line: LogLine) -> str:
    address = line.row.delivery.contact.address
    return f"{address.local}@{address.key.rpartition('@')[2]}"


def _message(
    message: EmailMessage, person: str, message_id: str | None, title: str, document: Document | None
) -> Iterator[Text]:
    for name, wanted, found in (
        ("Subject", title, str(message["Subject"])),
        ("To", person, parseaddr(str(message["To"]))[1]),
        ("Message-ID", message_id, str(message["Message-ID"]).strip()),
    ):
        if found != wanted:
            yield _differs(f"{person} {name}", f"{person} {name}", wanted, found)
    attached = [(part.get_filename(), part.get_content()) for part in message.iter_attachments()]
    if document is None or attached != [(document.filename, document.pdf)]:
        wanted_name = document.filename if document else None
        yield _differs(f"{person} PDF", f"{person} PDF", wanted_name, [name for name, _ in attached])


def _differs(ko: str, en: str, wanted: object, found: object) -> Text:
    return Text(
        f"{ko}: 예상 {_shown(wanted)}, 실제 {_shown(found)}", f"{en}: expected {_shown(wanted)}, found {_shown(found)}"
    )


def _shown(value: object) -> str:
    return " ".join(str(part) for part in value) if isinstance(value, tuple) else str(value)
