"""Keeping list files: plan an import, write a list, write the bad rows, forget a person, ask the DNS. One name for the doors.

plan = upkeep.plan_import(old, new, added="2026-11-23")       nothing is written yet
upkeep.write_list(path, plan.result, now=now, expect_sha256=old.sha256)
upkeep.write_bad_rows(folder / "press.bad.csv", new)
upkeep.forget([path, ...], address)                           the lists and their backups
"""

from mailer.contacts.forgetting import Forgotten, forget, mentions
from mailer.contacts.importing import Change, FieldChange, ImportPlan, plan_import
from mailer.contacts.mx import MailHost, check_mx
from mailer.contacts.writing import Written, render_list, write_bad_rows, write_list

__all__ = [
    "Change",
    "FieldChange",
    "Forgotten",
    "ImportPlan",
    "MailHost",
    "Written",
    "check_mx",
    "forget",
    "mentions",
    "plan_import",
    "render_list",
    "write_bad_rows",
    "write_list",
]
