"""Where the text of each setting comes from: flag, environment, `.env`, a file named by `NAME_FILE`, or the default.

The first of these that names a key decides, even with an empty value: `SMTP_HOST= mailer send` is practice mode whatever
`.env` says. The process environment is read, never written. Nothing is interpolated: a `$` in a password is a `$`.

Not here: what the text means (`values.py`, `reader.py`).
"""

from __future__ import annotations

import difflib
import io
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mailer.config.keys import KEYS
from mailer.errors import ConfigError, system_reason
from mailer.wording import Text

__all__ = ["DEFAULT", "Origin", "Raw", "gather", "read_env_file"]

_PREFIXES = ("MAILER_", "SMTP_")
_LARGEST = 64 * 1024  # a settings file or a secret beyond this is some other file named by mistake


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who set a key: `source` for the screen, `where` as in an error (`.env:12`, `$SMTP_PORT`)."""

    source: Text
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """The text of one setting, which may be a secret and stays out of `repr`, and its origin."""

    text: str = field(repr=False)
    origin: Origin


DEFAULT = Origin(source=Text("기본값", "default"), where=".env")
_FLAG = Text("명령줄", "flag")
_ENVIRONMENT = Text("환경 변수", "environment")


def gather(workspace: Path, environ: Mapping[str, str], flags: Mapping[str, str]) -> dict[str, Raw]:
    """Every setting that somebody gave, by key. Raises `ConfigError` for unknown keys and unreadable files."""
    layers = (
        {name: _raw(text, _FLAG, name) for name, text in flags.items()},
        {name: _raw(text, _ENVIRONMENT, f"${name}") for name, text in environ.items() if name.startswith(_PREFIXES)},
        {name: _raw(text, Text(place, place), place) for name, text, place in read_env_file(workspace / ".env")},
    )
    found: dict[str, Raw] = {}
    for layer in layers:
        for name, raw in layer.items():
            _refuse_unknown(name, raw)
        for key in KEYS:
            given = _from_layer(key, layer, workspace) if key not in found else None
            if given is not None:
                found[key] = given
    return found


def read_env_file(path: Path) -> Iterator[tuple[str, str, str]]:
    """(name, text, `.env:line`) of each setting in a `.env` file; nothing when there is no such file."""
    name = _shown(path)
    text = _decode(_read(path, missing=b""), name)
    if not text:
        return
    from dotenv.parser import parse_stream

    seen: dict[str, int] = {}  # an empty line may stand before the one that counts
    for binding in parse_stream(io.StringIO(text)):
        blank = binding.original.string[: len(binding.original.string) - len(binding.original.string.lstrip())]
        line = binding.original.line + blank.replace("\r\n", "\n").replace("\r", "\n").count("\n")
        place = f"{name}:{line}"
        if binding.error or (binding.key is not None and binding.value is None):
            raise _not_a_setting(place)
        if binding.key is None or binding.value is None:
            continue
        if binding.key in seen:
            raise _twice(binding.key, seen[binding.key], place)
        if binding.value:
            seen[binding.key] = line
        yield binding.key, binding.value, place


def _raw(text: str, source: Text, where: str) -> Raw:
    return Raw(text=text, origin=Origin(source=source, where=where))


def _from_layer(key: str, layer: Mapping[str, Raw], workspace: Path) -> Raw | None:
    direct, named = layer.get(key), layer.get(f"{key}_FILE")
    if named is None or not named.text:
        return direct
    if direct is not None and direct.text:
        raise ConfigError(
            Text(f"{key}, {key}_FILE: 둘 다 있습니다", f"both {key} and {key}_FILE are given"),
            where=named.origin.where,
            remedy=Text("둘 가운데 하나를 지우십시오", "remove one of the two"),
        )
    path = workspace / Path(named.text).expanduser()
    text = _decode(_read(path), _shown(path)).rstrip("\r\n")
    by = named.origin.source
    return _raw(text, Text(f"{named.text} ({by.ko})", f"{named.text} ({by.en})"), _shown(path))


def _shown(path: Path) -> str:
    """Short when it lies below the current folder, as the person would type it; otherwise whole."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _read(path: Path, missing: bytes | None = None) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except FileNotFoundError as error:
        if missing is not None:
            return missing
        raise _unreadable(path, error) from error
    except OSError as error:
        raise _unreadable(path, error) from error
    if len(content) > _LARGEST:
        raise ConfigError(
            Text("설정 파일이라기에는 너무 큽니다", "too large to be a settings file"),
            where=_shown(path),
            remedy=Text("다른 파일을 가리킨 것은 아닌지 확인하십시오", "check that this is the file you mean"),
        )
    return content


def _decode(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        kind = "UTF-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else _guess(content)
        raise ConfigError(
            Text(
                f"UTF-8이 아닙니다{f' (아마 {kind})' if kind else ''}",
                f"not UTF-8{f' (looks like {kind})' * bool(kind)}",
            ),
            where=name if kind == "UTF-16" else f"{name}:{line}",
            remedy=Text(
                "편집기에서 인코딩을 UTF-8로 골라 다시 저장하십시오",
                "save it again with the encoding UTF-8 in your editor",
            ),
        ) from error


def _guess(content: bytes) -> str:
    try:
        content.decode("cp949")
    except UnicodeDecodeError:
        return ""
    return "CP949"


def _refuse_unknown(name: str, raw: Raw) -> None:
    known = [*KEYS, *(f"{key}_FILE" for key in KEYS)]
    if name in known:
        return _refuse_control(name, raw)
    close = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.7 if name.startswith(_PREFIXES) else 0.85)
    if not close and not name.startswith(_PREFIXES):
        return None  # a line for some other program that reads the same .env
    raise ConfigError(
        Text(f"{name}: 모르는 설정입니다", f"{name}: unknown setting"),
        where=raw.origin.where,
        remedy=Text(f"혹시 이것입니까? {close[0]}", f"did you mean {close[0]}?")
        if close
        else Text("config.example.env에 모든 설정이 있습니다", "config.example.env lists every setting"),
    )


def _refuse_control(name: str, raw: Raw) -> None:
    # A line break in a name or an address would become a header of its own; lone surrogates are undecodable bytes.
    if any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in raw.text):
        raise ConfigError(
            Text(
                f"{name}: 값에 줄바꿈이나 제어 문자가 있습니다",
                f"{name}: the value holds a line break or a control character",
            ),
            where=raw.origin.where,
            remedy=Text("한 줄로 다시 적으십시오", "write it again on one line"),
        )


def _unreadable(path: Path, error: OSError) -> ConfigError:
    reason = system_reason(error)
    return ConfigError(
        Text(f"설정 파일을 읽을 수 없습니다 ({reason.ko})", f"the settings file cannot be read ({reason.en})"),
        where=_shown(path),
        remedy=Text("경로와 읽기 권한을 확인하십시오", "check the path and the permission to read it"),
    )


def _not_a_setting(place: str) -> ConfigError:
    # The line is not quoted: it may be a password whose closing quote is missing.
    return ConfigError(
        Text("NAME=값 형식의 줄이 아닙니다", "this line is not NAME=value"),
        where=place,
        remedy=Text("따옴표를 닫았는지, 설명 앞에 #이 있는지 보십시오", "close the quotes, and begin a comment with #"),
    )


def _twice(name: str, first: int, place: str) -> ConfigError:
    return ConfigError(
        Text(f"{name}: {first}행에도 적혀 있습니다", f"{name} already stands in line {first}"),
        where=place,
        remedy=Text("한 줄만 남기십시오", "keep one of the two lines"),
    )
