"""An API as it is now, against what others pinned of it."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import jsonschema

from .containment import Containment, Gap, Schema
from .errors import ContractError
from .operations import (
    Document,
    Operation,
    Security,
    find,
    inputs,
    operations,
    request_schema,
    response_schemas,
    security,
)


def broken(provider: str, document: Document, services: Path) -> list[str]:
    """A line for each thing that the API of `provider` no longer keeps, naming consumer, endpoint and field.

    `services` is the folder of all services; who uses the provider has `NAME/contracts/PROVIDER.json` there.
    """
    found = []
    for path in sorted(services.glob(f"*/contracts/{provider}.json")):
        found += [f"{path.parts[-3]} uses {line}" for line in breaks(document, read(path))]
    return found


def breaks(document: Document, contract: Document) -> list[str]:
    """The same of one contract: `GET /v1/jokes/random: answer.text is gone`. Nothing is said of what was added."""
    lines = []
    for method, path, pinned in operations(contract):
        found = find(document, method, path)
        gaps = _operation(document, *found, contract, pinned) if found else [Gap("the endpoint", "is gone")]
        lines += [f"{method} {path}: {gap.field} {gap.change}" for gap in gaps]
    return lines


def read(path: Path) -> Document:
    """A contract. Raises ContractError."""
    try:
        contract = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ContractError(f"{path}: {error}") from None
    if not isinstance(contract, dict) or not isinstance(contract.get("paths"), dict):
        raise ContractError(f"{path} is no OpenAPI document: `make contracts` writes it")
    return contract


def _operation(
    document: Document, now: Operation, placed: dict[str, str], contract: Document, pinned: Operation
) -> Iterator[Gap]:
    yield from _security(security(document, now), security(contract, pinned))
    yield from _path(document, now, placed, contract, pinned)
    yield from _inputs(document, now, contract, pinned)
    sent = Containment(document, answers=False)
    given, taken = request_schema(contract, pinned), request_schema(document, now)
    if given and taken is None:
        yield Gap("body", "is no longer taken as JSON")
    elif given and taken:
        yield from sent.gaps(taken, given, "body")
    elif taken and now.get("requestBody", {}).get("required"):
        yield Gap("body", "is required")
    answers = response_schemas(document, now)
    for status, schema in response_schemas(contract, pinned).items():
        if status not in answers:
            yield Gap(f"status {status}", f"is gone, there is {', '.join(answers)}")
        else:
            yield from Containment(document, answers=True).gaps(answers[status], schema, "answer")


def _security(now: Security, pinned: Security) -> Iterator[Gap]:
    """Whichever alternative a consumer goes by, one of now must ask for no more."""

    def enough(shown: dict[str, list[str]], asked: dict[str, list[str]]) -> bool:
        return all(scheme in shown and {*scopes} <= {*shown[scheme]} for scheme, scopes in asked.items())

    if not all(any(enough(shown, asked) for asked in now) for shown in pinned):
        yield Gap("the endpoint", f"asks for {_alternatives(now)} now, for {_alternatives(pinned)} before")


def _alternatives(asked: Security) -> str:
    """`key and token(read, write) or nothing`."""
    named = [[f"{name}({', '.join(scopes)})" if scopes else name for name, scopes in each.items()] for each in asked]
    return " or ".join(" and ".join(each) or "nothing" for each in named)


def _path(
    document: Document, now: Operation, placed: dict[str, str], contract: Document, pinned: Operation
) -> Iterator[Gap]:
    """By where it stands in the path: what it is called there is nobody's matter."""
    taken, given = inputs(document, now), inputs(contract, pinned)
    sent = Containment(document, answers=False, text=True)
    for name, text in placed.items():
        schema = taken.get(f"path.{name}", {}).get("schema", {})
        if text[0] != "{":
            if not _takes(document, schema, text):
                yield Gap(f"path.{name}", f"no longer takes {text!r}")
        elif parameter := given.get(f"path.{text[1:-1]}"):
            yield from sent.gaps(schema, parameter["schema"], f"path.{name}")


def _takes(document: Document, schema: Schema, text: str) -> bool:
    """Whether `7` is one of its values, as a text or as a number."""
    values: list[Any] = [text]
    with suppress(ValueError):
        values.append(json.loads(text))
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    validator = jsonschema.Draft202012Validator(schema | {"components": document.get("components")}, None, checker)
    return any(map(validator.is_valid, values))


def _inputs(document: Document, now: Operation, contract: Document, pinned: Operation) -> Iterator[Gap]:
    """Of query, headers and cookies."""
    taken, given = (
        {name: each for name, each in inputs(*where).items() if each["in"] != "path"}
        for where in ((document, now), (contract, pinned))
    )
    sent = Containment(document, answers=False, text=True)
    for name, parameter in given.items():
        if name not in taken:
            yield Gap(name, "is gone")
        else:
            yield from sent.gaps(taken[name].get("schema", {}), parameter.get("schema", {}), name)
    for name, parameter in taken.items():
        if parameter.get("required") and not given.get(name, {}).get("required"):
            yield Gap(name, "is required")
