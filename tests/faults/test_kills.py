"""kill -9, SIGSTOP and SIGTERM of the real worker, and several workers on one ledger."""

from __future__ import annotations

import os
import random
import signal
from contextlib import closing
from pathlib import Path

from mailer.dispatch import DispatchStatus
from tests.faults.office import Office, begin, counts, finish, journalists, kill, status, stored, wait_until
from tests.faults.reckoning import reckon
from tests.scripted_smtp import Act, Rule, ServerProcess

CONNECTIONS = 4


def killed_while_sending(office: Office, books: Path, kills: int, dice: random.Random) -> None:
    """Starts a worker `kills` times, and kills it when it has sent a few more."""
    for _ in range(kills):
        worker = office.worker()
        enough = stored(books) + dice.randint(3, 60)
        wait_until(lambda: stored(books) >= enough or worker.poll() is not None)  # noqa: B023
        kill(worker)


def test_kill_9_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    """300 people, 2 kills: 0 lost, 0 doubled, at most one doubt per connection and kill, and the log agrees row by row."""
    with (
        ServerProcess(tmp_path, delay_ms=(2, 10)) as server,
        Office(tmp_path, server.port, SMTP_CONNECTIONS=str(CONNECTIONS)) as office,
        closing(office.ledger()) as ledger,
    ):
        dispatch = begin(ledger, journalists(300))
        killed_while_sending(office, tmp_path / "smtp-books", 2, random.Random(4))
        finish(office.worker())
        result = reckon(ledger, dispatch, server.books())
    assert result.clean, result
    assert result.people == result.accepted + len(result.doubts) == 300
    assert len(result.doubts) <= 2 * CONNECTIONS


def test_kill_9_before_the_message_leaves_no_doubt(tmp_path: Path) -> None:
    """Killed between MAIL and the 354 again and again: nobody is in doubt, nobody is lost."""
    slow = Rule(stage="rcpt", act=Act(delay=1.5), first=2)
    with (
        ServerProcess(tmp_path, slow) as server,
        Office(tmp_path, server.port, SMTP_CONNECTIONS=str(CONNECTIONS)) as office,
        closing(office.ledger()) as ledger,
    ):
        dispatch = begin(ledger, journalists(40))
        for kills in range(1, 3):
            worker = office.worker()
            wait_until(lambda: len(ledger.queue.holders()) > 0)
            wait_until(lambda: server.books().open_connections >= 1)
            assert counts(ledger, dispatch) == {"queued": 40}, kills
            kill(worker)
        finish(office.worker())
        result = reckon(ledger, dispatch, server.books())
        assert status(ledger, dispatch) == (DispatchStatus.DONE, "")
    assert result.clean, result
    assert (result.accepted, result.doubts) == (40, {})


def test_two_workers_share(tmp_path: Path) -> None:
    """Started together on a ledger that does not exist yet when they start to look: each person gets one message."""
    with (
        ServerProcess(tmp_path, delay_ms=(2, 8)) as server,
        Office(tmp_path, server.port, SMTP_CONNECTIONS="3") as office,
        closing(office.ledger()) as ledger,
    ):
        dispatch = begin(ledger, journalists(200))
        workers = [office.worker(), office.worker()]
        assert [finish(worker) and worker.returncode for worker in workers] == [0, 0]
        result = reckon(ledger, dispatch, server.books())
        owners = {row.worker for history in ledger.log.history(range(1, 201)).values() for row in history}
    assert result.clean, result
    assert result.accepted == 200
    assert len(owners) == 2


def test_stopped_past_its_lease(tmp_path: Path) -> None:
    """Stopped with messages on the wire, continued after another took over: 0 doubled, and the late reply settles the doubt."""
    slow = Rule(stage="end", act=Act(delay=1.0), first=2)
    with (
        ServerProcess(tmp_path, slow) as server,
        Office(tmp_path, server.port, SMTP_CONNECTIONS="2", MAILER_LEASE="1s") as office,
        closing(office.ledger()) as ledger,
    ):
        dispatch = begin(ledger, journalists(30))
        first = office.worker()
        wait_until(lambda: counts(ledger, dispatch).get("sending", 0) == 2)
        os.kill(first.pid, signal.SIGSTOP)
        second = office.worker()
        wait_until(lambda: counts(ledger, dispatch).get("in_doubt", 0) == 2)
        os.kill(first.pid, signal.SIGCONT)
        for worker in (first, second):
            finish(worker)
        wait_until(lambda: counts(ledger, dispatch) == {"accepted": 30})
        result = reckon(ledger, dispatch, server.books())
        finish(office.worker())
        assert status(ledger, dispatch) == (DispatchStatus.DONE, "")
    assert result.clean, result


def test_sigterm_leaves_nothing_open(tmp_path: Path) -> None:
    """A worker that is told to end finishes what is on the wire: no doubt, no row in the middle, the dispatch goes on later."""
    with (
        ServerProcess(tmp_path, delay_ms=(2, 10)) as server,
        Office(tmp_path, server.port, SMTP_CONNECTIONS=str(CONNECTIONS)) as office,
        closing(office.ledger()) as ledger,
    ):
        dispatch = begin(ledger, journalists(120))
        worker = office.worker()
        wait_until(lambda: stored(tmp_path / "smtp-books") >= 20)
        worker.send_signal(signal.SIGTERM)
        finish(worker)
        assert set(counts(ledger, dispatch)) == {"queued", "accepted"}
        assert ledger.queue.holders() == {}
        finish(office.worker())
        result = reckon(ledger, dispatch, server.books())
    assert result.clean, result
    assert result.accepted == 120
