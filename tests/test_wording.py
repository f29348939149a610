"""Both languages: the particle that fits a value, one tone, one way to end a sentence, and no English left in a Korean log."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from mailer.dispatch import Outcome, Reply, Scope, Stage, Verdict
from mailer.transport import said, seen
from mailer.wording import with_particle
from tests.source_tree import Module, modules

HANGUL = re.compile("[가-힣]")
DOUBLE = re.compile(r"[이가]\([가이]\)|[은는]\([는은]\)|[을를]\([를을]\)|\(으\)로|[와과]\([과와]\)")
CASUAL = re.compile(r"(세|나|가|까|어|아|예|에|네|지)요(?=[.?!…\"’)]|\s|$)|죠(?=[.?!]|$)")
# `이`, `도`, `만` and `나` are words of their own, too, and cannot be judged without reading
PARTICLE = "은|는|을|를|가|로|으로|에|에는|에서|의|와|과|까지|부터|이나|입니다|이라"
TORN = re.compile(rf"[A-Za-z0-9_.`'’\])}}\0-] ({PARTICLE})(?=[ ,.)?:]|$)")
ENDS = re.compile(r"(니다|시오|니까)([.?]?)$")
DETAILS = {"lost", "doubted", "refused_here", "drop", "_lose", "WireLost", "ReplyTooLong", "ConnectTrouble"}


@pytest.mark.parametrize(
    ("word", "pair", "spoken"),
    [
        (17, "은/는", "17은"),
        (12, "은/는", "12는"),
        (10, "이/가", "10이"),
        (3, "으로/로", "3으로"),
        (7, "으로/로", "7로"),
        ("2026-12-10", "은/는", "2026-12-10은"),
        ("서울", "으로/로", "서울로"),
        ("‘제목’", "이/가", "‘제목’이"),
        ("명단(국내)", "과/와", "명단(국내)와"),
        ("SMTP", "을/를", "SMTP를"),
        ("SQL", "을/를", "SQL을"),
        ("SMTP_URL", "으로/로", "SMTP_URL로"),
        ("kr", "을/를", "kr을"),
        ("mailer", "을/를", "mailer를"),
        ("worker", "이/가", "worker가"),
        ("web", "은/는", "web은"),
        ("list", "은/는", "list는"),
        ("김민지 <kim@paper.example>", "에게/에게", "김민지 <kim@paper.example>에게"),
        ("!", "을/를", "!를"),
        ("", "을/를", "를"),
    ],
)
def test_the_particle_fits_how_a_word_is_read(word: object, pair: str, spoken: str) -> None:
    """Digits, letters and closing signs are read as a Korean reads them; after ㄹ stands 로."""
    assert with_particle(word, pair) == spoken


def test_korean_has_one_tone() -> None:
    """No double particle, no casual ending, no blank before a particle after code or a value, anywhere in the program."""
    offenders = [
        f"{module.where}:{line}: {words}"
        for module in modules().values()
        for line, words in korean(module)
        if DOUBLE.search(words) or CASUAL.search(words) or TORN.search(words)
    ]
    assert not offenders, "\n" + "\n".join(offenders)


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("계정 \0 을(를) 지웠습니다", DOUBLE),
        ("다시 설치하세요", CASUAL),
        ("혹시 이것인가요? \0", CASUAL),
        ("mailer doctor 로 확인해 주십시오", TORN),
        ("발송 \0 은 끝났습니다", TORN),
        ("{n} 입니다", TORN),
    ],
)
def test_the_tone_test_can_fail(words: str, rule: re.Pattern[str]) -> None:
    """What it is there for is noticed."""
    assert rule.search(words)


def test_a_sentence_ends_alike_in_both_languages() -> None:
    """A Korean sentence with a full stop has an English one with it, and none without."""
    offenders = []
    for module in modules().values():
        for call in calls(module):
            if len(call.args) == 2 and not any(isinstance(half, ast.Starred) for half in call.args):
                ko, en = (text_of(half) for half in call.args)
                found = ENDS.search(ko)
                if found and en and not en.endswith("?") and bool(found[2]) != en.endswith("."):
                    offenders.append(f"{module.where}:{call.lineno}: {ko} / {en}")
    assert not offenders, "\n" + "\n".join(offenders)


def test_everything_seen_has_korean_words() -> None:
    """Each sentence that the transport writes into the record of an attempt is known to the table that translates it."""
    written = [
        text_of(word).replace("(\0)", "(ehlo)").replace("\0", "7")
        for module in modules().values()
        if module.room in {"transport", "sending"}
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and name_of(node.func) in DETAILS
        for word in node.args
        if isinstance(word, ast.Constant | ast.JoinedStr) and re.search("[a-z]{3} ", text_of(word))
    ]
    assert len(written) >= 15
    unknown = [words for words in written if seen(words).ko.startswith("프로그램의 기록")]
    assert unknown == []


def test_what_was_seen_keeps_its_stage_and_its_code() -> None:
    """The stage stands behind in plain words, a status code in front; what nobody translated says that it is a record."""
    assert seen("no reply within 60 s (ehlo)").ko == "응답이 60초 안에 오지 않음(인사 단계)"
    assert seen("5.6.7 non-ASCII address, the server offers no SMTPUTF8").ko.startswith("5.6.7 서버가")
    assert seen("something new").ko == "프로그램의 기록: something new"
    assert seen("451 4.3.2 not now").ko == "서버 응답: 451 4.3.2 not now"
    assert seen("something new").en == "something new"
    assert seen("").ko == ""


def test_a_servers_words_are_never_translated() -> None:
    """A reply is quoted as it came; only where we refused without asking does the reason stand behind our code."""
    reply = Reply(code=550, enhanced="5.1.1", text="no such user", stage=Stage.RCPT)
    assert said(Outcome(verdict=Verdict.REFUSE, reply=reply)).ko == "550 5.1.1 no such user"
    ours = Reply(code=0, enhanced="5.1.3", text="", stage=Stage.RCPT)
    refused = Outcome(
        verdict=Verdict.REFUSE, scope=Scope.RECIPIENT, reply=ours, detail="the address cannot be used in SMTP"
    )
    assert said(refused).ko == "5.1.3 메일 주소로 쓸 수 없음"
    assert said(refused).en == "5.1.3 the address cannot be used in SMTP"


def korean(module: Module) -> Iterator[tuple[int, str]]:
    """Every literal with Hangul that is no docstring; values inside are a NUL."""
    inner = {id(part) for node in ast.walk(module.tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    inner -= {id(node) for node in ast.walk(module.tree) if isinstance(node, ast.JoinedStr)}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Expr):
            inner.add(id(node.value))
        if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in inner and HANGUL.search(text_of(node)):
            yield node.lineno, text_of(node)


def calls(module: Module) -> Iterator[ast.Call]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and name_of(node.func) == "Text":
            yield node


def name_of(function: ast.expr) -> str:
    return ast.unparse(function).rpartition(".")[2]


def text_of(node: ast.expr) -> str:
    """The characters of a literal, with a NUL for each value in it; "" for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) if isinstance(part, ast.Constant) else "\0" for part in node.values)
    return ""
