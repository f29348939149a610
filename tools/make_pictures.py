"""Make the pictures of the README again, by the program itself: a page of the sample letter, and the log of the demonstration.

    python -m tools.make_pictures [OUT]

OUT is docs/pictures unless named: letter.png, log.png (English screen) and log-ko.png (Korean). Runs on POSIX systems, because the
log is taken from a pseudo-terminal, colours and all, and drawn cell by cell. Nothing but the samples is shown.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator
from pathlib import Path

import typst
import wcwidth

from mailer.document import pictures, read_letterhead
from mailer.release import read

ROOT = Path(__file__).resolve().parent.parent
FONTS = ROOT / "mailer" / "document" / "fonts"
COLUMNS = 98
DENSITY = 84  # pixels per inch of the paper
_SGR = re.compile(r"\x1b\[([\d;]*)m")
_SETTINGS = ("SMTP_", "MAILER_")

WINDOW = """
#let lines = json(bytes(sys.inputs.lines))
#let inks = ("31": rgb("#ff8a80"), "32": rgb("#8bd48b"), "33": rgb("#e8c468"), "2": rgb("#9aa3ad"))
#set page(width: auto, height: auto, margin: 14pt, fill: rgb("#1d2127"))
#set text(10pt, font: ("DejaVu Sans Mono", "Noto Sans CJK KR", "Amiri"), fill: rgb("#e6e8ea"), hyphenate: false)
#set par(leading: 0pt, spacing: 0pt)
#context {
  let cell = measure("0").width
  for line in lines {
    block(height: 15pt, width: auto, align(horizon, {
      for part in line {
        let body = text(fill: inks.at(part.ink, default: rgb("#e6e8ea")), part.text)
        if part.wide { body = text(11.3pt, body) }
        if part.ink == "1" { body = text(weight: "bold", body) }
        box(width: part.cells * cell, height: 15pt, align(horizon + left, pad(right: -4pt, body)))
      }
    }))
  }
}
"""

PAIR = """
#set page(width: auto, height: auto, margin: 6pt, fill: rgb("#e9ebee"))
#stack(dir: ltr, spacing: 8pt, ..("first.png", "second.png").map(name => image("/" + name, width: 400pt)))
"""


def letter() -> bytes:
    """The first two pages of the sample letter, side by side."""
    head = ROOT / "templates" / "letterhead.toml"
    layout = (ROOT / "templates" / "document" / "letter.typ").read_text(encoding="utf-8")
    release = read(ROOT / "letters" / "sample.md")
    pages = pictures(release, letterhead=read_letterhead(head.read_bytes(), str(head)), layout=layout, ppi=2 * DENSITY)
    with tempfile.TemporaryDirectory() as folder:
        for name, page in (("first.png", pages[0]), ("second.png", pages[1])):
            Path(folder, name).write_bytes(page)
        return _drawn(PAIR, DENSITY, root=folder)


def log(language: str) -> bytes:
    """What `mailer log` shows after `mailer demo`, in a terminal window."""
    with tempfile.TemporaryDirectory() as folder:
        _mailer(language, "init", folder, folder=folder)
        _mailer(language, "demo", folder=folder)
        shown = _mailer(language, "log", "1", folder=str(Path(folder, "var", "demo")))
    lines = [list(_parts(line)) for line in ["$ mailer log 1", *shown.splitlines()]]
    return _drawn(WINDOW, 96, lines=json.dumps(lines, ensure_ascii=False))


def _drawn(source: str, density: float, *, root: str | None = None, **inputs: str) -> bytes:
    faces = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[FONTS])
    made = typst.Compiler(source.encode(), root=root, font_paths=faces, sys_inputs=inputs).compile(
        format="png", ppi=density
    )
    if not isinstance(made, bytes):
        raise SystemExit("one page was expected")
    return made


def _mailer(language: str, *arguments: str, folder: str) -> str:
    """What one command prints in a window of COLUMNS cells; settings of this machine are kept away."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS)}
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 60, COLUMNS, 0, 0))
    command = [sys.executable, "-m", "mailer", "--lang", language, "-w", folder, *arguments]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**environment, "TERM": "xterm-256color"}, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    said = b"".join(_read(ours))
    os.close(ours)
    if process.wait() != 0:
        raise SystemExit(f"mailer {' '.join(arguments)} ended with {process.returncode}")
    return said.decode()


def _read(descriptor: int) -> Iterator[bytes]:
    while True:
        try:
            chunk = os.read(descriptor, 65536)
        except OSError:  # Linux says so when the other end is closed
            return
        if not chunk:
            return
        yield chunk


def _parts(line: str) -> Iterator[dict[str, object]]:
    """Runs of one ink and one cell width; every wide character is a run of its own, so that columns stay columns."""
    ink = ""
    for number, piece in enumerate(_SGR.split(line.rstrip("\r"))):
        if number % 2:
            ink = "" if piece in ("", "0") else piece
            continue
        for run in re.findall(r"[\u0020-\u007e]+|.", piece):
            yield {
                "ink": ink,
                "text": run,
                "cells": max(wcwidth.wcswidth(run), 0),
                "wide": wcwidth.wcswidth(run[:1]) == 2,
            }


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / "letter.png").write_bytes(letter())
    (out / "log.png").write_bytes(log("en"))
    (out / "log-ko.png").write_bytes(log("ko"))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures")
