"""The mail server, the sender and the time zone, changed on the page: written into `.env`, checked, in force at once.

A file that would not be a valid configuration is put back as it was, and what was typed comes back on the form, but never a
password. A setting that comes from the environment is not changed
here: the environment wins over the file.

Not here: what the settings mean (`config/`), the page around the form (`settings.py`).
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mailer.config import KEYS, Config, read_config
from mailer.contacts.writing import replace_file
from mailer.errors import MailerError, UsageError
from mailer.web.plain import labelled
from mailer.web.visit import Visit
from mailer.wording import Text

__all__ = ["Field", "env_mark", "fields_of", "save_server", "typed_in"]

EDITABLE = (
    "MAILER_FROM",
    "SMTP_HOST",
    "SMTP_PORT",
    "SMTP_SECURITY",
    "SMTP_USERNAME",
    "SMTP_PASSWORD",
    "MAILER_TIMEZONE",
)
_IN_FILE = re.compile(r"\.env:\d+$")
_writing = threading.Lock()
_SECURITY = ("starttls", "tls", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One line of the form. `value` is "" for a secret; `fixed` says what decides over the file `.env`, None when nothing does."""

    key: str
    value: str
    default: str
    meaning: Text
    secret: bool
    fixed: Text | None
    choices: tuple[str, ...] = ()


def fields_of(config: Config, typed: Mapping[str, str] | None = None) -> list[Field]:
    """The form as `config` has it, or as somebody `typed` it."""
    return [
        Field(
            key=key,
            value="" if KEYS[key].secret else (typed or {}).get(key, _shown(config, key)),
            default=KEYS[key].default,
            meaning=labelled(KEYS[key].meaning),
            secret=KEYS[key].secret,
            fixed=_decider(config, key),
            choices=_SECURITY if key == "SMTP_SECURITY" else (),
        )
        for key in EDITABLE
    ]


def env_mark(path: Path) -> str:
    """Tells one state of the file from another, and nothing of its content, which holds a password."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return "none"
    return f"{status.st_ino}-{status.st_mtime_ns}-{status.st_size}"


def typed_in(visit: Visit) -> dict[str, str]:
    """What a form of this kind holds, by key; the password, and what the form did not send, are left out."""
    sent = {key for key, _ in visit.form.pairs}
    return {key: visit.form.get(key).strip() for key in EDITABLE if key in sent and not KEYS[key].secret}


def save_server(visit: Visit) -> None:
    """Write what was typed, read everything anew, and let the worker begin again with it. An empty password stays as it was while
    there is a user name. Raises UsageError and ConfigError for what cannot be kept; nothing has changed then."""
    with _writing:
        _save(visit)
    visit.office.renew()


def _save(visit: Visit) -> None:
    app = visit.app
    path = app.workspace.env_file.resolve()
    if visit.form.get("expect") not in ("", env_mark(path)):
        raise UsageError(
            Text(
                "그사이 설정이 바뀌어 저장하지 않았습니다",
                "the settings were changed in the meantime; nothing was saved",
            ),
            remedy=Text("바뀐 내용을 보고 다시 저장해 주십시오", "look at them and save again"),
        )
    fields = fields_of(app.config)
    if _takes_password_elsewhere(visit, fields, app.config):
        raise UsageError(
            Text(
                "다른 서버나 다른 암호화 방식에는 저장된 비밀번호를 그대로 보내지 않습니다. 바꾸지 않았습니다",
                "the stored password is not sent to another server or with other encryption; nothing was changed",
            ),
            remedy=Text("비밀번호를 다시 적어 주십시오", "type the password again"),
        )
    before = path.read_bytes() if path.exists() else None
    text = (before or b"").decode("utf-8-sig", "replace")
    for field in fields:
        value = visit.form.get(field.key).strip()
        if field.fixed or (field.secret and not value and visit.form.get("SMTP_USERNAME").strip()):
            continue
        text = _with(text, field.key, value)
    # from its first byte on, the file is nobody else's to read
    path.touch(mode=0o600)
    path.chmod(0o600)
    replace_file(path, text.encode())
    try:
        config = read_config(app.workspace.root, os.environ, _flags(app.config))
    except MailerError:
        if before is None:
            path.unlink()
        else:
            replace_file(path, before)
        raise
    app.reconfigure(config)


def _takes_password_elsewhere(visit: Visit, fields: list[Field], config: Config) -> bool:
    """Somebody who sits at a screen that was left open must not learn the password by naming a server of their own."""
    form = {field.key: visit.form.get(field.key).strip() for field in fields if not field.fixed}
    if "SMTP_PASSWORD" not in form or form["SMTP_PASSWORD"] or not config.given("SMTP_PASSWORD"):
        return False
    known = {field.key: field.value or field.default for field in fields}
    return bool(form.get("SMTP_USERNAME", "kept")) and any(
        form.get(key) not in (None, "", known[key]) for key in ("SMTP_HOST", "SMTP_SECURITY")
    )


def _decider(config: Config, key: str) -> Text | None:
    # an empty variable decides, too; an empty name of a file does not
    name = key if key in os.environ else f"{key}_FILE" if os.environ.get(f"{key}_FILE") else ""
    if name:
        return Text(f"환경 변수 {name}", f"the environment variable {name}")
    origin = config.origins[key]
    return origin.source if config.given(key) and not _IN_FILE.search(origin.where) else None


def _flags(config: Config) -> dict[str, str]:
    """What the command line said when the server was started still holds."""
    return {"MAILER_LANG": config.language} if config.origins["MAILER_LANG"].where == "MAILER_LANG" else {}


def _shown(config: Config, key: str) -> str:
    if not config.given(key):
        return ""
    values = {
        "MAILER_FROM": f"{config.sender.name} <{config.sender.address}>"
        if config.sender.name
        else config.sender.address,
        "SMTP_HOST": config.smtp_host or "",
        "SMTP_PORT": str(config.smtp_port),
        "SMTP_SECURITY": config.smtp_security.value,
        "SMTP_USERNAME": config.smtp_username or "",
        "MAILER_TIMEZONE": config.timezone,
    }
    return values[key]


def _with(text: str, key: str, value: str) -> str:
    """The text of `.env` in which `key` is `value`; every other line stays as it is."""
    if not value.isprintable():
        raise UsageError(Text("쓸 수 없는 글자가 들어 있습니다", "there are characters that cannot be used"), where=key)
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    line = f"{key}='{quoted}'" if value else f"{key}="
    lines = text.split("\n")
    places = [n for n, one in enumerate(lines) if re.match(rf"\s*(?:export\s+)?{key}\s*=", one)]
    for place in places:
        lines[place] = line if place == places[-1] else f"{key}="
    return "\n".join(lines) if places else f"{text.rstrip()}\n{line}\n".lstrip("\n")
