"""A marked copy to oneself: the same letter, document and templates, `[시험]` before the subject, outside every dispatch.

Nothing is written to the ledger: a rehearsal is never counted as somebody's delivery.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mailer.contacts import Audience, Suppressions, parse_address
from mailer.desk.prepare import Preparation, Sources, Summary, read_manuscript
from mailer.dispatch import Address, Contact, Outcome
from mailer.errors import StoppedByCheck, UsageError
from mailer.message import new_message_id
from mailer.transport import SmtpTransport
from mailer.wording import Text

__all__ = ["MARK", "Rehearsed", "prepare_alone", "rehearse"]

MARK = "[시험]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """One test copy: where it went, as whom it was written, and what the server said."""

    to: str
    seen_as: str
    subject: str
    outcome: Outcome


def prepare_alone(sources: Sources, address: str, *, now: datetime) -> Preparation:
    """The letter made ready for one address that stands in no list. Raises what `read_manuscript` does, and UsageError."""
    manuscript = read_manuscript(sources)
    contact = Contact(address=_address(address))
    composer = manuscript.package.composer() if manuscript.package else None
    summaries: tuple[Summary, ...] = ()
    if composer is not None and manuscript.package is not None:
        made = composer.compose(contact, message_id=new_message_id(manuscript.package.sender.domain), date=now)
        size = made.envelope.size
        one = Summary(contact=contact, subject=made.subject, size=size, content_sha256=made.content_sha256)
        summaries = (one,)
    return Preparation(
        manuscript=manuscript,
        lists=(),
        audience=Audience(listed=1, recipients=(contact,), left_out=()),
        summaries=summaries,
        findings=manuscript.findings,
        seal="",
        made_at=now,
        composer=composer,
    )


async def rehearse(
    preparation: Preparation,
    to: Sequence[str],
    transport: SmtpTransport,
    *,
    suppressions: Suppressions,
    seen_as: str | None = None,
) -> tuple[Rehearsed, ...]:
    """Send one marked copy to each of `to`, once however it is spelled, written as for `seen_as` (an address of the audience; else
    its first person). Raises UsageError, before anything leaves, for what is no address or must not be mailed."""
    package = preparation.manuscript.package
    if preparation.composer is None or package is None:
        raise StoppedByCheck(
            Text("점검에서 막혀 시험 메일을 만들 수 없습니다", "the checks forbid even a test copy"),
            findings=preparation.findings,
        )
    model = _model(preparation, seen_as)
    composer = package.composer(mark=MARK)
    done = []
    addresses = {address.key: address for address in [_allowed(text, suppressions) for text in to]}
    for address in addresses.values():
        copy = replace(model, address=address)
        made = composer.compose(copy, message_id=new_message_id(package.sender.domain), date=preparation.made_at)
        outcome = await transport.send(made.envelope, _nothing_to_commit)
        done.append(Rehearsed(to=str(address), seen_as=str(model.address), subject=made.subject, outcome=outcome))
    return tuple(done)


async def _nothing_to_commit() -> None:
    return


def _address(text: str) -> Address:
    parsed = parse_address(text)
    if isinstance(parsed, Address):
        return parsed
    raise UsageError(
        Text(f"메일 주소가 아닙니다: {text}", f"not an e-mail address: {text}"),
        where="--to",
        remedy=parsed.problem,
    )


def _allowed(text: str, suppressions: Suppressions) -> Address:
    address = _address(text)
    entry = suppressions.why(address)
    if entry is not None:
        raise UsageError(
            Text(
                f"발송 제외에 있는 주소에는 시험 메일도 보내지 않습니다: {address}",
                f"not even a test copy goes to a suppressed address: {address}",
            ),
            where="--to",
            remedy=Text(f"발송 제외한 이유: {entry.reason or '–'}", f"suppressed because: {entry.reason or '–'}"),
        )
    return address


def _model(preparation: Preparation, seen_as: str | None) -> Contact:
    people = preparation.audience.recipients
    if seen_as is None:
        return people[0]
    found = [person for person in people if seen_as.casefold() in (person.address.key, str(person.address).casefold())]
    if not found:
        raise UsageError(
            Text(f"받는 사람 가운데 이 주소가 없습니다: {seen_as}", f"{seen_as} is not among the recipients"),
            where="--as",
            remedy=Text("주소와 명단(-l)을 확인하십시오", "check the address and the lists (-l)"),
        )
    return found[0]
