"""A provider's stand-in for a consumer's tests: it knows what the contract has, and nothing else."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import jsonschema

from .compare import read
from .operations import Document, find, inputs, request_schema, response_schemas

Answer = Callable[[httpx.Request], httpx.Response]


def stand_in(contract: Path, answer: Answer) -> httpx.MockTransport:
    """A transport that answers as `answer` does, held to the contract on both sides.

    A call, a field sent or an answer that is not in the contract is an AssertionError. Fields that it has not are taken
    out of the answer, so that a consumer that reads them fails here, in its own tests, instead of later, unprotected.
    """
    document = read(contract)

    def respond(request: httpx.Request) -> httpx.Response:
        what = f"{request.method} {request.url.path}"
        found = find(document, request.method, request.url.path)
        assert found is not None, f"{what} is not in {contract.name}: add it to uses.toml, then `make contracts`"
        operation, _ = found
        unknown = {f"query.{name}" for name in request.url.params} - {*inputs(document, operation)}
        assert not unknown, f"{what}: {', '.join(sorted(unknown))} is not in {contract.name}"
        if schema := request_schema(document, operation):
            body = json.loads(request.content)
            jsonschema.validate(body, schema, jsonschema.Draft202012Validator)
            assert pruned(body, schema) == body, f"{what} sends more than is in {contract.name}"
        else:
            assert not request.content, f"{what} sends a body, which is not in {contract.name}"
        response = answer(request)
        return _pruned(document, operation, response) if response.is_success else response

    return httpx.MockTransport(respond)


def _pruned(document: Document, operation: dict[str, Any], response: httpx.Response) -> httpx.Response:
    schema = response_schemas(document, operation)[str(response.status_code)]
    body = response.json()
    jsonschema.validate(body, schema, jsonschema.Draft202012Validator)
    return httpx.Response(response.status_code, json=pruned(body, schema))


def pruned(value: Any, schema: dict[str, Any]) -> Any:
    """`value` with the properties alone that the schema names, where it names any."""
    for branch in schema.get("anyOf", []):
        if jsonschema.Draft202012Validator(branch).is_valid(value):
            return pruned(value, branch)
    if isinstance(value, list):
        return [pruned(each, schema.get("items", {})) for each in value]
    if isinstance(value, dict) and "properties" in schema:
        return {
            key: pruned(each, schema["properties"][key]) for key, each in value.items() if key in schema["properties"]
        }
    return value
