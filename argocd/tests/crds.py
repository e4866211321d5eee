"""The schemas of Application and AppProject, as Argo CD's CustomResourceDefinitions have them, closed.

`crds.json` is taken from manifests/crds/ of https://github.com/argoproj/argo-cd at v3.5.7 (Apache-2.0), without
descriptions, status and operation, and with every object closed: Kubernetes passes over a field that it does not know,
and a misspelt `selfHael` would be silence. To make it anew, from the files of another version:

    python -m argocd.tests.crds application-crd.yaml appproject-crd.yaml >argocd/tests/crds.json

The tests on a cluster hold it against the definitions installed there.
"""

import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import yaml

Schema = dict[str, Any]

SCHEMAS: dict[str, Schema] = json.loads(Path(__file__).with_name("crds.json").read_text("utf-8"))
"""By kind."""


def problems(resource: Any) -> list[str]:
    """What Argo CD would not take, or would pass over, each with its place."""
    errors = jsonschema.Draft7Validator(SCHEMAS[resource["kind"]]).iter_errors(resource)
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in errors]


def extract(definition: Any) -> tuple[str, Schema]:
    """The kind that a CustomResourceDefinition is of, and its closed schema."""
    (version,) = definition["spec"]["versions"]
    schema = closed(version["schema"]["openAPIV3Schema"])
    for of_the_server in ("status", "operation"):
        schema["properties"].pop(of_the_server, None)
    schema["properties"]["metadata"] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["name", "namespace"],
        "properties": {
            "name": {"type": "string"},
            "namespace": {"type": "string"},
            "finalizers": {"type": "array", "items": {"type": "string"}},
            "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    }
    return definition["spec"]["names"]["kind"], schema


def closed(schema: Any) -> Any:
    """The schema without words, and with no other properties than those that it names."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        key: value for key, value in schema.items() if key not in ("description", "format", "x-kubernetes-validations")
    }
    for key, value in kept.items():
        # What lies below `properties` is named by the schema's author: a property may be called `description`.
        kept[key] = {name: closed(each) for name, each in value.items()} if key == "properties" else closed(value)
    free = "additionalProperties" in kept or "x-kubernetes-preserve-unknown-fields" in kept
    if "properties" in kept and not free:
        kept["additionalProperties"] = False
    return kept


if __name__ == "__main__":
    definitions = [yaml.load(Path(name).read_text("utf-8"), yaml.CSafeLoader) for name in sys.argv[1:]]
    sys.stdout.write(json.dumps(dict(map(extract, definitions)), separators=(",", ":"), sort_keys=True) + "\n")
