"""What the model sees of a text: counts of character n-grams of its words, letters only."""

import unicodedata
from collections.abc import Iterator

NGRAM_SIZES = (1, 2, 3)

MARKS = 30
"""Combining marks in a row that are read: as many as the stream-safe format of Unicode (UAX 15) allows."""


def normalise(text: str) -> str:
    """Lower-case letters, words parted by single spaces. Everything else parts words too.

    Punctuation is left out on purpose: with nine Hungarian jokes, how they are punctuated would become evidence.
    A combining mark that NFC could not join to its letter is dropped, so that it parts no word.
    """
    text = unicodedata.normalize("NFC", _few_marks(text)).lower()
    return " ".join("".join(c if c.isalpha() else "" if unicodedata.combining(c) else " " for c in text).split())


def ngrams(normalised: str) -> Iterator[str]:
    """The 1-, 2- and 3-grams of each word with a space on both sides: scikit-learn's `char_wb`."""
    for word in normalised.split():
        padded = f" {word} "
        for size in NGRAM_SIZES:
            for start in range(len(padded) - size + 1):
                yield padded[start : start + size]


def _few_marks(text: str) -> str:
    """Without the marks beyond the first 30 in a row: the time that NFC takes is quadratic in such a row.

    By category, not by combining class: U+0F73 is of class 0, yet NFC takes it apart into marks.
    """
    if text.isascii():
        return text
    kept, row = [], 0
    for c in text:
        row = row + 1 if c >= "\u0300" and unicodedata.category(c)[0] == "M" else 0
        if row <= MARKS:
            kept.append(c)
    return "".join(kept)
