"""What `make new-service` refuses, where it enters a service, and that nothing is left of what failed or was removed.

templates/tests has the whole of it, in a copy of the repository.
"""

import signal
import subprocess
import sys
from pathlib import Path

import copier
import pytest
import yaml

from dev import entries, names
from dev.changes import Changes
from dev.workspace import ROOT, services

TEMPLATE = ROOT / "templates" / "service"
PAIRS = [
    (entries.CHART, entries.add_alias, entries.remove_alias),
    (entries.SCHEMA, entries.add_to_schema, entries.remove_from_schema),
    (entries.VALUES, entries.add_values("  test:\n    path: /a\n\n  # why\n  replicas: 2\n"), entries.remove_values),
    (entries.OWNERS, entries.add_owner, entries.remove_owner),
    (entries.COMPOSE, entries.add_to_compose(8009), entries.remove_from_compose),
    (entries.TARGETS, entries.add_target, entries.remove_target),
    (entries.DEPLOYED, entries.add_deployed, entries.remove_deployed),
    *((path, entries.add_replicas, entries.remove_replicas) for path in entries.environments(ROOT)),
]


def scaffold(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "dev.scaffold", *arguments], cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Ranker", "not a DNS label"),
        ("my_ranker", "not a DNS label"),
        ("9lives", "not a DNS label"),
        ("ranker-", "not a DNS label"),
        ("../ranker", "not a DNS label"),
        ("r" * 64, "not a DNS label"),
        ("", "not a DNS label"),
        ("class", "a keyword of Python"),
        ("json", "standard library"),
        ("global", "a keyword of Python"),
        ("service", "the chart of all services"),
        ("prometheus", "a host beside"),
        ("joker", "services/joker is there"),
        ("servicekit", "in uv.lock"),
        ("fastapi", "in uv.lock"),
        ("yaml", "`import yaml` is something else"),
        ("charts", "`import charts` is something else"),
    ],
)
def test_a_name_that_cannot_be_is_refused(name, why):
    assert why in names.problem(name)


@pytest.mark.parametrize("name", ["zebra", "text-zebra", "z2", "z" * 63])
def test_other_names_will_do(name):
    assert names.problem(name) == ""


def test_what_is_refused_is_one_line_and_writes_nothing():
    before = subprocess.run(["git", "status", "--short"], cwd=ROOT, capture_output=True).stdout
    for arguments, line in (
        (["add", "class"], "NAME=class is a keyword of Python"),
        (["add", "zebra", "pickle"], "KIND=pickle is unknown"),
        (["remove", "jokr"], "NAME=jokr is not a service: one of"),
        (["remove", "joker"], "joker is called by frontend: take it out of their `calls`"),
    ):
        refused = scaffold(*arguments)
        assert refused.returncode == 1
        assert refused.stderr.startswith(line)
        assert refused.stderr.count("\n") == 1
    assert subprocess.run(["git", "status", "--short"], cwd=ROOT, capture_output=True).stdout == before


@pytest.mark.parametrize(
    ("path", "add", "remove"), PAIRS, ids=lambda value: value.name if isinstance(value, Path) else ""
)
@pytest.mark.parametrize("more", [[], ["another"]])
def test_an_entry_that_is_removed_leaves_nothing(path, add, remove, more):
    before = (ROOT / path).read_text("utf-8")
    text = add(before, "text-zebra")
    assert "text-zebra" in text
    with_more = text
    for name in more:
        with_more = add(with_more, name)
    for name in more:
        assert remove(with_more, "text-zebra") == add(before, name)
    assert remove(text, "text-zebra") == before


def test_entries_are_where_helm_looks():
    chart = yaml.safe_load(entries.add_alias((ROOT / entries.CHART).read_text("utf-8"), "zebra"))
    assert chart["dependencies"][-1]["alias"] == "zebra"
    assert chart["dependencies"][-1]["version"] == chart["dependencies"][0]["version"]
    values = yaml.safe_load(entries.add_values("  replicas: 2\n")((ROOT / entries.VALUES).read_text("utf-8"), "zebra"))
    assert values["zebra"] == {"replicas": 2}
    image = yaml.safe_load(entries.image_text("zebra"))
    assert image == {"zebra": {"image": {"tag": "dev", "digest": "", "revision": ""}}}


def test_every_service_is_entered_everywhere():
    """So that an entry that is taken out by hand, or forgotten in a merge, is missed."""
    for name in [path.parent.name for path in (ROOT / "services").glob("*/pyproject.toml")]:
        for path, _, remove in PAIRS:
            text = (ROOT / path).read_text("utf-8")
            assert remove(text, name) != text or name == "frontend", f"{path} does not know {name}"


def test_a_service_of_compose_is_at_its_own_port():
    compose = yaml.safe_load((ROOT / entries.COMPOSE).read_text("utf-8"))
    for each in services():
        variable = each.module.upper()
        assert compose["services"][each.name]["ports"] == [f"127.0.0.1:${{{variable}_PORT:-{each.port}}}:8080"]
        assert compose["x-service"]["environment"][f"{variable}_URL"] == f"http://{each.name}:8080"


def test_image_files_look_as_the_first_one_of_a_service():
    for path in (ROOT / "charts/umbrella/images").glob("*.yaml"):
        assert path.read_text("utf-8").splitlines()[:4] == entries.image_text(path.stem).splitlines()[:4]


def test_a_file_that_looks_otherwise_is_named():
    with pytest.raises(entries.EntryError, match="CODEOWNERS"):
        entries.add_owner("* @all\n", "ranker")


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_changes_that_are_cut_short_leave_nothing(tmp_path, end):
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    (tmp_path / "kept").write_text("before")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_text("before")

    def cut_short() -> None:
        with Changes(tmp_path) as changes:
            changes.write(Path("kept"), "after")
            changes.write(Path("kept"), "and once more")
            changes.write(Path("new"), "after")
            changes.remove(Path("folder"))
            changes.keep(Path("made"))
            (tmp_path / "made").mkdir()
            raise end

    with pytest.raises(end):
        cut_short()
    assert {path.name: path.read_text() for path in tmp_path.rglob("*") if path.is_file()} == dict.fromkeys(
        ["kept", "file"], "before"
    )
    assert not (tmp_path / "made").exists()
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_changes_that_go_through_stay(tmp_path):
    (tmp_path / "old").mkdir()
    with Changes(tmp_path) as changes:
        changes.write(Path("new"), "after")
        changes.remove(Path("old"))
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
    assert changes.made == ["new", "old/"]


@pytest.mark.parametrize(("name", "kind"), [("joker", "plain"), ("frontend", "plain"), ("model", "model")])
def test_dockerfiles_are_as_the_template_has_them(tmp_path, name, kind):
    """So that what is mended in one is mended in all, and in the next service's."""
    answers = {"name": name, "kind": kind, "port": 8000, "part": "common"}
    copier.run_copy(str(TEMPLATE), tmp_path, answers, defaults=True, quiet=True)
    assert (ROOT / "services" / name / "Dockerfile").read_text("utf-8") == (tmp_path / "Dockerfile").read_text("utf-8")
