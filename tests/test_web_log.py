"""The log on the page: the same files as in the terminal, however they are made."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailer.desk.export import STREAMED, export_log
from mailer.desk.report import log_lines
from mailer.ledger import LogFilter
from tests.browsing import WebDesk, web
from tests.builders import draft, people

__all__ = ["web"]


@pytest.mark.parametrize("number", [0, 1, STREAMED * 2 + 1])
def test_a_streamed_file_is_the_file(web: WebDesk, tmp_path: Path, number: int) -> None:
    """The CSV that is made while it is sent has the bytes of the one that the terminal writes, filtered or not."""
    if number:
        web.app.ledger.dispatches.approve(draft(people(number)), web.app.now())
    officer = web.officer()
    for query, which in (("", LogFilter()), ("?find=p0001", LogFilter(find="p0001"))):
        path = tmp_path / "log.csv"
        export_log(log_lines(web.app.ledger, which), path, language="ko", zone=web.app.config.timezone)
        answer = officer.get(f"/log/export.csv{query}")
        assert answer.body == path.read_bytes()
        assert answer.headers["content-disposition"].startswith("attachment")
        assert "sandbox" in answer.headers["content-security-policy"]
