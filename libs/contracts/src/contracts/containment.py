"""Whether every value that one JSON schema admits is admitted by another, and if not, where and why.

As far as OpenAPI documents made by FastAPI go: types, enumerations, bounds, objects, arrays and alternatives. Of what
it cannot judge (`not`, `if`) it says so, rather than nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .operations import Document, resolve

Schema = dict[str, Any]

LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
WIDER = {("integer", "number")}
TEXT = {(name, "string") for name in ("integer", "number", "boolean")}
UNJUDGED = ("not", "if", "patternProperties", "dependentSchemas", "prefixItems")


@dataclass(frozen=True)
class Gap:
    """A value that gets through one schema and not the other: the field, and how the document changed."""

    field: str
    change: str


class Containment:
    """Compares the schemas of a document of now with those that were pinned.

    In an answer what is given now must be within what was pinned; in a request what was pinned within what is taken
    now. `answers` says which; it decides the words, too. `text` is for what is sent as text, in the URL or a header,
    where a number is one.
    """

    def __init__(self, now: Document, *, answers: bool, text: bool = False) -> None:
        self._now, self._answers = now, answers
        self._wider = WIDER | TEXT if text else WIDER

    def gaps(self, now: Schema, pinned: Schema, field: str) -> Iterator[Gap]:
        """What is amiss at this field and below it."""
        inner, outer = (now, pinned) if self._answers else (pinned, now)
        yield from self._within(inner, outer, field)

    def _within(self, inner: Schema, outer: Schema, field: str) -> Iterator[Gap]:
        admitted = list(self._alternatives(outer))
        for alternative in self._alternatives(inner):
            tried = [list(self._one(alternative, each, field)) for each in admitted]
            # The one that fits best tells most: one of the same type, then with the fewest gaps.
            yield from min(tried, key=lambda found: (any(gap.field == field for gap in found), len(found)))

    def _alternatives(self, schema: Schema) -> Iterator[Schema]:
        schema = resolve(self._now, schema)
        for part in schema.get("allOf", []):
            schema = _merged(schema, resolve(self._now, part))
        rest = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf", "allOf")}
        if branches := [*schema.get("anyOf", []), *schema.get("oneOf", [])]:
            for branch in branches:
                yield from self._alternatives(_merged(rest, resolve(self._now, branch)))
        elif isinstance(rest.get("type"), list):
            for name in rest["type"]:
                yield rest | {"type": name}
        else:
            yield rest

    def _one(self, inner: Schema, outer: Schema, field: str) -> Iterator[Gap]:
        for keyword in UNJUDGED:
            if inner.get(keyword) != outer.get(keyword):
                yield Gap(field, f"has `{keyword}`, which cannot be compared")
        types = inner.get("type"), outer.get("type")
        if types[1] not in (None, types[0]) and types not in self._wider:
            yield self._changed(field, "type", types[0] or "anything", types[1])
            return
        yield from self._values(inner, outer, field)
        yield from self._bounds(inner, outer, field)
        if "items" in outer:
            yield from self._within(inner.get("items", {}), outer["items"], f"{field}[]")
        yield from self._properties(inner, outer, field)

    def _values(self, inner: Schema, outer: Schema, field: str) -> Iterator[Gap]:
        given, admitted = _enumerated(inner), _enumerated(outer)
        if admitted is None:
            return
        if given is None:
            now, pinned = ("any value", admitted) if self._answers else (admitted, "any value")
            yield Gap(field, f"values: {now} now, {pinned} before")
        elif more := [value for value in given if value not in admitted]:
            yield Gap(field, f"{'may be' if self._answers else 'may no longer be'} {', '.join(map(repr, more))}")

    def _bounds(self, inner: Schema, outer: Schema, field: str) -> Iterator[Gap]:
        for keywords, sign in ((LOWER, 1), (UPPER, -1)):
            for keyword in keywords:
                bound, mine = outer.get(keyword), inner.get(keyword)
                if bound is not None and (mine is None or sign * mine < sign * bound) and not _small(keyword, bound):
                    yield self._changed(field, keyword, mine, bound)
        if "multipleOf" in outer and not _multiple(inner.get("multipleOf"), outer["multipleOf"]):
            yield self._changed(field, "multipleOf", inner.get("multipleOf"), outer["multipleOf"])
        if outer.get("uniqueItems") and not inner.get("uniqueItems"):
            yield self._changed(field, "uniqueItems", inner.get("uniqueItems"), True)
        for keyword in ("pattern", "format"):
            if outer.get(keyword) not in (None, inner.get(keyword)):
                yield self._changed(field, keyword, inner.get(keyword), outer[keyword])

    def _properties(self, inner: Schema, outer: Schema, field: str) -> Iterator[Gap]:
        given, admitted = inner.get("properties", {}), outer.get("properties", {})
        others = outer.get("additionalProperties", self._answers)
        pinned = admitted if self._answers else given
        for name in sorted({*given, *admitted}):
            at = f"{field}.{name}"
            if name in given and (name in admitted or isinstance(others, dict)):
                yield from self._within(given[name], admitted.get(name, others), at)
            elif name in pinned and not (name in given and others):
                yield Gap(at, "is gone")
        for name in sorted({*outer.get("required", [])} - {*inner.get("required", [])}):
            if name in given or not self._answers:
                yield Gap(f"{field}.{name}", "may be missing" if self._answers else "is required")
        rest = inner.get("additionalProperties", self._answers)
        if isinstance(others, dict) and rest:
            yield from self._within({} if rest is True else rest, others, f"{field}.*")

    def _changed(self, field: str, what: str, inner: object, outer: object) -> Gap:
        now, pinned = (inner, outer) if self._answers else (outer, inner)
        return Gap(field, f"{what}: {_shown(now)} now, {_shown(pinned)} before")


def _merged(one: Schema, other: Schema) -> Schema:
    both = one | other
    for key in ("properties", "required"):
        if key in one and key in other:
            both[key] = one[key] | other[key] if key == "properties" else [*one[key], *other[key]]
    return both


def _enumerated(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    values: list[Any] | None = schema.get("enum")
    return values


def _small(keyword: str, bound: float) -> bool:
    """A bound that says nothing."""
    return keyword in ("minLength", "minItems", "minProperties") and bound <= 0


def _multiple(step: float | None, of: float) -> bool:
    return step is not None and Decimal(str(step)) % Decimal(str(of)) == 0


def _shown(value: object) -> object:
    return "none" if value is None else value
