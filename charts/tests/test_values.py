"""Every value does something, is documented, and arrives as it was written."""

import json
import re
from typing import Any

import jsonschema
import pytest

from charts.tests.helm import SERVICE, SERVICES, UMBRELLA, HelmError, Values, load, merge, render
from charts.tests.matrix import EVERYTHING
from charts.tests.schema import SCHEMA, SERVICE_SCHEMA, Location, Schema, get, is_leaf, locations, places, replaced
from charts.tests.test_renders import CUSTOM, check

LEAVES = {place: schema for place, schema in places() if is_leaf(schema)}
FOUND: dict[str, Location] = {}
for _place, _at in locations(EVERYTHING):
    FOUND.setdefault(_place, _at)

DEFAULTS = [
    place for place, _ in locations(load(SERVICE / "values.yaml"), SERVICE_SCHEMA) if place and "[]" not in place
]

CONTEXT: dict[str, Values] = {
    # Used only where the autoscaler is not.
    "frontend.replicas": {"frontend": {"autoscaling": {"enabled": False}}},
    # Not both ways of scraping at once.
    "frontend.metrics.annotations": {"frontend": {"metrics": {"serviceMonitor": {"enabled": False}}}},
    # Who is open to all needs no way in for Prometheus.
    "frontend.metrics.namespace": {
        "frontend": {"service": {"type": "ClusterIP", "nodePort": 0}, "ingress": None, "httpRoute": None}
    },
}
"""What must stand around some values for them to matter."""

OTHER: dict[str, Any] = {
    "frontend.calls[]": "model",
    "frontend.publicPaths[].path": "/v2",
}
"""The second value, where it cannot be made from the first."""

AWKWARD = [
    "1",
    "1e3",
    "true",
    "null",
    "~",
    "*.a",
    "a: b",
    "a #b",
    '"',
    "{a",
    "- a",
    "a\nb",
    "@a",
    "{{ 1 }}",
    "/a: b #c",
]
"""Strings that YAML takes for something else if nobody quotes them."""

NAMES = {"frontend.calls[]", "frontend.env[].name"}
"""Values that must be known, or differ from each other."""

PARTS = {"global.registry", "frontend.image.repository", "frontend.image.tag", "frontend.test.path"}
"""Values that become a part of a longer text."""


def test_everything_has_every_value_there_is() -> None:
    """The two tests below would miss it otherwise."""
    assert sorted(set(LEAVES) - set(FOUND)) == []


@pytest.mark.parametrize("place", LEAVES)
def test_no_value_is_dead(place: str) -> None:
    values = merge(EVERYTHING, CONTEXT.get(place, {}))
    at = FOUND[place]
    changed = replaced(values, at, OTHER.get(place) or another(get(values, at), LEAVES[place]))
    assert render(changed) != render(values), f"{place} changes nothing"


@pytest.mark.parametrize("text", AWKWARD)
def test_text_arrives_as_it_was_written(text: str) -> None:
    """Wherever the schema lets such a text through, Kubernetes gets it as a text."""
    values, whole = EVERYTHING, 0
    for place, at in locations(EVERYTHING):
        if place in LEAVES and place not in NAMES and admits(LEAVES[place], text):
            values = replaced(values, at, text)
            whole += place not in PARTS
    resources = render(values)
    for resource in resources.values():
        if resource["kind"] not in CUSTOM:
            check(resource)
    assert texts(list(resources.values())).count(text) >= whole >= 10
    assert resources == render(values, helm="helm3")


@pytest.mark.parametrize("release", ["123", "1e3", "null"])
def test_any_name_will_do_for_a_release(release: str) -> None:
    for resource in render({}, release=release).values():
        check(resource)


@pytest.mark.parametrize("place", DEFAULTS)
def test_a_default_taken_away_is_missed_or_not_needed(place: str) -> None:
    """By `key: null`, as a key is that has nothing but comments below it."""
    *above, key = place.split(".")
    values: Values = {key: None}
    for name in reversed(above):
        values = {name: values}
    try:
        resources = render({"joker": values})
    except HelmError as error:
        if f"missing property '{key}'" not in str(error):
            raise
        return
    assert "null" not in json.dumps(list(resources.values())), f"{place} is needed"
    for resource in resources.values():
        check(resource)


def test_values_and_schema_of_a_service_have_the_same_keys() -> None:
    known = {place.removeprefix("frontend.").split(".")[0] for place, _ in places() if place.startswith("frontend.")}
    assert {re.sub(r"\W+$", "", key) for key in known} == set(load(SERVICE / "values.yaml"))


def test_schema_of_the_umbrella_has_the_services_and_global() -> None:
    keys = {"global", *SERVICES}
    assert set(load(UMBRELLA / "values.schema.json")["properties"]) == keys
    assert set(load(UMBRELLA / "values.yaml")) <= keys


@pytest.mark.parametrize("path", [SERVICE / "values.yaml", UMBRELLA / "values.yaml"], ids=["service", "umbrella"])
def test_every_value_is_explained(path: Any) -> None:
    """By a comment in its paragraph, or above all in the umbrella's, whose services only differ from the defaults."""
    text = path.read_text("utf-8")
    first = next(line for line in text.splitlines() if line)
    assert first.startswith("# "), "what is this file?"
    for paragraph in re.split(r"\n\n+", text):
        for key in re.findall(r"^(\w+):", paragraph, re.M):
            assert key in SERVICES or re.search(r"^ *# ", paragraph, re.M), f"{key} has no comment"


def another(value: Any, schema: Schema) -> Any:
    """A value that the schema admits, too: the next member, or the last digit changed."""
    if "enum" in schema:
        return next(member for member in schema["enum"] if member not in (value, "ClusterIP"))
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return re.sub(r"\d(?=\D*$)", lambda digit: "2" if digit[0] == "1" else "1", value)


def admits(schema: Schema, value: Any) -> bool:
    """Whether the schema of a leaf lets a value through."""
    return bool(jsonschema.Draft7Validator({**schema, "definitions": SCHEMA["definitions"]}).is_valid(value))


def texts(value: Any) -> list[str]:
    """Every string in a document, keys left out."""
    if isinstance(value, dict):
        return texts(list(value.values()))
    if isinstance(value, list):
        return [text for inner in value for text in texts(inner)]
    return [value] if isinstance(value, str) else []
