"""The values of others' charts fit what this repository has for them."""

import re
from pathlib import Path
from typing import Any

import pytest

from argocd.tests.argo import ROOT, name, read_apps, render
from charts.tests.helm import load

APPS = read_apps()
PROMETHEUS = load(ROOT / "argocd" / "values" / "prometheus.yaml")
GRAFANA = load(ROOT / "argocd" / "values" / "grafana.yaml")
STAND_INS = ROOT / "e2e" / "delivery" / "charts"


def config_maps(application: str) -> dict[str, Any]:
    """What an Application of this repository makes, by name."""
    rendered = render(APPS.applications[application])
    return {name(each): each for each in rendered if each["kind"] == "ConfigMap"}


def test_prometheus_is_given_the_rules() -> None:
    mounts = PROMETHEUS["server"]["extraConfigmapMounts"]
    (rules,) = mounts
    assert rules["configMap"] in config_maps("rules")
    assert PROMETHEUS["serverFiles"]["prometheus.yml"]["rule_files"] == [f"{rules['mountPath']}/*.yaml"]
    files = config_maps("rules")[rules["configMap"]]["data"]
    assert {*files} == {path.name for path in (ROOT / "prometheus" / "rules").glob("*.yaml")}
    # ...and is told when they change.
    reloader = PROMETHEUS["configmapReload"]["prometheus"]
    assert reloader["extraConfigmapMounts"] == mounts
    assert reloader["extraVolumeDirs"] == [rules["mountPath"]]


def test_prometheus_finds_pods_as_prometheus_kubernetes_yml_has_it() -> None:
    configuration = load(ROOT / "prometheus" / "kubernetes.yml")
    given = PROMETHEUS["serverFiles"]["prometheus.yml"]["scrape_configs"]
    for job in configuration["scrape_configs"]:
        assert job in given
    for key, value in configuration["global"].items():
        assert PROMETHEUS["server"]["global"][key] == value


def test_alertmanager_is_given_its_configuration() -> None:
    (volume,) = PROMETHEUS["alertmanager"]["extraVolumes"]
    (mount,) = PROMETHEUS["alertmanager"]["extraVolumeMounts"]
    config_map, secret = volume["projected"]["sources"]
    files = config_maps("rules")[config_map["configMap"]["name"]]["data"]
    assert "alertmanager.yml" in files
    (password,) = re.findall(r"smtp_auth_password_file: (\S+)", files["alertmanager.yml"])
    assert password == f"{mount['mountPath']}/{secret['secret']['items'][0]['path']}"
    assert secret["secret"]["optional"] is True
    assert PROMETHEUS["alertmanager"]["config"]["enabled"] is False
    # ...and is told when it changes. The chart mounts nothing here by itself once `config` is off.
    assert PROMETHEUS["alertmanager"]["configmapReload"]["extraVolumeMounts"] == [mount]


def test_kube_state_metrics_tells_what_is_asked_for() -> None:
    files = [*(ROOT / "prometheus" / "rules").glob("*.yaml"), *(ROOT / "grafana" / "dashboards").glob("*.json")]
    asked = {metric for file in files for metric in re.findall(r"\bkube_\w+", file.read_text("utf-8"))}
    assert asked == set(PROMETHEUS["kube-state-metrics"]["metricAllowlist"])
    assert {metric.split("_")[1] + "s" for metric in asked} == set(PROMETHEUS["kube-state-metrics"]["collectors"])


def test_grafana_is_given_the_dashboards() -> None:
    sidecar = GRAFANA["sidecar"]["dashboards"]
    dashboards = config_maps("dashboards")
    for dashboard in dashboards.values():
        assert dashboard["metadata"]["labels"][sidecar["label"]] == sidecar["labelValue"]
        assert dashboard["metadata"]["annotations"][sidecar["folderAnnotation"]] == "Punchline"
    files = {file for dashboard in dashboards.values() for file in dashboard["data"]}
    assert files == {path.name for path in (ROOT / "grafana" / "dashboards").glob("*.json")}
    assert APPS.applications["dashboards"]["spec"]["destination"] == APPS.applications["grafana"]["spec"]["destination"]
    (home,) = GRAFANA["extraConfigmapMounts"]
    first = Path(GRAFANA["grafana.ini"]["dashboards"]["default_home_dashboard_path"])
    assert str(first.parent) == home["mountPath"]
    assert first.name in dashboards[home["configMap"]]["data"]


def test_grafana_asks_the_prometheus_that_is_deployed() -> None:
    (source,) = GRAFANA["datasources"]["datasources.yaml"]["datasources"]
    namespace = APPS.applications["prometheus"]["spec"]["destination"]["namespace"]
    assert source["url"] == f"http://prometheus-server.{namespace}.svc.cluster.local"
    assert source["jsonData"]["timeInterval"] == PROMETHEUS["server"]["global"]["scrape_interval"]
    (of_compose,) = load(ROOT / "grafana" / "provisioning" / "datasources" / "prometheus.yaml")["datasources"]
    assert source["uid"] == of_compose["uid"]


@pytest.mark.parametrize(
    "container",
    [
        PROMETHEUS["server"]["containerSecurityContext"],
        PROMETHEUS["configmapReload"]["prometheus"]["containerSecurityContext"],
        PROMETHEUS["alertmanager"]["securityContext"],
        PROMETHEUS["alertmanager"]["configmapReload"]["securityContext"],
        PROMETHEUS["kube-state-metrics"]["containerSecurityContext"],
    ],
)
def test_the_restricted_standard_is_kept(container: dict[str, Any]) -> None:
    """What the charts leave open; that a pod runs as nobody in particular is in their own values."""
    assert container["allowPrivilegeEscalation"] is False
    assert container["capabilities"]["drop"] == ["ALL"]


def test_no_secret_is_in_the_values() -> None:
    for path in Path(ROOT / "argocd").rglob("*.yaml"):
        for line in path.read_text("utf-8").splitlines():
            key = line.partition("#")[0].partition(":")
            assert not (re.search(r"(?i)password|token|secretkey", key[0]) and key[2].strip(' "')), f"{path}: {line}"


@pytest.mark.parametrize("chart", ["prometheus", "grafana"])
def test_the_stand_ins_take_the_values(chart: str) -> None:
    application = read_apps(vendored=str(STAND_INS.relative_to(ROOT))).applications[chart]
    assert render(application)
