"""Raise every version in uv.lock as far as pyproject.toml lets it, and say what changed: `make upgrade`."""

import subprocess
import sys
import tomllib
from pathlib import Path

LOCK = Path("uv.lock")


def versions(lock: str) -> dict[str, str]:
    """Version by package; of a package in several versions, all of them."""
    found: dict[str, list[str]] = {}
    for package in tomllib.loads(lock)["package"]:
        found.setdefault(package["name"], []).append(package.get("version", ""))
    return {name: ", ".join(each) for name, each in found.items()}


def summary(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """A line a package that came, went or moved; what may break is marked, as semver.org has it."""
    lines = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old != new:
            mark = "   (may break)" if old and new and _promise(old) != _promise(new) else ""
            lines.append(f"{name:32} {old or 'new':>14} -> {new or 'gone'}{mark}")
    return lines


def _promise(version: str) -> list[str]:
    """The part of a version that stays as long as nothing breaks: the first number, and a second one after a zero."""
    first, second, *_ = [*version.split("."), ""]
    return [first, second] if first == "0" else [first]


def main() -> None:
    """Lock anew and compare."""
    before = versions(LOCK.read_text("utf-8"))
    if subprocess.run([Path(sys.executable).parent / "uv", "lock", "-q", "--upgrade"]).returncode:  # noqa: S603
        sys.exit("uv.lock is as it was: uv could not raise it, and says why above")
    lines = summary(before, versions(LOCK.read_text("utf-8")))
    print("\n".join(lines) or "Everything is at its newest already.")
    if lines:
        print(f"\n{len(lines)} changed. Now `make licences audit test`, then commit uv.lock.")


if __name__ == "__main__":
    main()
