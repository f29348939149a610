"""The language of this run, and what click itself says in Korean.

click asks gettext for its own sentences; here its modules get a look-up in the table below instead, so that `--help` and
wrong usage read like the rest of the program without touching the process locale. English is click's own wording.

Not here: the program's sentences, which are `Text` values where they are used.
"""

from __future__ import annotations

import sys
from contextvars import ContextVar

from mailer.wording import Language, Text

__all__ = ["install", "speak", "spoken", "to_spoken", "translate"]

_LANGUAGE: ContextVar[Language] = ContextVar("mailer_language", default="ko")

_KOREAN = {
    "Usage:": "사용법:",
    "Options": "옵션",
    "Commands": "명령",
    "Positional arguments": "인자",
    "Show this message and exit.": "이 도움말을 보여 줍니다.",
    "Show the version and exit.": "버전을 보여 줍니다.",
    "%(prog)s, version %(version)s": "%(prog)s %(version)s",
    "Error: {message}": "오류: {message}",
    "Try '{command} {option}' for help.": "도움말: {command} {option}",
    "Missing command.": "명령이 빠졌습니다.",
    "Missing argument": "빠진 인자:",
    "Missing option": "빠진 옵션:",
    "Missing parameter": "빠진 값:",
    "Missing {param_type}": "빠진 {param_type}:",
    "Missing parameter: {param_name}": "빠진 값: {param_name}",
    "No such option {name!r}.": "{name!r}: 없는 옵션입니다.",
    "No such command {name!r}.": "{name!r}: 없는 명령입니다.",
    "Did you mean {possibility}?": "혹시 이것입니까? {possibility}",
    "(Did you mean one of: {possibilities}?)": "혹시 이 가운데 하나입니까? {possibilities}",
    "Invalid value: {message}": "쓸 수 없는 값입니다: {message}",
    "Invalid value for {param_hint}: {message}": "{param_hint}에 쓸 수 없는 값입니다: {message}",
    "Got unexpected extra argument ({args})": "필요 없는 인자가 더 있습니다: {args}",
    "Got unexpected extra arguments ({args})": "필요 없는 인자가 더 있습니다: {args}",
    "Option {name!r} does not take a value.": "{name!r}에는 값을 적지 않습니다.",
    "Option {name!r} requires an argument.": "{name!r} 뒤에 값이 필요합니다.",
    "Option {name!r} requires {nargs} arguments.": "{name!r} 뒤에 값이 {nargs}개 필요합니다.",
    "Argument {name!r} takes {nargs} values.": "{name!r}에는 값이 {nargs}개 필요합니다.",
    "Takes {nargs} values but 1 was given.": "값이 {nargs}개 필요한데 1개뿐입니다.",
    "Takes {nargs} values but {len} were given.": "값이 {nargs}개 필요한데 {len}개 있습니다.",
    "{value!r} is not {choice}.": "{value!r}: {choice}만 쓸 수 있습니다.",
    "{value!r} is not one of {choices}.": "{value!r}: {choices} 가운데 하나여야 합니다.",
    "{value!r} is not a valid {number_type}.": "{value!r}: 숫자가 아닙니다 ({number_type}).",
    "{value!r} is not a valid boolean. Recognized values: {states}": "{value!r}: 쓸 수 있는 값은 {states}입니다.",
    "{value} is not in the range {range}.": "{value}: 범위를 벗어났습니다 ({range}).",
    "{value!r} does not match the format {format}.": "{value!r}: {format} 형식이 아닙니다.",
    "{value!r} does not match the formats {formats}.": "{value!r}: {formats} 형식이 아닙니다.",
    "Choose from:\n\t{choices}": "쓸 수 있는 값:\n\t{choices}",
    "{name} {filename!r} does not exist.": "{filename!r}: {name}이 없습니다.",
    "{name} {filename!r} is a file.": "{filename!r}: 폴더가 아니라 파일입니다.",
    "{name} {filename!r} is a directory.": "{filename!r}: 파일이 아니라 폴더입니다.",
    "{name} {filename!r} is not readable.": "{filename!r}: 읽을 권한이 없습니다.",
    "{name} {filename!r} is not writable.": "{filename!r}: 쓸 권한이 없습니다.",
    "Could not open file {filename!r}: {message}": "{filename!r}: 파일을 열 수 없습니다 ({message})",
    "file": "파일",
    "directory": "폴더 또는 파일",
    "path": "경로의 파일",
    "unknown error": "알 수 없는 오류",
    "default: {default}": "기본값: {default}",
    "env var: {var}": "환경 변수: {var}",
    "required": "필수",
    "(dynamic)": "(그때그때)",
    "Aborted!": "그만두었습니다.",
}


def speak(language: Language) -> None:
    """Set the language of everything this run prints from here on."""
    _LANGUAGE.set(language)


def spoken() -> Language:
    return _LANGUAGE.get()


def to_spoken(text: Text | str) -> str:
    return text.to(spoken()) if isinstance(text, Text) else text


def translate(message: str) -> str:
    """A sentence of click in the language of this run; one that the table does not know stays English."""
    return _KOREAN.get(message, message) if spoken() == "ko" else message


def install() -> None:
    """Let click's modules ask `translate`. Doing it twice is harmless."""
    for name, module in list(sys.modules.items()):
        if name.startswith("click.") and "_" in vars(module):
            vars(module)["_"] = translate
        if name.startswith("click.") and "ngettext" in vars(module):
            vars(module)["ngettext"] = _plural


def _plural(one: str, many: str, count: int) -> str:
    return translate(one if count == 1 else many)
