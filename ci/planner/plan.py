"""Which services are due, and why."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from planner import chart, images
from planner.errors import PlanError
from planner.images import Image
from planner.inputs import SERVICES, Inputs, Repository
from planner.tree import Tree, commit

READ = re.compile(r"(services|libs)/[^/]+/(pyproject\.toml|Dockerfile)|charts/umbrella/images/[^/]+")
"""What a plan reads of every service: found in one go, which counts where there are hundreds."""


@dataclass(frozen=True)
class Planned:
    """One service: what it is made of now, and what its image was made of."""

    inputs: Inputs
    image: Image
    base: str
    """The commit it is compared with in a merge request; "" where it is compared with what its image file records."""
    before: Inputs | None
    """What it was made of at the base, or where the recorded image was built; None where this cannot be told."""

    @property
    def service(self) -> str:
        return self.inputs.service

    @property
    def due(self) -> bool:
        if self.base:
            return self.before is None or self.before.tag != self.inputs.tag
        return self.image.tag != self.inputs.tag

    @cached_property
    def changed(self) -> list[str]:
        """Which inputs differ from before."""
        now, then = self.inputs.lines, self.before.lines if self.before else self.inputs.lines
        return sorted(line for line in {**now, **then} if now.get(line) != then.get(line))


class Commits:
    """The commits of one clone, each read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, Repository] = {}

    def __call__(self, revision: str) -> Repository:
        """Raises PlanError where the clone does not have it."""
        name = commit(self.folder, revision)
        if name not in self._known:
            self._known[name] = Repository(Tree(self.folder, name))
        return self._known[name]


def plan(commits: Commits, revision: str, base: str | None = None, *, explain: bool = False) -> list[Planned]:
    """Every service of a commit, in order. Raises one PlanError for all that is wrong with it.

    Where it is compared with the recorded images, what changed since these were built is found only to `explain`.
    """
    now = commits(revision)
    then = commits(base) if base else None
    for each in filter(None, (now, then)):
        each.tree.load([path for path in each.tree.entries if READ.fullmatch(path)])
    problems: list[str] = []

    @contextmanager
    def collected() -> Iterator[None]:
        try:
            yield
        except PlanError as error:
            if str(error) not in problems:
                problems.append(str(error))

    with collected():
        problems += unmatched(now)
    planned = []
    for service in now.services:
        with collected():
            inputs = now.inputs(service)
            if images.path(service) in now.tree:
                image = images.parse(service, now.tree.read(images.path(service)))
                source = then or (built_from(commits, image) if explain else None)
                planned.append(Planned(inputs, image, base or "", inputs_of(source, service)))
    if problems:
        raise PlanError("\n".join(problems))
    return planned


def unmatched(now: Repository) -> list[str]:
    """What does not agree between services/, the image files and the umbrella chart."""
    aliases = chart.aliases(now.tree.read(chart.CHART))
    recorded = {path.removeprefix(f"{images.FOLDER}/").removesuffix(".yaml") for path in now.tree.below(images.FOLDER)}
    found = []
    for name in sorted({*now.services, *aliases, *recorded}):
        path = images.path(name)
        if name not in now.services:
            if name in recorded:
                found.append(f"{path} belongs to no folder in {SERVICES}/: remove it (git rm {path})")
            if name in aliases:
                found.append(f"{chart.CHART} has the alias {name}, and there is no {SERVICES}/{name}: remove the alias")
            continue
        if name not in recorded:
            found.append(f"{SERVICES}/{name} has no {path}: add it, with these lines:\n{images.shape(name)}")
        if name not in aliases:
            found.append(
                f"{SERVICES}/{name} is missing from {chart.CHART}: add a dependency `service` with alias: {name}"
            )
    return found


def built_from(commits: Commits, image: Image) -> Repository | None:
    try:
        return commits(image.revision) if image.revision else None
    except PlanError:
        return None


def inputs_of(repository: Repository | None, service: str) -> Inputs | None:
    """None where there was no such service, or none that could be built."""
    try:
        return repository.inputs(service) if repository and service in repository.services else None
    except PlanError:
        return None
