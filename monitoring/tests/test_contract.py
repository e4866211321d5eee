"""Every metric and every label that a dashboard or a rule names is one that the running services expose."""

import json
import re
from collections.abc import Mapping

import promql_parser as promql
import pytest
import yaml

from monitoring.labels import Labels, Reader
from monitoring.queries import DASHBOARDS, ROOT, RULES, Query, Rule, all_queries, all_rules, dashboard_queries, rules

EXTERNAL = yaml.safe_load((ROOT / "monitoring/external.yaml").read_text())


def target_labels(config: str) -> Labels:
    """What a Prometheus configuration puts on every series: `job` and `instance`, and what it names."""
    labels = {"job", "instance"}
    for job in yaml.safe_load((ROOT / "prometheus" / config).read_text())["scrape_configs"]:
        for static in job.get("static_configs", []):
            labels |= set(static["labels"])
        labels |= {rule["target_label"] for rule in job.get("relabel_configs", []) if "target_label" in rule}
    return frozenset(label for label in labels if not label.startswith("__"))


@pytest.fixture(scope="session")
def scraped(exposed) -> dict[str, Labels]:
    """The labels of each metric that Prometheus has, wherever it runs: the services' own and the targets'."""
    target = target_labels("prometheus.yml") & target_labels("kubernetes.yml")
    metrics = {name: target | frozenset(meta["labels"]) for name, meta in EXTERNAL.items()}
    for samples in exposed.values():
        for name, series in samples.items():
            metrics[name] = metrics.get(name, target) | frozenset().union(*series)
    return metrics


def problems_of_rules(scraped: Mapping[str, Labels], found: list[Rule]) -> tuple[dict[str, Labels], list[str]]:
    """All metrics there are once the rules are evaluated, and what is wrong with the rules."""
    metrics, problems, alerts = dict(scraped), [], set()
    for rule in found:
        reader = Reader(metrics)
        labels = reader.read(promql.parse(rule.expr)) or frozenset()
        labels |= frozenset(rule.own_labels)
        problems += [f"{rule.place}: {problem}" for problem in reader.problems]
        problems += [
            f"{rule.place}: its text shows '{label}', which the alert has not" for label in rule.labels - labels
        ]
        if rule.alert:
            alerts |= labels
        else:
            metrics[rule.name] = metrics.get(rule.name, labels) & labels
    metrics["ALERTS"] = frozenset(alerts | {"alertname", "alertstate"})
    return metrics, problems


def problems_of_queries(metrics: Mapping[str, Labels], queries: list[Query]) -> list[str]:
    problems = []
    for query in queries:
        reader = Reader(metrics)
        labels = reader.read(promql.parse(query.expr)) or frozenset()
        problems += [f"{query.place}: {problem}" for problem in reader.problems]
        problems += [f"{query.place}: its text shows '{label}', which it has not" for label in query.labels - labels]
    return problems


def ordered(found: list[Rule]) -> list[Rule]:
    """What is recorded before what uses it: alphabetically that is objectives, services, then alerts."""
    return sorted(found, key=lambda rule: rule.alert)


def test_rules_name_what_is_there(scraped):
    _, problems = problems_of_rules(scraped, ordered(all_rules()))
    assert problems == []


def test_dashboards_name_what_is_there(scraped):
    metrics, _ = problems_of_rules(scraped, ordered(all_rules()))
    assert problems_of_queries(metrics, all_queries()) == []


def test_nothing_is_called_external_that_a_service_exposes_or_nobody_uses(exposed):
    used = "".join(query.expr for query in all_queries()) + "".join(rule.expr for rule in all_rules())
    for name in EXTERNAL:
        assert re.search(rf"\b{name}\b", used), f"{name} is not used"
        assert not any(name in samples for samples in exposed.values()), f"{name} is exposed"


def test_every_metric_of_the_scrape_is_explained(exposed):
    """One table in docs/observability.md, with the labels; the client library's own are one row a prefix.

    A row more must be of a service that is not scraped here, or of a route that none of these has.
    """
    rows = re.findall(r"^\| `([a-z_*]+)` \|([^|]*)\|", (ROOT / "docs/observability.md").read_text(), re.MULTILINE)
    documented = {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows}
    there: dict[str, set[str]] = {}
    for samples in exposed.values():
        for sample, series in samples.items():
            name = re.sub(r"_(bucket|count|sum)$", "", sample)
            name = re.sub(r"^(python|process)_\w+", r"\1_*", name)
            there.setdefault(name, set()).update(*series)
    there = {name: labels - {"le"} for name, labels in there.items()}
    for prefix in ("python_*", "process_*"):
        documented.setdefault(prefix, set())
        there[prefix] = documented[prefix]
    sources = "".join(
        path.read_text() for folder in ("libs", "services") for path in (ROOT / folder).glob("*/src/**/*.py")
    )
    others = {name for name in documented.keys() - there.keys() if f'"{name}"' in sources}
    assert {name: labels for name, labels in documented.items() if name not in others} == there


BROKEN = [
    ("services.json", "sum by (status_code) (increase", "sum by (response_code) (increase", "'response_code'"),
    ("services.json", 'status_code=~\\"5..\\"', 'code=~\\"5..\\"', "'code'"),
    ("services.json", '"{{status_code}}"', '"{{status}}"', "'status'"),
    ("services.json", "process_open_fds", "process_fds", "'process_fds'"),
    (
        "calls.json",
        "label_values(outbound_request_duration_seconds_count{namespace=~",
        "label_values(outbound{namespace=~",
        "'outbound'",
    ),
    ("calls.json", "on (service) group_left ()", "on (backend) group_left ()", "'backend'"),
    ("model.json", "sum by (language) (rate", "sum by (lang) (rate", "'lang'"),
    ("slo.json", '{{service}} {{window}}"', '{{service}} {{range}}"', "'range'"),
    ("slo.json", "service:errors:ratio{", "service:error:ratio{", "'service:error:ratio'"),
]


@pytest.mark.parametrize(("name", "good", "bad", "named"), BROKEN)
def test_one_wrong_name_is_told_with_its_file_and_panel(scraped, tmp_path, name, good, bad, named):
    metrics, _ = problems_of_rules(scraped, ordered(all_rules()))
    (path,) = [path for path in DASHBOARDS if path.name == name]
    text = path.read_text()
    assert good in text
    broken = tmp_path / name
    broken.write_text(text.replace(good, bad, 1))
    problems = problems_of_queries(metrics, list(dashboard_queries(broken)))
    assert all(problem.startswith(f"{name}, ") for problem in problems)
    assert [problem for problem in problems if named in problem]


@pytest.mark.parametrize(
    ("name", "good", "bad", "named"),
    [
        (
            "services.yaml",
            "starlette_requests_total{status_code",
            "starlette_requests_total{response_code",
            "response_code",
        ),
        ("services.yaml", "on (service) group_left ()", "on (app_name) group_left ()", "app_name"),
        ("alerts.yaml", "{{ $labels.namespace }}", "{{ $labels.cluster }}", "cluster"),
        ("alerts.yaml", "0 * group by (namespace, service) (", "0 * group by (service) (", "namespace"),
    ],
)
def test_one_wrong_name_in_a_rule_is_told_with_its_file(scraped, tmp_path, name, good, bad, named):
    found = []
    for path in RULES:
        if path.name == name:
            text = path.read_text()
            assert good in text
            path = tmp_path / name
            path.write_text(text.replace(good, bad))
        found += rules(path)
    _, problems = problems_of_rules(scraped, ordered(found))
    assert [problem for problem in problems if problem.startswith(f"{name}, ") and named in problem]


def test_dashboards_are_read_whole():
    """Nothing in a dashboard has an expression that the reader above does not see."""
    for path in DASHBOARDS:
        text = json.loads(path.read_text())
        expressions: list[str] = []

        def collect(node: object, found: list[str] = expressions) -> None:
            if isinstance(node, dict):
                found += [node[key] for key in ("expr", "query") if isinstance(node.get(key), str)]
                for value in node.values():
                    collect(value)
            elif isinstance(node, list):
                for value in node:
                    collect(value)

        collect(text)
        assert len([e for e in expressions if e != "prometheus"]) == len(list(dashboard_queries(path)))
