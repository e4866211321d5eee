"""What a merge request changes: the services that are due, and the difference in what the chart renders."""

import difflib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from planner import images
from planner.errors import PlanError
from planner.explain import listed
from planner.plan import Commits, Planned, plan
from planner.tree import root

UMBRELLA = "charts/umbrella"


def main(arguments: list[str]) -> int:
    """0, or 1 with the reason on stderr."""
    (base,) = arguments
    try:
        folder = root(Path.cwd())
        planned = plan(Commits(folder), "HEAD", base)
        print(summary(planned, render(folder, base, {}), render(folder, "HEAD", tags(planned)), base))
    except (PlanError, OSError) as error:
        print(f"ci/summary: {error}", file=sys.stderr)
        return 1
    return 0


def tags(planned: list[Planned]) -> dict[str, str]:
    """The tags that the update stage would record."""
    return {each.service: each.inputs.tag for each in planned if each.due}


def summary(planned: list[Planned], before: str, after: str, base: str) -> str:
    rows = []
    for each in filter(lambda each: each.due, planned):
        before_tag = f"`{each.before.tag}`" if each.before else "new"
        rows.append(f"| {each.service} | `{each.inputs.tag}` | {before_tag} | {listed(each.changed)} |")
    table = ["| due | tag | before | changed |", "|---|---|---|---|", *rows] if rows else ["No service is due."]
    diff = list(difflib.unified_diff(before.splitlines(), after.splitlines(), base[:12], "merge request", lineterm=""))
    rendered = ["```diff", *diff, "```"] if diff else ["The chart renders as before."]
    return "\n".join(["## Images", "", *table, "", "## In the cluster", "", *rendered])


def render(folder: Path, revision: str, recorded: dict[str, str]) -> str:
    """What the umbrella chart of a commit renders, with other tags for some of its services."""
    archive = subprocess.run(["git", "-C", folder, "archive", revision, UMBRELLA], capture_output=True)
    if archive.returncode:
        raise PlanError(f"{UMBRELLA} of {revision}: {archive.stderr.decode().strip()}")
    with tempfile.TemporaryDirectory() as temporary:
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
            tar.extractall(temporary, filter="data")
        chart = Path(temporary, UMBRELLA)
        for service, tag in recorded.items():
            path = Path(temporary, images.path(service))
            path.write_text(images.parse(service, path.read_text("utf-8")).built(tag, "", "").text(), "utf-8")
        values = [option for path in sorted(chart.glob("images/*.yaml")) for option in ("-f", str(path))]
        if not (helm := shutil.which("helm")):
            raise PlanError("helm is not in PATH: `make summary` brings it along")
        done = subprocess.run([helm, "template", "punchline", chart, *values], capture_output=True, text=True)
    if done.returncode:
        raise PlanError(f"{UMBRELLA} of {revision} does not render: {done.stderr.strip()}")
    return done.stdout
