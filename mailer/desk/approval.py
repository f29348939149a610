"""Approve, schedule, send now, move, pause, resume, cancel: the officer's decisions, written to the ledger.

Approval freezes the letter, the templates, the document and the audience under a seal; editing a file afterwards changes nothing
that goes out. `changed_since` says when the files are no longer what was approved.

Not here: sending (`sending/`), reading the files (`prepare.py`).
"""

from __future__ import annotations

import getpass
import os
from datetime import datetime, timedelta
from pathlib import Path

from mailer.desk.prepare import Preparation
from mailer.desk.terms import Terms
from mailer.desk.times import WallTime
from mailer.dispatch import Dispatch, DispatchStatus, PauseCause, Seal
from mailer.errors import StoppedByCheck
from mailer.ledger import Draft, Ledger, LeftOutRow, Share
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
                f"적으신 수는 {number}명인데 받는 사람은 {found}명입니다. 아무것도 보내지 않았습니다",
                f"you said {number} but {found} people would get it; nothing was sent",
            ),
            where="--expect",
            remedy=Text("mailer preview 로 받는 사람을 확인하세요", "look at the recipients with mailer preview"),
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
        lists=tuple(contacts.name for contacts in preparation.lists),
        zone=terms.zone,
        late_after=terms.late_after,
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
            remedy=Text("막음으로 표시된 것을 고친 뒤 다시 하세요", "mend what is marked as an error, then try again"),
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


def changed_since(ledger: Ledger, dispatch: Dispatch, letter: Path, templates: Path) -> tuple[str, ...]:
    """The files that are no longer what was approved, by name. What goes out is the approved version all the same."""
    if dispatch.status in (DispatchStatus.DONE, DispatchStatus.CANCELLED):
        return ()
    package = Package.from_json(*ledger.dispatches.package(dispatch.id))
    frozen = {
        letter: package.letter,
        templates / "letterhead.toml": package.letterhead,
        templates / "document" / "letter.typ": package.layout.encode(),
        templates / "email" / "subject.txt.j2": package.templates.subject.encode(),
        templates / "email" / "body.txt.j2": package.templates.text.encode(),
        templates / "email" / "body.html.j2": package.templates.html.encode(),
    }
    return tuple(path.name for path, content in frozen.items() if _content(path) != _plain(content))


def _content(path: Path) -> bytes | None:
    try:
        return _plain(path.read_bytes())
    except OSError:
        return None


def _plain(content: bytes) -> bytes:
    # templates are read as text, which forgets the BOM and the kind of line ends
    return content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
