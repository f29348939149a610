"""What wakes us. An engine is a bell and nothing more: it holds no fact, so a lost, late or doubled ring is harmless.

    engine = LocalEngine()
    engine.wake("dispatch 17", at)
    await engine.run(tick, stop)      # calls tick at every ring, and at least every few seconds

Not here: what is due (the ledger knows), what is done about it (`sending/`).
"""

from mailer.engine.local import LocalEngine

__all__ = ["LocalEngine"]
