"""How often the model is right, live: of a joke the true language is known."""

from prometheus_client import Counter

from .schemas import Joke, Prediction

JUDGED = Counter(
    "judged_predictions_total",
    "Predictions for jokes, by whether the model was trained on the joke and whether it was right",
    ("training", "result"),
)

TRAINING = {True: "seen", False: "unseen", None: "unknown"}
RESULTS = ("right", "wrong", "abstained")

for training in TRAINING.values():  # all from the start, so that the first one is an increase and not a new series
    for result in RESULTS:
        JUDGED.labels(training, result)


def judge(joke: Joke, prediction: Prediction, trained_on: bool | None) -> None:
    """Count a prediction for `joke`."""
    right = "right" if prediction.language == joke.language else "wrong"
    JUDGED.labels(TRAINING[trained_on], "abstained" if prediction.abstained else right).inc()
