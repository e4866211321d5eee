"""An environment's AppProject refuses what is not its own."""

from collections.abc import Iterator
from typing import Any

import pytest

from e2e.delivery.argo import STAND_INS, Argo
from e2e.delivery.origin import Origin
from e2e.kubernetes import run, wait
from e2e.release import Release


@pytest.fixture
def intruder(argo: Argo) -> Iterator[dict[str, Any]]:
    """An Application of project staging; the test gives it what it must not have."""
    yield {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "intruder"},
        "spec": {
            "project": "staging",
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "punchline-staging"},
            "syncPolicy": {"automated": {"enabled": True}},
        },
    }
    argo.kubectl("delete", "application", "intruder", "--ignore-not-found", "--timeout=60s")


def source(url: str, **parameters: str) -> dict[str, Any]:
    helm = {"parameters": [{"name": name, "value": value} for name, value in parameters.items()]}
    return {"repoURL": url, "targetRevision": "HEAD", "path": f"{STAND_INS}/intruder", "helm": helm}


def test_another_repository(argo: Argo, origin: Origin, staging: Release, intruder: dict[str, Any]) -> None:
    intruder["spec"]["source"] = source(f"{origin.address}.other")
    argo.apply(intruder)
    argo.wait_condition("intruder", "InvalidSpecError", "is not permitted in project 'staging'")


@pytest.mark.parametrize("namespace", ["punchline-production", "kube-system", "argocd"])
def test_another_namespace(
    argo: Argo, origin: Origin, staging: Release, intruder: dict[str, Any], namespace: str
) -> None:
    intruder["spec"]["source"] = source(origin.address, namespace=namespace)
    intruder["spec"]["destination"]["namespace"] = namespace
    argo.apply(intruder)
    argo.wait_condition(
        "intruder", "InvalidSpecError", "do not match any of the allowed destinations in project 'staging'"
    )


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"clusterRole": "true"}, "ClusterRole is not permitted in project staging"),
        ({"namespace": "kube-system"}, "namespace kube-system is not permitted in project 'staging'"),
    ],
    ids=["a ClusterRole", "a resource in another namespace"],
)
def test_what_it_renders(
    argo: Argo,
    origin: Origin,
    staging: Release,
    intruder: dict[str, Any],
    parameters: dict[str, str],
    words: str,
) -> None:
    """Its own repository and namespace, but a chart that wants more."""
    intruder["spec"]["source"] = source(origin.address, **parameters)
    argo.apply(intruder)

    def refused() -> str:
        argo.state("intruder")
        status = argo.application("intruder").get("status", {})
        said = str(status.get("operationState", {})) + str(status.get("conditions", ""))
        return said if words in said else ""

    wait(f"Argo CD says: {words}", refused)
    assert "intruder" not in run("kubectl", "get", "clusterroles", "-o", "name")
    assert "intruder" not in run("kubectl", "get", "configmaps", "--all-namespaces", "-o", "name")
