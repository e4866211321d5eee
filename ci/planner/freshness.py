"""Does uv.lock still say what the pyproject.toml files ask for? `uv lock --check` knows it all; this needs no uv."""

import re
import tomllib
from typing import Any

from planner.errors import PlanError
from planner.lock import LOCK, Lock

Requirement = tuple[str, frozenset[str], frozenset[str]]
"""Name, extras and the clauses of the version."""


def check(lock: Lock, folder: str, text: str) -> None:
    """Compare the pyproject.toml of a member with what the lock noted of it. Raises PlanError where they differ."""
    path = f"{folder}/pyproject.toml"
    package = lock.packages[lock.member(folder)]
    metadata = package.get("metadata", {})
    project = load(path, text)
    groups = project.get("dependency-groups", {})
    try:
        asked: dict[str, set[Requirement]] = {
            "dependencies": requirements(project["project"].get("dependencies", [])),
            **{f"group {name}": requirements(flat(groups, name)) for name in groups},
            "version": {(project["project"].get("version", ""), frozenset(), frozenset())},
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise PlanError(f"{path} is not what a service needs ({error}): see another service's") from None
    locked: dict[str, set[Requirement]] = {
        "dependencies": noted(
            [each for each in metadata.get("requires-dist", []) if "extra ==" not in each.get("marker", "")]
        ),
        **{f"group {name}": noted(each) for name, each in metadata.get("requires-dev", {}).items()},
        "version": {(package.get("version", ""), frozenset(), frozenset())},
    }
    for what in sorted({*asked, *locked}):
        if asked.get(what, set()) != locked.get(what, set()):
            names = sorted(name for name, _, _ in asked.get(what, set()) ^ locked.get(what, set()))
            raise PlanError(
                f"{LOCK} is out of date with {path} ({what}: {', '.join(dict.fromkeys(names))}); run `uv lock`"
            )


def load(path: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"{path} is no TOML: {error}") from None


def flat(groups: dict[str, Any], name: str) -> list[str]:
    """The requirements of a group and of those that it includes."""
    found: list[str] = []
    for each in groups.get(name, []):
        found += [each] if isinstance(each, str) else flat(groups, each["include-group"])
    return found


def requirements(lines: list[str]) -> set[Requirement]:
    return {requirement(line) for line in lines}


def requirement(line: str) -> Requirement:
    """Name, extras and version of a line like `tritonclient[http]>=2.60; sys_platform == 'linux'`."""
    found = re.match(r"\s*([\w.-]+)\s*(?:\[([^]]*)])?\s*(@)?\s*\(?([^;)]*)", line)
    name, extras, url, version = found.groups() if found else (line, "", None, "")
    return (
        canonical(name),
        frozenset(map(canonical, (extras or "").split(","))) - {""},
        frozenset() if url else clauses(version),
    )


def noted(entries: list[dict[str, Any]]) -> set[Requirement]:
    return {(each["name"], frozenset(each.get("extras", [])), clauses(each.get("specifier", ""))) for each in entries}


def clauses(version: str) -> frozenset[str]:
    return frozenset(re.sub(r"\s", "", each) for each in version.split(",")) - {""}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()
