"""Whose letterhead stands on the paper and in the mail: the letter's own first, the workspace's for what it leaves open."""

from __future__ import annotations

from mailer.desk.preflight import LETTERHEAD_PARTS
from mailer.document import Letterhead, overlaid_texts
from mailer.document.letterhead import TEXTS

OURS = Letterhead(
    name_ko="가나다회",
    address="서울",
    phone="02)000-0101",
    fax="02)000-0102",
    email="a@ganada.example",
    logo=b"<svg/>",
    logo_kind="svg",
)


def test_own_lines_win_and_gaps_are_filled() -> None:
    """The same organisation with a new phone number keeps its fax and its logo."""
    merged = OURS.overlaid({"name_ko": "가나다회", "phone": "02)000-0199"})
    assert (merged.phone, merged.fax, merged.logo) == ("02)000-0199", "02)000-0102", b"<svg/>")


def test_another_organisation_gets_nothing_of_ours() -> None:
    """A letter of somebody else never carries our logo, address or numbers."""
    merged = OURS.overlaid({"name_ko": "라마바회", "email": "b@ramaba.example"})
    assert merged.printed() == {"name_ko": "라마바회", "email": "b@ramaba.example"}
    assert merged.logo is None


def test_paper_and_mail_agree() -> None:
    """The e-mail takes the same texts as the paper."""
    own = {"name_ko": "라마바회", "phone": "02)000-0201"}
    assert overlaid_texts(OURS.printed(), own) == OURS.overlaid(own).printed()


def test_every_part_has_a_name_for_screens() -> None:
    """No key of the file is shown to somebody who has a form for it."""
    assert tuple(LETTERHEAD_PARTS) == TEXTS
