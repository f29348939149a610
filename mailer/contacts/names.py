"""What a Korean name cell says: "홍길동 기자", "홍길동 (사회부)", "사회부 홍길동 기자님" -> name, title, desk; and the salutation.

Splits only what is certain; anything else stays in the name as written. English titles are never guessed: a letter is
addressed to the full name.

Not here: choosing greeting lines for a template without a person (`templates/`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Named", "joined_name", "language_of", "salutation", "split_name"]

_TITLES_TEXT = """
    선임기자 수석기자 전문기자 대기자 객원기자 인턴기자 수습기자 사진기자 촬영기자 카메라기자
    영상기자 편집기자 취재기자 담당기자 시민기자 기자 편집국장 보도국장 부국장 국장 편집장
    부장 차장 팀장 실장 본부장 논설위원 해설위원 전문위원 위원 특파원 통신원 앵커 아나운서
    프로듀서 PD 피디 작가 에디터 데스크 대표 이사 교수 담당자 선생 선생님 씨
"""
TITLES = frozenset(_TITLES_TEXT.split())
_LONGEST_TITLE = max(map(len, TITLES))
_DESK = re.compile(r"[가-힣A-Za-z0-9·]{1,14}(?:부|부문|팀|국|실|센터|데스크)")
_DESKS_TEXT = """
    정치부 사회부 경제부 문화부 국제부 산업부 체육부 스포츠부 전국부 지역부 편집부 사진부 외교부 통일부 법조팀 탐사팀 사회정책부
    정책사회부 정치팀 사회팀 경제팀 문화팀 국제팀 인권팀 노동팀 환경팀 사회1부 사회2부 사회1팀 사회2팀 탐사보도팀 탐사보도부
    미디어부 디지털부 온라인부 뉴미디어부 국제팀 보도국 편집국 보도본부 논설위원실 오피니언부 기획취재팀 사건팀 시사교양국
"""
_DESKS = frozenset(_DESKS_TEXT.split())
_OUTLET = re.compile(r".{1,30}(?:일보|신문|방송|뉴스|통신|타임스|TV|저널)")
_HANGUL = re.compile(r"[가-힣]")
_BRACKETS = re.compile(r"\s*[(\[（]([^()\[\]（）]{1,30})[)\]）]\s*")
_WORDS = re.compile(r"[\s/,|]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The parts found in a name cell; "" for what is not there."""

    name: str
    title: str = ""
    desk: str = ""
    outlet: str = ""


def split_name(cell: str) -> Named:
    """`cell` must be stripped. Cells without Hangul come back as the name. Splitting the resulting name again finds nothing."""
    named = _split_once(cell)
    while named.name:
        again = _split_once(named.name)
        if again.name == named.name:
            break
        named = Named(
            name=again.name,
            title=named.title or again.title,
            desk=named.desk or again.desk,
            outlet=named.outlet or again.outlet,
        )
    return named


def _split_once(cell: str) -> Named:
    if not _HANGUL.search(cell):
        return Named(name=cell)
    cell, title, desk, outlet = _outside_brackets(cell)
    words = written = [word for word in _WORDS.split(cell) if word]
    if len(words) > 1 and words[-1] == "님":
        words = words[:-1]
    if words and not title:
        last, title = _without_title(words[-1], alone=len(words) == 1)
        words = [*words[:-1], last] if last else words[:-1]
    if not desk:
        desk, words = _without_desk(words)
    return Named(name=cell if words == written else " ".join(words), title=title, desk=desk, outlet=outlet)


def joined_name(given: str, family: str) -> str:
    """A name from two columns: `길동`, `홍` -> `홍길동`; `Ana`, `Núñez` -> `Ana Núñez`."""
    parts = (family, given) if _HANGUL.search(given + family) else (given, family)
    return ("" if _HANGUL.search(given + family) else " ").join(part for part in parts if part)


def salutation(name: str, title: str, language: str, typed: str = "") -> str:
    """The finished line: what was typed if it is one, otherwise "홍길동 기자님께", "홍길동 님께", "기자님께", "Dear Ana Núñez,",
    or "" without a person. A bare honorific ("기자님") that was typed joins the name."""
    if typed and not (typed.endswith("님") and len(typed) <= 8 and name and name not in typed):
        return typed
    if typed:
        return f"{name} {typed}께"
    if language == "en":
        return f"Dear {name}," if name else ""
    title = title.removesuffix("님")
    if name and title and _HANGUL.search(name):
        return f"{name} {title}님께"
    if name:
        return f"{name} 님께"
    return f"{title}님께" if title else ""


def language_of(typed: str, *texts: str, domain: str = "") -> str | None:
    """ "ko" or "en". Without a language column: Hangul anywhere or a .kr domain is Korean, Latin words alone are English.
    None when something was typed that is neither."""
    plain = typed.strip().casefold()
    if plain:
        return _LANGUAGES.get(plain) or _LANGUAGES.get(re.split(r"[-_]", plain)[0])
    text = "".join(texts)
    if _HANGUL.search(text) or domain.endswith((".kr", ".xn--3e0b707e")):
        return "ko"
    return "en" if any(c.isalpha() for c in text) else "ko"


_LANGUAGES = dict.fromkeys(("ko", "kr", "kor", "korean", "한국어", "한글", "국문", "국어", "한"), "ko") | dict.fromkeys(
    ("en", "eng", "english", "영어", "영문", "영"), "en"
)


def _outside_brackets(cell: str) -> tuple[str, str, str, str]:
    """(cell without the brackets that were understood, title, desk, outlet)."""
    title = desk = outlet = ""
    for found in _BRACKETS.finditer(cell):
        inside = found[1].strip()
        if not title and inside.removesuffix("님") in TITLES:
            title = inside.removesuffix("님")
        elif not desk and (inside in _DESKS or _DESK.fullmatch(inside)):
            desk = inside
        elif not outlet and _OUTLET.fullmatch(inside):
            outlet = inside
        else:
            continue
        cell = cell.replace(found[0], " ", 1)
    return cell.strip(), title, desk, outlet


def _without_title(word: str, *, alone: bool) -> tuple[str, str]:
    """("홍길동기자님") -> ("홍길동", "기자"). A title glued to a word leaves a desk (정치부장) or a name of two to
    four syllables."""
    bare = word.removesuffix("님") if len(word) > 1 else word
    for size in range(min(len(bare), _LONGEST_TITLE), 0, -1):
        rest, title = bare[:-size], bare[-size:]
        if title not in TITLES:
            continue
        if not rest:
            return "", title
        if title[-1] == "장" and bare[:-1] in _DESKS:
            return bare[:-1], title
        if alone and size > 1 and re.fullmatch(r"[가-힣]{2,4}", rest):
            return rest, title
    # Names of three syllables may end in 님 (김예님), so only a fourth syllable is taken for the honorific.
    return (bare, "") if re.fullmatch(r"[가-힣]{3,4}", bare) else (word, "")


def _without_desk(words: list[str]) -> tuple[str, list[str]]:
    """A known desk anywhere; an unknown one ("기후환경부") only beside another word that can be the name."""
    known = [word for word in words if word in _DESKS]
    likely = [word for word in words if _DESK.fullmatch(word)] if len(words) > 1 else []
    found = known or likely
    if len(found) != 1:
        return "", words
    return found[0], [word for word in words if word != found[0]]
