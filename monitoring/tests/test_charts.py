"""The two charts: each file once, and as it is."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from monitoring.queries import DASHBOARDS, ROOT, RULES

FILES = "https://gitlab.com/acme/punchline"
"""Where links in the files lead."""
HELM = {name: Path(sys.executable).with_name(name) for name in ("helm", "helm3")}


def render(chart: str, *options: str, helm: str = "helm") -> list[dict]:
    binary = HELM[helm] if HELM[helm].exists() else "helm"
    done = subprocess.run([binary, "template", "release", ROOT / chart, *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


@pytest.mark.parametrize("helm", HELM)
def test_a_config_map_a_dashboard_that_the_sidecar_finds(helm):
    maps = render("grafana", helm=helm)
    found = {}
    for resource in maps:
        assert resource["kind"] == "ConfigMap"
        assert resource["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert resource["metadata"]["annotations"]["grafana_folder"] == "Punchline"
        ((name, text),) = resource["data"].items()
        found[name] = json.loads(text)
    assert found == {path.name: json.loads(path.read_text()) for path in DASHBOARDS}
    assert len(maps) == len(DASHBOARDS)


@pytest.mark.parametrize("helm", HELM)
def test_the_rules_are_one_config_map(helm):
    resources = {(r["kind"], r["metadata"]["name"]): r for r in render("prometheus", helm=helm)}
    assert set(resources) == {("ConfigMap", "punchline-rules"), ("ConfigMap", "punchline-alertmanager")}
    rules = resources["ConfigMap", "punchline-rules"]
    assert rules["metadata"]["labels"]["prometheus_rules"] == "1"
    assert {name: yaml.safe_load(text) for name, text in rules["data"].items()} == {
        path.name: yaml.safe_load(path.read_text()) for path in RULES
    }


def test_or_they_are_prometheus_rules_never_both():
    resources = render(
        "prometheus", "--set", "prometheusRule.enabled=true,prometheusRule.labels.release=x,alertmanager.enabled=false"
    )
    assert {r["kind"] for r in resources} == {"PrometheusRule"}
    assert all(r["metadata"]["labels"]["release"] == "x" for r in resources)
    assert {r["metadata"]["name"]: r["spec"] for r in resources} == {
        f"punchline-{path.stem}": yaml.safe_load(path.read_text()) for path in RULES
    }


CHARTS = {
    "rules": ("prometheus", "prometheusRule.enabled=false"),
    "rules of the operator": ("prometheus", "prometheusRule.enabled=true"),
    "dashboards": ("grafana", "folder=Punchline"),
}
LEAD = {
    "repository=https://gitlab.example/a/b.git": "https://gitlab.example/a/b/-/blob/HEAD/docs/runbooks/",
    "repository=https://github.com/a/b": "https://github.com/a/b/blob/HEAD/docs/runbooks/",
    "repository=https://me:secret@gitlab.example/a/b.git": "https://gitlab.example/a/b/-/blob/HEAD/docs/runbooks/",
    "repository=git@gitlab.example:a/b.git": "https://gitlab.example/a/b/-/blob/HEAD/docs/runbooks/",
    "repository=ssh://git@gitlab.example:2222/a/b.git": "https://gitlab.example/a/b/-/blob/HEAD/docs/runbooks/",
    "repository=ssh://github.com/a/b": "https://github.com/a/b/blob/HEAD/docs/runbooks/",
    "repository=https://github.com/a/b,runbooks=https://wiki.example/x": "https://wiki.example/x/",
}


@pytest.mark.parametrize(("chart", "options"), CHARTS.values(), ids=CHARTS)
@pytest.mark.parametrize(("setting", "where"), LEAD.items(), ids=LEAD)
def test_links_to_runbooks_lead_to_the_repository_or_where_values_say(chart, options, setting, where):
    text = json.dumps(render(chart, "--set", f"{options},{setting}"))
    assert f"{where}ServiceDown.md" in text
    assert text.count("/ServiceDown.md") == text.count(f"{where}ServiceDown.md")
    assert FILES not in text
    assert "me:secret" not in text


@pytest.mark.parametrize(("chart", "options"), CHARTS.values(), ids=CHARTS)
@pytest.mark.parametrize("repository", ["", "/srv/b.git", "file:///srv/b.git"])
def test_they_stay_where_a_browser_cannot_follow(chart, options, repository):
    assert f"{FILES}/-/blob/main/docs/runbooks/ServiceDown.md" in json.dumps(
        render(chart, "--set", f"{options},repository={repository}")
    )


def test_alertmanager_gets_its_values():
    values = (
        "smarthost=mail.example:587,from=a@b.example,username=me,requireTLS=true,oncall=on@b.example,team=t@b.example"
    )
    resources = render("prometheus", "--set", ",".join(f"alertmanager.{value}" for value in values.split(",")))
    (data,) = [r["data"] for r in resources if r["metadata"]["name"] == "punchline-alertmanager"]
    assert data["email.tmpl"].strip() == (ROOT / "prometheus/email.tmpl").read_text().strip()
    config = yaml.safe_load(data["alertmanager.yml"])
    assert config["global"] == {
        "smtp_smarthost": "mail.example:587",
        "smtp_from": "a@b.example",
        "smtp_auth_username": "me",
        "smtp_auth_password_file": "/etc/alertmanager/secrets/smtp-password",
        "smtp_require_tls": True,
    }
    to = {receiver["name"]: receiver["email_configs"][0]["to"] for receiver in config["receivers"][:2]}
    assert to == {"oncall": "on@b.example", "team": "t@b.example"}
    assert "${" not in data["alertmanager.yml"]


@pytest.mark.parametrize(
    ("chart", "setting", "named"),
    [
        ("prometheus", "prometheusRules.enabled=true", "prometheusRules"),
        ("prometheus", "alertmanager.smarthost=mail.example", "smarthost"),
        ("prometheus", "alertmanager.password=secret", "password"),
        ("prometheus", "runbooks=https://x/", "runbooks"),
        ("grafana", "foldr=x", "foldr"),
        ("grafana", "runbooks=x", "runbooks"),
    ],
)
def test_a_wrong_value_is_named(chart, setting, named):
    binary = HELM["helm"] if HELM["helm"].exists() else "helm"
    done = subprocess.run([binary, "template", "r", ROOT / chart, "--set", setting], capture_output=True, text=True)
    assert done.returncode != 0
    assert named in done.stderr
