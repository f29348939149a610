"""MIME parts as 7-bit ASCII bytes: text as quoted-printable or base64, whichever is shorter, and the PDF attachment.

Promise: CRLF line ends, body lines of at most 76 characters, and no line that begins with a dot, so that the bytes need no
stuffing on the wire. Attachment names go out twice, as RFC 2231 in Content-Disposition and as RFC 2047 words in the `name` of
Content-Type, because many Korean and older clients read only the second.

Not here: header fields of the message (`header.py`), the order of parts (`composer.py`).
"""

from __future__ import annotations

import re
from binascii import b2a_base64, b2a_qp
from urllib.parse import quote

from mailer.errors import MessageError
from mailer.message.header import checked, encoded_words
from mailer.wording import Text

__all__ = [
    "attachment",
    "base64_lines",
    "crlf",
    "is_shorter_quoted",
    "needing_code",
    "part_head",
    "quoted_printable",
    "text_part",
]

_LITERAL = bytes(set(range(32, 127)) - {ord("=")}) + b"\r\n\t"
_LINES_OF_76 = re.compile(rb".{1,76}")
_DOTS = re.compile(rb"^\.+", re.MULTILINE)
_LONGEST_NAME = 240
_FORBIDDEN_IN_NAMES = frozenset('/\\:*?"<>|')


def text_part(subtype: str, text: str) -> bytes:
    """A complete text/`subtype` part: its headers, an empty line, the encoded text, a final CRLF."""
    flat = _flat(text)
    if is_shorter_quoted(flat):
        return part_head(subtype, "quoted-printable") + quoted_printable(flat)
    return part_head(subtype, "base64") + base64_lines(flat)


def part_head(subtype: str, encoding: str) -> bytes:
    """The header fields of a text part and the empty line after them."""
    return f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode(
        "ascii"
    )


def needing_code(flat: bytes) -> int:
    """How many bytes do not stand for themselves in quoted-printable."""
    return len(flat.translate(None, _LITERAL))


def is_shorter_quoted(flat: bytes, size: int = 0, coded: int = 0) -> bool:
    """Whether quoted-printable is shorter than base64 for `flat` and `size` bytes more that have `coded` ones `needing_code`."""
    return 3 * (coded + len(flat.translate(None, _LITERAL))) < (size + len(flat) + 2) // 3


def attachment(data: bytes, filename: str) -> bytes:
    """A complete application/pdf part. MessageError when the name holds a path, a control or a direction mark."""
    name = checked(filename, what=Text("첨부 파일 이름", "the attachment's name"))
    if not name or len(name.encode("utf-8")) > _LONGEST_NAME or _FORBIDDEN_IN_NAMES & set(name) or name[0] in ". ":
        raise MessageError(
            Text(f"첨부 파일 이름으로 쓸 수 없습니다: {name}", f"not usable as an attachment's name: {name}"),
            remedy=Text(
                f'경로와 \\ / : * ? " < > | 없이 {_LONGEST_NAME}바이트 안으로 줄여 주십시오',
                f'no path, none of \\ / : * ? " < > |, at most {_LONGEST_NAME} bytes',
            ),
        )
    if name.isascii() and "=?" not in name and len(name) <= 60:
        by_type, by_disposition = f'"{name}"', f'filename="{name}"'
    else:
        by_type = '"' + "\r\n ".join(encoded_words(name, len(' name="'))) + '"'
        by_disposition = f"filename*=UTF-8''{quote(name, safe='')}"
    head = (
        f"Content-Type: application/pdf;\r\n name={by_type}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;\r\n {by_disposition}\r\n\r\n"
    )
    return head.encode("ascii") + base64_lines(data)


def crlf(text: str) -> str:
    """`text` with the line ends of the wire."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


def _flat(text: str) -> bytes:
    unix = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        return crlf(unix.removesuffix("\n") + "\n").encode("utf-8")
    except UnicodeEncodeError as error:
        raise MessageError(
            Text("본문에 깨진 문자가 들어 있습니다", "the text contains a broken character (lone surrogate)"),
            remedy=Text("명단과 원고의 인코딩을 확인해 주십시오", "check the encoding of the list and the letter"),
        ) from error


def quoted_printable(flat: bytes) -> bytes:
    """`flat` (lines with CRLF) encoded; no line begins with a dot."""
    coded = b2a_qp(flat, istext=True)
    if not (coded.startswith(b".") or b"\n." in coded):
        return coded
    # each leading dot gets a line of its own: a longer one could pass 76 characters
    return _DOTS.sub(lambda dots: b"=2E=\r\n" * len(dots[0]), coded)


def base64_lines(data: bytes) -> bytes:
    """`data` in lines of 76 characters."""
    return b"\r\n".join(_LINES_OF_76.findall(b2a_base64(data, newline=False))) + b"\r\n"
