"""Add a service from templates/service, or take one away: `make new-service`, `make remove-service`."""

import argparse
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import copier

from dev import entries, names
from dev.changes import Changes
from dev.entries import Edit
from dev.workspace import ROOT, services

TEMPLATE = ROOT / "templates" / "service"
BIN = Path(sys.executable).parent
ARCHITECTURE = Path("docs/architecture.md")
FIRST_PORT, LAST_PORT = 8000, 8079
SYNC = (
    BIN / "uv",
    "sync",
    "-q",
    "--frozen",
    "--all-packages",
    "--all-groups",
    "--no-group=pictures",
    "--no-group=browser",
)
"""As the Makefile has it."""

VALUES = {
    "plain": "  test:\n    path: /v1/greeting\n    expect: greeting\n",
    "model": (
        "  resources:\n    limits:\n      memory: 256Mi\n    requests:\n      memory: 128Mi\n"
        "  test:\n    path: /v2/models/{name}\n    expect: {name}\n"
    ),
}
"""What a service of each kind sets in the umbrella's values.yaml."""

NEXT = """
{name} is a service. Its code is in services/{name}, and these know of it: {others}.

  make dev S={name}      run it, and restart it on every change
  make test S={name}     its tests
  make image S={name}    its image
  make openapi S={name}  after a change of its API

Who owns it: the line of {name} in CODEOWNERS. Whom it calls: `calls` of {name} in charts/umbrella/values.yaml.
"""


def add(name: str, kind: str) -> None:
    """Everything a service needs, or an error and nothing."""
    if problem := names.problem(name):
        sys.exit(f"NAME={name} {problem}")
    if kind not in VALUES:
        sys.exit(f"KIND={kind} is unknown: {' or '.join(VALUES)}")
    folder, port = Path("services") / name, _free_port()
    edits: dict[Path, Edit] = {
        entries.CHART: entries.add_alias,
        entries.SCHEMA: entries.add_to_schema,
        entries.VALUES: entries.add_values(VALUES[kind].format(name=name)),
        entries.OWNERS: entries.add_owner,
        entries.COMPOSE: entries.add_to_compose(port),
        entries.TARGETS: entries.add_target,
        entries.DEPLOYED: entries.add_deployed,
        **dict.fromkeys(entries.environments(ROOT), entries.add_replicas),
    }
    with _undone(), Changes(ROOT) as changes:
        changes.keep(folder)
        for part in ("common", kind):
            answers = {"name": name, "kind": kind, "port": port, "part": part}
            copier.run_copy(str(TEMPLATE), ROOT / folder, answers, defaults=True, quiet=True)
        _run(BIN / "ruff", "check", "-q", "--fix", "--exit-zero", folder, quiet=True)  # imports sort by the name
        _run(BIN / "ruff", "format", "-q", folder)
        _edit(changes, edits, name)
        changes.write(entries.image(name), entries.image_text(name))
        _lock(changes)
        if (ROOT / folder / "src" / name.replace("-", "_") / "train.py").exists():
            _run(sys.executable, "-m", f"{name.replace('-', '_')}.train")
        _run(sys.executable, "-m", "dev.openapi", name, quiet=True)
        changes.keep(ARCHITECTURE)
        _run(sys.executable, "-m", "dev.documents", quiet=True)
    print(NEXT.format(name=name, others=", ".join(sorted(changes.made[1:]))))


def remove(name: str) -> None:
    """The folder and every entry of it, unless another service needs it."""
    found = {each.name: each for each in services()}
    if name not in found:
        sys.exit(f"NAME={name} is not a service: one of {' '.join(found)}")
    callers = {each.name for each in found.values() if name in each.calls}
    callers |= {path.parts[-3] for path in ROOT.glob(f"services/*/contracts/{name}.json")}
    if callers:
        sys.exit(
            f"{name} is called by {', '.join(sorted(callers))}: take it out of their `calls` in {entries.VALUES}, "
            "and of their contracts/uses.toml (then make contracts)"
        )
    edits: dict[Path, Edit] = {
        entries.CHART: entries.remove_alias,
        entries.SCHEMA: entries.remove_from_schema,
        entries.VALUES: entries.remove_values,
        entries.OWNERS: entries.remove_owner,
        entries.COMPOSE: entries.remove_from_compose,
        entries.TARGETS: entries.remove_target,
        entries.DEPLOYED: entries.remove_deployed,
        **dict.fromkeys(entries.environments(ROOT), entries.remove_replicas),
    }
    with _undone(), Changes(ROOT) as changes:
        changes.remove(Path("services") / name)
        _edit(changes, edits, name)
        changes.remove(entries.image(name))
        _lock(changes)
        changes.keep(ARCHITECTURE)
        _run(sys.executable, "-m", "dev.documents", quiet=True)
    print(f"{name} is gone from {', '.join(sorted(changes.made))}.")
    if mentions := _mentions(name):
        print(f"These still speak of it: {', '.join(mentions)}.")


@contextlib.contextmanager
def _undone() -> Iterator[None]:
    """Has the environment follow the files when these are put back."""
    try:
        yield
    except BaseException as error:
        subprocess.run(SYNC, cwd=ROOT)  # noqa: S603
        if isinstance(error, entries.EntryError):
            sys.exit(f"{error}: everything is as it was before")
        raise


def _edit(changes: Changes, edits: dict[Path, Edit], name: str) -> None:
    for path, edit in edits.items():
        before = (ROOT / path).read_text("utf-8")
        if (after := edit(before, name)) != before:
            changes.write(path, after)


def _lock(changes: Changes) -> None:
    changes.keep(Path("uv.lock"))
    _run(BIN / "uv", "lock", "-q")
    _run(*SYNC)


def _free_port() -> int:
    taken = {each.port for each in services()}
    return next(port for port in range(FIRST_PORT, LAST_PORT) if port not in taken)


def _mentions(name: str) -> list[str]:
    found = subprocess.run(["git", "grep", "-lwF", name], cwd=ROOT, capture_output=True, text=True)  # noqa: S603, S607
    return found.stdout.split()


def _run(*command: str | Path, quiet: bool = False) -> None:
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL if quiet else None)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed: everything is as it was before")


if __name__ == "__main__":
    parser = argparse.ArgumentParser("python -m dev.scaffold", description=__doc__)
    parser.add_argument("verb", choices=["add", "remove"])
    parser.add_argument("name")
    parser.add_argument("kind", nargs="?", default="plain")
    options = parser.parse_args()
    if options.verb == "add":
        add(options.name, options.kind)
    else:
        remove(options.name)
