"""The pods: their number, how they start, stop and roll, what they may do, and which image they run."""

from typing import Any

import pytest

from charts.tests.helm import SERVICES, Resources, Values, merge, render
from charts.tests.matrix import DIGEST, EVERYTHING, MATRIX


def template(resources: Resources, name: str) -> dict[str, Any]:
    return resources["Deployment", name]["spec"]["template"]  # type: ignore[no-any-return]


def pods(resources: Resources) -> dict[str, dict[str, Any]]:
    """The spec of every pod that comes of the chart, that of `helm test` included."""
    of_deployments = {name: template(resources, name)["spec"] for name in SERVICES}
    return {**of_deployments, "test": resources["Pod", "punchline-test"]["spec"]}


def test_resources_have_the_names_of_services() -> None:
    names = {name for _, name in render(MATRIX["everything"])}
    assert names == {*SERVICES, "punchline-test"}
    assert {name for kind, name in render({}) if kind == "Service"} == set(SERVICES)


@pytest.mark.parametrize("case", MATRIX)
def test_the_restricted_standard_admits_every_pod(case: str) -> None:
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted, and more."""
    for name, pod in pods(render(MATRIX[case])).items():
        assert not {"hostNetwork", "hostPID", "hostIPC", "volumes", "initContainers"} & set(pod), name
        security = pod["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["runAsUser"] > 0
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        (container,) = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert not any("hostPort" in port for port in container.get("ports", []))
        assert {"cpu", "memory"} <= set(container["resources"]["requests"])
        assert case == "no limits" or "memory" in container["resources"]["limits"]


PDB: dict[str, tuple[Values, bool]] = {
    "one": ({}, False),
    "none": ({"model": {"replicas": 0}}, False),
    "two": ({"model": {"replicas": 2}}, True),
    "autoscaled from one": ({"model": {"replicas": 2, "autoscaling": {"enabled": True}}}, True),
    "autoscaled from two": ({"model": {"autoscaling": {"enabled": True, "minReplicas": 2}}}, True),
    "autoscaled at one": ({"model": {"replicas": 2, "autoscaling": {"enabled": True, "maxReplicas": 1}}}, False),
}


@pytest.mark.parametrize("case", PDB)
def test_a_disruption_budget_where_two_may_run(case: str) -> None:
    values, budgeted = PDB[case]
    resources = render(values)
    assert [name for kind, name in resources if kind == "PodDisruptionBudget"] == ["model"] * budgeted
    if budgeted:
        selector = resources["PodDisruptionBudget", "model"]["spec"]["selector"]["matchLabels"]
        assert selector == resources["Deployment", "model"]["spec"]["selector"]["matchLabels"]


def test_the_autoscaler_alone_says_how_many() -> None:
    fixed, scaled = render({"model": {"replicas": 3}}), render(MATRIX["autoscaling"])
    assert fixed["Deployment", "model"]["spec"]["replicas"] == 3
    assert ("HorizontalPodAutoscaler", "model") not in fixed
    assert "replicas" not in scaled["Deployment", "model"]["spec"]
    assert scaled["Deployment", "joker"]["spec"]["replicas"] == 1
    target = scaled["HorizontalPodAutoscaler", "model"]["spec"]["scaleTargetRef"]
    assert target == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "model"}


def test_changed_config_rolls_the_pods_of_that_service_only() -> None:
    before = render({"model": {"config": {"LOG_LEVEL": "info"}}})
    after = render({"model": {"config": {"LOG_LEVEL": "debug"}}})
    same = render({"model": {"config": {"LOG_LEVEL": "info"}, "replicas": 2}})
    changed = {name for name in SERVICES if template(before, name) != template(after, name)}
    assert changed == {"model"}
    key = "checksum/config"
    checksums = [template(each, "model")["metadata"]["annotations"][key] for each in (before, after, same)]
    assert checksums[0] == checksums[2] != checksums[1]
    assert after["ConfigMap", "model"]["data"] == {"LOG_LEVEL": "debug"}


def test_another_secret_rolls_the_pods() -> None:
    one, two = (render({"model": {"existingSecret": name}}) for name in ("one", "two"))
    key = "checksum/config"
    assert [name for name in SERVICES if template(one, name) != template(two, name)] == ["model"]
    assert template(render({}), "joker")["metadata"]["annotations"][key]


def test_a_new_image_rolls_the_pods_of_that_service_only() -> None:
    before, after = render({}), render({"joker": {"image": {"tag": "2"}}})
    assert {name for name in SERVICES if template(before, name) != template(after, name)} == {"joker"}
    selectors = [each["Deployment", "joker"]["spec"]["selector"] for each in (before, after)]
    assert selectors[0] == selectors[1], "a Deployment's selector cannot change"


@pytest.mark.parametrize("drain", [0, 1, 4, 5, 7, 10, 60])
@pytest.mark.parametrize("shutdown", [0, 20])
def test_time_to_stop(drain: int, shutdown: int) -> None:
    """A pod that is alone stays ready for as long as it drains, and is not killed before it has ended by itself."""
    resources = render({"joker": {"drainSeconds": drain, "shutdownSeconds": shutdown}})
    pod = template(resources, "joker")["spec"]
    (container,) = pod["containers"]
    env = {variable["name"]: variable["value"] for variable in container["env"]}
    assert (env["DRAIN_SECONDS"], env["SHUTDOWN_SECONDS"]) == (str(drain), str(shutdown))
    assert pod["terminationGracePeriodSeconds"] == drain + shutdown + 5
    readiness = container["readinessProbe"]
    assert readiness["failureThreshold"] * readiness["periodSeconds"] > drain


@pytest.mark.parametrize("seconds", [1, 60, 600])
def test_time_to_start(seconds: int) -> None:
    deployment = render({"joker": {"startupSeconds": seconds}})["Deployment", "joker"]["spec"]
    startup = deployment["template"]["spec"]["containers"][0]["startupProbe"]
    assert startup["failureThreshold"] * startup["periodSeconds"] == seconds
    assert deployment["progressDeadlineSeconds"] == max(600, seconds + 60)


def test_a_rollout_never_has_fewer_pods() -> None:
    for name in SERVICES:
        deployment = render({})["Deployment", name]["spec"]
        assert deployment["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
        assert deployment["revisionHistoryLimit"] > 1
        (spread,) = deployment["template"]["spec"]["topologySpreadConstraints"]
        assert (spread["topologyKey"], spread["whenUnsatisfiable"]) == ("kubernetes.io/hostname", "ScheduleAnyway")
        assert spread["labelSelector"] == deployment["selector"]


def test_probes_ask_what_they_are_for() -> None:
    for name in SERVICES:
        (container,) = template(render({}), name)["spec"]["containers"]
        probes = {key: value["httpGet"] for key, value in container.items() if key.endswith("Probe")}
        assert probes == {
            "startupProbe": {"path": "/livez", "port": "http"},
            "livenessProbe": {"path": "/livez", "port": "http"},
            "readinessProbe": {"path": "/readyz", "port": "http"},
        }


def test_prometheus_finds_the_pods_in_one_way() -> None:
    for name, case in [("annotations", "defaults"), ("monitor", "service monitor"), ("not at all", "no scraping")]:
        resources = render(MATRIX[case])
        annotations = template(resources, "joker")["metadata"]["annotations"]
        scraped = {key: value for key, value in annotations.items() if key.startswith("prometheus.io/")}
        wanted = {"prometheus.io/scrape": "true", "prometheus.io/path": "/metrics", "prometheus.io/port": "8080"}
        assert scraped == (wanted if name == "annotations" else {})
        assert (("ServiceMonitor", "joker") in resources) == (name == "monitor")


@pytest.mark.parametrize("case", MATRIX)
def test_secrets_are_named_and_never_rendered(case: str) -> None:
    resources = render(MATRIX[case])
    assert "Secret" not in {kind for kind, _ in resources}
    for name in SERVICES:
        secret = MATRIX[case].get(name, {}).get("existingSecret")
        (container,) = template(resources, name)["spec"]["containers"]
        references = [source["secretRef"] for source in container.get("envFrom", []) if "secretRef" in source]
        assert references == ([{"name": secret}] if secret else [])


def test_config_comes_before_the_secret_and_env_wins() -> None:
    (container,) = template(render(EVERYTHING), "frontend")["spec"]["containers"]
    assert [next(iter(source)) for source in container["envFrom"]] == ["configMapRef", "secretRef"]
    assert container["env"][-len(EVERYTHING["frontend"]["env"]) :] == EVERYTHING["frontend"]["env"]
    names = [variable["name"] for variable in container["env"]]
    assert len(names) == len(set(names))


REGISTRY = {"global": {"registry": "example.com:5000/team"}}
IMAGE: dict[str, tuple[Values, str]] = {
    "name and tag": ({}, "frontend:dev"),
    "tag": ({"tag": "1.2"}, "frontend:1.2"),
    "repository": ({"repository": "a/b"}, "a/b:dev"),
    "digest": ({"tag": "1.2", "digest": DIGEST}, f"frontend:1.2@{DIGEST}"),
}


@pytest.mark.parametrize("case", IMAGE)
def test_image(case: str) -> None:
    image, reference = IMAGE[case]
    values: Values = {"frontend": {"image": {"pullSecrets": ["a"], "pullPolicy": "Never", **image}}}
    for registry, prefix in [({}, ""), (REGISTRY, "example.com:5000/team/")]:
        of = pods(render(merge(registry, values)))
        for pod in (of["frontend"], of["test"]):
            assert pod["containers"][0]["image"] == prefix + reference
            assert pod["containers"][0]["imagePullPolicy"] == "Never"
            assert pod["imagePullSecrets"] == [{"name": "a"}]
        assert of["joker"]["containers"][0]["image"] == prefix + "joker:dev"


@pytest.mark.parametrize("tag", ["0" * 128, "_1.", "a_B-c.d"])
def test_any_tag_makes_a_label(tag: str) -> None:
    labels = render({"joker": {"image": {"tag": tag}}})["Deployment", "joker"]["metadata"]["labels"]
    assert labels["app.kubernetes.io/version"] == tag[:63].strip("-_.")


def test_the_test_pod_asks_every_service() -> None:
    resources = render(MATRIX["other ports"])
    asked = pods(resources)["test"]["containers"][0]["args"][1:]
    assert (
        dict(zip(asked[::2], asked[1::2], strict=True)).items()
        >= {
            "http://joker:8081/": "random_joke",
            "http://model:8082/v2/models/joke-language": "joke-language",
            "http://frontend:8083/api/joke": '"degraded":false',
        }.items()
    )
    assert {host.partition(":")[0] for _, _, host in (url.partition("//") for url in asked[::2])} == set(SERVICES)
    annotations = resources["Pod", "punchline-test"]["metadata"]["annotations"]
    assert annotations["helm.sh/hook"] == "test"
