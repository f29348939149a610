"""A text with holes as a MIME part: what is the same for everybody is encoded once.

Both encodings allow it without a trace in the bytes. Quoted-printable starts anew on every line, so only the lines with a hole
are encoded for each person. Base64 starts anew every 57 bytes, so the lines of what follows a hole depend only on how many bytes
came before it, modulo 57. The result is what `mime.text_part` makes of the filled text, byte for byte (a test compares them).

Not here: where the holes are (`forms.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mailer.message.mime import base64_lines, crlf, is_shorter_quoted, needing_code, part_head, quoted_printable

__all__ = ["Segments"]

_LINE = 57
"""Bytes in a full line of base64."""
_HOLE = "%({})s"
"""A hole in a pattern of the `%` operator, which takes the words by their names."""


class _Fixed(dict[int, tuple[bytes, bytes, bytes]]):
    """Whole lines that are the same for everybody.

    Under `start` stands how base64 goes on after the line that its first `start` bytes fill up: these bytes, the full lines
    that follow, the bytes left over. Lines too few to fill another one are all in the first.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.flat = text.encode("utf-8")
        self.quoted = quoted_printable(self.flat)

    def __missing__(self, start: int) -> tuple[bytes, bytes, bytes]:
        self[start] = self._from(start)
        return self[start]

    def _from(self, start: int) -> tuple[bytes, bytes, bytes]:
        end = len(self.flat) - (len(self.flat) - start) % _LINE
        if end <= start:
            return self.flat, b"", b""
        return self.flat[:start], base64_lines(self.flat[start:end]), self.flat[end:]


class _Last(_Fixed):
    """The last lines of a part, and what stands `after` it: here base64 ends with a line that may be shorter."""

    def __init__(self, text: str, after: bytes) -> None:
        super().__init__(text)
        self.quoted += after
        self._after = after

    def _from(self, start: int) -> tuple[bytes, bytes, bytes]:
        if len(self.flat) <= start:
            return self.flat, b"", b""
        return self.flat[:start], base64_lines(self.flat[start:]) + self._after, b""


class Segments:
    """A `subtype` text cut at its holes: `pieces` stand around them, `holes` are their names (one fewer). `after` is what follows
    the part in the message."""

    def __init__(self, subtype: str, pieces: Sequence[str], holes: Sequence[str], after: bytes = b"") -> None:
        self._holes = tuple(holes)
        self._whole = "".join(
            [_pattern(text) + hole for text, hole in zip(pieces, [*map(_HOLE.format, holes), ""], strict=True)]
        )
        wire = _with_crlf(pieces)
        flat = "".join(wire).encode("utf-8")
        self._size, self._coded = len(flat), needing_code(flat)
        (first, *fixed), lines = _rows(wire, holes, after)
        self._rows = list(zip(lines, fixed, strict=True))
        few, full, rest = first[0]
        self._base64 = part_head(subtype, "base64") + full
        self._left = few + rest
        self._quoted = part_head(subtype, "quoted-printable") + first.quoted
        self._after = after

    def filled(self, words: Mapping[str, str]) -> str:
        """The text with `words` in its holes."""
        return self._whole % words

    def part(self, words: Mapping[str, str]) -> list[bytes]:
        """The MIME part of the filled text, in pieces to be joined. `words` hold no line ends."""
        own = "".join(map(words.__getitem__, self._holes)).encode("utf-8")
        quoted = is_shorter_quoted(own, self._size, self._coded)
        return self._in_quoted_printable(words) if quoted else self._in_base64(words)

    def _in_quoted_printable(self, words: Mapping[str, str]) -> list[bytes]:
        pieces = [self._quoted]
        for line, fixed in self._rows:
            pieces += (quoted_printable((line % words).encode("utf-8")), fixed.quoted)
        return pieces

    def _in_base64(self, words: Mapping[str, str]) -> list[bytes]:
        pieces = [self._base64]
        left = self._left
        for line, fixed in self._rows:
            left += (line % words).encode("utf-8")
            filling, full, rest = fixed[-len(left) % _LINE]
            left += filling
            if full:
                pieces += (base64_lines(left), full)
                left = rest
        if left:
            pieces.append(base64_lines(left) + self._after)
        return pieces


def _rows(pieces: Sequence[str], holes: Sequence[str], after: bytes) -> tuple[list[_Fixed], list[str]]:
    """Whole lines without a hole, some of them empty, and between them the patterns of the single lines with holes."""
    first, *later = pieces
    begin = first.rfind("\n") + 1
    texts, lines = [first[:begin]], []
    line = _pattern(first[begin:])
    for hole, piece in zip(holes, later, strict=True):
        end, begin = piece.find("\n") + 1, piece.rfind("\n") + 1
        line += _HOLE.format(hole) + _pattern(piece[: end or None])
        if end:
            lines.append(line)
            texts.append(piece[end:begin])
            line = _pattern(piece[begin:])
    return [*map(_Fixed, texts[:-1]), _Last(texts[-1], after)], lines


def _with_crlf(pieces: Sequence[str]) -> list[str]:
    """`pieces` with the line ends of the wire; the last one ends with one."""
    *most, last = pieces
    return [*map(crlf, most), crlf(last.removesuffix("\n") + "\n")]


def _pattern(text: str) -> str:
    """What the `%` operator makes `text` of."""
    return text.replace("%", "%%")
