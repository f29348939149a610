"""How long the first byte of every page takes with a long history behind it: python bench/pages.py [DISPATCHES PEOPLE]

100 dispatches to 1,000 people each (100,000 rows of the log) are written through the ledger as a worker writes them, a list of
100,000 people and 500 practice mails lie beside it, and the real server is asked page by page over one connection. Bars: the
median of each under 50 ms, the first page under 100 KB.
"""

from __future__ import annotations

import http.client
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mailer.app import open_app
from mailer.config import read_config
from mailer.dispatch import Contact, Outcome, PauseCause, Reply, Scope, Stage, Verdict
from mailer.ledger import Beginning, Ledger, Settlement, Share
from mailer.transport.catcher import Maildir
from tests.builders import contact, draft
from tests.terminal import LETTER, start

ROUNDS = 21
BAR = 50.0
HOME_BAR = 100_000
LIST = 100_000
CAUGHT = 500
OUTLETS = [
    f"{name}{kind}" for name in ("가나", "다라", "마바", "사아", "자차") for kind in ("일보", "신문", "방송", "통신")
]


def workspace(root: Path, dispatches: int, people: int) -> None:
    for folder in ("letters", "recipients"):
        (root / folder).mkdir(parents=True)
    (root / ".env").write_text("MAILER_FROM=시험 <press@sender.example>\n", "utf-8")
    rows = (f"p{n:06}@paper{n % 97}.example,기자 {n},{OUTLETS[n % 20]},사회부" for n in range(LIST))
    (root / "recipients" / "large.csv").write_text("\n".join(["이메일,이름,매체,부서", *rows, ""]), "utf-8")
    rows = (f"p{n:06}@paper{n % 97}.example,기자 {n},{OUTLETS[n % 20]},사회부" for n in range(200))
    (root / "recipients" / "press.csv").write_text("\n".join(["이메일,이름,매체,부서", *rows, ""]), "utf-8")
    with open_app(read_config(root, {})) as app:
        audience = tuple(
            contact(f"p{n:06}@paper{n % 97}.example", name=f"기자 {n}", outlet=OUTLETS[n % 20], lists=("press",))
            for n in range(people)
        )
        now = datetime.now(UTC)
        for number in range(dispatches):
            began = now - timedelta(days=dispatches - number, hours=number % 7)
            sent(app.ledger, audience, number, began, open_one=number == dispatches - 1)
        made = app.ledger.dispatches.approve(
            draft(audience[:200], request_key="live", shares=shares(audience[:200])), now
        )
        app.ledger.dispatches.start(made.id, who="bench", now=now)
        app.ledger.dispatches.pause(made.id, cause=PauseCause.OFFICER, who="bench", now=now)
        maildir = Maildir(app.workspace.inbox)
        maildir.prepare()
        for n in range(CAUGHT):
            body = f"Subject: =?utf-8?b?7ISx66qF7ISc?= {n}\r\nFrom: press@sender.example\r\n\r\n{'text ' * 20_000}\r\n"
            maildir.store("press@sender.example", [str(audience[n % people].address)], body.encode())


def sent(ledger: Ledger, audience: tuple[Contact, ...], number: int, began: datetime, *, open_one: bool) -> None:
    """A dispatch as a worker leaves it: two of a hundred refused, in the last one somebody in doubt."""
    title, name = f"[성명] 집회의 자유에 관한 의견 {number}", f"26-{number:03}"
    made = ledger.dispatches.approve(
        draft(audience, title=title, number=name, request_key=f"bench {number}", shares=shares(audience)), began
    )
    ledger.dispatches.start(made.id, who="bench", now=began)
    rows = ledger.queue.claim(
        made.id, owner="w", limit=len(audience), now=began, lease_until=began + timedelta(minutes=5)
    )
    ledger.queue.write([Beginning(delivery_id=row.id, owner="w", number=1, started_at=began) for row in rows], [])
    settled = []
    for place, row in enumerate(rows):
        ended = began + timedelta(milliseconds=20 * place)
        settled.append(
            Settlement(
                delivery_id=row.id,
                owner="w",
                number=1,
                begun=True,
                outcome=doubt() if open_one and place == 7 else refusal() if place % 50 == 3 else accepted(place),
                started_at=began,
                ended_at=ended,
            )
        )
    ledger.queue.write([], settled)
    ledger.dispatches.finish_if_closed(made.id, began + timedelta(minutes=1))


def shares(audience: tuple[Contact, ...]) -> tuple[Share, ...]:
    return tuple(
        Share(contact=one, message_id=f"<{secrets.token_hex(10)}@sender.example>", content_sha256=secrets.token_hex(32))
        for one in audience
    )


def accepted(place: int) -> Outcome:
    reply = Reply(code=250, enhanced="2.0.0", text=f"Ok: queued as {place:010X}", stage=Stage.END)
    return Outcome(verdict=Verdict.ACCEPT, scope=Scope.RECIPIENT, stage=Stage.END, reply=reply, detail="")


def refusal() -> Outcome:
    reply = Reply(code=550, enhanced="5.1.1", text="no such user here", stage=Stage.RCPT)
    return Outcome(verdict=Verdict.REFUSE, scope=Scope.RECIPIENT, stage=Stage.RCPT, reply=reply, detail="")


def doubt() -> Outcome:
    return Outcome(verdict=Verdict.DOUBT, scope=Scope.RECIPIENT, stage=Stage.END, reply=None, detail="connection lost")


class Visitor:
    """A browser with one connection kept open, logged in by the one-time link."""

    def __init__(self, link: str) -> None:
        parts = urllib.parse.urlsplit(link)
        self._connection = http.client.HTTPConnection(parts.netloc, timeout=120)
        self._cookie = ""
        answer = self._ask("GET", f"{parts.path}?{parts.query}")
        self._cookie = str(answer.headers["set-cookie"]).partition(";")[0]
        answer.read()

    def _ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> http.client.HTTPResponse:
        self._connection.request(method, path, body or None, {"Cookie": self._cookie, **headers})
        return self._connection.getresponse()

    def post(self, path: str, fields: list[tuple[str, str]], files: dict[str, bytes] | None = None) -> str:
        """Where the form led to."""
        edge = "edge-of-the-bench"
        parts = [f'--{edge}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in fields]
        for name, data in (files or {}).items():
            head = f'--{edge}\r\nContent-Disposition: form-data; name="{name}"; filename="a.md"\r\n\r\n'
            parts.append(head.encode() + data + b"\r\n")
        body = b"".join([*parts, f"--{edge}--\r\n".encode()])
        kind = {"Content-Type": f"multipart/form-data; boundary={edge}", "Sec-Fetch-Site": "same-origin"}
        answer = self._ask("POST", path, body, **kind)
        answer.read()
        assert answer.status == 303, (path, answer.status)
        return str(answer.headers["location"])

    def first_byte(self, path: str) -> tuple[float, int]:
        """(milliseconds until the first byte of the body, size of the answer)."""
        began = time.perf_counter()
        answer = self._ask("GET", path)
        first = answer.read(1)
        passed = (time.perf_counter() - began) * 1000
        assert answer.status == 200, (path, answer.status)
        return passed, len(first + answer.read())

    def first_event(self, path: str) -> float:
        """Milliseconds until the first snapshot of a live page, over a connection of its own."""
        connection = http.client.HTTPConnection(self._connection.host, self._connection.port, timeout=120)
        began = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": self._cookie})
        answer = connection.getresponse()
        assert answer.read(1) == b"d"
        passed = (time.perf_counter() - began) * 1000
        connection.close()
        return passed


def pages(dispatches: int, rows: int, draft_id: int, person: str, message: str) -> Iterator[tuple[str, str]]:
    """(what, address) of every page."""
    find = urllib.parse.quote("가나일보")
    yield from (("first page", "/"), ("new release", "/release/new"))
    for step in ("letter", "people", "preview", "preview?view=text", "preview?view=pdf", "checks", "send"):
        yield f"release, {step}", f"/release/{draft_id}/{step}"
    yield from (
        ("release, mail in its frame", f"/release/{draft_id}/mail/1"),
        ("release, paper", f"/release/{draft_id}/paper.pdf"),
    )
    yield from (("live, paused", f"/dispatch/{dispatches + 1}"), ("live, done", "/dispatch/1"))
    some = -(-dispatches // 2)
    yield from (("print sheet", f"/dispatch/{some}/print"), ("send again", f"/dispatch/{some}/resend"))
    yield from (("log, first page", "/log"), ("log, last page", f"/log?page={-(-rows // 50)}"))
    yield from (("log, middle page", f"/log?page={rows // 100}"), ("log, one dispatch", f"/log?dispatch={some}"))
    yield from (
        ("log, failed ones", "/log?state=failed"),
        ("log, failed ones, last page", f"/log?state=failed&page={rows // 2500}"),
    )
    yield from (("log, search outlet", f"/log?find={find}"), ("log, search address", "/log?find=p000123"))
    yield from (
        ("log, search nobody", "/log?find=nobody-of-that-name"),
        ("log, search among failed", f"/log?find={find}&state=failed"),
    )
    for order in ("time", "address", "outlet", "state"):
        for down in ("", "&down=1"):
            yield f"log, by {order}{' down' if down else ''}", f"/log?sort={order}{down}"
    yield from (
        ("log, by time, last page", f"/log?sort=time&page={-(-rows // 50)}"),
        ("log, search by time", f"/log?find={find}&sort=time"),
    )
    yield from (
        ("log as CSV, one dispatch", f"/log/export.csv?dispatch={some}"),
        ("log as CSV, all rows", "/log/export.csv"),
    )
    yield from (("contacts", "/people"), ("list of 100,000", "/people/list/large"))
    yield from (
        ("list, last page", "/people/list/large?page=1000"),
        ("list, search", f"/people/list/large?find={find}"),
    )
    yield from (("person", f"/people/person?address={person}"), ("suppressed", "/people/suppressed"))
    yield from (
        ("inbox", "/inbox"),
        ("inbox, search", "/inbox?find=p000123"),
        ("inbox, a message", f"/inbox?message={message}"),
    )
    yield from (
        ("settings", "/settings"),
        ("help", "/help"),
        ("help, a page", "/help/when-it-fails"),
        ("help, longest", "/help/cli"),
    )


def measure(root: Path, dispatches: int, people: int) -> bool:
    process = start("serve", "--port", "0", "-w", str(root), stderr=subprocess.DEVNULL)
    try:
        assert process.stdout is not None
        visitor = Visitor("http" + process.stdout.readline().decode().partition("http")[2].strip())
        where = visitor.post("/release/new", [("from", "file")], {"file": LETTER.encode()})
        draft_id = int(where.split("/")[2])
        visitor.post(f"/release/{draft_id}/people", [("version", "1"), ("lists", "press")])
        message = max(path.name for path in (root / "var" / "inbox" / "new").iterdir())
        good = True
        for what, path in pages(dispatches, dispatches * people, draft_id, "p000123@paper26.example", message):
            # the whole log is read to its end each time, which takes seconds
            asked = [visitor.first_byte(path) for _ in range(5 if "all rows" in what else ROUNDS)]
            good &= told(what, [passed for passed, _ in asked], asked[-1][1], HOME_BAR if path == "/" else 0)
        live = [visitor.first_event(f"/dispatch/{dispatches + 1}/events") for _ in range(ROUNDS)]
        return told("live, first event", live, 0, 0) and good
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def told(what: str, times: list[float], size: int, size_bar: int) -> bool:
    """Print one row; whether it keeps the bars."""
    middle = statistics.median(times)
    good = middle < BAR and (not size_bar or size < size_bar)
    print(
        f"{what:30} {times[0]:8.1f} {middle:8.1f} {max(times):8.1f} {size / 1000:10,.0f} {'' if good else '  <-'}",
        flush=True,
    )
    return good


def main() -> int:
    dispatches, people = (int(one) for one in sys.argv[1:3]) if len(sys.argv) > 2 else (100, 1_000)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "office"
        began = time.perf_counter()
        workspace(root, dispatches, people)
        print(f"{dispatches} dispatches, {dispatches * people:,} rows, made in {time.perf_counter() - began:.0f} s")
        print(f"{'page':30} {'first':>8} {'median':>8} {'longest':>8} {'KB':>10}   (milliseconds to the first byte)")
        return 0 if measure(root, dispatches, people) else 1


if __name__ == "__main__":
    sys.exit(main())
