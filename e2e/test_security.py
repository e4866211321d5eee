"""What the processes may do, asked from inside."""

import json

import pytest

from e2e.kubernetes import CommandError
from e2e.release import SERVICES, Release

INSPECT = """
import json, os, pathlib
status = dict(line.split(":\\t", 1) for line in open("/proc/1/status").read().splitlines() if ":\\t" in line)
def write(path):
    try:
        pathlib.Path(path, "x").write_text("x")
        return "written"
    except OSError as error:
        return error.strerror
print(json.dumps({
    "uid": os.stat("/proc/1").st_uid,
    "capabilities": [status[name].strip() for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")],
    "new privileges": status["NoNewPrivs"].strip() == "0",
    "seccomp": status["Seccomp"].strip(),
    "writes": [write(path) for path in ("/", "/app", "/tmp")],
    "token": os.path.exists("/var/run/secrets/kubernetes.io/serviceaccount/token"),
}))
"""


def test_processes_have_no_rights_that_they_do_not_need(release: Release) -> None:
    release.settle()
    for service in SERVICES:
        assert json.loads(release.python(release.ready(service)[0], INSPECT)) == {
            "uid": 65532,
            "capabilities": ["0" * 16] * 5,
            "new privileges": False,
            "seccomp": "2",
            "writes": ["Read-only file system"] * 3,
            "token": False,
        }


def test_the_namespace_refuses_what_is_not_restricted(release: Release) -> None:
    """So that the pods above were admitted for what they are."""
    pod = {"containers": [{"name": "root", "image": "joker:dev"}]}
    with pytest.raises(CommandError, match="violates PodSecurity"):
        release.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "root"}, "spec": pod})
