"""The scripted server as a process of its own, seen from a test: its books survive whatever the sender does."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from types import TracebackType

from tests.scripted_smtp.books import Books
from tests.scripted_smtp.script import Rule
from tests.scripted_smtp.server import Extensions

ROOT = Path(__file__).parents[2]


class ServerProcess:
    """Starts `python -m tests.scripted_smtp` and stops it at the end of the block.

        with ServerProcess(tmp_path, delay_ms=(10, 30)) as server:
            ... send to server.host, server.port, kill the sender, start it again ...
            books = server.books()          at any time

    `folder` gets the books and the port file. No TLS, no logins."""

    host = "127.0.0.1"

    def __init__(
        self,
        folder: Path,
        *rules: Rule,
        delay_ms: tuple[float, float] = (0, 0),
        extensions: Extensions | None = None,
        max_connections: int = 0,
        seed: int = 0,
    ) -> None:
        self._folder = folder
        self._files = {name: folder / f"smtp-{name}" for name in ("port", "books", "rules", "extensions")}
        self._files["rules"].write_text(json.dumps([rule.to_json() for rule in rules]))
        self._files["extensions"].write_text(json.dumps(asdict(extensions or Extensions())))
        self._command = [sys.executable, "-m", "tests.scripted_smtp", "--port-file", str(self._files["port"]),
            "--books", str(self._files["books"]), "--rules", str(self._files["rules"]), "--extensions",
            str(self._files["extensions"]), "--delay", f"{delay_ms[0]}-{delay_ms[1]}", "--max-connections",
            str(max_connections), "--seed", str(seed)]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def __enter__(self) -> ServerProcess:
        self._files["port"].unlink(missing_ok=True)
        self._process = subprocess.Popen(self._command, cwd=ROOT)
        deadline = time.monotonic() + 20
        while not self._files["port"].exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the scripted server did not start")
            time.sleep(0.02)
        self.port = int(self._files["port"].read_text())
        return self

    def books(self) -> Books:
        """The books as they are now."""
        return Books.read(self._files["books"])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
