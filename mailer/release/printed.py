"""The header block as it is printed on paper and in the e-mail: the same rows in the same order.

Not here: reading the block of a letter file (`header.py`), how a row looks (`document/`, `message/`).
"""

from __future__ import annotations

from dataclasses import dataclass

from mailer.release.dates import write_date, write_moment
from mailer.release.model import Release
from mailer.wording import Text

__all__ = ["HeaderRow", "header_rows"]

_LABELS = {
    "number": Text("문서번호", "Ref."),
    "to": Text("수신", "To"),
    "cc": Text("참조", "Cc"),
    "sender": Text("발신", "From"),
    "title": Text("제목", "Subject"),
    "dated": Text("전송일자", "Date"),
    "pages": Text("전송매수", "Pages"),
    "contact": Text("담당", "Contact"),
    "attachments": Text("붙임", "Attached"),
    "corrects": Text("정정대상", "Corrects"),
    "embargo": Text("엠바고", "Embargo"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderRow:
    """`field` is the name of the field in `Release`, or "pages"."""

    field: str
    label: Text
    value: str


def header_rows(release: Release, *, pages: str) -> tuple[HeaderRow, ...]:
    """The rows in their order, those without a value left out. `pages` is what to print for the number of pages."""
    written = {
        "dated": write_date(release.dated),
        "pages": pages,
        "embargo": f"{write_moment(release.embargo)} 이후 보도" if release.embargo else "",
    }
    values = {field: written[field] if field in written else getattr(release, field) or "" for field in _LABELS}
    return tuple(HeaderRow(field=field, label=_LABELS[field], value=value) for field, value in values.items() if value)
