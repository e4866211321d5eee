"""Values that are wrong end in an error that names the key. Nothing is passed over in silence."""

from typing import Any

import jsonschema
import pytest

from charts.tests.helm import VERSIONS, HelmError, Values, merge, render
from charts.tests.matrix import DIGEST, EVERYTHING, INGRESS
from charts.tests.schema import SCHEMA, get, is_closed, is_leaf, locations, places, replaced


def path(path: str, kind: str) -> Values:
    return {"frontend": {"publicPaths": [{"path": path, "pathType": kind}]}}


BAD: dict[str, tuple[Values, list[str]]] = {
    "misspelt value": ({"model": {"replcas": 2}}, ["model:", "replcas"]),
    "misspelt service": ({"jokr": {"replicas": 2}}, ["jokr"]),
    "misspelt global": ({"global": {"registy": "a"}}, ["global", "registy"]),
    "misspelt below": ({"model": {"image": {"tagg": "1"}}}, ["model:", "/image", "tagg"]),
    "misspelt resource": ({"model": {"resources": {"limits": {"mem": "1Gi"}}}}, ["/resources/limits", "mem"]),
    "misspelt deep down": (
        {
            "model": {
                "affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topolgyKey": ""}]}}
            }
        },
        ["model:", "/affinity/podAffinity", "topolgyKey"],
    ),
    "replicas in words": ({"joker": {"replicas": "three"}}, ["joker:", "/replicas", "got string, want integer"]),
    "replicas below 0": ({"joker": {"replicas": -1}}, ["/replicas", "minimum"]),
    "half a pod": ({"joker": {"replicas": 1.5}}, ["/replicas", "integer"]),
    "service that is no map": ({"joker": True}, ["joker"]),
    "numeric tag": ({"joker": {"image": {"tag": 12}}}, ["joker:", "/image/tag", "want string"]),
    "tag like 1e3": ({"joker": {"image": {"tag": 1000.0}}}, ["/image/tag", "want string"]),
    "no tag": ({"joker": {"image": {"tag": ""}}}, ["/image/tag"]),
    "tag with a registry": ({"joker": {"image": {"tag": "example.com/joker:1"}}}, ["/image/tag"]),
    "digest cut short": ({"joker": {"image": {"digest": DIGEST[:-1]}}}, ["/image/digest"]),
    "digest without sha256": ({"joker": {"image": {"digest": DIGEST.removeprefix("sha256:")}}}, ["/image/digest"]),
    "numeric revision": ({"joker": {"image": {"revision": 1234567}}}, ["/image/revision"]),
    "repository with a tag": ({"joker": {"image": {"repository": "joker:1"}}}, ["/image/repository"]),
    "pull policy": ({"joker": {"image": {"pullPolicy": "Sometimes"}}}, ["/image/pullPolicy", "IfNotPresent"]),
    "pull secret as Kubernetes has it": (
        {"joker": {"image": {"pullSecrets": [{"name": "a"}]}}},
        ["/image/pullSecrets/0"],
    ),
    "registry with a scheme": ({"global": {"registry": "https://example.com"}}, ["/global/registry"]),
    "service type": ({"frontend": {"service": {"type": "ExternalName"}}}, ["/service/type", "NodePort"]),
    "port out of range": ({"frontend": {"service": {"port": 65536}}}, ["/service/port"]),
    "node port of a ClusterIP": ({"frontend": {"service": {"nodePort": 30080}}}, ["/service/nodePort"]),
    "node port as text": ({"frontend": {"service": {"type": "NodePort", "nodePort": "30080"}}}, ["/service/nodePort"]),
    "unknown call": ({"frontend": {"calls": ["joker", "jester"]}}, ["frontend.calls", "jester", "joker, model"]),
    "call of itself": ({"model": {"calls": ["model"]}}, ["model.calls", "itself"]),
    "call of a wrong port": ({"frontend": {"calls": ["joker:81", "model"]}}, ["frontend.calls", "joker", "port 80"]),
    "call of a port that moved": (
        {"joker": {"service": {"port": 81}}},
        ["frontend.calls", "joker:81", "joker.service.port"],
    ),
    "call twice": ({"frontend": {"calls": ["joker", "joker"]}}, ["/calls", "equal"]),
    "call of a URL": ({"frontend": {"calls": ["http://joker"]}}, ["/calls/0"]),
    "calls as text": ({"frontend": {"calls": "joker"}}, ["/calls", "want array"]),
    "number in config": (
        {"model": {"config": {"MAX_CONCURRENCY": 64}}},
        ["model:", "/config/MAX_CONCURRENCY", "string"],
    ),
    "boolean in config": ({"model": {"config": {"DEBUG": True}}}, ["/config/DEBUG", "string"]),
    "config in lower case": ({"model": {"config": {"log-level": "info"}}}, ["/config", "log-level"]),
    "config of the chart's own": ({"model": {"config": {"PORT": "80"}}}, ["model.config", "PORT"]),
    "config of the drain": ({"model": {"config": {"DRAIN_SECONDS": "1"}}}, ["model.config", "DRAIN_SECONDS"]),
    "config of a call": ({"frontend": {"config": {"JOKER_URL": "http://a"}}}, ["frontend.config", "JOKER_URL"]),
    "env of the chart's own": ({"model": {"env": [{"name": "PORT", "value": "80"}]}}, ["model.env", "PORT"]),
    "env twice": ({"model": {"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}}, ["model.env", "A"]),
    "env as a map": ({"model": {"env": {"LOG_LEVEL": "info"}}}, ["/env", "want array"]),
    "env of a number": ({"model": {"env": [{"name": "A", "value": 1}]}}, ["/env/0/value", "string"]),
    "env of two sources": (
        {"model": {"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "a"}, "secretKeyRef": {}}}]}},
        ["/env/0/valueFrom", "maxProperties"],
    ),
    "secret in values": ({"model": {"existingSecret": {"PASSWORD": "hunter2"}}}, ["/existingSecret", "string"]),
    "memory in words": ({"model": {"resources": {"limits": {"memory": "lots"}}}}, ["/resources/limits/memory"]),
    "autoscaling upside down": (
        {"model": {"autoscaling": {"enabled": True, "minReplicas": 4}}},
        ["model.autoscaling", "maxReplicas 3", "minReplicas 4"],
    ),
    "autoscaling by percent of nothing": (
        {
            "model": {
                "autoscaling": {"enabled": True},
                "resources": {"requests": {"cpu": None}, "limits": {"cpu": None}},
            }
        },
        ["model.resources.requests.cpu"],
    ),
    "autoscaling to 0": ({"model": {"autoscaling": {"minReplicas": 0}}}, ["/autoscaling/minReplicas"]),
    "budget": ({"model": {"podDisruptionBudget": {"maxUnavailable": "some"}}}, ["/podDisruptionBudget/maxUnavailable"]),
    "budget of nothing": ({"model": {"podDisruptionBudget": {"maxUnavailable": 0}}}, ["/maxUnavailable", "minimum"]),
    "budget of nothing in percent": (
        {"model": {"podDisruptionBudget": {"maxUnavailable": "0%"}}},
        ["/podDisruptionBudget/maxUnavailable"],
    ),
    "drain as a duration": ({"model": {"drainSeconds": "10s"}}, ["/drainSeconds", "integer"]),
    "drain below 0": ({"model": {"drainSeconds": -1}}, ["/drainSeconds"]),
    "no time to start": ({"model": {"startupSeconds": 0}}, ["/startupSeconds"]),
    "ingress of joker": ({"joker": INGRESS["frontend"]}, ["/joker/ingress"]),
    "ingress of model": ({"model": INGRESS["frontend"]}, ["/model/ingress"]),
    "route of joker": ({"joker": {"httpRoute": {"parentRefs": [{"name": "a"}]}}}, ["/joker/httpRoute"]),
    "ingress without host": ({"frontend": {"ingress": {"className": "nginx"}}}, ["/ingress", "host"]),
    "ingress with TLS as Kubernetes has it": (
        merge(INGRESS, {"frontend": {"ingress": {"tls": []}}}),
        ["/ingress", "tls"],
    ),
    "ingress of expressions": (
        merge(INGRESS, {"frontend": {"ingress": {"annotations": {"nginx.ingress.kubernetes.io/use-regex": "true"}}}}),
        ["frontend.ingress.annotations", "nginx.ingress.kubernetes.io/use-regex"],
    ),
    "route without parent": ({"frontend": {"httpRoute": {"hostnames": ["a"]}}}, ["/httpRoute", "parentRefs"]),
    "path of metrics": (path("/metrics", "Exact"), ["frontend.publicPaths[0]", "/metrics"]),
    "path of metrics, open end": (path("/metrics/", "Prefix"), ["frontend.publicPaths[0]", "/metrics"]),
    "path of livez": (path("/livez", "Exact"), ["frontend.publicPaths[0]", "/livez"]),
    "path of readyz": (path("/readyz", "Prefix"), ["frontend.publicPaths[0]", "/readyz"]),
    "path of everything": (path("/", "Prefix"), ["frontend.publicPaths[0]", "Prefix /", "/metrics"]),
    "path of everything, twice": (path("//", "Prefix"), ["/publicPaths/0/path"]),
    "path by a detour": (path("/api/../metrics", "Exact"), ["/publicPaths/0/path"]),
    "path by a pattern": (path("/(metrics|a)", "Exact"), ["/publicPaths/0/path"]),
    "path type": (path("/api", "ImplementationSpecific"), ["/publicPaths/0/pathType", "Prefix"]),
    "no path": ({"frontend": {"publicPaths": []}}, ["/publicPaths"]),
    "scraped twice": (
        {"joker": {"metrics": {"serviceMonitor": {"enabled": True}}}},
        ["joker:", "/metrics/annotations"],
    ),
    "test of no path": ({"joker": {"test": {"path": "readyz"}}}, ["/test/path"]),
    "number in nodeSelector": ({"joker": {"nodeSelector": {"gpu": 1}}}, ["/nodeSelector/gpu", "string"]),
    "toleration": ({"joker": {"tolerations": [{"effect": "Never"}]}}, ["/tolerations/0/effect", "NoSchedule"]),
    "affinity as text": ({"joker": {"affinity": "zone"}}, ["/affinity", "want object"]),
    "weight of an affinity": (
        {
            "joker": {
                "affinity": {
                    "nodeAffinity": {
                        "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": "10", "preference": {}}]
                    }
                }
            }
        },
        ["joker:", "/affinity/nodeAffinity/", "/0/weight", "integer"],
    ),
}
"""The values, and words that the error has."""

CLOSED = [place for place, schema in places() if is_closed(schema)]
LEAVES = [place for place, schema in places() if is_leaf(schema)]


@pytest.mark.parametrize("helm", VERSIONS)
@pytest.mark.parametrize("case", BAD)
def test_bad_values_are_named(case: str, helm: str) -> None:
    values, words = BAD[case]
    with pytest.raises(HelmError) as error:
        render(values, helm=helm)
    missing = [word for word in words if word not in str(error.value)]
    assert not missing, str(error.value)


def test_everything_is_right() -> None:
    """What the tests below make wrong, one thing at a time."""
    assert mistakes(EVERYTHING) == []


@pytest.mark.parametrize("place", CLOSED)
def test_no_key_that_is_unknown(place: str) -> None:
    """Wherever the keys are known, down to the leaves."""
    at = next(at for found, at in locations(EVERYTHING) if found == place)
    wrong = replaced(EVERYTHING, at, {**get(EVERYTHING, at), "bogus": "1"})
    assert any("'bogus'" in mistake for mistake in mistakes(wrong))


@pytest.mark.parametrize("place", LEAVES)
def test_no_value_of_another_type(place: str) -> None:
    at = next(at for found, at in locations(EVERYTHING) if found == place)
    for wrong in ([], {}, None):  # type: ignore[var-annotated]
        assert mistakes(replaced(EVERYTHING, at, wrong)), f"{place}: {wrong}"


def mistakes(values: Any) -> list[str]:
    return [error.message for error in jsonschema.Draft7Validator(SCHEMA).iter_errors(values)]
