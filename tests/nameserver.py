"""A name server on this machine that knows a handful of reserved domains."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

__all__ = ["nameserver"]

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
