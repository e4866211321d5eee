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
    """A line a package that came, went or moved; a new first number is marked, since it may break."""
    lines = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old != new:
            major = old and new and old.partition(".")[0] != new.partition(".")[0]
            lines.append(f"{name:32} {old or 'new':>14} -> {new or 'gone'}{'   (major)' if major else ''}")
    return lines


def main() -> None:
    """Lock anew and compare."""
    before = versions(LOCK.read_text("utf-8"))
    subprocess.run([Path(sys.executable).parent / "uv", "lock", "-q", "--upgrade"], check=True)  # noqa: S603
    lines = summary(before, versions(LOCK.read_text("utf-8")))
    print("\n".join(lines) or "Everything is at its newest already.")
    if lines:
        print(f"\n{len(lines)} changed. make test, then commit uv.lock.")


if __name__ == "__main__":
    main()
