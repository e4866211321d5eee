"""A Prometheus in the cluster finds the pods by their annotations, is let in, and notices when a service is gone."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from e2e.conftest import namespace
from e2e.kubernetes import Namespace, provider, run, wait
from e2e.release import HOST, SERVICES, Release
from e2e.test_policies import CLUSTER_IP

PORT = 30423


def image() -> str:
    """Where the cluster's script has its own way to a Prometheus, that one; else the one of compose.yaml."""
    if os.environ["CLUSTER"] == "shared":
        return provider("prometheus").strip()
    default = re.search(r"\$\{PROMETHEUS_IMAGE:-(.+)\}", Path("compose.yaml").read_text())
    assert default
    return os.environ.get("PROMETHEUS_IMAGE") or default[1]


def configuration() -> str:
    """prometheus/kubernetes.yml, only that it looks every second."""
    config = yaml.safe_load(Path("prometheus/kubernetes.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    return str(yaml.safe_dump(config))


@pytest.fixture(scope="module")
def prometheus() -> Iterator[Namespace]:
    """The namespace `prometheus`, with the rules as their chart installs them and a Prometheus that reads them."""
    with namespace("prometheus", {"pod-security.kubernetes.io/enforce": "restricted"}) as name:
        space = Namespace(name)
        run("helm", "upgrade", "--install", "rules", "prometheus", "--namespace", name)
        space.apply(*resources(name, image()))
        try:
            space.kubectl("wait", "--for=condition=Ready", "pod/prometheus", "--timeout=120s")
            yield space
        finally:
            run("kubectl", "delete", "clusterrole,clusterrolebinding", "punchline-e2e-prometheus")


def resources(name: str, image: str) -> list[dict[str, Any]]:
    """What a chart of Prometheus would install, reduced to what discovery needs."""
    role = "punchline-e2e-prometheus"
    container = {
        "name": "prometheus",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/data"],
        "ports": [{"name": "http", "containerPort": 9090}],
        "readinessProbe": {"httpGet": {"path": "/-/ready", "port": "http"}, "periodSeconds": 1},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [
            {"name": "config", "mountPath": "/etc/prometheus"},
            {"name": "rules", "mountPath": "/etc/prometheus/rules"},
            {"name": "data", "mountPath": "/data"},
        ],
    }
    pod = {
        "serviceAccountName": "prometheus",
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65534,
            "fsGroup": 65534,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "terminationGracePeriodSeconds": 1,
        "containers": [container],
        "volumes": [
            {"name": "config", "configMap": {"name": "prometheus"}},
            {"name": "rules", "configMap": {"name": "punchline-rules"}},
            {"name": "data", "emptyDir": {}},
        ],
    }
    subject = {"kind": "ServiceAccount", "name": "prometheus", "namespace": name}
    rbac = "rbac.authorization.k8s.io"
    labels = {"app": "prometheus"}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "prometheus"}},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRole",
            "metadata": {"name": role},
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}],
        },
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": role},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": role},
            "subjects": [subject],
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "prometheus"},
            "data": {"prometheus.yml": configuration()},
        },
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "prometheus", "labels": labels}, "spec": pod},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "prometheus"},
            "spec": {
                "type": "NodePort",
                "selector": labels,
                "ports": [{"port": 80, "targetPort": "http", "nodePort": PORT}],
            },
        },
    ]


def ask(path: str, **parameters: str) -> Any:
    """The `data` of an answer of Prometheus."""
    url = f"http://{HOST}:{PORT}/api/v1/{path}"
    answer = httpx.get(url, params=parameters, timeout=10, trust_env=False).raise_for_status().json()
    assert answer["status"] == "success", answer
    return answer["data"]


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
