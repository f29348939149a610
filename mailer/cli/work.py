"""`mailer worker`: scheduler and sender in the foreground, one line for everything that happens.

A worker that is stopped leaves its dispatches as they are: another worker goes on. (`mailer send` pauses what it was sending,
because a person was watching it.)

Not here: the worker itself (`sending/`).
"""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass, field

from mailer.app import App
from mailer.cli.exits import EXIT_INTERRUPTED
from mailer.cli.facts import counts_text, people
from mailer.cli.opening import opened
from mailer.cli.output import Screen
from mailer.cli.results import dispatch_of, exit_code, show_paused
from mailer.cli.signals import Stopping
from mailer.cli.verbs import Call, option, verb
from mailer.desk.report import Status, send_record, status_of
from mailer.desk.times import distance, local
from mailer.dispatch import DeliveryState, Dispatch, DispatchStatus
from mailer.wording import Text

__all__ = ["Watcher", "worker"]

LOOK_SECONDS = 0.5
TALK_SECONDS = 10.0
_ACTIVE = (DispatchStatus.SCHEDULED, DispatchStatus.SENDING)


@verb(
    "worker",
    help=Text(
        "예약된 발송을 제시간에 시작하고, 보내고, 재시도합니다. 켜 두십시오.\n\n"
        "--until-idle은 보내는 중인 것과 때가 된 것이 없어지면 끝납니다.",
        "Starts what is scheduled on time, sends, retries. Keep it running.\n\n"
        "--until-idle ends when nothing is being sent or due.",
    ),
    examples=("mailer worker", "mailer worker --until-idle"),
    json=True,
)
@option("--until-idle", is_flag=True, help=Text("할 일이 없으면 끝냅니다.", "End when there is nothing to do."))
def worker(call: Call, until_idle: bool) -> int:
    screen = call.screen
    with opened(call, sends=True) as app:
        watcher = Watcher(screen, app)
        by = asyncio.run(_run(screen, app, watcher, until_idle))
        results = watcher.results()
        if screen.json_wanted:
            screen.json({"dispatches": [send_record(status) for status in results]})
        if by is not None:
            screen.say(
                Text(
                    "worker를 멈췄습니다. 남은 것은 다음 worker가 이어서 보냅니다.",
                    "Stopped. Another worker goes on.",
                )
            )
            return EXIT_INTERRUPTED if by is signal.SIGINT else 0
        return max((exit_code(status) for status in results), default=0)


async def _run(screen: Screen, app: App, watcher: Watcher, until_idle: bool) -> signal.Signals | None:
    with Stopping(screen) as stopping:
        work = asyncio.create_task(app.work(stopping.event, until=(lambda: _is_idle(app)) if until_idle else None))
        try:
            while not work.done():
                await asyncio.to_thread(watcher.look)
                await asyncio.wait({work}, timeout=LOOK_SECONDS)
        finally:
            stopping.event.set()
            await work
        await asyncio.to_thread(watcher.look)
        return stopping.by


def _is_idle(app: App) -> bool:
    live = app.ledger.dispatches.with_status(*_ACTIVE)
    now = app.now()
    return not any(
        dispatch.status is DispatchStatus.SENDING or (dispatch.send_at is not None and dispatch.send_at <= now)
        for dispatch in live
    )


@dataclass(slots=True)
class Watcher:
    """Looks at the ledger and says what has changed since the last look."""

    screen: Screen
    app: App
    _known: dict[int, DispatchStatus] = field(default_factory=dict, init=False)
    _touched: set[int] = field(default_factory=set, init=False)
    _talked: dict[int, tuple[float, int, str]] = field(default_factory=dict, init=False)
    _waiting_for: str = field(default="", init=False)

    def look(self) -> None:
        found = {one.id: one for one in self.app.ledger.dispatches.with_status(*_ACTIVE)}
        for number in [*found, *(set(self._known) - set(found))]:
            dispatch = found.get(number) or dispatch_of(self.app, number)
            before = self._known.get(number)
            if before is not dispatch.status:
                self._say_change(dispatch, before)
            if dispatch.status is DispatchStatus.SENDING:
                self._touched.add(number)
                self._say_progress(status_of(self.app.ledger, dispatch, self.app.now()))
            if dispatch.status in _ACTIVE:
                self._known[number] = dispatch.status
            else:
                self._known.pop(number, None)
        self._say_waiting([one for one in found.values() if one.status is DispatchStatus.SCHEDULED])

    def results(self) -> list[Status]:
        """What became of everything that was being sent or held while this one watched."""
        numbers = sorted(self._touched)
        return [status_of(self.app.ledger, dispatch_of(self.app, number), self.app.now()) for number in numbers]

    def _say_change(self, dispatch: Dispatch, before: DispatchStatus | None) -> None:
        if dispatch.status is DispatchStatus.SCHEDULED:
            return
        status = status_of(self.app.ledger, dispatch, self.app.now())
        self._touched.add(dispatch.id)
        counts, count = counts_text(status.counts), people(status.total)
        name = Text(f"발송 {dispatch.id}", f"Dispatch {dispatch.id}")
        if dispatch.status is DispatchStatus.SENDING and before is None and status.settled:
            self._line(Text(f"{name.ko} 이어서: {counts.ko}", f"{name.en} goes on: {counts.en}"))
        elif dispatch.status is DispatchStatus.SENDING:
            self._line(
                Text(f"{name.ko} 시작: {count.ko}, {dispatch.title}", f"{name.en} starts: {count.en}, {dispatch.title}")
            )
        elif dispatch.status is DispatchStatus.PAUSED:
            self._line(Text(f"{name.ko} 멈춤: {counts.ko}", f"{name.en} is paused: {counts.en}"), ink="warn")
            show_paused(self.screen, dispatch)
        elif dispatch.status is DispatchStatus.DONE:
            self._line(Text(f"{name.ko} 끝: {counts.ko}", f"{name.en} is done: {counts.en}"), ink="bold")
            self.screen.hint(f"mailer log {dispatch.id}", Text("기록", "log"))
        else:
            self._line(Text(f"{name.ko} 취소됨: {counts.ko}", f"{name.en} is cancelled: {counts.en}"))

    def _say_progress(self, status: Status) -> None:
        """Each 10 % or 10 s, and only when something moved."""
        number, now = status.dispatch.id, self.app.clock.monotonic()
        percent = status.settled * 100 // max(status.total, 1)
        counts = counts_text(status.counts)
        last = self._talked.get(number)
        if last is None:
            self._talked[number] = (now, percent, counts.ko)
            return
        moved = percent // 10 != last[1] // 10 or now - last[0] >= TALK_SECONDS
        if not moved or counts.ko == last[2]:
            return
        self._talked[number] = (now, percent, counts.ko)
        again, share = self._retry_words(status), f"{number} {percent} %: "
        self._line(Text(f"발송 {share}{counts.ko}{again.ko}", f"Dispatch {share}{counts.en}{again.en}"))

    def _retry_words(self, status: Status) -> Text:
        counts = status.counts
        busy = counts[DeliveryState.QUEUED] + counts[DeliveryState.SENDING]
        due = self.app.ledger.queue.next_retry(status.dispatch.id)
        if busy or due is None:
            return Text("", "")
        if due <= self.app.now():
            return Text(", 재시도할 때가 됨", ", retries are due")
        away = distance(self.app.now(), due)
        return Text(f", 다음 재시도 {away.ko}", f", next retry {away.en}")

    def _say_waiting(self, scheduled: list[Dispatch]) -> None:
        upcoming = min(scheduled, key=lambda one: (one.send_at is None, one.send_at), default=None)
        if upcoming is None or upcoming.send_at is None:
            line = Text(
                "예약된 발송이 없습니다. 생기면 제시간에 시작합니다.",
                "Nothing is scheduled.",
            )
            key = "none"
        else:
            at, away = local(upcoming.send_at, upcoming.zone), distance(self.app.now(), upcoming.send_at)
            line = Text(
                f"다음: 발송 {upcoming.id}, {at.ko} {upcoming.zone}, {away.ko}",
                f"Next: dispatch {upcoming.id}, {at.en} {upcoming.zone}, {away.en}",
            )
            key = f"{upcoming.id} {upcoming.send_at}"
        if key != self._waiting_for and (upcoming is not None or not self._touched):
            self._waiting_for = key
            self._line(line, ink="dim")

    def _line(self, line: Text, ink: str = "") -> None:
        stamp = local(self.app.now().replace(microsecond=0), self.app.config.timezone).ko.split(" ")[1]
        self.screen.print(Text(f"{stamp}  {line.ko}", f"{stamp}  {line.en}"), ink=ink)
        self.screen.out.flush()
