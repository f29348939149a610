"""The delivery log as a file: CSV that Korean Excel opens (UTF-8 with BOM) or XLSX. No cell ever starts a formula."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from mailer.contacts.formulas import guarded
from mailer.desk.report import LogLine
from mailer.desk.times import local
from mailer.dispatch import DeliveryState
from mailer.errors import UsageError, WorkspaceError, system_reason
from mailer.wording import Language, Text

__all__ = ["STATE_WORDS", "export_log"]

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
    """Write the log to `path` (.csv or .xlsx), whole or not at all; returns the number of rows.

    Raises UsageError, WorkspaceError.
    """
    rows = [_cells(line, language, zone) for line in lines]
    heading = [column.to(language) for column in COLUMNS]
    if path.suffix.lower() == ".csv":
        data = _csv(heading, rows)
    elif path.suffix.lower() == ".xlsx":
        data = _xlsx(heading, rows)
    else:
        raise UsageError(
            Text(
                f"알 수 없는 파일 종류입니다: {path.suffix or path.name}",
                f"unknown kind of file: {path.suffix or path.name}",
            ),
            where="--export",
            remedy=Text("파일 이름이 .csv나 .xlsx로 끝나야 합니다", "end the name with .csv or .xlsx"),
        )
    _replace(path, data)
    return len(rows)


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
        reply.text if reply else (outcome.detail if outcome else ""),
        line.meaning.what.to(language),
        line.meaning.todo.to(language),
        delivery.message_id,
    ]


def _csv(heading: Sequence[str], rows: Sequence[Sequence[str | int]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(heading)
    writer.writerows([cell if isinstance(cell, int) else guarded(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _xlsx(heading: Sequence[str], rows: Sequence[Sequence[str | int]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("log")
    sheet.append(list(heading))
    for row in rows:
        sheet.append([cell if isinstance(cell, int) else guarded(cell) for cell in row])
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def _replace(path: Path, data: bytes) -> None:
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".export-", delete=False) as part:
            part.write(data)
        os.replace(part.name, path)
    except OSError as error:
        reason = system_reason(error)
        raise WorkspaceError(
            Text(f"파일을 쓸 수 없습니다: {reason.ko}", f"the file cannot be written: {reason.en}"),
            where=str(path),
            remedy=Text("다른 이름이나 폴더를 정하십시오", "choose another name or folder"),
        ) from error
