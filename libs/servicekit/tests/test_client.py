import asyncio
import json

import httpx
import pytest
from servicekit import Backend, BackendBadAnswer, BackendTimeout, BackendUnavailable


def backend(*answers, **options) -> tuple[Backend, list[httpx.Request]]:
    """A backend that gives these answers in turn: a response, an exception, or None for never."""
    asked: list[httpx.Request] = []
    queue = iter(answers)

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        given = next(queue)
        if given is None:
            await asyncio.Event().wait()
        if isinstance(given, Exception):
            raise given
        return given

    options = {"deadline": 5.0, **options}
    return Backend("other", "http://other/base", transport=httpx.MockTransport(answer), **options), asked


BROKEN = [httpx.ConnectError("refused"), httpx.ReadError("reset"), httpx.RemoteProtocolError("Server disconnected")]


@pytest.mark.parametrize("failure", [*BROKEN, *map(httpx.Response, (502, 503, 504))])
async def test_one_retry_of_an_idempotent_call_hides_a_failure(failure):
    other, asked = backend(failure, httpx.Response(200, json={"a": 1}))
    assert await other.json("GET", "/x") == {"a": 1}
    assert [request.url.path for request in asked] == ["/base/x"] * 2


async def test_nothing_is_sent_when_no_time_is_left():
    other, asked = backend(httpx.Response(200))
    with pytest.raises(BackendTimeout):
        await other.request("GET", "/", deadline=0)
    assert asked == []


@pytest.mark.parametrize("failure", [BROKEN[1], httpx.Response(503)])
async def test_no_second_retry(failure):
    other, asked = backend(failure, failure, httpx.Response(200))
    with pytest.raises(BackendUnavailable, match="other"):
        await other.request("GET", "/")
    assert len(asked) == 2


async def test_a_connection_is_tried_sixteen_times_since_nothing_was_sent():
    other, asked = backend(*[httpx.ConnectError("refused")] * 15, httpx.Response(200))
    await other.request("POST", "/")
    assert len(asked) == 16
    other, asked = backend(*[httpx.ConnectError("refused")] * 17)
    with pytest.raises(BackendUnavailable, match="refused"):
        await other.request("GET", "/")
    assert len(asked) == 16


async def test_a_call_that_was_sent_once_may_find_no_connection_before_it_is_sent_again():
    other, asked = backend(BROKEN[1], *[BROKEN[0]] * 3, httpx.Response(200))
    await other.request("GET", "/")
    assert len(asked) == 5


async def test_a_post_is_retried_only_when_it_is_said_to_be_idempotent():
    other, asked = backend(httpx.Response(503), httpx.Response(200))
    with pytest.raises(BackendUnavailable):
        await other.request("POST", "/")
    assert len(asked) == 1
    other, asked = backend(httpx.Response(503), httpx.Response(200))
    await other.request("POST", "/", idempotent=True)
    assert len(asked) == 2


async def test_the_deadline_bounds_the_call_and_its_retry_together():
    other, asked = backend(httpx.Response(503), None)
    with pytest.raises(BackendTimeout, match=r"0\.3 s"):
        await other.request("GET", "/", deadline=0.3)
    assert len(asked) == 2


async def test_4xx_is_an_answer_to_the_caller():
    other, asked = backend(httpx.Response(404))
    assert (await other.request("GET", "/")).status_code == 404
    assert len(asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="[" * 100_000),
        httpx.Response(500),
        httpx.Response(200, text="<html>"),
        httpx.Response(404),
        httpx.RemoteProtocolError("illegal"),
    ],
)
async def test_json_takes_no_other_answer(answer):
    other, _ = backend(answer)
    with pytest.raises(BackendBadAnswer):
        await other.json("GET", "/")


async def test_a_proxy_variable_does_not_divert_calls(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.1:1")
    async with Backend("other", "http://127.0.0.1:9", deadline=5) as other:
        with pytest.raises(BackendUnavailable, match="no connection"):
            await other.request("GET", "/")


async def test_any_text_can_be_sent_as_json():
    other, asked = backend(httpx.Response(200))
    await other.request("POST", "/", json={"text": "\ud800 ž"})
    assert asked[0].headers["content-type"] == "application/json"
    assert json.loads(asked[0].content) == {"text": "\ud800 ž"}
