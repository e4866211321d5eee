"""The part of an API that one consumer uses, cut out of the provider's document."""

from collections.abc import Iterable
from typing import Any

from .containment import LOWER, UPPER, Schema
from .errors import ContractError
from .operations import JSON, Document, Operation, find, inputs, request_schema, resolve, response_schemas, security

Use = dict[str, Any]
"""A call with what it sends and reads, as uses.toml has it: `call`, `query`, `sends` and `reads`."""

Tree = dict[str, Any]

WORDS = ("title", "description", "summary", "example", "examples", "default", "deprecated", "readOnly", "writeOnly")
LIMITS = (*LOWER, *UPPER, "pattern", "format", "multipleOf", "uniqueItems")
"""What a consumer need not know of an answer: that a text got longer breaks nobody who reads it as a text."""


def cut(provider: str, document: Document, uses: Iterable[Use]) -> Document:
    """An OpenAPI document of these calls alone, with the fields that are used. Raises ContractError."""
    paths: dict[str, Any] = {}
    for use in uses:
        call = use.get("call", "")
        method, _, path = call.partition(" ")
        found = find(document, method, path)
        if unknown := {*use} - {"call", "query", "sends", "reads"}:
            raise ContractError(f"{provider}, {call!r}: there is no key {sorted(unknown)[0]!r}")
        if found is None:
            raise ContractError(
                f"{provider} has no {call!r}: write a method and a path, such as 'GET /v1/jokes/random'"
            )
        paths.setdefault(path, {})[method.lower()] = _operation(document, *found, use, f"{provider}, {call}")
    return {
        "openapi": document["openapi"],
        "info": {"title": provider, "version": document["info"]["version"].partition(".")[0]},
        "paths": paths,
    }


def _operation(document: Document, operation: Operation, placed: dict[str, str], use: Use, what: str) -> Operation:
    pinned: Operation = {}
    parameters = [_in_path(document, operation, name, text, what) for name, text in placed.items() if text[0] == "{"]
    parameters += [_in_query(document, operation, name, what) for name in use.get("query", [])]
    if parameters:
        pinned["parameters"] = parameters
    if (asked := security(document, operation)) != [{}]:
        pinned["security"] = asked
    if names := use.get("sends"):
        taken = request_schema(document, operation)
        if taken is None:
            raise ContractError(f"{what} takes no JSON: remove `sends`")
        schema = _Cut(document, what, sends=True).part(taken, _tree(names), "body")
        pinned["requestBody"] = {"required": True, "content": {JSON: {"schema": schema}}}
    part = _Cut(document, what, sends=False)
    tree = _tree(use.get("reads", []))
    pinned["responses"] = {
        status: {"description": "", "content": {JSON: {"schema": part.part(schema, tree, "answer") if tree else {}}}}
        for status, schema in response_schemas(document, operation).items()
    }
    return pinned


def _in_path(document: Document, operation: Operation, name: str, text: str, what: str) -> dict[str, Any]:
    """What is put where `text` stands, by the name that it has there."""
    found = inputs(document, operation).get(f"path.{name}")
    if found is None:
        raise ContractError(f"{what} has no parameter {name!r} for its path")
    schema = _Cut(document, what, sends=True).part(found["schema"], {}, name)
    return {"in": "path", "name": text[1:-1], "required": True, "schema": schema}


def _in_query(document: Document, operation: Operation, name: str, what: str) -> dict[str, Any]:
    found = inputs(document, operation).get(f"query.{name.removesuffix('?')}")
    if found is None:
        raise ContractError(f"{what} takes no query parameter {name.removesuffix('?')!r}")
    schema = _Cut(document, what, sends=True).part(found["schema"], {}, name)
    return {"in": "query", "name": name.removesuffix("?"), "required": not name.endswith("?"), "schema": schema}


def _tree(names: Iterable[str]) -> Tree:
    """`["a", "b[].c"]` as `{"a": {}, "b": {"[]": {"c": {}}}}`."""
    tree: Tree = {}
    for name in names:
        at = tree
        for key in name.replace("[]", ".[]").split("."):
            at = at.setdefault(key, {})
    return tree


class _Cut:
    def __init__(self, document: Document, what: str, *, sends: bool) -> None:
        self._document, self._what, self._sends = document, what, sends

    def part(self, schema: Schema, tree: Tree, field: str, inside: tuple[str, ...] = ()) -> Schema:
        """The schema of the fields in `tree`, references written out; all of it where the tree ends."""
        if "$ref" in schema:
            if schema["$ref"] in inside:
                raise ContractError(f"{self._what}: {field} has itself in it: name the fields that are used")
            inside = (*inside, schema["$ref"])
        schema = resolve(self._document, schema)
        left_out = WORDS if self._sends else (*WORDS, *LIMITS)
        whole = {key: value for key, value in schema.items() if key not in left_out}
        for key in ("anyOf", "oneOf", "allOf"):
            if key in whole:
                whole[key] = self._branches(whole[key], tree, field, inside)
        if isinstance(items := schema.get("items"), dict):
            whole["items"] = self.part(items, tree.get("[]", {}), f"{field}[]", inside)
        if isinstance(other := schema.get("additionalProperties"), dict):
            whole["additionalProperties"] = self.part(other, {}, f"{field}.*", inside)
        elif not self._sends or tree:
            whole.pop("additionalProperties", None)
        names = [name for name in tree if name != "[]"]
        self._missing(names, schema, field)
        if "properties" in schema:
            self._properties(whole, schema, tree, field, inside)
        return whole

    def _properties(self, whole: Schema, schema: Schema, tree: Tree, field: str, inside: tuple[str, ...]) -> None:
        optional = {name.removesuffix("?") for name in tree if name.endswith("?")}
        wanted = {name.removesuffix("?"): below for name, below in tree.items()}
        wanted = wanted or {name: {} for name in schema["properties"]}
        whole["properties"] = {
            name: self.part(schema["properties"][name], below, f"{field}.{name}", inside)
            for name, below in wanted.items()
        }
        promised = [name for name in wanted if name in schema.get("required", [])]
        whole["required"] = [name for name in wanted if name not in optional] if self._sends and tree else promised

    def _branches(self, branches: list[Schema], tree: Tree, field: str, inside: tuple[str, ...]) -> list[Schema]:
        """Each alternative, cut where it has the fields; one of them must."""
        parts: list[Schema] = []
        fits = not tree
        for branch in branches:
            try:
                parts.append(self.part(branch, tree, field, inside))
                fits = True
            except _MissingError:
                branch = resolve(self._document, branch)
                parts.append({key: branch[key] for key in ("type", "enum", "const") if key in branch})
        if not fits:
            raise ContractError(f"{self._what}: {field} has no {', '.join(tree)}")
        return parts

    def _missing(self, names: list[str], schema: Schema, field: str) -> None:
        for name in names:
            if name.removesuffix("?") not in schema.get("properties", {}) and not {"anyOf", "oneOf", "allOf"} & {
                *schema
            }:
                kind = "take" if self._sends else "promise"
                raise _MissingError(f"{self._what} does not {kind} {field}.{name.removesuffix('?')}")


class _MissingError(ContractError):
    pass
