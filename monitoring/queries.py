"""Every PromQL expression of the repository, with the place where it stands: dashboards and rules."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
DASHBOARDS = sorted(ROOT.glob("grafana/dashboards/*.json"))
RULES = sorted(ROOT.glob("prometheus/rules/*.yaml"))

ALL = ".+"
"""What each query variable of the dashboards stands for when `All` is chosen: their `allValue`."""

_LABEL_VALUES = re.compile(r"label_values\((?P<selector>.+),\s*(?P<label>\w+)\)")
_IN_BRACES = re.compile(r"\{\{\s*(?:\$labels\.)?(\w+)\s*[|}]")


@dataclass(frozen=True)
class Query:
    """An expression of a dashboard.

    `item` is a panel's title, or a variable or annotation with its name; `labels` are those that the text beside it
    shows: a legend, a title.
    """

    file: str
    item: str
    expr: str
    labels: frozenset[str]
    instant: bool = True
    part: str = ""

    @property
    def place(self) -> str:
        """Where it stands, for a person."""
        return f"{self.file}, {self.item}{self.part and f', query {self.part}'}"


@dataclass(frozen=True)
class Rule:
    """A recording or an alerting rule; `name` is what it records, or the alert's.

    `labels` are those that its annotations show, `own_labels` those that it adds.
    """

    file: str
    name: str
    expr: str
    alert: bool
    own_labels: dict[str, str]
    labels: frozenset[str]

    @property
    def place(self) -> str:
        """Where it stands, for a person."""
        return f"{self.file}, {self.name}"


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """The panels that show something: rows are headings."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def filled(expr: str, interval: str = "1m", time_range: str = "10m") -> str:
    """The expression as Grafana sends it with `All` chosen. Raises ValueError for a variable that is not known."""
    for name, value in (("__rate_interval", interval), ("__range", time_range)):
        expr = expr.replace(f"${name}", value)
    expr = re.sub(r"\$(namespace|service|backend)\b", ALL, expr)
    # A $1 is a capture group of label_replace.
    if unknown := re.findall(r"\$\{?[A-Za-z_]\w*\}?", expr):
        raise ValueError(f"unknown variables {unknown} in {expr}")
    return expr


def dashboard_queries(path: Path, interval: str = "1m", time_range: str = "10m") -> Iterator[Query]:
    """Panels, variables and annotations of one dashboard, variables filled in."""
    dashboard = json.loads(path.read_text())
    for panel in panels(dashboard):
        for target in panel["targets"]:
            shown = _shown(target["legendFormat"])
            expr = filled(target["expr"], interval, time_range)
            yield Query(path.name, panel["title"], expr, shown, target["instant"], target["refId"])
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            match = _LABEL_VALUES.fullmatch(variable["query"]["query"])
            assert match, f"{path.name}, variable {variable['name']}: only label_values(selector, label) is read here"
            shown = frozenset({match["label"]})
            yield Query(path.name, f"variable {variable['name']}", filled(match["selector"]), shown)
    for annotation in dashboard["annotations"]["list"]:
        if "expr" in annotation:
            keys = [key for key in annotation.get("tagKeys", "").split(",") if key]
            shown = _shown(annotation["titleFormat"] + annotation["textFormat"]) | frozenset(keys)
            yield Query(path.name, f"annotation {annotation['name']}", filled(annotation["expr"]), shown, instant=False)


def rules(path: Path) -> Iterator[Rule]:
    """The rules of one file, in order."""
    for group in yaml.safe_load(path.read_text())["groups"]:
        for rule in group["rules"]:
            name = rule.get("alert") or rule["record"]
            texts = "".join(rule.get("annotations", {}).values())
            shown = frozenset(re.findall(r"\$labels\.(\w+)", texts))
            yield Rule(path.name, name, rule["expr"], "alert" in rule, rule.get("labels", {}), shown)


def all_rules() -> list[Rule]:
    """The rules of all files."""
    return [rule for path in RULES for rule in rules(path)]


def all_queries() -> list[Query]:
    """The queries of all dashboards."""
    return [query for path in DASHBOARDS for query in dashboard_queries(path)]


def _shown(text: str) -> frozenset[str]:
    return frozenset(_IN_BRACES.findall(text))
