"""Why the model does not say."""

from .card import Card
from .languages import name
from .schemas import Prediction
from .words import say


def reason(text: str, prediction: Prediction, card: Card | None) -> str:
    """What of its thresholds a text fell below, as the card has them: too short, undecided, or no language it knows."""
    thresholds = card.thresholds if card else None
    if sum(char.isalpha() for char in text) < (thresholds.letters if thresholds else 1):
        return say("silence.short")
    first, second = sorted(prediction.probabilities.items(), key=lambda pair: -pair[1])[:2]
    if thresholds and first[1] < thresholds.confidence:
        return say("silence.unsure", first=name(first[0]), second=name(second[0]))
    return say("silence.none", count=len(prediction.probabilities))
