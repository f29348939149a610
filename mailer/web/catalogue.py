"""The lists of the workspace by name: the only way from a name in a form to a file.

A list of 100,000 people is read once, until its file changes, and so is what pages look up in it.

Not here: reading a list (`contacts/`).
"""

from __future__ import annotations

import threading
import unicodedata
from functools import cached_property
from pathlib import Path

from starlette.exceptions import HTTPException

from mailer import contacts
from mailer.app import App
from mailer.contacts import ContactList
from mailer.dispatch import Address, Contact
from mailer.errors import MailerError

__all__ = ["forget_lists", "list_files", "people_matching", "places_of", "read_list", "read_lists"]

_ENDINGS = {".csv", ".xlsx"}


class _Known:
    """A list as it was read, with what is asked of it again and again."""

    def __init__(self, found: ContactList, mark: tuple[int, int]) -> None:
        self.found = found
        self.mark = mark

    @cached_property
    def by_key(self) -> dict[str, Contact]:
        return {one.address.key: one for one in self.found.contacts}

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """What a search looks through, one for each person."""
        people = self.found.contacts
        return tuple(f"{one.name}\n{one.outlet}\n{one.address}\n{one.desk}".casefold() for one in people)


_lock = threading.Lock()
_kept: dict[Path, _Known] = {}


def list_files(app: App) -> dict[str, Path]:
    """Every list by its name; leftovers of an import (`name.bad.csv`) are none."""
    folder = app.workspace.recipients
    found = sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    return {
        unicodedata.normalize("NFC", path.stem): path
        for path in found
        if path.suffix.lower() in _ENDINGS and not path.name.startswith(".") and not path.stem.endswith(".bad")
    }


def read_list(app: App, name: str) -> ContactList:
    """One list. Raises HTTPException 404, ListError."""
    return _known(app, name).found


def read_lists(app: App) -> list[tuple[str, ContactList | MailerError]]:
    """Every list, or why it cannot be read."""
    found: list[tuple[str, ContactList | MailerError]] = []
    for name in list_files(app):
        try:
            found.append((name, read_list(app, name)))
        except MailerError as error:
            found.append((name, error))
    return found


def people_matching(app: App, name: str, find: str) -> tuple[Contact, ...]:
    """The people of one list in whose name, outlet, address or desk `find` stands, in any case. Raises as `read_list`."""
    known = _known(app, name)
    wanted = find.casefold()
    if not wanted:
        return known.found.contacts
    return tuple(one for one, text in zip(known.found.contacts, known.texts, strict=True) if wanted in text)


def places_of(app: App, address: Address) -> list[tuple[str, Contact]]:
    """The lists that hold `address`, each with its entry; lists that cannot be read are passed over."""
    found = []
    for name, one in read_lists(app):
        if not isinstance(one, MailerError) and (contact := _known(app, name).by_key.get(address.key)):
            found.append((name, contact))
    return found


def forget_lists() -> None:
    """Drop what was read, so that nobody stays in memory who is in no file any more."""
    with _lock:
        _kept.clear()


def _known(app: App, name: str) -> _Known:
    path = list_files(app).get(name)
    if path is None:
        raise HTTPException(404)
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise HTTPException(404) from error
    mark = (status.st_mtime_ns, status.st_size)
    with _lock:
        known = _kept.get(path)
    if known is None or known.mark != mark:
        known = _Known(contacts.read(path), mark)
        with _lock:
            _kept[path] = known
    return known
