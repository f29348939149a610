"""Hashes and names of messages: what two copies have in common, and what a seal covers.

`content_sha256` covers a message's bytes without its Date and Message-ID header fields (the whole field with its continuation
lines and line ends). These two are the only bytes of a message that are not a function of the package and the person: Message-ID
is drawn at approval, Date is the moment the dispatch starts.

The bytes are hashed in two pieces, because the last part of a message (the PDF) is the same for everybody. The cut is where the
last line of the message says: it closes the outermost multipart, `--boundary--`, and the second piece begins with the last line
that is `--boundary`; without such lines the second piece is empty. The content hash is the SHA-256 of the two pieces' SHA-256, each
as hex and a line feed.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Iterable

__all__ = ["content_sha256", "joined_sha256", "new_message_id", "seal_sha256"]

_VOLATILE = re.compile(rb"^(?:Date|Message-ID):[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*", re.MULTILINE | re.IGNORECASE)


def content_sha256(data: bytes) -> str:
    """The content hash (hex) of a message with CRLF line ends, as the module's docstring defines it."""
    top = data.find(b"\r\n\r\n") + 2
    cut = max(_last_part(data), top)
    last = hashlib.sha256(memoryview(data)[cut:]).hexdigest()
    return joined_sha256((_VOLATILE.sub(b"", data[:top]), memoryview(data)[top:cut]), last)


def joined_sha256(first: Iterable[bytes | memoryview], last: str) -> str:
    """The content hash of a first piece, given in portions without Date and Message-ID, and of the second piece's SHA-256."""
    digest = hashlib.sha256()
    for portion in first:
        digest.update(portion)
    return hashlib.sha256(f"{digest.hexdigest()}\n{last}\n".encode("ascii")).hexdigest()


def _last_part(data: bytes) -> int:
    """Where the last part of the outermost multipart begins; the end of `data` when there is none."""
    line = data[data.rfind(b"\r\n", 0, -2) + 2 :]
    if not (line.startswith(b"--") and line.endswith(b"--\r\n") and len(line) > 6):
        return len(data)
    found = data.rfind(b"\r\n" + line[:-4] + b"\r\n")
    return found + 2 if found >= 0 else len(data)


def new_message_id(domain: str) -> str:
    """A fresh `<random@domain>`, 128 bits of it random. `domain` is the sender's, as A-label."""
    return f"<{secrets.token_hex(16)}@{domain}>"


def seal_sha256(package_sha256: str, messages: Iterable[tuple[str, str]]) -> str:
    """SHA-256 (hex) over the package and the ordered (address, content_sha256) pairs: what an approval stands for."""
    pairs = [[address, content] for address, content in messages]
    text = json.dumps({"package": package_sha256, "messages": pairs}, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
