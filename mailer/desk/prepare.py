"""From files to everything that would go out: the letter read, the document rendered, one message made for every person.

`read_manuscript` looks at the letter alone; `prepare` adds the people. Both answer with findings; what cannot be rendered at all is
an error. Nothing is written and nothing is sent.

Not here: single rules (`preflight.py`), writing the preview (`preview.py`), the ledger (`approval.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from mailer import contacts, document, message, release
from mailer.contacts import Audience, ContactList, Suppressions
from mailer.desk import preflight
from mailer.dispatch import Contact
from mailer.document import Document, Letterhead
from mailer.errors import ListError, WorkspaceError, system_reason
from mailer.findings import Finding, Level, worst
from mailer.message import Composer, EmailTemplates, Message, Package, Sender, new_message_id, seal_sha256
from mailer.release import Release
from mailer.wording import Text

__all__ = ["Manuscript", "Preparation", "Sources", "Summary", "Written", "prepare", "read_manuscript"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A letter that lies in no file: its bytes, and those of the files it may name, by the names it calls them."""

    letter: bytes = field(repr=False)
    companions: Mapping[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The files and names a send is made of. `letter_name` is how the person called the letter; it stands in findings. With
    `written`, nothing is read at `letter`."""

    letter: Path
    letter_name: str
    templates: Path
    sender: Sender
    lists: tuple[Path, ...] = ()
    exclude: tuple[Path, ...] = ()
    where: str = ""
    written: Written | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manuscript:
    """A letter read and set. `document` and `package` are missing when an error stands in the way of rendering."""

    release: Release
    letterhead: Letterhead
    document: Document | None
    package: Package | None
    findings: tuple[Finding, ...]

    @property
    def blocked(self) -> bool:
        return worst(self.findings) is Level.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One person's message in numbers; the message itself is made again when it is needed, byte for byte."""

    contact: Contact
    subject: str
    size: int
    content_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """A manuscript and its people: what approval freezes and what a dry run shows."""

    manuscript: Manuscript
    lists: tuple[ContactList, ...]
    audience: Audience
    summaries: tuple[Summary, ...]
    findings: tuple[Finding, ...]
    seal: str
    made_at: datetime
    composer: Composer | None = field(repr=False)

    @property
    def blocked(self) -> bool:
        return worst(self.findings) is Level.ERROR

    def message(self, contact: Contact) -> Message:
        """The e-mail of one person as it would go out now. Only for a preparation that has a composer."""
        assert self.composer is not None
        identifier = new_message_id(self.composer.sender.domain)
        return self.composer.compose(contact, message_id=identifier, date=self.made_at)


def read_manuscript(sources: Sources) -> Manuscript:
    """Read the letter, check it and render its document. Raises LetterError, TemplateError, DocumentError."""
    letter, companions = _letter(sources)
    parsed = release.parse(letter, source=sources.letter_name, companions=companions)
    letterhead_bytes = _read(sources.templates / "letterhead.toml")
    general = document.read_letterhead(letterhead_bytes, str(sources.templates / "letterhead.toml"))
    letterhead = general.overlaid(dict(parsed.organisation))
    layout = _read(sources.templates / "document" / "letter.typ").decode("utf-8-sig")
    templates = EmailTemplates.read(sources.templates / "email", shown="templates/email")
    findings = [*parsed.findings, *preflight.letterhead_findings(parsed, general)]
    findings += [*document.check_glyphs(parsed, letterhead), *message.check_templates(templates)]
    if worst(findings) is Level.ERROR:
        return Manuscript(
            release=parsed,
            letterhead=letterhead,
            document=None,
            package=None,
            findings=preflight.sorted_findings(findings),
        )
    rendered = document.render(parsed, letterhead=letterhead, layout=layout)
    package = Package(
        letter=letter,
        companions=tuple(companions.items()),
        source=sources.letter_name,
        templates=templates,
        layout=layout,
        letterhead=letterhead_bytes,
        sender=sources.sender,
        document=rendered,
    )
    findings += [*rendered.findings, *preflight.letter_findings(parsed, rendered)]
    return Manuscript(
        release=parsed,
        letterhead=letterhead,
        document=rendered,
        package=package,
        findings=preflight.sorted_findings(findings),
    )


def prepare(sources: Sources, *, suppressions: Suppressions, now: datetime) -> Preparation:
    """Read everything and make every single message once. Raises what `read_manuscript` does, and ListError."""
    manuscript = read_manuscript(sources)
    lists = tuple(contacts.read(path) for path in sources.lists)
    audience = contacts.merge(
        lists,
        exclude=tuple(contacts.read(path) for path in sources.exclude),
        where=contacts.parse_filter(sources.where) if sources.where else None,
        suppressions=suppressions,
    )
    if not audience.recipients:
        raise _nobody(sources, audience)
    composer = manuscript.package.composer() if manuscript.package else None
    odd: dict[str, Finding] = {}
    summaries = tuple(_summaries(composer, audience, now, odd)) if composer else ()
    seal = ""
    if manuscript.package:
        seal = seal_sha256(manuscript.package.sha256, [(str(s.contact.address), s.content_sha256) for s in summaries])
    findings = [*manuscript.findings, *preflight.audience_findings(audience, lists), *odd.values()]
    findings += preflight.message_findings(
        [(str(s.contact.address), s.subject, s.size) for s in summaries], manuscript.release
    )
    if composer and manuscript.package:
        folder = manuscript.package.templates.folder
        findings += preflight.template_findings(len(summaries), composer.written_out, folder)
    return Preparation(
        manuscript=manuscript,
        lists=lists,
        audience=audience,
        summaries=summaries,
        findings=preflight.sorted_findings(findings),
        seal=seal,
        made_at=now,
        composer=composer,
    )


def with_findings(preparation: Preparation, more: tuple[Finding, ...]) -> Preparation:
    """The same preparation with what else was found, for example in the ledger."""
    return replace(preparation, findings=preflight.sorted_findings([*preparation.findings, *more]))


def _summaries(composer: Composer, audience: Audience, now: datetime, odd: dict[str, Finding]) -> Iterator[Summary]:
    for contact in audience.recipients:
        made = composer.compose(contact, message_id=new_message_id(composer.sender.domain), date=now)
        for finding in message.check_message(made):
            # what is wrong with one message is mostly wrong with all: said once, for the first person it concerns
            odd.setdefault(finding.code, replace(finding, where=finding.where or str(contact.address)))
        yield Summary(
            contact=contact, subject=made.subject, size=made.envelope.size, content_sha256=made.content_sha256
        )


def _nobody(sources: Sources, audience: Audience) -> ListError:
    names = ", ".join(path.name for path in sources.lists)
    return ListError(
        Text(
            f"보낼 사람이 한 명도 없습니다 (명단에 적힌 {audience.listed}명이 모두 빠졌습니다)",
            f"there is nobody to send to (all {audience.listed} people of the lists are left out)",
        ),
        where=names,
        remedy=Text(
            f"명단을 확인하거나 제외 조건을 줄이십시오: mailer contacts check {sources.lists[0].stem}",
            f"look at the list, or exclude fewer: mailer contacts check {sources.lists[0].stem}",
        ),
    )


def _letter(sources: Sources) -> tuple[bytes, dict[str, bytes]]:
    """The letter and the files that it names, each read once: what is parsed is what is frozen."""
    if sources.written is None:
        letter = _read(sources.letter)
        return letter, release.companions_at(sources.letter, letter)
    letter, given = sources.written.letter, sources.written.companions
    return letter, {name: given[name] for name in release.companions_of(letter) if name in given}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = system_reason(error)
        raise WorkspaceError(
            Text(f"파일을 읽을 수 없습니다: {reason.ko}", f"the file cannot be read: {reason.en}"),
            where=str(path),
            remedy=Text(
                "파일이 있는지, 읽을 권한이 있는지 확인하십시오", "check that the file is there and may be read"
            ),
        ) from error
