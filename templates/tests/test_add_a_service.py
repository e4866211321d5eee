"""docs/add-a-service.md: every command of the page is typed in a copy of the repository, and prints what it shows."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.console import Section, Shell, Step, read_page
from templates.tests.clone import ROOT, copy, git

PAGE = ROOT / "docs" / "add-a-service.md"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy(tmp_path_factory.mktemp("clone") / "punchline")


@pytest.fixture(scope="module")
def shell(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    who = {f"GIT_{role}_{what}": "tester@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {"PYTHONUNBUFFERED": "1", "COLUMNS": "80", "MAKEFLAGS": "", "VIRTUAL_ENV": "", **who}
    with Shell(PAGE, tmp_path_factory.mktemp("log"), **environment) as shell:
        assert shell.type(Step(f"cd {clone}", [], 0)) == ""
        yield shell


@pytest.fixture(scope="module")
def failed() -> list[str]:
    """The section that failed: those after it would begin in the middle of it."""
    return []


@pytest.mark.timeout(600)
@pytest.mark.parametrize("section", read_page(PAGE), ids=lambda section: section.title)
def test_the_page_shows_what_happens(shell: Shell, section: Section, failed: list[str]) -> None:
    if failed:
        pytest.fail(f"not typed, since section {failed[0]!r} failed", pytrace=False)
    failed.append(section.title)
    for step in section.steps:
        if wrong := shell.type(step, seconds=300):
            pytest.fail(wrong, pytrace=False)
    failed.remove(section.title)


def test_what_was_added_and_removed_leaves_nothing(clone: Path, failed: list[str]) -> None:
    assert not failed
    git(clone, "add", "--all")
    assert git(clone, "diff", "--cached", "--stat", "main") == ""
    assert not (clone / "services" / "ranker").exists()
