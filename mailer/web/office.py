"""What all pages share while the server runs: the wired parts, prepared releases, the one-time link, the state of the worker.

Not here: one request (`visit.py`), the server around it (`server.py`).
"""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar, cast

from mailer import document
from mailer.app import App
from mailer.desk import Manuscript, Preparation, Sources, Written, prepare
from mailer.desk.inbox import Inbox
from mailer.desk.rehearse import prepare_alone
from mailer.errors import ListError, MailerError
from mailer.ledger import DraftLetter
from mailer.web.catalogue import forget_lists, list_files
from mailer.web.passwords import Throttle
from mailer.web.public import PublicUrl
from mailer.wording import Text

__all__ = ["Bench", "Office", "chosen_files", "letter_name"]

Made = TypeVar("Made")

KEPT = 6
_FRESH = "preview@reader.example"


class Office:
    """`link_used` is called with the next one-time link's key when one was used up."""

    def __init__(self, app: App, *, link_used: Callable[[str], None] | None = None) -> None:
        self.app = app
        self.bench = Bench(app)
        self.inbox = Inbox(app.workspace.inbox)
        self.throttle = Throttle(app.clock.monotonic)
        self.worker_trouble: MailerError | None = None
        self.hosts: frozenset[str] | None = None
        self.public: PublicUrl | None = None
        self.key = secrets.token_urlsafe(32)
        self._key_lock = threading.Lock()
        self._link_used = link_used
        self.restart_worker: Callable[[], None] = _nobody_works
        self._closing = False
        self._watchers: set[asyncio.Event] = set()

    def use_key(self, typed: str) -> bool:
        """Whether `typed` is the one-time key; it is spent by this, and another one is made."""
        with self._key_lock:
            if not secrets.compare_digest(typed.encode(), self.key.encode()):
                return False
            self.key = secrets.token_urlsafe(32)
        if self._link_used is not None:
            self._link_used(self.key)
        return True

    @property
    def by_link(self) -> bool:
        """Whether a one-time link is printed: only where nobody but this machine is served."""
        return self._link_used is not None

    @property
    def rules_file(self) -> Path:
        """Who gets which answer from the practice catcher."""
        return self.app.practice_rules_file

    def renew(self) -> None:
        """After other settings: what was prepared is made again, the worker begins again."""
        self.bench = Bench(self.app)
        self.restart_worker()

    def forget(self) -> None:
        """After somebody was erased: no prepared release and no list keeps them in memory."""
        self.bench = Bench(self.app)
        forget_lists()

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
        return self._once(key, lambda: prepare_alone(self._words(draft), _FRESH, now=self._app.now()))

    def pictures(self, draft: DraftLetter) -> tuple[bytes, ...]:
        """The pages of the paper as PNG; none while an error stands in the way."""
        return self._once(("pictures", *self._key(draft)), lambda: _drawn(self.alone(draft).manuscript))

    def sources(self, draft: DraftLetter) -> Sources:
        """What a draft is made of: its own words, and the files of its lists. Raises ListError when one of them is gone."""
        files = chosen_files(self._app, draft)
        return replace(
            self._words(draft),
            lists=tuple(files[name] for name in draft.lists),
            exclude=tuple(files[name] for name in draft.exclude),
            where=draft.condition,
        )

    def _words(self, draft: DraftLetter) -> Sources:
        names = {draft.names_file: draft.names.encode()} if draft.names_file else {}
        return Sources(
            letter=Path(letter_name(draft.id)),
            letter_name=letter_name(draft.id),
            written=Written(letter=draft.letter.encode(), companions=names),
            templates=self._app.workspace.templates,
            sender=self._app.sender,
        )

    def _key(self, draft: DraftLetter) -> tuple[object, ...]:
        workspace = self._app.workspace
        lists = list_files(self._app).values() if draft.lists else ()
        entries = self._app.suppressions().entries
        return (draft.request_key, draft.version, _stamps([*lists, *workspace.templates.rglob("*")]), hash(entries))

    def _once(self, key: tuple[object, ...], make: Callable[[], Made]) -> Made:
        with self._lock:
            busy = self._busy.setdefault(key, threading.Lock())
        with busy:
            with self._lock:
                found = self._kept.get(key)
            if found is None:
                found = _result(make)
                self._keep(key, found)
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


def chosen_files(app: App, draft: DraftLetter) -> dict[str, Path]:
    """The lists of the workspace by name. Raises ListError when one that the draft sends to, or leaves out, is not among them."""
    files = list_files(app)
    gone = [name for name in (*draft.lists, *draft.exclude) if name not in files]
    if gone:
        raise _lists_gone(gone)
    return files


def letter_name(draft_id: int) -> str:
    """What findings call the text of a draft."""
    return f"draft-{draft_id}.md"


def _drawn(manuscript: Manuscript) -> tuple[bytes, ...]:
    if manuscript.package is None:
        return ()
    return document.pictures(
        manuscript.release, letterhead=manuscript.letterhead, layout=manuscript.package.layout, ppi=144
    )


def _lists_gone(names: Sequence[str]) -> ListError:
    return ListError(
        Text(f"고른 명단이 없어졌습니다: {', '.join(names)}", f"a chosen list is gone: {', '.join(names)}"),
        remedy=Text("‘받는 사람’에서 명단을 다시 고르십시오", "choose lists again under “People”"),
    )


def _nobody_chosen() -> ListError:
    return ListError(
        Text("받는 사람을 아직 고르지 않았습니다", "nobody has been chosen yet"),
        remedy=Text("‘받는 사람’에서 명단을 고르십시오", "choose a list under “People”"),
    )


def _result(make: Callable[[], Made]) -> Made | MailerError:
    try:
        return make()
    except MailerError as error:
        return error


def _stamps(paths: Iterable[Path]) -> tuple[tuple[str, int, int], ...]:
    found = []
    for path in sorted(paths):
        try:
            status = path.stat()
        except FileNotFoundError:
            # somebody is just replacing it: the next look finds the new one
            continue
        found.append((str(path), status.st_mtime_ns, status.st_size))
    return tuple(found)
