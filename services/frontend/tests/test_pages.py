"""The other pages, the files behind them, and their words."""

import re
from importlib.resources import files
from typing import Any

import httpx
import pytest
from frontend import assets
from frontend.words import WORDS

from services.frontend.tests.backends import CARD, CODES, answers, inference, model, refuses, visiting

HTML = {"accept": "text/html"}


@pytest.mark.anyio
async def test_the_card_is_a_page_for_people() -> None:
    async with visiting() as visitor:
        page = (await visitor.get("/model")).text
    for words in (
        "97.8\xa0%",
        "28.3\xa0%",
        "Galician",
        "64.3\xa0%",
        "It refuses much plain Russian.",
        "913",
        "numpy 2.4.6",
    ):
        assert words in page
    assert "Galician is taken for Spanish: on average 40.6\xa0%" in page
    assert '<circle cx="99.5" cy="1.0"' in page


@pytest.mark.anyio
async def test_an_older_card_shows_what_it_has() -> None:
    async with visiting(model=answers(200, json={"languages": CODES})) as visitor:
        page = await visitor.get("/model")
    assert page.status_code == 200
    assert "13 languages" in page.text
    assert "<svg class" not in page.text


@pytest.mark.anyio
async def test_without_model_there_is_no_card() -> None:
    async with visiting(model=refuses) as visitor:
        page = await visitor.get("/model")
    assert page.status_code == 503
    assert int(page.headers["retry-after"]) > 0
    assert "The card cannot be read" in page.text


@pytest.mark.anyio
async def test_under_the_hood_are_the_versions_that_answers_told() -> None:
    async with visiting() as visitor:
        page = await visitor.get("/hood", headers={"x-request-id": "visit-1"})
    assert page.text.count("1.2.3 (4f2a)") == 2
    assert "0.1.0" in page.text
    assert "visit-1" in page.text
    assert page.text.count("state well") == 3


@pytest.mark.anyio
@pytest.mark.parametrize("away", ["joker", "model"])
async def test_under_the_hood_shows_who_is_away(away: str) -> None:
    gone: dict[str, Any] = {away: refuses}
    async with visiting(**gone) as visitor:
        page = await visitor.get("/hood")
    assert page.status_code == 200
    assert page.text.count("state well") == 2
    assert "no answer" in page.text


@pytest.mark.anyio
async def test_every_service_has_its_api_on_a_page() -> None:
    async with visiting() as visitor:
        own, joker, unknown = [await visitor.get(f"/hood/{name}") for name in ("frontend", "joker", "nobody")]
    assert "/api/classify" in own.text
    assert "All &lt;things&gt;" in joker.text
    assert unknown.status_code == 404


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("text", "probability", "words"),
    [
        ("42!", 0.9, "too short"),
        ("Que lle di", 0.4, "wavers between English and German"),
        ("Hva skjer her", 0.9, "It knows 13 languages, and this looks like none of them."),
    ],
)
async def test_the_model_says_why_it_does_not_say(text: str, probability: float, words: str) -> None:
    rest = {"de": probability, "en": 0.95 - probability}
    row = [rest.get(code, 0.05 / 11) for code in CODES]

    def silent(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return model(request)
        return httpx.Response(200, json=inference("", abstained=True, row=row))

    async with visiting(model=silent) as visitor:
        page = await visitor.post("/try", data={"text": text})
    assert "The model does not say." in page.text
    assert words in page.text


@pytest.mark.anyio
async def test_an_example_is_a_click() -> None:
    async with visiting() as visitor:
        form = (await visitor.get("/try")).text
        (text, *_) = re.findall(r'name="text" value="([^"]*)"', form)
        page = await visitor.post("/try", data={"text": text})
    assert "The model takes it for German" in page.text


@pytest.mark.anyio
async def test_files_are_kept_for_ever_by_the_name_of_their_content() -> None:
    async with visiting() as visitor:
        page = (await visitor.get("/")).text
        paths = re.findall(r'"(/static/[^"]*)"', page)
        assert {path.rpartition(".")[2] for path in paths} >= {"js", "svg"}
        for path in paths:
            file = await visitor.get(path)
            assert file.status_code == 200
            assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
            again = await visitor.get(path, headers={"if-none-match": file.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["icon.svg", "icon.0123456789ab.svg"])
async def test_the_name_of_another_version_finds_this_ones_file_which_nobody_keeps(name: str) -> None:
    async with visiting() as visitor:
        file = await visitor.get(f"/static/{name}")
        missing = await visitor.get("/static/..%2fapp.py")
    assert file.content == assets.ASSETS["icon.svg"]
    assert file.headers["cache-control"] == "no-cache"
    assert missing.status_code == 404


@pytest.mark.anyio
async def test_pages_go_out_compressed_and_the_api_does_not() -> None:
    async with visiting() as visitor:
        page, card, api = [await visitor.get(path) for path in ("/", "/model", "/api/joke")]
        plain = await visitor.get("/", headers={"accept-encoding": "identity"})
    assert page.headers["content-encoding"] == card.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in api.headers
    assert "content-encoding" not in plain.headers
    assert "Accept-Encoding" in page.headers["vary"]


@pytest.mark.anyio
async def test_the_first_view_weighs_less_than_30_kb() -> None:
    async with visiting() as visitor:
        async with visitor.stream("GET", "/") as page:
            weight = len(b"".join([part async for part in page.aiter_raw()]))
            await page.aclose()
        text = (await visitor.get("/")).text
        for path in set(re.findall(r'(?:src|href)="(/static/[^"]*)"', text)):
            async with visitor.stream("GET", path) as file:
                weight += len(b"".join([part async for part in file.aiter_raw()]))
    assert weight < 30_000


def test_every_text_is_used_and_every_text_that_is_used_is_there() -> None:
    package = files("frontend")
    sources = [file for folder in (package, package / "templates") for file in folder.iterdir() if file.is_file()]
    code = "".join(file.read_text("utf-8") for file in sources if file.name.endswith((".py", ".html")))
    named = set(re.findall(r'say\(\s*["\']([a-z]+\.[a-z0-9_]+)["\'][,)]', code))
    built = set(re.findall(r'say\(\s*["\']([a-z]+)\.', code))
    known = {f"{page}.{name}" for page, names in WORDS.items() for name in names}
    assert named <= known
    words = set(re.findall(r"[a-z0-9_]+", code))
    lost = {key for key in known - named if key.partition(".")[0] not in built}
    assert lost == set()
    parts = {part for key in known - named for part in [key.partition(".")[2]]}
    unused = {part for part in parts if part not in words and not any(part.startswith(w) for w in ("point_", "text_"))}
    assert unused <= {"404_title", "413_title", "422_title", "503_title", "other_title", "404", "413", "422", "503"}


def test_a_card_of_the_wrong_shape_is_refused() -> None:
    from frontend.card import Card
    from pydantic import ValidationError

    for wrong in ({"languages": []}, {"languages": ["<b>"]}, {**CARD, "metrics": {"by_group_folds": {"accuracy": 7}}}):
        with pytest.raises(ValidationError):
            Card.model_validate(wrong)
