"""Where the pipeline pushes to: a bare repository, and a registry below a name of this run's own."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from pathlib import Path

from planner import images
from planner.images import Image
from planner.tree import work_tree

REPOSITORY = Path(__file__).parents[2]
DATE = subprocess.check_output(["git", "-C", REPOSITORY, "log", "-1", "--format=%cI"], text=True).strip()
"""One time for all commits, so that Docker's layers, which carry it, are found again: those of `make image`, too."""
IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in {"NAME": "Developer", "EMAIL": "developer@localhost", "DATE": DATE}.items()
}
KEPT = ("test_routes.py", "test_pages.py", "test_classifier.py")
"""Of joker's, frontend's and model's tests."""
TEST = "def test_it_has_settings() -> None:\n    assert Settings()\n"
HOOKS = """\
repos:
  - repo: local
    hooks:
      - {id: ruff-check, name: ruff check, language: system, entry: .venv/bin/ruff check, types: [python]}
"""
LIGHT = """\
FROM python:3.13-slim
WORKDIR /src
ARG REVISION=unknown
COPY pyproject.toml uv.lock ./
COPY libs/servicekit libs/servicekit
COPY services/{service} services/{service}
"""


class Origin:
    """The repository as the team's server has it, with one clone in which a developer works."""

    def __init__(self, folder: Path) -> None:
        self.url = str(folder / "origin.git")
        self.registry = f"{os.environ['REGISTRY']}/scenarios-{uuid.uuid4().hex[:8]}"
        self.clone = folder / "developer"
        run("git", "init", "--quiet", "--bare", "--initial-branch=main", self.url)
        run("git", "init", "--quiet", "--initial-branch=main", str(self.clone))
        self.git("remote", "add", "origin", self.url)
        self.git("fetch", "--quiet", "--no-tags", str(REPOSITORY), "HEAD")
        # What stands in this work tree, as the first commit.
        start = run("git", "-C", str(REPOSITORY), "commit-tree", work_tree(REPOSITORY), "-m", "start").strip()
        self.git("fetch", "--quiet", "--no-tags", str(REPOSITORY), start)
        self.git("checkout", "--quiet", "-B", "main", start)
        self.shorten()

    def shorten(self) -> None:
        """Leave one test file a service: `make test` runs the others, and here it matters that some are run."""
        for test in self.clone.glob("services/*/tests/test_*.py"):
            if test.name not in KEPT:
                test.unlink()
        for service in self.services:
            self.write(images.path(service), images.SHAPE.format(name=service))
        self.push("fewer tests")

    def lighten(self) -> None:
        """Images that are built in a second, of the same inputs, a test that takes as long, and one rule of lint."""
        self.write(".pre-commit-config.yaml", HOOKS)
        for service in self.services:
            self.write(f"services/{service}/Dockerfile", LIGHT.format(service=service))
            self.git("rm", "--quiet", "-r", f"services/{service}/tests")
            self.write(
                f"services/{service}/tests/test_settings.py", f"from {service}.settings import Settings\n\n\n{TEST}"
            )
        # Behind main's head, gitlab-ci-local finds that the files of these checks changed, and runs them.
        for folder in ("argocd/tests", "charts", "ci/tests", "libs", "monitoring/tests", "tests"):
            self.git("rm", "--quiet", f"{folder}/*test_*.py")
            self.write(f"{folder}/test_light.py", "def test_it_is_run() -> None: ...\n")
        self.push("light images")

    @property
    def services(self) -> list[str]:
        return sorted(path.name for path in (self.clone / "services").iterdir())

    def remove_images(self) -> None:
        """Take those of this run off this machine: by name, since others may be the same image."""
        docker = os.environ["DOCKER"]
        names = run(docker, "images", "--format", "{{.Repository}}:{{.Tag}}", f"{self.registry}/*").split()
        if names:
            run(docker, "image", "rm", *names)

    # ---- what a developer does

    def write(self, path: str, text: str) -> None:
        (self.clone / path).parent.mkdir(parents=True, exist_ok=True)
        (self.clone / path).write_text(text, "utf-8")

    def read(self, path: str) -> str:
        return (self.clone / path).read_text("utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        text = self.read(path)
        assert old in text, f"{old} is not in {path}"
        self.write(path, text.replace(old, new, 1))

    def lock(self) -> None:
        """As a developer does after a change of dependencies."""
        run(str(Path(sys.executable).with_name("uv")), "lock", "--quiet", "--project", str(self.clone))

    def change(self, *services: str) -> str:
        """Change the code of some services, and push it."""
        for service in services:
            path = f"services/{service}/src/{service}/settings.py"
            self.write(path, f"# {uuid.uuid4()}\n" + self.read(path))
        return self.push(f"change {' and '.join(services)}")

    def push(self, message: str, branch: str = "main") -> str:
        """Commit everything and push it, on top of what the pipeline pushed meanwhile. Answers the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        if branch == "main" and self.heads():
            self.git("pull", "--quiet", "--rebase", "origin", "main")
        self.git("push", "--quiet", "origin", f"HEAD:{branch}")
        return self.git("rev-parse", "HEAD").strip()

    def pull(self) -> None:
        self.git("pull", "--quiet", "--rebase", "origin", "main")

    def git(self, *arguments: str) -> str:
        return run("git", "-C", str(self.clone), *arguments)

    # ---- what the server has

    def heads(self) -> str:
        return run("git", "ls-remote", self.url, "refs/heads/main").strip()

    @property
    def head(self) -> str:
        return self.heads().split()[0]

    def log(self) -> list[str]:
        """The subjects of all commits of main, the newest first."""
        return run("git", "-C", self.url, "log", "--format=%s", "main").splitlines()

    def recorded(self, service: str) -> Image:
        return images.parse(service, run("git", "-C", self.url, "show", f"main:{images.path(service)}"))

    def tags(self, service: str) -> set[str]:
        """What the registry has of a service."""
        try:
            host, _, path = self.registry.partition("/")
            with urllib.request.urlopen(f"http://{host}/v2/{path}/{service}/tags/list", timeout=10) as answer:
                return set(json.load(answer)["tags"] or [])
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return set()
            raise


def run(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, **IDENTITY}).stdout
