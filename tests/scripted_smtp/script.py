"""What the scripted server does instead of the ordinary: acts, and the rules that say when.

An `Act` is one thing done at one stage; a `Rule` names the stage and picks the moments. Stages, in order:

    connect    before the banner                    data    the DATA command
    ehlo       EHLO or HELO                         body    while the message comes in (`Act.at` bytes of it)
    starttls   the STARTTLS command                 end     the final dot; ordinarily stores, then answers 250
    handshake  instead of the TLS handshake         after   when the answer to the final dot has been written
    auth       AUTH (its last answer)               rset, noop, quit
    mail rcpt  the envelope
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

STAGES = (
    "connect", "ehlo", "starttls", "handshake", "auth", "mail", "rcpt", "data", "body", "end", "after", "rset", "noop", "quit",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What happens at a stage.

    reply   a `str` is one or more lines without line ends (CRLF is added); `bytes` go out as they are; None: the usual reply
    before  seconds to wait before anything, at `end` before storing; a pair is a random range
    delay   seconds to wait before the reply, at `end` after storing; a pair is a random range
    drip    seconds between the single bytes of the reply
    cut     afterwards the connection is closed ("close") or reset ("reset"); without `reply` nothing is answered
    hang    never answers and reads no more, until the client leaves
    store   at `end`: True or False; None stores exactly when the reply is 2xx
    at      at `body`: so many bytes of the message are read first; a `reply` there is the message's only answer, nothing is stored
    """

    reply: str | bytes | None = None
    before: float | tuple[float, float] = 0.0
    delay: float | tuple[float, float] = 0.0
    drip: float = 0.0
    cut: Literal["", "close", "reset"] = ""
    hang: bool = False
    store: bool | None = None
    at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When an act happens. Without conditions: always. Conditions are counted per `per`, from 1; all given ones must hold.

    address  only this recipient ("a@example.org") or domain ("@example.org"); not for stages before rcpt
    every    each so-manieth time            first    only the first so many times
    after    only after so many times        seconds  only that long after the first time
    """

    stage: str
    act: Act
    address: str = ""
    every: int = 0
    first: int = 0
    after: int = 0
    per: Literal["server", "connection", "address"] = "server"
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.stage not in STAGES:
            raise ValueError(f"unknown stage {self.stage!r}; known: {', '.join(STAGES)}")

    def concerns(self, address: str) -> bool:
        """True when `address` is the one of the rule, or the rule has none."""
        wanted = self.address.lower()
        return not wanted or address.lower() == wanted or (wanted[0] == "@" and address.lower().endswith(wanted))

    def fires(self, count: int, age: float) -> bool:
        """True at the `count`-th time, `age` seconds after the first."""
        return (
            not (self.every and count % self.every)
            and not (self.first and count > self.first)
            and count > self.after
            and not (self.seconds and age > self.seconds)
        )

    def to_json(self) -> dict[str, Any]:
        """For `--rules`; a `bytes` reply is written as Latin-1 under `reply_bytes`."""
        plain = asdict(self)
        if isinstance(self.act.reply, bytes):
            plain["act"] |= {"reply": None, "reply_bytes": self.act.reply.decode("latin-1")}
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Rule:
        act = dict(plain["act"])
        if (raw := act.pop("reply_bytes", None)) is not None:
            act["reply"] = raw.encode("latin-1")
        for name in ("before", "delay"):
            if isinstance(act.get(name), list):
                act[name] = tuple(act[name])
        return cls(**{**plain, "act": Act(**act)})


class Script:
    """The rules with their counters. The first rule that fires is played; the others count nevertheless."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = list(rules)
        self._counts: Counter[tuple[int, str]] = Counter()
        self._since: dict[tuple[int, str], float] = {}

    def act(self, stage: str, *, connection: int, address: str = "") -> Act | None:
        """The act for this moment, or None for the ordinary."""
        chosen: Act | None = None
        for number, rule in enumerate(self.rules):
            if rule.stage != stage or not rule.concerns(address):
                continue
            key = (number, {"server": "", "connection": str(connection), "address": address.lower()}[rule.per])
            self._counts[key] += 1
            age = time.monotonic() - self._since.setdefault(key, time.monotonic())
            if chosen is None and rule.fires(self._counts[key], age):
                chosen = rule.act
        return chosen


def reply(text: str | bytes, **more: Any) -> Act:
    """Answers `text`; after a 421 the server hangs up by itself."""
    return Act(reply=text, **more)


def delay(seconds: float | tuple[float, float], **more: Any) -> Act:
    """The usual answer, later."""
    return Act(delay=seconds, **more)


def drip(seconds: float, text: str | bytes | None = None, **more: Any) -> Act:
    """The answer byte by byte, `seconds` between two of them."""
    return Act(reply=text, drip=seconds, **more)


def cut(text: str | bytes | None = None, **more: Any) -> Act:
    """Closes the connection, after `text` if given. At `end`: `store=True` keeps the message first."""
    return Act(reply=text, cut="close", **more)


def reset(text: str | bytes | None = None, **more: Any) -> Act:
    """Like `cut`, with a TCP reset."""
    return Act(reply=text, cut="reset", **more)


def hang(**more: Any) -> Act:
    """Silence until the client leaves. At `end`: `store=True` keeps the message first."""
    return Act(hang=True, **more)
