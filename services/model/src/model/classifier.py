"""The model at work: numpy and the standard library, from text to probabilities.

Multinomial naive Bayes adds up a row of log-likelihoods for each n-gram of a text. Such sums are over-confident, the
more so the longer the text, since n-grams overlap; dividing by `temperature * sqrt(number of n-grams)` mends that.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from . import artefact
from .artefact import Arrays, ArtefactError
from .features import ngrams, normalise


@dataclass(frozen=True, slots=True)
class Predictions:
    """For n texts: the language of each ("" where it abstains), FP32 [n, languages], and bool [n]."""

    languages: list[str]
    probabilities: NDArray[np.float32]
    abstained: NDArray[np.bool_]


class Classifier:
    """A loaded artefact. `languages` names the columns of probabilities; `version` is that of the weights."""

    def __init__(self, arrays: Arrays, card: dict[str, Any]) -> None:
        self.card = card
        try:
            self.version = str(card["version"])
            self.languages = tuple(map(str, card["languages"]))
            self._least = {name: float(card["thresholds"][name]) for name in ("letters", "known", "confidence")}
            self._temperature = float(card["temperature"])
            self._prior, self._weights, vocabulary = arrays["prior"], arrays["weights"], arrays["vocabulary"]
        except (KeyError, TypeError, ValueError) as error:
            raise ArtefactError(f"the model's files lack or garble {error}: `make train` makes them anew") from None
        if (
            not all(np.isfinite(number) for number in (self._temperature, *self._least.values()))
            or self._temperature <= 0
            or self._weights.dtype.kind != "f"
            or self._prior.dtype.kind != "f"
            or vocabulary.ndim != 1
            or self._weights.shape != (len(vocabulary), len(self.languages))
            or self._prior.shape != (len(self.languages),)
            or vocabulary.dtype.kind != "U"
            or not (np.isfinite(self._weights).all() and np.isfinite(self._prior).all())
        ):
            raise ArtefactError("the model's arrays and card do not fit each other: `make train` makes them anew")
        self._rows = {gram: row for row, gram in enumerate(vocabulary.tolist())}

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read and check an artefact. Raises ArtefactError."""
        return cls(*artefact.read(directory))

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Judge any text, however odd; one without ground to judge is abstained from, and never raises."""
        probabilities = np.empty((len(texts), len(self.languages)), np.float32)
        abstained = np.empty(len(texts), np.bool_)
        for i, text in enumerate(texts):
            probabilities[i], grounded = self._judge(text)
            abstained[i] = not grounded or probabilities[i].max() < self._least["confidence"]
        best = probabilities.argmax(axis=1)
        languages = ["" if none else self.languages[k] for none, k in zip(abstained, best, strict=True)]
        return Predictions(languages, probabilities, abstained)

    def evidence(self, text: str, language: str, limit: int = 10) -> list[tuple[str, float]]:
        """The n-grams that spoke most for `language` against the average of the others, as (n-gram, log-odds)."""
        column = self.languages.index(language)
        weights = []
        for gram, count in Counter(ngrams(normalise(text))).items():
            if gram in self._rows:
                row = self._weights[self._rows[gram]]
                others = (row.sum() - row[column]) / (len(row) - 1)
                weights.append((gram, round(float(count * (row[column] - others)), 4)))
        weights.sort(key=lambda pair: (-pair[1], pair[0]))
        return [(gram, weight) for gram, weight in weights[:limit] if weight > 0]

    def _judge(self, text: str) -> tuple[NDArray[np.float64], bool]:
        """Probabilities, and whether there is ground to judge: enough letters, in enough known trigrams."""
        normalised = normalise(text)
        grams = list(ngrams(normalised))
        rows = [self._rows[gram] for gram in grams if gram in self._rows]
        logits = self._prior + self._weights[rows].sum(axis=0)
        logits /= self._temperature * max(len(rows), 1) ** 0.5
        exponentials = np.exp(logits - logits.max())
        trigrams = [gram for gram in grams if len(gram) == 3]
        known = sum(gram in self._rows for gram in trigrams) / max(len(trigrams), 1)
        letters = len(normalised.replace(" ", ""))
        grounded = letters >= self._least["letters"] and known >= self._least["known"]
        return exponentials / exponentials.sum(), grounded
