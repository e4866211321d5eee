"""NetworkPolicy: exactly the edges that `calls` declares, DNS, and scraping."""

import json
from collections.abc import Iterator

import pytest

from e2e.conftest import namespace
from e2e.kubernetes import CommandError, Namespace, wait
from e2e.pods import SERVE, hardened
from e2e.release import SERVICES, Release, Values

CLUSTER_IP: Values = {service: {"service": {"type": "ClusterIP", "nodePort": 0}} for service in SERVICES}
"""No way in from outside: a node port would admit everybody."""

EDGES = {("frontend", "joker"), ("frontend", "model")}

CONNECT = """
import json, socket, sys
def reached(host):
    try:
        socket.create_connection((host, 8080), timeout=3).close()
        return True
    except OSError:
        return False
print(json.dumps([reached(host) for host in sys.argv[1:]]))
"""

RESOLVE = "import socket; print(socket.gethostbyname('joker.punchline-e2e.svc.cluster.local'))"

SCRAPE = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=3).read().decode())"


@pytest.fixture(scope="module")
def closed(release: Release) -> Release:
    """The release with no way in from outside, and a pod of somebody else's beside it."""
    release.upgrade(CLUSTER_IP)
    release.wait_settled()
    release.apply(hardened("stranger", program=SERVE))
    release.kubectl("wait", "--for=condition=Ready", "pod/stranger", "--timeout=60s")
    return release


@pytest.fixture(scope="module")
def monitoring() -> Iterator[Namespace]:
    """The namespace of Prometheus, with a pod in it that can do what Prometheus does."""
    with namespace("prometheus") as name:
        space = Namespace(name)
        space.apply(hardened("scraper"))
        space.kubectl("wait", "--for=condition=Ready", "pod/scraper", "--timeout=60s")
        yield space


def address(space: Namespace, pod: str) -> str:
    return str(space.get("pod", pod)["status"]["podIP"])


@pytest.mark.timeout(240)
def test_exactly_the_declared_edges_pass(closed: Release, other: Namespace) -> None:
    sources: dict[str, tuple[Namespace, str]] = {service: (closed, closed.ready(service)[0]) for service in SERVICES}
    sources |= {"stranger": (closed, "stranger"), "other namespace": (other, "stranger")}
    targets = {name: address(*source) for name, source in sources.items()}

    def passing() -> set[tuple[str, str]]:
        edges = set()
        for name, (space, pod) in sources.items():
            reached = json.loads(space.python(pod, CONNECT, *targets.values()))
            edges |= {(name, target) for target, is_reached in zip(targets, reached, strict=True) if is_reached}
        return {(source, target) for source, target in edges if source != target}

    # Nobody keeps pods that have no policy from talking to each other: the strangers show that the check sees.
    expected = EDGES | {("stranger", "other namespace"), ("other namespace", "stranger")}

    def as_declared() -> bool:
        if wrong := passing() ^ expected:
            raise CommandError(f"otherwise: {sorted(wrong)}")
        return True

    wait("the edges are as declared", as_declared, seconds=20)
    assert passing() == expected


def test_names_are_resolved_from_every_service(closed: Release) -> None:
    for service in SERVICES:
        assert closed.python(closed.ready(service)[0], RESOLVE).strip()


def test_the_monitoring_namespace_scrapes(closed: Release, monitoring: Namespace) -> None:
    for service in SERVICES:
        (pod,) = closed.ready(service)
        annotations = closed.get("pod", pod)["metadata"]["annotations"]
        assert annotations["prometheus.io/scrape"] == "true"
        port, path = annotations["prometheus.io/port"], annotations["prometheus.io/path"]
        url = f"http://{address(closed, pod)}:{port}{path}"
        metrics = wait(f"{service} is scraped", monitoring.python, "scraper", SCRAPE, url, seconds=20)
        assert "service_build_info{" in metrics
        assert f'app_name="{service}"' in metrics


def test_a_service_with_a_node_port_admits_everybody(closed: Release, other: Namespace) -> None:
    closed.upgrade(CLUSTER_IP, {"frontend": {"service": {"type": "NodePort", "nodePort": 30420}}})
    closed.wait_settled()
    frontend = address(closed, closed.ready("frontend")[0])
    wait("frontend is reached", lambda: json.loads(other.python("stranger", CONNECT, frontend)) == [True], seconds=20)
    joker = address(closed, closed.ready("joker")[0])
    assert json.loads(other.python("stranger", CONNECT, joker)) == [False]
