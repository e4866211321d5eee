"""The visitor against backends that behave, and that do not."""

import base64
import hashlib
import re

import httpx
import pytest
from frontend.deadline import Deadline
from frontend.model import Model
from servicekit import Backend, BackendTimeout

from services.frontend.tests.backends import (
    CODES,
    GARBAGE,
    GARBAGE_OF_JOKER,
    GARBAGE_OF_MODEL,
    HOSTILE,
    JOKE,
    Handler,
    answers,
    inference,
    model,
    never,
    visiting,
)

pytestmark = pytest.mark.anyio

REVEAL = f"/jokes/{JOKE['id']}?guess=de"


async def test_a_joke_and_the_answer() -> None:
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
    assert (answer["language"], answer["abstained"]) == (None, True)


@pytest.mark.parametrize("away", GARBAGE_OF_MODEL.values(), ids=GARBAGE_OF_MODEL)
async def test_without_model_the_joke_comes_degraded(away: Handler) -> None:
    async with visiting(model=away) as visitor:
        ask, reveal, answer = [await visitor.get(path) for path in ("/", REVEAL, "/api/joke")]
    assert ask.status_code == reveal.status_code == answer.status_code == 200
    assert JOKE["text"] in ask.text
    assert JOKE["text"] in reveal.text
    assert "The model does not answer" in reveal.text
    assert "<meter" not in reveal.text
    assert answer.json() == {"joke": JOKE, "prediction": None, "degraded": True}


@pytest.mark.parametrize("away", GARBAGE_OF_MODEL.values(), ids=GARBAGE_OF_MODEL)
async def test_without_model_no_text_is_classified_but_it_is_kept_in_the_form(away: Handler) -> None:
    async with visiting(model=away) as visitor:
        page = await visitor.post("/try", data={"text": "mein Text"})
        answer = await visitor.post("/api/classify", json={"text": "mein Text"})
    assert page.status_code == answer.status_code == 503
    assert int(page.headers["retry-after"]) == int(answer.headers["retry-after"]) > 0
    assert "mein Text</textarea>" in page.text
    assert answer.json()["code"] == "backend_away"


@pytest.mark.parametrize("away", GARBAGE_OF_JOKER.values(), ids=GARBAGE_OF_JOKER)
async def test_without_joker_there_is_a_503_page(away: Handler) -> None:
    async with visiting(joker=away) as visitor:
        answer = await visitor.get("/api/joke")
        pages = [await visitor.get("/?round=rr0001&streak=1"), await visitor.get(f"{REVEAL}&round=rr0001&streak=1")]
    assert answer.status_code == 503
    if pages[-1].status_code == 404:
        pages.pop()  # joker says that it has no such joke, which is an answer
    for page in pages:
        assert page.status_code == 503
        assert int(page.headers["retry-after"]) == int(answer.headers["retry-after"]) > 0
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "No joke right now" in page.text
        assert "round=rr0001&amp;streak=1" in page.text, "the way back has the round"
    assert answer.json()["error"] == "joker does not answer right now."


async def test_a_backend_that_never_answers_is_away_when_the_deadline_is_over() -> None:
    async with visiting(model=never, seconds=0.05) as visitor:
        assert (await visitor.get("/api/joke")).json()["degraded"] is True
        assert (await visitor.post("/api/classify", json={"text": "x"})).status_code == 503
    async with visiting(joker=never, seconds=0.05) as visitor:
        assert (await visitor.get("/")).status_code == 503
        assert (await visitor.get(REVEAL)).status_code == 503


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
        pages = [
            await visitor.get("/"),
            await visitor.get("/jokes/0?guess=de"),
            await visitor.post("/try", data={"text": HOSTILE}),
        ]
        pages.append(await visitor.post("/try", data={"text": HOSTILE * 100}))
    assert [page.status_code for page in pages] == [200, 200, 200, 422]
    for page in pages:
        assert page.text.count("<script") == 1, "the page's own"
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &#34;&#39;&amp;" in page.text
        assert "{{ 7*7 }}" in page.text
        assert page.text.count("</textarea>") <= 1


async def test_a_form_without_text_or_with_too_much_says_so_and_asks_nobody() -> None:
    def nobody(_: httpx.Request) -> httpx.Response:
        raise AssertionError("asked")

    async with visiting(joker=nobody, model=nobody) as visitor:
        none, empty = await visitor.post("/try"), await visitor.post("/try", data={"text": ""})
        long = await visitor.post("/try", data={"text": "x" * 2001})
        long_json = await visitor.post("/api/classify", json={"text": "x" * 2001})
    assert none.status_code == empty.status_code == long.status_code == long_json.status_code == 422
    assert "There is no text yet." in none.text
    assert "There is no text yet." in empty.text
    assert "2,001 characters. At most 2,000" in long.text
    assert long_json.json()["fields"][0]["field"] == "body.text"


async def test_2000_characters_are_taken_and_a_line_end_is_one() -> None:
    async with visiting() as visitor:
        assert (await visitor.post("/try", data={"text": "\r\n" * 2000})).status_code == 200
        assert (await visitor.post("/api/classify", json={"text": "🙂" * 2000})).status_code == 200


async def test_a_form_in_an_odd_charset_is_no_error_of_ours() -> None:
    kind = "multipart/form-data; boundary=x; charset=unicode_escape"
    form = b'--x\r\ncontent-disposition: form-data; name="text"\r\n\r\n\\ud800\r\n--x--\r\n'
    async with visiting() as visitor:
        page = await visitor.post("/try", content=form, headers={"content-type": kind})
    assert page.status_code == 200
    assert '<blockquote class="bubble" lang="de" dir="auto">?</blockquote>' in page.text


@pytest.mark.parametrize("path", ["/", "/static/icon.svg", "/api/joke", "/nothing"])
async def test_browsers_are_told_to_run_nothing_from_elsewhere(path: str) -> None:
    async with visiting() as visitor:
        answer = await visitor.get(path)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self'; style-src 'self' 'sha256-")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/", REVEAL, "/try", "/model", "/hood"])
async def test_the_pages_keep_to_that_policy(path: str) -> None:
    async with visiting() as visitor:
        answer = await visitor.get(path)
    page = answer.text
    assert "style=" not in page
    assert re.findall(" on[a-z]+=", re.sub(r"<style>.*</style>", "", page, flags=re.S)) == []
    (style,) = re.findall(r"<style>(.*?)</style>", page, flags=re.S)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in answer.headers["content-security-policy"]
    for tag in re.findall(r"<script[^>]*>", page):
        assert tag.startswith('<script src="/static/game.')
    assert "set-cookie" not in answer.headers
