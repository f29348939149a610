"""What all pages share while the server runs: the wired parts, prepared releases, the one-time link, the state of the worker.

Not here: one request (`visit.py`), the server around it (`server.py`).
"""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar, cast

from mailer import document
from mailer.app import App
from mailer.desk import Manuscript, Preparation, Sources, prepare
from mailer.desk.rehearse import prepare_alone
from mailer.errors import ListError, MailerError
from mailer.ledger import DraftLetter
from mailer.web.catalogue import list_files
from mailer.web.passwords import Throttle
from mailer.wording import Text

__all__ = ["Bench", "Office", "letter_name"]

Made = TypeVar("Made")

KEPT = 6
_FRESH = "preview@reader.example"


class Office:
    """`link_used` is called with the next one-time link's key when one was used up."""

    def __init__(self, app: App, *, link_used: Callable[[str], None] | None = None) -> None:
        self.app = app
        self.bench = Bench(app)
        self.throttle = Throttle(app.clock.monotonic)
        self.worker_trouble: MailerError | None = None
        self.hosts: frozenset[str] | None = None
        self.key = secrets.token_urlsafe(32)
        self._link_used = link_used
        self.restart_worker: Callable[[], None] = _nobody_works
        self._closing = False
        self._watchers: set[asyncio.Event] = set()

    def use_key(self, typed: str) -> bool:
        """Whether `typed` is the one-time key; it is spent by this, and another one is made."""
        if not secrets.compare_digest(typed.encode(), self.key.encode()):
            return False
        self.key = secrets.token_urlsafe(32)
        if self._link_used is not None:
            self._link_used(self.key)
        return True

    @property
    def rules_file(self) -> Path:
        """Who gets which answer from the practice catcher."""
        return self.app.practice_rules_file

    def renew(self) -> None:
        """After other settings: what was prepared is made again, the worker begins again."""
        self.bench = Bench(self.app)
        self.restart_worker()

    def watch(self) -> asyncio.Event:
        """An event for one open live page: set when the server stops."""
        event = asyncio.Event()
        if self._closing:
            event.set()
        self._watchers.add(event)
        return event

    def unwatch(self, event: asyncio.Event) -> None:
        self._watchers.discard(event)

    def close(self) -> None:
        """Tell every open live page to end."""
        self._closing = True
        for event in self._watchers:
            event.set()


def _nobody_works() -> None:
    return


class Bench:
    """Releases made ready, kept until their text, people, templates or the suppressions change."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[object, ...], object] = OrderedDict()
        self._busy: dict[tuple[object, ...], threading.Lock] = {}

    def prepared(self, draft: DraftLetter) -> Preparation:
        """The release with its people. Raises what `desk.prepare` raises."""
        if not draft.lists:
            raise _nobody_chosen()
        key = ("all", *self._key(draft))
        return self._once(
            key, lambda: prepare(self.sources(draft), suppressions=self._app.suppressions(), now=self._app.now())
        )

    def alone(self, draft: DraftLetter) -> Preparation:
        """The release as a reader who stands in no list would get it. Raises what `desk.read_manuscript` raises."""
        key = ("alone", *self._key(draft))
        sources = replace(self.sources(draft), lists=(), exclude=(), where="")
        return self._once(key, lambda: prepare_alone(sources, _FRESH, now=self._app.now()))

    def pictures(self, draft: DraftLetter) -> tuple[bytes, ...]:
        """The pages of the paper as PNG; none while an error stands in the way."""
        return self._once(("pictures", *self._key(draft)), lambda: _drawn(self.alone(draft).manuscript))

    def sources(self, draft: DraftLetter) -> Sources:
        """The files behind a draft; its text is written into `var/drafts/` for them."""
        path = self._written(draft)
        files = list_files(self._app)
        lists, exclude = (
            [str(files[name]) for name in names if name in files] for names in (draft.lists, draft.exclude)
        )
        if not lists and draft.lists:
            raise _no_lists()
        found = self._app.sources(str(path), lists, exclude=exclude, where=draft.condition)
        return replace(found, letter_name=letter_name(draft.id))

    def _written(self, draft: DraftLetter) -> Path:
        folder = self._app.workspace.ensure_var() / "drafts"
        folder.mkdir(exist_ok=True)
        path = folder / f"{draft.id}-{draft.version}.md"
        data = draft.letter.encode()
        if not path.exists() or path.read_bytes() != data:
            for old in folder.glob(f"{draft.id}-*.md"):
                old.unlink(missing_ok=True)
            path.write_bytes(data)
        return path

    def _key(self, draft: DraftLetter) -> tuple[object, ...]:
        workspace = self._app.workspace
        lists = [path for path in workspace.recipients.iterdir() if path.is_file()] if draft.lists else []
        entries = self._app.suppressions().entries
        return (draft.id, draft.version, _stamps([*lists, *workspace.templates.rglob("*")]), hash(entries))

    def _once(self, key: tuple[object, ...], make: Callable[[], Made]) -> Made:
        with self._lock:
            busy = self._busy.setdefault(key, threading.Lock())
        with busy:
            if key not in self._kept:
                self._keep(key, _result(make))
            found = self._kept[key]
        with self._lock:
            self._busy.pop(key, None)
        if isinstance(found, MailerError):
            raise found.with_traceback(None)
        return cast("Made", found)

    def _keep(self, key: tuple[object, ...], value: object) -> None:
        with self._lock:
            self._kept[key] = value
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)


def letter_name(draft_id: int) -> str:
    """What findings call the text of a draft."""
    return f"draft-{draft_id}.md"


def _drawn(manuscript: Manuscript) -> tuple[bytes, ...]:
    if manuscript.package is None:
        return ()
    return document.pictures(
        manuscript.release, letterhead=manuscript.letterhead, layout=manuscript.package.layout, ppi=144
    )


def _no_lists() -> ListError:
    return ListError(
        Text("고른 명단이 없어졌습니다", "the chosen lists are gone"),
        remedy=Text("‘받는 사람’에서 명단을 다시 고르세요", "choose lists again under “People”"),
    )


def _nobody_chosen() -> ListError:
    return ListError(
        Text("받는 사람을 아직 고르지 않았습니다", "nobody has been chosen yet"),
        remedy=Text("‘받는 사람’에서 명단을 고르세요", "choose a list under “People”"),
    )


def _result(make: Callable[[], Made]) -> Made | MailerError:
    try:
        return make()
    except MailerError as error:
        return error


def _stamps(paths: Iterable[Path]) -> tuple[tuple[str, int, int], ...]:
    found = []
    for path in sorted(paths):
        status = path.stat()
        found.append((str(path), status.st_mtime_ns, status.st_size))
    return tuple(found)
