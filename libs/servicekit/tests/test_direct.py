"""A direct route, in uvicorn's protocol or behind it, and FastAPI's: a client cannot tell which of them answered."""

import asyncio
import re
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest
import servicekit
from servicekit import ServiceError, direct
from servicekit.testing import serving
from servicekit.transport import Transport
from starlette.requests import Request
from starlette.responses import Response

PATH, TEMPLATE = "/things/one", "/things/{name}"


def endpoint(body: bytes, headers):
    if body == b"bug":
        raise RuntimeError("the secret of the house")
    if body == b"teapot":
        raise ServiceError(418, "teapot", "I am a teapot.", headers={"x-tea": "green"})
    return slow() if body == b"slow" else at_once(body, headers)


gate: list[asyncio.Event] = []


async def slow() -> direct.Answer:
    await gate[0].wait()
    return at_once(b"slow", {})


def at_once(body: bytes, headers) -> direct.Answer:
    return direct.Answer(body + headers.get(b"x-more", b""), [(b"content-type", b"text/plain"), (b"x-own", b"1")])


@asynccontextmanager
async def client(door: str, **settings):
    gate[:] = [asyncio.Event()]
    app = servicekit.create_app("servicekit", servicekit.ServiceSettings(**settings), summary="")

    @app.post(TEMPLATE)
    async def thing(name: str, request: Request) -> Response:
        assert door == "fastapi" or "transfer-encoding" in request.headers, "the direct route was not taken"
        return await direct.respond(endpoint, request)

    if door != "fastapi":
        app.add_direct_route("POST", PATH, endpoint, template=TEMPLATE)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(app.router.lifespan_context(app))
        transport, url = httpx.ASGITransport(app, raise_app_exceptions=False), "http://t"
        if door == "protocol":
            url = await stack.enter_async_context(serving(app))
            transport = Transport(max_connections=9, keepalive_seconds=9)  # sends a request in one piece
        yield await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url=url)), app


doors = pytest.mark.parametrize("door", ["protocol", "direct", "fastapi"])


@doors
async def test_it_answers_with_body_headers_and_ids(door):
    async with client(door) as (ask, _):
        answer = await ask.post(PATH, content=b"abc", headers={"x-more": "def", "x-request-id": "r1"})
    assert (answer.status_code, answer.content) == (200, b"abcdef")
    assert {**answer.headers, "traceparent": ""} == {
        "content-type": "text/plain",
        "x-own": "1",
        "content-length": "6",
        "x-request-id": "r1",
        "traceparent": "",
    }
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-00", answer.headers["traceparent"])


@doors
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [(b"bug", 500, "internal_error"), (b"teapot", 418, "teapot"), (b"x" * 11, 413, "body_too_large")],
)
async def test_its_failures_have_the_one_shape(door, body, status, code):
    async with client(door, max_body_bytes=10) as (ask, _):
        answer = await ask.post(PATH, content=body, headers={"x-request-id": "r1"})
    assert answer.status_code == status
    assert answer.headers["x-request-id"] == "r1"
    assert answer.json().pop("error")
    assert (answer.json()["code"], answer.json()["request_id"]) == (code, "r1")
    assert answer.headers.get("x-tea") == ("green" if status == 418 else None)
    assert "secret" not in answer.text


@doors
async def test_one_request_too_many_is_refused(door):
    async with client(door, max_concurrency=1) as (ask, _):
        first = asyncio.create_task(ask.post(PATH, content=b"slow"))
        while (second := await ask.post(PATH, content=b"a")).status_code == 200:
            await asyncio.sleep(0)
        assert (second.status_code, second.json()["code"]) == (503, "overloaded")
        first.cancel()
        gate[0].set()  # a server goes on when its client has left
        await asyncio.wait([first])
        assert (await ask.post(PATH, content=b"a")).status_code == 200


@doors
async def test_a_body_of_unknown_length_is_taken_up_to_the_limit(door):
    async def chunks(count: int):
        for _ in range(count):
            yield b"x"

    async with client(door, max_body_bytes=10) as (ask, _):
        assert (await ask.post(PATH, content=chunks(10))).content == b"x" * 10
        assert (await ask.post(PATH, content=chunks(11))).status_code == 413


@doors
async def test_it_is_counted_under_its_template(door):
    name = f'starlette_requests_total{{app_name="servicekit",method="POST",path="{TEMPLATE}",status_code="200"}}'

    async def count(ask) -> float:
        (*_, value) = re.findall(re.escape(name) + r" (\S+)", (await ask.get("/metrics")).text) or ["0"]
        return float(value)

    async with client(door) as (ask, _):
        before = await count(ask)
        for _ in range(3):
            await ask.post(PATH, content=b"a")
        assert await count(ask) - before == 3


@doors
async def test_answers_end_their_connection_while_draining(door):
    async with client(door) as (ask, app):
        app.state.health.draining = True
        answer = await ask.post(PATH, content=b"a")
    assert (answer.status_code, answer.headers["connection"]) == (200, "close")


async def test_other_paths_and_methods_are_fastapis():
    async with client("direct") as (ask, _):
        assert (await ask.get(PATH)).status_code == 405
        assert (await ask.post("/things/one/more")).status_code == 404


async def test_fastapi_sees_all_where_it_exports_traces(monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:9")
    app = servicekit.create_app("servicekit", servicekit.ServiceSettings(), summary="")
    app.add_direct_route("GET", "/x", endpoint)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as ask:
        assert (await ask.get("/x")).status_code == 404
