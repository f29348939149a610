"""The wiring: what every door gets from one configuration."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from mailer.app import open_app
from mailer.config import read_config
from mailer.release import write_date
from tests.builders import FakeClock


def test_the_day_is_that_of_the_office(tmp_path: Path) -> None:
    """At 16:00 UTC it is tomorrow in Seoul: dates that the program writes by itself are the office's, not the machine's."""
    clock = FakeClock(datetime(2026, 12, 9, 16, 0, tzinfo=UTC))
    with open_app(read_config(tmp_path, {"MAILER_TIMEZONE": "Asia/Seoul"}), clock) as app:
        assert write_date(app.here().date()) == "2026. 12. 10.(목)"


def test_practice_reaches_terms_and_sender(tmp_path: Path) -> None:
    """Approval and worker learn the mode from the same place."""
    real = {"SMTP_HOST": "mail.example.org", "MAILER_FROM": "press@example.org"}
    for environ, practice in (({}, True), (real, False)):
        with open_app(read_config(tmp_path, environ)) as app:
            assert app.terms().practice is practice
            assert app.send_settings().practice is practice
