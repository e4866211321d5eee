"""The value sets that the chart is rendered with."""

from charts.tests.helm import IMAGES, Values, load, merge

DIGEST = "sha256:" + "0123456789abcdef" * 4

_EXPRESSION = {"key": "zone-1", "operator": "In", "values": ["zone-a1"]}
_POD_TERM = {
    "topologyKey": "topology.example.com/zone-1",
    "namespaces": ["namespace-1"],
    "labelSelector": {"matchLabels": {"app": "app-1"}, "matchExpressions": [_EXPRESSION]},
    "namespaceSelector": {"matchLabels": {"team": "team-1"}, "matchExpressions": [_EXPRESSION]},
    "matchLabelKeys": ["key-1"],
    "mismatchLabelKeys": ["key-2"],
}
_NODE_TERM = {"matchExpressions": [_EXPRESSION], "matchFields": [_EXPRESSION]}
_POD_AFFINITY = {
    "requiredDuringSchedulingIgnoredDuringExecution": [_POD_TERM],
    "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 10, "podAffinityTerm": _POD_TERM}],
}

EVERYTHING: Values = {
    "global": {"registry": "registry.example.com:5000/team-1"},
    "frontend": {
        "image": {
            "repository": "page/frontend-1",
            "tag": "1.2.3",
            "digest": DIGEST,
            "revision": "0123456789abcdef0123456789abcdef01234567",
            "pullPolicy": "Always",
            "pullSecrets": ["registry-1"],
        },
        "replicas": 3,
        "service": {"type": "NodePort", "port": 8080, "nodePort": 30080},
        "calls": ["joker"],
        "config": {"SETTING_1": "setting-1"},
        "existingSecret": "frontend-1",
        "env": [
            {"name": "VALUE_1", "value": "value-1"},
            {"name": "SECRET", "valueFrom": {"secretKeyRef": {"name": "secret-1", "key": "key-1", "optional": True}}},
            {"name": "MAP", "valueFrom": {"configMapKeyRef": {"name": "map-1", "key": "key-1", "optional": True}}},
            {"name": "FIELD", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.labels['app1']"}}},
            {
                "name": "RESOURCE",
                "valueFrom": {
                    "resourceFieldRef": {"containerName": "frontend-1", "resource": "limits.cpu1", "divisor": "1m"}
                },
            },
        ],
        "resources": {
            "limits": {"cpu": "2", "memory": "256Mi", "ephemeral-storage": "1Gi", "example.com/gpu": 1},
            "requests": {"cpu": "50m", "memory": "64Mi", "ephemeral-storage": "1Gi", "example.com/gpu": 1},
        },
        "autoscaling": {
            "enabled": True,
            "minReplicas": 2,
            "maxReplicas": 5,
            "cpuUtilization": 70,
            "scaleDownSeconds": 60,
        },
        "podDisruptionBudget": {"maxUnavailable": "50%"},
        "startupSeconds": 90,
        "drainSeconds": 7,
        "shutdownSeconds": 13,
        "ingress": {
            "host": "punchline1.example.com",
            "className": "nginx1",
            "annotations": {"example.com/timeout": "60"},
            "tlsSecret": "certificate-1",
        },
        "httpRoute": {
            "hostnames": ["punchline2.example.com"],
            "parentRefs": [
                {
                    "group": "gateway1.networking.k8s.io",
                    "kind": "Gateway1",
                    "name": "gateway-1",
                    "namespace": "infra-1",
                    "sectionName": "https-1",
                    "port": 443,
                }
            ],
        },
        "publicPaths": [{"path": "/v1", "pathType": "Prefix"}, {"path": "/", "pathType": "Exact"}],
        "metrics": {
            "annotations": False,
            "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus-1"}},
            "namespace": "monitoring-1",
        },
        "test": {"path": "/v1", "expect": "answer-1"},
        "nodeSelector": {"kubernetes.io/arch": "arch1"},
        "tolerations": [
            {
                "key": "key-1",
                "operator": "Equal",
                "value": "value-1",
                "effect": "NoExecute",
                "tolerationSeconds": 60,
            }
        ],
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [_NODE_TERM]},
                "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 10, "preference": _NODE_TERM}],
            },
            "podAffinity": _POD_AFFINITY,
            "podAntiAffinity": _POD_AFFINITY,
        },
    },
}
"""Every value that there is, of one service, and none of them the default."""

INGRESS: Values = {"frontend": {"ingress": {"host": "punchline.example.com"}}}
TLS = merge(INGRESS, {"frontend": {"ingress": {"tlsSecret": "certificate"}}})
HTTP_ROUTE: Values = {
    "frontend": {"httpRoute": {"parentRefs": [{"name": "gateway"}], "hostnames": ["punchline.example.com"]}}
}
SERVICE_MONITOR: Values = {"joker": {"metrics": {"annotations": False, "serviceMonitor": {"enabled": True}}}}
OTHER_PORTS: Values = {
    "joker": {"service": {"port": 8081}},
    "model": {"service": {"port": 8082}},
    "frontend": {"calls": ["joker:8081", "model:8082"], "service": {"port": 8083}},
}

MATRIX: dict[str, Values] = {
    "defaults": {},
    "images": merge(*map(load, IMAGES)),
    "everything": EVERYTHING,
    "NodePort": {"frontend": {"service": {"type": "NodePort"}}},
    "NodePort, chosen": {"frontend": {"service": {"type": "NodePort", "nodePort": 30080}}},
    "LoadBalancer": {"frontend": {"service": {"type": "LoadBalancer", "port": 8080}}},
    "autoscaling": {"model": {"autoscaling": {"enabled": True}}},
    "autoscaling from 2": {"model": {"autoscaling": {"enabled": True, "minReplicas": 2, "maxReplicas": 2}}},
    "3 replicas": {"joker": {"replicas": 3}, "model": {"replicas": 3}, "frontend": {"replicas": 3}},
    "no replicas": {"model": {"replicas": 0}},
    "config": {"joker": {"config": {"LOG_LEVEL": "debug", "MAX_CONCURRENCY": "64"}}},
    "secret": {"model": {"existingSecret": "model.secret"}},
    "config and secret": {"model": {"existingSecret": "model", "config": {"LOG_FORMAT": "json"}}},
    "env": {"joker": {"env": [{"name": "LOG_LEVEL", "value": "debug"}]}},
    "ingress": INGRESS,
    "ingress, all of it": merge(TLS, {"frontend": {"ingress": {"className": "nginx", "annotations": {"a/b": "c"}}}}),
    "http route": HTTP_ROUTE,
    "http route, all of it": merge(
        HTTP_ROUTE,
        {"frontend": {"httpRoute": {"parentRefs": [{"name": "a", "namespace": "b", "sectionName": "https"}]}}},
    ),
    "service monitor": SERVICE_MONITOR,
    "no scraping": {"joker": {"metrics": {"annotations": False}}},
    "digest": {"model": {"image": {"digest": DIGEST}}},
    "registry": {"global": {"registry": "registry.example.com/team"}},
    "pull secrets": {"frontend": {"image": {"pullSecrets": ["one", "two"]}}},
    "placement": {
        "model": {
            "nodeSelector": {"pool": "models"},
            "tolerations": [{"operator": "Exists"}, {"key": "gpu", "effect": "NoSchedule"}],
            "affinity": {"podAntiAffinity": _POD_AFFINITY},
        }
    },
    "other ports": OTHER_PORTS,
    "a chain": {"frontend": {"calls": ["joker"]}, "joker": {"calls": ["model"]}},
    "nobody calls": {"frontend": {"calls": []}},
    "no limits": {"model": {"resources": {"limits": {"cpu": None, "memory": None}, "requests": {"cpu": 1}}}},
    "at once": {"model": {"drainSeconds": 0, "shutdownSeconds": 0, "startupSeconds": 1}},
}
"""By what is special about each."""
