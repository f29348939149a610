"""What an import would do, before it does it: new, changed, same, doubled, bad; and the list that would come out.

People are matched by address key. An import adds and updates, it never removes: an empty cell does not erase what is known, tags
are united (a 정지 must not get lost), people missing from the new file stay. Planning the same file again finds only `same`.

Not here: writing the list (`writing`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from mailer.contacts.columns import KOREAN, field_of
from mailer.contacts.lists import ContactList
from mailer.contacts.names import salutation
from mailer.contacts.problems import Problem
from mailer.dispatch import Contact

__all__ = ["Change", "FieldChange", "ImportPlan", "plan_import"]

_FILLED = ("name", "outlet", "desk", "title", "beat", "phone", "note", "source_note", "added")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field of one person: `column` is the Korean header, or the header of an extra column."""

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """`row` is the row of the new file that changes a known person."""

    row: int
    before: Contact
    after: Contact
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """`result` is what to write: known people in their order, then the new ones. `bad` and `duplicates` are rows of the new
    file that are not imported; `kept_bad` are rows of the old list that cannot be read, so a door must save them before
    the list is written anew."""

    new: tuple[Contact, ...]
    changed: tuple[Change, ...]
    same: tuple[Contact, ...] = field(repr=False)
    duplicates: tuple[Problem, ...]
    bad: tuple[Problem, ...]
    kept_bad: tuple[Problem, ...]
    result: tuple[Contact, ...] = field(repr=False)

    @property
    def changes_nothing(self) -> bool:
        return not self.new and not self.changed


def plan_import(old: ContactList | None, new: ContactList, *, source_note: str = "", added: str = "") -> ImportPlan:
    """`old` is None when the list does not exist yet. New people without a source or date of their own get `source_note`
    (default: the file's name) and `added` ("2026-11-23")."""
    people = {contact.address.key: contact for contact in old.contacts} if old else {}
    has_language = any(field_of(header) == "language" for header in new.columns)
    fresh, changed, same = [], [], []
    for contact in new.contacts:
        known = people.get(contact.address.key)
        if known is None:
            entered = replace(
                contact, source_note=contact.source_note or source_note or new.source, added=contact.added or added
            )
            fresh.append(entered)
            people[contact.address.key] = entered
            continue
        if _is_same(known, contact):
            same.append(known)
            continue
        after = _updated(known, contact, has_language=has_language)
        fields = _differences(known, after)
        if fields:
            changed.append(Change(row=_row(contact), before=known, after=after, fields=fields))
            people[contact.address.key] = after
        else:
            same.append(known)
    dropped = [problem for problem in new.problems if problem.drops]
    return ImportPlan(
        new=tuple(fresh),
        changed=tuple(changed),
        same=tuple(same),
        duplicates=tuple(problem for problem in dropped if problem.code == "duplicate"),
        bad=tuple(problem for problem in dropped if problem.code != "duplicate"),
        kept_bad=tuple(p for p in old.problems if p.drops and p.code != "duplicate") if old else (),
        result=tuple(people.values()),
    )


def _is_same(known: Contact, fresh: Contact) -> bool:
    """Whether the two rows say the same; most people of a re-import do, and looking field by field takes four times as long."""
    places = ("lists", "sources", "source_note", "added")
    return replace(fresh, **{name: getattr(known, name) for name in places}) == known


def _updated(known: Contact, fresh: Contact, *, has_language: bool) -> Contact:
    values = {name: getattr(fresh, name) or getattr(known, name) for name in _FILLED}
    # Where an address came from and when it was entered do not change because it comes in again.
    values |= {name: getattr(known, name) or values[name] for name in ("source_note", "added")}
    extra = {**dict(known.extra), **{header: value for header, value in fresh.extra if value}}
    after = replace(
        known,
        **values,
        language=fresh.language if has_language else known.language,
        tags=tuple(dict.fromkeys(known.tags + fresh.tags)),
        extra=tuple(extra.items()),
    )
    return replace(after, salutation=_salutation(known, fresh, after))


def _salutation(known: Contact, fresh: Contact, after: Contact) -> str:
    """A salutation that a person typed stays, one that was composed is composed again."""
    for contact in (fresh, known):
        if contact.salutation and contact.salutation != salutation(contact.name, contact.title, contact.language):
            return contact.salutation
    return salutation(after.name, after.title, after.language)


def _differences(before: Contact, after: Contact) -> tuple[FieldChange, ...]:
    plain = [
        (KOREAN[name], getattr(before, name), getattr(after, name)) for name in (*_FILLED, "language", "salutation")
    ]
    plain.append((KOREAN["tags"], "; ".join(before.tags), "; ".join(after.tags)))
    old, new = dict(before.extra), dict(after.extra)
    plain += [(header, old.get(header, ""), value) for header, value in new.items()]
    return tuple(FieldChange(column=column, before=b, after=a) for column, b, a in plain if a != b)


def _row(contact: Contact) -> int:
    return int(contact.sources[0].rpartition(":")[2])
