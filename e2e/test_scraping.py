"""A Prometheus in the cluster finds the pods by their annotations, is let in, and notices when a service is gone."""

from pathlib import Path

import pytest

from e2e.kubernetes import Namespace, wait
from e2e.prometheus import ask, wait_scraped
from e2e.release import SERVICES, Release
from e2e.test_policies import CLUSTER_IP


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
    wait_scraped(release, SERVICES)
    assert {group["file"].rpartition("/")[2] for group in ask("rules")["groups"]} == {
        path.name for path in Path("prometheus/rules").glob("*.yaml")
    }
    wait("each has its limit", lambda: limited() >= set(SERVICES), seconds=30)

    release.kubectl("scale", "deployment/joker", "--replicas=0")
    wait("ServiceDown fires", lambda: "ServiceDown" in firing("joker"), seconds=150)  # it waits for a minute
    assert "ServiceDown" not in firing("frontend")
    release.kubectl("scale", "deployment/joker", "--replicas=1")
    wait("it ends", lambda: "ServiceDown" not in firing("joker"), seconds=90)
