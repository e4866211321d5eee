"""The game as a visitor without JavaScript plays it."""

import asyncio
import html
import re
from typing import Any

import httpx
import pytest
from frontend.card import Card
from frontend.rounds import Round
from frontend.schemas import Joke
from frontend.turn import choices, language_to_ask
from hypothesis import given
from hypothesis import strategies as st

from services.frontend.tests.backends import (
    BAD_EVIDENCE,
    CARD,
    CODES,
    JOKE,
    Handler,
    answers,
    inference,
    model,
    visiting,
)

MIDGAME = "round=rr0001wr0002rs0003&streak=1"
MARKED = re.compile(r'<mark class="m([123])">([^<]*)</mark>')


def links(page: httpx.Response) -> list[str]:
    return [html.unescape(href) for href in re.findall(r'href="([^"]*)"', page.text)]


def next_link(page: httpx.Response) -> str:
    (href,) = re.findall(r'data-next href="([^"]*)"', page.text)
    return html.unescape(href)


def offered(page: httpx.Response) -> list[str]:
    return re.findall(r'<button name="guess" value="(.*?)"', page.text)


def said(page: httpx.Response) -> str:
    (verdict,) = re.findall(r"data-announce>(.*?)</div>", page.text, flags=re.S)
    return " ".join(re.sub("<[^>]*>", " ", verdict).replace("\xa0", " ").split())


async def guess(visitor: httpx.AsyncClient, language: str, **form: str) -> httpx.Response:
    data = {"joke": JOKE["id"], "guess": language, **form}
    redirect = await visitor.post("/guess", data=data)
    assert redirect.status_code == 303
    return await visitor.get(redirect.headers["location"])


@pytest.mark.anyio
async def test_the_page_asks_and_gives_nothing_away() -> None:
    async with visiting() as visitor:
        page = await visitor.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert f'<blockquote class="bubble" lang="de" dir="auto">{JOKE["text"]}</blockquote>' in page.text
    assert len(set(offered(page))) == 5
    assert "de" in offered(page)
    assert "<meter" not in page.text
    assert "It is German" not in page.text


@pytest.mark.anyio
async def test_a_joke_asks_the_same_each_time_so_that_it_can_be_linked_to() -> None:
    async with visiting() as visitor:
        first, again = [await visitor.get(f"/jokes/{JOKE['id']}") for _ in range(2)]
    assert offered(first) == offered(again)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("language", "answer", "verdict", "turn"),
    [
        ("de", {}, "Right: it is German. The model says German too, and is 90.0 % sure. A point each.", "rr"),
        ("sv", {}, "It is German, not Swedish. The model says German, and is 90.0 % sure. This one goes to", "wr"),
        ("de", {"language": "sv"}, "Right: it is German. The model takes it for Swedish, and is 0.8 % sure.", "rw"),
        ("sv", {"language": "sv"}, "It is German, not Swedish. The model says Swedish as well, and is", "ww"),
        ("de", {"abstained": True}, "Right: it is German. The model does not say. It knows 13 languages", "rs"),
    ],
)
async def test_a_guess_is_held_against_the_models_answer(
    language: str, answer: dict[str, Any], verdict: str, turn: str
) -> None:
    def answering(request: httpx.Request) -> httpx.Response:
        return model(request) if request.method == "GET" else httpx.Response(200, json=inference(**answer))

    async with visiting(model=answering) as visitor:
        page = await guess(visitor, language, round="rr0001wr0002rs0003", streak="1")
    assert page.status_code == 200
    assert said(page).startswith(verdict)
    streak = "&streak=2" if language == "de" else ""
    assert re.fullmatch(rf"/\?round=rr0001wr0002rs0003{turn}[0-9a-f]{{4}}{streak}", next_link(page))


@pytest.mark.anyio
async def test_the_reveal_has_bars_letters_and_whether_the_joke_was_held_out() -> None:
    async with visiting() as visitor:
        page = await guess(visitor, "de")
        other = await visitor.get("/jokes/0123456789ab?guess=sv")
    assert page.text.count("<meter") == 13
    assert '<meter min="0" max="1" value="0.9000" aria-label="German">' in page.text
    assert "The other 9" in page.text
    assert [letters for _, letters in MARKED.findall(page.text)] == ["Ei", "n", "n", "ei", "n"]
    assert "never saw this joke" in page.text
    assert other.status_code == 200


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("card", "words"),
    [
        ({"held_out": ["another"], "folds": {}}, "in its training set"),  # of an older model
        ({"held_out": ["another"], "folds": {JOKE["id"]: 0}}, "in its training set"),
        ({"held_out": ["another"], "folds": {"another": 0}}, "never saw this joke"),  # it is newer than the model
    ],
)
async def test_what_was_not_held_out_was_learned_from(card: dict[str, Any], words: str) -> None:
    def trained(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/card":
            return httpx.Response(200, json={**CARD, **card})
        return model(request)

    async with visiting(model=trained) as visitor:
        assert words in (await guess(visitor, "de")).text


@pytest.mark.anyio
@pytest.mark.parametrize("away", [*BAD_EVIDENCE.values(), answers(503)], ids=[*BAD_EVIDENCE, "503"])
async def test_without_model_the_guess_is_judged_and_the_round_stays_as_it_was(away: Handler) -> None:
    async with visiting(model=away) as visitor:
        page = await guess(visitor, "de", round="rr0001", streak="1")
    assert page.status_code == 200
    assert said(page).startswith("Right: it is German. The model does not answer")
    assert next_link(page) == "/?round=rr0001&streak=1"
    assert f"/jokes/{JOKE['id']}?guess=de&round=rr0001&streak=1" in links(page)


@pytest.mark.anyio
async def test_the_same_joke_does_not_count_twice() -> None:
    async with visiting() as visitor:
        once = next_link(await guess(visitor, "de"))
        text = re.findall("round=([a-z0-9]*)", once)[0]
        assert next_link(await guess(visitor, "de", round=text, streak="1")) == once


@pytest.mark.anyio
async def test_ten_jokes_end_in_a_result_to_share() -> None:
    nine = "".join(
        f"{turn}{number:04x}" for number, turn in enumerate(["rr", "rs", "wr", "ww", "rr", "rr", "rw", "rr", "wr"])
    )
    async with visiting(root_path="/punchline") as visitor:
        last = await guess(visitor, "de", round=nine)
        result = await visitor.get(next_link(last))
        again = next_link(result)
        unfinished = await visitor.get(f"/result?round={nine}")
    assert "/result?" in next_link(last)
    assert "A draw: 7 all." in result.text
    assert "🟩🟩🟥🟥🟩🟩🟩🟩🟥🟩 me\n🟩⬜🟩🟥🟩🟩🟥🟩🟩🟩 model\nhttp://frontend/punchline/</textarea>" in result.text
    assert again == "/punchline/?streak=1"
    assert "no whole round" in unfinished.text


@pytest.mark.anyio
async def test_a_joke_of_the_round_is_not_drawn_again() -> None:
    drawn = iter(["first", "first", "second"])

    def joker(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={**JOKE, "id": next(drawn)})

    played = Round().played("first", visitor=True, model=True)
    async with visiting(joker=joker) as visitor:
        page = await visitor.get(f"/?round={played.text}")
    assert 'name="joke" value="second"' in page.text


@pytest.mark.anyio
async def test_a_language_that_joker_does_not_know_costs_no_joke() -> None:
    def joker(request: httpx.Request) -> httpx.Response:
        asked = request.url.params.get("language")
        return httpx.Response(404, json={"error": "none"}) if asked else httpx.Response(200, json=JOKE)

    async with visiting(joker=joker) as visitor:
        assert (await visitor.get("/")).status_code == 200


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/jokes/unknown", "/jokes/..%2fetc", "/jokes/%F0%9F%99%82", "/nothing"])
async def test_what_is_not_there_is_a_page_for_browsers_and_json_for_others(path: str) -> None:
    async with visiting() as visitor:
        page = await visitor.get(path, headers={"accept": "text/html,*/*;q=0.8"})
        error = await visitor.get(path)
    assert page.status_code == error.status_code == 404
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "There is nothing here" in page.text
    assert error.json()["code"] == "not_found"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("method", "path", "options", "status", "words"),
    [
        ("GET", "/guess", {}, 405, "There is nothing here"),
        ("GET", f"/?round={'r' * 300}", {}, 422, "does not fit together"),
        ("POST", "/try", {"content": b"x" * 2_000_000}, 413, "That is too much"),
        ("POST", "/guess", {"data": {"joke": "../x", "guess": "de"}}, 404, "There is nothing here"),
        ("POST", "/guess", {"data": {"joke": "x" * 65}}, 422, "does not fit together"),
    ],
)
async def test_failures_are_pages_in_the_same_voice(
    method: str, path: str, options: dict[str, Any], status: int, words: str
) -> None:
    async with visiting() as visitor:
        page = await visitor.request(method, path, headers={"accept": "text/html"}, **options)
    assert page.status_code == status
    assert words in page.text
    assert page.headers["x-request-id"]
    assert page.headers["cache-control"] == "private, no-cache"


@pytest.mark.anyio
async def test_a_refused_body_is_a_page_of_the_length_it_says() -> None:
    headers = {"accept": "text/html", "accept-encoding": "gzip"}
    async with visiting() as visitor, visitor.stream("POST", "/try", headers=headers, content=b"x" * 2_000_000) as page:
        sent = b"".join([piece async for piece in page.aiter_raw()])
    assert page.status_code == 413
    assert len(sent) == int(page.headers["content-length"])


@pytest.mark.anyio
async def test_too_many_visitors_are_told_so_on_a_page() -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    async def slow(_: httpx.Request) -> httpx.Response:
        entered.set()
        await leave.wait()
        return httpx.Response(200, json=JOKE)

    async with visiting(joker=slow, max_concurrency=1) as visitor:
        first = asyncio.create_task(visitor.get("/"))
        await entered.wait()
        page = await visitor.get("/", headers={"accept": "text/html"})
        leave.set()
        assert (await first).status_code == 200
    assert page.status_code == 503
    assert int(page.headers["retry-after"]) > 0
    assert "Too many visitors" in page.text


@pytest.mark.anyio
async def test_a_guess_without_a_language_asks_again() -> None:
    async with visiting() as visitor:
        for language in ("", "<script>", "x" * 30):
            page = await guess(visitor, language)
            assert len(offered(page)) == 5


@pytest.mark.anyio
async def test_every_address_is_below_the_prefix() -> None:
    async with visiting(root_path="/punchline") as visitor:
        for path in ("/", f"/jokes/{JOKE['id']}?guess=de&{MIDGAME}", "/try", "/model", "/hood"):
            page = await visitor.get(path)
            found = [*links(page), *re.findall(r'(?:src|action)="([^"]*)"', page.text)]
            assert len(found) > 5
            assert [href for href in found if not href.startswith(("/punchline/", "#"))] == []
        redirect = await visitor.post("/guess", data={"joke": JOKE["id"], "guess": "de"})
        assert redirect.headers["location"] == f"/punchline/jokes/{JOKE['id']}?guess=de"
        assert (await visitor.get(redirect.headers["location"])).status_code == 200, "stripped by the proxy or not"


@pytest.mark.anyio
async def test_pages_are_asked_for_again_but_shown_again_when_going_back() -> None:
    async with visiting() as visitor:
        page = await visitor.get("/")
    assert page.headers["cache-control"] == "private, no-cache"


def test_choices_are_near_by_the_models_own_confusion() -> None:
    card = Card.model_validate(CARD)
    jokes = [Joke(id=f"{number}", text="", language="gl", category="neutral") for number in range(200)]
    sets = [choices(joke, card) for joke in jokes]
    assert all("gl" in found and len(set(found)) == 5 for found in sets)
    assert sum("es" in found for found in sets) > 190
    assert len({tuple(found).index("gl") for found in sets}) == 5, "the right one can stand anywhere"
    assert {code for found in sets for code in found} == set(CODES)


def test_a_language_with_few_jokes_comes_more_often_than_by_its_share() -> None:
    drawn = [language_to_ask(Card.model_validate(CARD)) for _ in range(2000)]
    assert 0.15 < drawn.count("gl") / len(drawn) < 0.35  # 14 of 141 jokes are .10, the roots are .25
    assert language_to_ask(None) is None


@given(st.text(max_size=80), st.integers())
def test_a_round_from_anywhere_is_a_round(text: str, streak: int) -> None:
    found = Round.parse(text, streak)
    assert len(found.turns) <= 10
    assert 0 <= found.streak <= 9999
    assert Round.parse(found.text, found.streak) == found


@given(st.lists(st.tuples(st.uuids(), st.booleans(), st.sampled_from([True, False, None])), max_size=14))
def test_a_round_counts_ten_turns_and_goes_through_an_address(turns: list[tuple[Any, bool, bool | None]]) -> None:
    played = Round()
    for joke, visitor, said in turns:
        played = Round.parse(played.text, played.streak).played(str(joke), visitor, said)
    assert len(played.turns) == min(len(played.turns), 10)
    assert played.visitor == sum(turn.visitor for turn in played.turns)
    assert played.finished == (len(played.turns) == 10)
