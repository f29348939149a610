"""The fault suite: everything that can go wrong between a dispatch and a mail server, made to happen, and the ledger compared with
the server's books, row by row.

    office.py     a small office: workspace, dispatches, workers as processes or in this one
    reckoning.py  the comparison: lost, doubled, in doubt, and every row where ledger and server disagree
    chaos.py      the long runs (`make chaos`)

One file per kind of fault. Not here: single rules without a server (`test_sending_rules.py`, `test_ledger_*.py`).
"""
