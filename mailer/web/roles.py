"""What an account may do: write, approve (which includes sending), administer. Each includes the one before.

Not here: who has which role (`ledger/accounts.py`).
"""

from __future__ import annotations

from enum import StrEnum

from mailer.wording import Text

__all__ = ["ROLE_WORDS", "Role", "role_of"]


class Role(StrEnum):
    WRITE = "write"
    APPROVE = "approve"
    ADMIN = "admin"

    def may(self, needed: Role) -> bool:
        order = list(Role)
        return order.index(self) >= order.index(needed)


ROLE_WORDS = {
    Role.WRITE: Text("작성", "writes"),
    Role.APPROVE: Text("승인", "approves"),
    Role.ADMIN: Text("관리", "administers"),
}


def role_of(stored: str) -> Role:
    """The role of a stored word; one that this version does not know may only write."""
    return Role(stored) if stored in set(Role) else Role.WRITE
