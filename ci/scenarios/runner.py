"""A machine that runs pipelines: a clone of its own, and gitlab-ci-local in it."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ci.scenarios.origin import REPOSITORY, Origin, run

GITLAB = REPOSITORY / "ci/scenarios/node_modules/.bin/gitlab-ci-local"
CACHE = Path(os.environ.get("UV_CACHE_DIR", Path.home() / ".cache/uv"))


@dataclass(frozen=True)
class Pipeline:
    """What a pipeline printed, and which jobs failed in it: by name, in the child pipeline too."""

    output: str
    failed: list[str]
    passed: list[str]
    planned: list[str]
    """The jobs of the child pipeline that the plan made."""

    @property
    def due(self) -> list[str]:
        return sorted({job.partition(":")[0] for job in self.planned if ":" in job})


class Runner:
    """`variables` are the project's, as one creates them in GitLab."""

    def __init__(self, origin: Origin, folder: Path) -> None:
        self.origin = origin
        self.folder = folder
        run("git", "clone", "--quiet", origin.url, str(folder))
        self.git("remote", "add", "gcl-origin", "https://gitlab.com/acme/punchline.git")
        self.variables = {
            "REGISTRY": origin.registry,
            "PUSH_URL": origin.url,
            "UV_CACHE_DIR": str(CACHE),
            "SKIP": "mypy,uv-lock",  # of the hooks: `make lint` runs them all
        }

    def git(self, *arguments: str) -> str:
        return run("git", "-C", str(self.folder), *arguments)

    def checkout(self, revision: str) -> None:
        self.git("fetch", "--quiet", "origin", "+refs/heads/*:refs/remotes/origin/*")
        self.git("checkout", "--quiet", "--force", revision)

    def due(self) -> list[str]:
        """What a pipeline of what is checked out would build."""
        return subprocess.check_output(["ci/plan", "--list"], cwd=self.folder, text=True).split()

    def pipeline(self, *jobs: str, at: str | None = None, **variables: str) -> Pipeline:
        """Run the whole pipeline, or some of its jobs, at a commit: at main's head, if none is given."""
        process = self.start(*jobs, at=at, **variables)
        output, _ = process.communicate(timeout=600)
        return self.result(output)

    def start(self, *jobs: str, at: str | None = None, **variables: str) -> subprocess.Popen[str]:
        self.checkout(at or "origin/main")
        if "--file" not in jobs:
            (self.folder / "child.yml").unlink(missing_ok=True)
        # With its type, or a value that begins with a slash would be taken for a file's.
        lines = {
            name: {"type": "variable", "values": {"*": value}}
            for name, value in {**self.variables, **variables}.items()
        }
        (self.folder / ".gitlab-ci-local-variables.yml").write_text(json.dumps(lines))
        command = [
            str(GITLAB), "--force-shell-executor", "--no-color", "--no-json-schema-validation", "--concurrency", "1",
            "--ignore-predefined-vars", ",".join(variables) or "none", *jobs,
        ]  # fmt: skip
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def result(self, output: str) -> Pipeline:
        failed, passed = (
            [
                re.sub(r"^\[\w+] -> | +\d+% coverage$", "", job)
                for job in re.findall(rf"^ {word} +(.+?) *$", output, re.M)
            ]
            for word in ("FAIL", "PASS")
        )
        child = self.folder / "child.yml"
        planned = json.loads(child.read_text()) if child.exists() and child.stat().st_size else {}
        return Pipeline(
            output, failed, passed, [job for job in planned if job not in ("workflow", "include", "stages")]
        )

    def killed(self, process: subprocess.Popen[str], once: Callable[[str], bool]) -> str:
        """End a pipeline and all it started, once what it printed so far is as wished. Answers that."""
        printed = ""
        assert process.stdout
        while not once(printed):
            line = process.stdout.readline()
            assert line, f"the pipeline ended first:\n{printed}"
            printed += line
        for each in [*descendants(process.pid), process.pid]:
            try:
                os.kill(each, signal.SIGKILL)
            except ProcessLookupError:
                continue
        process.stdout.close()
        process.wait()
        return printed


def descendants(pid: int) -> list[int]:
    """The processes that a process started, and those that they did, the deepest first."""
    children: dict[int, list[int]] = {}
    for line in run("ps", "-eo", "pid=,ppid=").splitlines():
        child, parent = map(int, line.split())
        children.setdefault(parent, []).append(child)
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found[:0:-1]
