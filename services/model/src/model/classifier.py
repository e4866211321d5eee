"""The model at work: numpy and the standard library, from text to probabilities.

Multinomial naive Bayes adds up a row of log-likelihoods for each n-gram of a text. Such sums are over-confident, the
more so the longer the text, since n-grams overlap; dividing by `temperature * sqrt(number of n-grams)` mends that.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nsmallest
from math import exp, sqrt
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from . import artefact
from .artefact import Arrays, ArtefactError
from .features import ngrams, normalise
from .tally import FRACTION, Tally


@dataclass(slots=True)
class Predictions:
    """For n `texts`: the language of each, "" where it abstains; a row of probabilities, the best is its confidence.

    Rows are lists, since that is what an answer is made of; the arrays are made when they are asked for.
    """

    texts: Sequence[str]
    languages: list[str]
    confidences: list[float]
    rows: list[list[float]]
    columns: int

    @property
    def probabilities(self) -> NDArray[np.float32]:
        """FP32 [n, columns]."""
        return np.array(self.rows, np.float32).reshape(len(self.rows), self.columns)

    @property
    def abstained(self) -> NDArray[np.bool_]:
        """Bool [n]."""
        return np.array([not language for language in self.languages], np.bool_)


class Classifier:
    """A loaded artefact. `languages` names the columns of probabilities; `version` is that of the weights."""

    def __init__(self, arrays: Arrays, card: dict[str, Any]) -> None:
        self.card = card
        try:
            self.version = str(card["version"])
            self.languages = tuple(map(str, card["languages"]))
            least = [float(card["thresholds"][name]) for name in ("letters", "known", "confidence")]
            self._temperature = float(card["temperature"])
            self._prior, self._weights, vocabulary = arrays["prior"], arrays["weights"], arrays["vocabulary"]
        except (KeyError, TypeError, ValueError) as error:
            raise ArtefactError(f"the model's files lack or garble {error}: `make train` makes them anew") from None
        if (
            not all(np.isfinite(number) for number in (self._temperature, *least))
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
        self._least_letters, self._least_known, self._least_confidence = least
        self._rows = {gram: row for row, gram in enumerate(vocabulary.tolist())}
        try:
            self._tally = Tally(self._rows, self._weights, self._prior)
        except OverflowError:
            raise ArtefactError("the model's weights are out of range: `make train` makes them anew") from None

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read and check an artefact. Raises ArtefactError."""
        return cls(*artefact.read(directory))

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Judge any text, however odd; one without ground to judge is abstained from, and never raises."""
        found = Predictions(texts, [], [], [], len(self.languages))
        for text in texts:
            row, confidence, best = self._judge(text)
            found.rows.append(row)
            found.confidences.append(confidence)
            found.languages.append("" if best is None else self.languages[best])
        return found

    def forget(self) -> None:
        """Drop the words that are remembered, for those who measure."""
        self._tally.forget()

    def evidence(self, text: str, language: str, limit: int = 10) -> list[tuple[str, float]]:
        """The n-grams that spoke most for `language` against the average of the others, as (n-gram, log-odds)."""
        rows = self._rows
        counts = {gram: count for gram, count in Counter(ngrams(normalise(text))).items() if gram in rows}
        weights = self._weights[[rows[gram] for gram in counts]]
        own = weights[:, self.languages.index(language)]
        others = (weights.sum(axis=1) - own) / (len(self.languages) - 1)
        odds = (own - others) * np.fromiter(counts.values(), float, len(counts))
        ranked = nsmallest(limit, zip((-odds.round(4)).tolist(), counts, strict=True))
        return [(gram, -weight) for weight, gram in ranked if weight < 0]

    def _judge(self, text: str) -> tuple[list[float], float, int | None]:
        """Probabilities, the best, and which it is; None without ground to judge: letters, trigrams, confidence."""
        *scores, letters, grams, trigrams, known = self._tally.of(text)
        most = max(scores)
        scale = 1 / (FRACTION * self._temperature * sqrt(grams or 1))
        odds = [exp((score - most) * scale) for score in scores]
        best = 1 / sum(odds)
        sure = (
            best >= self._least_confidence
            and letters >= self._least_letters
            and known / (trigrams or 1) >= self._least_known
        )
        return [part * best for part in odds], best, scores.index(most) if sure else None
