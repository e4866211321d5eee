"""The umbrella chart's Chart.yaml, as far as it names the services."""

import re

from planner.errors import PlanError

CHART = "charts/umbrella/Chart.yaml"


def aliases(text: str) -> set[str]:
    """Under which names the chart `service` is used. Reads lists of `key: value` only, and says so of anything else."""
    found = re.search(r"^dependencies:[ \t]*(?:#.*)?\n((?:(?:[ \t-].*|#.*)?\n?)*)", text, re.M)
    if not found:
        raise PlanError(f"{CHART} has no `dependencies:` with one item a service")
    services = set()
    for item in re.split(r"^\s*-\s+", found[1], flags=re.M)[1:]:
        keys: dict[str, str] = {}
        for line in item.splitlines():
            content = re.sub(r"(^|\s)#.*", "", line).strip()
            pair = re.fullmatch(r"([\w-]+):\s*(.+)", content)
            if pair:
                keys[pair[1]] = pair[2].strip("\"'")
            elif content:
                raise PlanError(f"{CHART}: a dependency may have only lines like `alias: joker`, not `{content}`")
        if keys.get("name") == "service":
            services.add(keys.get("alias", "service"))
    return services
