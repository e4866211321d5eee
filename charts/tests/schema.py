"""The places that the values' schemas know, and where a document has them."""

from collections.abc import Iterator
from typing import Any

from charts.tests.helm import SERVICE, UMBRELLA, load

Schema = dict[str, Any]
Location = tuple[str | int, ...]

_umbrella = load(UMBRELLA / "values.schema.json")
_service = load(SERVICE / "values.schema.json")

SERVICE_SCHEMA: Schema = {
    **_service,
    # Handed down by Helm; the umbrella's schema has its keys.
    "properties": {key: schema for key, schema in _service["properties"].items() if key != "global"},
}
"""What a service may be told."""

SCHEMA: Schema = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "global": _umbrella["properties"]["global"],
        "frontend": SERVICE_SCHEMA,
    },
    "definitions": {**_umbrella["definitions"], **_service["definitions"]},
}
"""What a values file may have, of one service: Helm checks the same in two steps."""


def places(schema: Schema = SCHEMA, place: str = "") -> Iterator[tuple[str, Schema]]:
    """Every place, such as `frontend.env[].name`, with its schema; `*` stands for a free key."""
    schema = _resolved(schema)
    yield place, schema
    for key, inner in schema.get("properties", {}).items():
        yield from places(inner, f"{place}.{key}".lstrip("."))
    for inner in _free(schema):
        yield from places(inner, f"{place}.*")
    if "items" in schema:
        yield from places(schema["items"], f"{place}[]")


def locations(
    value: Any, schema: Schema = SCHEMA, place: str = "", at: Location = ()
) -> Iterator[tuple[str, Location]]:
    """Every place that a document has, with the keys and indices that lead there."""
    schema = _resolved(schema)
    yield place, at
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        for key, inner in value.items():
            known = key in properties
            name, of = (key, properties[key]) if known else ("*", _free(schema)[0])
            yield from locations(inner, of, f"{place}.{name}".lstrip("."), (*at, key))
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from locations(inner, schema["items"], f"{place}[]", (*at, index))


def is_leaf(schema: Schema) -> bool:
    """Whether a value is set here, rather than below."""
    return "properties" not in schema and "items" not in schema and not _free(schema)


def is_closed(schema: Schema) -> bool:
    """Whether this is an object that has the keys which the schema names and no other."""
    return "properties" in schema


def get(document: Any, at: Location) -> Any:
    """The value at a location."""
    for step in at:
        document = document[step]
    return document


def replaced(document: Any, at: Location, value: Any) -> Any:
    """The document with another value at a location."""
    if not at:
        return value
    head, *tail = at
    copy: Any = list(document) if isinstance(document, list) else dict(document)
    copy[head] = replaced(document[head] if tail else None, tuple(tail), value)
    return copy


def _resolved(schema: Schema) -> Schema:
    if "$ref" in schema:
        return SCHEMA["definitions"][schema["$ref"].removeprefix("#/definitions/")]  # type: ignore[no-any-return]
    return schema


def _free(schema: Schema) -> list[Schema]:
    free = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties")]
    return [inner for inner in free if isinstance(inner, dict)]
