"""Numbered migrations of the ledger, run by Alembic. Not here: the tables as they are now (`schema.py`)."""
