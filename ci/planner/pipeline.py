"""The child pipeline: three jobs a due service, from the template ci/service.yml."""

import json
from typing import Any

from planner.inputs import TEMPLATE
from planner.plan import Planned

STAGES = ("test", "build", "update")


def pipeline(planned: list[Planned], epoch: str) -> str:
    """As JSON, which is YAML. `epoch` is the time of the commit, which the files in the images get.

    The template is included once and its jobs extended, since GitLab takes no more than 150 includes in one pipeline.
    In a merge request nothing is published: there is no update, and what is built is not pushed. There GitLab must be
    told that all of it runs, too: without rules jobs are for branches and tags alone.
    """
    due = [each for each in planned if each.due]
    publish = not any(each.base for each in planned)
    always = {"workflow": {"rules": [{"when": "always"}]}}
    document: dict[str, Any] = always | {
        "include": [{"local": f"/{TEMPLATE}", "inputs": {"publish": publish}}],
        "stages": STAGES,
    }
    if not due:
        document = always | {
            "nothing is due": {"script": ["echo 'Every image is of the inputs that are in this commit.'"]}
        }
    for each in due:
        variables = {"SERVICE": each.service, "TAG": each.inputs.tag, "SOURCE_DATE_EPOCH": epoch}
        before: str | None = None
        for stage in STAGES if publish else STAGES[:-1]:
            job = {"extends": f".{stage}", "needs": [before] if before else [], "variables": variables}
            before = f"{each.service}: {stage}"
            document[before] = job
    return json.dumps(document, indent=2) + "\n"
