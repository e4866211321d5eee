"""A branch of a remote repository: read, and moved on by one commit, without touching the work tree."""

import os
import subprocess
import tempfile
from pathlib import Path

from planner.tree import git


class PushError(Exception):
    """The branch is gone or closed to us. The message says what to do."""


class LostRace(Exception):  # noqa: N818
    """Somebody else's commit came first."""


class Branch:
    """`name` of the repository at `url`. `header` is sent along and appears in no command line and no output."""

    def __init__(self, clone: Path, url: str, name: str, header: str = "") -> None:
        self.clone = clone
        self.url = url
        self.name = name
        self.environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
        if header:
            self.environment |= {
                "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": "http.extraHeader",
                "GIT_CONFIG_VALUE_0": header,
            }

    def fetch(self) -> str:
        """The commit that the branch is at, fetched with its history. Raises PushError where it cannot be had."""
        if not self._head():
            raise PushError(f"the branch {self.name} of {self.url} is gone: nothing was recorded")
        shallow = git(self.clone, "rev-parse", "--is-shallow-repository").strip() == "true"
        fetched = self._git(
            "fetch", "--quiet", "--no-tags", *(["--unshallow"] if shallow else []), self.url, f"refs/heads/{self.name}"
        )
        if fetched.returncode:
            raise PushError(f"{self.name} of {self.url} cannot be fetched: {fetched.stderr.strip()}")
        return git(self.clone, "rev-parse", "FETCH_HEAD").strip()

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `newer` came from `older`; False too where one of them is not known here."""
        return self._git("merge-base", "--is-ancestor", older, newer).returncode == 0

    def commit(self, head: str, path: str, text: str, message: str) -> str:
        """A commit on top of `head` in which one file is different. Nobody sees it before it is pushed."""
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "GIT_INDEX_FILE": str(Path(folder) / "index")}
            source = Path(folder) / "content"
            source.write_text(text, "utf-8", newline="\n")
            blob = git(self.clone, "hash-object", "-w", "--no-filters", str(source)).strip()
            git(self.clone, "read-tree", head, environment=environment)
            git(self.clone, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", environment=environment)
            tree = git(self.clone, "write-tree", environment=environment).strip()
        return git(self.clone, "commit-tree", tree, "-p", head, "-m", message, environment=signed()).strip()

    def push(self, head: str, new: str) -> None:
        """Move the branch from `head` to `new`. Raises LostRace if it is elsewhere by now, PushError if refused."""
        # The lease also keeps a branch that was deleted in the meantime from being made again.
        reference = f"refs/heads/{self.name}"
        pushed = self._git(
            "push", "--porcelain", f"--force-with-lease={reference}:{head}", self.url, f"{new}:{reference}"
        )
        if pushed.returncode == 0:
            return
        said = pushed.stdout + pushed.stderr
        # Where the branch is tells, since servers have many words for it; but one that is being moved is there still.
        if self._head() != head or any(sign in said for sign in BEING_MOVED):
            raise LostRace(said.strip())
        raise PushError(
            f"{self.url} does not take a push to {self.name}: {said.strip()}\n"
            "The token needs write_repository, and the branch must allow its role to push: see docs/ci.md"
        )

    def _head(self) -> str:
        """The commit that the branch is at there, or nothing if it is gone. Raises PushError where nobody answers."""
        listed = self._git("ls-remote", self.url, f"refs/heads/{self.name}")
        if listed.returncode:
            raise PushError(
                f"{self.url} cannot be read: {listed.stderr.strip()}; see docs/ci.md for the token it needs"
            )
        return listed.stdout.partition("\t")[0]

    def _git(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", "-C", self.clone, *arguments],
            capture_output=True,
            text=True,
            env={**self.environment, "LC_ALL": "C"},
        )


def signed() -> dict[str, str]:
    """The environment in which git signs with the pipeline's name, if nobody gave it another."""
    defaults = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in BOT.items()}
    return {**defaults, **os.environ}


BEING_MOVED = ("cannot lock ref", "failed to update ref", "incorrect old value")
"""What git says on the server, by version, when another push to the same branch is not over yet."""

BOT = {"NAME": "pipeline", "EMAIL": "pipeline@localhost"}
