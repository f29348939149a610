"""A text with holes as a MIME part: what is the same for everybody is encoded once.

Both encodings allow it without a trace in the bytes. Quoted-printable starts anew on every line, so only the lines with a hole
are encoded for each person. Base64 starts anew every 57 bytes, so the lines of what follows a hole depend only on how many bytes
came before it, modulo 57. The result is what `mime.text_part` makes of the filled text, byte for byte (a test compares them).

Not here: where the holes are (`forms.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mailer.message.mime import base64_lines, crlf, is_shorter_quoted, literal, part_head, quoted_printable

__all__ = ["Segments"]

_LINE = 57
"""Bytes in a full line of base64."""


class _Fixed:
    """Whole lines that are the same for everybody."""

    def __init__(self, text: str) -> None:
        self.flat = text.encode("utf-8")
        self.literal = literal(self.flat)
        self.quoted = quoted_printable(self.flat) if self.flat else b""
        self._shifted: dict[int, bytes] = {}

    def full_lines(self, start: int) -> tuple[bytes, bytes]:
        """The base64 lines that are full from byte `start` on, and the bytes left over."""
        end = len(self.flat) - (len(self.flat) - start) % _LINE
        if start not in self._shifted:
            self._shifted[start] = base64_lines(self.flat[start:end]) if end > start else b""
        return self._shifted[start], self.flat[end:]


_Line = tuple[str, ...]  # text, hole, text, hole, ..., text: one line


class Segments:
    """A `subtype` text cut at its holes: `pieces` stand around them, `holes` are their names (one fewer)."""

    def __init__(self, subtype: str, pieces: Sequence[str], holes: Sequence[str]) -> None:
        self.pieces = tuple(pieces)
        self.holes = tuple(holes)
        self._heads = {name: part_head(subtype, name) for name in ("quoted-printable", "base64")}
        self._rows = _rows(self.pieces, self.holes)

    def filled(self, words: Mapping[str, str]) -> str:
        """The text with `words` in its holes."""
        parts = [self.pieces[0]]
        for hole, piece in zip(self.holes, self.pieces[1:], strict=True):
            parts += (words[hole], piece)
        return "".join(parts)

    def part(self, words: Mapping[str, str]) -> list[bytes]:
        """The MIME part of the filled text, in pieces to be joined. `words` hold no line ends."""
        rows = [row if isinstance(row, _Fixed) else _filled(row, words) for row in self._rows]
        size = plain = 0
        for row in rows:
            if isinstance(row, _Fixed):
                size += len(row.flat)
                plain += row.literal
            else:
                size += len(row)
                plain += literal(row)
        if is_shorter_quoted(size, plain):
            coded = [row.quoted if isinstance(row, _Fixed) else quoted_printable(row) for row in rows]
            return [self._heads["quoted-printable"], *coded]
        return [self._heads["base64"], *_base64(rows)]


def _rows(pieces: Sequence[str], holes: Sequence[str]) -> list[_Fixed | _Line]:
    """Whole lines without a hole, and single lines with holes, in order."""
    rows: list[_Fixed | _Line] = []
    line: list[str] = []
    for index, whole in enumerate(crlf_pieces(pieces)):
        piece = whole
        if line:
            end = piece.find("\n") + 1
            line.append(piece[:end] if end else piece)
            if end:
                rows.append(tuple(line))
                line, piece = [], piece[end:]
        if not line:
            start = piece.rfind("\n") + 1 if index < len(holes) else len(piece)
            rows.append(_Fixed(piece[:start]))
            line = [piece[start:]] if index < len(holes) else []
        if index < len(holes):
            line.append(holes[index])
    return rows


def crlf_pieces(pieces: Sequence[str]) -> list[str]:
    """`pieces` with the line ends of the wire; the last one ends with one."""
    *most, last = pieces
    return [*(crlf(piece) for piece in most), crlf(last.removesuffix("\n") + "\n")]


def _filled(line: _Line, words: Mapping[str, str]) -> bytes:
    return "".join([words[each] if odd % 2 else each for odd, each in enumerate(line)]).encode("utf-8")


def _base64(rows: Sequence[_Fixed | bytes]) -> list[bytes]:
    coded = []
    left = b""
    for row in rows:
        flat = row.flat if isinstance(row, _Fixed) else row
        need = -len(left) % _LINE
        if len(flat) < need or not isinstance(row, _Fixed):
            left += flat
            whole = len(left) - len(left) % _LINE
            coded.append(base64_lines(left[:whole]) if whole else b"")
            left = left[whole:]
        else:
            lines, rest = row.full_lines(need)
            coded += [base64_lines(left + flat[:need]) if left else b"", lines]
            left = rest
    return [*coded, base64_lines(left) if left else b""]
