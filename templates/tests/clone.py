"""A copy of this repository as it is now, uncommitted files included, as a clone of its own with one commit on main."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

IDENTITY = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    # An image has the time of its commit: one that was built from such a copy is found again from the next.
    for what, value in (("NAME", "tester"), ("EMAIL", "tester@example.com"), ("DATE", "2026-01-01T00:00:00Z"))
}
"""Who commits in it, and when."""


def git(folder: Path, *arguments: str) -> str:
    """What git prints."""
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=folder, env=os.environ | IDENTITY, check=True, capture_output=True, text=True)
    return done.stdout


def copy(folder: Path) -> Path:
    """Make it in `folder`, which must not be there."""
    for name in git(ROOT, "ls-files", "-co", "--exclude-standard", "-z").split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-m", "everything")
    return folder


def furnish(folder: Path) -> Path:
    """Give it this run's environment, by links, and what mypy knows: to make them anew takes longer than all the rest.

    `make` brings the environment in order, since it looks as if it never had.
    """
    venv = folder / ".venv"
    shutil.copytree(sys.prefix, venv, symlinks=True, copy_function=os.link)
    (venv / ".synced").unlink(missing_ok=True)
    begin = f"#!{sys.prefix}/".encode()
    for script in (venv / "bin").iterdir():
        if script.is_file() and not script.is_symlink() and (text := script.read_bytes()).startswith(begin):
            script.unlink()  # a link: what is written into it would be written into this run's
            script.write_bytes(text.replace(begin, f"#!{venv}/".encode(), 1))
            script.chmod(0o755)
    if (ROOT / ".mypy_cache").exists():
        shutil.copytree(ROOT / ".mypy_cache", folder / ".mypy_cache")
    return folder
