"""The metric of jokes that left the house."""

from collections.abc import Iterable
from functools import cache

from prometheus_client import Counter

from .catalogue import Catalogue
from .schemas import Joke

SERVED = Counter("jokes_served_total", "Jokes in answers, whichever endpoint gave them", ("language", "category"))


_of = cache(SERVED.labels)


def announce(catalogue: Catalogue) -> None:
    """Show every series at 0, so that the first joke of a language is an increase and not a new series."""
    for language, categories in catalogue.counts().items():
        for category in categories:
            SERVED.labels(language, category)


def count(jokes: Iterable[Joke]) -> None:
    """Count jokes that are about to be answered with."""
    for joke in jokes:
        _of(joke.language, joke.category).inc()
