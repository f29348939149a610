"""The delivery log as a file: CSV that Korean Excel opens (UTF-8 with BOM) or XLSX. No cell ever starts a formula."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from mailer.contacts.formulas import guarded
from mailer.desk.report import LogLine
from mailer.desk.times import local
from mailer.dispatch import DeliveryState
from mailer.errors import UsageError, WorkspaceError, system_reason
from mailer.transport import seen
from mailer.wording import Language, Text

__all__ = ["STATE_WORDS", "csv_stream", "export_log"]

STREAMED = 200

STATE_WORDS = {
    DeliveryState.QUEUED: Text("대기", "queued"),
    DeliveryState.SENDING: Text("보내는 중", "sending"),
    DeliveryState.DEFERRED: Text("재시도 대기", "waiting to retry"),
    DeliveryState.ACCEPTED: Text("접수", "accepted"),
    DeliveryState.IN_DOUBT: Text("확인 필요", "in doubt"),
    DeliveryState.BOUNCED: Text("반송", "bounced"),
    DeliveryState.FAILED: Text("실패", "failed"),
    DeliveryState.SUPPRESSED: Text("발송 제외", "suppressed"),
    DeliveryState.CANCELLED: Text("취소", "cancelled"),
}

COLUMNS = (
    Text("발송", "dispatch"),
    Text("주소", "address"),
    Text("이름", "name"),
    Text("매체", "outlet"),
    Text("명단", "lists"),
    Text("결과", "state"),
    Text("시도", "attempts"),
    Text("마지막 시도", "last attempt"),
    Text("다음 시도", "next attempt"),
    Text("응답 코드", "code"),
    Text("서버 응답", "reply"),
    Text("뜻", "meaning"),
    Text("할 일", "what to do"),
    Text("메시지 ID", "message id"),
)


def export_log(lines: Iterable[LogLine], path: Path, *, language: Language, zone: str) -> int:
    """Write the log to `path` (.csv or .xlsx), whole or not at all, row by row; returns the number of rows.

    Raises UsageError, WorkspaceError.
    """
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        raise UsageError(
            Text(
                f"알 수 없는 파일 종류입니다: {path.suffix or path.name}",
                f"unknown kind of file: {path.suffix or path.name}",
            ),
            where="--export",
            remedy=Text("파일 이름이 .csv나 .xlsx로 끝나야 합니다", "end the name with .csv or .xlsx"),
        )
    heading = [column.to(language) for column in COLUMNS]
    with _replacing(path) as part:
        return write(part, heading, (_cells(line, language, zone) for line in lines))


def csv_stream(lines: Iterable[LogLine], *, language: Language, zone: str) -> Iterator[bytes]:
    """The bytes of the CSV file that `export_log` would write: the heading at once, the rest as the lines come."""
    yield codecs.BOM_UTF8 + _csv_bytes([[column.to(language) for column in COLUMNS]])
    rows = (_guarded(_cells(line, language, zone)) for line in lines)
    while part := list(itertools.islice(rows, STREAMED)):
        yield _csv_bytes(part)


def _cells(line: LogLine, language: Language, zone: str) -> list[str | int]:
    row, delivery = line.row, line.row.delivery
    outcome = row.last.outcome if row.last else None
    reply = outcome.reply if outcome else None
    code = f"{reply.code} {reply.enhanced}".strip() if reply else ""

    def shown(moment: datetime | None) -> str:
        return local(moment, zone).to(language) if moment else ""

    return [
        delivery.dispatch_id,
        str(delivery.contact.address),
        delivery.contact.name,
        delivery.contact.outlet,
        ", ".join(delivery.contact.lists),
        STATE_WORDS[delivery.state].to(language),
        delivery.attempts,
        shown(row.last_attempt_at),
        shown(delivery.retry_at),
        code,
        reply.text if reply and reply.text else seen(outcome.detail).to(language) if outcome else "",
        line.meaning.what.to(language),
        line.meaning.todo.to(language),
        delivery.message_id,
    ]


def _csv(part: Path, heading: Sequence[str], rows: Iterable[Sequence[str | int]]) -> int:
    with part.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(heading)
        number = 0
        for row in rows:
            writer.writerow(_guarded(row))
            number += 1
    return number


def _csv_bytes(rows: Iterable[Sequence[str | int]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def _xlsx(part: Path, heading: Sequence[str], rows: Iterable[Sequence[str | int]]) -> int:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("log")
    sheet.append(list(heading))
    number = 0
    for row in rows:
        sheet.append(_guarded(row))
        number += 1
    book.save(part)
    return number


_WRITERS = {".csv": _csv, ".xlsx": _xlsx}


def _guarded(row: Sequence[str | int]) -> list[str | int]:
    return [cell if isinstance(cell, int) else guarded(cell) for cell in row]


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A file beside `path` that takes its place when the block has ended well, and is gone otherwise."""
    part: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".export-", delete=False) as file:
            part = Path(file.name)
        yield part
        part.replace(path)
    except OSError as error:
        reason = system_reason(error)
        raise WorkspaceError(
            Text(f"파일을 쓸 수 없습니다: {reason.ko}", f"the file cannot be written: {reason.en}"),
            where=str(path),
            remedy=Text("다른 이름이나 폴더를 정하십시오", "choose another name or folder"),
        ) from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)
