"""Where a service is entered beside its folder: chart, compose, deployment, CODEOWNERS. All else finds it in services/.

Each function gives the text of a file with the service's lines put in, or taken out, and everything else as it was.
"""

import re
from collections.abc import Callable
from pathlib import Path

CHART = Path("charts/umbrella/Chart.yaml")
SCHEMA = Path("charts/umbrella/values.schema.json")
VALUES = Path("charts/umbrella/values.yaml")
OWNERS = Path("CODEOWNERS")
COMPOSE = Path("compose.yaml")
TARGETS = Path("prometheus/prometheus.yml")
DEPLOYED = Path("argocd/apps/values.yaml")

Edit = Callable[[str, str], str]


class EntryError(Exception):
    """A file that does not look as expected; the message names it, and what to do."""


def environments(root: Path) -> list[Path]:
    """The files of what differs between staging and production."""
    return [path.relative_to(root) for path in sorted(root.glob("argocd/environments/*.yaml"))]


def image(name: str) -> Path:
    """The file that says which image of a service runs."""
    return Path(f"charts/umbrella/images/{name}.yaml")


def image_text(name: str) -> str:
    """As it is before the first build."""
    return f"""\
# Which image of {name} runs. Written by the pipeline's update stage; `dev` is what `make image S={name}` builds.
{name}:
  image:
    tag: "dev"
    digest: ""
    revision: ""
"""


def _after_last(path: Path, pattern: str, text: str, line: Callable[[re.Match[str]], str]) -> str:
    found = list(re.finditer(pattern, text, re.M))
    if not found:
        raise EntryError(f"{path}: no line like the one to add ({pattern})")
    return text[: found[-1].end()] + line(found[-1]) + text[found[-1].end() :]


def _without(path: Path, pattern: str, text: str) -> str:
    rest, times = re.subn(pattern, "", text, flags=re.M)
    if times > 1:
        raise EntryError(f"{path}: {times} places look like the one to remove ({pattern})")
    return rest


def add_alias(text: str, name: str) -> str:
    """Chart.yaml: the chart `service` once more."""
    pattern = r"^  - name: service\n    alias: .+\n    version: (.+)\n"
    return _after_last(CHART, pattern, text, lambda m: f"  - name: service\n    alias: {name}\n    version: {m[1]}\n")


def remove_alias(text: str, name: str) -> str:
    """Chart.yaml without it."""
    return _without(CHART, rf"^  - name: service\n    alias: {re.escape(name)}\n    version: .+\n", text)


def add_to_schema(text: str, name: str) -> str:
    """values.schema.json: values of this name are known."""
    pattern = r'^    "[a-z0-9-]+": \{"\$ref": "#/definitions/internal"\},\n'
    return _after_last(SCHEMA, pattern, text, lambda _: f'    "{name}": {{"$ref": "#/definitions/internal"}},\n')


def remove_from_schema(text: str, name: str) -> str:
    """values.schema.json without it."""
    return _without(SCHEMA, rf'^    "{re.escape(name)}": \{{"\$ref": "#/definitions/internal"\}},\n', text)


def add_values(values: str) -> Edit:
    """values.yaml: what the service sets, `values` with its name in front."""

    def add(text: str, name: str) -> str:
        return f"{text.rstrip()}\n\n{name}:\n{values}"

    return add


def remove_values(text: str, name: str) -> str:
    """values.yaml without what it sets."""
    return _without(VALUES, rf"^\n{re.escape(name)}:\n(?:(?: +.*|)\n)*?(?=\n\S|\Z)", text)


def add_owner(text: str, name: str) -> str:
    """CODEOWNERS: its folder belongs to a team of its own."""
    pattern = r"^(/services/\S+ +)\S.*\n"
    column = min(map(len, re.findall(pattern, text, re.M)), default=0)
    line = f"{f'/services/{name}/ ':{column}}@punchline/{name}\n"
    return _after_last(OWNERS, pattern, text, lambda _: line)


def remove_owner(text: str, name: str) -> str:
    """CODEOWNERS without it."""
    return _without(OWNERS, rf"^/services/{re.escape(name)}/ .*\n", text)


def add_to_compose(port: int) -> Edit:
    """compose.yaml: the service, at its port, and its URL for those who call it."""

    def add(text: str, name: str) -> str:
        variable = name.upper().replace("-", "_")
        block = (
            f"  {name}:\n    <<: *service\n    image: {name}:dev\n"
            f"    build: {{context: ., dockerfile: services/{name}/Dockerfile}}\n"
            f'    ports: ["127.0.0.1:${{{variable}_PORT:-{port}}}:8080"]\n'
        )
        text = _after_last(COMPOSE, r"^  \S+:\n    <<: \*service\n(?:    .*\n)+", text, lambda _: block)
        url = f"    {variable}_URL: http://{name}:8080\n"
        return _after_last(COMPOSE, r"^    [A-Z0-9_]+_URL: http://\S+:8080\n", text, lambda _: url)

    return add


def remove_from_compose(text: str, name: str) -> str:
    """compose.yaml without it."""
    text = _without(COMPOSE, rf"^  {re.escape(name)}:\n    <<: \*service\n(?:    .*\n)+", text)
    return _without(COMPOSE, rf"^    [A-Z0-9_]+_URL: http://{re.escape(name)}:8080\n", text)


def add_target(text: str, name: str) -> str:
    """prometheus.yml: scraped where compose runs it; in Kubernetes annotations say so."""
    pattern = r"^      - targets: \[\S+:8080\]\n        labels: .*\n"
    target = f"      - targets: [{name}:8080]\n        labels: {{namespace: compose, service: {name}}}\n"
    return _after_last(TARGETS, pattern, text, lambda _: target)


def remove_target(text: str, name: str) -> str:
    """prometheus.yml without it."""
    return _without(TARGETS, rf"^      - targets: \[{re.escape(name)}:8080\]\n        labels: .*\n", text)


def add_deployed(text: str, name: str) -> str:
    """apps/values.yaml: deployed where the default branch is; elsewhere `make promote` enters it."""
    return _deployed(text, lambda services: sorted({*services, name}))


def remove_deployed(text: str, name: str) -> str:
    """apps/values.yaml without it."""
    return _deployed(text, lambda services: [each for each in services if each != name])


def _deployed(text: str, change: Callable[[list[str]], list[str]]) -> str:
    pattern = r"^(    revision: HEAD\n(?:    .*\n)*?    services: )\[(.*)\]$"
    return re.sub(pattern, lambda m: f"{m[1]}[{', '.join(change(re.findall(r'[^, ]+', m[2])))}]", text, flags=re.M)


def add_replicas(text: str, name: str) -> str:
    """environments/NAME.yaml: as many pods as the service before it has."""
    replicas = re.findall(r"^\S+:\n  replicas: (\d+)$", text, re.M)
    return f"{text.rstrip()}\n{name}:\n  replicas: {replicas[-1]}\n" if replicas else text


def remove_replicas(text: str, name: str) -> str:
    """environments/NAME.yaml without it."""
    return re.sub(rf"^{re.escape(name)}:\n(?: .*\n)+", "", text, flags=re.M)
