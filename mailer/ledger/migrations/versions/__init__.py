"""One file per revision, numbered; see `mailer.ledger.schema.REVISIONS`."""
