"""The endpoints."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from servicekit import ServiceError, direct

from . import served
from .catalogue import Catalogue, MissingError
from .languages import names
from .schemas import Joke, JokePage, Language, Languages, RandomJoke

router = APIRouter()


async def catalogue_of(request: Request) -> Catalogue:
    """The catalogue that `create_app` made. Async, or FastAPI would have a thread fetch it."""
    catalogue = request.app.state.catalogue
    assert isinstance(catalogue, Catalogue)  # noqa: S101
    return catalogue


Jokes = Annotated[Catalogue, Depends(catalogue_of)]
LanguageFilter = Annotated[str | None, Query(max_length=64, description="Code as in /v1/languages; any if left out")]
CategoryFilter = Annotated[str | None, Query(max_length=64, description="neutral, chuck or all; all if left out")]


@router.get("/", summary="A random English joke", response_model=RandomJoke)
async def random_english(request: Request) -> Response:
    """English and neutral, which is what `pyjokes.get_joke()` gives."""
    return await direct.respond(request.app.state.random_english, request)


@router.get("/v1/jokes/random", summary="A random joke")
async def random_joke(
    jokes: Jokes, response: Response, language: LanguageFilter = None, category: CategoryFilter = None
) -> Joke:
    """Each joke that the filters let through is as likely as the other."""
    return _random(jokes, response, language, category)


@router.get("/v1/jokes/{id}", summary="A joke by its id")
async def joke_by_id(jokes: Jokes, joke_id: Annotated[str, Path(alias="id", max_length=64)]) -> Joke:
    """An id stays the same when pyjokes adds jokes."""
    try:
        joke = jokes.joke(joke_id)
    except MissingError as missing:
        raise _not_found(missing, "path") from None
    served.count([joke])
    return joke


@router.get("/v1/jokes", summary="Jokes, page by page")
async def list_jokes(
    jokes: Jokes,
    language: LanguageFilter = None,
    category: CategoryFilter = None,
    offset: Annotated[int, Query(ge=0, description="How many jokes to pass over")] = 0,
    limit: Annotated[int, Query(ge=1, le=100, description="How many jokes to give at most")] = 20,
) -> JokePage:
    """No joke comes twice, and the order stays, so that following offsets walk through all of them."""
    try:
        found = jokes.jokes(language, category)
    except MissingError as missing:
        raise _not_found(missing, "query") from None
    items = found[offset : offset + limit]
    served.count(items)
    return JokePage(total=len(found), items=items)


@router.get("/v1/languages", summary="The languages that have jokes")
async def languages(jokes: Jokes) -> Languages:
    """By code, with their names and how many jokes each category has."""
    items = []
    for code, categories in jokes.counts().items():
        name, native_name = names(code)
        total = sum(categories.values())
        items.append(Language(code=code, name=name, native_name=native_name, jokes=total, categories=categories))
    return Languages(total=len(items), items=items)


def english(jokes: Catalogue) -> direct.Endpoint:
    """What answers `GET /`, which most of all requests are for."""
    headers = [direct.JSON, (b"cache-control", b"no-store")]
    bodies = {joke.id: RandomJoke(random_joke=joke.text).model_dump_json().encode() for joke in jokes.jokes("en")}

    def random_english(_: bytes, __: Mapping[bytes, bytes]) -> direct.Answer:
        joke = jokes.random("en", "neutral")
        served.count([joke])
        return direct.Answer(bodies[joke.id], headers)

    return random_english


def _random(jokes: Catalogue, response: Response, language: str | None, category: str | None) -> Joke:
    try:
        joke = jokes.random(language, category)
    except MissingError as missing:
        raise _not_found(missing, "query") from None
    served.count([joke])
    response.headers["cache-control"] = "no-store"
    return joke


def _not_found(missing: MissingError, place: str) -> ServiceError:
    fields = [{"field": f"{place}.{missing.field}", "message": missing.message}]
    return ServiceError(
        404, f"unknown_{'joke' if missing.field == 'id' else missing.field}", missing.message, fields=fields
    )
