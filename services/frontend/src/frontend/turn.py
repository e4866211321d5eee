"""What a turn of the game asks: a joke of which language, and which languages to choose from."""

import random
import zlib
from collections.abc import Sequence
from heapq import nlargest

from .card import Card
from .languages import NAMES
from .schemas import Joke

CHOICES = 5


def language_to_ask(card: Card | None) -> str | None:
    """A language by chance, the likelier the more jokes it has; None (any joke) when no card says how many.

    By the square root: of 1,000 jokes 283 are in English and 5 in Basque, and either extreme makes a dull round.
    """
    jokes = card.jokes if card else {}
    if not jokes:
        return None
    return random.choices(list(jokes), [count**0.5 for count in jokes.values()])[0]  # noqa: S311


def choices(joke: Joke, card: Card | None) -> Sequence[str]:
    """The language of the joke among others, the likelier the more the model confuses them with it; shuffled.

    Always the same for a joke, so that a page that is loaded again asks the same.
    """
    chance = random.Random(zlib.crc32(joke.id.encode()))  # noqa: S311
    nearness = card.confusion.get(joke.language, {}) if card else {}
    # Weighted, without replacement (Efraimidis and Spirakis, 2006); .002 so that any language can come.
    keys = {
        language: chance.random() ** (1 / (nearness.get(language, 0) + 0.002))
        for language in (card.languages if card else NAMES)
        if language != joke.language
    }
    offered = [*nlargest(CHOICES - 1, keys, key=keys.__getitem__), joke.language]
    chance.shuffle(offered)
    return offered
