"""Typing slips in addresses: what was probably meant. Suggestions only; nobody is ever mailed at a guessed address.

A slip in a well-known provider's name (`navre.com`, `gmial.com`, `gmail.con`) is certain enough to hold the address back: such
domains often belong to strangers who collect mail. A mere likeness (`gmaul.com`) is only pointed out.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

__all__ = ["likeness", "repaired", "slip"]

PROVIDERS = (
    "naver.com", "gmail.com", "hanmail.net", "daum.net", "kakao.com", "nate.com", "hotmail.com", "outlook.com", "yahoo.com",
    "icloud.com", "yahoo.co.kr", "korea.kr",
)  # fmt: skip
_REAL_NEIGHBOURS = frozenset({
    "mail.com", "email.com", "ymail.com", "gmx.com", "fmail.com", "nave.com", "nade.com", "note.com", "gate.com", "date.com",
    "natl.com", "korea.kr", "outlook.kr", "daum.net", "nate.com", "me.com",
})  # fmt: skip
_WRONG_ENDINGS = (
    "con",
    "cmo",
    "ocm",
    "comm",
    "coom",
    "vom",
    "xom",
    "om",
    "cm",
    "co",
    "ccom",
    "cim",
    "cpm",
    "net.com",
    "com.com",
)
_SEEN_SLIPS = {
    "gmail.com": "gmai.com gmal.com gmil.com gnail.com gmaill.com gmaik.com gmaul.com gmail.kr gmail.co.kr gmail.net gmailcom.com",
    "naver.com": "navr.com nver.com never.com nevar.com neaver.com navar.com naveer.com navercom.com naver.net naver.kr",
    "hanmail.net": "hanmail.com hanmil.net hanmai.net hamail.net hanmall.net hanmaill.net hanmail.ne hanmail.nat hanmail.co.kr",
    "daum.net": "daum.com daum.ne daum.nat daum.ent daum.nte duam.net damu.net daun.net",
    "yahoo.com": "yaho.com yahooo.com",
    "hotmail.com": "hotmai.com hotmal.com hotmil.com hotmaill.com",
    "outlook.com": "outlok.com outloook.com",
    "icloud.com": "iclod.com iclould.com",
    "nate.com": "nate.net",
}
_AT_WORD = re.compile(r"\s*[\[({]\s*(?:at|골뱅이)\s*[\])}]\s*|\s+(?:at|골뱅이)\s+", re.IGNORECASE)
_AMONG_WORDS = re.compile(r"(?:(?<=[\s:(\[<])|^)([^\s:()<>\[\],;@\"']+@[^\s:()<>\[\],;@\"']+\.\w+)(?=[\s)\]>(]|$)")
_DOT_WORD = re.compile(r"\s*[\[({]\s*(?:dot|점)\s*[\])}]\s*", re.IGNORECASE)


@lru_cache(maxsize=1)
def _slips() -> dict[str, str]:
    """Wrong domain -> right domain: letters swapped, wrong endings, and slips met in real lists."""
    table: dict[str, str] = {}
    for right in PROVIDERS[:10]:
        name, _, ending = right.partition(".")
        if len(name) >= 5:
            swapped = (name[:i] + name[i + 1] + name[i] + name[i + 2 :] for i in range(len(name) - 1))
            table |= {f"{wrong}.{ending}": right for wrong in swapped if wrong != name}
        if ending == "com":
            table |= {f"{name}.{wrong}": right for wrong in _WRONG_ENDINGS}
    for right, wrongs in _SEEN_SLIPS.items():
        table |= dict.fromkeys(wrongs.split(), right)
    return {wrong: right for wrong, right in table.items() if wrong not in PROVIDERS}


def slip(domain: str) -> str | None:
    """The provider's domain of which `domain` (lower case) is a known slip."""
    return _slips().get(domain)


@lru_cache(maxsize=4096)
def likeness(domain: str) -> str | None:
    """A provider whose domain is one letter away from `domain`, unless `domain` is known to be somebody else's."""
    if domain in PROVIDERS or domain in _REAL_NEIGHBOURS:
        return None
    return next((right for right in PROVIDERS if len(right) >= 8 and _one_apart(domain, right)), None)


def _one_apart(one: str, other: str) -> bool:
    """One letter inserted, left out or replaced."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    tails = one[start:], other[start:]
    return tails[0][1:] == tails[1][1:] or tails[0][1:] == tails[1] or tails[0] == tails[1][1:]


def repaired(text: str) -> str:
    """`text` after undoing the usual slips; may still be no address at all, the caller has to parse it again."""
    text = unicodedata.normalize("NFKC", text[:400])
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cc"))
    text = _AT_WORD.sub("@", _DOT_WORD.sub(".", text.strip()))
    text = re.sub(r"^mailto:", "", text, flags=re.IGNORECASE)
    text = _inside_brackets(text)
    text = re.sub(r"\s+", "", text).strip("<>()[]{}\"'`,;:.。、")
    text = re.sub(r"@+", "@", text)
    local, at, domain = text.rpartition("@")
    if not at:
        return _missing_at(domain)
    domain = re.sub(r"[.,;。]+", ".", domain).strip(".-").replace("_", "-").lower()
    return f"{re.sub(r'[.,]+', '.', local).strip('.')}@{_domain(domain)}"


def _inside_brackets(text: str) -> str:
    """`Hong <hong@example.org>`, `e-mail: hong@example.org (desk)` -> `hong@example.org`; the text as it is when there are
    several."""
    found = set(re.findall(r"<([^<>@]+@[^<>@]+)>", text)) or set(_AMONG_WORDS.findall(text))
    return found.pop() if len(found) == 1 else text


def _missing_at(text: str) -> str:
    for provider in PROVIDERS:
        if text.endswith("." + provider):
            return f"{text[: -len(provider) - 1]}@{provider}"
    return text


def _domain(domain: str) -> str:
    bare = {provider.replace(".", ""): provider for provider in PROVIDERS}
    names = {provider.partition(".")[0]: provider for provider in PROVIDERS[:10]}
    return slip(domain) or bare.get(domain) or names.get(domain) or domain
