"""What goes into the image of one service, and the tag that follows from it.

In is:

- what its Dockerfile copies, its own folder, and those of the workspace's packages it depends on by uv.lock: path, mode
  and content of each file, less what .dockerignore keeps from the build. Tests, READMEs and docs stand there, so they
  change no image;
- the Dockerfile and the .dockerignore themselves;
- of uv.lock, the packages it installs: name, version, hashes of the files, markers. Not the rest: a lock changes with
  every service's;
- of the root's pyproject.toml, the version of uv and the settings that uv installs by. Not the tools of development,
  nor what only decides how the lock is made, since that shows there;
- the number of the template, ci/service.yml: raised, it makes every service due.

Out is what no commit holds: the base image and Debian's packages behind their names.
"""

import hashlib
import json
import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property

from planner import freshness
from planner.dockerfile import Dockerfile
from planner.dockerignore import Ignored, translate
from planner.errors import PlanError
from planner.lock import LOCK, Lock
from planner.tree import Tree

SERVICES = "services"
TEMPLATE = "ci/service.yml"
ROOT = "pyproject.toml"
IGNORED = ".dockerignore"
RESOLUTION = {
    "sources",
    "override-dependencies",
    "constraint-dependencies",
    "dev-dependencies",
    "default-groups",
    "package",
}
"""Keys of [tool.uv] that decide what `uv lock` writes, or what the root itself gets: no image sees them."""
NAME = r"[a-z]([a-z0-9-]*[a-z0-9])?"


@dataclass(frozen=True)
class Inputs:
    """One line an input: what it is, and the hash of what it holds."""

    service: str
    lines: dict[str, str]

    @cached_property
    def tag(self) -> str:
        """16 hexadecimal digits, the same on every machine, in every clone, from every Python."""
        text = "".join(f"{what} {value}\n" for what, value in sorted(self.lines.items()))
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


class Repository:
    """One commit, and what its services are made of."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._by_ignored: dict[str | None, list[str]] = {}
        self._fresh: set[str] = set()

    @cached_property
    def lock(self) -> Lock:
        return Lock(self.tree.read(LOCK))

    @cached_property
    def services(self) -> list[str]:
        """The folders in services/."""
        return sorted({path.split("/")[1] for path in self.tree.entries if re.match(rf"{SERVICES}/[^/]+/", path)})

    @cached_property
    def shared(self) -> dict[str, str]:
        """The inputs that all services have."""
        project = freshness.load(ROOT, self.tree.read(ROOT))
        pin = re.search(r'"(uv==[^"]*)"', self.tree.read(ROOT))
        settings = {key: value for key, value in project.get("tool", {}).get("uv", {}).items() if key not in RESOLUTION}
        template = re.search(r"^# Template version (\d+)", self.tree.read(TEMPLATE), re.M)
        if not template:
            raise PlanError(f"{TEMPLATE} must have a line that begins with `# Template version 1`")
        return {
            f"{ROOT}: uv": pin[1] if pin else "",
            f"{ROOT}: tool.uv": json.dumps(settings, sort_keys=True),
            f"{TEMPLATE}: version": template[1],
        }

    def inputs(self, service: str) -> Inputs:
        """Raises PlanError for a service whose image cannot be told."""
        folder = f"{SERVICES}/{service}"
        if not re.fullmatch(NAME, service):
            raise PlanError(f"{folder}: a name is lower-case letters, digits and hyphens, since hosts are named by it")
        for needed in ("pyproject.toml", "Dockerfile"):
            if f"{folder}/{needed}" not in self.tree:
                raise PlanError(f"{folder}/{needed} is missing: every service has one; add it, or remove {folder}")
        dockerfile = Dockerfile(f"{folder}/Dockerfile", self.tree.read(f"{folder}/Dockerfile"))
        part = self.lock.slice(folder, dockerfile.groups, dockerfile.extras)
        for member in part.members:
            self._check(member)

        ignored = next((path for path in (f"{dockerfile.path}{IGNORED}", IGNORED) if path in self.tree), None)
        paths = [path for path in (dockerfile.path, ignored) if path]
        for member in part.members:
            paths += self._below(member, ignored)
        for pattern in dockerfile.copies:
            found = self._matching(pattern, ignored)
            if not found and pattern not in (LOCK, ROOT):
                raise PlanError(
                    f"{dockerfile.path}: COPY {pattern}: no file of this commit is there, {IGNORED} considered"
                )
            paths += found
        lines = {path: f"{self.tree.entries[path].mode} {self.tree.entries[path].id}" for path in paths}
        for part_of in (LOCK, ROOT):
            lines.pop(part_of, None)
        return Inputs(
            service, {**lines, **self.shared, **{f"{LOCK}: {key}": value for key, value in part.packages.items()}}
        )

    def _check(self, member: str) -> None:
        """Once a member, since many services depend on the same."""
        if member not in self._fresh:
            freshness.check(self.lock, member, self.tree.read(f"{member}/pyproject.toml"))
            self._fresh.add(member)

    def _sent(self, ignored: str | None) -> list[str]:
        """What `docker build` would send of this commit, in order."""
        if ignored not in self._by_ignored:
            patterns = Ignored(self.tree.read(ignored) if ignored else "")
            self._by_ignored[ignored] = sorted(path for path in self.tree.entries if path not in patterns)
        return self._by_ignored[ignored]

    def _below(self, folder: str, ignored: str | None) -> list[str]:
        """The files sent whose path begins with this folder's."""
        paths = self._sent(ignored)
        if not folder:
            return paths
        return paths[bisect_left(paths, f"{folder}/") : bisect_left(paths, f"{folder}0")]  # 0 comes after /

    def _matching(self, pattern: str, ignored: str | None) -> list[str]:
        """The files sent that a source of COPY stands for: by its name, by its folder's, or by wildcards."""
        literal = re.split(r"[*?\[\\]", pattern)[0]
        if literal != pattern:
            whole = re.compile(translate(pattern) + "(?:/.*)?", re.DOTALL)
            return [path for path in self._below(literal.rpartition("/")[0], ignored) if whole.fullmatch(path)]
        paths = self._below("" if pattern == "." else pattern, ignored)
        at = bisect_left(self._sent(ignored), pattern)
        return paths or self._sent(ignored)[at : at + (self._sent(ignored)[at : at + 1] == [pattern])]
