from collections.abc import AsyncIterator

import httpx
import pytest
from joker.app import create_app
from joker.settings import Settings
from prometheus_client import REGISTRY
from pyjokes.pyjokes import get_jokes

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def joker() -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Settings())
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://joker") as client,
    ):
        yield client


def served(language: str, category: str) -> float:
    return REGISTRY.get_sample_value("jokes_served_total", {"language": language, "category": category}) or 0


async def test_the_root_gives_a_neutral_english_joke_and_nothing_else(joker: httpx.AsyncClient) -> None:
    before = served("en", "neutral")
    response = await joker.get("/")
    assert response.status_code == 200
    assert set(response.json()) == {"random_joke"}
    assert response.json()["random_joke"] in get_jokes("en", "neutral")
    assert response.headers["cache-control"] == "no-store"
    assert served("en", "neutral") == before + 1


async def test_a_random_joke_keeps_to_its_filters(joker: httpx.AsyncClient) -> None:
    before = served("hu", "chuck")
    response = await joker.get("/v1/jokes/random", params={"language": "hu", "category": "chuck"})
    assert response.json()["text"] in get_jokes("hu", "chuck")
    assert (response.json()["language"], response.json()["category"]) == ("hu", "chuck")
    assert response.headers["cache-control"] == "no-store"
    assert served("hu", "chuck") == before + 1


async def test_a_joke_is_found_by_the_id_it_came_with(joker: httpx.AsyncClient) -> None:
    joke = (await joker.get("/v1/jokes/random")).json()
    response = await joker.get(f"/v1/jokes/{joke['id']}")
    assert response.status_code == 200
    assert response.json() == joke


async def test_the_pages_hold_every_joke_once(joker: httpx.AsyncClient) -> None:
    ids: list[str] = []
    total = 1
    while len(ids) < total:
        page = (await joker.get("/v1/jokes", params={"offset": len(ids), "limit": 100})).json()
        total = page["total"]
        assert page["items"], "a page within the total is never empty"
        ids += [joke["id"] for joke in page["items"]]
    assert total == len(ids) == len(set(ids))
    assert page == (await joker.get("/v1/jokes", params={"offset": total - len(page["items"]), "limit": 100})).json()


async def test_a_page_has_20_jokes_unless_told_and_none_after_the_end(joker: httpx.AsyncClient) -> None:
    assert len((await joker.get("/v1/jokes", params={"language": "en"})).json()["items"]) == 20
    beyond = (await joker.get("/v1/jokes", params={"language": "en", "offset": 10**30})).json()
    assert beyond["items"] == []
    assert beyond["total"] == len(get_jokes("en", "all"))


async def test_all_is_the_same_as_no_category(joker: httpx.AsyncClient) -> None:
    params = {"language": "de", "limit": "100"}
    every = await joker.get("/v1/jokes", params={**params, "category": "all"})
    assert every.json() == (await joker.get("/v1/jokes", params=params)).json()


async def test_languages_come_with_names_and_counts(joker: httpx.AsyncClient) -> None:
    answer = (await joker.get("/v1/languages")).json()
    languages = {language["code"]: language for language in answer["items"]}
    assert answer["total"] == len(languages) == 13
    assert languages["de"] == {
        "code": "de",
        "name": "German",
        "native_name": "Deutsch",
        "jokes": len(get_jokes("de", "all")),
        "categories": {"neutral": len(get_jokes("de", "neutral")), "chuck": len(get_jokes("de", "chuck"))},
    }
    without_chuck = {code for code, language in languages.items() if "chuck" not in language["categories"]}
    assert without_chuck == {"eu", "fr", "gl", "lt", "sv"}


@pytest.mark.parametrize("path", ["/v1/jokes", "/v1/jokes/random"])
@pytest.mark.parametrize(
    ("params", "code", "says"),
    [
        ({"language": "tlh"}, "unknown_language", "cs, de, en"),
        ({"language": "e\0n"}, "unknown_language", "cs, de, en"),
        ({"category": "puns"}, "unknown_category", "neutral, chuck, all"),
        ({"language": "eu", "category": "chuck"}, "unknown_category", "It has: neutral."),
    ],
)
async def test_what_is_not_there_is_404_and_says_what_is(
    joker: httpx.AsyncClient, path: str, params: dict[str, str], code: str, says: str
) -> None:
    response = await joker.get(path, params=params)
    assert response.status_code == 404
    assert response.json()["code"] == code
    assert says in response.json()["error"]
    assert response.json()["fields"][0]["field"] == f"query.{code.removeprefix('unknown_')}"


@pytest.mark.parametrize("joke_id", ["nope", "%00", "%F0%9F%98%80", "RANDOM", "%ff"])
async def test_an_unknown_id_is_404(joker: httpx.AsyncClient, joke_id: str) -> None:
    response = await joker.get(f"/v1/jokes/{joke_id}")
    assert response.status_code == 404
    assert response.json()["code"] == "unknown_joke"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("offset", "-1"),
        ("offset", "x"),
        ("offset", "9" * 5000),
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "1e3"),
        ("language", "e" * 65),
    ],
)
async def test_an_odd_value_is_422_and_named(joker: httpx.AsyncClient, name: str, value: str) -> None:
    response = await joker.get("/v1/jokes", params={name: value})
    assert response.status_code == 422
    assert response.json()["fields"][0]["field"] == f"query.{name}"
