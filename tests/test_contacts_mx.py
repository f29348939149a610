"""contacts.mx: the DNS is asked only on request; here of a name server on this machine."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading

import pytest

from mailer.contacts import upkeep
from tests.nameserver import nameserver

__all__ = ["nameserver"]


def test_a_domain_takes_mail_or_does_not_or_nobody_knows(nameserver: tuple[str, int]) -> None:
    """MX, address record alone, null MX (RFC 7505), no record, no domain, failing and silent servers."""
    domains = [
        "paper.example",
        "old.example",
        "six.example",
        "null.example",
        "web.example",
        "none.example",
        "broken.example",
        "slow.example",
    ]
    found = upkeep.check_mx([*domains, "paper.example"], timeout=0.6, nameserver=nameserver)
    assert {domain: (answer.verdict.value, answer.host) for domain, answer in found.items()} == {
        "paper.example": ("accepts", "mail.paper.example"),
        "old.example": ("accepts", "old.example"),
        "six.example": ("accepts", "six.example"),
        "null.example": ("no_mail", ""),
        "web.example": ("no_mail", ""),
        "none.example": ("no_domain", ""),
        "broken.example": ("unknown", ""),
        "slow.example": ("unknown", ""),
    }
    assert found["none.example"].text.ko


def test_an_interrupt_asks_no_further() -> None:
    """Ctrl-C ends the look-up after the questions on their way, not after hundreds of domains."""
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 0))
    silent.setblocking(False)
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        upkeep.check_mx((f"slow{n}.example" for n in range(80)), timeout=0.5, nameserver=silent.getsockname())
    timer.join()
    asked = set()
    with contextlib.suppress(BlockingIOError):
        while data := silent.recv(4096):
            asked.add(data[12:])
    silent.close()
    assert 0 < len(asked) < 40
