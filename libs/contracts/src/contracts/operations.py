"""Operations of an OpenAPI document, found by what a caller sends."""

import re
from collections.abc import Iterator
from typing import Any

Document = dict[str, Any]
Operation = dict[str, Any]

Security = list[dict[str, list[str]]]
"""What a caller has to show: alternatives, each with its schemes and their scopes."""

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
JSON = "application/json"


def operations(document: Document) -> Iterator[tuple[str, str, Operation]]:
    """Method in upper case, path template and operation; parameters of the path are in the operation's."""
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                shared = item.get("parameters", [])
                yield method.upper(), path, item[method] | {"parameters": shared + item[method].get("parameters", [])}


def find(document: Document, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """The operation that a request goes to, and its `places`; `path` is a template, too, or has values in it."""
    found = [
        (each, placed)
        for verb, template, each in operations(document)
        if verb == method and (placed := places(template, path)) is not None
    ]
    # /v1/jokes/random before /v1/jokes/{id}, whatever their order.
    return min(found, key=lambda pair: len(pair[1]), default=None)


def places(template: str, path: str) -> dict[str, str] | None:
    """What a path has where the template has parameters, None if it is another's.

    For `/v1/jokes/{id}` and `/v1/jokes/7` that is `{"id": "7"}`, and for `/v1/jokes/{joke}` it is `{"id": "{joke}"}`.
    """
    literals = re.split(r"\{[^}]*\}", template)
    found = re.fullmatch("([^/]+)".join(map(re.escape, literals)), path)
    return dict(zip(re.findall(r"\{([^}]*)\}", template), found.groups(), strict=True)) if found else None


def resolve(document: Document, value: dict[str, Any]) -> dict[str, Any]:
    """What a `$ref` stands for, or the value itself."""
    while "$ref" in value:
        target: Any = document
        for key in value["$ref"].removeprefix("#/").split("/"):
            target = target[key.replace("~1", "/").replace("~0", "~")]
        value = target | {key: other for key, other in value.items() if key != "$ref"}
    return value


def request_schema(document: Document, operation: Operation) -> dict[str, Any] | None:
    """The schema of the JSON that it takes."""
    body = resolve(document, operation.get("requestBody", {}))
    schema: dict[str, Any] | None = body.get("content", {}).get(JSON, {}).get("schema")
    return schema


def response_schemas(document: Document, operation: Operation) -> dict[str, dict[str, Any]]:
    """The schema of the JSON of each success, by status."""
    return {
        status: resolve(document, response).get("content", {}).get(JSON, {}).get("schema", {})
        for status, response in operation.get("responses", {}).items()
        if status.startswith("2")
    }


def inputs(document: Document, operation: Operation) -> dict[str, dict[str, Any]]:
    """Its parameters by place and name: `query.language`, `path.id`, `header.accept`, `cookie.visit`."""
    parameters = (resolve(document, each) for each in operation.get("parameters", []))
    return {f"{each['in']}.{each['name']}": each for each in parameters}


def security(document: Document, operation: Operation) -> Security:
    """An operation's own, or else the document's; `[{}]` is nothing."""
    asked: Security = operation.get("security", document.get("security")) or [{}]
    return asked
