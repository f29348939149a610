"""What servers say is explained in plain Korean and English, with something to do; what is not known is quoted."""

from __future__ import annotations

import re

import pytest

from mailer.dispatch import Reply, Stage, Verdict
from mailer.transport import Meaning, explain
from mailer.transport.meanings_table import BARE, ENHANCED, SILENT, STAGED, TODO, WORDS


def meaning(
    code: int, enhanced: str = "", text: str = "", stage: Stage = Stage.RCPT, verdict: Verdict | None = None
) -> Meaning:
    verdict = verdict or (Verdict.REFUSE if code // 100 == 5 else Verdict.DEFER)
    return explain(Reply(code=code, enhanced=enhanced, text=text, stage=stage), verdict=verdict, stage=stage)


def test_the_table_is_large_and_whole() -> None:
    """At least forty enhanced codes and every common bare one, each in both languages with a known thing to do."""
    assert len(ENHANCED) >= 40
    assert {421, 450, 451, 452, 454, 500, 501, 502, 503, 504, 521, 530, 534, 535, 538, *range(550, 557)} <= set(BARE)
    assert {f"7.{number}" for number in range(31)} <= set(ENHANCED)
    entries = [*ENHANCED.values(), *BARE.values(), *SILENT.values(), *STAGED.values(), *(entry for _, entry in WORDS)]
    for entry in entries:
        assert entry.todo in TODO
        assert re.search("[가-힣]", entry.what.ko)
        assert entry.what.ko.endswith(".")
        assert entry.what.en.endswith(".")
        assert not re.search("[가-힣]", entry.what.en)
    for text in TODO.values():
        assert text.ko.endswith(".")
        assert text.en.endswith(".")


@pytest.mark.parametrize(
    ("code", "enhanced", "text", "stage", "ko", "todo"),
    [
        (550, "5.1.1", "no such user", Stage.RCPT, "존재하지 않는 주소", "check_address"),
        (550, "5.1.2", "domain does not exist", Stage.RCPT, "도메인이 없", "check_address"),
        (550, "5.1.8", "sender domain does not exist", Stage.MAIL, "보내는 주소의 도메인", "sender"),
        (552, "5.2.2", "full", Stage.RCPT, "가득", "other_way"),
        (552, "", "exceeded storage allocation", Stage.END, "가득", "other_way"),
        (552, "", "", Stage.END, "크기", "shrink"),
        (552, "5.3.4", "", Stage.MAIL, "크기", "shrink"),
        (450, "4.7.1", "please wait", Stage.RCPT, "그레이리스트", "wait"),
        (421, "4.3.1", "You send too many messages", Stage.MAIL, "너무 많이", "slow_down"),
        (421, "4.3.2", "Your IP(192.0.2.7) is filtered", Stage.CONNECT, "차단", "blocked"),
        (453, "", "Permitted Sender Hosts(SPF)", Stage.MAIL, "SPF", "dns"),
        (550, "5.1.1", "RUSR gildong No such user", Stage.RCPT, "존재하지 않는", "check_address"),
        (550, "5.7.515", "access denied, DMARC", Stage.END, "인증", "dns"),
        (550, "5.7.26", "unauthenticated", Stage.END, "인증", "dns"),
        (421, "4.7.0", "[TSS04] unexpected volume", Stage.MAIL, "너무 많이", "slow_down"),
        (554, "5.7.1", "relay access denied", Stage.RCPT, "밖으로 보내", "login"),
        (554, "5.7.1", "Client host [192.0.2.7] blocked using zen.example", Stage.RCPT, "차단", "blocked"),
        (450, "4.7.1", "cannot find your hostname", Stage.RCPT, "역방향", "dns"),
        (535, "5.7.8", "bad credentials", Stage.AUTH, "비밀번호", "login"),
        (500, "", "bad", Stage.AUTH, "비밀번호", "login"),
        (530, "5.7.0", "Must issue a STARTTLS command first", Stage.MAIL, "암호화", "encrypt"),
        (530, "5.7.0", "authentication required", Stage.MAIL, "로그인", "login"),
        (454, "4.7.0", "temporary authentication failure", Stage.AUTH, "지금은", "wait"),
        (550, "5.7.1", "sender rejected", Stage.MAIL, "보내는 주소", "sender"),
        (554, "", "no SMTP service here", Stage.CONNECT, "연결을 거부", "ask_admin"),
        (556, "", "", Stage.RCPT, "메일을 받지 않", "check_address"),
        (0, "5.6.7", "", Stage.MAIL, "한글", "other_way"),
        (0, "5.3.4", "", Stage.MAIL, "크기", "shrink"),
        (451, "", "try later", Stage.RCPT, "잠시", "wait"),
        (452, "4.3.1", "insufficient storage", Stage.MAIL, "공간", "wait"),
    ],
)
def test_meanings(code: int, enhanced: str, text: str, stage: Stage, ko: str, todo: str) -> None:
    """Codes and the words of old Korean servers, and what to do about each."""
    verdict = Verdict.REFUSE if code == 0 else None
    found = meaning(code, enhanced, text, stage, verdict)
    assert ko in found.what.ko
    assert found.todo == TODO[todo]


def test_unknown_answers_are_quoted() -> None:
    """A code nobody knows is shown as it is, in both languages."""
    found = meaning(777, "", "뭐라고요?")
    assert found.what.ko == "서버가 “777 뭐라고요?”라고 답했습니다."
    assert found.what.en == "The server answered “777 뭐라고요?”."
    assert found.todo == TODO["wait"]
    assert meaning(599, "5.9.9", "odd").todo == TODO["ask_admin"]


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("verdict", list(Verdict))
def test_silence_is_explained(verdict: Verdict, stage: Stage) -> None:
    """Without a reply every verdict at every stage has a meaning; accepted is never called delivered or sent."""
    found = explain(None, verdict=verdict, stage=stage)
    for text in (found.what, found.todo):
        assert text.ko
        assert text.en
        assert text.ko != text.en
    if verdict is Verdict.ACCEPT:
        assert "접수" in found.what.ko
        assert "sent" not in found.what.en
        assert "delivered" not in found.what.en
    if verdict is Verdict.DOUBT:
        assert found.todo == TODO["doubt"]


def test_doubt_with_an_answer_quotes_it() -> None:
    """A yes-and-no after the dot shows the server's words."""
    found = meaning(250, "", "(2xx/5xx) no yes", Stage.END, Verdict.DOUBT)
    assert "(2xx/5xx) no yes" in found.what.ko
    assert found.todo == TODO["doubt"]


def test_refused_for_good_never_promises_a_retry() -> None:
    """No final refusal says that it is tried again by itself."""
    for code in range(500, 600):
        for enhanced in ("", *(f"5.{key}" for key in ENHANCED if not key.startswith("4."))):
            found = meaning(code, enhanced, "", Stage.END)
            assert found.todo not in (TODO["wait"], TODO["doubt"])
