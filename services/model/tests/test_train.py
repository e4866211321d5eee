"""What training promises, told by its files and by its failures."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
from model import corpus, evaluate, train
from model.corpus import Corpus


@pytest.fixture(scope="module")
def jokes() -> Corpus:
    return corpus.read()


def test_two_trainings_are_the_same_byte_for_byte(artefact_dir, tmp_path):
    subprocess.run([sys.executable, "-m", "model.train", "--output", tmp_path], check=True, capture_output=True)
    for name in ("weights.npz", "card.json"):
        assert (tmp_path / name).read_bytes() == (artefact_dir / name).read_bytes()


def test_it_is_as_good_as_the_floor_says_and_better_than_chance(card):
    folds = card["metrics"]["by_group_folds"]
    for name, least in card["floor"].items():
        assert folds[name] >= least
    assert folds["texts"] == card["data"]["jokes"]
    assert folds["accuracy"] > folds["majority_baseline"]
    assert set(folds["recall"]) == set(card["languages"])


def test_below_the_floor_nothing_is_written(jokes, tmp_path):
    chance = np.random.default_rng(0)
    garbled = Corpus(jokes.ids, jokes.texts, chance.permutation(jokes.languages), jokes.groups)
    with pytest.raises(SystemExit, match="below the floor"):
        train.train(garbled, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_near_duplicates_share_a_group_and_a_fold(jokes, card):
    a, b, c = corpus.near_duplicates(
        ["Why do programmers confuse them?", "Why do programmers confuse them, then?", "Something else entirely here"]
    )
    assert a == b != c
    for group in set(jokes.groups):
        members = [joke for joke, number in zip(jokes.ids, jokes.groups, strict=True) if number == group]
        assert len({card["folds"][joke] for joke in members}) == 1
        assert len({joke in card["held_out"] for joke in members}) == 1


def test_held_out_jokes_are_a_tenth_and_change_nothing_in_the_weights(jokes, card, artefact_dir, tmp_path):
    assert len(card["held_out"]) == pytest.approx(len(jokes.texts) / 10, rel=0.1)
    vocabulary = np.load(artefact_dir / "weights.npz")["vocabulary"]
    kept = [t for i, t in zip(jokes.ids, jokes.texts, strict=True) if i not in card["held_out"]]
    assert sorted(train.pipeline().fit(kept, ["x"] * len(kept))["counts"].vocabulary_) == list(vocabulary)


def test_the_card_says_what_it_was_trained_on(jokes, card, artefact_dir):
    assert card["data"]["sha256"] == jokes.sha256
    assert card["weights_sha256"] == hashlib.sha256((artefact_dir / "weights.npz").read_bytes()).hexdigest()
    assert card["version"] == card["weights_sha256"][:12]
    assert set(card["versions"]) >= {"pyjokes", "scikit-learn", "numpy"}
    assert card["limits"]


def test_what_it_is_judged_on_untouched_is_in_no_joke(jokes):
    import json
    from importlib.resources import files

    sentences = json.loads((files("model") / "untouched.json").read_text(encoding="utf-8"))
    assert set(sentences) == {*jokes.languages, ""}
    assert not {text for texts in sentences.values() for text in texts} & set(jokes.texts)


def test_metrics():
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]])
    found = evaluate.metrics(["a", "a", "b", "b"], ["a", "b"], probabilities)
    assert found["accuracy"] == 0.75
    assert found["majority_baseline"] == 0.5
    assert found["recall"] == {"a": 1.0, "b": 0.5}
    assert found["macro_f1"] == pytest.approx((0.8 + 2 / 3) / 2, abs=1e-4)
    # four bins of one text each: gaps .1, .2, .3 and .6
    assert found["expected_calibration_error"] == pytest.approx((0.1 + 0.2 + 0.3 + 0.6) / 4, abs=1e-4)


def test_reliability_has_a_row_a_bin_with_texts():
    confidence, right = np.array([0.62, 0.68, 0.91, 1.0]), np.array([True, False, True, True])
    assert evaluate.reliability(confidence, right) == [
        {"texts": 2, "confidence": 0.65, "accuracy": 0.5},
        {"texts": 2, "confidence": 0.955, "accuracy": 1.0},
    ]


def test_confusion_is_the_mean_probability_by_true_language():
    probabilities = np.array([[0.9, 0.1], [0.3, 0.7], [0.6, 0.4]])
    assert evaluate.confusion(["a", "b", "b"], ["a", "b"], probabilities) == {
        "a": {"a": 0.9, "b": 0.1},
        "b": {"a": 0.45, "b": 0.55},
    }


def test_the_card_has_what_a_calibration_picture_needs(card):
    folds = card["metrics"]["by_group_folds"]
    assert sum(row["texts"] for row in folds["calibration"]) == folds["texts"]
    gap = sum(row["texts"] * abs(row["confidence"] - row["accuracy"]) for row in folds["calibration"]) / folds["texts"]
    assert gap == pytest.approx(folds["expected_calibration_error"], abs=1e-3)
    assert set(folds["confusion"]) == set(card["languages"])
