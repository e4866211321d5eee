"""The two runtimes that each peer serves: scikit-learn's pipeline, and this project's classifier; same weights."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

MODEL = "joke-language"
VERSION = "1"

Runtime = Callable[[list[str]], tuple[list[str], list[list[float]]]]
"""From texts to languages and rows of probabilities."""


def load(name: str) -> Runtime:
    """`sklearn` or `punchline`."""
    return {"sklearn": _sklearn, "punchline": _punchline}[name]()


def pipeline_file() -> Path:
    """Where bench/weights.py has put the fitted pipeline."""
    return Path(os.environ["BENCH_PIPELINE"])


def _sklearn() -> Runtime:
    import joblib

    pipeline = joblib.load(pipeline_file())

    def run(texts: list[str]) -> tuple[list[str], list[list[float]]]:
        probabilities = pipeline.predict_proba(texts)
        return pipeline.classes_[probabilities.argmax(axis=1)].tolist(), probabilities.tolist()

    return run


def _punchline() -> Runtime:
    from model.artefact import DEFAULT_DIRECTORY
    from model.classifier import Classifier

    classifier = Classifier.load(DEFAULT_DIRECTORY)

    def run(texts: list[str]) -> tuple[list[str], list[list[float]]]:
        predictions = classifier.predict(texts)
        return predictions.languages, predictions.rows

    return run


def texts_of(request: dict[str, Any]) -> list[str]:
    """The texts of an inference request, for servers that leave the protocol to their user."""
    tensor = request["inputs"][0]
    if tensor["datatype"] != "BYTES":
        raise ValueError("inputs.0.datatype must be BYTES")
    data: list[str] = tensor["data"]
    return data


def answer(languages: list[str], rows: list[list[float]]) -> dict[str, Any]:
    """An inference response."""
    return {
        "model_name": MODEL,
        "model_version": VERSION,
        "outputs": [
            {"name": "language", "datatype": "BYTES", "shape": [len(languages)], "data": languages},
            {
                "name": "probabilities",
                "datatype": "FP32",
                "shape": [len(rows), len(rows[0])],
                "data": [value for row in rows for value in row],
            },
        ],
    }
