"""What the desk writes: the preview folder and the exported log."""

from __future__ import annotations

import csv
import io
import shutil
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from mailer.contacts import Suppressions
from mailer.desk import Preparation, Sources, prepare
from mailer.desk.export import COLUMNS, export_log
from mailer.desk.preview import odd_ones, write_preview
from mailer.desk.report import LogLine, log_lines
from mailer.errors import UsageError, WorkspaceError
from mailer.findings import Level
from mailer.ledger import LogFilter, open_ledger
from mailer.message import Sender, content_sha256
from tests.builders import T0, contact, draft

ROOT = Path(__file__).parents[1]


def prepared(folder: Path, people: int, templates: Path = ROOT / "templates") -> Preparation:
    lines = [f"p{number:03}@daily.example,기자 {number},가나일보" for number in range(people - 2)]
    lines += ["empty@daily.example,,가나일보", "long@daily.example,아주아주아주아주아주 긴 이름을 가진 기자,가나일보"]
    (folder / "press.csv").write_text("이메일,이름,매체\n" + "\n".join(lines) + "\n", encoding="utf-8")
    sources = Sources(
        letter=ROOT / "letters" / "sample-ko.md",
        letter_name="letters/sample-ko.md",
        templates=templates,
        sender=Sender(name="한빛", address="press@hanbit.example"),
        lists=(folder / "press.csv",),
    )
    return prepare(sources, suppressions=Suppressions(), now=datetime.now(UTC))


@pytest.fixture(scope="module")
def preparation(tmp_path_factory: pytest.TempPathFactory) -> Preparation:
    return prepared(tmp_path_factory.mktemp("desk"), 30)


def test_templates_that_are_run_for_each_person_are_reported(tmp_path: Path, preparation: Preparation) -> None:
    """A template that hands the person on as a whole is slow, and the checks say for how many; the ordinary ones are not."""
    assert "template.person_by_person" not in {finding.code for finding in preparation.findings}
    templates = shutil.copytree(ROOT / "templates", tmp_path / "templates")
    body = templates / "email" / "body.txt.j2"
    body.write_text("{% set person = contact %}{{ person.name }}\n" + body.read_text("utf-8"), encoding="utf-8")
    [found] = [
        finding for finding in prepared(tmp_path, 30, templates).findings if finding.code == "template.person_by_person"
    ]
    assert (found.level, found.where) == (Level.OK, "templates/email")
    assert "30 of 30" in found.message.en


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))


def test_a_preview_has_everyone_in_the_manifest_and_the_odd_ones_as_messages(
    preparation: Preparation, tmp_path: Path
) -> None:
    """30 rows in the manifest; the first 20 messages, then the one without a name and the one with the longest."""
    preview = write_preview(preparation, tmp_path / "out")
    rows = rows_of(preview.manifest)
    assert [int(row["order"]) for row in rows] == list(range(1, 31))
    assert {address for address, _ in preview.messages} >= {"empty@daily.example", "long@daily.example"}
    assert len(preview.messages) == 22
    assert preview.document.read_bytes().startswith(b"%PDF")
    assert preview.document.name.endswith(".pdf")
    for _, path in preview.messages:
        assert path.with_suffix(".html").exists()
        assert path.with_suffix(".txt").exists()


def test_the_manifest_hash_is_that_of_the_bytes_on_disk(preparation: Preparation, tmp_path: Path) -> None:
    """Anyone can check what was approved against what was written."""
    preview = write_preview(preparation, tmp_path / "out", everyone=True)
    hashes = {row["address"]: row["content_sha256"] for row in rows_of(preview.manifest)}
    assert len(preview.messages) == 30
    assert {address: content_sha256(path.read_bytes()) for address, path in preview.messages} == hashes


def test_one_person_or_nobody(preparation: Preparation, tmp_path: Path) -> None:
    """`--as` writes one message; an address that is not there is an error."""
    preview = write_preview(preparation, tmp_path / "out", only="P003@daily.example")
    assert [address for address, _ in preview.messages] == ["p003@daily.example"]
    with pytest.raises(UsageError, match="nobody@daily"):
        write_preview(preparation, tmp_path / "out", only="nobody@daily.example")


def test_a_second_preview_replaces_its_own_files_only(preparation: Preparation, tmp_path: Path) -> None:
    """Old messages go, a person's own note stays."""
    write_preview(preparation, tmp_path, everyone=True)
    (tmp_path / "messages" / "note.txt").write_text("mine", encoding="utf-8")
    write_preview(preparation, tmp_path, only="p003@daily.example")
    names = sorted(path.name for path in (tmp_path / "messages").iterdir())
    assert len(names) == 4
    assert "note.txt" in names


def test_a_folder_that_cannot_be_written_is_an_error(preparation: Preparation, tmp_path: Path) -> None:
    """A file stands where the folder should be: the error names the place and --out."""
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    with pytest.raises(WorkspaceError) as caught:
        write_preview(preparation, tmp_path / "out")
    assert str(tmp_path / "out") in caught.value.where


def test_nobody_is_odd_in_an_empty_list() -> None:
    """No people, no odd ones."""
    assert odd_ones([]) == frozenset()


@pytest.fixture
def lines(tmp_path: Path) -> tuple[LogLine, ...]:
    ledger = open_ledger(tmp_path / "mailer.db")
    hostile = contact("a@news.example", name="=HYPERLINK(1)", outlet="+82", lists=("press",))
    dispatch = ledger.dispatches.approve(draft((hostile, contact("b@news.example", name="홍길동"))), T0)
    found = log_lines(ledger, LogFilter(dispatch_id=dispatch.id))
    ledger.close()
    return found


def test_csv_for_excel(lines: tuple[LogLine, ...], tmp_path: Path) -> None:
    """BOM first, Korean headings, and no cell that a spreadsheet would run."""
    path = tmp_path / "log.csv"
    assert export_log(lines, path, language="ko", zone="Asia/Seoul") == 2
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    heading, first, second = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    assert heading == [column.ko for column in COLUMNS]
    assert first[2:4] == ["'=HYPERLINK(1)", "'+82"]
    assert second[2] == "홍길동"
    assert second[5] == "대기"


def test_xlsx_holds_text_not_formulas(lines: tuple[LogLine, ...], tmp_path: Path) -> None:
    """A name that looks like a formula is a string cell."""
    path = tmp_path / "log.xlsx"
    export_log(lines, path, language="en", zone="Asia/Seoul")
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert [cell.value for cell in next(sheet.iter_rows())] == [column.en for column in COLUMNS]


def test_unknown_kind_of_file_is_refused(lines: tuple[LogLine, ...], tmp_path: Path) -> None:
    """.pdf is neither CSV nor XLSX; nothing is written."""
    with pytest.raises(UsageError):
        export_log(lines, tmp_path / "log.pdf", language="ko", zone="Asia/Seoul")
    assert not (tmp_path / "log.pdf").exists()
