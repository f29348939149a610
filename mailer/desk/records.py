"""The JSON of looking before sending: letters, previews, lists. Stable keys; `message` and `remedy` are in the language asked for.

Not here: status and log (`report.py`), printing (`cli/`).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mailer.contacts import ContactList, LeftOut, Problem
from mailer.contacts.addresses import Kind, kind
from mailer.desk.prepare import Manuscript, Preparation
from mailer.desk.preview import Preview
from mailer.dispatch import Contact
from mailer.findings import Finding
from mailer.wording import Language

__all__ = ["check_record", "contact_record", "finding_record", "list_record", "preview_record", "problem_record"]


def finding_record(finding: Finding, language: Language) -> dict[str, Any]:
    return {
        "level": finding.level.value,
        "code": finding.code,
        "message": finding.message.to(language),
        "where": finding.where,
        "remedy": finding.remedy.to(language) if finding.remedy else None,
    }


def check_record(manuscript: Manuscript, findings: Iterable[Finding], language: Language) -> dict[str, Any]:
    """`pages` is null when an error stands in the way of rendering."""
    release = manuscript.release
    return {
        "letter": {
            "number": release.number,
            "to": release.to,
            "sender": release.sender,
            "title": release.title,
            "dated": release.dated.isoformat(),
            "pages": manuscript.document.pages if manuscript.document else None,
            "signatories": len(release.signatories),
            "sha256": release.letter_sha256,
        },
        "findings": [finding_record(finding, language) for finding in findings],
    }


def left_out_record(left: LeftOut, language: Language) -> dict[str, Any]:
    return {"address": left.address, "code": left.code, "reason": left.reason.to(language), "where": left.where}


def preview_record(preparation: Preparation, written: Preview | None, language: Language) -> dict[str, Any]:
    """`eml` is null for a message that was not written out, `out` when nothing was."""
    files = {address: str(path) for address, path in written.messages} if written else {}
    audience = preparation.audience
    return {
        **check_record(preparation.manuscript, preparation.findings, language),
        "audience": {
            "listed": audience.listed,
            "recipients": len(audience.recipients),
            "left_out": [left_out_record(left, language) for left in audience.left_out],
        },
        "seal": preparation.seal,
        "out": _path(written.folder if written else None),
        "document": _path(written.document if written else None),
        "messages": [
            {
                "address": str(one.contact.address),
                "subject": one.subject,
                "bytes": one.size,
                "eml": files.get(str(one.contact.address)),
            }
            for one in preparation.summaries
        ],
    }


def _path(path: Path | None) -> str | None:
    return str(path) if path else None


def problem_record(problem: Problem, language: Language) -> dict[str, Any]:
    return {
        "row": problem.row,
        "column": problem.column,
        "value": problem.value,
        "problem": problem.problem.to(language),
        "suggestion": problem.suggestion,
        "code": problem.code,
        "level": problem.level.value,
    }


def list_record(contacts: ContactList, language: Language, *, people: bool = False) -> dict[str, Any]:
    """`role` are shared mailboxes, `personal` private accounts; `people` adds everybody in the list."""
    kinds: dict[Kind, list[str]] = {}
    for contact in contacts.contacts:
        kinds.setdefault(kind(contact.address), []).append(str(contact.address))
    record: dict[str, Any] = {
        "list": contacts.name,
        "encoding": contacts.encoding,
        "sheet": contacts.sheet,
        "sheets": list(contacts.sheets),
        "rows": contacts.rows,
        "contacts": len(contacts.contacts),
        "role": kinds.get(Kind.ROLE, []),
        "personal": kinds.get(Kind.PERSONAL, []),
        "problems": [problem_record(problem, language) for problem in contacts.problems],
    }
    if people:
        record["people"] = [contact_record(contact) for contact in contacts.contacts]
    return record


def contact_record(contact: Contact) -> dict[str, Any]:
    return {
        "address": str(contact.address),
        "name": contact.name,
        "outlet": contact.outlet,
        "desk": contact.desk,
        "title": contact.title,
        "beat": contact.beat,
        "language": contact.language,
        "salutation": contact.salutation,
        "tags": list(contact.tags),
        "where": contact.sources[0] if contact.sources else "",
        "source": contact.source_note,
        "added": contact.added,
    }
