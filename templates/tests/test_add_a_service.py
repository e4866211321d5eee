"""docs/add-a-service.md, add-a-model.md: every command is typed in a copy of the repository, and prints what is shown.

Then the images of a service of each kind are built and run, so a Docker engine is needed.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.console import Section, Shell, Step, read_page
from templates.tests.clone import IDENTITY, ROOT, copy, furnish, git

SERVICE, MODEL = (ROOT / "docs" / name for name in ("add-a-service.md", "add-a-model.md"))


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return furnish(copy(tmp_path_factory.mktemp("clone") / "punchline"))


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """As in a terminal of a person: nothing that make or pytest set for the test run itself."""
    clean = dict.fromkeys(("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "UV_PROJECT_ENVIRONMENT", "VENV", "VIRTUAL_ENV"), "")
    path = f"{os.environ['PATH']}:{Path(sys.executable).parent}"  # helm
    return {**clean, "PATH": path, "PYTHONUNBUFFERED": "1", **IDENTITY}


@pytest.fixture(scope="module")
def shell(clone: Path, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    with Shell(SERVICE, tmp_path_factory.mktemp("log"), **environment) as shell:
        assert (
            shell.type(Step(f"unset {' '.join(key for key, value in environment.items() if not value)}", [], 0)) == ""
        )
        assert shell.type(Step(f"cd {clone}", [], 0)) == ""
        yield shell


@pytest.fixture(scope="module")
def failed() -> list[str]:
    """The section that failed: those after it would begin in the middle of it."""
    return []


def type_section(shell: Shell, section: Section, failed: list[str]) -> None:
    if failed:
        pytest.fail(f"not typed, since section {failed[0]!r} failed", pytrace=False)
    failed.append(section.title)
    for step in section.steps:
        if wrong := shell.type(step, seconds=300):
            pytest.fail(wrong, pytrace=False)
    failed.remove(section.title)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("section", read_page(SERVICE), ids=lambda section: section.title)
def test_the_page_about_services_shows_what_happens(shell: Shell, section: Section, failed: list[str]) -> None:
    type_section(shell, section, failed)


def test_what_was_added_and_removed_leaves_nothing(clone: Path, failed: list[str]) -> None:
    assert not failed
    git(clone, "add", "--all")
    assert git(clone, "diff", "--cached", "--stat", "main") == ""
    assert not (clone / "services" / "ranker").exists()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("section", read_page(MODEL), ids=lambda section: section.title)
def test_the_page_about_models_shows_what_happens(shell: Shell, section: Section, failed: list[str]) -> None:
    type_section(shell, section, failed)


@pytest.mark.timeout(600)
def test_images_of_both_kinds_build_and_run(shell: Shell, failed: list[str]) -> None:
    """As a strict cluster would run them, within their limits; and the plan knows both, beside nothing else."""
    assert not failed
    for command, expected in (
        ("make new-service NAME=text-ranker", "...\ntext-ranker is a service...\n..."),
        ("git add --all && git commit -q -m both", ""),
        ("ci/plan --list --base main", "flowers\ntext-ranker"),
        ("make image S=flowers", "..."),
        ("make image S=text-ranker", "..."),
        ("dev/smoke-images flowers text-ranker", "...\nok text-ranker: stopped with exit code 0"),
    ):
        assert shell.type(Step(command, expected.splitlines(), 0), seconds=300) == ""


@pytest.mark.timeout(120)
def test_others_run_from_their_images_beside_the_one_that_is_worked_on(shell: Shell, failed: list[str]) -> None:
    assert not failed
    ask = "curl -s --retry 60 --retry-delay 1 --retry-all-errors"
    running = "$DOCKER ps -q --filter ancestor=flowers:dev; $DOCKER network ls -q --filter name=punchline-dev"
    for command, expected in (
        ("sed -i 's/^text-ranker:/&\\n  calls: [flowers]/' charts/umbrella/values.yaml", ""),
        ("make dev S=text-ranker OTHERS=images &", "...\nflowers: http://127.0.0.1:8003 (images)\n..."),
        (f"{ask} http://127.0.0.1:8003/v2/models/flowers", '{"name":"flowers",...'),
        (f"{ask} 'http://127.0.0.1:8004/v1/greeting?name=Ada'", '{"greeting":"Hello, Ada"}'),
        ("kill %1", ""),
        (f"timeout 30 bash -c 'while [ -n \"$({running})\" ]; do sleep 0.2; done'", ""),
    ):
        assert shell.type(Step(command, expected.splitlines(), 0)) == ""
