"""Settings: flags, environment and the workspace's `.env` become one frozen `Config`, or a loud `ConfigError`.

    config = read_config(Path("."), os.environ)
    config.practice        True until SMTP_HOST is set: nothing leaves this machine

Promise: an unknown key, a value that is not allowed, a contradiction or a file in another encoding never passes silently;
each complaint names the key, the place (`.env:12`) and what is expected. Secrets are wrapped in `Secret` and appear in no
repr, message or traceback. The process environment is read and never written.

Not here: opening anything that a setting names (`app.py`), the letterhead (`document/`), the workspace's files
(`workspace.py`).
"""

from mailer.config.keys import KEYS, Key
from mailer.config.reader import Config, read_config, read_language
from mailer.config.review import Row, check, describe
from mailer.config.values import InDoubt, Mailbox, Secret, Security

__all__ = [
    "KEYS",
    "Config",
    "InDoubt",
    "Key",
    "Mailbox",
    "Row",
    "Secret",
    "Security",
    "check",
    "describe",
    "read_config",
    "read_language",
]
