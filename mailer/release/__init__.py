"""What a letter says: reads a letter file into a `Release`, a plain value from which paper and e-mail are made.

    release = read(Path("letters/sample.md"))
    release.title, release.signatories, release.findings

Promise: the words of the letter are never dropped or respelled. Whatever was guessed, joined or cannot be used is a finding with
`file:line` and a remedy, all of them at once; a release with a finding of level error must not be sent. Only a file that is no
letter at all raises `LetterError`. `parse` does the same from bytes and touches no disk; with the files that `companions_of`
names it rebuilds exactly the same release from a frozen package.

`header_rows` are the rows of the header block as paper and e-mail print them.

`tree` holds the node types of body, notes and names; `plain` gives their characters; `runs` and `language_of` mark the language
of any other string (a header value, a title).

Not here: paper (`document/`), e-mail (`message/`), checks against lists or a rendered page (`desk/`).
"""

from mailer.release import tree
from mailer.release.dates import write_date, write_moment
from mailer.release.language import language_of, runs
from mailer.release.model import Closing, Release, Signatory
from mailer.release.printed import HeaderRow, header_rows
from mailer.release.reader import companions_at, companions_of, parse, read
from mailer.release.tree import plain

__all__ = [
    "Closing",
    "HeaderRow",
    "Release",
    "Signatory",
    "companions_at",
    "companions_of",
    "header_rows",
    "language_of",
    "parse",
    "plain",
    "read",
    "runs",
    "tree",
    "write_date",
    "write_moment",
]
