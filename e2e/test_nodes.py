"""A node is drained, and another is lost without warning."""

from collections.abc import Iterator

import pytest

from e2e.conftest import During
from e2e.kubernetes import provider, run, wait
from e2e.release import SERVICES, Release, Values

TWO: Values = {service: {"replicas": 2} for service in SERVICES}


@pytest.fixture(scope="module")
def node(release: Release) -> Iterator[str]:
    """The name of a second node, with the images `dev` on it; it takes pods again afterwards."""
    name = provider("second-node").split()[-1]
    provider("load", *(f"{service}:dev" for service in SERVICES))
    yield name
    provider("mend", name)
    run("kubectl", "uncordon", name)


def nodes_of(release: Release, service: str) -> set[str]:
    return {release.get("pod", pod)["spec"]["nodeName"] for pod in release.ready(service)}


def spread(release: Release) -> None:
    """All services with a pod on each node."""
    release.settle({service: {"replicas": 0} for service in SERVICES}, checked=())
    release.settle(TWO)
    for service in SERVICES:
        assert len(nodes_of(release, service)) == 2


@pytest.mark.timeout(300)
def test_a_drained_node_loses_nothing(release: Release, during: During, node: str) -> None:
    spread(release)
    streams = release.around("model")
    with during("a node drained, 2 of each service", streams):
        run("kubectl", "drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=120s")
        release.wait_settled()
    assert all(node not in nodes_of(release, service) for service in SERVICES)
    run("kubectl", "uncordon", node)


@pytest.mark.timeout(400)
def test_a_lost_node_costs_until_the_cluster_has_noticed(release: Release, during: During, node: str) -> None:
    spread(release)
    with during("a node lost without warning, 2 of each service", release.through_frontend(), lossy=True) as traffic:
        provider("cut", node)
        wait("the node is NotReady", lambda: not is_ready(node), seconds=120)
        wait("its pods are out of the Services", lambda: all(len(release.ready(name)) == 1 for name in SERVICES))
        wait("the page is whole again", traffic.is_whole)


def is_ready(node: str) -> bool:
    path = '{.status.conditions[?(@.type=="Ready")].status}'
    return run("kubectl", "get", "node", node, "-o", f"jsonpath={path}") == "True"
