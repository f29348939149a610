"""contacts.mx: the DNS is asked only on request; here of a name server on this machine."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from mailer.contacts import upkeep

ZONE = {
    ("paper.example.", "MX"): ["20 second.paper.example.", "10 mail.paper.example."],
    ("null.example.", "MX"): ["0 ."],
    ("old.example.", "A"): ["192.0.2.1"],
    ("six.example.", "AAAA"): ["2001:db8::1"],
    ("web.example.", "TXT"): ['"no mail"'],
}


@pytest.fixture
def nameserver() -> Iterator[tuple[str, int]]:
    """Answers from ZONE over UDP; keeps silent about slow.example and fails for broken.example."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            data, peer = server.recvfrom(4096)
            if data == b"stop":
                return
            answer = _answer(dns.message.from_wire(data))
            if answer:
                server.sendto(answer.to_wire(), peer)

    thread = threading.Thread(target=serve)
    thread.start()
    yield server.getsockname()
    server.sendto(b"stop", server.getsockname())
    thread.join()
    server.close()


def _answer(query: dns.message.Message) -> dns.message.Message | None:
    question = query.question[0]
    name, kind = str(question.name), dns.rdatatype.to_text(question.rdtype)
    if name == "slow.example.":
        return None
    answer = dns.message.make_response(query)
    answer.flags |= dns.flags.RA
    if name == "broken.example.":
        answer.set_rcode(dns.rcode.SERVFAIL)
    elif name not in {known for known, _ in ZONE}:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    elif (name, kind) in ZONE:
        answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *ZONE[name, kind]))
    return answer


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
