"""The reader's notebook: findings gathered while a letter is read, each with its place."""

from __future__ import annotations

from mailer.errors import LetterError
from mailer.findings import Finding, Level
from mailer.wording import Text

__all__ = ["Remarks"]

_MOST = 300
"""Nobody reads more; a damaged file could otherwise yield one finding per line."""


_AFTER = 10_000_000
"""Line numbers of a second file sort after those of the letter."""


class Remarks:
    """`subject` becomes the code `letter.<subject>`; `line` (1-based) (or "line:column") becomes `source:line`."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._found: list[tuple[int, Finding]] = []
        self._left_out = 0
        self._has_error = False

    def error(self, subject: str, line: int | str, message: Text, remedy: Text) -> None:
        self._has_error = True
        self._add(Level.ERROR, subject, line, message, remedy)

    def warning(self, subject: str, line: int | str, message: Text, remedy: Text | None = None) -> None:
        self._add(Level.WARNING, subject, line, message, remedy)

    def ok(self, subject: str, line: int | str, message: Text) -> None:
        self._add(Level.OK, subject, line, message, None)

    def refusal(self, subject: str, line: int | str, what: Text, remedy: Text) -> LetterError:
        """What to raise when the letter cannot be used: carries everything noted so far, and this."""
        self.error(subject, line, what, remedy)
        where = f"{self.source}:{line}" if line else self.source
        return LetterError(what, where=where, remedy=remedy, findings=self.findings())

    def take(self, other: Remarks) -> None:
        """Add what was noted about another file of the same letter."""
        self._has_error = self._has_error or other._has_error
        self._left_out += other._left_out
        for line, finding in other._found:
            self._keep(_AFTER + line, finding)

    def findings(self) -> tuple[Finding, ...]:
        """Everything noted so far in the order of the file; one last entry tells how many did not fit."""
        found = tuple(finding for _, finding in sorted(self._found, key=lambda entry: entry[0]))
        if not self._left_out:
            return found
        message = Text(f"그 밖에 {self._left_out:,}건이 더 있습니다", f"{self._left_out:,} more findings are not shown")
        level = Level.ERROR if self._has_error else Level.WARNING
        return (*found, Finding(level=level, code="letter.more", message=message, where=self.source))

    def _add(self, level: Level, subject: str, line: int | str, message: Text, remedy: Text | None) -> None:
        where = f"{self.source}:{line}" if line else self.source
        finding = Finding(level=level, code=f"letter.{subject}", message=message, where=where, remedy=remedy)
        self._keep(int(str(line).partition(":")[0]), finding)

    def _keep(self, line: int, finding: Finding) -> None:
        if len(self._found) < _MOST:
            self._found.append((line, finding))
        else:
            self._left_out += 1
