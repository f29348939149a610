"""The one tree of errors. Expected results are values; these are for a broken world or an unusable input.

MailerError                 exit 1   what, where, remedy in both languages
+-- UsageError              exit 2   the command line cannot be obeyed
+-- ConfigError             exit 2   a setting is missing, unknown or unusable
+-- WorkspaceError          exit 2   a folder or file cannot be read or written
+-- LedgerError             exit 1   the database does not answer now (held by another program, ...); later it may
|   +-- LedgerBusy                   another program is writing
|   +-- LedgerFull                   no room left: nothing more may go out
|   +-- LedgerUnusable      exit 2   of a newer version or another program, damaged, not to be written: a person has to act
+-- StoppedByCheck          exit 4   a check refused; nothing was sent
|   +-- LetterError                  the letter cannot be read (carries every finding)
|   +-- ListError                    a list cannot be read
|   +-- TemplateError                a template is wrong
|   +-- DocumentError                the document cannot be rendered
|   +-- MessageError                 a message would be malformed (line break in a header, ...)
|   +-- IllegalMove                  the dispatch is not in a state that allows this
+-- ServerError             exit 5   the mail server
    +-- ServerUnreachable            no connection, no TLS
    +-- LoginRefused                 user name or password refused
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from typing import ClassVar

from mailer.findings import Finding
from mailer.wording import Language, Text

__all__ = [
    "ConfigError",
    "DocumentError",
    "IllegalMove",
    "LedgerBusy",
    "LedgerError",
    "LedgerFull",
    "LedgerUnusable",
    "LetterError",
    "ListError",
    "LoginRefused",
    "MailerError",
    "MessageError",
    "ServerError",
    "ServerUnreachable",
    "StoppedByCheck",
    "TemplateError",
    "UsageError",
    "WorkspaceError",
    "system_reason",
]

_REASONS = {
    errno.EACCES: "권한이 없습니다",
    errno.EPERM: "권한이 없습니다",
    errno.EROFS: "읽기 전용입니다",
    errno.ENOSPC: "남은 공간이 없습니다",
    errno.EDQUOT: "쓸 수 있는 공간을 다 썼습니다",
    errno.ENOENT: "그런 파일이나 폴더가 없습니다",
    errno.ENOTDIR: "폴더가 아닌 것이 경로에 있습니다",
    errno.EISDIR: "파일이 아니라 폴더입니다",
    errno.EEXIST: "같은 이름이 이미 있습니다",
    errno.ENAMETOOLONG: "이름이 너무 깁니다",
    errno.EMFILE: "열린 파일이 너무 많습니다",
    errno.EADDRINUSE: "다른 프로그램이 쓰고 있습니다",
    errno.EADDRNOTAVAIL: "이 컴퓨터의 주소가 아닙니다",
    errno.EIO: "저장 장치가 응답하지 않습니다",
}


def system_reason(error: OSError) -> Text:
    """Why the system refused, in its own English and in plain Korean; what is not in the table stays English."""
    said = error.strerror or type(error).__name__
    return Text(_REASONS.get(error.errno or 0, said), said)


class MailerError(Exception):
    """What went wrong, where (`file:line`, a setting, a host), and what to do about it."""

    exit_code: ClassVar[int] = 1

    def __init__(
        self, what: Text, *, where: str = "", remedy: Text | None = None, findings: Sequence[Finding] = ()
    ) -> None:
        super().__init__(what.en)
        self.what = what
        self.where = where
        self.remedy = remedy
        self.findings = tuple(findings)

    def explain(self, language: Language) -> str:
        """One or two lines: `where: what`, then `-> remedy`."""
        head = f"{self.where}: {self.what.to(language)}" if self.where else self.what.to(language)
        return f"{head}\n  -> {self.remedy.to(language)}" if self.remedy else head


class UsageError(MailerError):
    exit_code = 2


class ConfigError(MailerError):
    exit_code = 2


class WorkspaceError(MailerError):
    exit_code = 2


class LedgerError(MailerError):
    pass


class LedgerBusy(LedgerError):
    pass


class LedgerFull(LedgerError):
    pass


class LedgerUnusable(LedgerError):
    exit_code = 2


class StoppedByCheck(MailerError):
    exit_code = 4


class LetterError(StoppedByCheck):
    pass


class ListError(StoppedByCheck):
    pass


class TemplateError(StoppedByCheck):
    pass


class DocumentError(StoppedByCheck):
    pass


class MessageError(StoppedByCheck):
    pass


class IllegalMove(StoppedByCheck):
    pass


class ServerError(MailerError):
    exit_code = 5


class ServerUnreachable(ServerError):
    pass


class LoginRefused(ServerError):
    pass
