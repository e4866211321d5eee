"""What happens to pods: they are deleted, evicted, killed, scaled, given other settings."""

import json
from collections.abc import Callable

import pytest

from e2e.conftest import During, namespace
from e2e.kubernetes import Namespace, wait
from e2e.pods import privileged
from e2e.release import SERVICES, Release, Values

KILL = """
import os, pathlib, sys
for directory in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        inside = f"HOSTNAME={sys.argv[1]}".encode() in (directory / "environ").read_bytes().split(b"\\0")
    except OSError:
        continue
    if inside:
        os.kill(int(directory.name), 9)
        print(directory.name)
"""
"""Kills the processes of one container: as the node's root, since nobody inside can kill process 1."""


def times(replicas: int) -> Values:
    return {service: {"replicas": replicas} for service in SERVICES}


def evict(release: Release, pod: str) -> None:
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}}
    path = f"/api/v1/namespaces/{release.name}/pods/{pod}/eviction"
    release.kubectl("create", "--raw", path, "-f", "-", stdin=json.dumps(eviction))


def delete(release: Release, pod: str) -> None:
    release.kubectl("delete", "pod", pod, "--wait=false")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("replicas", [1, 2])
@pytest.mark.parametrize("take", [delete, evict])
def test_taking_a_pod_of_each_service_loses_nothing(
    release: Release, during: During, replicas: int, take: Callable[[Release, str], None]
) -> None:
    release.settle(times(replicas))
    taken = [release.ready(service)[0] for service in SERVICES]
    streams = [*release.through_frontend(), *release.streams("joker"), *release.streams("model")]
    with during(f"{take.__name__} a pod of each service, {replicas} of each", streams):
        for pod in taken:
            take(release, pod)
        release.wait_settled()
    assert not set(taken) & {pod for service in SERVICES for pod in release.ready(service)}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("replicas", [1, 2])
def test_what_a_killed_process_costs(release: Release, during: During, replicas: int) -> None:
    release.settle(times(replicas))
    with namespace("punchline-e2e-node") as name:
        node = Namespace(name)
        for service in SERVICES:
            (pod, *_) = release.ready(service)
            killer = f"kill-{service}"
            node.apply(privileged(killer, release.get("pod", pod)["spec"]["nodeName"]))
            node.kubectl("wait", "--for=condition=Ready", f"pod/{killer}", "--timeout=60s")
            # The frontend's own clients have no one to try again for them.
            lossy = service == "frontend" or replicas == 1
            before = restarts(release, pod)
            name = f"SIGKILL in a pod of {service}, {replicas} of each"
            with during(name, release.through_frontend(), lossy=lossy) as traffic:
                assert node.python(killer, KILL, pod).split()
                wait("its restart is counted", lambda pod=pod, before=before: restarts(release, pod) > before)
                release.wait_settled()
                wait("the page is whole again", traffic.is_whole, seconds=30)


def restarts(release: Release, pod: str) -> int:
    return int(release.get("pod", pod)["status"]["containerStatuses"][0]["restartCount"])


@pytest.mark.timeout(300)
def test_scaling_up_and_down_loses_nothing(release: Release, during: During) -> None:
    release.settle()
    with during("scale all from 1 to 3 to 1", release.around("model")):
        for replicas in (3, 1):
            release.upgrade(times(replicas))
            release.wait_settled()
            assert [len(release.ready(service)) for service in SERVICES] == [replicas] * 3


@pytest.mark.timeout(300)
def test_a_changed_setting_rolls_that_service_and_loses_nothing(release: Release, during: During) -> None:
    release.settle()
    old = {service: release.ready(service) for service in SERVICES}
    with during("a setting of model changes", release.around("model")):
        release.upgrade({"model": {"config": {"MAX_CONCURRENCY": "77"}}})
        release.wait_settled()
    (pod,) = release.ready("model")
    assert release.environment(pod)["MAX_CONCURRENCY"] == "77"
    assert [service for service in SERVICES if release.ready(service) != old[service]] == ["model"]
