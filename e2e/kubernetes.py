"""kubectl and helm on the cluster that KUBECONFIG points at, and waiting for what it does by itself."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx


class CommandError(AssertionError):
    """A command that failed; the message has what it printed."""


def run(*command: str, stdin: str | None = None, timeout: float = 240, cwd: Path | None = None) -> str:
    """What the command prints. Raises CommandError on a status other than 0."""
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout, cwd=cwd)
    if done.returncode:
        raise CommandError(f"{' '.join(command)}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def provider(*arguments: str) -> str:
    """What the script of this cluster's kind prints: what kubectl cannot do, such as cutting off a node."""
    script = Path("e2e/clusters", os.environ["CLUSTER"])
    if not script.exists():
        raise CommandError(f"{script} is not there to do: {' '.join(arguments)}")
    return run(str(script), *arguments)


def wait(what: str, condition: Callable[..., Any], *arguments: Any, seconds: float = 90) -> Any:
    """The first true answer of `condition(*arguments)`; if none comes within `seconds` the test fails."""
    end = time.monotonic() + seconds
    while True:
        try:
            if answer := condition(*arguments):
                return answer
            last = repr(answer)
        except (CommandError, OSError, httpx.HTTPError) as error:
            last = str(error)
        assert time.monotonic() < end, f"{what}: not within {seconds:g} s; last: {last}"
        time.sleep(0.2)


class Namespace:
    """A namespace and what is in it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def kubectl(self, *arguments: str, stdin: str | None = None, timeout: float = 240) -> str:
        """What kubectl prints."""
        return run("kubectl", "-n", self.name, *arguments, stdin=stdin, timeout=timeout)

    def get(self, *what: str) -> Any:
        """The decoded object, or the list of them."""
        answer = json.loads(self.kubectl("get", *what, "-o", "json"))
        return answer["items"] if answer["kind"] == "List" else answer

    def apply(self, *resources: dict[str, Any]) -> None:
        """Create or change resources."""
        self.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": resources}))

    def python(self, pod: str, code: str, *arguments: str, timeout: float = 60) -> str:
        """What a Python program prints that runs in a pod of one of our images."""
        return self.kubectl("exec", pod, "--", "/app/.venv/bin/python", "-c", code, *arguments, timeout=timeout)

    def pods(self, service: str) -> list[dict[str, Any]]:
        """The pods of a service, those that are going included."""
        found: list[dict[str, Any]] = self.get("pods", "-l", f"app.kubernetes.io/name={service}")
        return found

    def ready(self, service: str) -> list[str]:
        """The names of a service's pods that are ready and not going."""
        return [
            pod["metadata"]["name"]
            for pod in self.pods(service)
            if "deletionTimestamp" not in pod["metadata"]
            and any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", []))
        ]
