"""One file is applied, and all of it comes up, in order."""

import json
from datetime import datetime
from typing import Any

import pytest

from argocd.tests.crds import SCHEMAS, extract
from e2e.delivery.argo import Argo
from e2e.delivery.origin import Origin
from e2e.kubernetes import Namespace, run
from e2e.release import SERVICES, Release, answers

NAMESPACES = ("punchline-staging", "prometheus", "grafana")


def created(resource: Any) -> datetime:
    return datetime.fromisoformat(resource["metadata"]["creationTimestamp"])


def available(namespace: str, deployment: str) -> datetime:
    conditions = Namespace(namespace).get("deployment", deployment)["status"]["conditions"]
    (since,) = [
        each["lastTransitionTime"] for each in conditions if (each["type"], each["status"]) == ("Available", "True")
    ]
    return datetime.fromisoformat(since)


def test_root_brings_all_of_it_up(argo: Argo, origin: Origin) -> None:
    argo.wait_synced("root", origin.head, seconds=300)
    children = {"dashboards", "rules", "prometheus", "grafana", "umbrella-staging"}
    assert set(argo.applications()) == {"root"} | children
    for name in children:
        argo.wait_synced(name, origin.head)
        assert "ComparisonError" not in argo.conditions(name)


def test_each_wave_waited_for_the_one_before(argo: Argo, staging: Release) -> None:
    """Not only applied, but Healthy: Argo CD does that for Applications if argocd/argocd-cm.yaml is in force."""
    at = {name: created(argo.application(name)) for name in argo.applications()}
    assert max(created(each) for each in argo.get("appprojects")) <= min(at["rules"], at["dashboards"])
    assert max(at["rules"], at["dashboards"]) < min(at["prometheus"], at["grafana"])
    # `<=`, as all of these are told by the second; a pod takes longer than that to become ready.
    assert max(available("prometheus", "prometheus-server"), available("grafana", "grafana")) <= at["umbrella-staging"]


@pytest.mark.parametrize("name", NAMESPACES)
def test_its_namespaces_admit_restricted_pods_only(staging: Release, name: str) -> None:
    labels = json.loads(run("kubectl", "get", "namespace", name, "-o", "json"))["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_the_page_is_whole(staging: Release) -> None:
    for service in SERVICES:
        for stream in staging.streams(service):
            assert answers(stream), stream.name


def test_the_schemas_of_make_test_are_those_of_this_argo_cd(argo: Argo) -> None:
    names = ("applications.argoproj.io", "appprojects.argoproj.io")
    definitions = json.loads(run("kubectl", "get", "crd", *names, "-o", "json"))["items"]
    assert dict(map(extract, definitions)) == SCHEMAS
