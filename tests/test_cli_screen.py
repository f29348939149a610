"""The screen: result and talk apart, both languages, no colour where nobody watches, a typed number before anything leaves."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailer.cli.output import Screen, open_screen
from mailer.cli.phrases import span
from mailer.cli.progress import Progress, Tally, bar_width, tally_text
from mailer.cli.root import run
from mailer.cli.wide import cells
from mailer.contacts import parse_filter
from mailer.errors import LetterError, MailerError, StoppedByCheck, UsageError, WorkspaceError
from mailer.findings import Finding, Level
from mailer.wording import LANGUAGES, Language, Text


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def screen(language: Language = "ko", *, watched: bool = False, typed: str = "", width: int = 80) -> Screen:
    stream = Terminal if watched else io.StringIO
    return Screen(
        language=language,
        out=stream(),
        err=stream(),
        stdin=stream(typed),
        width=width,
        colour=watched,
        live=watched,
    )


def written(stream: object) -> str:
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


WEEKDAY = Finding(
    level=Level.ERROR,
    code="letter.weekday",
    message=Text("2020. 09. 10.은 목요일입니다", "2020-09-10 is a Thursday"),
    where="letters/a.md:6",
    remedy=Text("요일을 고치십시오", "correct the weekday"),
)


def test_result_and_talk_are_apart() -> None:
    """Lines of the result go to stdout, talk and hints to stderr."""
    view = screen("en")
    view.print(Text("결과", "result"))
    view.say(Text("말", "talk"))
    view.hint("mailer log 17", Text("기록", "the log"))
    assert written(view.out) == "result\n"
    assert written(view.err) == "talk\nthe log: mailer log 17\n"


def test_parts_stand_one_line_apart() -> None:
    """A gap is one empty line between two parts, none before the first and never two, on whichever stream they stand."""
    view = screen()
    view.gap()
    view.print("one")
    view.gap()
    view.gap(talk=True)
    view.say("two")
    view.gap(talk=True)
    view.print("three")
    assert written(view.out) == "one\n\nthree\n"
    assert written(view.err) == "two\n\n"


def test_a_long_list_is_json_as_it_comes() -> None:
    """`json_list` writes the same array as `json`, value by value, also when there is none."""
    values: list[dict[str, object]] = [{"이름": "가", "n": [1, 2]}, {"이름": "나\n다"}]
    for some in ([], values[:1], values):
        whole, streamed = screen(), screen()
        whole.json(some)
        streamed.json_list(iter(some))
        assert written(streamed.out) == written(whole.out)


def test_a_bare_call_shows_the_help_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """`mailer` alone, in a terminal: the help line by line, and exit 2."""
    monkeypatch.setenv("COLUMNS", "80")
    err = Terminal()
    monkeypatch.setattr(sys, "stderr", err)
    assert run([]) == 2
    lines = err.getvalue().splitlines()
    assert "  mailer demo" in lines
    assert any(line.startswith("  send ") for line in lines)


def test_json_is_alone_on_stdout() -> None:
    """With --json stdout holds one JSON value and nothing else; Hangul stays Hangul, times carry their offset."""
    view = screen()
    view.json_wanted = True
    view.print("접수 3")
    view.json({"제목": "성명", "at": datetime(2026, 12, 10, tzinfo=UTC)})
    assert json.loads(written(view.out)) == {"제목": "성명", "at": "2026-12-10T00:00:00+00:00"}
    assert "성명" in written(view.out)
    assert written(view.err) == "접수 3\n"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("ko", "오류: var: 여기에 쓸 수 없습니다\n  -> 권한을 확인하십시오\n"),
        ("en", "error: var: cannot write here\n  -> check the permission\n"),
    ],
)
def test_an_error_says_what_where_and_what_to_do(language: Language, expected: str) -> None:
    """An error is one line with its place and one with its remedy, on stderr, without any colour code."""
    view = screen(language)
    view.error(
        WorkspaceError(
            Text("여기에 쓸 수 없습니다", "cannot write here"),
            where="var",
            remedy=Text("권한을 확인하십시오", "check the permission"),
        )
    )
    assert written(view.err) == expected
    assert written(view.out) == ""


def test_a_caret_stays_under_its_place() -> None:
    """The lines of a picture in an error are printed as they are, between what is wrong and what to do."""
    with pytest.raises(UsageError) as caught:
        parse_filter("desk=사회부 orr desk=국제부")
    shown = screen()
    shown.error(caught.value)
    first, condition, caret, remedy = written(shown.err).splitlines()
    assert first.startswith("오류: --where:10: ")
    assert condition[condition.index("orr") :].startswith("orr desk")
    assert cells(caret[: caret.index("^")]) == cells(condition[: condition.index("orr")])
    assert remedy.startswith("  -> ")


def test_an_error_brings_its_findings() -> None:
    """A letter that cannot be read shows each finding with file, line and remedy."""
    view = screen("en")
    view.error(LetterError(Text("원고를 쓸 수 없습니다", "the letter cannot be used"), findings=[WEEKDAY]))
    assert "stop  letters/a.md:6: 2020-09-10 is a Thursday" in written(view.err)
    assert "-> correct the weekday" in written(view.err)


def test_what_an_error_says_itself_is_not_said_twice() -> None:
    """A letter that cannot even be decoded has one finding, which is the error: one complaint, one remedy."""
    view = screen("ko")
    where = "letters/a.md:6"
    view.error(
        LetterError(WEEKDAY.message, where=where, remedy=WEEKDAY.remedy, findings=[replace(WEEKDAY, where=where)])
    )
    assert written(view.err).count(WEEKDAY.message.ko) == 1


def test_findings_come_gravest_first() -> None:
    """막음 stands before 확인 before 통과, whatever the order they were found in."""
    view = screen()
    ok = Finding(level=Level.OK, code="a", message=Text("좋습니다", "fine"))
    warning = Finding(level=Level.WARNING, code="b", message=Text("보십시오", "look"))
    view.findings([ok, warning, WEEKDAY])
    assert [line.split()[0] for line in written(view.out).splitlines() if line[0] != " "] == ["막음", "확인", "통과"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", range(20, 121, 4))
def test_findings_and_errors_fit_the_window(language: Language, width: int) -> None:
    """Folded for a person's window, no line of a finding or an error is too wide and no syllable is missing."""
    view = screen(language, watched=True, width=width)
    view.colour = False
    view.findings([WEEKDAY])
    view.error(MailerError(WEEKDAY.message, where=WEEKDAY.where, remedy=WEEKDAY.remedy))
    assert WEEKDAY.remedy
    for text in (written(view.out), written(view.err)):
        assert max(cells(line) for line in text.splitlines()) <= width
        for part in (WEEKDAY.where, WEEKDAY.message.to(language), WEEKDAY.remedy.to(language)):
            assert "".join(part.split()) in "".join(text.split())


def test_colour_only_where_a_person_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Piped streams, NO_COLOR, TERM=dumb and --no-color each switch colour and animation off."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert not open_screen(language="ko").colour
    monkeypatch.setattr("sys.stdout", Terminal())
    monkeypatch.setattr("sys.stderr", Terminal())
    assert open_screen(language="ko").colour
    assert open_screen(language="ko").live
    assert not open_screen(language="ko", no_color=True).colour
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        with monkeypatch.context() as changed:
            changed.setenv(name, value)
            assert not open_screen(language="ko").colour
            assert not open_screen(language="ko").live


def test_a_screen_that_cannot_show_hangul_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe in another encoding becomes UTF-8, and undecodable file names are shown escaped."""
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="ascii"))
    view = open_screen(language="ko")
    view.print("성명 \udcff.md")
    view.out.flush()
    assert raw.getvalue().decode("utf-8").split() == ["성명", "\\udcff.md"]


def test_the_number_of_people_must_be_typed() -> None:
    """Only the exact number goes on, also in full-width digits; anything else stops with exit 4."""
    question = Text(
        "208명에게 지금 보냅니다. 되돌릴 수 없습니다.", "This goes to 208 people now and cannot be taken back."
    )
    for typed in ("208\n", "２０８\n", " 208 "):
        view = screen(watched=True, typed=typed)
        view.confirm_number(208, question)
        assert "208명" in written(view.err)
        assert written(view.out) == ""
    for typed in ("", "\n", "y\n", "20\n", "208명\n", "2080\n"):
        with pytest.raises(StoppedByCheck) as stopped:
            screen(watched=True, typed=typed).confirm_number(208, question)
        assert stopped.value.exit_code == 4


def test_without_a_terminal_the_number_is_a_flag() -> None:
    """Unattended, --yes needs --expect, and another number than expected stops even when --yes is given."""
    question = Text("보냅니다", "sending")
    screen().confirm_number(208, question, yes=True, expect=208)
    for yes, expect in ((False, None), (True, None), (False, 208)):
        with pytest.raises(UsageError) as usage:
            screen(typed="208\n").confirm_number(208, question, yes=yes, expect=expect)
        assert "--yes --expect 208" in usage.value.explain("ko")
    with pytest.raises(StoppedByCheck):
        screen().confirm_number(208, question, yes=True, expect=207)


def test_progress_is_a_line_each_tenth_when_nobody_watches() -> None:
    """Without a terminal there is no control character, one line per 10 %, and the last state is always printed."""
    view = screen("en")
    with Progress(view, Text("보내는 중", "sending"), clock=lambda: 0.0) as progress:
        for done in range(1001):
            progress.update(Tally(total=1000, accepted=done))
        progress.update(Tally(total=1000, accepted=1000, rate=2.0))
    lines = written(view.err).splitlines()
    assert len(lines) == 12
    assert lines[3] == "sending 30 % 300/1000 accepted 300"
    assert lines[-1] == "sending 100 % 1000/1000 accepted 1000 · 120/min"
    assert written(view.err).replace("\n", "").isprintable()


def test_progress_speaks_every_ten_seconds_of_silence() -> None:
    """A slow send says something each 10 s although no tenth is reached."""
    view, now = screen(), [0.0]
    with Progress(view, Text("보내는 중", "sending"), clock=lambda: now[0]) as progress:
        for second in range(31):
            now[0] = float(second)
            progress.update(Tally(total=1000, accepted=3))
    assert len(written(view.err).splitlines()) == 4


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [20, 40, 60, 80, 120])
def test_the_bar_gives_way_before_the_counts(language: Language, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the counts are whole at any width; only the bar becomes short, and then none."""
    monkeypatch.setenv("COLUMNS", str(width))
    view = screen(language, watched=True, width=width)
    tally = Tally(total=208, accepted=126, retry=3, failed=2, rate=1.0, left=timedelta(seconds=77))
    title = Text("보내는 중", "sending")
    with Progress(view, title) as progress:
        progress.update(tally)
    shown = "".join(written(view.err).split())
    assert "".join(tally_text(tally).to(language).split()) in shown
    room = bar_width(title.to(language), tally_text(tally).to(language), width)
    assert room == 0 or cells(title.to(language)) + cells(tally_text(tally).to(language)) + room + 2 == width


def test_full_only_when_nothing_is_open() -> None:
    """999 of 1000 is 99 %, and a retry that waits is not counted as done."""
    assert Tally(total=1000, accepted=990, retry=1, failed=5, in_doubt=4).percent == 99
    assert Tally(total=1000, accepted=990, failed=6, in_doubt=4).percent == 100


def test_troubles_are_named_only_when_there_are_any() -> None:
    """Zeros of retry, failure and doubt are left out of the line."""
    assert tally_text(Tally(total=5, accepted=5)).ko == "5/5 접수 5"
    assert tally_text(Tally(total=5, accepted=1, in_doubt=1)).en == "2/5 accepted 1 in doubt 1"


@pytest.mark.parametrize(
    ("seconds", "ko", "en"),
    [
        (0, "0초", "0 s"),
        (77, "1분 17초", "1 min 17 s"),
        (3600, "1시간", "1 h"),
        (3 * 3600 + 61, "3시간 1분", "3 h 1 min"),
        (38 * 3600 + 600, "38시간", "38 h"),
        (3 * 86400 + 7200, "3일", "3 d"),
        (-5, "0초", "0 s"),
    ],
)
def test_spans_are_short(seconds: int, ko: str, en: str) -> None:
    """A span shows its two largest units, and only the largest when it is long."""
    assert span(timedelta(seconds=seconds)) == Text(ko, en)
