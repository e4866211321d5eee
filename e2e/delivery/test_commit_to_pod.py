"""The whole way: a commit to services/model, its pipeline, its image, Argo CD, the pods; and back by `git revert`."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from ci.scenarios.runner import Pipeline, Runner
from e2e.conftest import During
from e2e.delivery.argo import Argo
from e2e.delivery.conftest import STAGING, staging_values
from e2e.delivery.origin import Origin
from e2e.kubernetes import run, wait
from e2e.release import HOST, NODE_PORTS, SERVICES, Release
from planner import images

TRAIN = "services/model/src/model/train.py"


class Story:
    """Tells what happens, and keeps how long each leg took."""

    def __init__(self) -> None:
        self.legs: list[tuple[str, float]] = []

    @contextmanager
    def leg(self, title: str) -> Iterator[None]:
        """A part of the way."""
        print(f"\n\033[1m{title}\033[0m", flush=True)
        began = time.monotonic()
        yield
        self.legs.append((title, time.monotonic() - began))
        self.tell(f"{self.legs[-1][1]:.1f} s")

    def tell(self, text: str) -> None:
        """Lines of it."""
        for line in text.strip().splitlines():
            print(f"    {line}", flush=True)


class Running:
    """A pipeline that has come to its update stage.

    Until then it leaves the processors to the cluster, which has the same ones here: tests and builds elsewhere do not
    slow a visitor's requests.
    """

    def __init__(self, runner: Runner, commit: str) -> None:
        self._runner = runner
        self._process = runner.start(at=commit)
        os.setpriority(os.PRIO_PGRP, self._process.pid, 10)
        self._printed = ""
        assert self._process.stdout
        while "model: update" not in self._printed:
            line = self._process.stdout.readline()
            assert line, f"the pipeline ended first:\n{self._printed}"
            self._printed += line

    def end(self) -> Pipeline:
        """What became of it."""
        with self._process as process:
            assert process.stdout
            self._printed += process.stdout.read()
        return self._runner.result(self._printed)


@pytest.fixture(scope="module")
def runner(origin: Origin) -> Runner:
    """A machine that has run pipelines before: what they install is there."""
    runner = Runner(origin, origin.clone.parent / "runner")
    run("make", "--silent", "-C", str(runner.folder), ".venv/.synced", timeout=600)
    return runner


@pytest.fixture(scope="module")
def built(argo: Argo, origin: Origin) -> str:
    """Every service's image is in the registry, and recorded: where a repository is after its first pipeline."""
    docker = os.environ["DOCKER"]
    before = origin.git("rev-parse", "HEAD").strip()
    files = {STAGING: staging_values({"registry": origin.registry})}
    for service in SERVICES:
        tag = run("ci/plan", "--tag", service, "--work-tree").strip()
        image = f"{origin.registry}/{service}:{tag}"
        run(docker, "tag", f"{service}:dev", image)
        run(docker, "push", "--quiet", image)
        digest = run(docker, "inspect", "--format", "{{index .RepoDigests 0}}", image).strip().partition("@")[2]
        recorded = images.parse(service, origin.read(images.path(service))).built(tag, digest, before)
        files[images.path(service)] = recorded.text()
    return origin.commit("all services are built", files)


def version() -> str:
    """The version of the model that answers."""
    url = f"http://{HOST}:{NODE_PORTS['model']}/v2/models/joke-language"
    (found,) = httpx.get(url, timeout=10, trust_env=False).json()["versions"]
    return str(found)


def digests(release: Release, service: str) -> set[str]:
    """The digests of the images that a service's pods run."""
    statuses = [pod["status"]["containerStatuses"] for pod in release.pods(service)]
    return {status["imageID"].partition("@")[2] for each in statuses for status in each}


@pytest.mark.timeout(900)
def test_the_whole_way(
    argo: Argo,
    origin: Origin,
    built: str,
    staging: Release,
    runner: Runner,
    during: During,
    capsys: pytest.CaptureFixture[str],
) -> None:
    story = Story()
    staging.wait_settled()
    others = {service: staging.ready(service) for service in SERVICES if service != "model"}
    old_pods, old_version, old_image = staging.ready("model"), version(), origin.recorded("model")
    story.tell(f"The model that answers is version {old_version}, image {old_image.tag}")

    with story.leg("A commit to services/model"):
        origin.edit(TRAIN, "ALPHA = 0.03\n", "ALPHA = 0.031\n")
        commit = origin.push("model: smooth a little more")
        story.tell(origin.git("show", "--stat", "--format=%h %s", commit))

    with story.leg("ci/plan: what is due?"):
        runner.checkout(commit)
        due = runner.due()
        story.tell(" ".join(due))
        assert due == ["model"]

    with story.leg("The pipeline: test and build"):
        pipeline = Running(runner, commit)
    with during("a commit: update, sync, rollout", staging.through_frontend()):
        with story.leg("The pipeline: update"):
            done = pipeline.end()
            story.tell("\n".join(f"passed: {job}" for job in done.passed))
            assert done.failed == [], done.output
            assert done.due == ["model"]
            new_image = origin.recorded("model")
            assert new_image.tag == run("ci/plan", "--tag", "model", cwd=runner.folder).strip() != old_image.tag
            assert new_image.tag in origin.tags("model")
            story.tell(origin.log()[0])

        with story.leg("Argo CD syncs, and model's pods roll"):
            argo.wait_synced("umbrella-staging", origin.head)
            staging.wait_settled()
            assert digests(staging, "model") == {new_image.digest}
            assert not set(staging.ready("model")) & set(old_pods)
            assert {service: staging.ready(service) for service in others} == others
            wait("another version answers", lambda: version() != old_version)
            story.tell(
                f"The model that answers is version {version()}, image {new_image.tag}; no other pod was touched"
            )

    with story.leg("git revert, and its pipeline: nothing is built"):
        reverted = origin.revert(commit)
        there = origin.tags("model")
        pipeline = Running(runner, reverted)
    with during("git revert: update, sync, rollout", staging.through_frontend()):
        with story.leg("The pipeline: update"):
            done = pipeline.end()
            story.tell("\n".join(f"passed: {job}" for job in done.passed))
            assert done.failed == [], done.output
            assert f"{old_image.tag} is there already: nothing is built" in done.output
            assert origin.tags("model") == there
            assert origin.recorded("model").tag == old_image.tag

        with story.leg("Argo CD syncs, and the old image is back"):
            argo.wait_synced("umbrella-staging", origin.head)
            staging.wait_settled()
            assert digests(staging, "model") == {old_image.digest}
            assert {service: staging.ready(service) for service in others} == others
            wait("the old version answers", lambda: version() == old_version)
            story.tell(f"The model that answers is version {old_version}, image {old_image.tag}")

    with capsys.disabled():
        print("\n" + "\n".join(f"{seconds:7.1f} s  {title}" for title, seconds in story.legs))
