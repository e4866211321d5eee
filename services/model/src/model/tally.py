"""What the n-grams of a text add up to, as one sum of whole numbers a word.

The score of a text is the sum of its n-grams' weights, so of its words', and most words come again: their sums are
kept. All that is summed for an n-gram is packed into one integer, 64 bits a field, so that Python adds 13 weights and
the counts at once, in the time of about one addition. Whole numbers have no rounding and no order: a text gets the
same sums alone and in a batch, whatever was asked before.
"""

import struct
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from .features import ngrams, normalise

FRACTION = 1 << 32
"""Weights are whole multiples of 1 / FRACTION."""

MAX_SPREAD = 128.0
"""Most that an n-gram may speak for one language more than for another, in nats. A text of 4 million letters in 12
million n-grams, the longest by the limits of the service, so stays below 2**31: no field overflows into the next."""

KEPT_WORDS = 1 << 15
KEPT_LENGTH = 40
"""Bounds of the memory for words: about 10 MB. When it is full it starts anew."""


class Tally:
    """Sums over a text's n-grams, in `rows`, of `weights`, and of `prior`; up to a constant that all columns share.

    Raises OverflowError where numbers are beyond MAX_SPREAD.
    """

    def __init__(self, rows: Mapping[str, int], weights: NDArray[np.float64], prior: NDArray[np.float64]) -> None:
        columns = len(prior)
        table = np.zeros((len(rows) + 1, columns), "<u8")
        for part, numbers in ((table[:1], prior[None]), (table[1:], weights)):
            above = numbers - numbers.min(axis=1, keepdims=True, initial=np.inf)
            if above.max(initial=0) > MAX_SPREAD:
                raise OverflowError
            part[:] = np.rint(above * FRACTION)
        fields = struct.Struct(f"<{columns}Q4I")
        self._unpack, self._size = fields.unpack, fields.size
        self._start, *packed = (int.from_bytes(row.tobytes(), "little") for row in table)
        self._letter, gram, self._trigram, known_trigram = (1 << 64 * columns + 32 * i for i in range(4))
        self._grams = {
            name: packed[row] + gram + (self._trigram + known_trigram if len(name) == 3 else 0)
            for name, row in rows.items()
        }
        self._words = _Words(self._word)
        self._sum_of = self._words.__getitem__

    def of(self, text: str) -> tuple[int, ...]:
        """The sum of each column in units of 1 / FRACTION, then letters, known n-grams, trigrams, known trigrams."""
        # Words parted by whitespace can be judged one by one: neither NFC nor lower() looks across it.
        return self._unpack(sum(map(self._sum_of, text.split()), self._start).to_bytes(self._size, "little"))

    def forget(self) -> None:
        """Drop all words."""
        self._words.clear()

    def _word(self, word: str) -> int:
        normalised = normalise(word)
        known = self._grams
        total = (len(normalised) - normalised.count(" ")) * self._letter
        for gram in ngrams(normalised):
            total += known.get(gram) or (self._trigram if len(gram) == 3 else 0)
        return total


class _Words(dict[str, int]):
    """A sum a word, made when it is first asked for."""

    def __init__(self, make: Callable[[str], int]) -> None:
        self._make = make

    def __missing__(self, word: str) -> int:
        total = self._make(word)
        if len(word) <= KEPT_LENGTH:
            if len(self) >= KEPT_WORDS:
                self.clear()
            self[word] = total
        return total
