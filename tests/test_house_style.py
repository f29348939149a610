"""How the code reads: names, sizes, faces, words in both languages, docstrings of tests, and what must never stand in it."""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import mailer
from tests.source_tree import PROJECT, Module, modules, modules_of_tests

BANNED_NAMES = {"base", "common", "handler", "handlers", "helper", "helpers", "manager", "managers", "misc", "service",
                "services", "util", "utils"}  # fmt: skip
LONGEST_FILE = 600
LONGEST_FUNCTION = 60
MOST_NAMES = 20
HANGUL = re.compile("[가-힣]")
LATIN = re.compile("[A-Za-z]")
# Joined from halves, so that this file does not offend itself.
FORBIDDEN = re.compile(
    "|".join(
        (
            "/" + r"work/\w",
            "/" + r"root/",
            "/" + r"home/\w",
            "/" + r"Users/\w",
            "/" + r"tmp/\w",
            "--" + "(extra-)?index-url",
            "--" + "find-links",
            "pypi" + r"\.org",
            "python" + "hosted",
        )
    )
)
TEXT_ENDINGS = {"", ".cfg", ".css", ".csv", ".env", ".html", ".j2", ".js", ".md", ".py", ".sh", ".svg", ".toml", ".txt", ".typ",
                ".yml", ".yaml"}  # fmt: skip
SKIPPED_FOLDERS = {".git", ".venv", "dist", "out", "var", "__pycache__", "node_modules"}


def listed(offenders: list[str]) -> str:
    return "\n" + "\n".join(sorted(offenders))


def faces() -> list[Module]:
    return [module for module in modules().values() if module.path.name == "__init__.py" and module.room]


def all_modules() -> list[Module]:
    return [*modules().values(), *modules_of_tests().values()]


def test_no_file_has_a_name_that_says_nothing() -> None:
    """No utils, helpers, common, base, manager, service, handler or misc, as folder or file."""
    offenders = [
        module.where for module in all_modules() if BANNED_NAMES & set(Path(module.where).with_suffix("").parts)
    ]
    assert not offenders, listed(offenders)


def test_no_file_is_too_long() -> None:
    """A file of more than 600 lines is two files."""
    offenders = [
        f"{module.where}: {module.text.count(chr(10))} lines"
        for module in all_modules()
        if module.text.count("\n") > LONGEST_FILE
    ]
    assert not offenders, listed(offenders)


def test_no_function_is_too_long() -> None:
    """A function of more than 60 lines is two functions; only a migration may list a whole schema."""
    offenders = [
        f"{module.where}:{node.lineno}: {node.name} has {length} lines"
        for module in modules().values()
        if ".migrations.versions." not in module.name
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    ]
    assert not offenders, listed(offenders)


def test_every_room_has_a_manual_page() -> None:
    """The face of each room says what the room is and what is "Not here"; every other module has a docstring."""
    offenders = [module.where for module in modules().values() if not (ast.get_docstring(module.tree) or "").strip()]
    top = [module for module in faces() if module.name.count(".") == 1]
    offenders += [module.where for module in top if "Not here" not in (ast.get_docstring(module.tree) or "")]
    assert not offenders, listed(offenders)


def test_every_face_is_sorted_and_narrow() -> None:
    """`__all__` of each room exists, is sorted (constants, classes, functions), and holds a modest number of names."""
    offenders = []
    for module in faces():
        if module.name.count(".") > 1 and not has_all(module):
            continue
        names = list(importlib.import_module(module.name).__dict__.get("__all__", ()))
        if not names or names != sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name)):
            offenders.append(f"{module.where}: missing or not sorted: {names}")
        if len(names) > MOST_NAMES:
            offenders.append(f"{module.where}: {len(names)} names")
    assert not offenders, listed(offenders)


def test_every_public_name_exists() -> None:
    """Each name in an `__all__` anywhere can be imported from there."""
    offenders = []
    for module in modules().values():
        if has_all(module):
            found = importlib.import_module(module.name)
            offenders += [f"{module.where}: {name}" for name in found.__all__ if not hasattr(found, name)]
    assert not offenders, listed(offenders)


def test_every_text_has_both_languages() -> None:
    """Each `Text(ko, en)` written in the code has Hangul on the left and other words with Latin letters on the right."""
    offenders = [
        f"{module.where}:{call.lineno}: {ast.unparse(call)[:100]}"
        for module in modules().values()
        for call in calls_of(module, "Text")
        if not has_both_languages(call)
    ]
    assert not offenders, listed(offenders)


@pytest.mark.parametrize(
    ("source", "fine"),
    [
        ('Text("저장했습니다", "saved")', True),
        ('Text(f"{n}명", f"{n} people")', True),
        ("Text(place, place)", True),
        ('Text(f"{a.ko} ({b.ko})", f"{a.en} ({b.en})")', True),
        ('Text("#", "#")', True),
        ('Text("saved", "saved")', False),
        ('Text("저장", "저장")', False),
        ('Text("저장", "")', False),
        ('Text("저장했습니다")', False),
        ('Text(ko="저장", en="saved")', True),
        ('Text(f"{n}", f"{n} people")', False),
    ],
)
def test_the_language_test_can_fail(source: str, fine: bool) -> None:
    """A missing, empty or untranslated half is noticed; values chosen elsewhere are not judged."""
    call = ast.parse(source, mode="eval").body
    assert isinstance(call, ast.Call)
    assert has_both_languages(call) is fine


def test_no_clock_is_naive() -> None:
    """`datetime.now()` without a zone, `utcnow`, `utcfromtimestamp` and `today` appear nowhere."""
    offenders = [
        f"{module.where}:{node.lineno}: {ast.unparse(node)}"
        for module in all_modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and is_naive(node, node.func)
    ]
    assert not offenders, listed(offenders)


def test_every_test_states_its_promise_in_one_line() -> None:
    """Each test function has a docstring of exactly one line that is a sentence."""
    offenders = [
        f"{module.where}:{node.lineno}: {node.name}"
        for module in modules_of_tests().values()
        if module.path.name.startswith("test_")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not is_one_sentence(ast.get_docstring(node, clean=False) or "")
    ]
    assert not offenders, listed(offenders)


def test_nothing_speaks_of_one_machine() -> None:
    """No file of the project names a folder of the machine it was written on, or the address of a package index."""
    offenders = [
        f"{path.relative_to(PROJECT).as_posix()}:{number}: {found[0]}"
        for path in project_files()
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), start=1)
        if (found := FORBIDDEN.search(line))
    ]
    assert not offenders, listed(offenders)


def test_every_locked_package_has_hashes() -> None:
    """Each requirement in requirements/*.txt is pinned with `==` and followed by hashes; nothing else stands there."""
    for path in sorted((PROJECT / "requirements").glob("*.txt")):
        lines = [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip() and line[0] != "#"]
        pins = [line for line in lines if not line.startswith("--hash=sha256:")]
        assert pins
        assert [pin for pin in pins if not re.match(r"[a-z0-9._-]+==[^ ]+ (; .* )?\\$", pin)] == []
        assert len(lines) >= 2 * len(pins)


def test_each_lock_holds_the_one_before_it() -> None:
    """main is contained in test, and test in dev, version by version, so that one environment can grow."""
    pinned = [
        set(re.findall(r"^([a-z0-9._-]+==[^ ]+)", (PROJECT / "requirements" / f"{name}.txt").read_text("utf-8"), re.M))
        for name in ("main", "test", "dev")
    ]
    assert pinned[0] < pinned[1] < pinned[2]


def test_the_version_is_the_same_everywhere() -> None:
    """`mailer.__version__` is the version of the wheel, and the changelog has room for what comes."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == mailer.__version__
    assert "## [Unreleased]" in (PROJECT / "CHANGELOG.md").read_text("utf-8")


def has_all(module: Module) -> bool:
    return any(
        isinstance(node, ast.Assign)
        and any(isinstance(goal, ast.Name) and goal.id == "__all__" for goal in node.targets)
        for node in module.tree.body
    )


def calls_of(module: Module, name: str) -> Iterator[ast.Call]:
    if module.name == "mailer.wording":
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node


def has_both_languages(call: ast.Call) -> bool:
    named = {word.arg: word.value for word in call.keywords}
    halves = [*call.args, *(named[name] for name in ("ko", "en") if name in named)]
    if any(isinstance(half, ast.Starred) for half in halves):
        return True
    if len(halves) != 2:
        return False
    ko, en = (written(half) for half in halves)
    if not any(char.isalpha() for char in f"{ko or ''}{en or ''}"):
        return True  # nothing at all, a sign, or a frame around words that are Text already
    return bool((ko is None or HANGUL.search(ko)) and (en is None or LATIN.search(en)) and ko != en)


def written(node: ast.expr) -> str | None:
    """The characters of a literal or an f-string without its values; None when the words come from elsewhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "".join(literals(part)) for part in node.values
        )
    if isinstance(node, ast.BinOp):
        return "".join(literals(node)) or None
    return None


def literals(node: ast.AST) -> Iterator[str]:
    """Literal words inside an expression, for example both arms of a conditional."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield inner.value


def is_naive(call: ast.Call, function: ast.Attribute) -> bool:
    owner = ast.unparse(function.value).rpartition(".")[2]
    if owner not in {"datetime", "date"}:
        return False
    if function.attr in {"utcnow", "utcfromtimestamp", "today"}:
        return True
    needed = {"now": 1, "fromtimestamp": 2}.get(function.attr, 0)
    return len(call.args) + len(call.keywords) < needed


def is_one_sentence(docstring: str) -> bool:
    return "\n" not in docstring and docstring.strip().endswith((".", "!", "?")) and len(docstring.split()) >= 3


def project_files() -> Iterator[Path]:
    for path in sorted(PROJECT.rglob("*")):
        parts = path.relative_to(PROJECT).parts
        hidden = [part for part in parts if part.startswith(".") and part not in {".ci", ".gitignore", ".env"}]
        if hidden or SKIPPED_FOLDERS & set(parts) or path.name == ".env" or path.suffix not in TEXT_ENDINGS:
            continue
        if path.is_file():
            yield path
