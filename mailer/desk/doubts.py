"""What a person does about deliveries in doubt, and about those that failed.

A doubt means that the message may have arrived: only a person decides. `resend_failed` makes a new dispatch to exactly those who
did not get the old one, with the same frozen package.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from datetime import datetime

from mailer.contacts import Suppressions
from mailer.desk.report import taken_after_all
from mailer.desk.terms import Terms
from mailer.dispatch import Delivery, DeliveryMove, DeliveryState, Dispatch, DispatchStatus, PauseCause, Seal
from mailer.errors import IllegalMove, StoppedByCheck, UsageError
from mailer.ledger import Draft, Ledger, LeftOutRow, LogFilter, Share
from mailer.ledger.forgetting import is_forgotten
from mailer.message import Package, new_message_id, seal_sha256
from mailer.wording import Text, with_particle

__all__ = ["failed_deliveries", "resend_failed", "resolve"]

DID_NOT_GET_IT = (DeliveryState.FAILED, DeliveryState.BOUNCED)
GOT_IT_OR_MAY = (
    DeliveryState.QUEUED,
    DeliveryState.SENDING,
    DeliveryState.DEFERRED,
    DeliveryState.ACCEPTED,
    DeliveryState.IN_DOUBT,
)


def resolve(
    ledger: Ledger, dispatch: Dispatch, move: DeliveryMove, addresses: Sequence[str] | None, *, who: str, now: datetime
) -> tuple[Delivery, ...]:
    """Confirm, resend or abandon doubts: those of `addresses`, or all when None. Returns what moved.

    Raises UsageError for an address that is not in doubt here, IllegalMove for a resend in a dispatch that is over.
    """
    rows = [
        row.delivery for row in ledger.log.rows(LogFilter(dispatch_id=dispatch.id, states=(DeliveryState.IN_DOUBT,)))
    ]
    if addresses is not None:
        rows = _named(dispatch, rows, addresses)
    if move is DeliveryMove.RESEND and dispatch.status not in (DispatchStatus.SENDING, DispatchStatus.PAUSED):
        raise IllegalMove(
            Text(f"발송 {with_particle(dispatch.id, '은/는')} 이미 끝났습니다", f"dispatch {dispatch.id} is over"),
            remedy=Text("--confirm이나 --abandon으로 정리해 주십시오", "settle it with --confirm or --abandon"),
        )
    moved = tuple(row for row in rows if ledger.queue.resolve(row.id, move, who=who, note="", now=now))
    if moved and move is DeliveryMove.RESEND and dispatch.pause_reason == PauseCause.DOUBT:
        # paused for another reason it stays so: that reason has not gone away
        with contextlib.suppress(IllegalMove):
            # somebody else resumed or cancelled it since we looked: what was to be moved has been moved
            ledger.dispatches.resume(dispatch.id, who=who, now=now)
    ledger.dispatches.finish_if_closed(dispatch.id, now)
    return moved


def _named(dispatch: Dispatch, rows: Sequence[Delivery], addresses: Sequence[str]) -> list[Delivery]:
    by_key = {row.contact.address.key: row for row in rows}
    by_text = {str(row.contact.address): row for row in rows}
    found = [by_text.get(address) or by_key.get(address.casefold()) for address in addresses]
    missing = [address for address, row in zip(addresses, found, strict=True) if row is None]
    if missing:
        raise UsageError(
            Text(
                f"발송 {dispatch.id}에서 '확인 필요' 상태가 아닙니다: {', '.join(missing)}",
                f"not in doubt in dispatch {dispatch.id}: {', '.join(missing)}",
            ),
            remedy=Text(
                f"확인해 주십시오: mailer log {dispatch.id} --state in_doubt",
                f"see them with: mailer log {dispatch.id} --state in_doubt",
            ),
        )
    return [row for row in found if row is not None]


def failed_deliveries(ledger: Ledger, dispatch: Dispatch) -> tuple[Delivery, ...]:
    """Those of a dispatch who did not get it, less those whom a later dispatch of the same release has reached or still may, and
    those who asked to be forgotten."""
    rows = ledger.log.rows(LogFilter(dispatch_id=dispatch.id, states=DID_NOT_GET_IT))
    failed = [row.delivery for row in rows if not taken_after_all(row)]
    reached: set[str] = set()
    followers = [dispatch.id]
    for later in sorted(ledger.dispatches.all(), key=lambda entry: entry.id):
        # also one that was cancelled: it may have reached some before
        if later.follows in followers:
            followers.append(later.id)
            rows = ledger.log.rows(LogFilter(dispatch_id=later.id, states=GOT_IT_OR_MAY))
            reached |= {row.delivery.contact.address.key for row in rows}
    return tuple(row for row in failed if row.contact.address.key not in reached and not is_forgotten(row.contact))


def least_sizes(pdf: bytes, deliveries: Sequence[Delivery]) -> list[tuple[str, int]]:
    """(address, octets) of each message that carries `pdf`, for asking a server: the attachment alone, so a little too low."""
    # base64 makes three octets four, and a line end for every 76
    size = len(pdf) * 78 // 57
    return [(str(row.contact.address), size) for row in deliveries]


def _same_mode(dispatch: Dispatch, terms: Terms) -> None:
    if dispatch.practice == terms.practice:
        return
    mode = Text("연습", "practice") if dispatch.practice else Text("실제", "for real")
    raise StoppedByCheck(
        Text(
            f"발송 {with_particle(dispatch.id, '은/는')} {mode.ko} 발송이라 지금 설정으로는 다시 보내지 않습니다",
            f"dispatch {dispatch.id} was {mode.en}; today's settings are not",
        ),
        remedy=Text("mailer send로 새로 승인해 보내십시오", "approve it anew with mailer send"),
    )


def resend_failed(
    ledger: Ledger,
    dispatch: Dispatch,
    deliveries: Sequence[Delivery],
    *,
    suppressions: Suppressions,
    terms: Terms,
    who: str,
    now: datetime,
) -> Dispatch:
    """A new, approved dispatch that follows `dispatch`, to exactly `deliveries` less those suppressed since."""
    _same_mode(dispatch, terms)
    package_bytes, pdf = ledger.dispatches.package(dispatch.id)
    package = Package.from_json(package_bytes, pdf)
    kept = [row for row in deliveries if suppressions.why(row.contact.address) is None]
    if not kept:
        raise StoppedByCheck(
            Text("다시 보낼 사람이 없습니다", "there is nobody to send it to again"),
            remedy=Text(f"확인해 주십시오: mailer log {dispatch.id}", f"see: mailer log {dispatch.id}"),
        )
    seal = seal_sha256(package.sha256, [(str(row.contact.address), row.content_sha256) for row in kept])
    draft = Draft(
        title=dispatch.title,
        number=dispatch.number,
        letter_source=dispatch.letter_source,
        lists=dispatch.lists,
        zone=terms.zone,
        late_after=terms.late_after,
        practice=terms.practice,
        give_up_after=terms.give_up_after,
        seal=Seal(sha256=seal, recipients=len(kept), approved_by=who, approved_at=now),
        package=package_bytes,
        package_sha256=dispatch.package_sha256,
        document=pdf,
        document_sha256=hashlib.sha256(pdf).hexdigest(),
        shares=tuple(
            Share(
                contact=row.contact,
                message_id=new_message_id(package.sender.domain),
                content_sha256=row.content_sha256,
            )
            for row in kept
        ),
        left_out=tuple(
            LeftOutRow(
                address=str(row.contact.address),
                code="suppressed",
                reason=Text("발송 제외 명단에 있습니다", "suppressed"),
                place="",
            )
            for row in deliveries
            if row not in kept
        ),
        follows=dispatch.id,
        request_key=terms.request_key,
    )
    return ledger.dispatches.approve(draft, now)
