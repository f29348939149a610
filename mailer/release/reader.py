"""Reads a letter: decode, header, layout, then each part by its own module, and the checks between the parts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path, PurePosixPath

from mailer.errors import LetterError, WorkspaceError, system_reason
from mailer.release.count import Count, read_count
from mailer.release.dates import read_date
from mailer.release.decode import MOST_BYTES, decode
from mailer.release.header import Header, read_header, value_of
from mailer.release.language import language_of
from mailer.release.layout import Layout, NameLine, bare, find_layout, kept, unbulleted
from mailer.release.letterhead import read_organisation
from mailer.release.levels import levelled
from mailer.release.markdown import read_blocks
from mailer.release.model import Closing, Release, Signatory
from mailer.release.remarks import Remarks
from mailer.release.signatories import read_signatories
from mailer.release.title import rejoin, take_title
from mailer.release.tree import Block, Heading, Paragraph, Quote, Table, plain
from mailer.release.values import NO_DATE, dated, embargo, split_title
from mailer.wording import Text

__all__ = ["companions_at", "companions_of", "parse", "read"]

_MOST_NAMES = 20_000


def read(path: Path, *, source: str | None = None) -> Release:
    """The release in the letter file `path`, with the signatory file that it names.

    `source` is what findings call the letter (default: the path as given). `WorkspaceError` when a file cannot be read,
    `LetterError` (with its findings) when it is no letter; everything else is a finding of the release.
    """
    name = source if source is not None else str(path)
    data = _bytes_of(path, name)
    return parse(data, source=name, companions=companions_at(path, data))


def companions_at(path: Path, data: bytes) -> dict[str, bytes]:
    """The bytes of the files that the letter `data`, which lies at `path`, is made of; one that is not there is left out."""
    found = {companion: path.parent / companion for companion in companions_of(data)}
    return {companion: _bytes_of(at, str(at)) for companion, at in found.items() if _lies_in(at, path.parent)}


def companions_of(data: bytes) -> tuple[str, ...]:
    """Names of the other files that the letter `data` is made of, relative to its folder and never outside it.

    Whoever freezes a letter keeps these with it and hands them to `parse` again. Empty for bytes that are no letter.
    """
    remarks = Remarks("")
    try:
        header = read_header(decode(data, remarks).split("\n"), remarks)
    except LetterError:
        return ()
    name = value_of(header, "signatories")
    return (name,) if _is_inside(name) else ()


def parse(data: bytes, *, source: str, companions: Mapping[str, bytes] | None = None) -> Release:
    """The release in the bytes of a letter: pure, the same bytes give the same release.

    `companions` holds the files that `companions_of` names. `LetterError` when the bytes are no letter.
    """
    remarks = Remarks(source)
    lines = decode(data, remarks).split("\n")
    header = read_header(lines, remarks)
    _note_replaced(header, remarks)
    above = [] if header.front_matter else lines[: max(header.line - 2, 0)]
    organisation = read_organisation(above, remarks)
    title = value_of(header, "title")
    layout = find_layout(lines, header.body_line)
    body = read_blocks(kept(lines, layout.body), remarks)
    body = take_title(body, title, demanded=not header.front_matter, remarks=remarks)
    notes = read_blocks(kept(lines, layout.notes), remarks)
    _check_end_of_names(layout, notes, remarks)
    companion = _companion(header, companions or {}, remarks)
    signatories = _signatories(layout, notes, header, companion, remarks)
    closing = _closing(lines, layout)
    sent_on = dated(header.fields.get("dated"), remarks)
    until = embargo(header.fields.get("embargo"), remarks)
    tags, headline = split_title(title)
    _check_headline(title, headline, header, remarks)
    _check_body(body, header, remarks)
    _check_closing(closing, sent_on, value_of(header, "sender"), len(lines), remarks)
    return Release(
        number=value_of(header, "number"),
        to=value_of(header, "to"),
        sender=value_of(header, "sender"),
        title=title,
        tags=tags,
        headline=headline,
        dated=closing.dated if sent_on == NO_DATE and closing and closing.dated else sent_on,
        contact=value_of(header, "contact") or None,
        embargo=until,
        attachments=value_of(header, "attachments") or None,
        cc=value_of(header, "cc") or None,
        body=levelled(rejoin(body, remarks)),
        signatories=signatories,
        notes=levelled(notes),
        closing=closing,
        corrects=value_of(header, "corrects") or None,
        organisation=organisation,
        lang=language_of(kept(lines, layout.body)),
        letter_sha256=hashlib.sha256(data + (companion or b"")).hexdigest(),
        source=source,
        findings=remarks.findings(),
    )


def _bytes_of(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        reason = system_reason(error)
        raise WorkspaceError(
            Text(f"파일을 읽을 수 없습니다({reason.ko})", f"the file cannot be read ({reason.en})"),
            where=name,
            remedy=Text("경로와 읽기 권한을 확인해 주십시오", "check the path and the permission to read it"),
        ) from error


def _is_inside(name: str) -> bool:
    """A relative POSIX path that stays in its folder on every system."""
    parts = PurePosixPath(name).parts
    return bool(parts) and parts[0] != "/" and ".." not in parts and not any(char in name for char in "\\:\0")


def _lies_in(path: Path, folder: Path) -> bool:
    """Also after following links: a letter must not pull in a file from elsewhere."""
    return path.is_file() and path.resolve().is_relative_to(folder.resolve())


def _companion(header: Header, companions: Mapping[str, bytes], remarks: Remarks) -> bytes | None:
    field = header.fields.get("signatories")
    if field is None or not field.value:
        return None
    if not _is_inside(field.value):
        remarks.error(
            "companion_name",
            field.line,
            Text(
                f"연명 파일의 이름으로 쓸 수 없습니다: {field.value[:80]}",
                f"this cannot be the name of a signatory file: {field.value[:80]}",
            ),
            Text("경로 없이 파일 이름만 적어 주십시오", "write its name only, without a path"),
        )
        return None
    if field.value in companions:
        return companions[field.value]
    remarks.error(
        "companion",
        field.line,
        Text(
            f"원고에 적힌 연명 파일이 없습니다: {field.value[:80]}",
            f"the signatory file that the letter names is not there: {field.value[:80]}",
        ),
        Text("원고와 같은 폴더에 두고 파일 이름만 적어 주십시오", "put it beside the letter and write only its name"),
    )
    return None


def _signatories(
    layout: Layout, notes: tuple[Block, ...], header: Header, companion: bytes | None, remarks: Remarks
) -> tuple[Signatory, ...]:
    stated = _count_in([bare(layout.formula), *_texts(notes)])
    if companion is None:
        names, checks = _without_checks(layout.names) if layout.explicit else (layout.names, ())
        _refuse_crowd(len(names), remarks)
        return read_signatories(names, explicit=layout.explicit, count=stated or _count_in(checks), remarks=remarks)
    field = header.fields["signatories"]
    if layout.names:
        remarks.error(
            "companion_twice",
            layout.names[0].line,
            Text(
                "연명이 원고와 연명 파일 두 곳에 있습니다",
                "there are signatories both in the letter and in the signatory file",
            ),
            Text("한 곳에만 남겨 주십시오", "keep them in one place"),
        )
    own = Remarks(str(PurePosixPath(remarks.source).parent / field.value))
    lines = enumerate(decode(companion, own).split("\n"), 1)
    found = tuple(NameLine(line=number, text=unbulleted(line)) for number, line in lines if line.strip())
    names, checks = _without_checks(found)
    _refuse_crowd(len(names), own)
    signatories = read_signatories(names, explicit=True, count=stated or _count_in(checks), remarks=own)
    remarks.take(own)
    return signatories


def _without_checks(names: tuple[NameLine, ...]) -> tuple[tuple[NameLine, ...], tuple[str, ...]]:
    """An explicit list may hold a line such as `총 64`: it is a check for us, not a name."""
    checks = tuple(name.text for name in names if read_count(name.text))
    return tuple(name for name in names if not read_count(name.text)), checks


def _count_in(texts: list[str] | tuple[str, ...]) -> Count | None:
    return next((count for text in texts if (count := read_count(text))), None)


def _check_end_of_names(layout: Layout, notes: tuple[Block, ...], remarks: Remarks) -> None:
    """A heading or a table among the names ends them; what follows would be set as plain text."""
    stop = notes[0] if notes and not layout.explicit else None
    if isinstance(stop, Heading | Table | Quote):
        remarks.warning(
            "signatories_end",
            stop.line,
            Text("여기부터는 연명으로 읽지 않았습니다", "from here on nothing was read as a name"),
            Text(
                "소제목, 표, 인용 없이 이름을 한 줄에 하나씩 쓰거나 ```연명 블록에 넣어 주십시오",
                "write one name a line without headings, tables and quotes, or put the names into a ```signatories block",
            ),
        )


def _texts(blocks: tuple[Block, ...]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, Paragraph | Heading):
            yield plain(block.children)


def _refuse_crowd(number: int, remarks: Remarks) -> None:
    if number > _MOST_NAMES:
        raise remarks.refusal(
            "signatories",
            0,
            Text(f"연명이 {_MOST_NAMES:,}줄을 넘습니다", f"there are more than {_MOST_NAMES:,} lines of names"),
            Text(
                "닫는 말(Sincerely 등) 아래에 이름만 있는지 확인해 주십시오",
                "check that only names follow the closing formula",
            ),
        )


def _closing(lines: list[str], layout: Layout) -> Closing | None:
    if layout.date_line is None:
        return None
    text = bare(lines[layout.date_line - 1])
    written = read_date(text)
    return Closing(date_text=text, dated=written.day if written else None, sender=layout.sender, line=layout.date_line)


def _note_replaced(header: Header, remarks: Remarks) -> None:
    if pages := header.fields.get("pages"):
        remarks.ok(
            "pages",
            pages.line,
            Text(
                f"적힌 전송매수({pages.value[:20]})는 쓰지 않고 PDF에서 셉니다",
                f"the typed number of pages ({pages.value[:20]}) is not used; the PDF is counted",
            ),
        )


def _check_headline(title: str, headline: str, header: Header, remarks: Remarks) -> None:
    if title and not headline:
        remarks.error(
            "title",
            header.fields["title"].line,
            Text("제목에 말머리만 있습니다", "the title has tags only"),
            Text("말머리 뒤에 제목을 써 주십시오", "write the title after the tags"),
        )


def _check_body(body: tuple[Block, ...], header: Header, remarks: Remarks) -> None:
    if not body:
        remarks.error(
            "body",
            header.body_line,
            Text("본문이 없습니다", "there is no body"),
            Text("머리글 아래 구분선 다음에 본문을 써 주십시오", "write the body after the rule below the header"),
        )


def _check_closing(closing: Closing | None, sent_on: date, sender: str, last_line: int, remarks: Remarks) -> None:
    if closing is None or not closing.sender:
        remarks.warning(
            "closing",
            closing.line if closing else last_line,
            Text("글 끝에 날짜와 발신자가 없습니다", "the letter does not end with a date and a sender"),
            Text(
                "맨 끝에 '2026년 12월 10일'과 단체 이름을 한 줄씩 써 주십시오",
                "end it with a date such as '2026년 12월 10일' and the sender, a line each",
            ),
        )
        return
    if closing.dated != sent_on and sent_on != NO_DATE:
        remarks.warning(
            "closing_date",
            closing.line,
            Text(
                f"글 끝의 날짜({closing.dated})가 전송일자({sent_on})와 다릅니다",
                f"the closing date ({closing.dated}) is not 전송일자 ({sent_on})",
            ),
            Text("어느 쪽이 맞는지 확인해 주십시오", "check which one is right"),
        )
    elif closing.dated == sent_on:
        remarks.ok(
            "closing_date", closing.line, Text("글 끝의 날짜가 전송일자와 같습니다", "the closing date is 전송일자")
        )
    _check_closing_sender(closing, sender, remarks)


def _check_closing_sender(closing: Closing, sender: str, remarks: Remarks) -> None:
    ours, theirs = ("".join(char for char in text.casefold() if char.isalnum()) for text in (sender, closing.sender))
    if not ours or not theirs:
        return
    if ours in theirs or theirs in ours:
        remarks.ok(
            "closing_sender",
            closing.line,
            Text("글 끝의 발신자가 머리글의 발신과 맞습니다", "the closing sender agrees with 발신"),
        )
        return
    remarks.warning(
        "closing_sender",
        closing.line,
        Text(
            f"글 끝의 발신자가 머리글과 다릅니다: {closing.sender[:60]} / {sender[:60]}",
            f"the closing sender is not 발신: {closing.sender[:60]} / {sender[:60]}",
        ),
        Text("어느 쪽이 맞는지 확인해 주십시오", "check which one is right"),
    )
