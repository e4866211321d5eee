"""The letters of a text that spoke for an answer, found again in the text as it was written."""

import unicodedata
from collections import defaultdict
from itertools import groupby
from math import ceil

from .model import Evidence

LEVELS = 3


def highlight(text: str, evidence: Evidence) -> list[tuple[str, int]]:
    """`text` in pieces, each with how much its letters spoke for the answer: 0 not at all, 3 most.

    Evidence is in n-grams of lower-case words with a space on both sides (the model's `features.py`). The weight of one
    is split evenly among the places where it stands, and there among its letters.
    """
    letters = _letters(text)
    weights: dict[int, float] = defaultdict(float)
    for gram, weight in evidence:
        if places := _places(gram, letters):
            for place in places:
                for index in place:
                    weights[index] += weight / len(places) / len(place)
    most = max(weights.values(), default=0.0)
    levels: list[int] = []
    for index, char in enumerate(text):
        accent = index and unicodedata.combining(char)  # goes with its letter
        levels.append(levels[-1] if accent else _level(weights.get(index, 0.0), most))
    pieces = groupby(zip(text, levels, strict=True), key=lambda pair: pair[1])
    return [("".join(char for char, _ in piece), level) for level, piece in pieces]


def _letters(text: str) -> list[tuple[str, int | None]]:
    """Each lower-case letter with the index it is from, spaces in between and around without one.

    A letter that is written in several characters, such as e and a combining accent, has one index for each.
    """
    found: list[tuple[str, int | None]] = [(" ", None)]
    index = 0
    while index < len(text):
        end = index + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        composed = unicodedata.normalize("NFC", text[index:end]).lower()
        kept = [char for char in composed if char.isalpha()]
        if kept:
            found += [(char, index) for char in kept]
        elif found[-1][1] is not None:
            found.append((" ", None))
        index = end
    return [*found, (" ", None)]


def _places(gram: str, letters: list[tuple[str, int | None]]) -> list[list[int]]:
    """The indices of the letters of `gram`, wherever it stands."""
    line = "".join(char for char, _ in letters)
    places = []
    start = line.find(gram)
    while start >= 0:
        indices = [index for _, index in letters[start : start + len(gram)] if index is not None]
        if indices:
            places.append(indices)
        start = line.find(gram, start + 1)
    return places


def _level(weight: float, most: float) -> int:
    if weight <= 0 or most <= 0:
        return 0
    return min(LEVELS, ceil(weight / most * LEVELS))
