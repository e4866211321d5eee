"""What is changed by hand is put back, what has left git leaves the cluster, and what was never in git stays."""

import json
from collections.abc import Callable
from typing import Any

from e2e.delivery.argo import Argo
from e2e.delivery.conftest import STAGING, staging_values
from e2e.delivery.origin import Origin
from e2e.kubernetes import CommandError, wait
from e2e.release import SERVICES, Release, answers


def wait_until(release: Release, kind: str, name: str, right: Callable[[Any], bool]) -> None:
    def healed() -> bool:
        resource = release.get(kind, name)
        if not right(resource):
            raise CommandError(json.dumps(resource.get("spec", resource.get("data"))))
        return True

    wait(f"{kind} {name} is as git has it", healed)


def test_what_is_changed_by_hand_is_healed(argo: Argo, staging: Release) -> None:
    pods = {service: staging.ready(service) for service in SERVICES}
    port = staging.get("service", "model")["spec"]["ports"][0]["nodePort"]
    staging.kubectl("scale", "deployment/joker", "--replicas=3")
    staging.kubectl("patch", "configmap", "joker", "-p", '{"data": {"LOG_LEVEL": "debug"}}')
    staging.kubectl("patch", "service", "model", "-p", '{"spec": {"type": "LoadBalancer"}}')
    staging.kubectl("delete", "service", "frontend")
    staging.kubectl("delete", "networkpolicy", "joker")

    wait_until(staging, "deployment", "joker", lambda it: it["spec"]["replicas"] == 1)
    wait_until(staging, "configmap", "joker", lambda it: it["data"] == {"LOG_LEVEL": "info"})
    wait_until(staging, "service", "model", lambda it: it["spec"]["type"] == "NodePort")
    wait_until(staging, "service", "frontend", lambda it: it["spec"]["type"] == "NodePort")
    wait_until(staging, "networkpolicy", "joker", bool)
    assert staging.get("service", "model")["spec"]["ports"][0]["nodePort"] == port
    staging.wait_settled()
    for service in ("model", "frontend"):
        assert staging.ready(service) == pods[service]
    for stream in staging.through_frontend():
        wait(f"{stream.name} answers", answers, stream)


def test_an_autoscaler_keeps_its_say(argo: Argo, origin: Origin, staging: Release) -> None:
    joker = {"autoscaling": {"enabled": True, "minReplicas": 2, "maxReplicas": 3}}
    commit = origin.commit("joker is autoscaled", {STAGING: staging_values(joker=joker)})
    argo.wait_synced("umbrella-staging", commit)
    wait("the autoscaler has scaled", lambda: len(staging.ready("joker")) == 2)
    argo.wait_compared_again("umbrella-staging")
    assert staging.get("deployment", "joker")["spec"]["replicas"] == 2
    argo.wait_synced("umbrella-staging", commit)
    reverted = origin.revert(commit)
    wait("the autoscaler is gone", lambda: not staging.get("horizontalpodautoscalers"))
    argo.wait_synced("umbrella-staging", reverted)
    staging.wait_settled()


def test_what_left_git_is_pruned_and_what_was_never_there_stays(argo: Argo, origin: Origin, staging: Release) -> None:
    stray = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "stray"}, "data": {"of": "somebody"}}
    staging.apply(stray)
    assert staging.get("configmap", "joker")["data"] == {"LOG_LEVEL": "info"}
    commit = origin.commit("joker needs no settings", {STAGING: staging_values(joker={"config": {}})})
    argo.wait_synced("umbrella-staging", commit)
    assert {each["metadata"]["name"] for each in staging.get("configmaps")} == {"stray", "frontend", "kube-root-ca.crt"}
    message = argo.wait_condition("umbrella-staging", "OrphanedResourceWarning", "orphaned resource")
    assert "1 orphaned" in message
    staging.kubectl("delete", "configmap", "stray")
    argo.wait_synced("umbrella-staging", origin.revert(commit))
