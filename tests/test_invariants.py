"""The invariants the whole house stands on, one test of that name each, on the sample letter and real parts."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pypdfium2
import pytest

from mailer.contacts import Suppressions
from mailer.desk import Preparation, Sources, Terms, prepare
from mailer.desk.approval import approve, send_now
from mailer.desk.doubts import failed_deliveries, resend_failed
from mailer.dispatch import Delivery, DeliveryState, Dispatch, DispatchStatus
from mailer.ledger import Ledger, LogFilter, open_ledger
from mailer.message import Sender, content_sha256
from mailer.sending import RetryRule, SendSettings, Worker
from mailer.transport import Security, SmtpServer, SmtpTransport
from tests.scripted_smtp import Books, Rule, ScriptedServer, cut, reply

ROOT = Path(__file__).parents[1]
TERMS = Terms(zone="Asia/Seoul", late_after=timedelta(minutes=15), give_up_after=timedelta(hours=24))
LIST = "이메일,이름,매체\nkim@daily.example,김민지,가나일보\nlee@wire.example,이서준,다라통신\npark@news.example,박하은,마바뉴스\n"
QUICK = RetryRule(first=timedelta(milliseconds=50), longest=timedelta(milliseconds=100))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path / "mailer.db")
    yield opened
    opened.close()


@pytest.fixture
def preparation(tmp_path: Path) -> Preparation:
    press = tmp_path / "press.csv"
    press.write_text(LIST, encoding="utf-8")
    files = sources(ROOT / "letters" / "sample.md", ROOT / "templates", press)
    return prepare(files, suppressions=Suppressions(), now=datetime.now(UTC))


def sources(letter: Path, templates: Path, press: Path) -> Sources:
    return Sources(
        letter=letter,
        letter_name="letters/sample.md",
        templates=templates,
        sender=Sender(name="한빛", address="press@hanbit.example"),
        lists=(press,),
    )


def started(preparation: Preparation, ledger: Ledger) -> Dispatch:
    now = datetime.now(UTC)
    approved = approve(preparation, ledger, terms=TERMS, who="tester", now=now)
    return send_now(ledger, approved, who="tester", now=now)


def deliver(ledger: Ledger, server: ScriptedServer, dispatch: Dispatch, done: tuple[DispatchStatus, ...]) -> None:
    """Run a worker until the dispatch has one of the statuses `done`."""

    async def run() -> None:
        async with server:
            address = SmtpServer(host=server.host, port=server.port, security=Security.NONE, timeout=5)
            settings = SendSettings(connections=2, retry=QUICK, backoff_first=0.05)
            worker = Worker(ledger, lambda: SmtpTransport(address), settings)

            def ended() -> bool:
                found = ledger.dispatches.get(dispatch.id)
                return found is not None and found.status in done

            await asyncio.wait_for(worker.run(asyncio.Event(), until=ended), 20)

    asyncio.run(run())


def rows(ledger: Ledger, dispatch: Dispatch) -> dict[str, Delivery]:
    found = ledger.log.rows(LogFilter(dispatch_id=dispatch.id))
    return {row.delivery.contact.address.key: row.delivery for row in found}


def test_a_title_is_one_nfc_line_and_the_same_everywhere(preparation: Preparation) -> None:
    """제목, the heading on paper, the title of the PDF and the subject of every e-mail are one string."""
    title = preparation.manuscript.release.title
    assert title == unicodedata.normalize("NFC", title)
    assert "\n" not in title
    assert {summary.subject for summary in preparation.summaries} == {title}
    made = preparation.message(preparation.audience.recipients[0])
    assert str(message_from_bytes(made.envelope.data, policy=default)["Subject"]) == title
    paper = preparation.manuscript.document
    assert paper is not None
    pdf = pypdfium2.PdfDocument(paper.pdf)
    assert pdf.get_metadata_dict()["Title"] == title
    text = " ".join(pdf[0].get_textpage().get_text_bounded().split())
    assert preparation.manuscript.release.headline in text
    assert title in " ".join(made.text.split())
    pdf.close()


def test_pages_are_counted_in_the_rendered_pdf_never_typed(preparation: Preparation) -> None:
    """The number in the header block, in the e-mail and in the finding is the PDF's own."""
    paper = preparation.manuscript.document
    assert paper is not None
    pdf = pypdfium2.PdfDocument(paper.pdf)
    assert paper.pages == len(pdf)
    pdf.close()
    made = preparation.message(preparation.audience.recipients[0])
    assert f"총 {paper.pages}매" in made.text
    assert f"총 {paper.pages}매" in made.html


def test_one_delivery_per_dispatch_and_address_key(preparation: Preparation, ledger: Ledger, tmp_path: Path) -> None:
    """Not even SQL by hand can add the same person to a dispatch again."""
    dispatch = started(preparation, ledger)
    raw = sqlite3.connect(tmp_path / "mailer.db")
    columns = [name for _, name, *_ in raw.execute("PRAGMA table_info(delivery)") if name not in ("id", "message_id")]
    listed = ", ".join(columns)
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        raw.execute(f"INSERT INTO delivery (message_id, {listed}) SELECT 'another', {listed} FROM delivery")
    raw.close()
    assert len(rows(ledger, dispatch)) == 3


def test_message_id_and_content_are_fixed_at_approval_and_equal_on_every_attempt(
    preparation: Preparation, ledger: Ledger
) -> None:
    """A person who is deferred twice gets, in the end, the bytes that were approved under the Message-ID that was drawn."""
    dispatch = started(preparation, ledger)
    before = rows(ledger, dispatch)
    later = Rule(stage="end", act=reply("451 4.3.0 later"), first=2, per="address")
    server = ScriptedServer(later, books=Books(keep_data=True))
    deliver(ledger, server, dispatch, (DispatchStatus.DONE,))
    after = rows(ledger, dispatch)
    assert {row.state for row in after.values()} == {DeliveryState.ACCEPTED}
    assert {row.attempts for row in after.values()} == {3}
    assert len(server.books.stored) == 3
    for stored in server.books.stored:
        row = before[stored.recipient]
        assert stored.data is not None
        assert content_sha256(stored.data) == row.content_sha256 == after[stored.recipient].content_sha256
        assert message_from_bytes(stored.data)["Message-ID"] == row.message_id == after[stored.recipient].message_id


def test_other_bytes_than_approved_are_never_sent(preparation: Preparation, ledger: Ledger, tmp_path: Path) -> None:
    """A contact changed behind the seal's back pauses the dispatch; nothing of it leaves."""
    dispatch = started(preparation, ledger)
    raw = sqlite3.connect(tmp_path / "mailer.db")
    raw.execute("""UPDATE delivery SET contact = replace(contact, '김민지', '김진지')""")
    raw.execute("""UPDATE delivery SET contact = json_set(contact, '$.name', json_extract(contact, '$.name') || 'X')""")
    raw.commit()
    raw.close()
    server = ScriptedServer()
    deliver(ledger, server, dispatch, (DispatchStatus.PAUSED,))
    assert server.books.stored == []
    paused = ledger.dispatches.get(dispatch.id)
    assert paused is not None
    assert paused.pause_reason is not None
    assert paused.pause_reason.startswith("message")


def test_attempts_are_append_only_and_settled_at_most_once(preparation: Preparation, ledger: Ledger) -> None:
    """Every try leaves one row, numbered from 1, ended once, the refusals as well as the acceptance."""
    dispatch = started(preparation, ledger)
    server = ScriptedServer(Rule(stage="rcpt", act=reply("450 4.2.1 busy"), first=1, per="address"))
    deliver(ledger, server, dispatch, (DispatchStatus.DONE,))
    histories = ledger.log.history(row.id for row in rows(ledger, dispatch).values())
    for history in histories.values():
        assert [attempt.number for attempt in history] == [1, 2]
        assert all(attempt.ended_at is not None and attempt.outcome is not None for attempt in history)
        codes = [attempt.outcome.reply.code for attempt in history if attempt.outcome and attempt.outcome.reply]
        assert codes == [450, 250]


def test_done_only_when_nothing_is_open(preparation: Preparation, ledger: Ledger) -> None:
    """One doubt keeps a dispatch from being done: it stands still until a person decides."""
    dispatch = started(preparation, ledger)
    server = ScriptedServer(Rule(stage="end", act=cut(store=True), address="lee@wire.example"))
    deliver(ledger, server, dispatch, (DispatchStatus.DONE, DispatchStatus.PAUSED))
    ended = ledger.dispatches.get(dispatch.id)
    assert ended is not None
    assert (ended.status, ended.pause_reason) == (DispatchStatus.PAUSED, "doubt")
    assert rows(ledger, dispatch)["lee@wire.example"].state is DeliveryState.IN_DOUBT


def test_a_resend_is_a_new_dispatch_to_exactly_those_who_failed(preparation: Preparation, ledger: Ledger) -> None:
    """The old rows stay as they ended; the new dispatch follows the old one, with new Message-IDs and the same content."""
    dispatch = started(preparation, ledger)
    deliver(
        ledger,
        ScriptedServer(Rule(stage="rcpt", act=reply("550 5.1.1 no"), address="park@news.example")),
        dispatch,
        (DispatchStatus.DONE,),
    )
    old = rows(ledger, dispatch)
    failed = failed_deliveries(ledger, dispatch)
    assert [str(row.contact.address) for row in failed] == ["park@news.example"]
    now = datetime.now(UTC)
    again = resend_failed(ledger, dispatch, failed, suppressions=Suppressions(), terms=TERMS, who="t", now=now)
    assert again.follows == dispatch.id
    (new,) = rows(ledger, again).values()
    assert new.message_id != old["park@news.example"].message_id
    assert new.content_sha256 == old["park@news.example"].content_sha256
    deliver(ledger, ScriptedServer(), send_now(ledger, again, who="t", now=now), (DispatchStatus.DONE,))
    assert rows(ledger, dispatch) == old
    assert failed_deliveries(ledger, dispatch) == ()


def test_editing_the_files_changes_nothing_that_goes_out(tmp_path: Path, ledger: Ledger) -> None:
    """Letter, templates and list are edited or deleted after approval: what was approved goes out, to whom it was approved for."""
    templates = Path(shutil.copytree(ROOT / "templates", tmp_path / "templates"))
    letter = Path(shutil.copy(ROOT / "letters" / "sample.md", tmp_path / "letter.md"))
    press = tmp_path / "press.csv"
    press.write_text(LIST, encoding="utf-8")
    preparation = prepare(sources(letter, templates, press), suppressions=Suppressions(), now=datetime.now(UTC))
    dispatch = started(preparation, ledger)
    letter.write_text("another letter", encoding="utf-8")
    shutil.rmtree(templates)
    press.unlink()
    server = ScriptedServer(books=Books(keep_data=True))
    deliver(ledger, server, dispatch, (DispatchStatus.DONE,))
    approved = {str(summary.contact.address): summary.content_sha256 for summary in preparation.summaries}
    assert {stored.recipient: content_sha256(stored.data) for stored in server.books.stored} == approved
    assert dispatch.seal is not None
    assert dispatch.seal.sha256 == preparation.seal
