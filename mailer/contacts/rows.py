"""One row of a table -> contacts and problems. A row is judged on its own, except that the first row of an address wins.

Not here: finding the columns (`columns`), files and limits (`reading`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

from mailer.contacts import slips
from mailer.contacts.addresses import parse_address, split_cell
from mailer.contacts.columns import Columns
from mailer.contacts.formulas import unguarded
from mailer.contacts.names import joined_name, language_of, salutation, split_name
from mailer.contacts.problems import Problem, printable
from mailer.contacts.tables import Record
from mailer.dispatch import Address, Contact
from mailer.wording import Text

__all__ = ["RowReader", "split_tags"]

CELL_LIMIT = 2000
_UNLIKE = frozenset({"name", "phone", "note"})
"""Columns in which hardly two people have the same."""

_TAG_ENDS = re.compile(r":::|[,;|\n、，；]+")
_INVISIBLE = re.compile("[\u200b\ufeff\u00ad\u2060]")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def split_tags(cell: str) -> tuple[str, ...]:
    """`#인권; 노동, 인권` -> (인권, 노동): separators , ; | ::: and line ends, a leading # or * dropped, each once, in order."""
    tags = (" ".join(tag.split()).lstrip("#* ") for tag in _TAG_ENDS.split(cell))
    return tuple(dict.fromkeys(tag for tag in tags if tag))


class RowReader:
    """Collects contacts and problems over the rows of one list."""

    def __init__(self, *, columns: Columns, name: str, source: str) -> None:
        self.rows = self.bad = 0
        self._columns = columns
        self._lists = (name,)
        self._source = source
        self._contacts: list[Contact] = []
        self._problems: list[Problem] = []
        self._first_row: dict[str, int] = {}
        self._shared: dict[str, str] = {}
        self._tags: dict[str, tuple[str, ...]] = {}
        self._email = columns.fields["email"]
        self._header = columns.headers[self._email] or "이메일"
        self._extra = tuple((columns.headers[i], i) for i in columns.extra)
        if columns.guessed:
            self._problems.append(_guessed(self._header))

    @property
    def good(self) -> int:
        return len(self._contacts)

    def finish(self) -> tuple[tuple[Contact, ...], tuple[Problem, ...]]:
        """Everything found, problems in the order of their rows."""
        return tuple(self._contacts), tuple(sorted(self._problems, key=lambda problem: problem.row))

    def take(self, record: Record) -> None:
        """Judge one row; a blank one is passed over."""
        cells = [unguarded(cell.strip()) for cell in record.cells]
        if not any(cells):
            return
        self.rows += 1
        if not self._is_whole(record, cells):
            return
        parts = split_cell(cells[self._email] if self._email < len(cells) else "")
        if len(parts) > 1:
            self._warn(record, "several_addresses", self._email, cells[self._email], _several(len(parts)))
        for part in parts:
            self._take_address(record, cells, part)

    def _is_whole(self, record: Record, cells: Sequence[str]) -> bool:
        """False, and a problem, when the cells may belong to other columns or other people."""
        width = len(self._columns.headers)
        if record.torn:
            self._drop(record, "torn_quote", None, '"', _TORN)
            return False
        if any(cells[width:]):
            self._drop(record, "ragged_row", None, cells[width], _RAGGED, self._rejoined(cells))
            return False
        return all(map(_is_plain, cells)) or self._is_usable(record, cells)

    def _is_usable(self, record: Record, cells: Sequence[str]) -> bool:
        """False, and a problem, when a cell other than the address holds what no list should."""
        for check, code, text in _CELL_CHECKS:
            column = next((i for i, cell in enumerate(cells) if i != self._email and check(cell)), None)
            if column is not None:
                self._drop(record, code, column, cells[column], text)
                return False
        return True

    def _rejoined(self, cells: Sequence[str]) -> str | None:
        """`kim@paper,example` typed in a comma file breaks into two cells: joined again for the suggestion."""
        if self._email + 1 >= len(cells) or "." in cells[self._email].partition("@")[2]:
            return None
        found = parse_address(f"{cells[self._email]}.{cells[self._email + 1]}")
        return str(found) if isinstance(found, Address) else None

    def _take_address(self, record: Record, cells: Sequence[str], part: str) -> None:
        found = parse_address(part)
        if isinstance(found, Problem):
            self._drop(record, found.code, self._email, part, found.problem, found.suggestion)
            return
        first = self._first_row.get(found.key)
        if first is not None:
            self._drop(record, "duplicate", self._email, part, _duplicate(first, record.line))
            return
        self._first_row[found.key] = record.line
        likely = slips.likeness(found.key.rpartition("@")[2])
        if likely:
            self._warn(record, "likely_typo", self._email, part, _likely(likely), f"{found.local}@{likely}")
        self._contacts.append(self._contact(found, record, cells))

    def _contact(self, address: Address, record: Record, cells: Sequence[str]) -> Contact:
        named = split_name(self._name(cells))
        outlet = self._cell(cells, "outlet") or named.outlet
        desk = self._cell(cells, "desk") or named.desk
        title = (self._cell(cells, "title") or named.title).rstrip("님").rstrip()
        typed = self._cell(cells, "language")
        language = language_of(typed, named.name, outlet, desk, title, domain=address.key)
        if language is None:
            self._warn(record, "language", self._columns.fields["language"], typed, _LANGUAGE)
        language = language or "en"
        return Contact(
            address=address,
            name=named.name,
            outlet=outlet,
            desk=desk,
            title=title,
            beat=self._cell(cells, "beat"),
            language=language,
            salutation=salutation(named.name, title, language, self._cell(cells, "salutation")),
            tags=self._tagged(self._raw(cells, "tags")),
            phone=self._cell(cells, "phone"),
            note=self._cell(cells, "note"),
            lists=self._lists,
            sources=(f"{self._source}:{record.line}",),
            extra=tuple((header, _tidy(cells[i]) if i < len(cells) else "") for header, i in self._extra),
            source_note=self._cell(cells, "source_note"),
            added=self._cell(cells, "added"),
        )

    def _name(self, cells: Sequence[str]) -> str:
        """The name cell; without one, or where it is the given name beside a family name, the name put together."""
        parts = self._columns.name_parts
        whole = self._cell(cells, "name")
        if not parts or (whole and "given" in parts):
            return whole
        given, family = (
            _tidy(cells[column]) if column is not None and column < len(cells) else ""
            for column in (parts.get("given"), parts.get("family"))
        )
        return whole if whole and whole.startswith(family) else joined_name(given or whole, family)

    def _raw(self, cells: Sequence[str], field: str) -> str:
        column = self._columns.fields.get(field)
        return cells[column] if column is not None and column < len(cells) else ""

    def _cell(self, cells: Sequence[str], field: str) -> str:
        """The cell tidied; where a list repeats itself (outlets, desks), equal cells share one string."""
        cell = _tidy(self._raw(cells, field))
        return cell if field in _UNLIKE else self._shared.setdefault(cell, cell)

    def _tagged(self, cell: str) -> tuple[str, ...]:
        tags = self._tags.get(cell)
        if tags is None:
            tags = self._tags[cell] = split_tags(cell)
        return tags

    def _drop(
        self, record: Record, code: str, column: int | None, value: str, text: Text, suggestion: str | None = None
    ) -> None:
        is_duplicate = code == "duplicate"
        self.bad += not is_duplicate
        cells = () if is_duplicate else tuple(cell[:CELL_LIMIT] for cell in record.cells)
        self._note(record, code, column, value, text, suggestion, drops=True, cells=cells)

    def _warn(
        self, record: Record, code: str, column: int, value: str, text: Text, suggestion: str | None = None
    ) -> None:
        self._note(record, code, column, value, text, suggestion, drops=False, cells=())

    def _note(
        self, record: Record, code: str, column: int | None, value: str, text: Text, suggestion: str | None,
        *, drops: bool, cells: tuple[str, ...],
    ) -> None:  # fmt: skip
        self._problems.append(
            Problem(
                problem=text, code=code, row=record.line, value=printable(value), suggestion=suggestion, drops=drops, cells=cells,
                column=self._header if column is None else self._columns.headers[column],
            )
        )  # fmt: skip


def _tidy(cell: str) -> str:
    """On one line, without invisible characters that pages leave behind; white space of any kind becomes one space."""
    if cell.isprintable() and "  " not in cell:
        return cell
    return " ".join(_INVISIBLE.sub("", cell).split())


def _is_plain(cell: str) -> bool:
    return len(cell) <= CELL_LIMIT and cell.isprintable() and "\ufffd" not in cell


def _has_control(cell: str) -> bool:
    return any((unicodedata.category(c) in ("Cc", "Cs", "Cn") and c not in "\t\r\n") or c in _BIDI for c in cell)


_CELL_CHECKS: tuple[tuple[Callable[[str], bool], str, Text], ...] = (
    (
        lambda cell: "\ufffd" in cell,
        "damaged_text",
        Text("글자가 깨져 있어 이 줄은 쓰지 않습니다", "letters are damaged; this row is not used"),
    ),
    (
        lambda cell: len(cell) > CELL_LIMIT,
        "long_cell",
        Text(
            "한 칸이 2,000자를 넘습니다. 따옴표가 빠졌는지 확인해 주십시오",
            "a cell has more than 2,000 characters; is a quote missing?",
        ),
    ),
    (
        _has_control,
        "control_character",
        Text("제어 문자가 들어 있어 이 줄은 쓰지 않습니다", "it has control characters; this row is not used"),
    ),
)
_TORN = Text("여는 따옴표는 있는데 닫는 따옴표가 없습니다", "a quote is opened and never closed")
_RAGGED = Text(
    "머리글보다 칸이 많아 어느 칸이 어느 열인지 알 수 없습니다. 쉼표가 든 칸은 따옴표로 감싸 주십시오",
    "the row has more cells than the header, so its columns are uncertain; put quotes around cells with commas",
)
_LANGUAGE = Text(
    "언어는 ko(한국어)나 en(영어)만 쓸 수 있어 영어로 보냅니다", "the language can be ko or en; English is used"
)


def _several(count: int) -> Text:
    return Text(
        f"한 칸에 주소가 {count}개 있어 각각 한 사람으로 읽었습니다",
        f"there are {count} addresses in this cell; each was read as one recipient",
    )


def _duplicate(first: int, row: int) -> Text:
    if first == row:
        return Text("같은 칸에 같은 주소가 또 있습니다", "the same address stands twice in this cell")
    return Text(
        f"{first}행과 같은 주소입니다({row}행). 먼저 나온 {first}행을 씁니다",
        f"the same address as in row {first} (this is row {row}); row {first} is used",
    )


def _likely(domain: str) -> Text:
    return Text(f"혹시 {domain} 아닙니까? 확인해 주십시오", f"please check that {domain} was not meant")


def _guessed(header: str) -> Problem:
    return Problem(
        problem=Text(
            "이메일이라는 머리글이 없어 주소가 든 열을 찾아서 읽었습니다. 이름 같은 다른 열도 쓰려면 머리글을 적어 주십시오",
            "no header names the e-mail column; it was found by its content. Add a header row to use names and other columns",
        ),
        code="guessed_column",
        row=1,
        column=header,
        drops=False,
    )
