"""The served model as scikit-learn's pipeline, for the peers: `weights.py FILE`, in the project's environment."""

import json
import sys

import joblib
from model import corpus, train
from model.artefact import CARD, DEFAULT_DIRECTORY


def main(file: str) -> None:
    """Fit as the artefact was fitted; equal within 1e-5, as a test of the model demands."""
    card = json.loads((DEFAULT_DIRECTORY / CARD).read_text("utf-8"))
    jokes = corpus.read()
    kept = [i for i, joke in enumerate(jokes.ids) if joke not in set(card["held_out"])]
    fitted = train.pipeline(card["temperature"]).fit([jokes.texts[i] for i in kept], jokes.languages[kept])
    joblib.dump(fitted, file)


if __name__ == "__main__":
    main(sys.argv[1])
