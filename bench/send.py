"""Side by side: this program and its peers send the same work to the same sink, in turns.

    python bench/send.py                     install the peers (outside the tree), five rounds, write docs/performance.md
    python bench/send.py --rounds 1 --dry    one round, print only
    python bench/send.py --scale             1,000, 10,000 and 100,000 people: time, memory, size of the database

Trust ratios and CPU seconds more than messages per second: everybody, the sink and the network share one machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import content
import install
import plot
import workload

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"
HERE = Path(__file__).resolve().parent
OURS = [sys.executable, str(HERE / "ours.py")]
DELAY = 15.0
"""Milliseconds that the network of the second table takes in each direction."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of a table: how to send `people` messages. `{work}`, `{port}` and `{size}` are filled in."""

    name: str
    command: list[str]
    people: int
    sink: str = "postfix"
    needs: str = ""


@dataclass(kw_only=True)
class Result:
    """Messages per second and CPU seconds per 1,000 of each round, peak memory in MB."""

    rates: list[float] = field(default_factory=list)
    cpus: list[float] = field(default_factory=list)
    peak: float = 0.0

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    @property
    def cpu(self) -> float:
        return statistics.median(self.cpus)


def source(sessions: int) -> list[str]:
    """It keeps its connections (-d), as everybody does but mailmerge."""
    return [
        *install.postfix("smtp-source"),
        "-d",
        "-s",
        str(sessions),
        "-m",
        "{people}",
        "-l",
        "{size}",
        "127.0.0.1:{port}",
    ]


def peer(script: str, connections: int) -> list[str]:
    if script.endswith(".js"):
        modules = install.home() / "node" / "node_modules"
        return [
            "env",
            f"NODE_PATH={modules}",
            "node",
            str(HERE / "peers" / script),
            "{work}",
            "{port}",
            str(connections),
        ]
    return [str(install.python()), str(HERE / "peers" / script), "{work}", "{port}", str(connections)]


def local(big: bool) -> list[Entry]:
    """Straight to a sink on this machine, which offers what Postfix offers as it is installed."""
    few, many = (30, 5000) if big else (60, 5000)
    ours = [*OURS, "{work}", "{port}", "4"]
    return [
        Entry(name="smtp-source, 16 sessions (no merge)", command=source(16), people=many, needs="smtp-source"),
        Entry(name="mailer, 4 connections, durable log", command=ours, people=many),
        Entry(name="mailer, the same without CHUNKING", command=ours, people=many, sink="pipelining"),
        Entry(name="mailer, 4 connections, no log", command=[*ours, "nolog"], people=many),
        Entry(
            name="nodemailer pool, 16 connections",
            command=peer("nodemailer.js", 16),
            people=many // 10,
            needs="nodemailer",
        ),
        Entry(
            name="django-post_office, 4 threads",
            command=peer("post_office_run.py", 4),
            people=few,
            needs="django-post_office",
        ),
        Entry(
            name="aiosmtplib + EmailMessage, 4 connections",
            command=peer("aiosmtplib_email.py", 4),
            people=few,
            needs="aiosmtplib",
        ),
        Entry(name="mailmerge", command=peer("mailmerge_run.py", 1), people=few, needs="mailmerge"),
    ]


def far() -> list[Entry]:
    """Over a network of 30 ms there and back, 8 connections."""
    ours = [*OURS, "{work}", "{port}", "8"]
    return [
        Entry(name="mailer, CHUNKING", command=ours, people=2000),
        Entry(name="mailer, PIPELINING", command=ours, people=2000, sink="pipelining"),
        Entry(name="mailer, neither", command=ours, people=480, sink="plain"),
        Entry(name="smtp-source, 32 sessions", command=source(32), people=2000, needs="smtp-source"),
        Entry(name="smtp-source, 8 sessions", command=source(8), people=480, needs="smtp-source"),
        Entry(name="nodemailer pool, 8 connections", command=peer("nodemailer.js", 8), people=480, needs="nodemailer"),
        Entry(
            name="aiosmtplib + EmailMessage, 8 connections",
            command=peer("aiosmtplib_email.py", 8),
            people=120,
            needs="aiosmtplib",
        ),
    ]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError("the sink did not start")


@contextmanager
def process(command: list[str], port: int) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        wait_for(port)
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=20)


@contextmanager
def sink(kind: str, delay: float = 0.0) -> Iterator[int]:
    """A sink of its own for one run, `delay` milliseconds away in each direction; its port."""
    with ExitStack() as stack:
        port = free_port()
        flags = {"postfix": ["--chunking"], "pipelining": [], "plain": ["--plain"]}[kind]
        stack.enter_context(process([str(install.home() / "sink"), str(port), *flags], port))
        if delay:
            near = free_port()
            stack.enter_context(process([str(install.home() / "delay"), str(near), str(port), str(delay)], near))
            port = near
        yield port


def run(entry: Entry, folder: Path, delay: float, kilobytes: int) -> tuple[float, float, float]:
    """Messages per second, CPU seconds per 1,000, peak megabytes."""
    place = folder / f"{entry.people}-{kilobytes}"
    work = place / "work.json"
    if not work.exists():
        workload.write(place, entry.people, kilobytes)
    size = str(round(kilobytes * 1000 * 4 / 3 * 78 / 76) + 32_000)
    with sink(entry.sink, delay) as port:
        filled = {"{work}": str(work), "{port}": str(port), "{people}": str(entry.people), "{size}": size}
        command = [re.sub(r"\{\w+\}", lambda hole: filled[hole[0]], word) for word in entry.command]
        _spent.since()
        began = time.perf_counter()
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        out, err = child.communicate()
        seconds = time.perf_counter() - began
        # smtp-source says nothing: what the child used is what it cost (the sink is still running)
        cpu, peak = _spent.since(), 0.0
        if child.returncode:
            raise RuntimeError(f"{entry.name}: {err[-2000:]}")
    if entry.needs != "smtp-source":
        said = json.loads(out.strip().splitlines()[-1])
        seconds, cpu, peak = said["seconds"], said["cpu"], said["peak_kilobytes"] / 1000
    return entry.people / seconds, cpu / entry.people * 1000, peak


class _Spent:
    """CPU seconds of children that have ended, since the last look. The sinks end after the look."""

    def __init__(self) -> None:
        self._last = 0.0

    def since(self) -> float:
        times = os.times()
        now = times.children_user + times.children_system
        spent, self._last = now - self._last, now
        return spent


_spent = _Spent()


def rounds(entries: list[Entry], number: int, folder: Path, delay: float, kilobytes: int) -> dict[str, Result]:
    """Everybody in turn, `number` times."""
    there = install.versions()
    entries = [entry for entry in entries if not entry.needs or entry.needs in there]
    results = {entry.name: Result() for entry in entries}
    for turn in range(number):
        for entry in entries:
            rate, cpu, peak = run(entry, folder, delay, kilobytes)
            result = results[entry.name]
            result.rates.append(rate)
            result.cpus.append(cpu)
            result.peak = max(result.peak, peak)
            print(
                f"{turn + 1}  {kilobytes} KB  {entry.name:45} {rate:9.0f}/s  {cpu:7.3f} CPU s per 1,000",
                file=sys.stderr,
            )
    return results


def table(results: dict[str, Result]) -> str:
    lines = ["| | messages/s | lowest - highest | CPU s per 1,000 | peak MB |", "|---|---:|---:|---:|---:|"]
    for name, result in results.items():
        spread = f"{min(result.rates):,.0f} - {max(result.rates):,.0f}"
        peak = f"{result.peak:.0f}" if result.peak else ""
        lines.append(f"| {name} | {result.rate:,.0f} | {spread} | {result.cpu:.2f} | {peak} |")
    return "\n".join(lines)


def machine() -> str:
    there = install.versions()
    processor = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    peers = ", ".join(f"{name} {version}" for name, version in sorted(there.items()))
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores ({processor}), {system}; {peers}."


def scale(folder: Path) -> str:
    """One run each; the first person's share of the fixed costs shows in the smallest."""
    lines = [
        "| people | seconds | messages/s | CPU s per 1,000 | peak MB | database bytes per delivery |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    for people in (1_000, 10_000, 100_000):
        work = workload.write(folder / f"scale-{people}", people, 10)
        with sink("postfix") as port:
            command = [*OURS, str(work), str(port), "4", "worker"]
            said = json.loads(
                subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1]
            )
        rate, cpu = people / said["seconds"], said["cpu"] / people * 1000
        line = f"| {people:,} | {said['seconds']:.1f} | {rate:,.0f} | {cpu:.2f} | {said['peak_kilobytes'] / 1000:.0f} |"
        lines.append(f"{line} {said['database_bytes'] / people:,.0f} |")
        print(lines[-1], file=sys.stderr)
    return "\n".join(lines)


def put(name: str, text: str) -> None:
    """Replaces the part of the page between `<!-- name -->` and `<!-- /name -->`."""
    page = PAGE.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, _, rest = page.partition(begin)
    PAGE.write_text(f"{before}{begin}\n\n{text}\n\n{end}{rest.partition(end)[2]}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dry", action="store_true", help="print, write nothing")
    parser.add_argument("--scale", action="store_true")
    parser.add_argument("--only", choices=["100", "500", "far", "content"])
    given = parser.parse_args()
    install.install()
    made: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.scale:
            made["scale"] = scale(folder)
        else:
            if given.only in (None, "content"):
                made["content"] = content.check(folder, OURS, sink_script=HERE / "sink.py", others=peer)
            if given.only in (None, "100"):
                nearby = rounds(local(False), given.rounds, folder, 0.0, 100)
                made["local-100"] = table(nearby)
                if not given.dry:
                    bars = {name: result.rate for name, result in nearby.items()}
                    (PAGE.parent / "performance.svg").write_text(plot.bars(bars), encoding="utf-8")
            if given.only in (None, "500"):
                made["local-500"] = table(rounds(local(True), given.rounds, folder, 0.0, 500))
            if given.only in (None, "far"):
                made["far"] = table(rounds(far(), given.rounds, folder, DELAY, 100))
    made["machine"] = machine()
    for name, text in made.items():
        print(f"\n## {name}\n\n{text}")
        if not given.dry:
            put(name, text)


if __name__ == "__main__":
    main()
