"""What visitors reach from outside: every page and the API, never a probe or the metrics."""

import json
import re

import pytest

from charts.tests.helm import CHARTS, HelmError, Resource, Values, merge, render, run
from charts.tests.helm import UMBRELLA as CHART
from charts.tests.matrix import EVERYTHING, HTTP_ROUTE, INGRESS, OTHER_PORTS, TLS

FRONTEND = CHARTS.parent / "services" / "frontend"

PRIVATE = ["/metrics", "/livez", "/readyz"]


def rules(kind: str, values: Values) -> list[tuple[str, str]]:
    """Each declared path and how it is matched: Exact or Prefix."""
    route: Resource = render(values)[kind, "frontend"]
    if kind == "Ingress":
        (rule,) = route["spec"]["rules"]
        return [(each["path"], each["pathType"]) for each in rule["http"]["paths"]]
    paths = [each["path"] for rule in route["spec"]["rules"] for each in rule["matches"]]
    return [(path["value"], path["type"].removeprefix("Path")) for path in paths]


def routed(declared: list[tuple[str, str]], path: str) -> bool:
    """As Kubernetes defines it: a prefix is one of whole segments, and a slash at its end does not count."""
    for value, kind in declared:
        prefix = value.rstrip("/")
        if value == path or (kind == "Prefix" and (path == prefix or path.startswith(prefix + "/"))):
            return True
    return False


def visited() -> set[str]:
    """What the API document has, and what the pages link to."""
    pages = "".join(page.read_text("utf-8") for page in (FRONTEND / "src/frontend/templates").glob("*.html"))
    links = set(re.findall(r'(?:href|src|action)="\{\{ base \}\}(/[^"{]*)', pages))
    assert len(links) >= 5, "the pages are elsewhere"
    return {*json.loads((FRONTEND / "openapi.json").read_text("utf-8"))["paths"], *links}


@pytest.mark.parametrize("kind", ["Ingress", "HTTPRoute"])
def test_visitors_reach_every_page_and_no_probe(kind: str) -> None:
    declared = rules(kind, merge(INGRESS, HTTP_ROUTE))
    assert [path for path in sorted(visited()) if not routed(declared, path)] == []
    assert [path for path in PRIVATE if routed(declared, path) or routed(declared, path + "/")] == []


@pytest.mark.parametrize("kind", ["Exact", "Prefix"])
@pytest.mark.parametrize(
    "path", ["/", "/metrics", "/metrics/", "/metrics/more", "/metricsx", "/.well-known", "/a/metrics"]
)
def test_no_path_that_would_open_one_renders(path: str, kind: str) -> None:
    """Whatever the chart takes, no probe and no metrics are behind it; what would be harmless, it takes."""
    values = merge(INGRESS, {"frontend": {"publicPaths": [{"path": path, "pathType": kind}]}})
    opens = any(routed([(path, kind)], private) or routed([(path, kind)], private + "/") for private in PRIVATE)
    if opens:
        with pytest.raises(HelmError, match=r"frontend.publicPaths\[0\]"):
            render(values)
    else:
        assert rules("Ingress", values) == [(path, kind)]


def test_ingress_leads_to_the_service() -> None:
    for values in (INGRESS, merge(TLS, {"frontend": {"service": {"port": 8080}}})):
        resources = render(values)
        ingress, service = resources["Ingress", "frontend"]["spec"], resources["Service", "frontend"]
        assert ingress["rules"][0]["host"] == "punchline.example.com"
        for path in ingress["rules"][0]["http"]["paths"]:
            backend = path["backend"]["service"]
            assert backend == {"name": "frontend", "port": {"name": service["spec"]["ports"][0]["name"]}}
    assert ingress["tls"] == [{"hosts": ["punchline.example.com"], "secretName": "certificate"}]
    everything = render(EVERYTHING)["Ingress", "frontend"]
    assert everything["spec"]["ingressClassName"] == "nginx1"
    assert everything["metadata"]["annotations"] == {"example.com/timeout": "60"}


def test_nobody_gets_in_by_default() -> None:
    assert not {"Ingress", "HTTPRoute"} & {kind for kind, _ in render({})}
    assert {r["spec"]["type"] for (kind, _), r in render({}).items() if kind == "Service"} == {"ClusterIP"}


NOTES: dict[str, tuple[Values, list[str]]] = {
    "ClusterIP": ({}, ["kubectl -n there port-forward service/frontend 8000:80\n", "http://127.0.0.1:8000\n"]),
    "ClusterIP, other port": (OTHER_PORTS, ["port-forward service/frontend 8000:8083\n"]),
    "NodePort": (
        {"frontend": {"service": {"type": "NodePort"}}},
        ["kubectl get nodes", "kubectl -n there get service frontend", "nodePort", "http://$NODE:$PORT\n"],
    ),
    "LoadBalancer": (
        {"frontend": {"service": {"type": "LoadBalancer", "port": 8080}}},
        ["kubectl -n there get service frontend", "loadBalancer", "http://$ADDRESS:8080\n"],
    ),
    "ingress": (INGRESS, ["  http://punchline.example.com\n"]),
    "ingress with TLS": (TLS, ["  https://punchline.example.com\n"]),
    "route": (HTTP_ROUTE, ["  http://punchline.example.com\n"]),
    "neither, with the keys there": (
        {"frontend": {"ingress": None, "httpRoute": None}},
        ["port-forward service/frontend"],
    ),
    "route without a name": (
        {"frontend": {"httpRoute": {"parentRefs": [{"name": "gateway"}]}}},
        ["port-forward service/frontend"],
    ),
}


@pytest.mark.parametrize("case", NOTES)
def test_notes_say_how_to_reach_the_page(case: str) -> None:
    """Helm 4 alone: a dry run of Helm 3 asks for a cluster."""
    values, words = NOTES[case]
    command = ("install", "punchline", CHART, "--dry-run=client", "--namespace", "there", "-o", "json", "-f", "-")
    notes = json.loads(run("helm", *command, stdin=json.dumps(values)))["info"]["notes"]
    assert "helm -n there test punchline" in notes
    assert [word for word in words if word not in notes] == [], notes
    ways = [way for way in ("port-forward", "$NODE", "$ADDRESS", "punchline.example.com") if way in notes]
    assert len(ways) == 1, notes
