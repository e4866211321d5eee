"""Moves an environment to a commit: `make promote`, or with the environment and the commit named, TO=staging REV=v1.

Rewrites its entry in argocd/apps/values.yaml: the revision, and the services that there are at it. Argo CD deploys it
once that is committed and pushed; a `git revert` of that commit is the way back.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ENTRIES = Path("argocd/apps/values.yaml")
IMAGES = "charts/umbrella/images"


def promote(environment: str, revision: str) -> str:
    """Rewrites the entry, and gives back what that changes, in words. Ends the program where it cannot be."""
    before = _entry(ENTRIES.read_text("utf-8"), environment)
    commit = _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}") or sys.exit(
        f"REV={revision}: there is no such commit"
    )
    if not _git("for-each-ref", "--contains", commit, "refs/remotes"):
        sys.exit(f"REV={revision}: {commit[:12]} is not pushed, and Argo CD could not fetch it")
    if not _git("ls-tree", commit, f"argocd/environments/{environment}.yaml"):
        sys.exit(f"REV={revision}: argocd/environments/{environment}.yaml is not there at {commit[:12]}")
    images = [_image(commit, path) for path in _git("ls-tree", "--name-only", commit, f"{IMAGES}/").split()]

    services = [service for service, _ in images]
    text = ENTRIES.read_text("utf-8")
    text = set_key(text, environment, "revision", f'"{commit}"')
    text = set_key(text, environment, "services", f"[{', '.join(services)}]")
    after = _entry(text, environment)
    if after != {**before, "revision": commit, "services": services}:
        sys.exit(f"{ENTRIES}: environments.{environment} is not written one key a line, as this can change it")
    ENTRIES.write_text(text, "utf-8")

    lines = [f"{environment}: {before['revision'][:12] or 'nothing'} -> {commit[:12]}"]
    lines += [f"  {service:12} {tag}" for service, tag in images]
    if before["revision"]:
        changes = ("log", "--format=%h %s", "-n", "20")
        lines += [f"  + {line}" for line in _git(*changes, f"{before['revision']}..{commit}").splitlines()]
        lines += [f"  - {line}" for line in _git(*changes, f"{commit}..{before['revision']}").splitlines()]
    return "\n".join(lines)


def _entry(text: str, environment: str) -> dict[str, Any]:
    environments = yaml.safe_load(text)["environments"]
    if environment not in environments:
        sys.exit(f"TO={environment}: {ENTRIES} has {', '.join(environments)}")
    entry: dict[str, Any] = environments[environment]
    return entry


def set_key(text: str, environment: str, key: str, value: str) -> str:
    """The entries with one line of one environment changed, or as they were if there is no such line."""
    pattern = rf"(?m)(^  {re.escape(environment)}:\n(?:    .*\n)*?    {key}: ).*$"
    return re.sub(pattern, lambda found: found[1] + value, text, count=1)


def _image(commit: str, path: str) -> tuple[str, str]:
    """The service of an images file, and its tag."""
    ((service, values),) = yaml.safe_load(_git("show", f"{commit}:{path}")).items()
    return service, values["image"]["tag"]


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607
    return done.stdout.strip()


if __name__ == "__main__":
    environment, revision = sys.argv[1:]
    print(promote(environment, revision))
    print(f"\nCommit and push it:  git commit -m '{environment}: promoted' {ENTRIES} && git push")
