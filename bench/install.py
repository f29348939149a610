"""Puts the programs to compare with into a folder outside the tree: MAILER_BENCH_HOME, else the user's cache.

A peer that cannot be had (no npm, no Debian) is left out of the table. The sink and the slow network are compiled: a C compiler is
needed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

PYTHON_PEERS = ("mailmerge", "django-post_office", "aiosmtplib")


def home() -> Path:
    """The folder of the peers."""
    base = os.environ.get("MAILER_BENCH_HOME")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(base) if base else cache / "mailer-bench"


def install() -> dict[str, str]:
    """Installs what is missing; the version of each peer that is there."""
    folder = home()
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("sink", "delay"):
        source = Path(__file__).with_name(f"{name}.c")
        subprocess.run(["cc", "-O2", "-o", str(folder / name), str(source)], check=True)
    for step in (_python, _node, _postfix):
        try:
            step(folder)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"left out: {step.__name__[1:]} ({error})", file=sys.stderr)
    return versions()


def versions() -> dict[str, str]:
    """Of the peers that are there."""
    folder = home()
    found: dict[str, str] = {}
    if python().exists():
        script = "import importlib.metadata as m, sys; [print(n, m.version(n)) for n in sys.argv[1:]]"
        done = subprocess.run(
            [python(), "-c", script, *PYTHON_PEERS, "django"], capture_output=True, text=True, check=False
        )
        found.update(line.split(" ") for line in done.stdout.splitlines())  # type: ignore[misc]
    package = folder / "node" / "node_modules" / "nodemailer" / "package.json"
    if package.exists():
        found["nodemailer"] = json.loads(package.read_text())["version"]
    if archive := next(folder.glob("postfix_*.deb"), None):
        found["smtp-source"] = archive.name.split("_")[1]
    return found


def python() -> Path:
    """The interpreter that has the Python peers."""
    return home() / "python" / "bin" / "python"


def postfix(name: str) -> list[str]:
    """The command for a program of Debian's package, taken from its files; it is never installed as a service."""
    root = home() / "postfix"
    return ["env", f"LD_LIBRARY_PATH={root / 'usr/lib/postfix'}", str(root / "usr/sbin" / name)]


def has_postfix() -> bool:
    return (home() / "postfix" / "usr/sbin/smtp-source").exists()


def _python(folder: Path) -> None:
    if python().exists():
        return
    venv.create(folder / "python", with_pip=False)
    command = [sys.executable, "-m", "pip", "--python", str(python()), "install", "--quiet", *PYTHON_PEERS]
    subprocess.run(command, check=True)


def _node(folder: Path) -> None:
    if (folder / "node" / "node_modules" / "nodemailer").exists() or not shutil.which("npm"):
        return
    (folder / "node").mkdir(exist_ok=True)
    (folder / "node" / "package.json").write_text('{"private": true}')
    subprocess.run(["npm", "install", "--silent", "nodemailer"], cwd=folder / "node", check=True)


def _postfix(folder: Path) -> None:
    if has_postfix() or not shutil.which("apt-get"):
        return
    subprocess.run(["apt-get", "download", "postfix"], cwd=folder, check=True, capture_output=True)
    archive = next(folder.glob("postfix_*.deb"))
    subprocess.run(["dpkg", "-x", str(archive), str(folder / "postfix")], check=True)
