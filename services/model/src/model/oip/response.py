"""Predictions as an inference response, in JSON or with binary tensors after it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from . import binary

if TYPE_CHECKING:
    from model.classifier import Classifier, Predictions

    from .request import InferenceRequest

MODEL_NAME = "joke-language"
DATATYPES = {"language": "BYTES", "probabilities": "FP32", "abstained": "BOOL", "evidence": "BYTES"}


def respond(classifier: Classifier, request: InferenceRequest, predictions: Predictions) -> tuple[bytes, int | None]:
    """The body, and the length of its JSON part when binary data follows."""
    outputs: list[dict[str, Any]] = []
    tail: list[bytes] = []
    for name, as_binary in request.outputs.items():
        values = _values(name, classifier, request, predictions)
        shape = list(values.shape) if isinstance(values, np.ndarray) else [len(values)]
        output: dict[str, Any] = {"name": name, "datatype": DATATYPES[name], "shape": shape}
        parameters: dict[str, Any] = {"content_type": "str"} if DATATYPES[name] == "BYTES" else {}
        if as_binary:
            data = _bytes(values)
            parameters["binary_data_size"] = len(data)
            tail.append(data)
        else:
            output["data"] = values.ravel().tolist() if isinstance(values, np.ndarray) else values
        if parameters:
            output["parameters"] = parameters
        outputs.append(output)
    document: dict[str, Any] = {"model_name": MODEL_NAME, "model_version": classifier.version}
    if request.id is not None:
        document["id"] = request.id
    document["outputs"] = outputs
    # ASCII, so that a lone surrogate in the id goes back as the escape it came as.
    head = json.dumps(document, allow_nan=False, separators=(",", ":")).encode()
    return (head + b"".join(tail), len(head)) if tail else (head, None)


def _values(
    name: str, classifier: Classifier, request: InferenceRequest, predictions: Predictions
) -> list[str] | np.ndarray[Any, Any]:
    if name == "language":
        return predictions.languages
    if name == "probabilities":
        return predictions.probabilities
    if name == "abstained":
        return predictions.abstained
    top = predictions.probabilities.argmax(axis=1)
    return [
        json.dumps(classifier.evidence(text, language or classifier.languages[int(best)]))
        for text, language, best in zip(request.texts, predictions.languages, top, strict=True)
    ]


def _bytes(values: list[str] | np.ndarray[Any, Any]) -> bytes:
    if isinstance(values, list):
        return binary.encode_texts(values)
    return values.astype("<f4" if values.dtype.kind == "f" else "?").tobytes()
