"""What the model says, as metrics: languages, abstentions, confidence."""

from functools import cache
from typing import TYPE_CHECKING

from prometheus_client import Counter
from servicekit import Histogram

if TYPE_CHECKING:
    from .classifier import Predictions

PREDICTIONS = Counter("predictions_total", "Texts that got an answer, by language", ("language",))
ABSTENTIONS = Counter("abstentions_total", "Texts without an answer")
CONFIDENCE = Histogram(
    "prediction_confidence",
    "Highest probability of each text, abstentions included",
    buckets=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0),
)


_confidence = CONFIDENCE.labels()
_of_language = cache(PREDICTIONS.labels)


def observe(predictions: "Predictions") -> None:
    """Count each row of a request that is about to be answered."""
    for language, confidence in zip(predictions.languages, predictions.confidences, strict=True):
        _confidence.observe(confidence)
        if language:
            _of_language(language).inc()
        else:
            ABSTENTIONS.inc()
