"""Argo CD on the cluster: Applications, what it says of them, and waiting until it has done its work."""

import time
from pathlib import Path
from typing import Any

import yaml

from e2e.kubernetes import CommandError, Namespace, run, wait

STAND_INS = "e2e/delivery/charts"
"""The charts in place of those of Prometheus and Grafana, whose repositories cannot be reached from every machine."""


def read_root(url: str, **parameters: str) -> list[dict[str, Any]]:
    """argocd/root.yaml with another URL in its one line, and more parameters."""
    lines = Path("argocd/root.yaml").read_text("utf-8").splitlines()
    (line,) = [number for number, line in enumerate(lines) if "repoURL:" in line]
    lines[line] = f"{lines[line].partition('repoURL:')[0]}repoURL: {url}"
    resources: list[dict[str, Any]] = list(yaml.safe_load_all("\n".join(lines)))
    given = resources[-1]["spec"]["source"]["helm"]["parameters"]
    given += [{"name": name, "value": value} for name, value in parameters.items()]
    return resources


class Argo(Namespace):
    """The namespace `argocd`."""

    def __init__(self) -> None:
        super().__init__("argocd")
        self._refreshed: dict[str, float] = {}

    def application(self, name: str) -> Any:
        """An Application as it is now."""
        return self.get("application", name)

    def applications(self) -> list[str]:
        """The names of all Applications."""
        return sorted(each["metadata"]["name"] for each in self.get("applications"))

    def refresh(self, *names: str) -> None:
        """Have Applications compared now, as a webhook of the repository does."""
        self.kubectl("annotate", "application", *names, "argocd.argoproj.io/refresh=normal", "--overwrite")

    def state(self, name: str) -> tuple[str, str, str]:
        """Its sync status, its health and the revision that it was compared with; compared anew every few seconds."""
        if time.monotonic() - self._refreshed.get(name, 0) > 3:
            self._refreshed[name] = time.monotonic()
            self.refresh(name)
        status = self.application(name).get("status", {})
        sync = status.get("sync", {})
        return sync.get("status", ""), status.get("health", {}).get("status", ""), sync.get("revision", "")

    def conditions(self, name: str) -> dict[str, str]:
        """What Argo CD has to say of it: messages by type."""
        return {
            each["type"]: each["message"] for each in self.application(name).get("status", {}).get("conditions", [])
        }

    def wait_synced(self, name: str, revision: str, *, seconds: float = 120) -> None:
        """Wait until it is Synced and Healthy at a revision."""

        def there() -> bool:
            if (state := self.state(name)) != ("Synced", "Healthy", revision):
                status = self.application(name).get("status", {})
                said = status.get("conditions"), status.get("operationState", {}).get("message")
                raise CommandError(f"{state}, {said}")
            return True

        wait(f"{name} is Synced and Healthy at {revision[:8]}", there, seconds=seconds)

    def wait_condition(self, name: str, condition: str, words: str, *, seconds: float = 60) -> str:
        """Wait until Argo CD says so, and give back all of what it says."""

        def said() -> str:
            self.state(name)
            message = self.conditions(name).get(condition, "")
            if words not in message:
                raise CommandError(f"{condition} {message!r}")
            return message

        message: str = wait(f"{name} has {condition} with {words!r}", said, seconds=seconds)
        return message

    def wait_compared_again(self, name: str) -> None:
        """Wait until it has been compared twice more: what was to be healed or deployed would have been begun."""
        seen = {self._compared(name)}

        def again() -> bool:
            self.refresh(name)
            seen.add(self._compared(name))
            return len(seen) > 2

        wait(f"{name} is compared twice", again)

    def _compared(self, name: str) -> str:
        at: str = self.application(name)["status"]["reconciledAt"]
        return at


def patch_config(file: str) -> None:
    """Lay a patch over Argo CD's ConfigMap."""
    run("kubectl", "-n", "argocd", "patch", "configmap", "argocd-cm", "--patch-file", file)
