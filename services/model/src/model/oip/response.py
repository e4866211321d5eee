"""Predictions as an inference response, in JSON or with binary tensors after it."""

from __future__ import annotations

import json
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

import msgspec

from . import binary
from .request import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model.classifier import Classifier, Predictions

    from .request import InferenceRequest

MODEL_NAME = "joke-language"
DATATYPES = {"language": "BYTES", "probabilities": "FP32", "abstained": "BOOL", "evidence": "BYTES"}


class _Output(msgspec.Struct, omit_defaults=True):
    name: str
    datatype: str
    shape: list[int]
    parameters: dict[str, Any] | None = None
    data: Sequence[str | float | bool] | msgspec.Raw | None = None


class _Answer(msgspec.Struct, omit_defaults=True):
    model_name: str
    model_version: str
    outputs: list[_Output]
    id: str | None = None


def respond(classifier: Classifier, request: InferenceRequest, predictions: Predictions) -> tuple[bytes, int | None]:
    """The body, and the length of its JSON part when binary data follows."""
    if request.id is None and request.outputs == DEFAULT:
        return _plain(classifier, predictions), None
    outputs: list[_Output] = []
    tail: list[bytes] = []
    count = len(predictions.languages)
    for name, as_binary in request.outputs.items():
        values = _values(name, classifier, request, predictions)
        output = _Output(name, DATATYPES[name], _shape(name, count, predictions.columns), _parameters(name))
        if as_binary:
            tail.append(binary.encode(output.datatype, values))
            output.parameters = {**(output.parameters or {}), "binary_data_size": len(tail[-1])}
        else:
            output.data = values
        outputs.append(output)
    head = _encode(_Answer(MODEL_NAME, classifier.version, outputs, request.id))
    return (head + b"".join(tail), len(head)) if tail else (head, None)


def _plain(classifier: Classifier, predictions: Predictions) -> bytes:
    """What is asked for most: for as many texts it is the same but for the data, so that only this is encoded."""
    encode = _encoder.encode
    return _frame(classifier.version, len(predictions.languages), predictions.columns) % (
        encode(predictions.languages),
        encode(_flat(predictions.rows)),
        encode([not language for language in predictions.languages]),
    )


@lru_cache(64)
def _frame(version: str, count: int, columns: int) -> bytes:
    data = msgspec.Raw(b"%b")
    outputs = [
        _Output(name, DATATYPES[name], _shape(name, count, columns), _parameters(name), data) for name in DEFAULT
    ]
    return _encoder.encode(_Answer(MODEL_NAME, version, outputs))


def _flat(rows: list[list[float]]) -> list[float]:
    return rows[0] if len(rows) == 1 else list(chain.from_iterable(rows))


def _shape(name: str, count: int, columns: int) -> list[int]:
    return [count, columns] if name == "probabilities" else [count]


def _parameters(name: str) -> dict[str, Any] | None:
    return {"content_type": "str"} if DATATYPES[name] == "BYTES" else None  # as MLServer's clients have it


def _encode(answer: _Answer) -> bytes:
    try:
        return _encoder.encode(answer)
    except UnicodeEncodeError:  # ASCII, so that a lone surrogate in the id goes back as the escape it came as
        return json.dumps(msgspec.to_builtins(answer), allow_nan=False, separators=(",", ":")).encode()


_encoder = msgspec.json.Encoder()


def _values(
    name: str, classifier: Classifier, request: InferenceRequest, predictions: Predictions
) -> Sequence[str | float | bool]:
    if name == "language":
        return predictions.languages
    if name == "probabilities":
        return _flat(predictions.rows)
    if name == "abstained":
        return [not language for language in predictions.languages]
    return [
        json.dumps(classifier.evidence(text, language or classifier.languages[row.index(max(row))]))
        for text, language, row in zip(request.texts, predictions.languages, predictions.rows, strict=True)
    ]
