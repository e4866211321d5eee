"""uv.lock, and the slice of it that one service installs."""

import hashlib
import json
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from planner.errors import PlanError

LOCK = "uv.lock"
Package = dict[str, Any]
Node = tuple[str, str]
"""A package by its key, and one of its extras, or "" for the package itself."""


@dataclass(frozen=True)
class Slice:
    """What one service installs."""

    packages: dict[str, str]
    """By name and version, the hash of all that the lock says of it and that decides what is installed."""
    members: list[str]
    """Folders of the workspace's own packages among them, the service's included."""


class Lock:
    """A parsed uv.lock."""

    def __init__(self, text: str) -> None:
        self.packages: dict[str, Package] = {}
        self.versions: dict[str, list[str]] = {}
        self.members: dict[str, str] = {}
        """Key by folder."""
        try:
            for package in tomllib.loads(text)["package"]:
                key = f"{package['name']} {package.get('version', '')}".rstrip()
                self.packages[key] = package
                self.versions.setdefault(package["name"], []).append(key)
                if (folder := folder_of(package)) is not None:
                    self.members[folder] = key
        except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
            raise PlanError(f"{LOCK} cannot be read ({error}): restore it from git, then run `uv lock`") from None
        self._hashes: dict[tuple[str, frozenset[str]], str] = {}

    def slice(self, folder: str, groups: set[str], extras: set[str]) -> Slice:
        """What the member in `folder` installs with some of its dependency groups and extras; `*` is all of them."""
        start = self.member(folder)
        self._no_circle(start, [])
        package = self.packages[start]
        by_group = package.get("dev-dependencies", {})
        chosen_groups = [group for group in by_group if {group, "*"} & groups]
        chosen_extras = [extra for extra in package.get("optional-dependencies", {}) if {extra, "*"} & extras]

        todo: list[Node] = [(start, extra) for extra in ("", *chosen_extras)]
        for group in chosen_groups:
            todo += self._nodes(by_group[group])
        reached: dict[str, set[str]] = {}
        while todo:
            key, extra = todo.pop()
            if extra not in reached.setdefault(key, set()):
                reached[key].add(extra)
                todo += self._nodes(dependencies(self.packages[key], extra))
        packages = {key: self._hash(key, frozenset(used)) for key, used in sorted(reached.items())}
        for group in chosen_groups:
            packages[f"{start} group {group}"] = digest([name_and_marker(each) for each in by_group[group]])
        return Slice(packages, sorted(path for path, key in self.members.items() if key in reached))

    def member(self, folder: str) -> str:
        """The key of the package in a folder. Raises PlanError where the lock does not know it."""
        if folder not in self.members:
            raise PlanError(f"{LOCK} is out of date: it does not know {folder}; run `uv lock`")
        return self.members[folder]

    def _nodes(self, edges: Iterable[Package]) -> Iterator[Node]:
        for edge in edges:
            keys = self.versions.get(edge["name"], [])
            if "version" in edge:
                keys = [key for key in keys if key == f"{edge['name']} {edge['version']}"]
            if len(keys) != 1:
                raise PlanError(f"{LOCK} names {edge['name']} but has {len(keys)} of it: run `uv lock`")
            for extra in ("", *edge.get("extra", [])):
                yield keys[0], extra

    def _no_circle(self, key: str, above: list[str]) -> None:
        """Members that depend on each other could only be built together."""
        folder = folder_of(self.packages[key])
        if folder is None:
            return
        if folder in above:
            circle = " -> ".join([*above[above.index(folder) :], folder])
            raise PlanError(
                f"{circle} depend on each other: take one of these out of its pyproject.toml, then `uv lock`"
            )
        for below, _ in self._nodes(dependencies(self.packages[key], "")):
            self._no_circle(below, [*above, folder])

    def _hash(self, key: str, extras: frozenset[str]) -> str:
        """Of what decides what is installed, not of where it comes from or when it was uploaded."""
        if (key, extras) not in self._hashes:
            package = self.packages[key]
            source = package.get("source", {})
            self._hashes[key, extras] = digest(
                {
                    "source": source if "registry" not in source else "registry",
                    "markers": package.get("resolution-markers", []),
                    "files": sorted(each["hash"] for each in files(package) if "hash" in each),
                    "dependencies": {
                        extra: [name_and_marker(each) for each in dependencies(package, extra)] for extra in extras
                    },
                }
            )
        return self._hashes[key, extras]


def folder_of(package: Package) -> str | None:
    """Where a member of the workspace is; None for a package from elsewhere."""
    source = package.get("source", {})
    folder: str | None = source.get("editable") or source.get("virtual") or source.get("directory")
    return folder


def dependencies(package: Package, extra: str) -> list[Package]:
    found: list[Package] = (
        package.get("optional-dependencies", {}).get(extra, []) if extra else package.get("dependencies", [])
    )
    return found


def name_and_marker(edge: Package) -> Package:
    return {name: value for name, value in edge.items() if name in ("name", "version", "extra", "marker")}


def files(package: Package) -> list[Package]:
    """Its wheels and source distribution."""
    return [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]


def digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
