"""The word and the colour of every state a page shows. The word always stands there: colour alone says nothing.

Not here: what a state means for one person (`desk/report.py`).
"""

from __future__ import annotations

from mailer.desk.export import STATE_WORDS
from mailer.dispatch import DeliveryState, DispatchStatus
from mailer.findings import Level
from mailer.wording import Text

__all__ = ["BAR", "LEVEL_TAGS", "STATE_TAGS", "STATUS_TAGS"]

_COLOURS = {
    DeliveryState.ACCEPTED: "ok",
    DeliveryState.DEFERRED: "warn",
    DeliveryState.IN_DOUBT: "doubt",
    DeliveryState.FAILED: "bad",
    DeliveryState.BOUNCED: "bad",
    DeliveryState.SENDING: "info",
}
STATE_TAGS: dict[DeliveryState, tuple[Text, str]] = {
    state: (STATE_WORDS[state], _COLOURS.get(state, "plain")) for state in DeliveryState
}
BAR = (
    DeliveryState.ACCEPTED,
    DeliveryState.DEFERRED,
    DeliveryState.IN_DOUBT,
    DeliveryState.FAILED,
    DeliveryState.BOUNCED,
    DeliveryState.SUPPRESSED,
    DeliveryState.CANCELLED,
    DeliveryState.SENDING,
    DeliveryState.QUEUED,
)
STATUS_TAGS: dict[DispatchStatus, tuple[Text, str]] = {
    DispatchStatus.DRAFT: (Text("작성 중", "draft"), "info"),
    DispatchStatus.APPROVED: (Text("승인됨", "approved"), "info"),
    DispatchStatus.SCHEDULED: (Text("예약됨", "scheduled"), "warn"),
    DispatchStatus.SENDING: (Text("발송 중", "sending"), "info"),
    DispatchStatus.PAUSED: (Text("멈춤", "paused"), "doubt"),
    DispatchStatus.DONE: (Text("발송 끝", "done"), "ok"),
    DispatchStatus.CANCELLED: (Text("취소됨", "cancelled"), "plain"),
}
LEVEL_TAGS: dict[Level, tuple[Text, str]] = {
    Level.ERROR: (Text("막음", "stops"), "bad"),
    Level.WARNING: (Text("확인", "look"), "warn"),
    Level.OK: (Text("통과", "holds"), "ok"),
}
