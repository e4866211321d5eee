"""docs/kubernetes.md: every command of the page is typed, and what it prints is what the page shows."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.console import Section, Shell, Step, matches, read_page
from e2e.kubernetes import run

PAGE = Path("docs/kubernetes.md")
SECTIONS = read_page(PAGE)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """The reader's shell, from the first section to the last; the namespaces of the page are new and then gone."""
    home, log = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("log")
    own = {f"HELM_{what}_HOME": str(home / what.lower()) for what in ("CACHE", "CONFIG", "DATA")}
    delete = ("kubectl", "delete", "namespace", "funny", "funny-client", "--ignore-not-found", "--timeout=120s")
    run(*delete)
    with Shell(PAGE, log, **own, TMPDIR=str(home), PYTHONUNBUFFERED="1") as shell:
        yield shell
    run(*delete)


@pytest.fixture(scope="module")
def failed() -> list[str]:
    """The section that failed: those after it would begin in the middle of it."""
    return []


@pytest.mark.timeout(300)
@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.title)
def test_the_page_shows_what_happens(shell: Shell, section: Section, failed: list[str]) -> None:
    if failed:
        pytest.fail(f"not typed, since section {failed[0]!r} failed", pytrace=False)
    failed.append(section.title)
    for step in section.steps:
        if wrong := shell.type(step):
            pytest.fail(wrong, pytrace=False)
    failed.remove(section.title)


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("NAME   READY\njoker-...   1/1", "NAME           READY\njoker-5f-x2    1/1\n", True),
        ("joker-...   1/1", "joker-5f-x2    0/1", False),
        ("joker ... 1/1", "joker\n1/1", False),
        ("a\n...\nb", "a\nb", True),
        ("a\n...\nb", "a\nx\n\ny\nb", True),
        ("a\n...\nb", "a\nx\ny", False),
        ("", "anything", False),
        ("a", "a\nmore", False),
    ],
)
def test_what_is_printed_is_compared(expected: str, printed: str, same: bool) -> None:
    assert matches(expected.splitlines(), printed) is same


def test_a_command_that_does_something_else_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("## Words\n\n```yaml\n# word.yaml\na: b\n```\n\n```console\n$ cat \\\n>   word.yaml\na: c\n```\n")
    (section,) = read_page(page)
    saved, shown = section.steps
    with Shell(page, tmp_path, TMPDIR=str(tmp_path)) as shell:
        assert shell.type(Step(f"cd {tmp_path}", [], 0)) == ""
        assert shell.type(saved) == ""
        wrong = shell.type(shown)
        assert wrong.startswith(f"{page}:9: not what the page shows\n    $ cat")
        assert wrong.index("    a: c") < wrong.index("printed:") < wrong.index("    a: b")
        assert "status 1\n" in shell.type(Step("false", [], 0))
        assert "status 0\n" in shell.type(Step("echo error", ["error"], 0))
        assert "not what the page shows\n" in shell.type(Step("echo yes &", ["no"], 0), seconds=0.1)
        assert "not done within 0.1 s\n" in shell.type(Step("sleep 60", [], 0), seconds=0.1)
