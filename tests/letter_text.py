"""Builds the text of small letters for tests; every part can be replaced."""

from __future__ import annotations

from mailer.findings import Finding, Level
from mailer.release import Release, parse

HEADER = {
    "문서번호": "26-12-국제연대위-01",
    "수 신": "각 언론사",
    "발 신": "보기모임 국제연대위원회",
    "제 목": "[국제연대위][성명] Keep the square open",
    "전송일자": "2026. 12. 10.(목)",
    "전송매수": "총 3매",
}
TITLE = "### [국제연대위][성명]\n\n## **Keep the square open**"
BODY = "We write on behalf of many people.\n\nThe square belongs to all."
CLOSING = "2026년 12월 10일\n\n보기모임 국제연대위원회"


def letter(
    header: dict[str, str] | None = None, *, title: str = TITLE, body: str = BODY, end: str = "", closing: str = CLOSING
) -> str:
    """A letter in the header-block form; `end` follows the body (formula, names, notes)."""
    fields = HEADER | (header or {})
    block = "\n\n".join(f"{label} : {value}" for label, value in fields.items() if value)
    return "\n\n".join(part for part in ("---", block, "---", title, body, end, closing) if part) + "\n"


def names_letter(names: str, note: str = "") -> str:
    """A letter whose closing formula is followed by `names` and a note."""
    return letter(end=f"Sincerely,\n\n{names}\n\n{note}".rstrip())


def release_of(text: str, companions: dict[str, bytes] | None = None) -> Release:
    return parse(text.encode(), source="letter.md", companions=companions)


def found(release: Release, code: str, level: Level | None = None) -> list[Finding]:
    """The findings with `code` (without "letter.")."""
    return [
        finding
        for finding in release.findings
        if finding.code == f"letter.{code}" and (level is None or finding.level == level)
    ]


def errors(release: Release) -> list[str]:
    """Codes of the error findings, in order."""
    return [finding.code.removeprefix("letter.") for finding in release.findings if finding.level == Level.ERROR]
