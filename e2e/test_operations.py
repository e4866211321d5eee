"""The commands of an operator: service types by value, helm test, list, history, uninstall."""

import json
import sys

import pytest

from e2e.kubernetes import CommandError, run, wait
from e2e.pods import REGISTRY
from e2e.release import SERVICES, Release


@pytest.mark.timeout(240)
def test_helm_test_asks_every_service_and_says_what_it_found(release: Release) -> None:
    release.settle()
    shown = run("sh", "-c", f"helm test punchline -n {release.name} 2>&1")
    assert "Succeeded" in shown
    for service in SERVICES:
        assert f"ok     http://{service}:80/" in shown
    history = json.loads(release.helm("history", "punchline", "-o", "json"))
    assert history[-1]["status"] == "deployed"
    (listed,) = json.loads(release.helm("list", "-o", "json"))
    assert (listed["name"], listed["chart"].rsplit("-", 1)[0]) == ("punchline", "punchline")
    assert release.get("pods", "-l", "app.kubernetes.io/name=punchline-test") == []


@pytest.mark.timeout(400)
def test_make_deploy_installs_and_upgrades_the_whole_release() -> None:
    deployed = Release("punchline-e2e-deployed")
    run("kubectl", "delete", "namespace", deployed.name, "--ignore-not-found", "--timeout=120s")
    own = f"--set global.registry={REGISTRY}"
    try:
        for revision in ("1", "2"):
            run("make", "deploy", f"VENV={sys.prefix}", f"NAMESPACE={deployed.name}", f"ARGS={own}", timeout=330)
            (listed,) = json.loads(deployed.helm("list", "-o", "json"))
            assert (listed["name"], listed["status"], listed["revision"]) == ("punchline", "deployed", revision)
        assert {service: len(deployed.ready(service)) for service in SERVICES} == dict.fromkeys(SERVICES, 1)
    finally:
        run("kubectl", "delete", "namespace", deployed.name, "--wait=false")


@pytest.mark.timeout(240)
@pytest.mark.parametrize("kind", ["ClusterIP", "NodePort", "LoadBalancer"])
def test_service_types(release: Release, kind: str) -> None:
    port = 0 if kind == "ClusterIP" else 30421
    release.upgrade({"joker": {"service": {"type": kind, "nodePort": port}}})
    spec = release.get("service", "joker")["spec"]
    assert spec["type"] == kind
    assert spec["ports"][0].get("nodePort", 0) == port
    assert spec["clusterIP"]


@pytest.mark.timeout(240)
def test_uninstall_leaves_nothing(release: Release) -> None:
    release.settle()
    release.helm("test", "punchline")
    release.helm("uninstall", "punchline", "--wait")
    kinds = "all,configmaps,secrets,networkpolicies,poddisruptionbudgets,horizontalpodautoscalers,serviceaccounts"
    of_the_namespace = {"kube-root-ca.crt", "default"}

    def nothing_is_left() -> bool:
        left = {item["metadata"]["name"] for item in release.get(kinds)} - of_the_namespace
        if left:
            raise CommandError(f"left: {sorted(left)}")
        return True

    wait("nothing is left", nothing_is_left)
