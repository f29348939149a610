"""The lists of the workspace by name: the only way from a name in a form to a file.

Not here: reading a list (`contacts/`).
"""

from __future__ import annotations

import threading
import unicodedata
from pathlib import Path

from starlette.exceptions import HTTPException

from mailer import contacts
from mailer.app import App
from mailer.contacts import ContactList
from mailer.errors import MailerError

__all__ = ["list_files", "read_list", "read_lists"]

_ENDINGS = {".csv", ".xlsx"}
_lock = threading.Lock()
_kept: dict[Path, tuple[tuple[int, int], ContactList]] = {}


def list_files(app: App) -> dict[str, Path]:
    """Every list by its name; leftovers of an import (`name.bad.csv`) are none."""
    folder = app.workspace.recipients
    found = sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    return {
        unicodedata.normalize("NFC", path.stem): path
        for path in found
        if path.suffix.lower() in _ENDINGS and not path.name.startswith(".") and not path.stem.endswith(("bad",))
    }


def read_list(app: App, name: str) -> ContactList:
    """One list; read again only when its file changed. Raises HTTPException 404, ListError."""
    path = list_files(app).get(name)
    if path is None:
        raise HTTPException(404)
    status = path.stat()
    mark = (status.st_mtime_ns, status.st_size)
    with _lock:
        known = _kept.get(path)
    if known is not None and known[0] == mark:
        return known[1]
    found = contacts.read(path)
    with _lock:
        _kept[path] = (mark, found)
    return found


def read_lists(app: App) -> list[tuple[str, ContactList | MailerError]]:
    """Every list, or why it cannot be read."""
    found: list[tuple[str, ContactList | MailerError]] = []
    for name in list_files(app):
        try:
            found.append((name, read_list(app, name)))
        except MailerError as error:
            found.append((name, error))
    return found
