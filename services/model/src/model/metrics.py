"""What the model says, as metrics: languages, abstentions, confidence."""

from typing import TYPE_CHECKING

from prometheus_client import Counter, Histogram

if TYPE_CHECKING:
    from .classifier import Predictions

PREDICTIONS = Counter("predictions_total", "Texts that got an answer, by language", ("language",))
ABSTENTIONS = Counter("abstentions_total", "Texts without an answer")
CONFIDENCE = Histogram(
    "prediction_confidence",
    "Highest probability of each text, abstentions included",
    buckets=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0),
)


def observe(predictions: "Predictions") -> None:
    """Count each row of a request that is about to be answered."""
    for language, best in zip(predictions.languages, predictions.probabilities.max(axis=1).tolist(), strict=True):
        CONFIDENCE.observe(best)
        if language:
            PREDICTIONS.labels(language).inc()
        else:
            ABSTENTIONS.inc()
