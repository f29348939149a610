"""Advice of the rooms below, as the pages give it."""

from __future__ import annotations

import pytest

from mailer.web.plain import remedy_for_pages
from mailer.wording import Text


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("SMTP_HOST와 SMTP_PORT가 맞는지", "‘메일 서버’와 ‘포트’가 맞는지"),
        ("SMTP_USERNAME과 SMTP_PASSWORD를", "‘사용자 이름’과 ‘비밀번호’를"),
        ("465번(SMTP_SECURITY=tls)을", "465번(‘암호화’ tls)을"),
        ("MAILER_FROM과", "‘보내는 사람’과"),
        ("MAILER_TIMEZONE: 쓸 수 없는", "‘시간대’: 쓸 수 없는"),
        ("SMTP_CA_FILE에", "SMTP_CA_FILE에"),
        ("SMTP_PASSWORD_FILE을", "SMTP_PASSWORD_FILE을"),
    ],
)
def test_settings_are_called_as_on_the_page(said: str, shown: str) -> None:
    """A key that has a field is called by its label, and the particle behind it stays right; other keys keep their names."""
    assert remedy_for_pages(Text(said, "x")) == Text(shown, "x")


def test_advice_in_commands_is_left_out() -> None:
    """Who has no terminal is told nothing of commands."""
    assert remedy_for_pages(Text("mailer resume 1로 이어 가십시오", "run mailer resume 1")) is None
