"""Hashes and names of messages: what two copies have in common, and what a seal covers.

`content_sha256` is the SHA-256 of a message's bytes without its Date and Message-ID header fields (the whole field with its
continuation lines and line ends). These two are the only bytes of a message that are not a function of the package and the
person: Message-ID is drawn at approval, Date is the moment the dispatch starts.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Iterable

__all__ = ["content_sha256", "new_message_id", "seal_sha256"]

_VOLATILE = re.compile(rb"^(?:Date|Message-ID):[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*", re.MULTILINE | re.IGNORECASE)


def content_sha256(data: bytes) -> str:
    """SHA-256 (hex) of a message with CRLF line ends, leaving out its Date and Message-ID fields."""
    end = data.find(b"\r\n\r\n") + 2
    digest = hashlib.sha256(_VOLATILE.sub(b"", data[:end]))
    digest.update(memoryview(data)[end:])
    return digest.hexdigest()


def new_message_id(domain: str) -> str:
    """A fresh `<random@domain>`, 128 bits of it random. `domain` is the sender's, as A-label."""
    return f"<{secrets.token_hex(16)}@{domain}>"


def seal_sha256(package_sha256: str, messages: Iterable[tuple[str, str]]) -> str:
    """SHA-256 (hex) over the package and the ordered (address, content_sha256) pairs: what an approval stands for."""
    pairs = [[address, content] for address, content in messages]
    text = json.dumps({"package": package_sha256, "messages": pairs}, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
