"""The jokes to learn from, and which of them are nearly the same."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyjokes.pyjokes import all_jokes
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import TfidfVectorizer

from .features import normalise

CATEGORIES = ("neutral", "chuck")
"""pyjokes' third one, `all`, repeats these."""

SIMILAR = 0.5
"""Cosine of character 3-5-grams from which two jokes are the same one told again: the 1,000 jokes are 913 groups."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Jokes in a fixed order: ids, texts, language codes, and a group number for near-duplicates, all of length n."""

    ids: list[str]
    texts: list[str]
    languages: NDArray[np.str_]
    groups: NDArray[np.int32]

    @property
    def sha256(self) -> str:
        """Over languages and texts: says what a model was trained on."""
        lines = (f"{language}\n{text}\n" for language, text in zip(self.languages, self.texts, strict=True))
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def read() -> Corpus:
    """All jokes of pyjokes, each once a language."""
    jokes = [
        (language, text)
        for language in sorted(all_jokes)
        for text in dict.fromkeys(joke for c in CATEGORIES for joke in all_jokes[language].get(c, ()))
    ]
    return Corpus(
        ids=[joke_id(language, text) for language, text in jokes],
        texts=[text for _, text in jokes],
        languages=np.array([language for language, _ in jokes]),
        groups=near_duplicates([text for _, text in jokes]),
    )


def joke_id(language: str, text: str) -> str:
    """The id under which the service joker gives this joke."""
    return hashlib.sha256(f"{language}\n{text}".encode()).hexdigest()[:12]


def near_duplicates(texts: list[str]) -> NDArray[np.int32]:
    """A group number for each text; texts that are similar, directly or by way of others, share it."""
    grams = TfidfVectorizer(preprocessor=normalise, analyzer="char_wb", ngram_range=(3, 5)).fit_transform(texts)
    groups: NDArray[np.int32] = connected_components(grams @ grams.T >= SIMILAR, directed=False)[1]
    return groups
