"""An API as it is now, against what others pinned of it."""

import json
from collections.abc import Iterator
from pathlib import Path

from .containment import Containment, Gap
from .errors import ContractError
from .operations import Document, Operation, find, inputs, operations, request_schema, response_schemas


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
        now = find(document, method, path)
        gaps = _operation(document, now, contract, pinned) if now else [Gap("the endpoint", "is gone")]
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


def _operation(document: Document, now: Operation, contract: Document, pinned: Operation) -> Iterator[Gap]:
    sent = Containment(document, answers=False)
    yield from _inputs(sent, document, now, contract, pinned)
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


def _inputs(
    sent: Containment, document: Document, now: Operation, contract: Document, pinned: Operation
) -> Iterator[Gap]:
    taken, given = inputs(document, now), inputs(contract, pinned)
    for name, parameter in given.items():
        if name not in taken:
            yield Gap(name, "is gone")
        else:
            yield from sent.gaps(taken[name].get("schema", {}), parameter.get("schema", {}), name)
    for name, parameter in taken.items():
        if parameter.get("required") and not given.get(name, {}).get("required"):
            yield Gap(name, "is required")
