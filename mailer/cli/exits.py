"""Exit codes that scripts rely on; 2 is click's and that of `UsageError`, 0 is done."""

from __future__ import annotations

__all__ = ["EXIT_FAILED", "EXIT_INTERRUPTED", "EXIT_PARTLY", "EXIT_PIPE_CLOSED", "EXIT_SERVER", "EXIT_STOPPED"]

EXIT_FAILED = 1
EXIT_PARTLY = 3
"""It ran, but somebody failed, waits for a retry, or is in doubt."""
EXIT_STOPPED = 4
"""A check stands in the way; nothing was sent."""
EXIT_SERVER = 5
EXIT_INTERRUPTED = 130
EXIT_PIPE_CLOSED = 141
"""What a program ended by SIGPIPE returns."""
