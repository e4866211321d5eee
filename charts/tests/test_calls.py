"""`calls` is the one list that everything about who talks to whom comes from."""

import re

import pytest

from charts.tests.helm import CHARTS, SERVICES, UMBRELLA, Resource, Resources, Values, load, merge, render
from charts.tests.matrix import INGRESS, MATRIX

OF_THE_CHART = merge(load(UMBRELLA / "values.yaml"))

CASES = {name: MATRIX[name] for name in ("defaults", "other ports", "a chain", "nobody calls")}


def edges(values: Values) -> dict[tuple[str, str], int]:
    """Who calls whom, and at which port."""
    merged = merge(OF_THE_CHART, values)
    calls = [(name, *call.split(":")) for name in SERVICES for call in merged[name].get("calls", [])]
    return {(caller, called): int(*port or ["80"]) for caller, called, *port in calls}


@pytest.mark.parametrize("case", CASES)
def test_callers_know_the_url(case: str) -> None:
    resources, called = render(CASES[case]), edges(CASES[case])
    for name in SERVICES:
        env = {v["name"]: v.get("value") for v in container(resources, name)["env"]}
        urls = {key: value for key, value in env.items() if key.endswith("_URL")}
        ports = {other: f":{port}" if port != 80 else "" for (caller, other), port in called.items() if caller == name}
        assert urls == {f"{other.upper()}_URL": f"http://{other}{port}" for other, port in ports.items()}
    for (_, other), port in called.items():
        assert resources["Service", other]["spec"]["ports"][0]["port"] == port


@pytest.mark.parametrize("case", CASES)
def test_labels_tell_the_topology(case: str) -> None:
    resources = render(CASES[case])
    deployments = [resources["Deployment", name] for name in SERVICES]
    for labelled in (deployments, [d["spec"]["template"] | {"name": d["metadata"]["name"]} for d in deployments]):
        told = {
            (each.get("name") or each["metadata"]["name"], label.removeprefix("calls/"))
            for each in labelled
            for label, value in each["metadata"]["labels"].items()
            if label.startswith("calls/") and value == "true"
        }
        assert told == set(edges(CASES[case]))


@pytest.mark.parametrize("case", CASES)
def test_network_policies_admit_declared_calls_and_no_others(case: str) -> None:
    resources, called = render(CASES[case]), edges(CASES[case])
    pods = {"stranger": {"app": "stranger"}, **{name: instance(resources, name) for name in SERVICES}}
    passing = {
        (caller, name)
        for caller, labels in pods.items()
        for name in SERVICES
        if leaves(resources, labels, pods[name]) and enters(resources, labels, "here", pods[name])
    }
    assert passing == set(called)
    for name in SERVICES:
        assert not leaves(resources, pods[name], pods["stranger"])
        assert not leaves(resources, pods[name], instance(resources, "joker", "another-release"))


def test_prometheus_scrapes_and_the_test_pod_asks() -> None:
    resources = render({"model": {"metrics": {"namespace": "monitoring"}}})
    test = resources["Pod", "punchline-test"]["metadata"]["labels"]
    for name in SERVICES:
        pod = instance(resources, name)
        assert enters(resources, {}, "prometheus", pod) == (name != "model")
        assert enters(resources, {}, "monitoring", pod) == (name == "model")
        assert enters(resources, test, "here", pod)
    selected = [policy["spec"]["podSelector"]["matchLabels"] for policy in policies(resources)]
    assert not any(match.items() <= test.items() for match in selected)


@pytest.mark.parametrize("case", ["NodePort", "LoadBalancer", "ingress", "http route"])
def test_only_what_is_public_is_open_to_all(case: str) -> None:
    resources = render(MATRIX[case])
    opened = {name for name in SERVICES if enters(resources, {}, "anywhere", instance(resources, name))}
    assert opened == {"frontend"}


def test_policies_name_the_port_and_dns() -> None:
    for policy in policies(render(INGRESS)):
        assert set(policy["spec"]["policyTypes"]) == {"Ingress", "Egress"}
        assert [rule["ports"] for rule in policy["spec"]["ingress"]] == [[{"port": 8080}]]
        dns, *calls = policy["spec"]["egress"]
        assert dns["ports"] == [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]
        assert "to" not in dns  # it is not a pod everywhere
        assert [rule["ports"] for rule in calls] == [[{"port": 8080}]] * len(calls)


def test_services_and_policies_lead_to_the_pods() -> None:
    """By selectors that match the pods of one service of one release, and a port that these have."""
    resources = render({})
    for name in SERVICES:
        service, deployment = resources["Service", name]["spec"], resources["Deployment", name]["spec"]
        policy = resources["NetworkPolicy", name]["spec"]["podSelector"]["matchLabels"]
        for selector in (service["selector"], deployment["selector"]["matchLabels"], policy):
            assert [other for other in SERVICES if selector.items() <= instance(resources, other).items()] == [name]
            assert not selector.items() <= instance(resources, name, "other").items()
        assert service["ports"][0]["targetPort"] == "http"
        assert container(resources, name)["ports"] == [{"name": "http", "containerPort": 8080}]


def test_the_graph_of_the_readme_is_the_one_of_the_chart() -> None:
    graph = re.search(r"```mermaid\n(.*?)```", (CHARTS.parent / "README.md").read_text("utf-8"), re.S)
    assert graph, "README.md has no graph"
    arrows = re.findall(r"^ *(\w+)\S* *--(?: *\"[^\"]*\" *--)?> *(\w+)", graph[1], re.M)
    assert {(a, b) for a, b in arrows if {a, b} <= set(SERVICES)} == set(edges({}))


def container(resources: Resources, name: str) -> Resource:
    (only,) = resources["Deployment", name]["spec"]["template"]["spec"]["containers"]
    return only  # type: ignore[no-any-return]


def instance(resources: Resources, name: str, release: str = "punchline") -> dict[str, str]:
    """The labels of a service's pods."""
    labels = resources["Deployment", name]["spec"]["template"]["metadata"]["labels"]
    return {**labels, "app.kubernetes.io/instance": release}


def policies(resources: Resources) -> list[Resource]:
    return [resource for (kind, _), resource in resources.items() if kind == "NetworkPolicy"]


def enters(resources: Resources, caller: dict[str, str], namespace: str, pod: dict[str, str]) -> bool:
    """Whether the policies let a caller in `namespace` (`here` is the pod's own) into a pod."""
    return any(
        "from" not in rule or any(matches(peer, caller, namespace) for peer in rule["from"])
        for policy in policies(resources)
        if policy["spec"]["podSelector"]["matchLabels"].items() <= pod.items()
        for rule in policy["spec"]["ingress"]
    )


def leaves(resources: Resources, pod: dict[str, str], called: dict[str, str]) -> bool:
    """Whether the policies let a pod out to another's port of its namespace; one that none selects may go anywhere."""
    selecting = [p for p in policies(resources) if p["spec"]["podSelector"]["matchLabels"].items() <= pod.items()]
    return not selecting or any(
        "to" not in rule or any(matches(peer, called, "here") for peer in rule["to"])
        for policy in selecting
        for rule in policy["spec"]["egress"]
        if {"port": 8080} in rule["ports"]
    )


def matches(peer: Resource, pod: dict[str, str], namespace: str) -> bool:
    assert set(peer) <= {"podSelector", "namespaceSelector"}
    of = peer.get("namespaceSelector", {"matchLabels": {"kubernetes.io/metadata.name": "here"}})
    labels = peer.get("podSelector", {"matchLabels": {}})["matchLabels"]
    return of["matchLabels"] == {"kubernetes.io/metadata.name": namespace} and labels.items() <= pod.items()
