"""연습 받은편지함: what the practice catcher got, and who shall refuse for a rehearsal of failures.

A message is named by its file name in the Maildir, looked up among those that are there. Everything shown is foreign text.

Not here: catching (`transport/catcher.py`).
"""

from __future__ import annotations

import email.policy
import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response

from mailer.app import App
from mailer.contacts import Problem, parse_address
from mailer.contacts.writing import replace_file
from mailer.errors import UsageError
from mailer.web.frames import download, framed
from mailer.web.visit import Visit
from mailer.wording import Text

__all__ = ["caught_frame", "caught_part", "set_rule", "show_inbox"]

SHOWN = 60
RAW_SHOWN = 60_000
ANSWERS = ("550", "552", "421", "421-once", "451", "hang")
_VIEWS = ("html", "text", "headers", "raw")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """One message in the list."""

    name: str
    to: str
    subject: str
    at: datetime | None
    unread: bool


def show_inbox(visit: Visit) -> Response:
    paths = _paths(visit.app)
    find = visit.query("find").strip()[:200]
    chosen = visit.query("message")
    path = next((one for one in paths if _key(one) == chosen), None)
    message = _read(path) if path is not None else None
    if path is not None and path.parent.name == "new":
        # reading is what "seen" means in a Maildir
        path = path.rename(path.parent.parent / "cur" / f"{path.name}:2,S")
        paths = _paths(visit.app)
    view = visit.query("view") if visit.query("view") in _VIEWS else "html"
    return visit.show(
        "inbox.html",
        shown=list(_listed(paths, find)),
        total=len(paths),
        unread=sum(one.parent.name == "new" for one in paths),
        chosen=chosen,
        message=message,
        view=view,
        find=find,
        body=_body(message, path, view) if message is not None and path is not None else "",
        parts=[part.get_filename() or "–" for part in message.iter_attachments()] if message is not None else [],
        checks=_checks(message) if message is not None else [],
        rules=sorted(_rules(visit.app).items()),
        answers=[(one, visit.w(f"answer_{one.replace('-', '_')}")) for one in ANSWERS],
    )


def caught_frame(visit: Visit) -> Response:
    """The HTML part, for the sandboxed frame."""
    part = _read(_path(visit)).get_body(("html",))
    return framed(part.get_content() if part is not None else "")


def caught_part(visit: Visit) -> Response:
    """One attachment, to keep."""
    parts = list(_read(_path(visit)).iter_attachments())
    n = visit.path("n")
    if not 1 <= n <= len(parts):
        raise HTTPException(404)
    part = parts[n - 1]
    data = part.get_payload(decode=True)
    content = data if isinstance(data, bytes) else b""
    return download(content, part.get_filename() or "attachment", "application/octet-stream")


def set_rule(visit: Visit) -> Response:
    """Make an address answer 550, 421 or nothing at all, or be welcome again."""
    target, answer = visit.form.get("target").strip().lower(), visit.form.get("answer")
    domain = target.startswith("@") and target.count("@") == 1
    found = parse_address(f"a{target}" if domain else target, check_slips=False)
    if isinstance(found, Problem):
        raise UsageError(found.problem, where=target[:200])
    rules = _rules(visit.app)
    rules.pop(target, None)
    if answer in ANSWERS:
        rules[target] = answer
    lines = [f"{json.dumps(key)} = {json.dumps(value)}" for key, value in sorted(rules.items())]
    visit.app.workspace.ensure_var()
    replace_file(visit.office.rules_file, "\n".join(["[answers]", *lines, ""]).encode())
    return visit.go("/inbox", said="rule_set")


def _paths(app: App) -> list[Path]:
    """Every message, the newest first: names begin with the time of arrival."""
    inbox = app.workspace.inbox
    found = [path for part in ("new", "cur") if (inbox / part).is_dir() for path in (inbox / part).iterdir()]
    return sorted(found, key=lambda path: path.name, reverse=True)


def _key(path: Path) -> str:
    return path.name.partition(":")[0]


def _path(visit: Visit) -> Path:
    wanted = visit.path("name")
    found = next((one for one in _paths(visit.app) if _key(one) == wanted), None)
    if found is None:
        raise HTTPException(404)
    return found


def _listed(paths: list[Path], find: str) -> Iterator[Caught]:
    parser = BytesHeaderParser(policy=email.policy.default)
    wanted, shown = find.casefold(), 0
    for path in paths if find else paths[:SHOWN]:
        if shown >= SHOWN:
            return
        with path.open("rb") as file:
            head = parser.parse(file)
        one = Caught(
            name=_key(path),
            to=str(head.get("delivered-to", "")),
            subject=str(head.get("subject", "")),
            at=_arrived(path),
            unread=path.parent.name == "new",
        )
        if wanted in f"{one.to} {one.subject}".casefold():
            shown += 1
            yield one


def _arrived(path: Path) -> datetime | None:
    stamp = path.name.partition(".")[0]
    return datetime.fromtimestamp(int(stamp) / 1e9, UTC) if stamp.isdecimal() and len(stamp) < 20 else None


def _read(path: Path) -> EmailMessage:
    with path.open("rb") as file:
        return BytesParser(policy=email.policy.default).parse(file)


def _body(message: EmailMessage, path: Path, view: str) -> str:
    if view == "text":
        part = message.get_body(("plain",))
        return str(part.get_content()) if part is not None else ""
    if view == "headers":
        return "\n".join(f"{name}: {value}" for name, value in message.items())
    with path.open("rb") as file:
        return file.read(RAW_SHOWN).decode("utf-8", "replace") if view == "raw" else ""


def _checks(message: EmailMessage) -> list[tuple[bool, Text]]:
    """What a receiving server and a reader look for."""
    return [
        (message.get_body(("plain",)) is not None, Text("텍스트 본문", "text part")),
        (bool(message.get("list-unsubscribe")), Text("수신거부 머리글", "List-Unsubscribe")),
        (bool(message.get("message-id")), Text("메시지 번호(Message-ID)", "Message-ID")),
        (message.get("bcc") is None and message.get("cc") is None, Text("받는 사람이 한 명", "one recipient only")),
    ]


def _rules(app: App) -> dict[str, str]:
    try:
        table = tomllib.loads(app.practice_rules_file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(
            Text("연습 규칙 파일을 읽을 수 없습니다", "the practice rules cannot be read"),
            where=app.shown(app.practice_rules_file),
        ) from error
    answers = table.get("answers", {})
    return {str(key): str(value) for key, value in answers.items()} if isinstance(answers, dict) else {}
