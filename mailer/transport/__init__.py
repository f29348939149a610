"""How a message leaves: SMTP over one kept connection, and the practice catcher that keeps everything on this machine.

    transport = SmtpTransport(SmtpServer(host="mail.example.org", username="press", password="..."))
    outcome = await transport.send(envelope, leaving)        one message, one recipient, one Outcome
    await transport.carry(job, ahead)                        many messages, one behind the other as the server allows
    await transport.close()

Promise: `leaving` is awaited after the server's 354 (with BDAT: before the commands) and before the first byte of the message,
so what it writes down is true: before it nothing has left, after it only the server's reply can say what happened, and without
that reply the outcome is a doubt. Refusals, silence and lost connections are Outcomes; the scope says whether a person, the
message or the whole server is concerned. TLS with checked certificates is demanded, a password never travels in clear, and only
CRLF lines leave.

Not here: retry, pace and pausing (`sending/`), composing (`message/`), remembering (`ledger/`).
"""

from mailer.transport.carrier import Ahead, Job
from mailer.transport.catcher import PracticeCatcher
from mailer.transport.details import said, seen
from mailer.transport.meanings import Meaning, explain, stage_name
from mailer.transport.server import Security, SmtpServer, is_loopback
from mailer.transport.smtp import Leaving, Probe, SmtpTransport
from mailer.transport.verdicts import login_refused

__all__ = [
    "Ahead",
    "Job",
    "Leaving",
    "Meaning",
    "PracticeCatcher",
    "Probe",
    "Security",
    "SmtpServer",
    "SmtpTransport",
    "explain",
    "is_loopback",
    "login_refused",
    "said",
    "seen",
    "stage_name",
]
