"""The house has floors: imports run down, never up, never in a circle, and each library lives in one room."""

from __future__ import annotations

import ast
import re
import sys
import tomllib

from tests.source_tree import PROJECT, imports, modules, room_of

# From the ground up. Rooms on one line are neighbours that do not know each other.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("",),
    ("wording",),
    ("findings",),
    ("errors",),
    ("release", "dispatch"),
    ("contacts",),
    ("document",),
    ("message",),
    ("engine", "transport", "ledger"),
    ("sending",),
    ("desk",),
    ("config", "workspace"),
    ("app",),
    ("web",),
    ("cli",),
    ("__main__",),
)
DOORS = {"config", "workspace", "app", "web", "cli", "__main__"}
LIBRARIES: dict[str, set[str]] = {
    "release": {"markdown_it"},
    "contacts": {"dns", "email_validator"},
    "document": {"typst"},
    "message": {"css_inline", "jinja2", "markupsafe"},
    "engine": {"apscheduler"},
    "transport": {"aiosmtpd", "aiosmtplib"},
    "ledger": {"alembic", "filelock", "sqlalchemy"},
    "desk": {"openpyxl"},
    "config": {"dotenv"},
    "web": {"argon2", "jinja2", "starlette", "uvicorn"},
    "cli": {"click", "rich", "wcwidth"},
}
SHARED = {"jinja2"}
"""What two rooms may use: e-mail templates come from officers and run in a sandbox, page templates are ours."""

DISTRIBUTIONS = {
    "argon2": "argon2-cffi",
    "css_inline": "css-inline",
    "dns": "dnspython",
    "dotenv": "python-dotenv",
    "email_validator": "email-validator",
    "markdown_it": "markdown-it-py",
    "markupsafe": "jinja2",  # comes with it, and its types are part of its interface
}
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}


def listed(offenders: list[str]) -> str:
    return "\n" + "\n".join(sorted(offenders))


def test_every_room_has_a_floor() -> None:
    """A new folder or module of the package must be given its place in the table before anything uses it."""
    assert sorted({module.room for module in modules().values()} - set(LEVEL)) == []


def test_imports_run_down() -> None:
    """No room imports one above it or beside it, not even inside a function or for types alone."""
    offenders = [
        f"{module.where}:{line}: {module.room or 'mailer'} imports {name}"
        for module in modules().values()
        for line, name in imports(module)
        if name.split(".")[0] == "mailer"
        and (room := room_of(name)) != module.room
        and LEVEL.get(room, 0) >= LEVEL[module.room]
    ]
    assert not offenders, listed(offenders)


def test_no_module_imports_in_a_circle() -> None:
    """Within a room too: following imports from any module never leads back to it."""
    graph = {
        name: sorted({target for _, target in imports(module) if target in modules() and target != name})
        for name, module in modules().items()
    }
    offenders = [" -> ".join(circle) for circle in circles(graph)]
    assert not offenders, listed(offenders)


def test_circles_are_found() -> None:
    """The search for circles finds a direct one, a long one, and none in a diamond."""
    assert circles({"a": ["b"], "b": ["a"]}) == [["a", "b", "a"]]
    assert circles({"a": ["b"], "b": ["c"], "c": ["d"], "d": ["b"]}) == [["b", "c", "d", "b"]]
    assert circles({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}) == []


def test_each_library_stays_in_its_room() -> None:
    """A third-party import outside the one room that may use it is an offence, wherever it stands in the file."""
    offenders = [
        f"{module.where}:{line}: {name}"
        for module in modules().values()
        for line, name in imports(module)
        if (top := name.split(".")[0]) not in sys.stdlib_module_names
        and top != "mailer"
        and top not in LIBRARIES.get(module.room, set())
    ]
    assert not offenders, listed(offenders)


def test_each_library_has_one_room_and_is_a_declared_dependency() -> None:
    """No library is allowed twice, and every allowed one is named in pyproject.toml."""
    allowed = [library for libraries in LIBRARIES.values() for library in libraries]
    assert {library for library in allowed if allowed.count(library) > 1} == SHARED
    declared = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    names = {re.split(r"[^A-Za-z0-9._-]", text)[0] for text in declared}
    assert sorted({DISTRIBUTIONS.get(library, library) for library in allowed} - names) == []


def test_only_doors_read_the_environment() -> None:
    """`os.environ` and `os.getenv` appear in doors alone, so that a room behaves the same whoever calls it."""
    offenders = [
        f"{module.where}:{node.lineno}: os.{node.attr}"
        for module in modules().values()
        if module.room not in DOORS
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv", "putenv"}
    ]
    assert not offenders, listed(offenders)


def circles(graph: dict[str, list[str]]) -> list[list[str]]:
    """One path for each circle met in a depth-first walk, closed by its first name."""
    found: list[list[str]] = []
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> None:
        if name in path:
            found.append([*path[path.index(name) :], name])
        elif name not in done:
            for target in graph.get(name, []):
                walk(target, [*path, name])
            done.add(name)

    for name in graph:
        walk(name, [])
    return found
