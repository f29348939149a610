"""연습 받은편지함: what the practice catcher got, and who shall refuse for a rehearsal of failures.

A message is named by its file name in the Maildir, looked up among those that are there. Everything shown is foreign text.

Not here: catching (`transport/catcher.py`).
"""

from __future__ import annotations

import email.policy
import json
import tomllib
from email.message import EmailMessage, Message
from email.parser import BytesParser

from starlette.exceptions import HTTPException
from starlette.responses import Response

from mailer.app import App
from mailer.contacts import Problem, parse_address
from mailer.contacts.writing import replace_file
from mailer.desk.inbox import LONGEST, MOST
from mailer.errors import UsageError
from mailer.web.frames import download, framed
from mailer.web.visit import Visit
from mailer.wording import Text

__all__ = ["caught_frame", "caught_part", "empty_inbox", "set_rule", "show_inbox"]

SHOWN = 60
RAW_SHOWN = 60_000
ANSWERS = ("550", "552", "421", "421-once", "451", "hang")
_VIEWS = ("html", "text", "headers", "raw")


def show_inbox(visit: Visit) -> Response:
    inbox = visit.office.inbox
    inbox.tidy(visit.now)
    find = visit.query("find").strip()[:200]
    chosen = visit.query("message")
    data = inbox.open(chosen, visit.now) if chosen else None
    message = _parsed(data) if data is not None else None
    view = visit.query("view") if visit.query("view") in _VIEWS else "html"
    total, unread = inbox.count()
    return visit.show(
        "inbox.html",
        shown=inbox.listed(find=find, limit=SHOWN),
        total=total,
        unread=unread,
        newest=inbox.newest(),
        most=MOST,
        days=LONGEST.days,
        chosen=chosen,
        message=message,
        view=view,
        find=find,
        body=_body(message, data, view) if message is not None and data is not None else "",
        parts=[part.get_filename() or "–" for part in message.iter_attachments()] if message is not None else [],
        checks=_checks(message) if message is not None else [],
        rules=sorted(_rules(visit.app).items()),
        answers=[(one, visit.w(f"answer_{one.replace('-', '_')}")) for one in ANSWERS],
    )


def empty_inbox(visit: Visit) -> Response:
    """Remove what was there when the page was shown; what came since stays."""
    visit.office.inbox.empty(visit.form.get("upto"))
    return visit.go("/inbox", said="inbox_emptied")


def caught_frame(visit: Visit) -> Response:
    """The HTML part, for the sandboxed frame."""
    part = _message(visit).get_body(("html",))
    return framed(_text(part) if part is not None else "")


def caught_part(visit: Visit) -> Response:
    """One attachment, to keep."""
    parts = list(_message(visit).iter_attachments())
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
    lines = [f"{_quoted(key)} = {_quoted(value)}" for key, value in sorted(rules.items())]
    visit.app.workspace.ensure_var()
    replace_file(visit.office.rules_file, "\n".join(["[answers]", *lines, ""]).encode())
    return visit.go("/inbox", said="rule_set")


def _message(visit: Visit) -> EmailMessage:
    data = visit.office.inbox.read(visit.path("name"))
    if data is None:
        raise HTTPException(404)
    return _parsed(data)


def _parsed(data: bytes) -> EmailMessage:
    return BytesParser(policy=email.policy.default).parsebytes(data)


def _text(part: Message) -> str:
    """The characters of a text part, whatever charset it claims."""
    data = part.get_payload(decode=True)
    content = data if isinstance(data, bytes) else b""
    try:
        return content.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def _body(message: EmailMessage, data: bytes, view: str) -> str:
    if view == "text":
        part = message.get_body(("plain",))
        return _text(part) if part is not None else ""
    if view == "headers":
        return "\n".join(f"{name}: {value}" for name, value in message.items())
    return data[:RAW_SHOWN].decode("utf-8", "replace") if view == "raw" else ""


def _checks(message: EmailMessage) -> list[tuple[bool, Text]]:
    """What a receiving server and a reader look for."""
    return [
        (message.get_body(("plain",)) is not None, Text("텍스트 본문", "text part")),
        (bool(message.get("list-unsubscribe")), Text("수신거부 머리글", "List-Unsubscribe")),
        (bool(message.get("message-id")), Text("메시지 번호(Message-ID)", "Message-ID")),
        (message.get("bcc") is None and message.get("cc") is None, Text("받는 사람이 한 명", "one recipient only")),
    ]


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes but for those of characters beyond the BMP, which TOML spells otherwise."""
    return json.dumps(text, ensure_ascii=False)


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
