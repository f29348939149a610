"""The long runs: `make chaos`, or `python -m tests.faults.chaos [--seed N] [--people N] [kills] [workers] [endurance] [limit]`.

Each run sends a dispatch with real worker processes to a scripted server in a process of its own, breaks what can be broken, and
compares ledger and books row by row. Prints one table; exits 1 when anything was lost, doubled or disagrees.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from mailer.dispatch import Dispatch, DispatchStatus
from mailer.ledger import Ledger
from tests.faults.office import Office, begin, counts, finish, journalists, kill, status, stored
from tests.faults.reckoning import Reckoning, reckon
from tests.scripted_smtp import Act, Rule, ServerProcess, cut, hang, reply, reset
from tests.scripted_smtp.books import Books

DOMAINS = tuple(f"d{number}.example" for number in range(40))


@dataclass(slots=True)
class Run:
    """What one run was and came to."""

    name: str
    people: int
    kills: int = 0
    resumed: int = 0
    seconds: float = 0.0
    result: Reckoning = field(default_factory=Reckoning)
    notes: list[str] = field(default_factory=list)
    good: bool = True

    def row(self) -> str:
        doubts = self.result.doubts
        arrived = sum(doubts.values())
        return (
            f"| {self.name} | {self.people:,} | {self.kills} | {len(self.result.lost)} | {len(self.result.doubled)} "
            f"| {len(doubts)} ({arrived} had arrived) | {len(self.result.disagreements)} | {self.seconds:.0f} s "
            f"| {'; '.join(self.notes)} |"
        )


HEAD = (
    "| run | people | kills | lost | doubled | in doubt | rows that disagree | time | notes |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


@dataclass(slots=True)
class Stage:
    """One office with its server, for one run."""

    office: Office
    server: ServerProcess
    ledger: Ledger
    dispatch: Dispatch
    books_file: Path

    def sent(self) -> int:
        return stored(self.books_file)

    def over(self) -> bool:
        return status(self.ledger, self.dispatch)[0] is not DispatchStatus.SENDING

    def settle(self, run: Run, began: float, *, bytes_too: bool = True) -> Books:
        """Lets a last worker finish, and compares."""
        for _ in range(20):
            finish(self.office.worker(), seconds=3600)
            found, reason = status(self.ledger, self.dispatch)
            if found is not DispatchStatus.PAUSED or reason == "doubt":
                break
            run.resumed += 1
            run.notes.append(f"paused ({reason}), resumed")
            self.ledger.dispatches.resume(self.dispatch.id, who="chaos", now=datetime.now(UTC))
        run.seconds = time.monotonic() - began
        books = self.server.books()
        run.result = reckon(self.ledger, self.dispatch, books, bytes_too=bytes_too)
        total = counts(self.ledger, self.dispatch)
        run.notes.append(", ".join(f"{state} {number:,}" for state, number in total.items()))
        run.good = run.result.clean and run.result.people == run.people
        return books


@contextmanager
def stage(
    people: int, *rules: Rule, delay_ms: tuple[float, float] = (0, 0), seed: int = 0, **settings: str
) -> Iterator[Stage]:
    with tempfile.TemporaryDirectory(prefix="mailer-chaos-") as name:
        folder = Path(name)
        with (
            ServerProcess(folder, *rules, delay_ms=delay_ms, seed=seed) as server,
            Office(folder, server.port, **settings) as office,
            closing(office.ledger()) as ledger,
        ):
            dispatch = begin(ledger, journalists(people, DOMAINS))
            yield Stage(office, server, ledger, dispatch, folder / "smtp-books")


def opened(scene: Stage) -> int:
    return scene.books_file.read_bytes().count(b'{"event": "opened"') if scene.books_file.exists() else 0


def wait_for(condition: Callable[[], bool], worker: subprocess.Popen[bytes]) -> None:
    while worker.poll() is None and not condition():
        time.sleep(0.005)


def kills(people: int, number: int, dice: random.Random) -> Run:
    """One worker after the other, each killed at a random moment of its work, 8 connections, replies 10 to 30 ms."""
    run = Run("kill -9, 8 connections, replies 10-30 ms", people)
    with stage(people, delay_ms=(10, 30), seed=dice.randrange(10**6), SMTP_CONNECTIONS="8") as scene:
        began = time.monotonic()
        span = people * 0.0225 / number
        while run.kills < number and not scene.over():
            before = opened(scene)
            worker = scene.office.worker()
            wait_for(lambda: opened(scene) > before, worker)  # noqa: B023
            time.sleep(dice.uniform(0, span))
            if worker.poll() is None:
                run.kills += 1
            kill(worker)
        scene.settle(run, began)
    run.good &= len(run.result.doubts) <= 8 * run.kills
    return run


def workers(people: int, number: int, dice: random.Random) -> Run:
    """Two workers at once; now one, now the other is killed and replaced."""
    run = Run("two workers, one of them killed again and again", people)
    with stage(people, delay_ms=(5, 20), seed=dice.randrange(10**6), SMTP_CONNECTIONS="4") as scene:
        began = time.monotonic()
        pair = [scene.office.worker(), scene.office.worker()]
        while run.kills < number and not scene.over():
            target = scene.sent() + dice.randint(5, max(6, 2 * people // (3 * number)))
            wait_for(lambda: scene.sent() >= target or scene.over(), pair[0])  # noqa: B023
            victim = dice.randrange(2)
            if pair[victim].poll() is None and not scene.over():
                run.kills += 1
                kill(pair[victim])
                pair[victim] = scene.office.worker()
        for worker in pair:
            finish(worker, seconds=600)
        scene.settle(run, began)
    run.good &= len(run.result.doubts) <= 4 * run.kills
    return run


def faults() -> tuple[Rule, ...]:
    """Together about one message in a hundred: every kind of trouble before, inside and after the message."""
    return (
        Rule(stage="connect", act=reply("421 4.3.2 busy"), every=50),
        Rule(stage="mail", act=reply("421 4.7.0 enough for one connection"), every=997),
        Rule(stage="rcpt", act=reply("450 4.7.1 greylisted"), every=907),
        Rule(stage="rcpt", act=reply("550 5.1.1 no such user"), every=1009),
        Rule(stage="rcpt", act=cut(), every=1103),
        Rule(stage="rcpt", act=hang(), every=4999),
        Rule(stage="data", act=reset(), every=1201),
        Rule(stage="data", act=reply("451 4.3.0 try again"), every=1301),
        Rule(stage="body", act=cut(at=5_000), every=1409),
        Rule(stage="end", act=reply("451 4.3.1 no room just now"), every=811),
        Rule(stage="end", act=reply("554 5.7.1 looks like advertising", store=False), every=2003),
        Rule(stage="end", act=cut(store=True), every=1511),
        Rule(stage="end", act=reset(store=False), every=1601),
        Rule(stage="end", act=Act(delay=2.0), every=2503),
        Rule(stage="after", act=cut(), every=1709),
    )


def endurance(people: int, dice: random.Random) -> Run:
    """Many people, trouble of every kind, three kills, and the worker's memory watched."""
    run = Run("endurance, 1 % faults of all kinds", people)
    with stage(people, *faults(), seed=dice.randrange(10**6), SMTP_CONNECTIONS="8", SMTP_TIMEOUT="2s") as scene:
        began = time.monotonic()
        marks = sorted(dice.randrange(people // 20, people // 3) for _ in range(3))
        samples: list[tuple[int, float]] = []
        worker = scene.office.worker()
        while worker.poll() is None:
            time.sleep(0.5)
            sent = scene.sent()
            if marks and sent >= marks[0]:
                marks.pop(0)
                kill(worker)
                run.kills += 1
                samples.clear()
                worker = scene.office.worker()
            samples.append((sent, resident(worker.pid)))
        books = scene.settle(run, began)
    run.notes.append(
        f"memory {slope(samples):+.2f} MB per 10,000 people, {max(mb for _, mb in samples):.0f} MB at most"
    )
    run.notes.append(f"server's totals: {len(books.stored):,} stored, {len(books.stored) / run.seconds:.0f}/s")
    run.good &= slope(samples) < 1.0
    return run


def resident(pid: int) -> float:
    """Megabytes of a process's memory that are in use, 0 when it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6
    except (OSError, IndexError):
        return 0.0


def slope(samples: list[tuple[int, float]]) -> float:
    """Megabytes per 10,000 messages, by least squares over the second half: by then the caches of the database are full."""
    points = [(sent / 10_000, mb) for sent, mb in samples[len(samples) // 2 :] if mb > 0]
    if len(points) < 3:
        return 0.0
    middle, level = (sum(values) / len(points) for values in zip(*points, strict=True))
    spread = sum((x - middle) ** 2 for x, _ in points)
    return sum((x - middle) * (y - level) for x, y in points) / spread if spread else 0.0


def limit(people: int, dice: random.Random) -> Run:
    """The same dispatch over two connections, and with eight to a server that allows two: how much speed the limit costs."""
    run = Run("server allows 2 connections, 8 are tried", people)
    seed = dice.randrange(10**6)
    with stage(people, delay_ms=(5, 15), seed=seed, SMTP_CONNECTIONS="2") as scene:
        began = time.monotonic()
        finish(scene.office.worker(), seconds=600)
        plain = time.monotonic() - began
    with tempfile.TemporaryDirectory(prefix="mailer-chaos-") as name:
        folder = Path(name)
        with (
            ServerProcess(folder, delay_ms=(5, 15), seed=seed, max_connections=2) as server,
            Office(folder, server.port, SMTP_CONNECTIONS="8") as office,
            closing(office.ledger()) as ledger,
        ):
            scene = Stage(office, server, ledger, begin(ledger, journalists(people, DOMAINS)), folder / "smtp-books")
            books = scene.settle(run, time.monotonic())
    run.notes.append(f"{plain / run.seconds:.0%} of the speed of two connections, {books.connections} connections made")
    run.good &= plain / run.seconds >= 0.7
    return run


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.chaos", description=__doc__)
    parser.add_argument("runs", nargs="*", default=["kills", "workers", "limit", "endurance"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int, help="instead of 2,000 (endurance: 50,000)")
    parser.add_argument("--kills", type=int, default=200)
    options = parser.parse_args()
    # an end by SIGTERM must take the server and the workers along
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    dice = random.Random(options.seed)
    many = options.people
    known: dict[str, Callable[[], Run]] = {
        "kills": lambda: kills(many or 2_000, options.kills, dice),
        "workers": lambda: workers(many or 2_000, max(options.kills // 10, 1), dice),
        "limit": lambda: limit(many or 2_000, dice),
        "endurance": lambda: endurance(many or 50_000, dice),
    }
    print(f"seed {options.seed}\n\n{HEAD}", flush=True)
    good = True
    for name in options.runs:
        run = known[name]()
        good &= run.good
        print(run.row(), flush=True)
        for line in run.result.disagreements[:20]:
            print(f"  {line}", file=sys.stderr)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
