"""Pods of the tests' own."""

from typing import Any

from e2e.release import BASELINE

REGISTRY = BASELINE["global"]["registry"]
IMAGE = f"{REGISTRY}/frontend:dev" if REGISTRY else "frontend:dev"


def hardened(name: str, labels: dict[str, str] | None = None) -> dict[str, Any]:
    """A pod that a restricted namespace admits; it waits, and Python programs can be run in it."""
    return _pod(
        name,
        labels,
        {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    )


def privileged(name: str, node: str) -> dict[str, Any]:
    """A pod that is root on a node and sees the node's processes."""
    pod = _pod(name, None, {"runAsUser": 0}, {"privileged": True})
    pod["spec"] |= {"hostPID": True, "nodeName": node}
    return pod


def _pod(
    name: str, labels: dict[str, str] | None, of_pod: dict[str, Any], of_container: dict[str, Any]
) -> dict[str, Any]:
    container = {
        "name": "python",
        "image": IMAGE,
        "command": ["/app/.venv/bin/python", "-c", "import signal; signal.sigwait({signal.SIGTERM})"],
        "securityContext": of_container,
    }
    spec = {
        "containers": [container],
        "securityContext": of_pod,
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 1,
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels or {}}, "spec": spec}
