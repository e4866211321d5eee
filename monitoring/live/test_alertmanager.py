"""Which alerts hold others back, and which go into one mail: prometheus/alertmanager.yml in a real Alertmanager."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from monitoring.queries import all_rules
from monitoring.stack import alertmanager, alertmanager_config, fire, poll

ALERTS = [{"alertname": rule.name, **rule.own_labels} for rule in all_rules() if rule.alert and rule.name != "Watchdog"]
"""The labels of each alert of a service, without the service."""


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with alertmanager(alertmanager_config(tmp_path, {})) as address:
        yield address


def words(labels: Mapping[str, str]) -> str:
    """Labels as a person reads them, and as sets and dicts take them."""
    return " ".join(f"{name}={value}" for name, value in sorted(labels.items()))


def settles(found: Callable[[], object], expected: object) -> None:
    """Alertmanager takes alerts in when it comes to them. Says how the two differ if they still do after a while."""
    with contextlib.suppress(AssertionError):
        poll("as expected", lambda: found() == expected, seconds=10)
    assert found() == expected


def get(url: str, path: str) -> list[dict[str, Any]]:
    return list(httpx.get(f"{url}/api/v2/{path}", trust_env=False).raise_for_status().json())


def test_what_is_down_or_burns_fast_is_told_once(url: str) -> None:
    def of(namespace: str, service: str, alerts: list[dict[str, str]]) -> list[dict[str, str]]:
        return [{**labels, "namespace": namespace, "service": service} for labels in alerts]

    down = [labels for labels in ALERTS if labels["alertname"] == "ServiceDown"]
    up = [labels for labels in ALERTS if labels not in down]
    slow = [labels for labels in up if labels["severity"] == "warning"]
    slow_burn = [labels for labels in slow if labels["alertname"] == "ErrorBudgetBurn"]
    assert down
    assert slow_burn
    assert len(slow) < len(up)
    inhibited = [
        *of("compose", "joker", up),  # ServiceDown
        *of("compose", "model", slow_burn),  # the fast ones
    ]
    others = [
        *of("compose", "joker", down),
        *of("compose", "model", [labels for labels in up if labels not in slow_burn]),
        # Another service beside them, and theirs elsewhere.
        *of("compose", "frontend", slow),
        *of("funny", "joker", slow),
        *of("funny", "model", slow),
        {"alertname": "Watchdog", "severity": "none"},
    ]
    fire(url, *inhibited, *others)

    def found() -> dict[str, bool]:
        return {words(alert["labels"]): bool(alert["status"]["inhibitedBy"]) for alert in get(url, "alerts")}

    settles(found, {words(labels): labels in inhibited for labels in (*inhibited, *others)})


def test_a_mail_is_about_one_service_of_one_namespace(url: str) -> None:
    joker, model = ({"namespace": "compose", "service": service} for service in ("joker", "model"))
    groups = [
        ("oncall", "critical", joker, {"ServiceDown", "ErrorBudgetBurn"}),
        ("team", "warning", joker, {"LatencyHigh", "TrafficLow"}),
        ("team", "warning", model, {"LatencyHigh", "TrafficLow"}),
        ("team", "warning", {**joker, "namespace": "funny"}, {"LatencyHigh", "TrafficLow"}),
        ("team", "warning", {}, {"SomethingOfYours", "AndAnother"}),
        ("heartbeat", "none", {}, {"Watchdog"}),
    ]
    for _, severity, labels, names in groups:
        fire(url, *({"alertname": name, "severity": severity, **labels} for name in names))

    def found() -> dict[tuple[str, str], set[str]]:
        return {
            (group["receiver"]["name"], words(group["labels"])): {a["labels"]["alertname"] for a in group["alerts"]}
            for group in get(url, "alerts/groups")
        }

    settles(found, {(receiver, words(labels)): names for receiver, _, labels, names in groups})
