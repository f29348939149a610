"""What the machine does: start what is due, send what is ready, retry, keep the pace, and put the ledger right after a crash.

    worker = Worker(ledger, open_transport, SendSettings(connections=4))
    await worker.run(stop)

Promise: each person of a dispatch gets the release once; where nobody can know, the delivery is in doubt and no machine sends it
again; no message leaves whose attempt is not committed, and no bytes other than those approved.

Not here: the wire (`transport/`), SQL (`ledger/`), what the officer decides (`desk/`).
"""

from mailer.sending.pace import Breaker, Pace
from mailer.sending.pool import Transport
from mailer.sending.retry import RetryRule, retry_at
from mailer.sending.site import SendSettings
from mailer.sending.worker import Worker

__all__ = ["Breaker", "Pace", "RetryRule", "SendSettings", "Transport", "Worker", "retry_at"]
