"""Name lines -> signatories: broken names joined (and every join shown), the stated count compared, doubles named.

Names are never respelled. Not here: which lines are names (`layout.py`), the weighing of broken ones (`wraps.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailer.release.count import Count
from mailer.release.layout import NameLine, in_row
from mailer.release.markdown import read_inline
from mailer.release.model import Signatory
from mailer.release.remarks import Remarks
from mailer.release.tree import plain
from mailer.release.wraps import choose, weigh
from mailer.wording import Text

__all__ = ["read_signatories"]


_ROW = 4
"""From this many names on, a line is taken for a row of names; a place ("Fairbanks, Alaska") is shorter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    text: str
    line: int


def read_signatories(
    lines: Sequence[NameLine], *, explicit: bool, count: Count | None, remarks: Remarks
) -> tuple[Signatory, ...]:
    """One signatory per name. In an `explicit` list (fenced, or a file of its own) a line is a name and nothing is joined."""
    entries = _rows_split(_continued(lines, remarks), count, explicit, remarks)
    surplus = len(entries) - count.named if count else None
    joined, likely = choose(weigh([entry.text for entry in entries]), surplus)
    if explicit:
        joined, likely = frozenset(), joined | likely if surplus else frozenset()
    for index in sorted(likely):
        _note_likely(entries[index - 1], entries[index], remarks)
    signatories = tuple(_signatory(entry, remarks) for entry in _joined(entries, joined, remarks))
    _check_count(signatories, count, remarks)
    _check_doubles(signatories, remarks)
    return signatories


def _continued(lines: Sequence[NameLine], remarks: Remarks) -> list[_Entry]:
    """Lines that the source itself marks as part of the list item before."""
    entries = [_Entry(text=line.text, line=line.line) for line in lines]
    return _joined(entries, frozenset(index for index, line in enumerate(lines) if line.goes_on), remarks)


def _rows_split(entries: list[_Entry], count: Count | None, explicit: bool, remarks: Remarks) -> list[_Entry]:
    """Names set in rows with commas are split if, and only if, that gives exactly the stated number."""
    rows = [entry for entry in entries if len(in_row(entry.text)) >= _ROW]
    if explicit or not rows or len(rows) * 2 < len(entries) or (count and len(entries) == count.named):
        return entries
    split = [replace(entry, text=name) for entry in entries for name in in_row(entry.text)]
    if count and len(split) == count.named:
        message = Text(
            f"쉼표로 이어 쓴 연명을 {len(split)}개로 나누어 읽었습니다",
            f"names set in a row were split at commas into {len(split)}",
        )
        remarks.ok("signatory_row", rows[0].line, message)
        return split
    remarks.warning(
        "signatory_row",
        rows[0].line,
        Text(
            "한 줄에 여러 이름이 있는 것 같습니다. 한 이름으로 읽었습니다",
            "a line seems to hold several names; it was read as one",
        ),
        Text("이름마다 줄을 바꾸어 써 주십시오", "write one name per line"),
    )
    return entries


def _joined(entries: Sequence[_Entry], tails: frozenset[int], remarks: Remarks) -> list[_Entry]:
    groups: list[list[_Entry]] = []
    for index, entry in enumerate(entries):
        if index in tails and groups:
            _note_join(groups[-1][-1], entry, remarks)
            groups[-1].append(entry)
        else:
            groups.append([entry])
    return [replace(group[0], text=" ".join(entry.text for entry in group)) for group in groups]


def _signatory(entry: _Entry, remarks: Remarks) -> Signatory:
    lang, children = read_inline(entry.text, entry.line, remarks)
    return Signatory(name=plain(children), lang=lang, children=children, line=entry.line)


def _check_count(signatories: Sequence[Signatory], count: Count | None, remarks: Remarks) -> None:
    if not signatories and count is None:
        return
    found, first = len(signatories), signatories[0].line if signatories else 0
    if count is None:
        remarks.ok("signatories", first, Text(f"연명 {found}개를 읽었습니다", f"{found} signatories were read"))
        return
    sum_ko = f"{count.total} - 익명 {count.anonymous} = {count.named}" if count.anonymous else f"{count.named}"
    sum_en = f"{count.total} - {count.anonymous} anonymous = {count.named}" if count.anonymous else f"{count.named}"
    if found == count.named:
        message = Text(
            f"연명 {found}개가 본문에 적은 수와 맞습니다({sum_ko})",
            f"{found} signatories, as the letter states ({sum_en})",
        )
        remarks.ok("signatories", first, message)
        return
    remarks.warning(
        "signatories",
        first,
        Text(
            f"적은 수는 {sum_ko}인데 읽은 연명은 {found}개입니다",
            f"the letter states {sum_en}, but {found} signatories were read",
        ),
        Text(
            "빠지거나 두 줄로 나뉜 이름이 있는지, 적은 수가 맞는지 확인해 주십시오",
            "look for names that are missing or broken in two lines, and check the stated number",
        ),
    )


def _check_doubles(signatories: Sequence[Signatory], remarks: Remarks) -> None:
    first: dict[str, Signatory] = {}
    for signatory in signatories:
        earlier = first.setdefault(" ".join(signatory.name.casefold().split()), signatory)
        if earlier is not signatory:
            remarks.warning(
                "signatory_double",
                signatory.line,
                Text(
                    f"같은 이름이 {earlier.line}행에도 있습니다: {_short(signatory.name)}",
                    f"the same name stands on line {earlier.line}: {_short(signatory.name)}",
                ),
                Text("한 번만 남겨 주십시오", "keep it once"),
            )


def _note_join(head: _Entry, tail: _Entry, remarks: Remarks) -> None:
    remarks.warning(
        "signatory_joined",
        tail.line,
        Text(
            f"두 줄로 나뉜 이름을 이었습니다: '{_short(head.text)}' + '{_short(tail.text)}'",
            f"a name broken in two lines was joined: '{_short(head.text)}' + '{_short(tail.text)}'",
        ),
        Text("맞으면 원고에서도 한 줄로 붙여 주십시오", "if that is right, put it on one line in the letter too"),
    )


def _note_likely(head: _Entry, tail: _Entry, remarks: Remarks) -> None:
    remarks.warning(
        "signatory_broken",
        tail.line,
        Text(
            f"앞줄에 이어지는 이름인지 확인해 주십시오: '{_short(head.text)}' / '{_short(tail.text)}'",
            f"does this line belong to the one before? '{_short(head.text)}' / '{_short(tail.text)}'",
        ),
        Text(
            "한 이름이면 한 줄로 붙여 주십시오. 따로라면 그대로 두어도 됩니다",
            "if it is one name, put it on one line; if not, leave it",
        ),
    )


def _short(text: str) -> str:
    return text if len(text) <= 100 else text[:99] + "…"
