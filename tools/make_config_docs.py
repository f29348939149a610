"""Write docs/en/config.md and docs/ko/config.md from the table of settings. `--check` writes nothing and fails when they are stale.

python -m tools.make_config_docs [--check]
"""

from __future__ import annotations

import sys

from mailer.config import KEYS, Key
from mailer.wording import Language, Text
from tools.publishing import publish

TITLE = Text("설정", "Settings")
MADE = Text(
    "이 페이지는 프로그램에서 만들어집니다: `make docs`. 직접 고치지 마십시오.",
    "This page is made from the program: `make docs`. Do not edit it.",
)
HOW = Text("적는 곳", "Where they are written")
HOW_WORDS = Text(
    """설정은 작업 폴더의 `.env` 파일에 `이름=값`으로 한 줄씩 적습니다. `mailer init`이 모든 항목과 설명이 든 파일을 만들어 줍니다.

- 환경 변수가 `.env`보다 앞섭니다. `SMTP_HOST= mailer send ...`처럼 빈 값을 주면 그 한 번은 연습 모드입니다.
- 비워 두면 기본값입니다.
- 어느 이름이든 뒤에 `_FILE`을 붙이면 값을 그 파일에서 읽습니다: `SMTP_PASSWORD_FILE=/run/secrets/smtp`.
  같은 설정을 두 가지로 다 적으면 오류입니다.
- 빈칸이나 `#`이 든 값은 작은따옴표로 묶습니다: `SMTP_PASSWORD='a #b'`. `$`는 그냥 글자입니다.
- `SMTP_`나 `MAILER_`로 시작하는 모르는 이름은 오류이며, 비슷한 이름을 알려 줍니다.
- `mailer config show`는 지금 쓰이는 값과 그 출처를 보여 줍니다. 비밀번호는 가립니다.
  `mailer config check`는 값이 서로 맞는지, `mailer doctor`는 서버까지 확인합니다.
- 시간은 `90s`, `15m`, `2h`, `1d`처럼, 속도는 `60/min`, `5/s`, `100/h`처럼 적습니다.""",
    """Settings stand in the workspace's file `.env`, one `NAME=value` a line. `mailer init` makes that file, with every setting
and what it means.

- The environment wins over `.env`. An empty value counts, too: `SMTP_HOST= mailer send ...` is practice mode for that once.
- Empty in `.env` means the default.
- Any name with `_FILE` appended reads the value from that file: `SMTP_PASSWORD_FILE=/run/secrets/smtp`. Both forms of one
  setting at once are an error.
- Values with blanks or `#` stand in single quotes: `SMTP_PASSWORD='a #b'`. A `$` is just a `$`.
- Unknown names that begin with `SMTP_` or `MAILER_` are an error, with a suggestion.
- `mailer config show` lists the values in force and where they come from, secrets masked. `mailer config check` tells
  whether they fit together, `mailer doctor` asks the server, too.
- Durations are written `90s`, `15m`, `2h`, `1d`; rates `60/min`, `5/s`, `100/h`.""",
)
LIST = Text("항목", "The settings")
DEFAULT = Text("기본값", "Default")
UNSET = Text("비어 있음", "unset")
ALLOWED = Text("쓸 수 있는 값", "Expected")
SECRET = Text("비밀이므로 화면과 기록에 나타나지 않습니다.", "A secret: it appears on no screen and in no log.")


def page(language: Language) -> str:
    """The whole page in one language."""
    lines = [f"# {TITLE.to(language)}", "", f"*{MADE.to(language)}*", ""]
    lines += [f"## {HOW.to(language)}", "", HOW_WORDS.to(language), "", f"## {LIST.to(language)}", ""]
    for key in KEYS.values():
        lines += _entry(key, language)
    return "\n".join(lines).rstrip() + "\n"


def _entry(key: Key, language: Language) -> list[str]:
    meaning = key.meaning.to(language)
    default = f"`{key.default}`" if key.default else UNSET.to(language)
    return [
        f"### {key.name}",
        "",
        f"{meaning[:1].upper()}{meaning[1:]}.",
        "",
        f"- {ALLOWED.to(language)}: {key.allowed.to(language)}",
        f"- {DEFAULT.to(language)}: {default}",
        *([f"- {SECRET.to(language)}"] if key.secret else []),
        "",
    ]


if __name__ == "__main__":
    sys.exit(publish("config.md", page, sys.argv[1:]))
