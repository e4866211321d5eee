"""Pods of the tests' own."""

from typing import Any

from e2e.release import BASELINE

REGISTRY = BASELINE["global"]["registry"]
IMAGE = f"{REGISTRY}/frontend:dev" if REGISTRY else "frontend:dev"


WAIT = "import signal; signal.sigwait({signal.SIGTERM})"
SERVE = "import http.server; http.server.HTTPServer(('', 8080), http.server.SimpleHTTPRequestHandler).serve_forever()"


def hardened(name: str, labels: dict[str, str] | None = None, program: str = WAIT) -> dict[str, Any]:
    """A pod that a restricted namespace admits; Python programs can be run in it beside its own."""
    return _pod(
        name,
        labels,
        program,
        {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    )


def privileged(name: str, node: str) -> dict[str, Any]:
    """A pod that is root on a node and sees the node's processes."""
    pod = _pod(name, None, WAIT, {"runAsUser": 0}, {"privileged": True})
    pod["spec"] |= {"hostPID": True, "nodeName": node}
    return pod


def _pod(
    name: str, labels: dict[str, str] | None, program: str, of_pod: dict[str, Any], of_container: dict[str, Any]
) -> dict[str, Any]:
    container = {
        "name": "python",
        "image": IMAGE,
        "command": ["/app/.venv/bin/python", "-c", program],
        "securityContext": of_container,
    }
    spec = {
        "containers": [container],
        "securityContext": of_pod,
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 1,
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels or {}}, "spec": spec}
