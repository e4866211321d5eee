"""The files of one commit, out of git's object store. The work tree is never looked at, so any commit will do."""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from planner.errors import PlanError


@dataclass(frozen=True)
class Entry:
    """What git keeps of a file: its mode and the hash of its content."""

    mode: str
    id: str


class Tree:
    """All files below one commit, by path. Contents are read only when asked for, which a partial clone is glad of."""

    def __init__(self, repository: Path, revision: str) -> None:
        self.repository = repository
        self.revision = revision
        self.entries: dict[str, Entry] = {}
        for line in git(repository, "ls-tree", "-r", "-z", "--full-tree", revision).split("\0")[:-1]:
            what, path = line.split("\t", 1)
            mode, _, identity = what.split(" ")
            self.entries[path] = Entry(mode, identity)
        self._contents: dict[str, str] = {}

    def __contains__(self, path: str) -> bool:
        return path in self.entries

    def below(self, folder: str) -> list[str]:
        """The paths of all files in a folder and those below it."""
        return [path for path in self.entries if path.startswith(f"{folder}/")]

    def read(self, path: str) -> str:
        """The text of a file. Raises PlanError where it is not in this commit, or not in this clone."""
        if path not in self._contents:
            if path not in self.entries:
                raise PlanError(f"{path} is missing")
            self.load([path])
        return self._contents[path]

    def load(self, paths: list[str]) -> None:
        """Read many files in one go, for `read` to find them here. Raises PlanError as it does."""
        command = ["git", "-C", str(self.repository), "cat-file", "--batch"]
        asked = "".join(f"{self.entries[path].id}\n" for path in paths).encode()
        done = subprocess.run(command, input=asked, capture_output=True)
        at = 0
        for path in paths:
            end = done.stdout.find(b"\n", at)
            header = done.stdout[at:end].split()
            # A partial clone asks its origin for what it lacks; when that fails git ends, and has said why.
            if len(header) != 3:
                raise PlanError(
                    f"the content of {path} is not in this clone, which is partial, and could not be fetched "
                    f"({done.stderr.decode(errors='replace').strip()}): git fetch --refetch"
                )
            at = end + 1 + int(header[2]) + 1
            try:
                self._contents[path] = done.stdout[end + 1 : at - 1].decode()
            except UnicodeDecodeError as error:
                raise PlanError(f"{path} is not UTF-8: {error}") from None


def commit(repository: Path, revision: str) -> str:
    """The full name of a commit. Raises PlanError where this clone does not have it."""
    try:
        return git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()
    except PlanError:
        raise PlanError(
            f"{revision} is no commit of this clone; a shallow clone may lack it: git fetch --depth=1 origin {revision}"
        ) from None


def work_tree(repository: Path) -> str:
    """What is in the work tree now, as a git tree: through an index of its own, so that git's own stays as it is."""
    index = Path(git(repository, "rev-parse", "--path-format=absolute", "--git-path", "index").strip())
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "index"
        if index.exists():
            shutil.copy(index, copy)  # with what git knows of unchanged files, which makes this quick
        environment = {**os.environ, "GIT_INDEX_FILE": str(copy)}
        git(repository, "add", "--all", environment=environment)
        return git(repository, "write-tree", environment=environment).strip()


def root(folder: Path) -> Path:
    """The root of the repository that a folder is in."""
    try:
        return Path(git(folder, "rev-parse", "--show-toplevel").strip())
    except PlanError as error:
        raise PlanError(
            f"tags are made from what git has of the files, and {folder} is in no repository: {error}"
        ) from None


def git(repository: Path, *arguments: str, environment: dict[str, str] | None = None) -> str:
    """What git prints. Raises PlanError with its words when it fails."""
    try:
        done = subprocess.run(
            ["git", "-C", repository, "-c", "core.quotePath=false", *arguments], capture_output=True, env=environment
        )
    except FileNotFoundError:
        raise PlanError("git is not in PATH") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise PlanError(f"git {arguments[0]}: {said or f'exit code {done.returncode}'}")
    return done.stdout.decode(errors="surrogateescape")
