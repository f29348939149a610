"""A workspace with a short letter and a list, and the command line run in it: in this process or as one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mailer.cli.root import run

ROOT = Path(__file__).parents[1]

LETTER = """문서번호 : 26-12-시험-01
수 신 : 각 언론사
발 신 : 시험공보팀
제 목 : [논평] 시험 원고를 보냅니다
전송일자 : 2026. 12. 10.(목)
전송매수 : 총 1매

---

### [논평]
### 시험 원고를 보냅니다

This is the body of a letter that was written for a test.

2026. 12. 10.

시험공보팀
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What one run came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Desk:
    """A workspace folder; `mailer(...)` runs in this process, `process(...)` starts another one."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self._capsys = capsys

    def settle(self, **settings: object) -> None:
        """Write `.env`."""
        lines = [f"{key}={value}" for key, value in settings.items()]
        (self.root / ".env").write_text("\n".join(["MAILER_FROM=시험 <press@sender.example>", *lines, ""]), "utf-8")

    def server(self, port: int, **more: object) -> None:
        """Write `.env` for a server on loopback without encryption."""
        fixed = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": port, "SMTP_SECURITY": "none", "SMTP_TIMEOUT": "5s"}
        self.settle(**(fixed | more))

    def letter(self, text: str = LETTER, name: str = "short") -> None:
        (self.root / "letters" / f"{name}.md").write_text(text, "utf-8")

    def people(self, number: int, name: str = "press", domain: str = "paper.example") -> list[str]:
        """Write a list of `number` people; returns their addresses."""
        addresses = [f"reporter{one:03}@{domain}" for one in range(1, number + 1)]
        rows = [f"{address},기자{one},가나일보" for one, address in enumerate(addresses, start=1)]
        (self.root / "recipients" / f"{name}.csv").write_text("\n".join(["이메일,이름,매체", *rows, ""]), "utf-8")
        return addresses

    def mailer(self, *words: str) -> Said:
        self._capsys.readouterr()
        code = run([*words, "-w", str(self.root)])
        printed = self._capsys.readouterr()
        return Said(code, printed.out, printed.err)

    def process(self, *words: str, **more: Any) -> subprocess.Popen[bytes]:
        """`python -m mailer` in a process of its own, with both streams on pipes."""
        return start(*words, "-w", str(self.root), **more)

    def files(self) -> list[str]:
        """Every file of the workspace, with what a ledger leaves beside itself left out."""
        return sorted(
            path.relative_to(self.root).as_posix()
            for path in self.root.rglob("*")
            if path.is_file() and not path.name.startswith("mailer.db")
        )

    def holding(self, text: str) -> list[Path]:
        """Files of the workspace whose name or bytes hold `text`, the ledger and what lies beside it included."""
        forms = (text.encode(), json.dumps(text)[1:-1].encode())
        files = (path for path in sorted(self.root.rglob("*")) if path.is_file())
        return [path for path in files if text in path.name or any(form in path.read_bytes() for form in forms)]


def clean_environment(**more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MAILER_", "SMTP_"))}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", **more}


def start(*words: str, env: Mapping[str, str] | None = None, **more: Any) -> subprocess.Popen[bytes]:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    command = [sys.executable, "-m", "mailer", *words]
    return subprocess.Popen(command, env=clean_environment(**(env or {})), **{**pipes, **more})


def last_words(master: int) -> bytes:
    """What a process still writes to its terminal until it ends; closes this side of it."""
    shown = b""
    with open(master, "rb", buffering=0) as terminal:
        try:
            while part := terminal.read(65536):
                shown += part
        except OSError:
            pass  # how Linux says that the other side is gone
    return shown


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A workspace in practice mode with the letter `short` and the list `press` of three people."""
    for name in [name for name in os.environ if name.startswith(("MAILER_", "SMTP_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")
    root = tmp_path / "office"
    for folder in ("letters", "recipients"):
        (root / folder).mkdir(parents=True)
    monkeypatch.chdir(root)
    found = Desk(root, capsys)
    found.settle()
    found.letter()
    found.people(3)
    return found
