"""The header block of a letter: `label : value` lines between two rules, or the same as front matter.

    문서번호 : 26-12-국제연대위-01          ---
    수 신 : 각 언론사                       number: 26-12-국제연대위-01
    **제 목** ： [성명] ...                 title: "[성명] ..."
    ---                                     ---

Labels are read with any spaces and bold marks inside, behind a bullet or a number, with any sign that looks like a colon, in
Korean or English. A rule may also be drawn with box lines, as word processors do. Front matter is strictly one `key: value` a
line (quotes are taken off); lists, blocks and nesting of YAML are refused by name, never guessed.

Not here: what the values mean (`dates.py`, `reader.py`).
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from mailer.errors import LetterError
from mailer.release.remarks import Remarks
from mailer.wording import Text

__all__ = ["LABELS", "Field", "Header", "is_rule", "read_header", "value_of"]

LABELS = {
    "number": ("문서번호", "number"),
    "to": ("수신", "to"),
    "cc": ("참조", "cc"),
    "sender": ("발신", "from"),
    "title": ("제목", "title"),
    "dated": ("전송일자", "date"),
    "pages": ("전송매수", "pages"),
    "contact": ("담당", "contact"),
    "embargo": ("엠바고", "embargo"),
    "attachments": ("붙임", "attachments"),
    "corrects": ("정정", "corrects"),
    "signatories": ("연명", "signatories"),
}
_ALSO = {
    **dict.fromkeys(("수신처", "수신자", "받는곳", "받는이"), "to"),
    **dict.fromkeys(("발신처", "발신자", "발신인", "보내는곳", "보내는이", "sender"), "sender"),
    **dict.fromkeys(("날짜", "일자", "발신일자", "발송일자", "배포일", "배포일자", "보도일자"), "dated"),
    **dict.fromkeys(("매수", "쪽수"), "pages"),
    **dict.fromkeys(("담당자", "문의", "문의처"), "contact"),
    **dict.fromkeys(("보도시점", "보도유예"), "embargo"),
    **dict.fromkeys(("첨부", "첨부자료", "붙임자료", "별첨"), "attachments"),
    "subject": "title",
}
_FIELD_OF = {label: field for field, labels in LABELS.items() for label in labels} | _ALSO
_REQUIRED = ("number", "to", "sender", "title", "dated")
_SEARCHED_LINES = 80

_RULE = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:[=＝─━═―—＿][ \t]*){3,})")
_COLON = re.compile("[:：∶ː﹕꞉]")
_BULLET = re.compile(r"\s*(?:[-+•·‣▪▫■□●○◦◆◇▶▷▸☞※#>]+|\d{1,2}[.)])\s*")
_MARKS = re.compile("[\\s*_\u00ad\u200b-\u200f\u2060\ufeff]+")
_STRONG = re.compile(r"(?<!\\)(\*\*|__)(?=\S)((?:(?!\1).)+)(?<=[^\s\\])\1")
_EMPHASIS = re.compile(r"(?<![\w\\*_])([*_])(?=[^\s*_])([^*_]+)(?<=[^\s\\])\1(?![\w*_])")
_BREAK = re.compile(r"(?:\\|<br\s*/?>)$")
_MARKS_LEFT = re.compile(r"\*\*|__|~~|</?[A-Za-z][A-Za-z0-9]*(?:\s[^<>@]{0,200})?/?>")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_LINK = re.compile(r"\[([^\[\]]{1,200})\]\((?:https?://|mailto:)[^()\s]{1,300}\)|<((?:https?://)[^<>\s]{1,300})>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One header line: `value` is one line without marks and escapes, `line` is 1-based."""

    label: str
    value: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The fields by name (`LABELS`), the first line of the block, and the first line after it (both 1-based)."""

    fields: dict[str, Field]
    line: int
    body_line: int
    front_matter: bool


def is_rule(line: str) -> bool:
    """A thematic break: three or more `-`, `*`, `_` or box lines alone on a line."""
    return _RULE.fullmatch(line.rstrip()) is not None


def read_header(lines: list[str], remarks: Remarks) -> Header:
    """Find and read the header block; every complaint goes to `remarks`. `LetterError` when there is none at all."""
    start, end, front_matter = _borders(lines, remarks)
    fields: dict[str, Field] = {}
    for number, line in enumerate(lines[start:end], start + 1):
        if line.strip() and not (front_matter and line.lstrip().startswith("#")):
            _read_line(line, number, front_matter, fields, remarks)
    for name in _REQUIRED:
        if name not in fields or not fields[name].value:
            _note_missing(name, fields[name].line if name in fields else start + 1, remarks)
    present = [name for name in (*_REQUIRED, "pages") if name in fields and fields[name].value]
    if all(name in present for name in _REQUIRED):
        labels = ", ".join(LABELS[name][0] for name in present)
        message = Text(
            f"머리글 항목 {len(present)}개를 찾았습니다: {labels}", f"{len(present)} header fields found: {labels}"
        )
        remarks.ok("header", start + 1, message)
    ruled = end < len(lines) and _ends(lines[end])
    return Header(fields=fields, line=start + 1, body_line=end + 1 + ruled, front_matter=front_matter)


def value_of(header: Header, name: str) -> str:
    """The value of a field, "" when it is missing."""
    return header.fields[name].value if name in header.fields else ""


def _borders(lines: list[str], remarks: Remarks) -> tuple[int, int, bool]:
    """First index of the block, index of the first line after it (the rule, if there is one), and whether it is front matter."""
    first_text = next(i for i, line in enumerate(lines) if line.strip())
    if is_rule(lines[first_text]):
        end = _next_rule(lines, first_text + 1)
        if end is not None and any(_known(line) for line in lines[first_text + 1 : end]):
            front = any(_known(line) and _label(line).isascii() for line in lines[first_text + 1 : end])
            return first_text + 1, end, front
    first = _first_of_block(lines[:_SEARCHED_LINES])
    if first is None:
        raise _headless(remarks)
    start = next((i + 1 for i in range(first, -1, -1) if is_rule(lines[i])), first)
    end = _next_rule(lines, first)
    if end is not None and end - first < _SEARCHED_LINES:
        return start, end, False
    return start, _end_without_rule(lines, first, remarks), False


def _first_of_block(lines: list[str]) -> int | None:
    """The first header line between those two rules that have the most of them: a letterhead may hold a `담당 : …` of its own."""
    blocks: list[list[int]] = [[]]
    for index, line in enumerate(lines):
        if is_rule(line):
            blocks.append([])
        elif _known(line):
            blocks[-1].append(index)
    fullest = max(blocks, key=len)
    return fullest[0] if fullest else None


def _next_rule(lines: list[str], start: int) -> int | None:
    return next((i for i in range(start, len(lines)) if _ends(lines[i])), None)


def _ends(line: str) -> bool:
    return is_rule(line) or line.rstrip() == "..."


def _end_without_rule(lines: list[str], first: int, remarks: Remarks) -> int:
    """Where the block ends if its author forgot the rule: behind the last header line before any other text."""
    last = first
    for i in range(first, min(len(lines), first + _SEARCHED_LINES)):
        if _known(lines[i]):
            last = i
        elif lines[i].strip():
            break
    remarks.error(
        "header_end",
        last + 1,
        Text("머리글 다음에 구분선이 없습니다", "there is no rule after the header block"),
        Text("마지막 머리글 항목 아래에 '---' 한 줄을 넣어 주십시오", "put a line '---' below the last header field"),
    )
    return last + 1


def _split(line: str) -> tuple[str, str] | None:
    colon = _COLON.search(line, 1, 61)
    return (line[: colon.start()], line[colon.end() :]) if colon else None


def _label(line: str) -> str:
    parts = _split(line)
    if not parts:
        return ""
    bullet = _BULLET.match(parts[0])
    return _MARKS.sub("", parts[0][bullet.end() if bullet else 0 :]).lower()


def _known(line: str) -> bool:
    return _label(line) in _FIELD_OF


def _read_line(line: str, number: int, front_matter: bool, fields: dict[str, Field], remarks: Remarks) -> None:
    parts = _split(line)
    if parts is None or (front_matter and line[0] in " \t-"):
        _note_shapeless(line, number, front_matter, remarks)
        return
    label = _label(line)
    name = _FIELD_OF.get(label)
    if name is None:
        _note_unknown(label, number, remarks)
    elif name in fields:
        _note_double(name, number, fields[name].line, remarks)
    else:
        value = _unquoted(parts[1], number, remarks) if front_matter else _unmarked(*parts)
        _check_marks(value, number, remarks)
        fields[name] = Field(label=label, value=" ".join(value.split()), line=number)


def _unmarked(label: str, value: str) -> str:
    """The value without emphasis (also the half of a bold mark that began before the colon) and without a hard line break, links
    and backslash escapes resolved."""
    value = _BREAK.sub("", value.strip()).rstrip()
    if label.count("**") % 2:
        value = value.removeprefix("**") if value.startswith("**") else value.removesuffix("**")
    value = _LINK.sub(lambda found: found[1] or found[2], _EMPHASIS.sub(r"\2", _STRONG.sub(r"\2", value)))
    return _ESCAPED.sub(r"\1", value)


def _check_marks(value: str, line: int, remarks: Remarks) -> None:
    """A subject line shows marks as they are."""
    if left := _MARKS_LEFT.search(value):
        remarks.warning(
            "marks",
            line,
            Text(
                f"머리글에 표시가 글자로 남았습니다: {left[0][:40]}",
                f"a mark remains in the header as characters: {left[0][:40]}",
            ),
            Text("글꼴 표시와 HTML을 빼고 글만 남겨 주십시오", "leave only the words, without styles and HTML"),
        )


def _unquoted(value: str, number: int, remarks: Remarks) -> str:
    value = value.strip()
    quote = value[:1]
    if quote in ('"', "'") and (len(value) < 2 or not value.endswith(quote)):
        remarks.error(
            "header_line",
            number,
            Text("따옴표가 닫히지 않았습니다", "the quotation mark is not closed"),
            Text(
                "값의 앞뒤 따옴표를 맞추거나 모두 빼 주십시오", "close the quotes around the value, or leave them out"
            ),
        )
        return value.strip(quote)
    if quote == '"':
        return value[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    if quote == "'":
        return value[1:-1].replace("''", "'")
    if value in ("|", ">", "|-", ">-", "|+", ">+"):
        _note_shapeless(value, number, True, remarks)
        return ""
    return value


def _note_missing(name: str, line: int, remarks: Remarks) -> None:
    korean, english = LABELS[name]
    remarks.error(
        "field",
        line,
        Text(
            f"머리글에 '{korean}' 항목이 없거나 비어 있습니다",
            f"the header field '{korean}' ({english}) is missing or empty",
        ),
        Text(f"머리글에 '{korean} : …' 줄을 써 주십시오", f"write a line '{korean} : …' in the header block"),
    )


def _note_unknown(label: str, line: int, remarks: Remarks) -> None:
    near = difflib.get_close_matches(label, [name for name in _FIELD_OF if name.isascii() == label.isascii()], 1, 0.3)
    known = ", ".join(korean for korean, _ in LABELS.values())
    remarks.error(
        "label",
        line,
        Text(f"모르는 머리글 항목입니다: {label[:40]}", f"unknown header label: {label[:40]}"),
        Text(f"혹시 '{near[0]}'입니까?", f"did you mean '{near[0]}'?")
        if near
        else Text(f"쓸 수 있는 항목: {known}", f"known labels: {known}"),
    )


def _note_double(name: str, line: int, first: int, remarks: Remarks) -> None:
    korean, english = LABELS[name]
    remarks.error(
        "field",
        line,
        Text(
            f"'{korean}' 항목이 두 번 나옵니다(처음은 {first}행)",
            f"'{korean}' ({english}) stands twice, first on line {first}",
        ),
        Text("하나만 남겨 주십시오", "keep only one"),
    )


def _note_shapeless(line: str, number: int, front_matter: bool, remarks: Remarks) -> None:
    shape = "key: value" if front_matter else "제목 : …"
    remarks.error(
        "header_line",
        number,
        Text(f"머리글 줄의 형식이 아닙니다: {line.strip()[:40]}", f"this is not a header line: {line.strip()[:40]}"),
        Text(
            f"항목마다 한 줄로 '{shape}'처럼 써 주십시오",
            f"write each field on one line, like '{shape}'",
        ),
    )


def _headless(remarks: Remarks) -> LetterError:
    return remarks.refusal(
        "header",
        1,
        Text(
            "머리글(문서번호, 수신, 발신, 제목, 전송일자)이 없습니다",
            "there is no header block (문서번호, 수신, 발신, 제목, 전송일자)",
        ),
        Text(
            "원고 앞에 '제목 : …' 같은 머리글 줄을 쓰고 그 위아래에 '---'를 넣어 주십시오",
            "begin the letter with header lines such as '제목 : …' between two lines '---'",
        ),
    )
