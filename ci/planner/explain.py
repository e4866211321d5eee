"""The plan in words: what each service is made of, and why it is due or not."""

from collections import Counter

from planner.images import NEVER
from planner.inputs import SERVICES
from planner.lock import LOCK
from planner.plan import Planned

SHOWN = 5


def explain(planned: list[Planned]) -> str:
    """A paragraph a service."""
    return "\n".join(map(paragraph, planned))


def paragraph(each: Planned) -> str:
    recorded = each.image.tag + (f", built from {each.image.revision[:12]}" if each.image.revision else "")
    rows = [("tag", each.inputs.tag), ("recorded", recorded)]
    if each.base:
        rows.append(("base", each.before.tag if each.before else "none"))
    rows += [("because", reason(each)), ("inputs", ", ".join(summary(each)))]
    lines = [f"  {name:<9} {text}" for name, text in rows]
    return "\n".join([f"{each.service}: {'due' if each.due else 'not due'}", *lines, ""])


def reason(each: Planned) -> str:
    if each.base:
        if each.before is None:
            return f"{each.base[:12]} has no such service"
        return (
            f"changed since {each.base[:12]}: {listed(each.changed)}"
            if each.due
            else f"all inputs are those of {each.base[:12]}"
        )
    if not each.due:
        return "the recorded image is of these inputs"
    if each.image.tag == NEVER:
        return "no image of it was ever recorded"
    if each.before and each.before.tag == each.image.tag:
        return f"changed since it was built: {listed(each.changed)}"
    return "the recorded image is of other inputs" + (
        "" if each.before else "; the commit it was built from is not in this clone"
    )


def listed(names: list[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def summary(each: Planned) -> list[str]:
    """The inputs by folder, so that they fit a line or two."""
    packages = sum(line.startswith(f"{LOCK}: ") for line in each.inputs.lines)
    folders = Counter("/".join(line.split("/")[:2]) for line in each.inputs.lines if line.count("/") > 1)
    single = [line for line in each.inputs.lines if line.count("/") < 2 and not line.startswith(f"{LOCK}: ")]
    own = f"{SERVICES}/{each.service}"
    ordered = sorted(folders, key=lambda folder: (folder != own, folder))
    return [*(f"{folder} ({folders[folder]} files)" for folder in ordered), *single, f"{LOCK} ({packages} packages)"]
