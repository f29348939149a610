"""Header fields as bytes: encoded words, folding, mailboxes.

Written by hand because the standard library's writer loses spaces between encoded words and can turn an encoded line break
into a second header. Promise: what any reader of RFC 5322 and RFC 2047 decodes is the text that came in (NFC); no encoded
word is longer than 75 characters or ends inside a grapheme; no line is longer than 78 characters unless one address is;
a value with a line break, a control or a direction mark is refused, never repaired.

Not here: which headers a message has (`composer.py`), MIME parameters (`mime.py`).
"""

from __future__ import annotations

import re
import unicodedata
from binascii import b2a_base64
from collections.abc import Iterator

from mailer.errors import MessageError
from mailer.wording import Text

__all__ = ["checked", "encoded_words", "mailbox_header", "plain_address", "text_header"]

_LINE = 76  # RFC 2047 section 2: a line with an encoded word has at most 76 characters
_WORD = 75
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNWRITABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_Q_SAFE = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/"
_LOCAL = r"[^\s()<>\[\]\\,;:@\"\x00-\x20\x7f-\x9f]{1,64}"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_LOCAL}@(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")


def checked(value: str, *, what: Text, where: str = "") -> str:
    """`value` in NFC, or MessageError when it holds a character that no header may carry."""
    # what is printable holds nothing of this; most values are
    for char in "" if value.isprintable() else value:
        if char in _BIDI or unicodedata.category(char) in _UNWRITABLE:
            name = f"U+{ord(char):04X}"
            raise MessageError(
                Text(
                    f"{what.ko}에 쓸 수 없는 문자({name})가 들어 있습니다",
                    f"{what.en} contains a character that no mail header may carry ({name})",
                ),
                where=where,
                remedy=Text(
                    "줄바꿈, 제어 문자, 글자 방향 기호를 지워 주십시오",
                    "remove line breaks, control characters and direction marks",
                ),
            )
    return unicodedata.normalize("NFC", value)


def plain_address(address: str, *, where: str = "") -> str:
    """`local@A-label-domain`, or MessageError for quoted locals, comments, domain literals and anything else unusual."""
    plain = address if address.isascii() else _with_a_labels(address)
    if not (_ADDRESS.fullmatch(plain) and (plain.isascii() or _BIDI.isdisjoint(plain))):
        shown = address.encode("unicode_escape").decode("ascii") if not address.isprintable() else address
        raise MessageError(
            Text(f"전자우편 주소로 쓸 수 없습니다: {shown}", f"not usable as an e-mail address: {shown}"),
            where=where,
            remedy=Text("이름@도메인 형식으로 적어 주십시오", "write it as name@domain"),
        )
    return unicodedata.normalize("NFC", plain)


def _with_a_labels(address: str) -> str:
    """ "" when the domain has none."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return ""


def text_header(name: str, value: str) -> bytes:
    """An unstructured field (Subject) with its line end. `value` has passed `checked`."""
    words = re.findall(r" *[^ ]+", value)
    readable = value.isascii() and "=?" not in value and value == value.strip(" ")
    if readable and all(len(word) <= _LINE for word in words):
        return _laid_out(f"{name}: {words[0]}" if words else f"{name}:", words[1:])
    first, *rest = encoded_words(value, len(name) + 2)
    return _laid_out(f"{name}: {first}", [f" {word}" for word in rest], limit=0)


def mailbox_header(name: str, display: str, address: str) -> bytes:
    """An address field with exactly one mailbox. Both values are checked; the address is never encoded (RFC 6532 if not ASCII)."""
    words = _phrase(display, len(name) + 2)
    first, *more = (*words, f"<{address}>") if words else (address,)
    return _laid_out(f"{name}: {first}", [f" {word}" for word in more])


def _phrase(display: str, used: int) -> list[str]:
    if not display:
        return []
    if display.isascii() and "=?" not in display and len(display) <= _LINE - used - 2:
        if _ATOMS.fullmatch(display):
            return [display]
        escaped = display.replace("\\", "\\\\").replace('"', '\\"')
        if len(escaped) <= _LINE - used - 2:
            return [f'"{escaped}"']
    return encoded_words(display, used)


def _laid_out(line: str, tokens: list[str], limit: int = 78) -> bytes:
    """Tokens bring their own leading space, which becomes the fold when a line is full."""
    whole = line + "".join(tokens)
    if len(whole) <= limit:
        return f"{whole}\r\n".encode()
    lines = [line]
    for token in tokens:
        if len(lines[-1]) + len(token) > limit:
            lines.append(token)
        else:
            lines[-1] += token
    return "\r\n".join(lines).encode() + b"\r\n"


def encoded_words(text: str, used: int = 1) -> list[str]:
    """RFC 2047 words for the whole of `text`; `used` is what already stands on the first line.

    Everything is encoded, also the ASCII between Korean words: white space between two encoded words is dropped by every
    reader, white space inside them never is.
    """
    flat = text.encode("utf-8")
    quoted = len(flat) + 2 * len(flat.translate(None, _Q_SAFE + b" "))
    # the largest group still fits on the first line of every field we write
    encode, largest = (_q_word, 16) if quoted < len(flat) * 4 / 3 else (_b_word, 33)
    words: list[str] = []
    room = min(_WORD, _LINE - used)
    if len(whole := encode(text)) <= room:
        return [whole]
    chunk = ""
    for cluster in _clusters(text, largest):
        if chunk and len(encode(chunk + cluster)) > room:
            words.append(encode(chunk))
            chunk, room = "", _WORD
        chunk += cluster
    return [*words, encode(chunk)]


def _b_word(text: str) -> str:
    return f"=?utf-8?b?{b2a_base64(text.encode(), newline=False).decode('ascii')}?="


def _q_word(text: str) -> str:
    coded = "".join(
        chr(byte) if byte in _Q_SAFE else "_" if byte == 0x20 else f"={byte:02X}" for byte in text.encode("utf-8")
    )
    return f"=?utf-8?q?{coded}?="


def _clusters(text: str, largest: int) -> Iterator[str]:
    """Groups of characters a reader sees as one; a group of more than `largest` UTF-8 bytes is cut."""
    cluster = ""
    for char in text:
        if cluster and (len((cluster + char).encode()) > largest or not _joins(cluster, char)):
            yield cluster
            cluster = ""
        cluster += char
    if cluster:
        yield cluster


def _joins(before: str, char: str) -> bool:
    last, code = before[-1], ord(char)
    if unicodedata.category(char) in {"Mn", "Me", "Mc"} or char == "\u200d" or last == "\u200d":
        return True
    if 0x1F3FB <= code <= 0x1F3FF:
        return True
    if 0x1160 <= code <= 0x11FF:  # medial and final jamo of an old Hangul syllable
        return True
    return len(before) == 1 and 0x1F1E6 <= code <= 0x1F1FF and 0x1F1E6 <= ord(last) <= 0x1F1FF
