"""The repository that Argo CD deploys from, and the clone in which people make their commits."""

from ci.scenarios import origin


class Origin(origin.Origin):
    """A bare repository with all that the work tree has."""

    @property
    def address(self) -> str:
        """What Argo CD clones."""
        return f"file://{self.url}"

    def commit(self, message: str, files: dict[str, str]) -> str:
        """Write files by path, commit and push them; gives back the commit."""
        for path, text in files.items():
            self.write(path, text)
        return self.push(message)

    def revert(self, commit: str) -> str:
        """`git revert`, pushed; gives back the commit that does it."""
        self.pull()
        self.git("revert", "--no-edit", commit)
        self.git("push", "--quiet", "origin", "HEAD:main")
        return self.head
