"""A Prometheus in the cluster, with this repository's way to find pods and its rules."""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import yaml

from e2e.kubernetes import Namespace, provider, run, wait
from e2e.release import HOST, PROMETHEUS_PORT

ROLE = "punchline-e2e-prometheus"


@contextmanager
def prometheus(name: str) -> Iterator[Namespace]:
    """In the namespace `name`, with the rules as their chart installs them and a Prometheus that reads them."""
    space = Namespace(name)
    run("helm", "upgrade", "--install", "rules", "prometheus", "--namespace", name)
    space.apply(*resources(name, image()))
    try:
        space.kubectl("wait", "--for=condition=Ready", "pod/prometheus", "--timeout=120s")
        yield space
    finally:
        run("kubectl", "delete", "clusterrole,clusterrolebinding", ROLE)


def ask(path: str, **parameters: str) -> Any:
    """The `data` of an answer of Prometheus."""
    url = f"http://{HOST}:{PROMETHEUS_PORT}/api/v1/{path}"
    answer = httpx.get(url, params=parameters, timeout=10, trust_env=False).raise_for_status().json()
    assert answer["status"] == "success", answer
    return answer["data"]


def wait_scraped(release: Namespace, services: Iterable[str]) -> None:
    """Wait until the targets in the namespace of a release are its ready pods, each once, and all answer."""
    pods = sorted((service, pod, "1") for service in services for pod in release.ready(service))

    def targets() -> list[tuple[str, str, str]]:
        samples = ask("query", query=f'up{{namespace="{release.name}"}}')["result"]
        return sorted((sample["metric"]["service"], sample["metric"]["pod"], sample["value"][1]) for sample in samples)

    wait("every pod is scraped, once", lambda: targets() == pods, seconds=60)


@cache
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


def resources(name: str, image: str) -> list[dict[str, Any]]:
    """What a chart of Prometheus would install, reduced to what discovery needs."""
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
            "metadata": {"name": ROLE},
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}],
        },
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": ROLE},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": ROLE},
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
                "ports": [{"port": 80, "targetPort": "http", "nodePort": PROMETHEUS_PORT}],
            },
        },
    ]
