"""`mailer doctor`: is everything here that a send needs? Settings, files, fonts, database, mail server.

Each look is a finding; the gravest decides the exit code. Nothing is sent, except with `--send-to`.

Not here: the checks of a letter (`desk/preflight.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from mailer.app import App
from mailer.cli.exits import EXIT_PARTLY
from mailer.cli.letters import send_copies, show_copies
from mailer.cli.opening import opened
from mailer.cli.summary import findings_line
from mailer.cli.verbs import Call, option, verb
from mailer.config import check as review
from mailer.desk import read_manuscript
from mailer.desk.records import finding_record
from mailer.desk.rehearse import Rehearsed, prepare_alone
from mailer.dispatch import Verdict
from mailer.errors import MailerError
from mailer.findings import Finding, Level
from mailer.wording import Text

__all__ = ["doctor"]

SAMPLE = "sample"


@verb(
    "doctor",
    help=Text(
        "보낼 준비가 되었는지 살핍니다: 설정, 서식, 글꼴, 기록, 메일 서버\n\n--send-to를 주면 시험 메일 한 통을 보내 봅니다.",
        "Is everything ready to send? Settings, templates, fonts, database, mail server.\n\n"
        "With --send-to one marked copy of the sample letter goes out.",
    ),
    examples=("mailer doctor", "mailer doctor --send-to me@example.org"),
    json=True,
)
@option("--send-to", metavar="ADDR", help=Text("시험 메일을 받을 주소", "Where a test copy goes."))
def doctor(call: Call, send_to: str | None) -> int:
    screen = call.screen
    with opened(call) as app:
        findings = []
        code = 0
        for finding, error in _looks(app):
            findings.append(finding)
            code = max(code, error.exit_code if error else 0)
        copies: tuple[Rehearsed, ...] = ()
        if send_to is not None and code == 0:
            prepared = prepare_alone(app.sources(SAMPLE), send_to, now=app.now())
            copies = asyncio.run(send_copies(app, prepared, (send_to,), None))
            if any(one.outcome.verdict is not Verdict.ACCEPT for one in copies):
                code = EXIT_PARTLY
        if screen.json_wanted:
            told = [{"to": one.to, "verdict": one.outcome.verdict.value} for one in copies]
            screen.json({"findings": [finding_record(one, screen.language) for one in findings], "test": told})
        else:
            screen.findings(findings)
            screen.gap()
            screen.print(findings_line(findings))
            if copies:
                show_copies(screen, app, copies)
    return code


def _looks(app: App) -> Iterator[tuple[Finding, MailerError | None]]:
    for finding in review(app.config):
        yield finding, None
    for look in (_files, _ledger, _paper, _server):
        try:
            yield look(app), None
        except MailerError as error:
            yield _trouble(error), error


def _files(app: App) -> Finding:
    app.workspace.ensure_var()
    return _good(
        "workspace", Text("작업 폴더에 쓸 수 있습니다", "the workspace can be written"), str(app.workspace.root)
    )


def _ledger(app: App) -> Finding:
    number = len(app.ledger.dispatches.all())
    words = Text(f"발송 기록을 열었습니다: 발송 {number}건", f"the ledger opens: {number} dispatches")
    return _good("ledger", words, app.shown(app.config.database))


def _paper(app: App) -> Finding:
    manuscript = read_manuscript(app.sources(SAMPLE))
    pages = manuscript.document.pages if manuscript.document else 0
    words = Text(f"견본 원고를 PDF로 만들었습니다: {pages}쪽", f"the sample letter becomes a PDF of {pages} pages")
    return _good("document", words, manuscript.release.source)


def _server(app: App) -> Finding:
    probe, server = asyncio.run(app.probe()), app.server()
    if probe is None or server is None:
        words = Text("연습 모드라 물어볼 메일 서버가 없습니다", "practice mode: there is no mail server to ask")
        return _good("server", words)
    tls = probe.tls or Text("암호화 없음", "no encryption").to(app.config.language)
    login = Text("로그인됨", "logged in") if probe.logged_in else Text("로그인 없음", "no login")
    size = f", {probe.size_limit / 1_000_000:.0f} MB" if probe.size_limit else ""
    words = Text(
        f"메일 서버가 응답합니다: {tls}, {login.ko}{size}", f"the mail server answers: {tls}, {login.en}{size}"
    )
    return _good("server", words, server.place)


def _good(code: str, message: Text, where: str = "") -> Finding:
    return Finding(level=Level.OK, code=f"doctor.{code}", message=message, where=where)


def _trouble(error: MailerError) -> Finding:
    return Finding(level=Level.ERROR, code="doctor.trouble", message=error.what, where=error.where, remedy=error.remedy)
