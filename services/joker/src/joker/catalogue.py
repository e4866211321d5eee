"""Every joke with an id, and the choice among them by language and category."""

import hashlib
import random
from collections import Counter
from collections.abc import Mapping, Sequence

from .schemas import Joke

ALL = "all"
"""The category that stands for every category, which is also what leaving it out means."""


class MissingError(LookupError):
    """What was asked for does not exist. `field` is the parameter to blame; the message says what there is."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


class Catalogue:
    """All jokes, ordered by language, then category and place as in the source.

    `source` is language -> category -> texts, as `pyjokes.pyjokes.all_jokes` has it. Its category `all` repeats
    the others and is passed over; a text that stands twice in a language is kept where it stands first.
    """

    def __init__(self, source: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        self._by_id: dict[str, Joke] = {}
        for language in sorted(source):
            for category in sorted(source[language], key=_neutral_first):
                if category != ALL:
                    for text in source[language][category]:
                        joke = Joke(id=joke_id(language, text), text=text, language=language, category=category)
                        self._by_id.setdefault(joke.id, joke)
        self._jokes = list(self._by_id.values())
        self._counts: dict[str, Counter[str]] = {}
        for joke in self._jokes:
            self._counts.setdefault(joke.language, Counter())[joke.category] += 1
        self._categories = sorted({joke.category for joke in self._jokes}, key=_neutral_first)
        self._selections: dict[tuple[str | None, str], list[Joke]] = {}

    def counts(self) -> dict[str, dict[str, int]]:
        """How many jokes each category of each language has."""
        return {language: dict(counts) for language, counts in self._counts.items()}

    def joke(self, joke_id: str) -> Joke:
        """The joke of this id. Raises MissingError."""
        try:
            return self._by_id[joke_id]
        except KeyError:
            raise MissingError("id", f"No joke has the id {joke_id!r}. GET /v1/jokes lists all jokes.") from None

    def jokes(self, language: str | None = None, category: str | None = None) -> list[Joke]:
        """The jokes of a language (None: of all) and a category (None or `all`: of all). Raises MissingError."""
        category = category or ALL
        self._check(language, category)
        key = (language, category)
        if key not in self._selections:  # keys that pass the check are few
            self._selections[key] = [
                joke for joke in self._jokes if language in (None, joke.language) and category in (ALL, joke.category)
            ]
        return self._selections[key]

    def random(self, language: str | None = None, category: str | None = None) -> Joke:
        """One of `jokes`, each as likely as the other. Raises MissingError."""
        return random.choice(self.jokes(language, category))  # noqa: S311  # a joke, not a key

    def _check(self, language: str | None, category: str) -> None:
        if language is not None and language not in self._counts:
            raise MissingError(
                "language", f"No jokes in the language {language!r}. There are: {', '.join(self._counts)}."
            )
        if category != ALL and category not in self._categories:
            there_are = ", ".join([*self._categories, ALL])
            raise MissingError("category", f"No category {category!r}. There are: {there_are}.")
        if language is not None and category != ALL and category not in self._counts[language]:
            there_are = ", ".join(self._counts[language])
            raise MissingError(
                "category", f"{language!r} has no jokes of the category {category!r}. It has: {there_are}."
            )


def joke_id(language: str, text: str) -> str:
    """12 hex digits that hang on language and text alone; the model's held-out jokes are named by them too."""
    return hashlib.sha256(f"{language}\n{text}".encode()).hexdigest()[:12]


def _neutral_first(category: str) -> tuple[bool, str]:
    return category != "neutral", category
