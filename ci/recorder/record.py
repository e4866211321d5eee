"""Records an image: rewrites its file on the branch, whatever else happens to the branch meanwhile."""

import random
import time
from collections.abc import Callable

from planner import images
from planner.errors import PlanError
from planner.inputs import Repository
from planner.tree import Tree
from recorder.branch import Branch, LostRace, PushError

ATTEMPTS = 20
LONGEST_WAIT = 8.0
"""Seconds. Between two attempts passes a random part of a time that doubles up to this."""


def record(
    branch: Branch, service: str, tag: str, digest: str, revision: str, wait: Callable[[float], None] = time.sleep
) -> str:
    """Say on the branch that `service` runs `tag`, built from `revision`; answers what was done, in words.

    Raises PushError where the branch is gone, was rewritten without `revision`, or is closed, and after ATTEMPTS lost
    races. Then nothing has changed.
    """
    for attempt in range(ATTEMPTS):
        head = branch.fetch()
        if not branch.is_ancestor(revision, head):
            raise PushError(
                f"{revision} is no longer in {branch.name}, which was rewritten: nothing was recorded; "
                "the pipeline of its new head builds what is due there"
            )
        tree = Tree(branch.clone, head)
        try:
            image = images.parse(service, tree.read(images.path(service)))
            wanted = wanted_at(tree, service)
        except PlanError as error:
            raise PushError(f"{branch.name} at {head}: {error}") from None
        if why := needless(branch, image, tag, revision, wanted):
            return f"{service}: {why}"
        text = image.built(tag, digest, revision).text()
        new = branch.commit(head, images.path(service), text, f"{service}: image {tag} [skip ci]")
        try:
            branch.push(head, new)
        except LostRace:
            wait(random.uniform(0, min(LONGEST_WAIT, 0.25 * 2**attempt)))  # noqa: S311
            continue
        return f"{service}: {tag} is recorded in {new[:12]}"
    raise PushError(f"{branch.name} moved on before each of {ATTEMPTS} pushes: {service} stays due; run the job again")


def wanted_at(tree: Tree, service: str) -> str | None:
    """The tag that the head of the branch asks for; None where it has no such service, or none that can be built."""
    repository = Repository(tree)
    try:
        return repository.inputs(service).tag if service in repository.services else None
    except PlanError:
        return None


def needless(branch: Branch, image: images.Image, tag: str, revision: str, wanted: str | None) -> str | None:
    """Why the file is right as it is, or None.

    What the head asks for is always right. Of other builds, which the branch has left behind, the one from the later
    commit is: later by ancestry, since a pipeline may start late or take long.
    """
    if image.tag == tag:
        return f"{tag} is recorded already"
    if tag == wanted:
        return None
    if image.tag == wanted:
        return f"{image.tag} is recorded, and is what {branch.name} asks for; {tag} is not put in its place"
    if image.revision and image.revision != revision and branch.is_ancestor(revision, image.revision):
        return f"{image.tag} is recorded, from {image.revision[:12]}, which is newer; {tag} is not put in its place"
    return None
