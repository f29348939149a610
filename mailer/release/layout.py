"""Where the parts of a letter lie below its header: body, names, notes, closing. Works on source lines, so that every part keeps
its line numbers and each name its own line, whichever way the list is written.

    ... body ...
    Sincerely,                          the closing formula still belongs to the body
    Name One                            names, until something that is no name (a note mark, a count, a heading, a table)
    - Name Two
    *64 organizations signed.           notes
    2026년 12월 10일                    closing: a line that is nothing but a date, and the sender's lines
    인권평화변호사회

Not here: joining broken names (`signatories.py`), Markdown (`markdown.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mailer.release.count import read_count
from mailer.release.dates import read_date
from mailer.release.header import is_rule

__all__ = ["Layout", "NameLine", "bare", "find_layout", "in_row", "kept", "unbulleted"]

_FORMULA = re.compile(
    r"(?:yours\s+)?(?:sincerely|faithfully|truly|respectfully)(?:\s+(?:yours|submitted))?"
    r"|(?:with\s+|best\s+|kind\s+|warm\s+)+(?:respect|regards|wishes)|regards|respectfully|in\s+solidarity|signed(?:\s+by)?|signatories"
    r"|(?:list\s+of\s+)?(?:the\s+)?(?:signatories|undersigned|signatory\s+organi[sz]ations|endorsing\s+organi[sz]ations)"
    r"|(?:공동\s*)?(?:연명|서명|참여|참가|연대|제안)\s*(?:단체|인|자|기관)(?:\s*(?:명단|목록|일동))?|연명|연서명(?:\s*단체)?",
    re.IGNORECASE,
)
_FORMULA_TAIL = re.compile(r"\s*(?:[(（\[][^()（）\[\]]{0,60}[)）\]])?\s*[,:.：，]?")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})\s*(\S{0,20})")
_NAMES_INFO = ("연명", "서명", "signatories")
_BULLET = re.compile(
    r"\s{0,8}(?:(?:[-*+•·‣▪◦○●–]|\d{1,4}[.)])[ \t]+|\d{1,4} ?\t[ \t]*|(?:[(（]\d{1,4}[)）]|[\u2460-\u2473\u3251-\u325f])[ \t]*)"
    r"(?=\S)"
)
_NO_NAME = re.compile(r"\s{0,3}(?:#{1,6}\s|\\\*|\*(?!\s)(?![^*]*\*)|[※†|>]|!\[|`{3}|~{3})")
_NAME_IN_ROW = re.compile(r"(?:[^,，、;(（\[]|[(（\[][^()（）\[\]]{0,100}[)）\]]|[(（\[])+")
_LEAST_ROW = 5
_LONGEST_NAME = 200
_CLOSING_LINES = 3
_LONGEST_SENDER = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class NameLine:
    """One source line of a list of names. `goes_on` says that the source itself continues the entry before."""

    line: int
    text: str
    goes_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Line numbers are 1-based. `explicit`: the names stand in a fenced block, one a line, nothing is to be joined."""

    body: range
    names: tuple[NameLine, ...]
    notes: range
    explicit: bool
    formula: str
    date_line: int | None
    sender: str


def bare(line: str) -> str:
    """A line without the marks around it: heading, bold, hard break."""
    return line.strip().rstrip("\\").strip("#*_ \t")


def unbulleted(line: str) -> str:
    """A name without the list mark before it and the hard break after it."""
    bullet = _BULLET.match(line)
    return line[bullet.end() if bullet else 0 :].strip().rstrip("\\").rstrip()


def in_row(line: str) -> list[str]:
    """The names of a line that sets several, one after the other: `가단체(서울, 부산), 나단체, 다단체`."""
    return [name for part in _NAME_IN_ROW.findall(line) if (name := part.strip())]


def kept(lines: list[str], wanted: range) -> str:
    """The text with every other line blanked, so that line numbers stay."""
    return "\n".join(line if number in wanted else "" for number, line in enumerate(lines, 1))


def find_layout(lines: list[str], first: int) -> Layout:
    """`first` is the first line below the header."""
    date_line, sender = _closing(lines, first)
    end = date_line or len(lines) + 1
    fenced = _fenced_names(lines, first, end)
    formula = _formula(lines, first, fenced.start if fenced else end)
    if fenced:
        names = tuple(
            NameLine(line=number, text=unbulleted(lines[number - 1])) for number in fenced if lines[number - 1].strip()
        )
        body, notes = range(first, fenced.start - 1), range(fenced.stop + 1, end)
    elif formula:
        names, after = _names(lines, formula + 1, end)
        body, notes = range(first, formula + 1), range(after, end)
    else:
        names, body, notes = (), range(first, end), range(end, end)
    return Layout(
        body=body,
        names=names,
        notes=notes,
        explicit=fenced is not None,
        formula=lines[formula - 1] if formula else "",
        date_line=date_line,
        sender=sender,
    )


def _closing(lines: list[str], first: int) -> tuple[int | None, str]:
    """A date alone on a line with at most three lines after it, which name the sender."""
    after: list[str] = []
    for number in range(len(lines), first - 1, -1):
        text = bare(lines[number - 1])
        if not text:
            continue
        if read_date(text):
            return number, " ".join(reversed(after))
        after.append(text)
        if len(after) > _CLOSING_LINES or len(text) > _LONGEST_SENDER:
            break
    return None, ""


def _fenced_names(lines: list[str], first: int, end: int) -> range | None:
    """The lines inside a fence marked `연명` or `signatories`; one that is never closed ends with the letter."""
    for number in _outside_fences(lines, first, end):
        mark = _FENCE.match(lines[number - 1])
        if mark and mark[2].lower() in _NAMES_INFO:
            inside = range(number + 1, end)
            stop = next((at for at in inside if lines[at - 1].strip().startswith(mark[1])), end)
            return range(number + 1, stop)
    return None


def _outside_fences(lines: list[str], first: int, end: int) -> Iterable[int]:
    """Numbers of the lines outside code fences, opening lines included."""
    fence = ""
    for number in range(first, end):
        mark = _FENCE.match(lines[number - 1])
        if fence:
            fence = "" if lines[number - 1].strip().startswith(fence) else fence
            continue
        fence = mark[1] if mark else ""
        yield number


def _formula(lines: list[str], first: int, end: int) -> int:
    """The line of the closing formula, 0 if there is none; of several in a row ("Sincerely,", "Signatories") the last."""
    found = 0
    for number in _outside_fences(lines, first, end):
        if not lines[number - 1].strip():
            continue
        if _is_formula(lines[number - 1]):
            found = number
        elif found:
            break
    return found


def _is_formula(line: str) -> bool:
    text = bare(line[:_LONGEST_NAME])
    found = _FORMULA.match(text)
    return found is not None and _FORMULA_TAIL.fullmatch(text, found.end()) is not None


def _names(lines: list[str], first: int, end: int) -> tuple[tuple[NameLine, ...], int]:
    """The name lines from `first`, and the line after them."""
    out: list[NameLine] = []
    in_item = False
    for number in range(first, end):
        line = lines[number - 1]
        if not line.strip() or is_rule(line):
            in_item = False
            continue
        if _NO_NAME.match(line) or _is_prose(line) or read_count(line):
            return tuple(out), number
        bulleted = _BULLET.match(line) is not None
        out.append(NameLine(line=number, text=unbulleted(line), goes_on=in_item and not bulleted))
        in_item = in_item or bulleted
    return tuple(out), end


def _is_prose(line: str) -> bool:
    """Too long for a name and not a row of names either."""
    ends = line.rstrip().endswith((".", "。", "!", "?", "…"))
    return len(line) > _LONGEST_NAME and (ends or len(in_row(line)) < _LEAST_ROW)
