"""What the press officer does: look (preview, checks), decide (approve, schedule, pause, cancel), review (status, log), mend
(resolve doubts, resend to the failed).

Every door calls these same verbs, so that terminal and web page cannot disagree. Modules:

    prepare     read the letter and the lists, make every message once      preflight   the rules
    preview     the dry run on disk                                         approval    approve, schedule, send now
    times       wall times, zones, "in 38 hours"                            report      status and log, JSON records
    doubts      resolve, resend                                             export      the log as CSV or XLSX
    rehearse    a marked copy to oneself                                    inbox       the practice inbox, read and kept small
    forgetting  a person who asked to be erased

Not here: sending (`sending/`), storage (`ledger/`), words on a screen (`cli/`, `web/`).
"""

from mailer.desk.prepare import Manuscript, Preparation, Sources, Written, prepare, read_manuscript
from mailer.desk.terms import Terms

__all__ = ["Manuscript", "Preparation", "Sources", "Terms", "Written", "prepare", "read_manuscript"]
