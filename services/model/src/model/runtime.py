"""The classifier as the Open Inference Protocol has it: a text in, a language, probabilities and evidence out."""

import json
from itertools import chain
from typing import cast

from openinference import Inputs, Tensor, Values

from . import metrics
from .classifier import Classifier, Predictions


class Runtime:
    """`probabilities` are in the order of the card's languages; `evidence` is JSON, an n-gram and its log-odds each."""

    name, platform, summary = "joke-language", "numpy", "Which language is each text in?"
    inputs = (Tensor("text", "BYTES"),)

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self.version = classifier.version
        self.outputs = (
            Tensor("language", "BYTES"),
            Tensor("probabilities", "FP32", (-1, len(classifier.languages))),
            Tensor("abstained", "BOOL"),
            Tensor("evidence", "BYTES", default=False, slow=True),
        )

    def predict(self, inputs: Inputs) -> Predictions:
        """Judge each text."""
        return self._classifier.predict(cast("list[str]", inputs["text"]))

    def output(self, name: str, predictions: Predictions) -> Values:
        """One of `outputs`."""
        if name == "language":
            return predictions.languages
        if name == "probabilities":
            return predictions.rows[0] if len(predictions.rows) == 1 else list(chain.from_iterable(predictions.rows))
        if name == "abstained":
            return [not language for language in predictions.languages]
        languages = self._classifier.languages
        return [
            json.dumps(self._classifier.evidence(text, language or languages[row.index(max(row))]))
            for text, language, row in zip(predictions.texts, predictions.languages, predictions.rows, strict=True)
        ]

    def observe(self, predictions: Predictions) -> None:
        """Count them."""
        metrics.observe(predictions)
