"""Predictions as an inference response, in JSON or with binary tensors after it."""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING, Any

import msgspec

from . import binary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model.classifier import Classifier, Predictions

    from .request import InferenceRequest

MODEL_NAME = "joke-language"
DATATYPES = {"language": "BYTES", "probabilities": "FP32", "abstained": "BOOL", "evidence": "BYTES"}
TEXT = {"content_type": "str"}
"""As MLServer's clients have it."""


class _Output(msgspec.Struct, omit_defaults=True):
    name: str
    datatype: str
    shape: list[int]
    parameters: dict[str, Any] | None = None
    data: Sequence[str | float | bool] | None = None


class _Answer(msgspec.Struct, omit_defaults=True):
    model_name: str
    model_version: str
    outputs: list[_Output]
    id: str | None = None


def respond(classifier: Classifier, request: InferenceRequest, predictions: Predictions) -> tuple[bytes, int | None]:
    """The body, and the length of its JSON part when binary data follows."""
    outputs: list[_Output] = []
    tail: list[bytes] = []
    count = len(predictions.languages)
    for name, as_binary in request.outputs.items():
        values = _values(name, classifier, request, predictions)
        datatype = DATATYPES[name]
        shape = [count, predictions.columns] if name == "probabilities" else [count]
        parameters = TEXT if datatype == "BYTES" else None
        if as_binary:
            data = binary.encode(datatype, values)
            outputs.append(_Output(name, datatype, shape, {**(parameters or {}), "binary_data_size": len(data)}))
            tail.append(data)
        else:
            outputs.append(_Output(name, datatype, shape, parameters, values))
    head = _encode(_Answer(MODEL_NAME, classifier.version, outputs, request.id))
    return (head + b"".join(tail), len(head)) if tail else (head, None)


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
        return predictions.rows[0] if len(predictions.rows) == 1 else list(chain.from_iterable(predictions.rows))
    if name == "abstained":
        return [not language for language in predictions.languages]
    return [
        json.dumps(classifier.evidence(text, language or classifier.languages[row.index(max(row))]))
        for text, language, row in zip(request.texts, predictions.languages, predictions.rows, strict=True)
    ]
