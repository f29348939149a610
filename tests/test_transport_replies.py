"""Replies are read whatever they look like, and come out as printable text of bounded length."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from mailer.dispatch import Scope, Stage, Verdict
from mailer.transport.replies import BUDGET, RawReply, ReplyReader, ReplyTooLong, clean_text, make_answer
from tests.envelopes import connected, envelope, run, send
from tests.scripted_smtp import Extensions, Rule, drip, reply


def read(data: bytes) -> list[RawReply]:
    return ReplyReader().feed(data)


LINES = [
    b"250 2.1.0 ok\r\n",
    b"354 go ahead\n",
    b"250\r\n",
    b"250\r\r\n",
    b"250-more\r\n",
    b"550-5.1.1 no\r\n",
    b"hello\r\n",
    b"\r\n",
    b"250 " + b"x" * 994 + b"\r\n",
    b"250 " + b"y" * 2_000 + b"\r\n",
    b"421 half",
]


def text_of(data: bytes) -> str:
    return make_answer(read(data)[0], Stage.RCPT).reply.text


@pytest.mark.parametrize(
    ("data", "code", "kind", "enhanced", "text"),
    [
        (b"250 2.1.5 fine\r\n", 250, 2, "2.1.5", "fine"),
        (b"250\r\n", 250, 2, "", ""),
        (b"250-\r\n250\r\n", 250, 2, "", ""),
        (b"250 lf only\n", 250, 2, "", "lf only"),
        (b"250ok\r\n", 250, 2, "", "ok"),
        (b"250\tok\r\n", 250, 2, "", "ok"),
        (b"550-5.1.1 first\r\n550-5.1.1 second\r\n550 5.1.1 third\r\n", 550, 5, "5.1.1", "first second third"),
        (b"550 4.1.1 the classes differ\r\n", 550, 5, "", "the classes differ"),
        (b"550 5.1.1\r\n", 550, 5, "5.1.1", ""),
        (b"777 unheard of\r\n", 777, 4, "", "unheard of"),
        (b"199 too low\r\n", 199, 4, "", "too low"),
        (b"000 zero\r\n", 0, 4, "", "zero"),
        (b"550-no\r\n250 yes\r\n", 250, 4, "", "(2xx/5xx) no yes"),
        (b"hello\r\n250 late\r\n", 250, 2, "", "hello late"),
        (b"2500 no code\r\n250 code\r\n", 250, 2, "", "2500 no code code"),
        (b"\r\n\r\n250 after empty lines\r\n", 250, 2, "", "after empty lines"),
        ("550 5.1.1 그런 사용자가 없습니다\r\n".encode("cp949"), 550, 5, "5.1.1", "그런 사용자가 없습니다"),
        ("550 그런 사용자가 없습니다\r\n".encode(), 550, 5, "", "그런 사용자가 없습니다"),
        (b"550 \xff\xfe bytes\r\n", 550, 5, "", "\\xff\\xfe bytes"),
        (b"550 \x1b[31mred\x07\x00\r\n", 550, 5, "", "[31mred"),
        ("550 a\u202eb\u2066c\u200bd\ue000\r\n".encode(), 550, 5, "", "abcd"),
    ],
)
def test_odd_replies(data: bytes, code: int, kind: int, enhanced: str, text: str) -> None:
    """Code, class, enhanced code and text of odd replies."""
    (raw,) = read(data)
    answer = make_answer(raw, Stage.RCPT)
    assert (answer.reply.code, answer.kind, answer.reply.enhanced, answer.reply.text) == (code, kind, enhanced, text)


@given(some.lists(some.sampled_from(LINES), min_size=1, max_size=6))
def test_a_glance_sees_what_the_long_way_sees(lines: list[bytes]) -> None:
    """Replies that come in one piece are read as those that come byte by byte, whatever stands beside them."""
    data = b"".join(lines)
    reader = ReplyReader()
    assert read(data) == [reply for byte in data for reply in reader.feed(bytes([byte]))]


def test_no_reply_from_garbage() -> None:
    """Lines without a code are no reply, however many."""
    assert read(b"hello\r\n" * 100) == []


@settings(max_examples=300, deadline=None)
@given(some.binary(max_size=200), some.lists(some.integers(1, 20), min_size=1, max_size=30))
def test_chunks_do_not_matter(data: bytes, sizes: list[int]) -> None:
    """Any bytes in any pieces: the same replies as in one piece, and always printable text."""
    data = b"250 a\r\n" + data + b"\r\n421 end\r\n"
    reader, pieces, at = ReplyReader(), [], 0
    for number in range(len(data)):
        size = sizes[number % len(sizes)]
        pieces += reader.feed(data[at : at + size])
        at += size
    assert pieces == read(data)
    for raw in pieces:
        text = make_answer(raw, Stage.END).reply.text
        assert len(text) <= 1_000
        assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in text)
        text.encode("utf-8")


def test_long_and_many_lines() -> None:
    """A megabyte in one line and twenty thousand lines keep their class, and little of their text."""
    assert len(text_of(b"250 " + b"x" * 1_000_000 + b"\r\n")) <= 1_000
    assert len(text_of(b"550-5.7.1 go away\r\n" * 20_000 + b"550 5.7.1 now\r\n")) <= 1_000
    cut = text_of(b"550 " + "가".encode() * 5_000 + b"\r\n")
    assert set(cut) == {"가"}
    cut = text_of(b"550 " + "가".encode("cp949") * 5_000 + b"\r\n")
    assert set(cut) == {"가"}


def test_endless_reply() -> None:
    """A reply without end is given up after a fixed number of bytes, with next to nothing kept."""
    reader = ReplyReader()
    line = b"250-" + b"x" * 65_531 + b"\n"
    for _ in range(BUDGET // len(line)):
        assert reader.feed(line) == []
    with pytest.raises(ReplyTooLong):
        reader.feed(line)


def test_clean_text_keeps_what_people_read() -> None:
    """Korean, Arabic and emoji stay; tabs and line ends become single spaces."""
    assert clean_text("가나\t다  라\r\n  العربية 🙂 ".encode()) == "가나 다 라 العربية 🙂"


WORDS = "550 5.1.1 그런 사용자가 없습니다"


@pytest.mark.parametrize("extensions", [Extensions(), Extensions(pipelining=False)], ids=["pipelined", "lockstep"])
@pytest.mark.parametrize("stage", ["rcpt", "end"])
def test_odd_replies_over_the_wire(stage: str, extensions: Extensions) -> None:
    """Dripped, huge, Korean and split replies over a real socket keep their class and do not harm the next message."""

    async def main() -> None:
        long = "550-5.1.1 " + "x" * 1_000_000 + "\n550 5.1.1 end"
        many = "\n".join(["550-5.1.1 x"] * 20_000 + ["550 5.1.1 end"])
        for act in (
            drip(0.002, WORDS),
            reply(WORDS.encode("cp949") + b"\n"),
            reply(long),
            reply(many),
            reply("550 5.1.1"),
        ):
            async with connected(Rule(stage=stage, act=act, first=1), extensions=extensions) as (transport, server):
                outcome = await send(transport)
                assert (outcome.verdict, outcome.scope) == (Verdict.REFUSE, Scope.RECIPIENT)
                assert outcome.reply is not None
                assert outcome.reply.enhanced == "5.1.1"
                assert len(outcome.reply.text) <= 1_000
                assert (await send(transport, envelope(2))).verdict is Verdict.ACCEPT
            assert server.books.connections == 1

    run(main())


def test_drip_is_bounded() -> None:
    """A reply that drips for longer than the time-out is no reply: the bytes in between do not start the clock anew."""

    async def main() -> None:
        slow = Rule(stage="rcpt", act=drip(0.05, "250 " + "slowly " * 10), first=1)
        async with connected(slow, timeout=0.2) as (transport, _):
            outcome = await send(transport)
            assert (outcome.verdict, outcome.scope, outcome.stage) == (Verdict.DEFER, Scope.SITE, Stage.RCPT)

    run(main())


def test_unasked_replies_are_never_paired() -> None:
    """A server that says 250 twice cannot make the second one count for the next person."""

    async def main() -> None:
        rules = [
            Rule(stage="end", act=reply(b"250 2.0.0 ok\r\n250 2.0.0 ok again\r\n"), address="r0@example.net"),
            Rule(stage="rcpt", act=reply("550 5.1.1 no"), address="r1@example.net"),
        ]
        for pipelining in (True, False):
            async with connected(*rules, extensions=Extensions(pipelining=pipelining)) as (transport, server):
                verdicts = [(await send(transport, envelope(number))).verdict.value for number in range(3)]
            assert verdicts == ["accept", "refuse", "accept"]
            assert server.books.connections == 2

    run(main())


def test_endless_reply_over_the_wire() -> None:
    """An endless reply ends the connection: before the message a delay, after it a doubt."""

    async def main() -> None:
        endless = b"250-" + b"x" * (BUDGET + 10)
        for stage, verdict in (("rcpt", Verdict.DEFER), ("end", Verdict.DOUBT)):
            async with connected(Rule(stage=stage, act=reply(endless), first=1), timeout=5, final_dot_timeout=5) as (
                transport,
                _,
            ):
                assert (await send(transport)).verdict is verdict
                assert (await send(transport, envelope(2))).verdict is Verdict.ACCEPT

    run(main())
