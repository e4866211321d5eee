"""A Prometheus in the cluster finds the pods by their annotations, is let in, and notices when a service is gone."""

from pathlib import Path

import pytest

from e2e.kubernetes import Namespace, wait
from e2e.prometheus import ask
from e2e.release import SERVICES, Release
from e2e.test_policies import CLUSTER_IP


def up() -> dict[str, str]:
    """By service of the release whether its target answers."""
    samples = ask("query", query='up{namespace="punchline-e2e"}')["result"]
    return {sample["metric"]["service"]: sample["value"][1] for sample in samples}


def limited() -> set[str]:
    """The services that a recording rule has a latency limit for."""
    samples = ask("query", query="service:latency_limit:seconds")["result"]
    return {sample["metric"]["service"] for sample in samples}


def firing(service: str) -> list[str]:
    """The names of alerts that are firing for a service."""
    alerts = ask("alerts")["alerts"]
    mine = [alert for alert in alerts if alert["labels"].get("service") == service and alert["state"] == "firing"]
    return [alert["labels"]["alertname"] for alert in mine]


@pytest.mark.timeout(400)
def test_pods_are_found_scraped_and_missed(release: Release, prometheus: Namespace) -> None:
    release.upgrade(CLUSTER_IP)  # no way in but the policy's
    release.wait_settled()
    expected = dict.fromkeys(SERVICES, "1")
    wait("every service is scraped, once a pod", lambda: up() == expected, seconds=60)
    (target, *_) = [t for t in ask("targets")["activeTargets"] if t["labels"].get("service") == "joker"]
    (pod,) = release.ready("joker")
    assert target["labels"]["pod"] == pod
    assert target["labels"]["namespace"] == release.name
    assert {group["file"].rpartition("/")[2] for group in ask("rules")["groups"]} == {
        path.name for path in Path("prometheus/rules").glob("*.yaml")
    }
    wait("each has its limit", lambda: limited() == set(SERVICES), seconds=30)

    release.kubectl("scale", "deployment/joker", "--replicas=0")
    wait("ServiceDown fires", lambda: "ServiceDown" in firing("joker"), seconds=150)  # it waits for a minute
    assert "ServiceDown" not in firing("frontend")
    release.kubectl("scale", "deployment/joker", "--replicas=1")
    wait("it ends", lambda: "ServiceDown" not in firing("joker"), seconds=90)
