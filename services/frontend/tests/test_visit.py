"""The visitor against backends that behave, and that do not."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from frontend.app import create_app
from frontend.deadline import Deadline
from frontend.model import Model
from frontend.settings import Settings
from servicekit import Backend, BackendTimeout

pytestmark = pytest.mark.anyio

Handler = Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]

CODES = ["cs", "de", "en", "es", "eu", "fr", "gl", "hu", "it", "lt", "pl", "ru", "sv"]
JOKE = {"id": "0123456789ab", "text": "Ein Witz kommt selten allein.", "language": "de", "category": "neutral"}
HOSTILE = "<script>alert(1)</script> \"'&\0 \u202egnp.exe {{ 7*7 }} </textarea>"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def joker(request: httpx.Request) -> httpx.Response:
    assert (request.method, request.url.path) == ("GET", "/v1/jokes/random")
    return httpx.Response(200, json=JOKE)


def model(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/v1/card":
        return httpx.Response(200, json={"languages": CODES, "accuracy": 0.97})
    assert (request.method, request.url.path) == ("POST", "/v2/models/joke-language/infer")
    (tensor,) = json.loads(request.content)["inputs"]
    assert (tensor["name"], tensor["shape"], tensor["datatype"]) == ("text", [1], "BYTES")
    return httpx.Response(200, json=inference())


def inference(language: str = "de", abstained: bool = False, row: list[Any] | None = None) -> dict[str, Any]:
    row = [0.9 if code == "de" else 0.1 / 12 for code in CODES] if row is None else row
    return {
        "model_name": "joke-language",
        "model_version": "1",
        "outputs": [
            {"name": "language", "shape": [1], "datatype": "BYTES", "data": [language]},
            {"name": "probabilities", "shape": [1, 13], "datatype": "FP32", "data": row},
            {"name": "abstained", "shape": [1], "datatype": "BOOL", "data": [abstained]},
        ],
    }


def answers(status: int, **content: Any) -> Handler:
    return lambda _: httpx.Response(status, **content)


async def never(_: httpx.Request) -> httpx.Response:
    await asyncio.Event().wait()
    raise AssertionError


def refuses(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


GARBAGE: dict[str, Handler] = {
    "500": answers(500, text="Traceback"),
    "503": answers(503, json={"error": "busy"}),
    "404": answers(404, json={"error": "no such thing"}),
    "redirect": answers(302, headers={"location": "http://elsewhere/"}),
    "not JSON": answers(200, text="<html>hello</html>"),
    "empty": answers(200),
    "no object": answers(200, json=[1, 2]),
    "wrong keys": answers(200, json={"joke": "?"}),
    "wrong types": answers(200, json={"id": 1, "text": [], "language": {}, "category": None, "outputs": 3}),
    "not UTF-8": answers(200, content=b'{"text": "\xff\xfe"}'),
    "nested without end": answers(200, content=b"[" * 100_000),
    "not gzip": answers(200, headers={"content-encoding": "gzip"}, content=b"plain"),
    "no connection": refuses,
}

BAD_INFERENCES: dict[str, Any] = {
    "too few probabilities": inference(row=[0.5, 0.5]),
    "too many rows": inference(row=[[0.1] * 13, [0.1] * 13]),
    "not numbers": inference(row=["a"] * 13),
    "above one": inference(row=[7.0] * 13),
    "a language that it does not know": inference(language="xx"),
    "a language that is no code": inference(language="<script>"),
    "no outputs": {"outputs": []},
    "null data": {"outputs": [{"name": name, "data": [None]} for name in ("language", "probabilities", "abstained")]},
}
GARBAGE_OF_MODEL = {
    **GARBAGE,
    **{name: answers(200, json=body) for name, body in BAD_INFERENCES.items()},
    "not a number": answers(200, text=json.dumps(inference(row=[float("nan")] * 13))),
    "lone surrogate": answers(200, text=json.dumps(inference(language="\ud800"))),
}
GARBAGE_OF_JOKER = {
    **GARBAGE,
    "lone surrogate": answers(200, text=json.dumps({**JOKE, "text": "\ud800"})),
    "a language that is no code": answers(200, json={**JOKE, "language": '"><script>'}),
}


@asynccontextmanager
async def visiting(
    joker: Handler = joker, model: Handler = model, seconds: float = 10
) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(
        Settings(deadline_seconds=seconds),
        joker_transport=httpx.MockTransport(joker),  # type: ignore[arg-type]
        model_transport=httpx.MockTransport(model),  # type: ignore[arg-type]
    )
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://frontend") as client,
    ):
        yield client


async def test_the_page_has_the_joke_the_answer_and_the_form() -> None:
    async with visiting() as visitor:
        page = await visitor.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert f'<blockquote lang="de" dir="auto">{JOKE["text"]}</blockquote>' in page.text
    assert "<strong>German</strong>, which is right" in page.text
    assert '<meter min="0" max="1" value="0.9000" aria-label="German">' in page.text
    assert '<form method="post" action="/classify"' in page.text


async def test_the_api_has_the_same() -> None:
    async with visiting() as visitor:
        answer = (await visitor.get("/api/joke")).json()
    assert (answer["joke"], answer["degraded"]) == (JOKE, False)
    assert answer["prediction"]["language"] == "de"
    assert list(answer["prediction"]["probabilities"]) == CODES
    assert answer["prediction"]["probabilities"]["de"] == 0.9


async def test_the_columns_are_named_as_the_card_says_and_the_card_is_asked_for_once() -> None:
    asked = []

    def backwards(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if request.url.path == "/v1/card":
            return httpx.Response(200, json={"languages": CODES[::-1]})
        return httpx.Response(200, json=inference(row=[[0.4, *[0.05] * 12]], language="sv"))

    async with visiting(model=backwards) as visitor:
        for _ in range(3):
            answer = (await visitor.post("/api/classify", json={"text": "Ett skämt"})).json()
            assert answer["probabilities"]["sv"] == 0.4
    assert asked.count("/v1/card") == 1


@pytest.mark.parametrize("card", GARBAGE.values(), ids=GARBAGE)
async def test_without_a_card_the_columns_are_the_known_languages(card: Handler) -> None:
    def cardless(request: httpx.Request) -> httpx.Response:
        answer = card(request) if request.url.path == "/v1/card" else model(request)
        assert isinstance(answer, httpx.Response)
        return answer

    async with visiting(model=cardless) as visitor:
        answer = (await visitor.get("/api/joke")).json()
    assert answer["prediction"]["probabilities"]["de"] == 0.9


async def test_an_abstention_is_no_language() -> None:
    async with visiting(model=answers(200, json=inference(language="", abstained=True))) as visitor:
        answer = (await visitor.post("/api/classify", json={"text": "?"})).json()
        page = await visitor.post("/classify", data={"text": "?"})
    assert (answer["language"], answer["abstained"]) == (None, True)
    assert "The model does not say" in page.text


@pytest.mark.parametrize("away", GARBAGE_OF_MODEL.values(), ids=GARBAGE_OF_MODEL)
async def test_without_model_the_joke_comes_degraded(away: Handler) -> None:
    async with visiting(model=away) as visitor:
        page, answer = await visitor.get("/"), await visitor.get("/api/joke")
    assert page.status_code == answer.status_code == 200
    assert JOKE["text"] in page.text
    assert "The model does not answer" in page.text
    assert answer.json() == {"joke": JOKE, "prediction": None, "degraded": True}


@pytest.mark.parametrize("away", GARBAGE_OF_MODEL.values(), ids=GARBAGE_OF_MODEL)
async def test_without_model_no_text_is_classified_but_it_is_kept_in_the_form(away: Handler) -> None:
    async with visiting(model=away) as visitor:
        page = await visitor.post("/classify", data={"text": "mein Text"})
        answer = await visitor.post("/api/classify", json={"text": "mein Text"})
    assert page.status_code == answer.status_code == 503
    assert int(page.headers["retry-after"]) == int(answer.headers["retry-after"]) > 0
    assert "mein Text</textarea>" in page.text
    assert answer.json()["code"] == "backend_away"


@pytest.mark.parametrize("away", GARBAGE_OF_JOKER.values(), ids=GARBAGE_OF_JOKER)
async def test_without_joker_there_is_a_503_page(away: Handler) -> None:
    async with visiting(joker=away) as visitor:
        page, answer = await visitor.get("/"), await visitor.get("/api/joke")
    assert page.status_code == answer.status_code == 503
    assert int(page.headers["retry-after"]) == int(answer.headers["retry-after"]) > 0
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "No joke right now" in page.text
    assert answer.json()["error"] == "joker does not answer right now."


async def test_a_backend_that_never_answers_is_away_when_the_deadline_is_over() -> None:
    async with visiting(model=never, seconds=0.05) as visitor:
        assert (await visitor.get("/api/joke")).json()["degraded"] is True
        assert (await visitor.post("/api/classify", json={"text": "x"})).status_code == 503
    async with visiting(joker=never, seconds=0.05) as visitor:
        assert (await visitor.get("/")).status_code == 503


async def test_model_is_not_asked_when_no_time_is_left() -> None:
    asked = []

    def noted(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return model(request)

    async with Backend("model", "http://model", deadline=10, transport=httpx.MockTransport(noted)) as backend:
        with pytest.raises(BackendTimeout):
            await Model(backend).classify("x", Deadline(0))
        assert asked == []
        assert (await Model(backend).classify("x", Deadline(10))).language == "de"


async def test_hostile_text_is_escaped_wherever_it_is_from() -> None:
    hostile_joke = {**JOKE, "text": HOSTILE, "id": HOSTILE, "category": HOSTILE}
    async with visiting(joker=answers(200, json=hostile_joke)) as visitor:
        pages = [await visitor.get("/"), await visitor.post("/classify", data={"text": HOSTILE})]
        pages.append(await visitor.post("/classify", data={"text": HOSTILE * 100}))
    assert [page.status_code for page in pages] == [200, 200, 422]
    for page in pages:
        assert "<script" not in page.text
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &#34;&#39;&amp;" in page.text
        assert "{{ 7*7 }}" in page.text
        assert page.text.count("</textarea>") == 1


async def test_a_form_without_text_or_with_too_much_says_so_and_asks_nobody() -> None:
    def nobody(_: httpx.Request) -> httpx.Response:
        raise AssertionError("asked")

    async with visiting(joker=nobody, model=nobody) as visitor:
        none, empty = await visitor.post("/classify"), await visitor.post("/classify", data={"text": ""})
        long = await visitor.post("/classify", data={"text": "x" * 2001})
        long_json = await visitor.post("/api/classify", json={"text": "x" * 2001})
    assert none.status_code == empty.status_code == long.status_code == long_json.status_code == 422
    assert "There is no text yet." in none.text
    assert "There is no text yet." in empty.text
    assert "2,001 characters. At most 2,000" in long.text
    assert long_json.json()["fields"][0]["field"] == "body.text"


async def test_2000_characters_are_taken_and_a_line_end_is_one() -> None:
    async with visiting() as visitor:
        assert (await visitor.post("/classify", data={"text": "\r\n" * 2000})).status_code == 200
        assert (await visitor.post("/api/classify", json={"text": "🙂" * 2000})).status_code == 200


async def test_a_form_in_an_odd_charset_is_no_error_of_ours() -> None:
    kind = "multipart/form-data; boundary=x; charset=unicode_escape"
    form = b'--x\r\ncontent-disposition: form-data; name="text"\r\n\r\n\\ud800\r\n--x--\r\n'
    async with visiting() as visitor:
        page = await visitor.post("/classify", content=form, headers={"content-type": kind})
    assert page.status_code == 200
    assert '<blockquote lang="de" dir="auto">?</blockquote>' in page.text


@pytest.mark.parametrize("path", ["/", "/static/style.css", "/api/joke", "/nothing"])
async def test_browsers_are_told_to_run_nothing_inline_or_from_elsewhere(path: str) -> None:
    async with visiting() as visitor:
        answer = await visitor.get(path)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_the_pages_keep_to_that_policy() -> None:
    async with visiting() as visitor:
        page = (await visitor.get("/")).text
        assert "style=" not in page
        assert "<style" not in page
        assert "<script" not in page
        for path, kind in (("/static/style.css", "text/css"), ("/static/icon.svg", "image/svg+xml")):
            assert path in page
            asset = await visitor.get(path)
            assert asset.status_code == 200
            assert asset.headers["content-type"].startswith(kind)
        assert (await visitor.get("/static/..%2fapp.py")).status_code == 404
