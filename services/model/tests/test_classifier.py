import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model import corpus, tally, train
from model.classifier import Classifier
from model.features import ngrams, normalise
from sklearn.feature_extraction.text import CountVectorizer

HOSTILE = [
    "",
    " ",
    "\0",
    "\0a\0",
    "😀" * 50,
    "é" * 3,
    "e\u0301te\u0301",
    "a" + "\u0301" * 1000,
    "a" + "\u0301\u0323" * 200_000,  # these two take minutes if the time is quadratic in the marks
    "a" + "\u0f73" * 300_000,
    "\ud800",
    "abc\udfffdef",
    "שלום עולם",
    "\u202eabc",
    "İstanbul ß ŉ ﬁ",
    "x" * 100_000,
    "Warum ist das so? " * 5_000,
    "1234567890",
    "\u200b\u200d\ufeff",
    "a b c d e f g",
]


EDGES = ["Σας", "ΣΑΣ", "e\u0301", "\u0301", " ", "\x1c", "\u2000"]


@pytest.fixture(scope="module")
def pipeline(card):
    """The model as scikit-learn has it, on the jokes that the artefact was fitted on."""
    jokes = corpus.read()
    kept = [i for i, joke in enumerate(jokes.ids) if joke not in set(card["held_out"])]
    return train.pipeline(card["temperature"]).fit([jokes.texts[i] for i in kept], jokes.languages[kept])


def test_probabilities_equal_scikit_learns_on_every_joke_and_on_hostile_texts(classifier, pipeline):
    texts = corpus.read().texts + HOSTILE
    ours = classifier.predict(texts).probabilities
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, pipeline.predict_proba(texts), atol=1e-5)
    np.testing.assert_allclose(ours.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("text", ["Der Hund", "a", "", "ab c", "Äpfel & Öl", "x" * 50])
def test_ngrams_are_those_of_scikit_learn(text):
    analyse = CountVectorizer(preprocessor=normalise, analyzer="char_wb", ngram_range=(1, 3)).build_analyzer()
    assert sorted(ngrams(normalise(text))) == sorted(analyse(text))


def test_only_letters_count(classifier):
    plain, punctuated = classifier.predict(["wozu das alles", "-Wozu: das... ALLES?! 42"]).probabilities
    assert np.array_equal(plain, punctuated)


@pytest.mark.parametrize(("composed", "decomposed"), [("é", "e\u0301"), ("ž", "z\u030c"), ("й", "и\u0306")])
def test_a_letter_is_the_same_however_it_is_encoded(composed, decomposed):
    assert normalise(composed) == normalise(decomposed)


def test_marks_beyond_the_thirtieth_in_a_row_are_not_read():
    assert normalise("e\u0323\u0302x") == "ệx"
    assert normalise("o" + "\u0316" * 29 + "\u0301k") == "ók"
    assert normalise("o" + "\u0316" * 30 + "\u0301k") == "ok"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Warum können Programmierer nicht schlafen?", "de"),
        ("Почему программисты не спят?", "ru"),
        ("Dlaczego programiści nie śpią?", "pl"),
        ("Perché i programmatori non dormono?", "it"),
        ("Why do programmers not sleep?", "en"),
    ],
)
def test_it_knows_plain_cases(classifier, text, language):
    assert classifier.predict([text]).languages == [language]


@pytest.mark.parametrize(
    "text", ["", "a", "12345", "😀😀😀", "Καλημέρα σε όλους σας", "今日は傘を忘れました", "\0", "\ud800"]
)
def test_it_abstains_without_ground_to_judge(classifier, text):
    predictions = classifier.predict([text])
    assert predictions.abstained.tolist() == [True]
    assert predictions.languages == [""]


@pytest.mark.parametrize("text", ["łą", "žžžž žžžž žžžž", "xq zzkw vvv qqj"])
def test_it_abstains_without_ground_however_sure(classifier, card, text):
    """Too few letters, or trigrams that no joke has: rare letters alone make it sure."""
    predictions = classifier.predict([text])
    assert predictions.probabilities.max() > card["thresholds"]["confidence"]
    assert predictions.abstained.tolist() == [True]


def test_it_abstains_when_it_is_not_sure(classifier, card):
    texts = corpus.read().texts
    predictions = classifier.predict(texts + [text[:8] for text in texts])
    sure = predictions.probabilities.max(axis=1) >= card["thresholds"]["confidence"]
    assert not predictions.abstained[sure].all()
    assert predictions.abstained[~sure].all()


def test_a_batch_is_judged_text_by_text(classifier):
    texts = [*HOSTILE, "Varför inte?", "¿Por qué no?"]
    together = classifier.predict(texts).probabilities
    alone = np.concatenate([classifier.predict([text]).probabilities for text in texts])
    assert np.array_equal(together, alone)
    assert classifier.predict([]).probabilities.shape == (0, 13)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.lists(st.text() | st.sampled_from([*HOSTILE[:7], *EDGES]), max_size=5))
def test_a_text_is_the_sum_of_its_words(classifier, parts):
    """What is counted word by word is what a text has as a whole, whatever stands at their edges."""
    text = "".join(parts)
    *_, letters, grams, trigrams, known = classifier._tally.of(text)
    normalised = normalise(text)
    found = list(ngrams(normalised))
    assert letters == len(normalised.replace(" ", ""))
    assert grams == sum(gram in classifier._rows for gram in found)
    assert trigrams == sum(len(gram) == 3 for gram in found)
    assert known == sum(len(gram) == 3 and gram in classifier._rows for gram in found)


def test_words_that_are_remembered_change_no_answer_and_are_bounded(artefact_dir, monkeypatch):
    texts = corpus.read().texts
    fresh = Classifier.load(artefact_dir).predict(texts).rows
    monkeypatch.setattr(tally, "KEPT_WORDS", 100)
    small = Classifier.load(artefact_dir)
    for _ in range(2):
        assert small.predict(texts).rows == fresh
    assert len(small._tally._words) <= 100
    small.predict(["x" * 10_000])
    assert max(map(len, small._tally._words)) < 100


def test_evidence_is_what_speaks_for_the_language(classifier):
    found = classifier.evidence("Das ist nicht schön und auch nicht schlau", "de", limit=5)
    weights = [weight for _, weight in found]
    assert len(found) == 5
    assert weights == sorted(weights, reverse=True)
    assert weights[-1] > 0
    assert "sch" in dict(classifier.evidence("Das ist nicht schön und auch nicht schlau", "de", limit=50))
    assert classifier.evidence("", "de") == []


def test_serving_needs_numpy_only():
    heavy = ("sklearn", "scipy", "pandas", "pyjokes", "joblib")
    code = f"import sys, model.classifier; print([name for name in {heavy!r} if name in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"
