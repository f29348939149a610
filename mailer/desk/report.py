"""Status and delivery log, as values: what a person reads after a send, and the stable JSON that others script against.

Times in records are ISO 8601 with offset; numbers are never localised; `meaning` is in the language asked for.

Not here: tables and colours (`cli/`), pages (`web/`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from mailer.desk.times import local
from mailer.dispatch import Attempt, DeliveryState, Dispatch, DispatchStatus, PauseCause, Verdict
from mailer.ledger import Ledger, LogFilter, LogRow
from mailer.transport import Meaning, explain, seen
from mailer.wording import Language, Text

__all__ = [
    "LogLine",
    "Status",
    "explained",
    "log_lines",
    "log_record",
    "log_stream",
    "pause_commands",
    "pause_words",
    "status_of",
    "status_record",
]

RATE_WINDOW = timedelta(seconds=30)
PAGE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One dispatch in numbers. `rate` is acceptances per second over the last half minute; `eta_s` None when it cannot be told."""

    dispatch: Dispatch
    counts: dict[DeliveryState, int]
    rate: float
    eta_s: float | None

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def late(self) -> timedelta | None:
        """How long after its time it was started; None when it had no time or has not started."""
        send_at, started_at = self.dispatch.send_at, self.dispatch.started_at
        return started_at - send_at if send_at and started_at else None

    @property
    def settled(self) -> int:
        """Deliveries whose end is known or needs a person."""
        waiting = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.DEFERRED)
        return self.total - sum(self.counts[state] for state in waiting)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """A row of the log with what it means and what to do, in both languages."""

    row: LogRow
    meaning: Meaning
    history: tuple[Attempt, ...] = ()


def status_of(ledger: Ledger, dispatch: Dispatch, now: datetime) -> Status:
    counts = ledger.queue.counts(dispatch.id)
    since = max(now - RATE_WINDOW, dispatch.started_at or now)
    seconds = (now - since).total_seconds()
    accepted = ledger.log.accepted_since(dispatch.id, since)
    rate = accepted / seconds if seconds > 0 and dispatch.status is DispatchStatus.SENDING else 0.0
    left = counts[DeliveryState.QUEUED] + counts[DeliveryState.SENDING]
    # with retries open the end lies with the server's next answer, not with our rate
    known = rate > 0 and not counts[DeliveryState.DEFERRED]
    return Status(dispatch=dispatch, counts=counts, rate=rate, eta_s=left / rate if known else None)


def log_lines(
    ledger: Ledger, which: LogFilter, *, limit: int | None = None, offset: int = 0, attempts: bool = False
) -> tuple[LogLine, ...]:
    return explained(ledger, ledger.log.rows(which, limit=limit, offset=offset), attempts=attempts)


def log_stream(
    ledger: Ledger, which: LogFilter, *, limit: int | None = None, attempts: bool = False
) -> Iterator[LogLine]:
    """As `log_lines`, read page by page: a log of any length takes the memory of one page."""
    every = sorted((one.id for one in ledger.dispatches.all()), reverse=True)
    left = limit
    for number in every if which.dispatch_id is None else [which.dispatch_id]:
        after: int | None = None
        while left is None or left > 0:
            size = PAGE if left is None else min(PAGE, left)
            page = log_lines(ledger, replace(which, dispatch_id=number, after=after), limit=size, attempts=attempts)
            yield from page
            if left is not None:
                left -= len(page)
            if len(page) < size:
                break
            after = page[-1].row.delivery.position


def explained(ledger: Ledger, rows: Sequence[LogRow], *, attempts: bool = False) -> tuple[LogLine, ...]:
    """Rows with what they mean; with `attempts`, every try of each."""
    history = ledger.log.history(row.delivery.id for row in rows) if attempts else {}
    reasons = ledger.log.notes(row.delivery.id for row in rows if row.delivery.state is DeliveryState.SUPPRESSED)
    waiting = any(row.delivery.state in _WAITING for row in rows)
    paused = {one.id for one in ledger.dispatches.with_status(DispatchStatus.PAUSED)} if waiting else set()
    return tuple(
        LogLine(
            row=row,
            meaning=meaning_of(row, reasons.get(row.delivery.id, ""), paused=row.delivery.dispatch_id in paused),
            history=history.get(row.delivery.id, ()),
        )
        for row in rows
    )


_WAITING = (DeliveryState.QUEUED, DeliveryState.DEFERRED)


_PLAIN = {
    DeliveryState.QUEUED: Meaning(what=Text("아직 보내지 않았습니다.", "Not tried yet."), todo=Text("", "")),
    DeliveryState.SENDING: Meaning(what=Text("지금 보내고 있습니다.", "Being sent now."), todo=Text("", "")),
    DeliveryState.SUPPRESSED: Meaning(
        what=Text("발송 제외에 있어 보내지 않았습니다.", "Suppressed, so it was not sent."), todo=Text("", "")
    ),
    DeliveryState.CANCELLED: Meaning(
        what=Text("보내기 전에 취소했습니다.", "Cancelled before it was sent."), todo=Text("", "")
    ),
}

_ONCE_MORE = {
    DeliveryState.QUEUED: Text(
        "한 번 더 보내려고 기다립니다. 처음 것이 도착했을 수도 있습니다.",
        "Waits to be sent once more; the first one may have arrived.",
    ),
    DeliveryState.SUPPRESSED: Text(
        "다시 보내기 전에 발송 제외가 되었습니다. 처음 것이 도착했을 수도 있습니다.",
        "Suppressed before it was sent again; the first one may have arrived.",
    ),
    DeliveryState.CANCELLED: Text(
        "다시 보내기 전에 취소했습니다. 처음 것이 도착했을 수도 있습니다.",
        "Cancelled before it was sent again; the first one may have arrived.",
    ),
}
"""Where a doubt that was to be sent again may end: the first message left, whatever became of the second."""

_EXPIRED = Text(
    "정해진 시한까지 서버가 받아 주지 않아 그만두었습니다.", "Given up: the server did not take it in time."
)
_DOUBT = Text(
    "보낸 뒤 서버의 응답을 받지 못했습니다. 받았을 수도, 못 받았을 수도 있습니다.",
    "No answer came after the message left: it may or may not have arrived.",
)
_CONFIRMED = Meaning(
    what=Text("받은 것을 담당자가 확인했습니다.", "A person confirmed that it arrived."), todo=Text("", "")
)
_ABANDONED = Meaning(what=Text("담당자가 못 받은 것으로 정리했습니다.", "A person gave it up."), todo=Text("", ""))
_TAKEN_AFTER_ALL = Meaning(
    what=Text(
        "담당자가 못 받은 것으로 정리한 뒤에, 서버가 접수했다는 응답이 늦게 왔습니다.",
        "A person gave it up; then the server's late answer said that it had taken it.",
    ),
    todo=Text("다시 보내지 마십시오. 두 번 도착합니다.", "Do not send it again: it would arrive twice."),
)


def meaning_of(row: LogRow, reason: str = "", *, paused: bool = False) -> Meaning:
    """What a row of the log comes to, in plain words. `reason` is why a suppressed person was left out, `paused` whether the
    dispatch stands still: then nothing is tried again by itself."""
    meaning = _meaning_of(row, reason)
    if not paused or row.delivery.state not in _WAITING:
        return meaning
    number = row.delivery.dispatch_id
    go_on = Text(
        f"멈춘 발송입니다. 이어서 보내기: mailer resume {number}",
        f"The dispatch is paused. To go on: mailer resume {number}",
    )
    return Meaning(what=meaning.what, todo=go_on)


def _meaning_of(row: LogRow, reason: str) -> Meaning:
    state = row.delivery.state
    outcome = row.last.outcome if row.last else None
    if state in _PLAIN:
        plain = _ONCE_MORE[state] if state in _ONCE_MORE and _left_in_doubt(row) else _PLAIN[state].what
        why = f" ({reason})" if state is DeliveryState.SUPPRESSED and reason else ""
        return Meaning(what=Text(f"{plain.ko}{why}", f"{plain.en}{why}"), todo=Text("", ""))
    if state is DeliveryState.IN_DOUBT:
        return _doubt_meaning(row)
    if state is DeliveryState.FAILED and (outcome is None or outcome.verdict is not Verdict.REFUSE):
        return _failed_meaning(row)
    if outcome is None or (state is DeliveryState.ACCEPTED and outcome.verdict is not Verdict.ACCEPT):
        return _CONFIRMED
    return explain(outcome.reply, verdict=outcome.verdict, stage=outcome.stage)


def _left_in_doubt(row: LogRow) -> bool:
    """Whether the last attempt left a message behind of which nobody knows what became."""
    outcome = row.last.outcome if row.last else None
    return row.last is not None and (outcome is None or outcome.verdict is Verdict.DOUBT)


def _doubt_meaning(row: LogRow) -> Meaning:
    number, outcome = row.delivery.dispatch_id, row.last.outcome if row.last else None
    what = _DOUBT
    if outcome is not None and outcome.verdict is Verdict.DOUBT:
        # the connection may have ended, or the server may have said yes and no at once
        what = explain(outcome.reply, verdict=outcome.verdict, stage=outcome.stage).what
    ask = Text(
        f"받는 분께 확인한 뒤 정리해 주십시오: mailer resolve {number}",
        f"Ask the addressee, then settle it: mailer resolve {number}",
    )
    return Meaning(what=what, todo=ask)


def _failed_meaning(row: LogRow) -> Meaning:
    """Failed without a refusal: given up by a person, or by the deadline."""
    if _left_in_doubt(row):
        return _ABANDONED
    if taken_after_all(row):
        return _TAKEN_AFTER_ALL
    number = row.delivery.dispatch_id
    again = Text(
        f"다시 보낼 수 있습니다: mailer resend {number} --failed", f"Send it again: mailer resend {number} --failed"
    )
    return Meaning(what=_EXPIRED, todo=again)


def taken_after_all(row: LogRow) -> bool:
    """A doubt that was given up before the server's late answer said yes: failed it stays, but sending it again makes a double."""
    outcome = row.last.outcome if row.last else None
    return row.delivery.state is DeliveryState.FAILED and outcome is not None and outcome.verdict is Verdict.ACCEPT


_RESUME = (Text("이어서 보내기", "go on"), "mailer resume {n}")
_CANCEL = (Text("취소", "call it off"), "mailer cancel {n}")
_DOCTOR = (Text("서버 확인", "test the server"), "mailer doctor")

_PAUSED: dict[PauseCause, tuple[Text, tuple[tuple[Text, str], ...]]] = {
    PauseCause.OFFICER: (Text("담당자가 멈췄습니다.", "A person paused it."), (_RESUME, _CANCEL)),
    PauseCause.STOPPED: (
        Text("보내는 중에 프로그램을 멈췄습니다.", "The program was stopped while sending."),
        (_RESUME, _CANCEL),
    ),
    PauseCause.LATE: (
        Text("예약한 시각을 너무 지나서 보내지 않고 보류했습니다.", "Held: it was found too long after its time."),
        (
            (Text("지금이라도 보내기", "send it now"), "mailer resume {n}"),
            (Text("다른 시각에 보내기", "send it at another time"), 'mailer move {n} --at "..."'),
            _CANCEL,
        ),
    ),
    PauseCause.SITE: (
        Text("메일 서버에 문제가 있어 멈췄습니다.", "Paused: the mail server has a problem."),
        (_DOCTOR, _RESUME),
    ),
    PauseCause.LOGIN: (
        Text("메일 서버가 로그인을 거부해 멈췄습니다.", "Paused: the mail server refused the login."),
        (
            (
                Text(
                    ".env의 SMTP_USERNAME과 SMTP_PASSWORD를 고친 뒤 서버 확인",
                    "test the server after correcting SMTP_USERNAME and SMTP_PASSWORD in .env",
                ),
                "mailer doctor",
            ),
            _RESUME,
        ),
    ),
    PauseCause.MESSAGE: (
        Text(
            "서버가 이 메일을 누구에게도 받아 주지 않아 멈췄습니다.",
            "Paused: the server takes this message for nobody.",
        ),
        (
            (Text("설정을 고친 뒤 이어서 보내기", "go on after correcting the settings"), "mailer resume {n}"),
            (Text("원고를 고쳐 새로 보내려면 먼저 취소", "call it off to correct the letter"), "mailer cancel {n}"),
        ),
    ),
    PauseCause.ERROR_RATE: (
        Text("거부가 잇따라 멈췄습니다.", "Paused: one refusal after the other."),
        ((Text("서버 응답 확인", "read the server's words"), "mailer log {n} --state failed"), _RESUME, _CANCEL),
    ),
    PauseCause.DOUBT: (
        Text("받았는지 알 수 없는 사람만 남았습니다.", "Only deliveries in doubt are left."),
        (
            (Text("누구인지 보기", "see who"), "mailer log {n} --state in_doubt"),
            (Text("정리하기", "settle them"), "mailer resolve {n} --confirm|--resend|--abandon ADDR"),
        ),
    ),
    PauseCause.DEADLINE: (
        Text(
            "시한이 지나도록 한 번도 보내지 못한 사람이 있어 멈췄습니다.",
            "Paused: the deadline passed before everybody was tried.",
        ),
        ((Text("시한을 새로 세어 이어서 보내기", "go on with a new deadline"), "mailer resume {n}"), _CANCEL),
    ),
    PauseCause.MODE: (
        Text(
            "연습 모드에서 승인한 것을 실제로, 또는 그 반대로 보내려 해서 보류했습니다.",
            "Held: it was approved in practice and a mail server is set now, or the other way round.",
        ),
        (
            (Text("지금 설정으로 새로 승인하려면 먼저 취소", "call it off to approve it anew"), "mailer cancel {n}"),
            (
                Text("승인할 때의 SMTP_HOST로 되돌린 뒤 이어서 보내기", "go on after setting SMTP_HOST as it was"),
                "mailer resume {n}",
            ),
        ),
    ),
}


def pause_words(reason: str | None) -> Text:
    """Why a dispatch stands still, from its stored `pause_reason`."""
    if reason is None:
        return Text("", "")
    cause, _, detail = reason.partition(": ")
    what, _ = _PAUSED[PauseCause(cause)]
    found = seen(detail)
    return Text(f"{what.ko} ({found.ko})", f"{what.en} ({found.en})") if detail else what


def pause_commands(dispatch: Dispatch) -> tuple[tuple[Text, str], ...]:
    """What a person may do about a dispatch that stands still: the purpose, and the exact command."""
    if dispatch.pause_reason is None:
        return ()
    _, commands = _PAUSED[PauseCause(dispatch.pause_reason.partition(": ")[0])]
    return tuple((purpose, command.format(n=dispatch.id)) for purpose, command in commands)


# -- records: the JSON of the contract ----------------------------------------------------------------------------------


def iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None


def send_record(status: Status) -> dict[str, Any]:
    dispatch = status.dispatch
    return {
        "dispatch": dispatch.id,
        "status": dispatch.status.value,
        "counts": {state.value: status.counts[state] for state in DeliveryState},
        "started_at": iso(dispatch.started_at),
        "ended_at": iso(dispatch.ended_at),
    }


def status_record(status: Status, changed: Iterable[str] = ()) -> dict[str, Any]:
    dispatch = status.dispatch
    return {
        **send_record(status),
        "title": dispatch.title,
        "number": dispatch.number,
        "practice": dispatch.practice,
        "send_at": iso(dispatch.send_at),
        "local": local(dispatch.send_at, dispatch.zone).ko if dispatch.send_at else None,
        "zone": dispatch.zone,
        "late_after": dispatch.late_after.total_seconds(),
        "late_s": round(status.late.total_seconds()) if status.late is not None else None,
        "give_up_at": iso(dispatch.give_up_at),
        "pause_reason": dispatch.pause_reason,
        "seal": dispatch.seal.sha256 if dispatch.seal else None,
        "follows": dispatch.follows,
        "rate": round(status.rate, 2),
        "eta_s": None if status.eta_s is None else round(status.eta_s),
        "changed_files": list(changed),
    }


def schedule_record(dispatch: Dispatch, recipients: int) -> dict[str, Any]:
    assert dispatch.send_at is not None
    return {
        "dispatch": dispatch.id,
        "status": dispatch.status.value,
        "send_at": iso(dispatch.send_at),
        "local": local(dispatch.send_at, dispatch.zone).ko,
        "zone": dispatch.zone,
        "recipients": recipients,
    }


def log_record(line: LogLine, language: Language, *, attempts: bool = False) -> dict[str, Any]:
    row, delivery = line.row, line.row.delivery
    reply = row.last.outcome.reply if row.last and row.last.outcome else None
    record: dict[str, Any] = {
        "dispatch": delivery.dispatch_id,
        "delivery": delivery.id,
        "address": str(delivery.contact.address),
        "name": delivery.contact.name,
        "outlet": delivery.contact.outlet,
        "lists": list(delivery.contact.lists),
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "code": reply.code if reply else None,
        "enhanced": reply.enhanced if reply else None,
        "reply": reply.text if reply else None,
        "meaning": line.meaning.what.to(language),
        "todo": line.meaning.todo.to(language),
        "message_id": delivery.message_id,
        "first_attempt_at": iso(row.first_attempt_at),
        "last_attempt_at": iso(row.last_attempt_at),
        "retry_at": iso(delivery.retry_at),
    }
    if attempts:
        record["history"] = [attempt_record(attempt) for attempt in line.history]
    return record


def attempt_record(attempt: Attempt) -> dict[str, Any]:
    outcome = attempt.outcome
    reply = outcome.reply if outcome else None
    return {
        "number": attempt.number,
        "started_at": iso(attempt.started_at),
        "ended_at": iso(attempt.ended_at),
        "verdict": outcome.verdict.value if outcome else None,
        "scope": outcome.scope.value if outcome else None,
        "stage": outcome.stage.value if outcome else None,
        "code": reply.code if reply else None,
        "enhanced": reply.enhanced if reply else None,
        "reply": reply.text if reply else (outcome.detail if outcome else None),
    }
