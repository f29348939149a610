"""Which column is which: header names in Korean and English, or one column that is plainly addresses.

Not here: the meaning of a cell (`names`, `addresses`, `reading`).
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from mailer.contacts.tables import CELL_LINES, Record, delimiters, lines_of, records

__all__ = ["HEAD", "KOREAN", "OWN", "Columns", "Table", "field_of", "find_columns", "open_table"]

_NAMES = """
email: email emails mail emailaddress mailaddress 이메일 이메일주소 메일 메일주소 전자우편 전자우편주소
email: 전자메일 전자메일주소 이메일1 email1 email1value email주소 mail주소 e메일 e메일주소 전자우편함
name: name fullname contactname person reporter journalist 이름 성명 성함 기자명 기자이름 담당자
name: 담당자명 기자 담당기자
outlet: outlet media organization organisation company publication newspaper 매체 매체명 언론사 언론사명 소속
outlet: 소속사 회사 회사명 신문사 방송사 기관 기관명 organizationname organization1name
desk: desk department dept section team division 부서 부서명 소속부서 데스크 팀 organizationdepartment organization1department
title: title jobtitle position role 직함 직책 직위 직급 organizationtitle organization1title
beat: beat beats field topic coverage 분야 담당분야 출입처 취재분야 담당
language: language lang 언어 사용언어
salutation: salutation greeting 호칭 인사말
tags: tags tag label labels group groups groupmembership categories 태그 분류 그룹 구분 범주
phone: phone tel telephone mobile cell cellphone phonenumber mobilephone 전화 전화번호 휴대폰 휴대전화 핸드폰
phone: 휴대폰번호 휴대전화번호 연락처 핸드폰번호 phone1value
note: note notes memo remark remarks comment comments 비고 메모 참고 참고사항
source_note: source origin 출처 수집경로 입수경로 수집출처
added: added addedon dateadded created createdat registered 등록일 등록일자 추가일 수집일 입력일
"""
KOREAN = {
    "email": "이메일", "name": "이름", "outlet": "매체", "desk": "부서", "title": "직함", "beat": "분야", "language": "언어",
    "salutation": "호칭", "tags": "태그", "phone": "전화", "note": "비고", "source_note": "출처", "added": "등록일",
}  # fmt: skip
OWN = ("행(원본)", "문제", "제안")
_ALIASES = {alias: line.partition(":")[0] for line in _NAMES.split("\n") for alias in line.partition(":")[2].split()}
_NAME_PARTS = {
    **dict.fromkeys(("firstname", "givenname", "forename"), "given"),
    **dict.fromkeys(("lastname", "familyname", "surname", "성", "성씨"), "family"),
}
_BETTER = ("jobtitle",)
"""Wins over an earlier column of the same field: beside it, Outlook's "Title" is Mr. or Dr."""

_HEADER_DEPTH = 30
HEAD = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """`headers` as they stand in the file (made unique), `fields` maps a Contact field to its column, `name_parts` a "given" and
    a "family" name to theirs, as address books export them; `extra` are the columns kept for templates. `first` is the index of
    the first record after the header; `guessed` says that the address column was recognised by its content."""

    headers: tuple[str, ...]
    fields: dict[str, int] = field(default_factory=dict)
    name_parts: dict[str, int] = field(default_factory=dict)
    extra: tuple[int, ...] = ()
    first: int = 0
    guessed: bool = False


def field_of(header: str) -> str | None:
    """The Contact field that a header names: `E-Mail 주소 *` -> email."""
    return _ALIASES.get(_bare(re.sub(r"\([^)]*\)|\[[^]]*\]", "", header))) or _ALIASES.get(_bare(header))


def _bare(header: str) -> str:
    return re.sub(r"[\s\-–—_.*:·/'()\[\]]+", "", unicodedata.normalize("NFKC", header).casefold())


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A text table taken apart: its first records, the rest as they come, and its columns (None: no address column)."""

    head: Sequence[Record]
    rest: Iterator[Record]
    columns: Columns | None


def open_table(text: str) -> Table:
    """Split `text` by the delimiter under which it has an address header, else by the likeliest."""
    lines = lines_of(text)
    ranked = delimiters(lines)
    rest = records(lines, next(filter(partial(_has_header, lines[: HEAD * CELL_LINES]), ranked), ranked[0]))
    head = list(itertools.islice(rest, HEAD))
    return Table(head=head, rest=rest, columns=find_columns(head))


def _has_header(lines: Sequence[str], delimiter: str) -> bool:
    """Whether a header names the address column when `lines` are split by `delimiter`."""
    columns = find_columns(list(itertools.islice(records(lines, delimiter), HEAD)))
    return columns is not None and not columns.guessed


def find_columns(head: Sequence[Record]) -> Columns | None:
    """The columns of a table whose first records are given, or None when no column holds addresses."""
    filled = [(index, record) for index, record in enumerate(head[:HEAD]) if any(c.strip() for c in record.cells)]
    named = [
        (index, record)
        for index, record in filled[:_HEADER_DEPTH]
        if not _has_address(record) and "email" in map(field_of, record.cells)
    ]
    if named:
        index, record = max(named, key=lambda item: (_recognised(item[1]), -item[0]))
        return _with_header(index, record, None)
    headed = [
        (index, record)
        for index, record in filled[:_HEADER_DEPTH]
        if _recognised(record) >= 2 and not _has_address(record)
    ]
    column = _address_column([record for index, record in filled if not headed or index > headed[0][0]])
    if column is None:
        return None
    if headed:
        return _with_header(*headed[0], column)
    width = max(len(record.cells) for _, record in filled)
    headers = tuple(KOREAN["email"] if i == column else f"{i + 1}열" for i in range(width))
    extra = tuple(i for i in range(width) if i != column)
    return Columns(headers=headers, fields={"email": column}, extra=extra, guessed=True)


def _recognised(record: Record) -> int:
    return len({field_of(cell) for cell in record.cells} - {None})


def _has_address(record: Record) -> bool:
    return any("@" in cell or "＠" in cell for cell in record.cells)


def _with_header(index: int, record: Record, address_column: int | None) -> Columns:
    headers = _unique([" ".join(cell.split())[:100] for cell in record.cells])
    fields: dict[str, int] = {} if address_column is None else {"email": address_column}
    for position, cell in enumerate(record.cells):
        name = field_of(cell)
        if name and position != address_column and (name not in fields or _bare(cell) in _BETTER):
            fields[name] = position
    known = set(fields.values())
    extra = tuple(i for i, header in enumerate(headers) if i not in known and header and header not in OWN)
    parts = {part: i for i, cell in reversed(list(enumerate(record.cells))) if (part := _NAME_PARTS.get(_bare(cell)))}
    return Columns(
        headers=headers,
        fields=fields,
        name_parts=parts,
        extra=extra,
        first=index + 1,
        guessed=address_column is not None,
    )


def _unique(headers: list[str]) -> tuple[str, ...]:
    seen: dict[str, int] = {}
    unique = []
    for header in headers:
        seen[header] = seen.get(header, 0) + 1
        unique.append(header if not header or seen[header] == 1 else f"{header} ({seen[header]})")
    return tuple(unique)


def _address_column(records: Sequence[Record]) -> int | None:
    """The one column most of whose filled cells hold an @; None when there is none, or more than one."""
    width = max((len(record.cells) for record in records), default=0)
    plain = []
    for column in range(min(width, 200)):
        filled = [r.cells[column] for r in records if column < len(r.cells) and r.cells[column].strip()]
        addresses = sum("@" in cell or "＠" in cell for cell in filled)
        if addresses and addresses * 10 >= len(filled) * 6:
            plain.append(column)
    return plain[0] if len(plain) == 1 else None
