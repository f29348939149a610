"""Lists -> audience: one person per address key, everybody else left out with a reason and a place. Nobody vanishes.

The first list that names a person decides how they are shown; their lists, places and tags are collected from all. The
filter looks at the collected person. Every listed address ends either in `recipients` or in `left_out`, exactly once.

Not here: freezing the audience (`desk/`), the check at the moment of sending (`sending/`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mailer.contacts.filters import Filter
from mailer.contacts.lists import ContactList
from mailer.contacts.problems import Problem
from mailer.contacts.suppression import Suppression, SuppressionKind, Suppressions
from mailer.dispatch import Contact
from mailer.wording import Text

__all__ = ["Audience", "LeftOut", "NearDuplicate", "merge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """One listed address that gets no mail. `code`: duplicate, suppressed, excluded, filtered, or the code of the row's
    problem (bad_address, typo_domain, ragged_row, ...). `where` is `file:row`."""

    address: str
    name: str
    code: str
    reason: Text
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NearDuplicate:
    """Recipients of the same name and outlet with different addresses: possibly one person who would get two letters."""

    name: str
    outlet: str
    addresses: tuple[str, ...]
    where: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """`listed == len(recipients) + len(left_out)`; recipients in the order of the lists, then of their rows."""

    listed: int
    recipients: tuple[Contact, ...] = field(repr=False)
    left_out: tuple[LeftOut, ...] = field(repr=False)
    near: tuple[NearDuplicate, ...] = ()


def merge(
    lists: Sequence[ContactList],
    *,
    exclude: Sequence[ContactList] = (),
    where: Filter | None = None,
    suppressions: Suppressions | None = None,
) -> Audience:
    """The people to mail. A list given twice counts once. Raises UsageError for a filter on a field that no list has."""
    lists = _once(lists)
    if where is not None:
        where.check(header for chosen in lists for header in chosen.columns)
    left_out = [_bad(chosen, problem) for chosen in lists for problem in chosen.problems if problem.drops]
    people: dict[str, Contact] = {}
    for contact in (contact for chosen in lists for contact in chosen.contacts):
        known = people.get(contact.address.key)
        if known is None:
            people[contact.address.key] = contact
        else:
            people[contact.address.key] = _joined(known, contact)
            left_out.append(_duplicate(contact, known))
    barred = {contact.address.key: chosen.name for chosen in exclude for contact in chosen.contacts}
    suppressions = suppressions or Suppressions()
    recipients = []
    for contact in people.values():
        verdict = _verdict(contact, barred, where, suppressions)
        if verdict is None:
            recipients.append(contact)
        else:
            left_out.append(_left(contact, *verdict))
    order = {chosen.source: position for position, chosen in enumerate(lists)}
    left_out.sort(key=lambda left: _place(left.where, order))
    return Audience(
        listed=sum(chosen.listed for chosen in lists),
        recipients=tuple(recipients),
        left_out=tuple(left_out),
        near=_near(recipients),
    )


def _once(lists: Sequence[ContactList]) -> list[ContactList]:
    return list({(chosen.name, chosen.source, chosen.sheet, chosen.sha256): chosen for chosen in lists}.values())


def _joined(first: Contact, again: Contact) -> Contact:
    """`first` as it is shown, with the lists, places and tags of `again` added."""
    return replace(
        first,
        lists=tuple(dict.fromkeys(first.lists + again.lists)),
        sources=tuple(dict.fromkeys(first.sources + again.sources)),
        tags=tuple(dict.fromkeys(first.tags + again.tags)),
    )


def _verdict(
    contact: Contact, barred: Mapping[str, str], where: Filter | None, suppressions: Suppressions
) -> tuple[str, Text] | None:
    """(code, reason) why a person gets no mail, None when they do. Suppression outweighs the rest."""
    entry = suppressions.why(contact.address)
    if entry is not None:
        return "suppressed", _suppressed(entry)
    if contact.address.key in barred:
        name = barred[contact.address.key]
        return "excluded", Text(f"제외 명단 {name}에 있습니다", f"stands in the excluded list {name}")
    if where is not None and not where.matches(contact):
        return "filtered", Text("조건에 맞지 않습니다", "does not match the condition")
    return None


def _suppressed(entry: Suppression) -> Text:
    day = entry.added_at.date().isoformat()
    if entry.kind is SuppressionKind.DOMAIN:
        return Text(
            f"발송 제외 도메인입니다({entry.reason}, {day})", f"its domain is suppressed ({entry.reason}, {day})"
        )
    return Text(f"발송 제외 주소입니다({entry.reason}, {day})", f"the address is suppressed ({entry.reason}, {day})")


def _duplicate(contact: Contact, known: Contact) -> LeftOut:
    place = known.sources[0]
    reason = Text(f"{place}에 이미 있는 주소라 한 통만 보냅니다", f"the same address as {place}; one mail only")
    return _left(contact, "duplicate", reason)


def _left(contact: Contact, code: str, reason: Text) -> LeftOut:
    return LeftOut(address=str(contact.address), name=contact.name, code=code, reason=reason, where=contact.sources[0])


def _bad(chosen: ContactList, problem: Problem) -> LeftOut:
    return LeftOut(
        address=problem.value,
        name="",
        code=problem.code,
        reason=problem.problem,
        where=f"{chosen.source}:{problem.row}",
    )


def _place(where: str, order: Mapping[str, int]) -> tuple[int, int]:
    source, _, row = where.rpartition(":")
    return order.get(source, len(order)), int(row)


def _near(recipients: Sequence[Contact]) -> tuple[NearDuplicate, ...]:
    outlets = {outlet: _bare(outlet) for outlet in {contact.outlet for contact in recipients}}
    first: dict[tuple[str, str], Contact] = {}
    groups: dict[tuple[str, str], list[Contact]] = {}
    for contact in recipients:
        if contact.name and contact.outlet:
            key = _bare(contact.name), outlets[contact.outlet]
            if (earlier := first.setdefault(key, contact)) is not contact:
                groups.setdefault(key, [earlier]).append(contact)
    return tuple(
        NearDuplicate(
            name=group[0].name,
            outlet=group[0].outlet,
            addresses=tuple(str(contact.address) for contact in group),
            where=tuple(contact.sources[0] for contact in group),
        )
        for group in (groups[key] for key in first if key in groups)
    )


def _bare(text: str) -> str:
    """What makes two spellings of a name equal: letters only, without case and accents of width."""
    bare = "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())
    return text if bare == text else bare
