"""The repository that Argo CD deploys from: a bare one, and a clone in which people and bots make their commits."""

import shutil
from pathlib import Path

from e2e.kubernetes import run

IDENTITY = ("-c", "user.name=Punchline", "-c", "user.email=punchline@example.com", "-c", "commit.gpgsign=false")


class Origin:
    """A git origin with one commit, of all that the work tree has; made below `directory`."""

    def __init__(self, directory: Path) -> None:
        self._bare = directory / "punchline.git"
        self.clone = directory / "clone"
        run("git", "init", "--quiet", "--bare", "--initial-branch=main", str(self._bare))
        run("git", "clone", "--quiet", self.url, str(self.clone))
        self.git("switch", "--quiet", "--create", "main")
        for name in run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
            if name and Path(name).exists():
                (self.clone / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(name, self.clone / name)
        self.push("all of it")

    @property
    def url(self) -> str:
        """What Argo CD clones."""
        return f"file://{self._bare}"

    def git(self, *arguments: str) -> str:
        """What git prints, in the clone."""
        return run("git", "-C", str(self.clone), *IDENTITY, *arguments).strip()

    def commit(self, message: str, files: dict[str, str]) -> str:
        """Write files by path, commit and push them; gives back the commit."""
        for path, text in files.items():
            (self.clone / path).write_text(text, "utf-8")
        return self.push(message)

    def push(self, message: str) -> str:
        """Commit all that has changed, and push it."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self._pushed()

    def revert(self, commit: str) -> str:
        """`git revert`, pushed."""
        self.git("revert", "--no-edit", commit)
        return self._pushed()

    @property
    def head(self) -> str:
        """The newest commit."""
        return self.git("rev-parse", "HEAD")

    def _pushed(self) -> str:
        self.git("push", "--quiet", "origin", "main")
        return self.head
