"""Dispatches: approve, schedule, start, pause, resume, finish, cancel. Each move is one guarded UPDATE and one event.

Not here: what a move means for the wire (`sending/`), who may ask for it (`desk/`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mailer.dispatch import (
    DeliveryMove,
    DeliveryState,
    Dispatch,
    DispatchMove,
    DispatchStatus,
    PauseCause,
)
from mailer.dispatch.states import DELIVERY_MOVES, DISPATCH_MOVES, OPEN
from mailer.errors import IllegalMove
from mailer.ledger import schema as t
from mailer.ledger.connect import Database
from mailer.ledger.queue import MISSED
from mailer.ledger.values import Draft, LeftOutRow, contact_to_json, dispatch_from
from mailer.wording import Text, with_particle

__all__ = ["Dispatches"]

STATUS_WORDS = {
    DispatchStatus.DRAFT: Text("초안", "a draft"),
    DispatchStatus.APPROVED: Text("승인됨", "approved"),
    DispatchStatus.SCHEDULED: Text("예약됨", "scheduled"),
    DispatchStatus.SENDING: Text("발송 중", "being sent"),
    DispatchStatus.PAUSED: Text("멈춤", "paused"),
    DispatchStatus.DONE: Text("끝남", "done"),
    DispatchStatus.CANCELLED: Text("취소됨", "cancelled"),
}


class Dispatches:
    """The dispatch table and everything that moves it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- reading ---------------------------------------------------------------------------------------------------

    def get(self, dispatch_id: int) -> Dispatch | None:
        with self._database.reading() as connection:
            row = connection.execute(sa.select(t.dispatch).where(t.dispatch.c.id == dispatch_id)).one_or_none()
            return dispatch_from(row) if row else None

    def all(self) -> tuple[Dispatch, ...]:
        """Scheduled ones first (the next one on top), then the rest, newest first."""
        scheduled = t.dispatch.c.status == DispatchStatus.SCHEDULED
        order = (
            sa.case((scheduled, 0), else_=1),
            sa.case((scheduled, t.dispatch.c.send_at)),
            t.dispatch.c.id.desc(),
        )
        with self._database.reading() as connection:
            return tuple(dispatch_from(row) for row in connection.execute(sa.select(t.dispatch).order_by(*order)))

    def with_status(self, *statuses: DispatchStatus) -> tuple[Dispatch, ...]:
        query = sa.select(t.dispatch).where(t.dispatch.c.status.in_(statuses)).order_by(t.dispatch.c.id)
        with self._database.reading() as connection:
            return tuple(dispatch_from(row) for row in connection.execute(query))

    def by_request_key(self, key: str) -> Dispatch | None:
        with self._database.reading() as connection:
            row = connection.execute(sa.select(t.dispatch).where(t.dispatch.c.request_key == key)).one_or_none()
            return dispatch_from(row) if row else None

    def next_due(self, *, practice: bool = False) -> datetime | None:
        """The earliest scheduled instant among the dispatches approved in this mode."""
        query = sa.select(sa.func.min(t.dispatch.c.send_at).label("due")).where(
            t.dispatch.c.status == DispatchStatus.SCHEDULED, t.dispatch.c.practice == practice
        )
        with self._database.reading() as connection:
            due: datetime | None = connection.execute(query).scalar_one()
            return due

    def package(self, dispatch_id: int) -> tuple[bytes, bytes]:
        """The frozen package and document, as approval stored them."""
        package, document = t.blob.alias("package"), t.blob.alias("document")
        query = (
            sa.select(package.c.data.label("package"), document.c.data.label("document"))
            .select_from(t.dispatch)
            .join(package, package.c.sha256 == t.dispatch.c.package_sha256)
            .join(document, document.c.sha256 == t.dispatch.c.document_sha256)
            .where(t.dispatch.c.id == dispatch_id)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one()
            return row.package, row.document

    def left_out(self, dispatch_id: int) -> tuple[LeftOutRow, ...]:
        query = sa.select(t.left_out).where(t.left_out.c.dispatch_id == dispatch_id).order_by(t.left_out.c.id)
        with self._database.reading() as connection:
            return tuple(
                LeftOutRow(
                    address=row.address, code=row.code, reason=Text(row.reason_ko, row.reason_en), place=row.place
                )
                for row in connection.execute(query)
            )

    # -- writing ---------------------------------------------------------------------------------------------------

    def approve(self, draft: Draft, now: datetime) -> Dispatch:
        """Write the dispatch, its frozen package and one delivery per person, in one transaction."""
        with self._database.writing() as connection:
            for sha256, data in ((draft.package_sha256, draft.package), (draft.document_sha256, draft.document)):
                known = connection.execute(sa.select(t.blob.c.sha256).where(t.blob.c.sha256 == sha256)).first()
                if known is None:
                    connection.execute(t.blob.insert().values(sha256=sha256, data=data, created_at=now))
            dispatch_id = connection.execute(
                t.dispatch.insert().values(**_dispatch_columns(draft, now)).returning(t.dispatch.c.id)
            ).scalar_one()
            if draft.shares:
                connection.execute(t.delivery.insert(), _delivery_rows(draft, dispatch_id))
            if draft.left_out:
                connection.execute(t.left_out.insert(), _left_out_rows(draft.left_out, dispatch_id))
            _event(connection, dispatch_id, now, draft.seal.approved_by, DispatchMove.APPROVE, draft.seal.sha256)
            row = connection.execute(sa.select(t.dispatch).where(t.dispatch.c.id == dispatch_id)).one()
            return dispatch_from(row)

    def schedule(
        self,
        dispatch_id: int,
        *,
        send_at: datetime,
        zone: str,
        wall_time: str,
        late_after: timedelta,
        who: str,
        now: datetime,
    ) -> Dispatch:
        """Fix or move the time. A held dispatch may be given a new time; one that has already started may not."""
        guard = sa.or_(t.dispatch.c.status != DispatchStatus.PAUSED, t.dispatch.c.started_at.is_(None))
        return self._move(
            dispatch_id,
            DispatchMove.SCHEDULE,
            now,
            who,
            note=wall_time,
            guard=guard,
            send_at=send_at,
            zone=zone,
            wall_time=wall_time,
            late_after=late_after.total_seconds(),
            pause_reason=None,
        )

    def start(self, dispatch_id: int, *, who: str, now: datetime) -> Dispatch:
        """Send an approved dispatch now: from this moment the queue is live and the Date of every message is fixed.

        One that is scheduled is not started by this: its time may be an embargo. Give it another time instead.
        """
        approved = t.dispatch.c.status == DispatchStatus.APPROVED
        return self._move(dispatch_id, DispatchMove.START, now, who, guard=approved, **_started(now))

    def start_due(self, now: datetime, *, practice: bool = False) -> tuple[tuple[Dispatch, ...], tuple[Dispatch, ...]]:
        """Start what is due and hold what is too late. Returns (started, held). Never starts anything early.

        Only dispatches approved in the same mode: a practice one never meets a real server, and the other way round.
        """
        due = sa.select(t.dispatch).where(
            t.dispatch.c.status == DispatchStatus.SCHEDULED,
            t.dispatch.c.send_at <= now,
            t.dispatch.c.practice == practice,
        )
        with self._database.reading() as connection:
            rows = [dispatch_from(row) for row in connection.execute(due.order_by(t.dispatch.c.send_at))]
        started, held = [], []
        for row in rows:
            assert row.send_at is not None
            # it may have been moved to a later time since we looked
            due_still = sa.and_(t.dispatch.c.status == DispatchStatus.SCHEDULED, t.dispatch.c.send_at <= now)
            if now - row.send_at > row.late_after:
                moved = self._try(row.id, DispatchMove.HOLD, now, "worker", due_still, pause_reason=PauseCause.LATE)
                held.extend([moved] if moved else [])
            else:
                moved = self._try(row.id, DispatchMove.START, now, "worker", due_still, **_started(now))
                started.extend([moved] if moved else [])
        return tuple(started), tuple(held)

    def pause(self, dispatch_id: int, *, cause: PauseCause, detail: str = "", who: str, now: datetime) -> Dispatch:
        reason = f"{cause.value}: {detail}" if detail else cause.value
        return self._move(dispatch_id, DispatchMove.PAUSE, now, who, note=reason, pause_reason=reason)

    def resume(self, dispatch_id: int, *, who: str, now: datetime) -> Dispatch:
        """Go on. The deadline starts again: a person has just said that it is still worth sending. A dispatch that was paused
        before its time becomes scheduled again: nothing leaves early."""
        dispatch = t.dispatch.c
        early = sa.and_(dispatch.started_at.is_(None), dispatch.send_at.is_not(None), dispatch.send_at > now)
        with self._database.writing() as connection:
            moved = _guarded(
                connection, dispatch_id, DispatchMove.SCHEDULE, {"pause_reason": None}, sa.and_(_paused, early)
            )
            if moved is None:
                going = {
                    "pause_reason": None,
                    "started_at": sa.func.coalesce(dispatch.started_at, sa.literal(now, t.Instant)),
                    "give_up_at": now.timestamp() + dispatch.give_up_after,
                }
                moved = _guarded(connection, dispatch_id, DispatchMove.RESUME, going, sa.not_(early))
            if moved is None:
                raise _refused(connection, dispatch_id, DispatchMove.RESUME)
            _event(connection, dispatch_id, now, who, DispatchMove.RESUME, "")
            return moved

    def cancel(self, dispatch_id: int, *, who: str, now: datetime) -> Dispatch:
        """Cancel, and with it every delivery that has not left. What is on the wire ends as it ends."""
        waiting, cancelled = DELIVERY_MOVES[DeliveryMove.CANCEL]
        with self._database.writing() as connection:
            moved = _guarded(connection, dispatch_id, DispatchMove.CANCEL, {"ended_at": now, "pause_reason": None})
            if moved is None:
                raise _refused(connection, dispatch_id, DispatchMove.CANCEL)
            connection.execute(
                t.delivery.update()
                .where(t.delivery.c.dispatch_id == dispatch_id, t.delivery.c.state.in_(waiting))
                .values(state=cancelled, lease_owner=None, lease_until=None, retry_at=None)
            )
            _event(connection, dispatch_id, now, who, DispatchMove.CANCEL, "")
            return moved

    def hold_overdue(self, now: datetime) -> tuple[Dispatch, ...]:
        """Pause what is past its deadline with people whose turn never came: the program was down, the pace too slow, or the clock
        stepped. Failing them all would burn a list that nobody has refused; a person says whether it is still news."""
        d = t.delivery.c
        untried = sa.exists().where(
            d.dispatch_id == t.dispatch.c.id,
            sa.or_(d.state == DeliveryState.QUEUED, sa.and_(d.state == DeliveryState.DEFERRED, MISSED)),
            d.lease_owner.is_(None),
        )
        overdue = sa.and_(t.dispatch.c.status == DispatchStatus.SENDING, t.dispatch.c.give_up_at <= now, untried)
        with self._database.reading() as connection:
            found = list(connection.execute(sa.select(t.dispatch.c.id).where(overdue)).scalars())
        held = (self._pause_if(dispatch_id, overdue, PauseCause.DEADLINE, now) for dispatch_id in found)
        return tuple(dispatch for dispatch in held if dispatch is not None)

    def finish_if_closed(self, dispatch_id: int, now: datetime) -> Dispatch | None:
        """`done` when every delivery is closed; paused when only doubts are left; None when work remains."""
        left = self._open_states(dispatch_id)
        if not left:
            closed = sa.not_(_open_rows(DeliveryState))
            return self._try(dispatch_id, DispatchMove.FINISH, now, "worker", closed, ended_at=now, pause_reason=None)
        if left == {DeliveryState.IN_DOUBT}:
            return self._pause_if(dispatch_id, sa.not_(_open_rows(set(OPEN) - left)), PauseCause.DOUBT, now)
        return None

    def _open_states(self, dispatch_id: int) -> set[DeliveryState]:
        d = t.delivery.c
        query = sa.select(d.state).where(d.dispatch_id == dispatch_id, d.state.in_(OPEN)).distinct()
        with self._database.reading() as connection:
            return {DeliveryState(state) for state in connection.execute(query).scalars()}

    def _pause_if(
        self, dispatch_id: int, guard: sa.ColumnElement[bool], cause: PauseCause, now: datetime
    ) -> Dispatch | None:
        sending = t.dispatch.c.status == DispatchStatus.SENDING
        both = sa.and_(guard, sending)
        return self._try(dispatch_id, DispatchMove.PAUSE, now, "worker", both, note=cause, pause_reason=cause)

    # -- the one way a status changes ------------------------------------------------------------------------------

    def _move(
        self,
        dispatch_id: int,
        move: DispatchMove,
        now: datetime,
        who: str,
        *,
        note: str = "",
        guard: sa.ColumnElement[bool] | None = None,
        **values: Any,
    ) -> Dispatch:
        with self._database.writing() as connection:
            moved = _guarded(connection, dispatch_id, move, values, guard)
            if moved is None:
                raise _refused(connection, dispatch_id, move)
            _event(connection, dispatch_id, now, who, move, note)
            return moved

    def _try(
        self,
        dispatch_id: int,
        move: DispatchMove,
        now: datetime,
        who: str,
        guard: sa.ColumnElement[bool],
        *,
        note: str = "",
        **values: Any,
    ) -> Dispatch | None:
        with self._database.writing() as connection:
            moved = _guarded(connection, dispatch_id, move, values, guard)
            if moved:
                _event(connection, dispatch_id, now, who, move, note)
            return moved


_paused = t.dispatch.c.status == DispatchStatus.PAUSED


def _open_rows(states: Iterable[DeliveryState]) -> sa.ColumnElement[bool]:
    """The dispatch has a delivery in one of these open states."""
    among = OPEN.intersection(states)
    return sa.exists().where(t.delivery.c.dispatch_id == t.dispatch.c.id, t.delivery.c.state.in_(among))


def _started(now: datetime) -> dict[str, Any]:
    return {"started_at": now, "give_up_at": now.timestamp() + t.dispatch.c.give_up_after, "pause_reason": None}


def _guarded(
    connection: sa.Connection,
    dispatch_id: int,
    move: DispatchMove,
    values: dict[str, Any],
    guard: sa.ColumnElement[bool] | None = None,
) -> Dispatch | None:
    before, after = DISPATCH_MOVES[move]
    statement = (
        t.dispatch.update()
        .where(t.dispatch.c.id == dispatch_id, t.dispatch.c.status.in_(before))
        .values(status=after, **values)
        .returning(t.dispatch)
    )
    if guard is not None:
        statement = statement.where(guard)
    row = connection.execute(statement).one_or_none()
    return dispatch_from(row) if row else None


def _refused(connection: sa.Connection, dispatch_id: int, move: DispatchMove) -> IllegalMove:
    row = connection.execute(sa.select(t.dispatch.c.status).where(t.dispatch.c.id == dispatch_id)).one_or_none()
    if row is None:
        return no_such_dispatch(dispatch_id)
    word = STATUS_WORDS[DispatchStatus(row.status)]
    return IllegalMove(
        Text(
            f"발송 {with_particle(dispatch_id, '은/는')} 지금 '{word.ko}' 상태라서 {_MOVE_WORDS[move].ko} 수 없습니다",
            f"dispatch {dispatch_id} is {word.en} and cannot be {_MOVE_WORDS[move].en}",
        ),
        remedy=Text(
            f"상태를 확인해 주십시오: mailer status {dispatch_id}", f"look at it with: mailer status {dispatch_id}"
        ),
    )


def no_such_dispatch(dispatch_id: int) -> IllegalMove:
    return IllegalMove(
        Text(f"발송 {with_particle(dispatch_id, '이/가')} 없습니다", f"there is no dispatch {dispatch_id}"),
        remedy=Text("번호를 확인해 주십시오: mailer dispatches", "see the numbers with: mailer dispatches"),
    )


_MOVE_WORDS = {
    DispatchMove.APPROVE: Text("승인할", "approved"),
    DispatchMove.EDIT: Text("고칠", "edited"),
    DispatchMove.SCHEDULE: Text("예약 시각을 바꿀", "given another time"),
    DispatchMove.UNSCHEDULE: Text("예약을 풀", "unscheduled"),
    DispatchMove.START: Text("시작할", "started"),
    DispatchMove.HOLD: Text("보류할", "held"),
    DispatchMove.PAUSE: Text("멈출", "paused"),
    DispatchMove.RESUME: Text("다시 시작할", "resumed"),
    DispatchMove.FINISH: Text("끝낼", "finished"),
    DispatchMove.CANCEL: Text("취소할", "cancelled"),
}


def _event(connection: sa.Connection, dispatch_id: int, at: datetime, who: str, move: DispatchMove, note: str) -> None:
    connection.execute(
        t.event.insert().values(at=at, dispatch_id=dispatch_id, delivery_id=None, who=who, move=move.value, note=note)
    )


def _dispatch_columns(draft: Draft, now: datetime) -> dict[str, Any]:
    return {
        "status": DispatchStatus.APPROVED,
        "title": draft.title,
        "number": draft.number,
        "letter_source": draft.letter_source,
        "lists": list(draft.lists),
        "zone": draft.zone,
        "wall_time": "",
        "late_after": draft.late_after.total_seconds(),
        "practice": draft.practice,
        "give_up_after": draft.give_up_after.total_seconds(),
        "seal_sha256": draft.seal.sha256,
        "recipients": draft.seal.recipients,
        "approved_by": draft.seal.approved_by,
        "approved_at": draft.seal.approved_at,
        "package_sha256": draft.package_sha256,
        "document_sha256": draft.document_sha256,
        "follows": draft.follows,
        "request_key": draft.request_key,
        "created_at": now,
    }


def _delivery_rows(draft: Draft, dispatch_id: int) -> list[dict[str, Any]]:
    return [
        {
            "dispatch_id": dispatch_id,
            "position": position,
            "address_key": share.contact.address.key,
            "address": str(share.contact.address),
            "domain": share.contact.address.key.rpartition("@")[2],
            "name": share.contact.name,
            "outlet": share.contact.outlet,
            "contact": contact_to_json(share.contact),
            "state": DeliveryState.QUEUED,
            "message_id": share.message_id,
            "content_sha256": share.content_sha256,
            "attempts": 0,
        }
        for position, share in enumerate(draft.shares, start=1)
    ]


def _left_out_rows(rows: Sequence[LeftOutRow], dispatch_id: int) -> list[dict[str, Any]]:
    return [
        {
            "dispatch_id": dispatch_id,
            "address": row.address,
            "code": row.code,
            "reason_ko": row.reason.ko,
            "reason_en": row.reason.en,
            "place": row.place,
        }
        for row in rows
    ]
