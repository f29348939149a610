"""Approve, schedule, send now, move, pause, resume, cancel: the officer's decisions, written to the ledger.

Approval freezes the letter, the templates, the document and the audience under a seal; editing a file afterwards changes nothing
that goes out. `changed_since` says when the files are no longer what was approved.

Not here: sending (`sending/`), reading the files (`prepare.py`).
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from mailer import contacts
from mailer.desk.prepare import Preparation
from mailer.desk.terms import Terms
from mailer.desk.times import WallTime
from mailer.dispatch import Address, Dispatch, DispatchStatus, PauseCause, Seal
from mailer.errors import MailerError, StoppedByCheck
from mailer.ledger import Draft, Ledger, LeftOutRow, LogFilter, Share
from mailer.message import Package, new_message_id
from mailer.wording import Text

__all__ = ["approve", "changed_since", "expect", "officer", "pause", "schedule", "send_now"]


def officer() -> str:
    """Who is doing this, for the record: the name of the account on this machine."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid()) if hasattr(os, "getuid") else "officer"


def expect(preparation: Preparation, number: int) -> None:
    """The number of people that was typed back must be the number that would get it. Raises StoppedByCheck."""
    found = len(preparation.audience.recipients)
    if number != found:
        raise StoppedByCheck(
            Text(
                f"적은 수는 {number}명인데 받는 사람은 {found}명입니다. 아무것도 보내지 않았습니다",
                f"you said {number} but {found} people would get it; nothing was sent",
            ),
            where="--expect",
            remedy=Text(
                "--dry-run을 붙여 받는 사람을 다시 확인해 주십시오", "look at the recipients again with --dry-run"
            ),
        )


def approve(preparation: Preparation, ledger: Ledger, *, terms: Terms, who: str, now: datetime) -> Dispatch:
    """Freeze everything under one seal, in one transaction. Raises StoppedByCheck when a finding forbids it."""
    package = _approvable(preparation)
    release = preparation.manuscript.release
    domain = package.sender.domain
    draft = Draft(
        title=release.title,
        number=release.number,
        letter_source=release.source,
        lists=tuple(one.name for one in preparation.lists),
        zone=terms.zone,
        late_after=terms.late_after,
        practice=terms.practice,
        give_up_after=terms.give_up_after,
        seal=Seal(sha256=preparation.seal, recipients=len(preparation.summaries), approved_by=who, approved_at=now),
        package=package.to_json(),
        package_sha256=package.sha256,
        document=package.document.pdf,
        document_sha256=package.document.sha256,
        shares=tuple(
            Share(contact=s.contact, message_id=new_message_id(domain), content_sha256=s.content_sha256)
            for s in preparation.summaries
        ),
        left_out=tuple(
            LeftOutRow(address=left.address, code=left.code, reason=left.reason, place=left.where)
            for left in preparation.audience.left_out
        ),
        request_key=terms.request_key,
    )
    return ledger.dispatches.approve(draft, now)


def _approvable(preparation: Preparation) -> Package:
    if preparation.blocked or preparation.manuscript.package is None:
        raise StoppedByCheck(
            Text("점검에서 막혔습니다. 아무것도 보내지 않았습니다", "stopped by the checks; nothing was sent"),
            where=preparation.manuscript.release.source,
            remedy=Text(
                "막음으로 표시된 것을 고친 뒤 다시 하십시오", "mend what is marked as an error, then try again"
            ),
            findings=preparation.findings,
        )
    return preparation.manuscript.package


def schedule(
    ledger: Ledger, dispatch: Dispatch, at: WallTime, *, late_after: timedelta, who: str, now: datetime
) -> Dispatch:
    """Fix the time of an approved dispatch, or move it."""
    return ledger.dispatches.schedule(
        dispatch.id,
        send_at=at.instant,
        zone=at.zone,
        wall_time=at.text,
        late_after=late_after,
        who=who,
        now=now,
    )


def send_now(ledger: Ledger, dispatch: Dispatch, *, who: str, now: datetime) -> Dispatch:
    return ledger.dispatches.start(dispatch.id, who=who, now=now)


def pause(
    ledger: Ledger, dispatch_id: int, *, who: str, now: datetime, cause: PauseCause = PauseCause.OFFICER
) -> Dispatch:
    return ledger.dispatches.pause(dispatch_id, cause=cause, who=who, now=now)


def changed_since(
    ledger: Ledger, dispatch: Dispatch, letter: Path, templates: Path, lists: Sequence[Path] = ()
) -> tuple[str, ...]:
    """The files that are no longer what was approved, by name. What goes out is the approved version all the same. Of a list the
    people count, and only until the dispatch starts: afterwards lists are tidied by what the log says."""
    if dispatch.status in (DispatchStatus.DONE, DispatchStatus.CANCELLED):
        return ()
    package = Package.from_json(*ledger.dispatches.package(dispatch.id))
    frozen = {
        templates / "letterhead.toml": package.letterhead,
        templates / "document" / "letter.typ": package.layout.encode(),
        templates / "email" / "subject.txt.j2": package.templates.subject.encode(),
        templates / "email" / "body.txt.j2": package.templates.text.encode(),
        templates / "email" / "body.html.j2": package.templates.html.encode(),
    }
    if not _written_on_the_page(ledger, dispatch):
        # a draft lies in no file, and cannot be edited any more
        frozen |= {letter: package.letter}
        frozen |= {letter.parent / name: content for name, content in package.companions}
    changed = [path for path, content in frozen.items() if _content(path) != _plain(content)]
    if dispatch.started_at is None:
        changed += _changed_lists(ledger, dispatch, lists)
    return tuple(path.name for path in changed)


def _written_on_the_page(ledger: Ledger, dispatch: Dispatch) -> bool:
    """Whether the letter, also that of a dispatch sent again, is a draft of the web page."""
    first: Dispatch | None = dispatch
    while first is not None and first.follows is not None:
        first = ledger.dispatches.get(first.follows)
    return first is not None and ledger.manuscripts.of_dispatch(first.id) is not None


def _changed_lists(ledger: Ledger, dispatch: Dispatch, lists: Sequence[Path]) -> list[Path]:
    people = [row.delivery.contact for row in ledger.log.rows(LogFilter(dispatch_id=dispatch.id))]
    left_out = [_key(row.address) for row in ledger.dispatches.left_out(dispatch.id)]
    known = {person.address.key for person in people}.union(left_out)
    changed = []
    for path in lists:
        try:
            found = contacts.read(path)
        except MailerError:
            changed.append(path)
            continue
        listed = {person.address.key for person in found.contacts}
        chosen = {person.address.key for person in people if found.name in person.lists}
        if listed - known or chosen - listed:
            changed.append(path)
    return changed


def _key(written: str) -> str:
    parsed = contacts.parse_address(written, check_slips=False)
    return parsed.key if isinstance(parsed, Address) else written.casefold()


def _content(path: Path) -> bytes | None:
    try:
        return _plain(path.read_bytes())
    except OSError:
        return None


def _plain(content: bytes) -> bytes:
    # templates are read as text, which forgets the BOM and the kind of line ends
    return content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
