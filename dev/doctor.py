"""What this machine lacks, and for which verb of make: `make doctor`. Needs nothing but a bare Python."""

import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec

WHEELS = (sys.platform, platform.machine()) == ("linux", "x86_64")


def program(*names: str) -> str:
    """Where one of the programs is; empty if none is in PATH."""
    return next((found for name in names if (found := shutil.which(name))), "")


def programs(*names: str) -> str:
    """Where the first of the programs is; empty if one of them is not in PATH."""
    found = [program(name) for name in names]
    return found[0] if all(found) else ""


def docker(*question: str) -> str:
    """What docker answers; empty if it is not in PATH or fails."""
    if not (found := program("docker")):
        return ""
    done = subprocess.run([found, *question], capture_output=True, text=True)  # noqa: S603
    return done.stdout.strip() if done.returncode == 0 else ""


CHECKS: list[tuple[str, Callable[[], str], str]] = [
    ("Python 3.11 or newer", lambda: platform.python_version() if sys.version_info >= (3, 11) else "", "everything"),
    ("its venv module", lambda: "there" if find_spec("venv") and find_spec("ensurepip") else "", "everything"),
    ("git", lambda: program("git"), "everything"),
    (
        "helm and kubectl",
        lambda: "from wheels" if WHEELS else programs("helm", "kubectl"),
        "test deploy e2e",
    ),
    (
        "a Docker engine",
        lambda: docker("version", "--format", "{{.Server.Version}}"),
        "image up e2e scaffold-test pipeline-test, dev OTHERS=images",
    ),
    ("docker compose", lambda: docker("compose", "version", "--short"), "up"),
    ("kind", lambda: program("kind"), "e2e CLUSTER=kind"),
    ("promtool and amtool", lambda: programs("promtool", "amtool"), "rules-test"),
    ("Prometheus, Alertmanager", lambda: programs("prometheus", "alertmanager"), "monitoring-test pictures"),
    ("Node.js and npm", lambda: programs("node", "npm"), "pipeline-test e2e-delivery page-audit"),
    ("rsync", lambda: program("rsync"), "pipeline-test e2e-delivery"),
    ("wrk and vegeta", lambda: programs("wrk", "vegeta"), "bench"),
    ("Chromium", lambda: program("chromium", "chromium-browser", "google-chrome"), "browser-test"),
]


def main() -> int:
    """1 where something is missing that every verb needs."""
    missing = []
    for what, check, verbs in CHECKS:
        found = check()
        print(f"{'ok     ' if found else 'missing'}  {what:24} {found or f'needed by: {verbs}'}")
        missing += [verbs] if not found else []
    return int("everything" in missing)


if __name__ == "__main__":
    sys.exit(main())
