"""Why one person is, or is not, in a send: every place they stand in and what was decided about them.

Not here: deciding (`audience`); this only asks it and explains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from mailer.contacts.addresses import parse_address
from mailer.contacts.audience import merge
from mailer.contacts.filters import Filter
from mailer.contacts.lists import ContactList
from mailer.contacts.problems import Problem, printable
from mailer.contacts.suppression import Suppressions
from mailer.dispatch import Address, Contact
from mailer.wording import Text

__all__ = ["Why", "why"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """`receives`: whether `address` gets the letter; `contact` as it would be mailed, None when it is not; `reasons` in the order
    of the decision; `alike` are listed addresses that look similar, when this one is not listed at all."""

    address: str
    receives: bool
    contact: Contact | None
    reasons: tuple[Text, ...]
    alike: tuple[str, ...] = ()


def why(
    address: str,
    lists: Sequence[ContactList],
    *,
    exclude: Sequence[ContactList] = (),
    where: Filter | None = None,
    suppressions: Suppressions | None = None,
) -> Why:
    """Explain what `merge` with the same arguments does with `address`, a text as a person types it."""
    found = parse_address(address)
    if isinstance(found, Problem):
        return _unusable(address, found, lists)
    audience = merge(lists, exclude=exclude, where=where, suppressions=suppressions)
    mailed = next((contact for contact in audience.recipients if contact.address.key == found.key), None)
    places = _places(found, lists) + _meant(found, lists)
    decided = [
        Text(f"{left.where}: {left.reason.ko}", f"{left.where}: {left.reason.en}")
        for left in audience.left_out
        if _is(found, left.address)
    ]
    if not places:
        reasons = [*decided, Text("고른 명단에 이 주소가 없습니다", "none of the chosen lists has this address")]
        return Why(address=str(found), receives=False, contact=None, reasons=tuple(reasons), alike=_alike(found, lists))
    return Why(
        address=str(found), receives=mailed is not None, contact=mailed, reasons=(*places, *decided, *_condition(where))
    )


def _unusable(address: str, problem: Problem, lists: Sequence[ContactList]) -> Why:
    shown = printable(address.strip())
    listed = [
        Text(f"{chosen.source}:{p.row}: {p.problem.ko}", f"{chosen.source}:{p.row}: {p.problem.en}")
        for chosen in lists
        for p in chosen.problems
        if p.drops and p.value.casefold() == shown.casefold()
    ]
    alike = (problem.suggestion,) if problem.suggestion else ()
    return Why(address=shown, receives=False, contact=None, reasons=(problem.problem, *listed), alike=alike)


def _places(address: Address, lists: Sequence[ContactList]) -> list[Text]:
    found = [(chosen, one) for chosen in lists for one in chosen.contacts if one.address.key == address.key]
    return [_place(chosen, contact) for chosen, contact in found]


def _place(chosen: ContactList, contact: Contact) -> Text:
    """Where a person stands, and where the address came from, as far as the list says so."""
    origin = ", ".join(filter(None, (contact.source_note, contact.added)))
    ko, en = (f"; 출처: {origin}", f"; source: {origin}") if origin else ("", "")
    return Text(
        f"명단 {chosen.name}에 있습니다({contact.sources[0]}{ko})",
        f"stands in the list {chosen.name} ({contact.sources[0]}{en})",
    )


def _meant(address: Address, lists: Sequence[ContactList]) -> list[Text]:
    """Rows that cannot be used and probably mean this address."""
    return [
        Text(
            f"{chosen.source}:{p.row}: ‘{p.value}’라고 적혀 있어 쓰지 않았습니다. {p.problem.ko}",
            f'{chosen.source}:{p.row}: written "{p.value}" and not used; {p.problem.en}',
        )
        for chosen in lists
        for p in chosen.problems
        if p.drops and p.suggestion and _is(address, p.suggestion)
    ]


def _condition(where: Filter | None) -> list[Text]:
    return [Text(f"조건: {where}", f"condition: {where}")] if where else []


def _is(address: Address, written: str) -> bool:
    found = parse_address(written)
    return isinstance(found, Address) and found.key == address.key


def _alike(address: Address, lists: Sequence[ContactList]) -> tuple[str, ...]:
    listed = {contact.address.key for chosen in lists for contact in chosen.contacts}
    return tuple(get_close_matches(address.key, listed, n=3, cutoff=0.8))
