"""The organisation on the paper: `templates/letterhead.toml`, read and checked.

Not here: what is drawn from it (`templates/document/letter.typ`).
"""

from __future__ import annotations

import difflib
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace
from pathlib import Path, PurePosixPath
from typing import Any

from mailer.document.logo import KINDS, why_unprintable
from mailer.errors import DocumentError
from mailer.wording import Text

TEXTS = ("name_ko", "name_en", "address", "phone", "fax", "web", "email")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """Who sends. Texts are NFC and one line; `colour` is `#rrggbb`; `logo` holds the picture's bytes, `logo_kind` its format.

    `justify` gives paragraphs a straight right edge, except Korean ones, whose words are kept whole.
    """

    name_ko: str
    name_en: str = ""
    address: str
    phone: str
    fax: str = ""
    web: str = ""
    email: str
    colour: str = "#1f3a5f"
    justify: bool = True
    logo: bytes | None = None
    logo_kind: str = ""

    def printed(self) -> dict[str, str]:
        """The texts that appear on paper, by key, empty ones left out."""
        return {key: value for key in TEXTS if (value := getattr(self, key))}

    def overlaid(self, own: Mapping[str, str]) -> Letterhead:
        """With the texts a letter brings itself; a letter of another organisation does not get this one's logo."""
        texts = overlaid_texts(self.printed(), own)
        values: dict[str, Any] = {key: texts.get(key, "") for key in TEXTS}
        if texts["name_ko"] == self.name_ko:
            return replace(self, **values)
        return replace(self, **values, logo=None, logo_kind="")


def overlaid_texts(texts: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """The texts of a letterhead under those a letter brings itself. Another organisation's letter gets none of its numbers."""
    kept = {text: value for text, value in own.items() if value}
    if kept.get("name_ko", texts.get("name_ko")) == texts.get("name_ko"):
        return {**texts, **kept}
    return kept


def read_letterhead(data: bytes, source: str) -> Letterhead:
    """Parse the bytes of a letterhead file; `source` is its path, for complaints and to find the logo beside it.

    Raises DocumentError: broken TOML or encoding, an unknown or missing key, a value of the wrong kind, an unusable logo.
    """
    table = _table(data, source)
    _refuse_unknown(table, source)
    for key in (f.name for f in fields(Letterhead) if f.default is MISSING):
        if not str(table.get(key, "")).strip():
            raise DocumentError(
                Text(f"문서 머리에 ‘{key}’ 항목이 없거나 비어 있습니다", f"the letterhead lacks a value for '{key}'"),
                where=source,
                remedy=Text(f'{key} = "..." 줄을 넣어 주십시오', f'add a line {key} = "..."'),
            )
    values: dict[str, Any] = {key: _value(key, value, source) for key, value in table.items() if key != "logo"}
    if table.get("logo"):
        values["logo"], values["logo_kind"] = _logo(table["logo"], source)
    return Letterhead(**values)


def _table(data: bytes, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DocumentError(
            Text("문서 머리 파일이 UTF-8이 아닙니다", "the letterhead file is not UTF-8"),
            where=source,
            remedy=Text("UTF-8로 다시 저장해 주십시오", "save it as UTF-8"),
        ) from error
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise DocumentError(
            Text(f"문서 머리 파일의 형식이 잘못되었습니다: {error}", f"the letterhead file is not valid TOML: {error}"),
            where=f"{source}:{line[1]}" if line else source,
            remedy=Text('값은 따옴표로 감쌉니다: 항목 = "값"', 'values stand in quotes: key = "value"'),
        ) from error


def _known() -> list[str]:
    return [f.name for f in fields(Letterhead) if f.name != "logo_kind"]


def _refuse_unknown(table: dict[str, Any], source: str) -> None:
    for key in table:
        if key in _known():
            continue
        near = difflib.get_close_matches(key.lower(), _known(), n=1, cutoff=0.5)
        listed = ", ".join(_known())
        remedy = Text(f"쓸 수 있는 항목: {listed}", f"known keys: {listed}")
        if near:
            remedy = Text(f"혹시 ‘{near[0]}’입니까? {remedy.ko}", f"did you mean '{near[0]}'? {remedy.en}")
        raise DocumentError(
            Text(f"문서 머리에 알 수 없는 항목이 있습니다: {key}", f"unknown key '{key}' in the letterhead"),
            where=source,
            remedy=remedy,
        )


def _value(key: str, value: object, source: str) -> str | bool:
    if key == "justify":
        if isinstance(value, bool):
            return value
        raise _bad(key, source, Text("true 또는 false로 적어 주십시오", "write true or false"))
    if not isinstance(value, str):
        raise _bad(key, source, Text('따옴표로 감싼 글자로 적어 주십시오: "..."', 'write text in quotes: "..."'))
    text = unicodedata.normalize("NFC", value).strip()
    if any(unicodedata.category(c) in ("Cc", "Zl", "Zp") for c in text):
        raise _bad(key, source, Text("한 줄로 적어 주십시오", "write it on one line"))
    if key == "colour" and not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise _bad(key, source, Text("#1f3a5f처럼 여섯 자리로 적어 주십시오", "write six digits, like #1f3a5f"))
    return text


def _bad(key: str, source: str, remedy: Text) -> DocumentError:
    what = Text(f"문서 머리의 ‘{key}’ 값을 쓸 수 없습니다", f"the letterhead's value for '{key}' cannot be used")
    return DocumentError(what, where=source, remedy=remedy)


def _logo(name: object, source: str) -> tuple[bytes, str]:
    """The logo's bytes: a file in the letterhead's own folder or below, so that a letterhead cannot print other files."""
    if not isinstance(name, str):
        raise _bad(
            "logo", source, Text('파일 이름을 따옴표로 적어 주십시오: "logo.svg"', 'write a file name: "logo.svg"')
        )
    path = PurePosixPath(name)
    kind = KINDS.get(path.suffix.lower(), "")
    if not kind or path.is_absolute() or ".." in path.parts or "\\" in name:
        raise _bad(
            "logo",
            source,
            Text(
                "문서 머리와 같은 폴더에 있는 SVG, PNG, JPG 파일 이름을 적어 주십시오",
                "name an SVG, PNG or JPG file in the letterhead's folder",
            ),
        )
    try:
        data = (Path(source).parent / path).read_bytes()
    except OSError as error:
        raise _bad(
            "logo", source, Text(f"{name} 파일을 읽을 수 없습니다", f"the file {name} cannot be read")
        ) from error
    wrong = why_unprintable(data, kind)
    if wrong is not None:
        raise _bad("logo", source, Text(f"{wrong.ko}: {name}", f"{wrong.en}: {name}"))
    return data, kind
