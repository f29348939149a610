"""The checks before anything goes out: each rule on the smallest case that makes it speak, and on one that does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from mailer.contacts import merge, parse
from mailer.desk.preflight import (
    audience_findings,
    history_findings,
    message_findings,
    schedule_findings,
    server_findings,
    sorted_findings,
)
from mailer.dispatch import Dispatch, DispatchStatus
from mailer.findings import Finding, Level
from mailer.release import Release, read
from tests.builders import T0

SEOUL = "Asia/Seoul"


@pytest.fixture(scope="module")
def release() -> Release:
    return read(Path(__file__).parents[1] / "letters" / "sample.md", source="letters/sample.md")


def codes(findings: list[Finding], level: Level | None = None) -> set[str]:
    return {finding.code for finding in findings if level is None or finding.level is level}


def dispatch(release: Release, status: DispatchStatus, **changes: object) -> Dispatch:
    made = Dispatch(
        id=7,
        status=status,
        title=release.title,
        number=release.number,
        letter_source="x.md",
        lists=(),
        send_at=None,
        zone=SEOUL,
        wall_time="",
        late_after=timedelta(0),
        give_up_after=timedelta(0),
        give_up_at=None,
        seal=None,
        package_sha256="",
        pause_reason=None,
        follows=None,
        created_at=T0,
        started_at=None,
        ended_at=None,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_thursday_morning_of_the_letters_date_is_fine(release: Release) -> None:
    """2026-12-10 09:00 in Seoul: the letter's own day, in office hours."""
    findings = schedule_findings(release, datetime(2026, 12, 10, 0, 0, tzinfo=UTC), SEOUL)
    assert codes(findings) == {"schedule.date"}
    assert codes(findings, Level.WARNING) == set()


@pytest.mark.parametrize(
    ("when", "code"),
    [
        (datetime(2026, 12, 11, 0, 0, tzinfo=UTC), "schedule.date"),
        (datetime(2026, 12, 12, 1, 0, tzinfo=UTC), "schedule.weekend"),
        (datetime(2026, 12, 10, 13, 0, tzinfo=UTC), "schedule.night"),
        (datetime(2026, 12, 9, 19, 0, tzinfo=UTC), "schedule.night"),
    ],
)
def test_an_odd_moment_is_a_warning(release: Release, when: datetime, code: str) -> None:
    """Another day than the letter's, a weekend, late evening and early morning, all told by the clock of the zone."""
    assert code in codes(schedule_findings(release, when, SEOUL), Level.WARNING)


def test_midnight_in_seoul_belongs_to_the_new_day(release: Release) -> None:
    """15:00 UTC is already the tenth in Seoul."""
    findings = schedule_findings(release, datetime(2026, 12, 9, 15, 0, tzinfo=UTC), SEOUL)
    assert "schedule.date" in codes(findings, Level.OK)


def test_before_the_embargo_is_a_warning(release: Release) -> None:
    """A journalist gets an embargoed text early only on purpose."""
    embargoed = replace(release, embargo=datetime(2026, 12, 10, 1, 0, tzinfo=UTC))
    early = schedule_findings(embargoed, datetime(2026, 12, 10, 0, 0, tzinfo=UTC), SEOUL)
    after = schedule_findings(embargoed, datetime(2026, 12, 10, 1, 0, tzinfo=UTC), SEOUL)
    assert "schedule.embargo" in codes(early, Level.WARNING)
    assert "schedule.embargo" not in codes(after)


@pytest.mark.parametrize("status", [DispatchStatus.DONE, DispatchStatus.PAUSED, DispatchStatus.SENDING])
def test_the_same_release_again_is_a_warning(release: Release, status: DispatchStatus) -> None:
    """Of earlier dispatches one that went out is named, with `resend`; only without such a one that still waits, with `cancel`."""
    waiting = dispatch(release, DispatchStatus.SCHEDULED, id=9)
    (alone,) = history_findings(release, [waiting])
    assert alone.remedy is not None
    assert "mailer cancel 9" in alone.remedy.ko
    (finding,) = history_findings(release, [waiting, dispatch(release, status, started_at=T0)])
    assert (finding.level, finding.code) == (Level.WARNING, "dispatch.repeated")
    assert finding.remedy is not None
    assert "mailer resend 7 --failed" in finding.remedy.ko


def test_a_cancelled_or_another_release_is_not(release: Release) -> None:
    """Cancelled dispatches reached nobody; another number and title is another release."""
    other = dispatch(release, DispatchStatus.DONE, number="26-01-x-01", title="Another")
    assert history_findings(release, [dispatch(release, DispatchStatus.CANCELLED), other]) == []


def test_a_subject_that_differs_from_the_title_is_a_warning(release: Release) -> None:
    """One subject for all, equal to 제목."""
    same = message_findings([("a@news.example", release.title, 1000)], release)
    other = message_findings([("a@news.example", "Re: " + release.title, 1000)], release)
    assert "message.subject" in codes(same, Level.OK)
    assert "message.subject" in codes(other, Level.WARNING)


@pytest.mark.parametrize(
    ("size", "level"), [(300_000, Level.OK), (6_000_000, Level.WARNING), (21_000_000, Level.ERROR)]
)
def test_a_large_message_warns_then_stops(release: Release, size: int, level: Level) -> None:
    """Up to 5 MB is fine, up to 20 MB wants a look, more is refused."""
    findings = message_findings([("a@news.example", release.title, size)], release)
    assert [finding.level for finding in findings if finding.code == "message.size"] == [level]


@pytest.mark.parametrize(("limit", "taken"), [(25_000_000, "25.0 MB"), (50_000, "50 KB"), (25_959_999, "25,959,999 B")])
def test_a_servers_limit_is_said_so_that_it_differs_from_the_size(limit: int, taken: str) -> None:
    """A limit of 50,000 octets is not "0.1 MB", and two numbers that round to the same are written out."""
    sizes = [("a@paper.example", 25_960_000)]
    found = server_findings(sizes, size_limit=limit, extensions=(), place="127.0.0.1:587")
    (finding,) = [one for one in found if one.code == "server.size"]
    assert finding.level is Level.ERROR
    assert f"{taken}까지" in finding.message.ko
    enough = server_findings(sizes, size_limit=25_960_000, extensions=(), place="127.0.0.1:587")
    assert "server.size" not in codes(enough)


def test_bad_rows_and_near_duplicates_are_shown(release: Release) -> None:
    """Every row that was left out stands with file and row; the same name and outlet twice is pointed at."""
    text = "이메일,이름,매체\na@news.example,김민지,가나일보\nb@news.example,김민지,가나일보\nnonsense,이서준,다라\n"
    press = parse(text.encode(), source="press.csv")
    audience = merge([press])
    findings = audience_findings(audience, [press])
    assert "audience.near_duplicate" in codes(findings, Level.WARNING)
    assert [finding.where for finding in findings if finding.code.startswith("list.")] == ["press.csv:4"]


@pytest.mark.parametrize(
    ("place", "stopped"),
    [
        ("smtp.naver.com:587", True),
        ("8.8.8.8:25", True),
        ("127.0.0.1:1025", False),
        ("[::1]:1025", False),
        ("localhost:25", False),
        ("10.0.0.7:25", False),
        ("mailcatcher:1025", False),
        ("smtp.sender.test:587", False),
    ],
)
def test_example_addresses_never_go_to_a_real_server(place: str, stopped: bool) -> None:
    """A reserved domain on a server of the outside world is an error; on a test server, and for others, nothing is said."""
    sample, real = ("kim@Desk.Paper.EXAMPLE", 1000), ("kim@naver.com", 1000)
    for messages in ([sample], [real, sample], [("kim@example.org", 1)], [real, ("kim@paper.test", 1)]):
        found = server_findings(messages, size_limit=None, extensions=(), place=place)
        assert [(one.code, one.level) for one in found] == [("server.reserved", Level.ERROR)] * stopped
    assert server_findings([real], size_limit=None, extensions=(), place=place) == []


def test_errors_come_first() -> None:
    """The order is error, warning, ok, whatever was found first."""
    from mailer.wording import Text

    found = [
        Finding(level=level, code=level.value, message=Text("가", "a"))
        for level in (Level.OK, Level.ERROR, Level.WARNING)
    ]
    assert [finding.level for finding in sorted_findings(found)] == [Level.ERROR, Level.WARNING, Level.OK]


def test_the_letters_date_is_a_thursday(release: Release) -> None:
    """The cases above stand on this day."""
    assert release.dated == date(2026, 12, 10)
