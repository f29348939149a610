"""The dry run on disk: what would go out, one folder, nothing sent.

    manifest.csv                     one row per person
    [공동성명] 제목(261210).pdf       the document under the name journalists will see
    messages/0001-<address>.eml      the bytes, with .html and .txt beside them

The first 20 people and every odd one (longest name, empty field) are written; `everyone` writes all.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mailer import contacts
from mailer.contacts.formulas import guarded
from mailer.desk.prepare import Preparation, Summary
from mailer.dispatch import Address
from mailer.errors import UsageError, WorkspaceError, system_reason
from mailer.wording import Text

__all__ = ["Preview", "odd_ones", "write_preview"]

FIRST = 20
COLUMNS = ("order", "address", "name", "outlet", "subject", "bytes", "content_sha256")
WRITTEN = re.compile(r"\d{4,}-.+\.(?:eml|html|txt)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Where the dry run lies. `messages` pairs an address with the path of its .eml; only those that were written."""

    folder: Path
    manifest: Path
    document: Path
    messages: tuple[tuple[str, Path], ...]


def write_preview(
    preparation: Preparation, folder: Path, *, everyone: bool = False, only: str | None = None
) -> Preview:
    """Write the preview into `folder` (made if need be; an earlier preview's messages in it are replaced).

    `only` (an address) writes just that person's message. UsageError when nobody has it, WorkspaceError when the disk refuses.
    """
    chosen = _chosen(preparation.summaries, everyone=everyone, only=only)
    paper = preparation.manuscript.document
    assert paper is not None
    try:
        messages = folder / "messages"
        messages.mkdir(parents=True, exist_ok=True)
        _clear(messages)
        manifest, document = folder / "manifest.csv", folder / paper.filename
        manifest.write_bytes(_manifest(preparation.summaries))
        document.write_bytes(paper.pdf)
        written = tuple(_write_message(preparation, order, summary, messages) for order, summary in chosen)
    except OSError as error:
        reason = system_reason(error)
        raise WorkspaceError(
            Text(f"미리보기를 쓸 수 없습니다: {reason.ko}", f"the preview cannot be written: {reason.en}"),
            where=str(folder),
            remedy=Text("--out으로 다른 폴더를 정하십시오", "name another folder with --out"),
        ) from error
    return Preview(folder=folder, manifest=manifest, document=document, messages=written)


def odd_ones(summaries: Sequence[Summary]) -> frozenset[int]:
    """Positions (1-based) of people worth a look: the longest name and outlet, and anyone whose name or outlet is empty."""
    if not summaries:
        return frozenset()
    numbered = list(enumerate(summaries, start=1))
    longest_name = max(numbered, key=lambda entry: len(entry[1].contact.name))[0]
    longest_outlet = max(numbered, key=lambda entry: len(entry[1].contact.outlet))[0]
    empty = {order for order, summary in numbered if not summary.contact.name or not summary.contact.outlet}
    return frozenset({longest_name, longest_outlet} | empty)


def _chosen(summaries: Sequence[Summary], *, everyone: bool, only: str | None) -> list[tuple[int, Summary]]:
    numbered = list(enumerate(summaries, start=1))
    if only is not None:
        named = contacts.parse_address(only, check_slips=False)
        found = [
            entry for entry in numbered if isinstance(named, Address) and entry[1].contact.address.key == named.key
        ]
        if not found:
            raise UsageError(
                Text(f"받는 사람 가운데 이 주소가 없습니다: {only}", f"{only} is not among the recipients"),
                where="--as",
                remedy=Text("주소와 명단(-l)을 확인하십시오", "check the address and the lists (-l)"),
            )
        return found
    if everyone:
        return numbered
    odd = odd_ones(summaries)
    return [entry for entry in numbered if entry[0] <= FIRST or entry[0] in odd]


def _write_message(preparation: Preparation, order: int, summary: Summary, folder: Path) -> tuple[str, Path]:
    made = preparation.message(summary.contact)
    address = str(summary.contact.address)
    stem = f"{order:04}-{file_part(address)}"
    path = folder / f"{stem}.eml"
    path.write_bytes(made.envelope.data)
    (folder / f"{stem}.html").write_text(made.html, encoding="utf-8")
    (folder / f"{stem}.txt").write_text(made.text, encoding="utf-8")
    return address, path


def file_part(address: str) -> str:
    """An address as a part of a file name on any system."""
    return re.sub(r'[\x00-\x1f<>:"/\\|?*\s]', "_", address)[:120]


def _clear(messages: Path) -> None:
    # only what a preview wrote: a person may have put other things here
    for path in messages.iterdir():
        if WRITTEN.fullmatch(path.name):
            path.unlink()


def _manifest(summaries: Sequence[Summary]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for order, summary in enumerate(summaries, start=1):
        person = summary.contact
        shown = [str(person.address), person.name, person.outlet, summary.subject]
        writer.writerow([order, *(guarded(cell) for cell in shown), summary.size, summary.content_sha256])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def default_folder(root: Path, letter: Path) -> Path:
    """Where a preview goes when nobody says: `out/<letter>/` of the workspace."""
    return root / "out" / os.path.basename(letter.stem)
