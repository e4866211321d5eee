"""One folder, one team: what a folder imports of the others, declares, and who owns it."""

import ast
import re
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
from contracts import breaks
from contracts.compare import read

from dev.workspace import ROOT, libraries, services

SERVICES = services()
LIBRARIES = {folder.name: folder for folder in libraries()}
MODULES = {each.module for each in SERVICES}
FOLDERS = {each.name: each.folder for each in SERVICES} | LIBRARIES


def imported(folder: Path) -> dict[str, str]:
    """The top-level modules that the code and the tests below import, by name, each with a line where that is."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for name in names:
                found[name.partition(".")[0]] = f"{path.relative_to(ROOT)}:{node.lineno}"
    return found


def declared(folder: Path) -> set[str]:
    """The packages that a folder's pyproject.toml asks for, its groups included."""
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    groups = project.get("dependency-groups", {}).values()
    wanted = [*project["project"]["dependencies"], *(each for group in groups for each in group)]
    return {re.match(r"[\w.-]+", each)[0] for each in wanted}


@pytest.mark.parametrize("name", FOLDERS)
def test_no_folder_imports_a_service(name):
    """Services meet over HTTP, so that a team can change what is behind its API."""
    own = name.replace("-", "_")
    foreign = {module: line for module, line in imported(FOLDERS[name]).items() if module in MODULES - {own}}
    assert foreign == {}, "call it, or move what both need to libs/"


@pytest.mark.parametrize("name", FOLDERS)
def test_what_goes_into_an_image_imports_nothing_of_the_workshop(name):
    tools = {path.parent.name for path in ROOT.glob("*/*.py")}
    assert "dev" in tools
    assert tools & imported(FOLDERS[name] / "src").keys() == set()


@pytest.mark.parametrize("name", FOLDERS)
def test_libraries_that_are_imported_are_declared(name):
    used = {module for module in imported(FOLDERS[name]) if module in LIBRARIES} - {name}
    assert used <= declared(FOLDERS[name])


def test_no_service_depends_on_another():
    for each in SERVICES:
        assert not declared(each.folder) & {other.name for other in SERVICES}, each.name


@pytest.mark.parametrize("path", sorted(ROOT.glob("services/*/contracts/*.json")), ids=lambda path: path.parts[-3])
def test_contracts_hold(path):
    """The provider's tests hold them, too; here a contract fails that asks for what the provider does not promise."""
    document = ROOT / "services" / path.stem / "openapi.json"
    assert breaks(read(document), read(path)) == []


def test_who_calls_a_service_has_a_contract_with_it():
    for each in SERVICES:
        pinned = {path.stem for path in (each.folder / "contracts").glob("*.json")}
        assert pinned == set(each.calls), (
            f"charts/umbrella/values.yaml: {each.name}.calls; make contracts S={each.name}"
        )


def owners() -> dict[str, list[str]]:
    """The lines of CODEOWNERS: without sections, so that GitHub and GitLab both read it."""
    lines = (ROOT / "CODEOWNERS").read_text("utf-8").splitlines()
    return {path: who for path, *who in (line.split() for line in lines if line and not line.startswith("#"))}


def owner_of(path: str) -> list[str]:
    """As both find it: the last line that fits decides."""
    found = [who for pattern, who in owners().items() if pattern == "*" or fnmatch(f"/{path}", f"{pattern}*")]
    return found[-1]


def test_every_file_has_an_owner():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    for who in owners().values():
        assert who
        assert all(re.fullmatch(r"@[\w-]+/[\w-]+", each) for each in who), who
    assert all(owner_of(path) for path in listed if path)
    for pattern in owners():
        assert pattern == "*" or any(fnmatch(f"/{path}", f"{pattern}*") for path in listed), f"{pattern} owns nothing"


@pytest.mark.parametrize("name", [each.name for each in SERVICES])
def test_a_service_belongs_to_one_team(name):
    assert f"/services/{name}/" in owners()
    assert owner_of(f"services/{name}/src/app.py") == owners()[f"/services/{name}/"]
