"""The command ci/record."""

import argparse
import base64
import os
import sys
from pathlib import Path

from planner.errors import PlanError
from planner.tree import commit, root
from recorder.branch import Branch, PushError
from recorder.record import record
from recorder.registry import RegistryError, digest

ABOUT = """Record that a service runs TAG: in charts/umbrella/images/SERVICE.yaml on the default branch, which is
pushed to. The digest is asked of the registry. Reads REGISTRY, REGISTRY_USER, REGISTRY_PASSWORD, PUSH_URL,
PUSH_BRANCH and PUSH_TOKEN; docs/ci.md says what they hold."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser("ci/record", description=ABOUT)
    parser.add_argument("service")
    parser.add_argument("tag")
    options = parser.parse_args(arguments)
    try:
        registry, url, name = variable("REGISTRY"), variable("PUSH_URL"), variable("PUSH_BRANCH")
        token = os.environ.get("PUSH_TOKEN", "")
        if url.startswith("http") and not token:
            raise PushError("PUSH_TOKEN is empty: make a project access token with write_repository, see docs/ci.md")
        clone = root(Path.cwd())
        image = f"{registry}/{options.service}:{options.tag}"
        found = digest(image, *credentials(registry))
        if not found:
            raise PushError(f"{image} is not in the registry: the build stage pushes it; nothing was recorded")
        header = "Authorization: Basic " + base64.b64encode(f"oauth2:{token}".encode()).decode() if token else ""
        branch = Branch(clone, url, name, header)
        print(record(branch, options.service, options.tag, found, commit(clone, "HEAD")))
    except (PushError, RegistryError, PlanError) as error:
        print(f"ci/record: {error}", file=sys.stderr)
        return 1
    return 0


def credentials(registry: str) -> tuple[str, str]:
    """User and password. Those that GitLab gives a job are for its own registry alone."""
    user, password = os.environ.get("REGISTRY_USER", ""), os.environ.get("REGISTRY_PASSWORD", "")
    if not password and registry.startswith(os.environ.get("CI_REGISTRY", "nowhere") + "/"):
        return os.environ.get("CI_REGISTRY_USER", ""), os.environ.get("CI_REGISTRY_PASSWORD", "")
    return user, password


def variable(name: str) -> str:
    """Raises PushError where it is empty."""
    if value := os.environ.get(name, ""):
        return value
    raise PushError(f"{name} is empty: see docs/ci.md")
