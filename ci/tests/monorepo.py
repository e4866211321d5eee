"""A repository with as many services as one likes, like this one in all that the planner reads."""

import copy
import shutil
import subprocess
from pathlib import Path

from planner import images
from planner.plan import Commits, plan

LIBRARY = "libs/kit"
DOCKERFILE = """\
FROM python:3.13-slim AS build
COPY pyproject.toml uv.lock ./
COPY libs/kit/pyproject.toml libs/kit/
COPY services/{name}/pyproject.toml services/{name}/
RUN uv sync --frozen --no-dev --no-default-groups --no-install-workspace --package {name}
COPY libs/kit libs/kit
COPY services/{name} services/{name}
"""
PROJECT = """\
[project]
name = "{name}"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = [{dependencies}]
"""
ROOT = """\
[project]
name = "shop"
version = "0.1.0"
dependencies = []

[dependency-groups]
dev = ["uv==0.13.9"]

[tool.uv]
package = false

[tool.uv.workspace]
members = ["libs/*", "services/*"]

[tool.uv.sources]
kit = { workspace = true }
"""
REGISTRY = '{ registry = "https://pypi.org/simple" }'


class Monorepo:
    """A work tree with git, and what tests do with it."""

    def __init__(self, folder: Path, services: list[str], packages: int = 4) -> None:
        """`packages` is how many packages a service installs: one of its own, the others by way of kit."""
        self.folder = folder
        self.services = list(services)
        self.packages = packages
        self.versions = dict.fromkeys([*self.of_kit, *(f"own-{name}" for name in services)], "1.0")
        folder.mkdir(parents=True, exist_ok=True)
        # Tags are made from git's hashes of files, and another machine's git may be told to use SHA-256.
        self.git("init", "--quiet", "--initial-branch=main", "--object-format=sha1")
        self.write("pyproject.toml", ROOT)
        self.write(
            ".dockerignore", "*\n!pyproject.toml\n!uv.lock\n!libs\n!services\n**/tests\n*/*/*.md\n**/Dockerfile\n"
        )
        self.write("ci/service.yml", "# Template version 1\n")
        self.write("README.md", "shop\n")
        self.member(LIBRARY, "kit", self.of_kit)
        for name in services:
            self.service(name)
        self.settle()

    def copy(self, folder: Path) -> "Monorepo":
        """The same in another folder."""
        shutil.copytree(self.folder, folder)
        return self.copy_to(folder)

    def copy_to(self, folder: Path) -> "Monorepo":
        """The same, for a clone that is in that folder already."""
        other = copy.copy(self)
        other.folder, other.services, other.versions = folder, list(self.services), dict(self.versions)
        return other

    @property
    def of_kit(self) -> list[str]:
        return [f"package-{number}" for number in range(self.packages - 1)]

    def service(self, name: str) -> None:
        """Everything that a service has, its place in the chart left to `settle`."""
        self.member(f"services/{name}", name, [f"own-{name}", "kit"])
        self.write(f"services/{name}/Dockerfile", DOCKERFILE.format(name=name))
        self.write(f"services/{name}/README.md", f"{name}\n")
        self.write(f"services/{name}/tests/test_{name}.py", "def test() -> None: ...\n")
        for module in range(10):
            self.write(f"services/{name}/src/{name}/part_{module}.py", f"{name} = {module}\n")
        self.write(images.path(name), images.SHAPE.format(name=name))

    def member(self, folder: str, name: str, dependencies: list[str]) -> None:
        listed = ", ".join(f'"{each}"' for each in dependencies)
        self.write(f"{folder}/pyproject.toml", PROJECT.format(name=name, dependencies=listed))
        self.write(f"{folder}/src/{name}/__init__.py", "")

    def settle(self) -> str:
        """Write uv.lock and the umbrella chart for the services there are, and commit all."""
        self.write("uv.lock", self.lock())
        items = "".join(f"  - name: service\n    alias: {name}\n    version: 0.1.0\n" for name in self.services)
        self.write("charts/umbrella/Chart.yaml", f"name: shop\ndependencies:\n{items}")
        return self.commit()

    def lock(self) -> str:
        parts = ['version = 1\nrevision = 3\nrequires-python = ">=3.11"\n']
        parts += [self.outside(name) for name in self.versions]
        parts.append(self.inside("kit", LIBRARY, self.of_kit))
        parts += [self.inside(name, f"services/{name}", [f"own-{name}", "kit"]) for name in self.services]
        return "\n".join(parts)

    def outside(self, name: str) -> str:
        version = self.versions[name]
        url = f"https://files.pythonhosted.org/{name}-{version}"
        wheels = "".join(
            f'    {{ url = "{url}-{tag}.whl", hash = "sha256:{name}{version}{tag}", size = 1234 }},\n'
            for tag in ("cp311", "cp312", "cp313")
        )
        return f'[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {REGISTRY}\nwheels = [\n{wheels}]\n'

    def inside(self, name: str, folder: str, dependencies: list[str]) -> str:
        names = "".join(f'    {{ name = "{each}" }},\n' for each in dependencies)
        return (
            f'[[package]]\nname = "{name}"\nversion = "0.1.0"\nsource = {{ editable = "{folder}" }}\n'
            f"dependencies = [\n{names}]\n\n[package.metadata]\nrequires-dist = [\n{names}]\n"
        )

    def built(self) -> str:
        """Record for each service the tag that it has now, as the update stage does."""
        head = self.head
        for each in plan(Commits(self.folder), head):
            text = each.image.built(each.inputs.tag, f"sha256:{'0' * 64}", head).text()
            self.write(images.path(each.service), text)
        return self.commit("[skip ci]")

    def tag(self, name: str) -> str:
        return Commits(self.folder)("HEAD").inputs(name).tag

    @property
    def due(self) -> list[str]:
        return [each.service for each in plan(Commits(self.folder), "HEAD") if each.due]

    def plan(self, *arguments: str) -> str:
        """What ci/plan prints. Raises CalledProcessError, with its stderr, when it fails."""
        command = [str(Path(__file__).parents[1] / "plan"), *arguments]
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True).stdout

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD").strip()

    def commit(self, message: str = "change") -> str:
        self.git("add", "--all")
        self.git(*IDENTITY, "commit", "--quiet", "--allow-empty", "--message", message)
        return self.head

    def git(self, *arguments: str) -> str:
        return subprocess.run(["git", "-C", self.folder, *arguments], check=True, capture_output=True, text=True).stdout

    def write(self, path: str, text: str) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text, "utf-8")

    def read(self, path: str) -> str:
        return (self.folder / path).read_text("utf-8")

    def change(self, path: str, old: str, new: str) -> None:
        text = self.read(path)
        assert old in text, f"{old} is not in {path}"
        self.write(path, text.replace(old, new))


IDENTITY = ("-c", "user.name=Test", "-c", "user.email=test@localhost")
