"""The command ci/plan."""

import argparse
import re
import sys
from pathlib import Path

from planner import explain, pipeline
from planner.errors import PlanError
from planner.inputs import Repository
from planner.plan import Commits, plan
from planner.tree import Tree, git, root, work_tree

ABOUT = """Which services are due: those whose inputs hash to another tag than charts/umbrella/images/ records.
Prints the child pipeline that builds them. Reads a commit and not the work tree, unless told to."""


def main(arguments: list[str]) -> int:
    """0, or 1 when there is something to mend in the repository, 2 for a wrong option."""
    parser = argparse.ArgumentParser("ci/plan", description=ABOUT)
    parser.add_argument("revision", nargs="?", default="HEAD", help="the commit to plan (HEAD)")
    parser.add_argument(
        "--base", metavar="REV", help="plan a merge request: due is what differs between REV and the commit"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="print the names of the due services, one a line")
    what.add_argument(
        "--explain", action="store_true", help="print what each service is made of, and why it is due or not"
    )
    what.add_argument("--tag", metavar="SERVICE", help="print the tag of one service")
    parser.add_argument(
        "--work-tree", action="store_true", help="with --tag: of the files as they are now, uncommitted ones too"
    )
    options = parser.parse_args(arguments)
    if options.work_tree and not options.tag:
        parser.error("--work-tree goes with --tag")
    try:
        folder = root(Path.cwd())
        if options.tag:
            print(tag(folder, options.tag, options.revision, work=options.work_tree))
            return 0
        commits = Commits(folder)
        planned = plan(commits, options.revision, options.base, explain=options.explain)
        if options.explain:
            print(explain.explain(planned), end="")
        elif options.list:
            print("".join(f"{each.service}\n" for each in planned if each.due), end="")
        else:
            epoch = git(folder, "show", "--no-patch", "--format=%ct", options.revision).strip()
            print(pipeline.pipeline(planned, epoch), end="")
    except PlanError as error:
        print(re.sub(r"^(?=\S)", "ci/plan: ", str(error), flags=re.M), file=sys.stderr)
        return 1
    return 0


def tag(folder: Path, service: str, revision: str, *, work: bool) -> str:
    """The tag of one service. Raises PlanError where there is no such service."""
    repository = Repository(Tree(folder, work_tree(folder))) if work else Commits(folder)(revision)
    if service not in repository.services:
        raise PlanError(f"{service} is not a service: one of {' '.join(repository.services)}")
    return repository.inputs(service).tag
