"""The project's own source as syntax trees, for the tests that hold its architecture and its style."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
PACKAGE = PROJECT / "mailer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """`name` is dotted (`mailer.cli`), `room` is the name below `mailer` ("" for the package itself)."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        return room_of(self.name)

    @property
    def where(self) -> str:
        return self.path.relative_to(PROJECT).as_posix()


@cache
def modules() -> dict[str, Module]:
    """Every module of the package by dotted name; a package's `__init__.py` has the package's name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if "_data" in path.parts:
            continue
        parts = path.relative_to(PROJECT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = _parsed(name, path)
    return found


@cache
def modules_of_tests() -> dict[str, Module]:
    return {
        path.stem: _parsed(path.stem, path)
        for path in sorted((PROJECT / "tests").rglob("*.py"))
        if path.name != "__init__.py"
    }


def room_of(name: str) -> str:
    """The room of a dotted name of ours: `mailer.cli.wide` is in `cli`, `mailer` itself in ""."""
    return name.split(".")[1] if "." in name else ""


def imports(module: Module) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything a module imports anywhere, also inside functions. `from a import b` is `a.b` when that
    is one of our modules, otherwise `a`."""
    ours = modules()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.where}:{node.lineno}: a relative import"
            for alias in node.names:
                below = f"{node.module}.{alias.name}"
                yield node.lineno, below if below in ours else node.module or ""


def _parsed(name: str, path: Path) -> Module:
    text = path.read_text("utf-8")
    return Module(name=name, path=path, text=text, tree=ast.parse(text, filename=str(path)))
