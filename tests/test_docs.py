"""The documents: links, headings in both languages, every command and name they mention, pages made from the program."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from mailer.cli.expected import OUTCOMES
from mailer.cli.root import root
from mailer.cli.verbs import Command, Group
from mailer.config import KEYS
from mailer.desk.export import STATE_WORDS
from mailer.dispatch import DeliveryState
from mailer.dispatch.model import Address, Contact
from mailer.document import Document
from mailer.message.context import contact_values, shared_values
from mailer.message.model import Sender
from mailer.release import read
from mailer.release.header import LABELS
from mailer.wording import LANGUAGES, Language
from tests.source_tree import PROJECT, modules
from tools import make_cli_docs, make_config_docs

DOCS = PROJECT / "docs"
PAGES = sorted([*PROJECT.glob("*.md"), *DOCS.rglob("*.md")])
PAIRS = [(PROJECT / "README.md", PROJECT / "README.ko.md")] + [
    (DOCS / "en" / path.name, DOCS / "ko" / path.name) for path in sorted((DOCS / "en").glob("*.md"))
]
FENCE = re.compile(r"^( *)(`{3,})(\w*)[^\n]*\n(.*?)^\1\2 *$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^()\s]+)\)")
HEADING = re.compile(r"^(#{1,6}) (.+)$", re.MULTILINE)
LARGEST_PICTURE = 400_000
GENERATED = {"cli.md", "config.md"}


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def without_code(page: Path) -> str:
    return re.sub(r"`[^`\n]*`", "", prose(page))


def shell_lines(page: Path) -> Iterator[str]:
    """The lines of the page's ```sh blocks."""
    for found in FENCE.finditer(page.read_text(encoding="utf-8")):
        if found[3] == "sh":
            yield from (line.strip() for line in found[4].splitlines() if line.strip())


def name(page: Path) -> str:
    return str(page.relative_to(PROJECT))


def arguments(line: str) -> list[str] | None:
    """What stands behind `mailer` in a shell line, None when the line calls something else."""
    words = shlex.split(line, comments=True)
    if words[:2] == ["sudo", "-u"]:
        words = words[3:]
    if words[:2] == ["sh", "-c"]:
        words = shlex.split(words[2].partition("&&")[2])
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words = words[1:]
    return words[1:] if words and words[0].rpartition("/")[2] == "mailer" else None


def parse(words: list[str]) -> str:
    """Obey `words` up to the point where the verb would run; the verb's name. Raises click's errors."""
    context = root.make_context("mailer", list(words))
    rest = [*context._protected_args, *context.args]
    command: click.Command = root
    while isinstance(command, click.Group) and rest:
        verb, found, rest = command.resolve_command(context, rest)
        assert found is not None
        command, context = found, found.make_context(verb, list(rest), parent=context)
        rest = [*context._protected_args, *context.args]
    assert not isinstance(command, click.Group), f"{' '.join(words)} names no verb"
    return context.command_path


@cache
def sentences() -> tuple[str, ...]:
    """Every constant string in the program's code."""
    return tuple(
        node.value
        for module in modules().values()
        for node in ast.walk(ast.parse(module.path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    """Links between pages, to folders and to pictures resolve in the repository."""
    links = [link for link in LINK.findall(without_code(page)) if not re.match(r"https?:|mailto:|#", link)]
    broken = [link for link in links if not (page.parent / link.partition("#")[0]).exists()]
    assert not broken


def test_every_page_can_be_reached_from_the_readme() -> None:
    """No page of docs/ stands alone."""
    for readme, language in ((PROJECT / "README.md", "en"), (PROJECT / "README.ko.md", "ko")):
        reached = {(readme.parent / link).resolve() for link in LINK.findall(without_code(readme))}
        assert {path.resolve() for path in (DOCS / language).glob("*.md")} <= reached


@pytest.mark.parametrize(("english", "korean"), PAIRS, ids=lambda page: page.name)
def test_both_languages_have_the_same_headings(english: Path, korean: Path) -> None:
    """Each page has a twin with the same headings in the same order and depth, and the same number of blocks."""
    levels = [[len(found[1]) for found in HEADING.finditer(prose(page))] for page in (english, korean)]
    assert levels[0] == levels[1]
    assert len(FENCE.findall(english.read_text(encoding="utf-8"))) == len(
        FENCE.findall(korean.read_text(encoding="utf-8"))
    )


def test_no_page_lacks_its_twin() -> None:
    """docs/en and docs/ko hold the same files, and each README links the other on its first line."""
    assert {path.name for path in (DOCS / "en").iterdir()} == {path.name for path in (DOCS / "ko").iterdir()}
    for readme, other in (("README.md", "README.ko.md"), ("README.ko.md", "README.md")):
        assert f"]({other})" in (PROJECT / readme).read_text(encoding="utf-8").splitlines()[0]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_line_can_be_typed(page: Path) -> None:
    """Every `mailer ...` of a shell block exists, with its options, and lacks none that it needs."""
    for line in shell_lines(page):
        words = arguments(line)
        if words is not None:
            parse(words)


def test_a_command_line_with_a_wrong_option_would_be_noticed() -> None:
    """The check above refuses unknown commands, unknown options and missing ones."""
    for line in (
        "mailer chekc first",
        "mailer check first --strickt",
        "mailer schedule first -l press",
        "mailer contacts",
    ):
        words = arguments(line)
        assert words is not None
        with pytest.raises((click.ClickException, AssertionError)):
            parse(words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_is_explained(language: Language) -> None:
    """Each command has help and an example that can be typed, and is shown on a page that a person wrote."""
    written = "\n".join(
        page.read_text(encoding="utf-8")
        for page in (DOCS / language).glob("*.md")
        if page.name not in GENERATED - {"config.md"}
    )
    for path, command in make_cli_docs.commands().items():
        assert isinstance(command, Command | Group)
        assert command.text.to(language).strip(), path
        assert command.examples, path
        for example in command.examples:
            words = arguments(example)
            assert words is not None, example
            parse(words)
        if path != "demo":
            assert f"mailer {path}" in written, f"no page of docs/{language} shows: mailer {path}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_make_target_exists(page: Path) -> None:
    """`make ...` in blocks and in the text names a target of the Makefile."""
    targets = set(re.findall(r"^([a-z0-9]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = "\n".join([*shell_lines(page), *re.findall(r"`([^`\n]+)`", prose(page))])
    assert set(re.findall(r"(?:^|\s)make ([a-z0-9]+)", text)) <= targets


def test_the_readme_shows_the_two_commands() -> None:
    """`make demo` and `make test` are the first things to type in both languages."""
    for readme in ("README.md", "README.ko.md"):
        first = next(found for found in FENCE.finditer((PROJECT / readme).read_text(encoding="utf-8")))
        assert [line.split("#")[0].strip() for line in first[4].splitlines()] == ["make demo", "make test"]


def test_the_readme_says_what_the_demonstration_says() -> None:
    """The last lines of `make demo` stand in the README as the program prints them, with the true numbers."""
    states = [state for state, _, _ in OUTCOMES.values()]
    numbers = [len(states), states.count(DeliveryState.ACCEPTED), states.count(DeliveryState.FAILED)]
    for readme in ("README.md", "README.ko.md"):
        shown = list(FENCE.finditer((PROJECT / readme).read_text(encoding="utf-8")))[1][4].strip().splitlines()
        assert [int(number) for number in re.findall(r"\d+", shown[0])] == numbers
        assert shown[-1] in sentences()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_setting_exists(page: Path) -> None:
    """A setting that a page names is one of the program's."""
    named = set(re.findall(r"\b(?:SMTP|MAILER)_[A-Z_]*[A-Z]\b", page.read_text(encoding="utf-8")))
    assert {key.removesuffix("_FILE") if key not in KEYS else key for key in named} <= set(KEYS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_generated_pages_are_fresh(language: Language) -> None:
    """The pages on commands and settings are what the program says now; `make docs` writes them."""
    for maker, file in ((make_cli_docs, "cli.md"), (make_config_docs, "config.md")):
        assert (DOCS / language / file).read_text(encoding="utf-8") == maker.page(language), f"run: make docs ({file})"


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_on_the_screen_are_quoted_exactly(language: Language) -> None:
    """Each heading of "When it fails" is what the program says."""
    page = prose(DOCS / language / "when-it-fails.md")
    quoted = [found[2] for found in HEADING.finditer(page) if len(found[1]) == 3]
    assert len(quoted) > 30
    assert not [words for words in quoted if not any(words in sentence for sentence in sentences())]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_header_field_is_listed(language: Language) -> None:
    """The page on the letter file has a row for each label, in Korean and English."""
    page = (DOCS / language / "letter-file.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| (\S+) \| `(\w+)` \|", page, re.MULTILINE))
    assert rows == set(LABELS.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_result_of_the_log_is_listed(language: Language) -> None:
    """The page on the log has a row for each state, with the words of the screen in both languages."""
    page = (DOCS / language / "sending-and-log.md").read_text(encoding="utf-8")
    heads = [line.split("|")[1] for line in page.splitlines() if line.startswith("| ")]
    assert not [words for words in STATE_WORDS.values() if not any(words.ko in h and words.en in h for h in heads)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_name_of_the_templates_is_listed(language: Language) -> None:
    """The page on templates names all that a template is told, and nothing else."""
    page = (DOCS / language / "templates.md").read_text(encoding="utf-8")
    table = [
        line.split("|")
        for line in page.splitlines()
        if re.match(r"\| `(?:letter|document|org|sender|contact|mark)", line)
    ]
    named = {
        word
        for row in table
        for cell in row[1:3]
        for code in re.findall(r"`([^`]+)`", cell)
        for word in re.findall(r"\w+", code)
    }
    told = _told()
    assert told - named == set()
    assert named - told <= {"body", "html", "j2", "지역", "시험", "mark"}


def _told() -> set[str]:
    """Every name under which a template is told something."""
    release = read(PROJECT / "letters" / "sample.md")
    paper = Document(pdf=b"", pages=1, filename="a.pdf", sha256="")
    sender = Sender(name="", address="press@example.org", reply_to="press@example.org", unsubscribe="press@example.org")
    nobody = Contact(address=Address(local="a", domain="example.org", key="a@example.org"))
    values = shared_values(release, paper, {}, sender, "", html=False) | {"contact": contact_values(nobody)}
    found = set(values)
    for inner in values.values():
        if isinstance(inner, dict):
            found.update(inner)
            for rows in inner.values():
                row = rows[0] if isinstance(rows, list) and rows else rows
                found.update(row if isinstance(row, dict) else ())
    return found


def test_pictures_are_small() -> None:
    """A picture in the documents is no burden to load."""
    assert not [name(path) for path in DOCS.rglob("*.png") if path.stat().st_size > LARGEST_PICTURE]
