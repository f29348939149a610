"""The project's own SMTP server for tests: it does exactly what its script says and keeps exact books.

    async with ScriptedServer(Rule(stage="end", act=cut(store=True), every=7)) as server:
        transport = SmtpTransport(SmtpServer(host=server.host, port=server.port, security="none"))
        ...
    assert server.books.doubled == {} and server.books.violations == []

Three ways to run it: `async with server` in the test's event loop, `with server.in_thread()`, and `ServerProcess(folder)` as a
process of its own. Every stage of a conversation can be answered with any bytes, delayed, dripped, cut, reset or left hanging,
the message stored before or not at all; rules pick the moments by address, by count, by connection. Some useful ones:

    421 after ten messages of a connection   Rule(stage="mail", act=reply("421 4.7.0 enough"), after=10, per="connection")
    two connections at most                  ScriptedServer(max_connections=2)
    every seventh put off                    Rule(stage="rcpt", act=reply("451 4.3.0 later"), every=7)
    greylisting                              Rule(stage="rcpt", act=reply("450 4.7.1 later"), first=1, per="address")
    a domain that is busy for five seconds   Rule(stage="rcpt", act=reply("450 4.2.1 busy"), address="@slow.example", seconds=5)
    stored, but the answer never comes       Rule(stage="end", act=hang(store=True), address="a@example.org")
    cut in the middle of the message         Rule(stage="body", act=cut(at=500))

Not here: the practice catcher of the product (`mailer/transport/catcher.py`).
"""

from tests.scripted_smtp.books import Attempt, Books, Login, Stored, Violation
from tests.scripted_smtp.certificates import certificates
from tests.scripted_smtp.process import ServerProcess
from tests.scripted_smtp.script import Act, Rule, cut, delay, drip, hang, reply, reset
from tests.scripted_smtp.server import Extensions, ScriptedServer

__all__ = [
    "Act",
    "Attempt",
    "Books",
    "Extensions",
    "Login",
    "Rule",
    "ScriptedServer",
    "ServerProcess",
    "Stored",
    "Violation",
    "certificates",
    "cut",
    "delay",
    "drip",
    "hang",
    "reply",
    "reset",
]
