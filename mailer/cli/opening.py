"""How a verb gets at its workspace, and the options that several verbs share.

    with opened(call) as app: ...
    with opened(call, sends=True) as app: ...       a verb that sends, or shows what is sent

Not here: reading settings (`config/`), wiring (`app.py`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mailer.app import App, open_app
from mailer.cli.verbs import Call, argument, option
from mailer.config import read_config
from mailer.wording import Text

__all__ = ["PRACTICE", "audience_options", "dispatch_argument", "letter_argument", "list_option", "opened"]

PRACTICE = Text(
    "연습 모드: 메일은 이 컴퓨터 밖으로 나가지 않습니다 (SMTP_HOST가 비어 있음)",
    "Practice mode: no mail leaves this machine (SMTP_HOST is not set)",
)

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


@contextmanager
def opened(call: Call, *, sends: bool = False) -> Iterator[App]:
    """The workspace of this call, wired. Where something `sends`, a person is told that it is practice. Raises ConfigError."""
    config = read_config(call.workspace, os.environ, call.flags)
    with open_app(config) as app:
        if sends and config.practice and not call.screen.json_wanted:
            call.screen.say(PRACTICE, ink="warn")
        yield app


letter_argument = argument(
    "letter",
    metavar="LETTER",
    help=Text("원고 파일의 경로나 letters/ 안의 이름", "A letter: a path, or a name in letters/."),
)
dispatch_argument = argument(
    "dispatch",
    type=int,
    metavar="DISPATCH",
    help=Text("send나 schedule이 알려 준 발송 번호", "The number that send or schedule printed."),
)


def list_option(*, required: bool) -> Decorator:
    return option(
        "-l",
        "--list",
        "lists",
        metavar="LIST",
        multiple=True,
        required=required,
        help=Text(
            "명단: recipients/ 안의 이름이나 경로. 여러 번 쓸 수 있습니다.",
            "A list: a name in recipients/ or a path; may be repeated.",
        ),
    )


def audience_options(*, required: bool) -> Decorator:
    """`-l`, `--exclude` and `--where`."""
    exclude = option(
        "--exclude",
        metavar="LIST",
        multiple=True,
        help=Text("이 명단에 있는 사람은 뺍니다.", "Leave out everybody in this list."),
    )
    where = option(
        "--where",
        metavar="EXPR",
        default="",
        help=Text(
            "조건에 맞는 사람만. 예: 'desk=정치부 or tag=인권'",
            "Only people who match, such as 'desk=politics or tag=rights'.",
        ),
    )

    def dress(function: Callable[..., Any]) -> Callable[..., Any]:
        return list_option(required=required)(exclude(where(function)))

    return dress
