"""The terminal: parses a command line, calls the rooms below, prints.

Promise: stdout carries the result and stderr the talk; every sentence exists in Korean and English; no syllable is lost in any
window from 20 cells; where nobody watches there is no colour and no animation; whatever goes wrong says what, where and what to
do, and ends with its own exit code. Importing this room is cheap: everything heavy waits until a verb needs it.

Not here: what the verbs do (`desk/`, `sending/`), settings (`config/`), the browser (`web/`).
"""

import sys

__all__ = ["main"]


def main() -> None:
    """The console script `mailer`."""
    from mailer.cli.root import run

    sys.exit(run(sys.argv[1:]))
