"""contacts.mx: the DNS is asked only on request; here of a name server on this machine."""

from __future__ import annotations

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
