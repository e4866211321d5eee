"""What the model sees of a text: counts of character n-grams of its words, letters only."""

import unicodedata
from collections.abc import Iterator

NGRAM_SIZES = (1, 2, 3)


def normalise(text: str) -> str:
    """Lower-case letters, words parted by single spaces. Everything else parts words too.

    Punctuation is left out on purpose: with nine Hungarian jokes, how they are punctuated would become evidence.
    A combining mark that NFC could not join to its letter is dropped, so that it parts no word.
    """
    text = unicodedata.normalize("NFC", text).lower()
    return " ".join("".join(c if c.isalpha() else "" if unicodedata.combining(c) else " " for c in text).split())


def ngrams(normalised: str) -> Iterator[str]:
    """The 1-, 2- and 3-grams of each word with a space on both sides: scikit-learn's `char_wb`."""
    for word in normalised.split():
        padded = f" {word} "
        for size in NGRAM_SIZES:
            for start in range(len(padded) - size + 1):
                yield padded[start : start + size]
