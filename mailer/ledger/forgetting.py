"""A person who asked to be forgotten: what the ledger keeps of them is no longer readable.

A closed delivery stays a fact (state, times, Message-ID, codes), because the log must be able to show that a letter went out and
what servers said. Its copy of the contact is reduced to `k***@p***.example`, the same mask replaces the address in server replies,
notes and left-out rows, and the address key becomes a salted digest: who knows the address can still ask for its history, nobody
can read the address from it. A delivery that is not closed needs the address, so forgetting is refused until it is.

Not here: list files, previews and the practice inbox (`desk/forgetting.py`), suppression (`suppressed.py`).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mailer.contacts.suppression import SuppressionKind, digest
from mailer.dispatch import Address, Contact
from mailer.dispatch.states import OPEN
from mailer.errors import IllegalMove
from mailer.ledger import schema as t
from mailer.ledger.connect import Database
from mailer.ledger.suppressed import Suppressed
from mailer.ledger.values import contact_from_json, contact_to_json
from mailer.wording import Text

__all__ = ["Forgetting", "ForgottenRows", "is_forgotten", "masked"]

PREFIX = "forgotten:"
_SHORTEST_WORD = 3
_LEFT_OUT = ("address", "reason_ko", "reason_en")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgottenRows:
    """`deliveries` were masked, in `left_out` rows the address was; `suppressed` when a suppression of this very address stays in
    force without it; `drafts` on the web page still mention it. `tester`: it is no longer among those who get test copies."""

    deliveries: int
    left_out: int
    tester: bool
    suppressed: bool
    drafts: tuple[str, ...]


class Forgetting:
    """Makes one person unreadable in every table."""

    def __init__(self, database: Database, suppressed: Suppressed) -> None:
        self._database = database
        self._suppressed = suppressed

    def keys(self, address_key: str) -> tuple[str, str]:
        """The address keys under which deliveries to this address stand: before and after it was forgotten."""
        return address_key, PREFIX + digest(self._suppressed.salt(), address_key)

    def require_closed(self, address: Address) -> None:
        """Raises IllegalMove while a delivery to `address` is queued, on the wire, waiting for a retry or in doubt."""
        with self._database.reading() as connection:
            _require_closed(connection, address)

    def forget(self, address: Address) -> ForgottenRows:
        """All of it in one transaction. Raises IllegalMove as `require_closed` does."""
        key = self.keys(address.key)[1]
        mask = _Mask(address)
        entry = self._suppression(address)
        with self._database.writing() as connection:
            # freed pages are overwritten, so that the address is not left lying in the file
            connection.exec_driver_sql("PRAGMA secure_delete=ON")
            _require_closed(connection, address)
            deliveries = _mask_deliveries(connection, address, key, mask)
            left_out = _mask_texts(connection, t.left_out, _LEFT_OUT, mask)
            _mask_texts(connection, t.event, ("note",), mask)
            _mask_texts(connection, t.suppression, ("reason",), mask)
            _mask_texts(connection, t.dispatch, ("pause_reason",), mask)
            suppressed = connection.execute(t.suppression.update().where(entry).values(shown=None)).rowcount == 1
            drafts = _drafts(connection, mask)
            tester = connection.execute(t.tester.delete().where(t.tester.c.address_key == address.key)).rowcount == 1
        self._empty_journal()
        return ForgottenRows(
            deliveries=deliveries, left_out=left_out, tester=tester, suppressed=suppressed, drafts=drafts
        )

    def foresee(self, address: Address) -> ForgottenRows:
        """What `forget` would answer now. Changes nothing, raises nothing."""
        mask, entry = _Mask(address), self._suppression(address)
        theirs, copies = t.delivery.c.address_key == address.key, t.tester.c.address_key == address.key
        number = sa.select(sa.func.count())
        with self._database.reading() as connection:
            return ForgottenRows(
                deliveries=int(connection.execute(number.select_from(t.delivery).where(theirs)).scalar_one()),
                tester=connection.execute(number.select_from(t.tester).where(copies)).scalar_one() == 1,
                suppressed=connection.execute(number.select_from(t.suppression).where(entry)).scalar_one() == 1,
                left_out=sum(1 for _ in _masked_texts(connection, t.left_out, _LEFT_OUT, mask)),
                drafts=_drafts(connection, mask),
            )

    def waiting_in(self, address: Address) -> tuple[int, ...]:
        """The dispatches that are not over for `address`; while there are any, it cannot be forgotten."""
        with self._database.reading() as connection:
            return _waiting_in(connection, address)

    def _suppression(self, address: Address) -> sa.ColumnElement[bool]:
        """The entry for this very address; one for its whole domain names nobody."""
        s = t.suppression.c
        return sa.and_(s.kind == SuppressionKind.ADDRESS, s.digest == digest(self._suppressed.salt(), address.key))

    def _empty_journal(self) -> None:
        """Move the write-ahead log into the database and cut it; while another process reads, its next checkpoint does it."""
        with self._database.engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            with closing(raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")) as cursor:
                cursor.fetchall()


def is_forgotten(contact: Contact) -> bool:
    """Whether this is what is left of somebody: nothing can be sent to it."""
    return contact.address.key.startswith(PREFIX)


def masked(address: Address) -> str:
    """`kim@paper.example` -> `k***@p***.example`."""
    name, _, ending = address.domain.casefold().rpartition(".")
    return f"{address.local[:1].casefold()}***@{name[:1]}***.{ending}"


class _Mask:
    """Replaces the address in a text, in any case and in both forms of its domain, and its local part as a word."""

    def __init__(self, address: Address) -> None:
        self.text = masked(address)
        self.spellings = tuple(dict.fromkeys((str(address).casefold(), address.key)))
        spelt = "|".join(re.escape(spelling) for spelling in self.spellings)
        self._whole = re.compile(rf"(?<![\w.+-])(?:{spelt})(?![\w-]|\.\w)", re.IGNORECASE)
        self._local = re.compile(rf"(?<![\w.+-]){re.escape(address.local)}(?![\w.+-])", re.IGNORECASE)
        self._short = len(address.local) < _SHORTEST_WORD

    def __call__(self, text: str) -> str:
        return self._whole.sub(self.text, text)

    def reply(self, text: str) -> str:
        """A server's words about this one mailbox may name it without its domain."""
        text = self(text)
        return text if self._short else self._local.sub(self.text.partition("@")[0], text)

    def found_in(self, text: str) -> bool:
        return self._whole.search(text) is not None


def _waiting_in(connection: sa.Connection, address: Address) -> tuple[int, ...]:
    d = t.delivery.c
    query = sa.select(d.dispatch_id).where(d.address_key == address.key, d.state.in_(OPEN)).order_by(d.dispatch_id)
    return tuple(connection.execute(query).scalars())


def _require_closed(connection: sa.Connection, address: Address) -> None:
    waiting = _waiting_in(connection, address)
    if waiting:
        numbers = ", ".join(map(str, waiting))
        raise IllegalMove(
            Text(
                f"발송 {numbers}에서 아직 끝나지 않아 지울 수 없습니다. 아무것도 지우지 않았습니다",
                f"cannot be forgotten yet: dispatch {numbers} is not over for them; nothing was erased",
            ),
            where=str(address),
            remedy=Text(
                "mailer suppress add로 막아 두고, 그 발송이 끝나거나 취소된 뒤 다시 하십시오 ('확인 필요'는 mailer resolve)",
                "keep mail away with mailer suppress add; try again when the dispatch is over or cancelled"
                " (settle a doubt with mailer resolve)",
            ),
        )


def _mask_deliveries(connection: sa.Connection, address: Address, key: str, mask: _Mask) -> int:
    local, _, domain = mask.text.partition("@")
    shown = Address(local=local, domain=domain, key=key)
    d = t.delivery.c
    rows = connection.execute(sa.select(d.id, d.contact).where(d.address_key == address.key)).all()
    for row in rows:
        known = contact_from_json(row.contact)
        kept = Contact(address=shown, language=known.language, lists=known.lists)
        connection.execute(
            t.delivery.update()
            .where(d.id == row.id)
            .values(
                address_key=key, address=mask.text, domain=domain, name="", outlet="", contact=contact_to_json(kept)
            )
        )
        _mask_replies(connection, row.id, mask)
    return len(rows)


def _mask_replies(connection: sa.Connection, delivery_id: int, mask: _Mask) -> None:
    a = t.attempt.c
    for row in connection.execute(sa.select(a.id, a.reply, a.detail).where(a.delivery_id == delivery_id)).all():
        words = {name: mask.reply(text) for name, text in (("reply", row.reply), ("detail", row.detail)) if text}
        if words:
            connection.execute(t.attempt.update().where(a.id == row.id).values(words))


def _mask_texts(connection: sa.Connection, table: sa.Table, columns: Iterable[str], mask: _Mask) -> int:
    """Replace the address in text columns of any row; returns how many rows had it."""
    (key,) = table.primary_key
    found = list(_masked_texts(connection, table, columns, mask))
    for row, clean in found:
        connection.execute(table.update().where(key == row).values(clean))
    return len(found)


def _masked_texts(
    connection: sa.Connection, table: sa.Table, columns: Iterable[str], mask: _Mask
) -> Iterator[tuple[Any, dict[str, str]]]:
    """(key, masked texts) of each row in which the address is."""
    (key,) = table.primary_key
    texts = [table.c[name] for name in columns]
    likely = sa.or_(*(text.icontains(spelt, autoescape=True) for text in texts for spelt in mask.spellings))
    for row in connection.execute(sa.select(key, *texts).where(likely)).all():
        found = {text.name: value for text in texts if (value := getattr(row, text.name))}
        clean = {name: mask(value) for name, value in found.items()}
        if clean != found:
            yield row[0], clean


def _drafts(connection: sa.Connection, mask: _Mask) -> tuple[str, ...]:
    d = t.draft.c
    rows = connection.execute(sa.select(d.title, d.letter, d.names, d.condition))
    return tuple(row.title for row in rows if any(map(mask.found_in, (row.letter, row.names, row.condition))))
