"""How a person or a desk is addressed, from what the list says and nothing more.

A gender is never guessed and a first name never used alone. The list's own salutation always wins.

Not here: the sentence after the greeting (`templates/email/`).
"""

from __future__ import annotations

from mailer.dispatch.model import Contact

__all__ = ["greeting"]

_RANKS = (
    "기자",
    "데스크",
    "부장",
    "차장",
    "국장",
    "팀장",
    "실장",
    "위원",
    "특파원",
    "앵커",
    "편집장",
    "주간",
    "작가",
    "PD",
    "피디",
)


def greeting(contact: Contact) -> str:
    """The greeting line: "홍길동 기자님께", "사회부 데스크께", "Dear Jane Doe,"."""
    if contact.salutation:
        return contact.salutation
    return _english(contact) if contact.language == "en" else _korean(contact)


def _korean(contact: Contact) -> str:
    if contact.name:
        named = contact.name
        if contact.title and not named.endswith((contact.title, f"{contact.title}님")):
            named = f"{named} {contact.title}"
        if named.endswith("님"):
            return f"{named}께"
        return f"{named}님께" if contact.title or named.endswith(_RANKS) else f"{named} 님께"
    if contact.desk:
        desk = contact.desk if contact.desk.endswith("데스크") else f"{contact.desk} 데스크"
        return f"{contact.outlet} {desk}께".strip()
    if contact.outlet:
        return f"{contact.outlet} 담당자님께"
    return "담당 기자님께"


def _english(contact: Contact) -> str:
    if contact.name:
        return f"Dear {contact.name},"
    if contact.desk:
        desk = contact.desk if contact.desk.lower().endswith("desk") else f"{contact.desk} desk"
        return f"Dear {contact.outlet} {desk},".replace("  ", " ")
    return f"Dear editors at {contact.outlet}," if contact.outlet else "Dear editor,"
