"""The door for browsers: a press officer does the whole job here, in Korean or English, without a terminal.

    site = create_site(Office(app))          an ASGI application, for tests
    await serve(office, stop, port=8025)     web page and worker in one process

Promise: nothing a letter, a list or a mail server says becomes markup or script; a page answers only people who are logged in;
what changes something comes from this site's own forms; the same confirming form, however often it arrives, sends once. Every
page works without JavaScript.

Not here: any rule (`desk/`), sending (`sending/`), SQL (`ledger/`), settings (`config/`).
"""

from mailer.web.office import Office
from mailer.web.roles import Role
from mailer.web.server import serve
from mailer.web.site import create_site

__all__ = ["Office", "Role", "create_site", "serve"]
