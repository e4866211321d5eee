"""Every value set renders the same with both versions of Helm, and as Kubernetes has it."""

import functools
import json
import re

import kubernetes_validate
import pytest
from kubernetes_validate.utils import all_versions

from charts.tests.helm import SERVICE, UMBRELLA, VERSIONS, HelmError, Resource, Values, load, render, run
from charts.tests.matrix import EVERYTHING, HTTP_ROUTE, MATRIX, SERVICE_MONITOR

OLDEST = re.fullmatch(r">=(1\.\d+)\.0-0", load(UMBRELLA / "Chart.yaml")["kubeVersion"]).group(1)  # type: ignore[union-attr]
NEWEST = all_versions()[-1].rsplit(".", 1)[0]

CUSTOM = {"HTTPRoute", "ServiceMonitor"}
"""Kinds that are no part of Kubernetes: the last two tests here stand for their schemas."""


@pytest.mark.parametrize("case", MATRIX)
def test_helm_3_and_helm_4_render_the_same(case: str) -> None:
    assert render(MATRIX[case]) == render(MATRIX[case], helm="helm3")


@pytest.mark.parametrize("case", MATRIX)
def test_kubernetes_takes_it(case: str) -> None:
    for resource in render(MATRIX[case]).values():
        if resource["kind"] not in CUSTOM:
            check(resource)


@pytest.mark.parametrize("helm", VERSIONS)
@pytest.mark.parametrize("case", MATRIX)
def test_lint_has_nothing_to_say(case: str, helm: str) -> None:
    run(helm, "lint", "--strict", UMBRELLA, "-f", "-", stdin=json.dumps(MATRIX[case]))


@pytest.mark.parametrize("helm", VERSIONS)
@pytest.mark.parametrize("values", [{}, EVERYTHING["frontend"]], ids=["defaults", "everything"])
def test_lint_has_nothing_to_say_of_a_service(values: Values, helm: str) -> None:
    run(helm, "lint", "--strict", SERVICE, "-f", "-", stdin=json.dumps(values))


@pytest.mark.parametrize("helm", VERSIONS)
def test_the_supported_versions_of_kubernetes(helm: str) -> None:
    assert load(SERVICE / "Chart.yaml")["kubeVersion"] == load(UMBRELLA / "Chart.yaml")["kubeVersion"]
    before = f"1.{int(OLDEST.split('.')[1]) - 1}"
    with pytest.raises(HelmError, match=rf"requires kubeVersion: >={OLDEST}"):
        render({}, "--kube-version", before, helm=helm)
    assert (
        render({}, "--kube-version", OLDEST, helm=helm)
        == render({}, "--kube-version", f"{OLDEST}.4-gke.100", helm=helm)
        == render({}, "--kube-version", NEWEST, helm=helm)
    )


def test_the_matrix_has_every_kind_there_is() -> None:
    templates = (*SERVICE.glob("templates/**/*.yaml"), *UMBRELLA.glob("templates/**/*.yaml"))
    known = {kind for path in templates for kind in re.findall(r"^kind: (\w+)$", path.read_text("utf-8"), re.M)}
    assert {kind for values in MATRIX.values() for kind, _ in render(values)} == known


def test_a_template_that_kubernetes_does_not_take_is_found() -> None:
    deployment = render({})["Deployment", "joker"]
    with pytest.raises(AssertionError, match=r"Deployment joker: spec:.*'replcas' was unexpected"):
        check({**deployment, "spec": {**deployment["spec"], "replcas": 2}})


def test_http_route() -> None:
    route = render(HTTP_ROUTE)["HTTPRoute", "frontend"]
    assert route["apiVersion"] == "gateway.networking.k8s.io/v1"
    assert route["spec"] == {
        "parentRefs": [{"name": "gateway"}],
        "hostnames": ["punchline.example.com"],
        "rules": [
            {
                "matches": [
                    {"path": {"type": "Exact", "value": "/"}},
                    {"path": {"type": "PathPrefix", "value": "/jokes"}},
                    {"path": {"type": "Exact", "value": "/guess"}},
                    {"path": {"type": "Exact", "value": "/result"}},
                    {"path": {"type": "Exact", "value": "/try"}},
                    {"path": {"type": "Exact", "value": "/model"}},
                    {"path": {"type": "PathPrefix", "value": "/hood"}},
                    {"path": {"type": "PathPrefix", "value": "/api"}},
                ],
                "backendRefs": [{"name": "frontend", "port": 80}],
            },
            {
                "matches": [{"path": {"type": "PathPrefix", "value": "/static"}}],
                "backendRefs": [{"name": "frontend", "port": 80}],
            },
        ],
    }
    everything = render(EVERYTHING)["HTTPRoute", "frontend"]["spec"]
    assert everything["parentRefs"] == EVERYTHING["frontend"]["httpRoute"]["parentRefs"]
    assert everything["rules"][0]["backendRefs"] == [{"name": "frontend", "port": 8080}]


def test_service_monitor() -> None:
    resources = render(SERVICE_MONITOR)
    monitor, service = resources["ServiceMonitor", "joker"], resources["Service", "joker"]
    assert monitor["apiVersion"] == "monitoring.coreos.com/v1"
    assert set(monitor["spec"]) == {"selector", "endpoints"}
    assert monitor["spec"]["endpoints"] == [{"port": service["spec"]["ports"][0]["name"], "path": "/metrics"}]
    selected = monitor["spec"]["selector"]["matchLabels"].items()
    assert selected <= service["metadata"]["labels"].items()
    assert not selected <= resources["Service", "model"]["metadata"]["labels"].items()
    assert render(EVERYTHING)["ServiceMonitor", "frontend"]["metadata"]["labels"]["release"] == "prometheus-1"


def check(resource: Resource) -> None:
    """Fails if the oldest or the newest Kubernetes would not take the resource, or not know a field of it."""
    _check(json.dumps(resource))


@functools.cache
def _check(resource: str) -> None:
    decoded = json.loads(resource)
    for version in (OLDEST, NEWEST):
        try:
            kubernetes_validate.validate(decoded, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            where = ".".join(map(str, error.absolute_path))
            what = f"{decoded['kind']} {decoded['metadata']['name']}"
            raise AssertionError(f"{what}: {where}: {error.message} ({version})") from None
