import pytest
from joker.catalogue import Catalogue, MissingError, joke_id
from joker.languages import NAMES
from pyjokes.pyjokes import all_jokes, get_jokes

SOURCE = {
    "en": {"neutral": ["one", "two"], "chuck": ["three", "two"], "all": ["one", "two", "three", "two"]},
    "eu": {"neutral": ["bat"], "all": ["bat"]},
}


def test_ids_stay_the_same_when_jokes_are_added() -> None:
    grown = {"en": {"neutral": ["zero", "one", "two"], "chuck": ["three"]}, "eu": {"neutral": ["bi", "bat"]}}

    before = {joke.id: joke for joke in Catalogue(SOURCE).jokes()}
    after = {joke.id: joke for joke in Catalogue(grown).jokes()}

    assert {id_: after.get(id_) for id_ in before} == before
    assert len(after) == len(before) + 2


def test_an_id_is_what_the_model_service_makes_of_the_same_joke() -> None:
    assert joke_id("en", "one") == "ecaf94b0d8dc"  # sha256 of "en\none", its first 12 hex digits


def test_the_same_text_in_two_languages_is_two_jokes() -> None:
    jokes = Catalogue({"es": {"neutral": ["ja"]}, "gl": {"neutral": ["ja"]}}).jokes()
    assert len({joke.id for joke in jokes}) == 2


def test_a_joke_of_two_categories_appears_once_in_the_first() -> None:
    catalogue = Catalogue(SOURCE)
    assert [(joke.text, joke.category) for joke in catalogue.jokes("en")] == [
        ("one", "neutral"),
        ("two", "neutral"),
        ("three", "chuck"),
    ]
    assert catalogue.counts() == {"en": {"neutral": 2, "chuck": 1}, "eu": {"neutral": 1}}


@pytest.mark.parametrize(
    ("language", "category", "field", "says"),
    [
        ("xx", None, "language", "en, eu"),
        ("", None, "language", "en, eu"),
        (None, "puns", "category", "neutral, chuck, all"),
        ("en", "puns", "category", "neutral, chuck, all"),
        ("eu", "chuck", "category", "It has: neutral."),
    ],
)
def test_what_is_missing_is_named_with_what_there_is(
    language: str | None, category: str | None, field: str, says: str
) -> None:
    with pytest.raises(MissingError, match=says) as caught:
        Catalogue(SOURCE).jokes(language, category)
    assert caught.value.field == field


def test_random_reaches_every_joke_of_the_filter_and_no_other() -> None:
    catalogue = Catalogue(SOURCE)
    assert {catalogue.random("en", "neutral").text for _ in range(200)} == {"one", "two"}
    assert {catalogue.random(None, "chuck").text for _ in range(20)} == {"three"}


def test_every_joke_of_pyjokes_is_in_the_catalogue() -> None:
    catalogue = Catalogue(all_jokes)
    assert len(catalogue.counts()) == 13
    for language in all_jokes:
        assert {joke.text for joke in catalogue.jokes(language)} == set(get_jokes(language, "all"))


def test_every_language_of_pyjokes_has_a_name() -> None:
    assert set(all_jokes) == set(NAMES)
