"""What is demanded of an alert: severity, words with the value, a runbook page, and two tests."""

import re

import pytest
import yaml

from monitoring.queries import ROOT, RULES

ALERTS = [
    rule
    for path in RULES
    for group in yaml.safe_load(path.read_text())["groups"]
    for rule in group["rules"]
    if "alert" in rule
]
NAMES = sorted({rule["alert"] for rule in ALERTS})
TESTS = yaml.safe_load((ROOT / "prometheus/tests/alerts.test.yaml").read_text())["tests"]
RUNBOOKS = ROOT / "docs/runbooks"
SECTIONS = ["Meaning", "Impact", "First commands", "Fixes"]


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: f"{rule['alert']} {rule['labels'].get('window', '')}".strip())
def test_an_alert_says_what_it_is(rule):
    assert rule["labels"]["severity"] in {"critical", "warning", "none"}
    assert "$value" in rule["annotations"]["description"]
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["runbook_url"].endswith(f"/docs/runbooks/{rule['alert']}.md")


@pytest.mark.parametrize("name", NAMES)
def test_its_runbook_says_what_to_do(name):
    text = (RUNBOOKS / f"{name}.md").read_text()
    assert text.startswith(f"# {name}\n")
    assert re.findall(r"^## (.*)", text, re.MULTILINE) == SECTIONS


def test_there_is_no_runbook_without_an_alert():
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_one_test_fires_it_and_one_does_not(name):
    """Watchdog fires always, and so has no second."""
    firing = [t for t in TESTS if re.match(rf"{name}(,|$)", t["name"])]
    quiet = [t for t in TESTS if re.match(rf"not {name}(,|$)", t["name"])]
    assert firing
    assert quiet or name == "Watchdog"
    for test in quiet:
        for check in test.get("alert_rule_test", []) + test.get("promql_expr_test", []):
            assert not check.get("exp_alerts")
            assert not check.get("exp_samples")


def test_all_links_begin_alike_so_that_the_chart_can_change_them():
    bases = {rule["annotations"]["runbook_url"].rpartition("/")[0] for rule in ALERTS}
    assert len(bases) == 1
