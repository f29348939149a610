"""The workspace: own files win, nothing is overwritten, every miss names what is there."""

from __future__ import annotations

import errno
import os
import stat
import unicodedata
from pathlib import Path

import pytest

from mailer.config import KEYS, read_config
from mailer.errors import MailerError, UsageError, WorkspaceError, system_reason
from mailer.workspace import Workspace, init, package_data


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    for folder in ("letters", "recipients", "templates"):
        (tmp_path / folder).mkdir()
    for name in ("letters/statement.md", "letters/성명.md", "recipients/press.csv", "recipients/press-foreign.csv"):
        (tmp_path / name).write_text("x", "utf-8")
    return Workspace.at(tmp_path)


def said(error: MailerError) -> str:
    return f"{error.explain('ko')}\n{error.explain('en')}"


def test_a_bare_name_is_looked_up_in_its_folder(workspace: Workspace) -> None:
    """`statement` is letters/statement.md and `press` is recipients/press.csv, with or without the ending."""
    for name in ("statement", "statement.md", "letters/statement.md"):
        assert workspace.find_letter(name) == workspace.root / "letters" / "statement.md"
    assert workspace.find_list("press") == workspace.root / "recipients" / "press.csv"


def test_a_path_wins_over_a_name(
    workspace: Workspace, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file in the current folder is taken as written; a relative path also counts from the workspace."""
    here = tmp_path_factory.mktemp("here")
    monkeypatch.chdir(here)
    assert workspace.find_letter("letters/statement.md") == workspace.root / "letters" / "statement.md"
    (here / "statement.md").write_text("own", "utf-8")
    assert workspace.find_letter("statement.md") == Path("statement.md")
    assert workspace.find_letter(str(here / "statement.md")) == here / "statement.md"


def test_decomposed_hangul_finds_its_file(workspace: Workspace) -> None:
    """A name typed on macOS (NFD) and a file saved elsewhere (NFC) are the same letter, and the other way round."""
    (workspace.letters / unicodedata.normalize("NFD", "공동성명.md")).write_text("x", "utf-8")
    assert workspace.find_letter(unicodedata.normalize("NFD", "성명")).name == "성명.md"
    assert unicodedata.normalize("NFC", workspace.find_letter("공동성명").name) == "공동성명.md"


def test_a_miss_suggests_what_is_near(workspace: Workspace) -> None:
    """A misspelt name is a usage error with the nearest names; a hopeless one lists what exists."""
    with pytest.raises(UsageError) as near:
        workspace.find_list("pres-foreign")
    assert "press-foreign" in said(near.value)
    with pytest.raises(UsageError) as far:
        workspace.find_letter("zzzz")
    assert "statement" in said(far.value)
    assert str(workspace.root / "letters") in said(far.value)
    assert far.value.exit_code == 2


def test_two_files_of_one_name_are_not_guessed_between(workspace: Workspace) -> None:
    """press.csv beside press.xlsx is a question to the person, never a guess."""
    (workspace.recipients / "press.xlsx").write_bytes(b"x")
    with pytest.raises(UsageError) as caught:
        workspace.find_list("press")
    assert "press.xlsx" in said(caught.value)
    assert workspace.find_list("press.xlsx").suffix == ".xlsx"


def test_own_folders_win_and_the_program_fills_the_gaps(workspace: Workspace, tmp_path: Path) -> None:
    """An own templates folder is used whole; a workspace without one uses the templates that came along."""
    assert workspace.templates == tmp_path / "templates"
    (tmp_path / "templates").rmdir()
    assert workspace.templates == package_data() / "templates"


def test_a_workspace_must_be_a_folder(tmp_path: Path) -> None:
    """A path that is not there, or is a file, is refused with the command that makes one."""
    (tmp_path / "file").write_text("x", "utf-8")
    for name in ("nowhere", "file"):
        with pytest.raises(WorkspaceError) as caught:
            Workspace.at(tmp_path / name)
        assert "mailer init" in said(caught.value)


def test_init_makes_a_complete_workspace(tmp_path: Path) -> None:
    """A new workspace has settings that parse, a private .env and var/, and every file that came along."""
    created = init(tmp_path / "new" / "place")
    root = tmp_path / "new" / "place"
    assert not created.kept
    assert all((root / path).is_file() for path in created.made)
    assert (root / ".env").read_bytes() == (package_data() / "config.example.env").read_bytes()
    assert read_config(root, {}).practice
    shipped = {path.relative_to(package_data()) for path in (package_data() / "templates").rglob("*.j2")}
    assert shipped <= set(created.made)
    assert Workspace.at(root).var.is_dir()
    if os.name == "posix":
        assert stat.S_IMODE((root / ".env").stat().st_mode) == 0o600
        assert stat.S_IMODE((root / "var").stat().st_mode) == 0o700


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    """A second init changes no byte and reports every file as left alone."""
    first = init(tmp_path)
    (tmp_path / ".env").write_text("MAILER_LANG=en\n", "utf-8")
    second = init(tmp_path)
    assert not second.made
    assert set(second.kept) == set(first.made)
    assert (tmp_path / ".env").read_text("utf-8") == "MAILER_LANG=en\n"


def test_a_git_repository_around_a_workspace_ignores_what_is_private(tmp_path: Path) -> None:
    """init leaves a .gitignore that keeps passwords and people's addresses out of a repository."""
    init(tmp_path)
    assert {".env", "var/", "out/"} <= set((tmp_path / ".gitignore").read_text("utf-8").split())


def test_an_unwritable_workspace_names_place_and_remedy(tmp_path: Path) -> None:
    """Where var/ cannot be made or written, the error names the path and the way out, exit 2."""
    (tmp_path / "var").write_text("a file is in the way", "utf-8")
    with pytest.raises(WorkspaceError) as caught:
        Workspace.at(tmp_path).ensure_var()
    assert str(tmp_path / "var") in said(caught.value)
    assert "--workspace" in said(caught.value)
    assert caught.value.exit_code == 2
    with pytest.raises(WorkspaceError):
        init(tmp_path / "var" / "below-a-file")


def test_a_folder_that_may_not_be_read_is_said_so(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A locked folder of lists is a sentence with place and remedy, in each language alone, not a fault of the program."""

    def locked(_: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", locked)
    with pytest.raises(WorkspaceError) as caught:
        workspace.find_list("press")
    assert caught.value.where == str(workspace.recipients)
    assert "권한이 없습니다" in caught.value.what.ko
    assert "Permission denied" in caught.value.what.en


def test_the_system_speaks_korean_where_it_is_known_what_it_says() -> None:
    """Common refusals have Korean words; a rare one is quoted rather than guessed."""
    assert system_reason(OSError(errno.ENOSPC, "No space left on device")).ko == "남은 공간이 없습니다"
    assert system_reason(OSError(errno.ELOOP, "Too many symbolic links")).ko == "Too many symbolic links"
    assert system_reason(OSError()).en == "OSError"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_folder_is_unwritable(tmp_path: Path) -> None:
    """A folder without write permission is refused like a blocked one."""
    tmp_path.chmod(0o500)
    with pytest.raises(WorkspaceError):
        Workspace.at(tmp_path).ensure_var()
    tmp_path.chmod(0o700)


def test_every_key_is_explained() -> None:
    """The example that init copies explains itself: it names the command that shows the values in force."""
    text = (package_data() / "config.example.env").read_text("utf-8")
    assert "mailer config show" in text
    assert all(name in text for name in KEYS)
