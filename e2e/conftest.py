"""The release under test, traffic through events, and the table of what was sent and lost in each."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import pytest

from e2e.kubernetes import Namespace, run
from e2e.pods import SERVE, hardened
from e2e.prometheus import prometheus as running
from e2e.release import Release
from e2e.traffic import Lost, Stream, Traffic

During = Callable[..., AbstractContextManager[Traffic]]


@dataclass(frozen=True)
class Event:
    """One row of the table; it began when the traffic had gone on for `began` seconds."""

    name: str
    began: float
    seconds: float
    sent: int
    lost: list[Lost]


events = pytest.StashKey[list[Event]]()


@pytest.fixture(scope="session")
def release() -> Iterator[Release]:
    with namespace("punchline-e2e", {"pod-security.kubernetes.io/enforce": "restricted"}) as name:
        yield Release(name)


@pytest.fixture(scope="module")
def other() -> Iterator[Namespace]:
    """Another namespace, with a pod `stranger` in it, which serves on port 8080."""
    with namespace("punchline-e2e-other") as name:
        other = Namespace(name)
        other.apply(hardened("stranger", program=SERVE))
        other.kubectl("wait", "--for=condition=Ready", "pod/stranger", "--timeout=60s")
        yield other


@pytest.fixture(scope="module")
def prometheus() -> Iterator[Namespace]:
    """The namespace `prometheus`, which the policies let in, with a Prometheus that answers e2e.prometheus.ask."""
    with namespace("prometheus", {"pod-security.kubernetes.io/enforce": "restricted"}) as name, running(name) as space:
        yield space


@contextmanager
def namespace(name: str, labels: dict[str, str] | None = None) -> Iterator[str]:
    """A new namespace; it goes afterwards, which takes a while, and who makes it anew waits for that."""
    space = Namespace(name)
    run("kubectl", "delete", "namespace", name, "--ignore-not-found", "--timeout=120s")
    space.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels or {}}})
    try:
        yield name
    finally:
        run("kubectl", "delete", "namespace", name, "--wait=false")


@pytest.fixture
def during(request: pytest.FixtureRequest) -> During:
    """Traffic through an event, in which nothing may be lost if not `lossy`."""

    @contextmanager
    def during(name: str, streams: list[Stream], *, lossy: bool = False) -> Iterator[Traffic]:
        with Traffic(*streams) as traffic:
            began = traffic.seconds()
            yield traffic
            seconds = traffic.seconds() - began
        request.config.stash[events].append(Event(name, began, seconds, traffic.sent, traffic.lost))
        if traffic.lost and not lossy:
            pytest.fail(f"{name}: {len(traffic.lost)} of {traffic.sent} lost", pytrace=False)

    return during


def pytest_configure(config: pytest.Config) -> None:
    config.stash[events] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # A second node comes last: it lacks images that other tests roll to, and one that was lost is not soon forgotten.
    items.sort(key=lambda item: "test_nodes" in item.nodeid)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    rows = config.stash[events]
    if not rows:
        return
    width = max(len(row.name) for row in rows)
    terminalreporter.section("requests through each event")
    terminalreporter.line(f"{'event':{width}} {'seconds':>8} {'sent':>7} {'lost':>6}   sent at")
    for row in rows:
        times = [lost.at - row.began for lost in row.lost]
        between = f"   {min(times):.1f} to {max(times):.1f} s" if times else ""
        terminalreporter.line(f"{row.name:{width}} {row.seconds:8.1f} {row.sent:7} {len(row.lost):6}{between}")
    sent, lost = sum(row.sent for row in rows), sum(len(row.lost) for row in rows)
    terminalreporter.line(f"{'':{width}} {'':8} {sent:7} {lost:6}")
