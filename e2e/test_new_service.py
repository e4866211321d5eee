"""What `make new-service` makes, one of each kind, on the cluster: ready, called by whom the chart says, watched."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.kubernetes import Namespace, provider, run, wait
from e2e.pods import hardened
from e2e.prometheus import ask, wait_scraped
from e2e.release import SERVICES, Release, Values
from e2e.test_policies import CLUSTER_IP
from monitoring.queries import DASHBOARDS, dashboard_queries
from templates.tests.clone import copy, furnish

KINDS = {"flowers": "model", "text-ranker": "plain"}
SMALL: Values = {name: {"resources": {"requests": {"cpu": "20m"}}} for name in KINDS}

ASK = """
import sys, urllib.request
try:
    print(urllib.request.urlopen(sys.argv[1], timeout=3).read().decode(), end='')
except OSError as error:
    print('no answer:', error)
"""


@pytest.fixture(scope="module")
def grown(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    """The release with both beside those it had, out of a copy of the repository; frontend calls text-ranker."""
    clone = furnish(copy(tmp_path_factory.mktemp("clone") / "punchline"))
    for name, kind in KINDS.items():
        make(clone, "new-service", f"NAME={name}", f"KIND={kind}")
    values = clone / "charts/umbrella/values.yaml"
    before = values.read_text()
    values.write_text(before.replace("  calls: [joker, model]\n", "  calls: [joker, model, text-ranker]\n"))
    assert values.read_text() != before
    for name in KINDS:
        make(clone, "image", f"S={name}")
    provider("load", *(f"{name}:dev" for name in KINDS))
    release.upgrade(CLUSTER_IP, SMALL, chart=clone / "charts/umbrella")
    release.apply(hardened("passer-by"))
    release.kubectl("wait", "--for=condition=Ready", "pod/passer-by", "--timeout=60s")
    yield release
    release.kubectl("delete", "pod", "passer-by", "--now")


def make(clone: Path, *arguments: str) -> None:
    """As in a terminal of a person: nothing that make, e2e/run or pytest set for the test run itself."""
    own = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "REGISTRY", "UV_PROJECT_ENVIRONMENT", "VENV", "VIRTUAL_ENV")
    run("env", *(f"-u{name}" for name in own), "make", *arguments, f"DOCKER={os.environ['DOCKER']}", cwd=clone)


@pytest.mark.timeout(400)
def test_both_kinds_get_ready_and_answer(grown: Release) -> None:
    for name in KINDS:
        assert len(grown.ready(name)) == 1
    assert "Succeeded" in grown.helm("test", "punchline")  # asks each service the question of its values


@pytest.mark.timeout(60)
def test_who_calls_it_gets_an_answer_and_nobody_else_does(grown: Release) -> None:
    (frontend,) = grown.ready("frontend")
    (model,) = grown.ready("model")
    address = grown.environment(frontend)["TEXT_RANKER_URL"]
    assert address == "http://text-ranker"
    url = f"{address}/v1/greeting?name=Ada"
    answer = '{"greeting":"Hello, Ada"}'

    wait("frontend reaches it", lambda: grown.python(frontend, ASK, url) == answer, seconds=20)
    for other in ("passer-by", model):
        wait(f"{other} does not", lambda pod: grown.python(pod, ASK, url).startswith("no answer"), other, seconds=20)
    # frontend calls no flowers
    assert grown.python(frontend, ASK, "http://flowers/livez").startswith("no answer")


@pytest.mark.timeout(120)
def test_both_are_scraped_and_dashboards_list_them(grown: Release, prometheus: Namespace) -> None:
    services = (*SERVICES, *KINDS)
    wait_scraped(grown, services)
    # What label_values(selector, service) asks in Grafana, with `All` namespaces chosen.
    listed = {
        query.file.removesuffix(".json"): set(ask("label/service/values", **{"match[]": query.expr}))
        for path in DASHBOARDS
        for query in dashboard_queries(path)
        if query.item == "variable service"
    }
    assert listed["services"] == listed["slo"] == set(services)
    assert listed["model"] == {"model", "flowers"}
