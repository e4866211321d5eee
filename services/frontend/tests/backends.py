"""Backends that behave, and that do not, and a visitor to a frontend over them."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from frontend.app import create_app
from frontend.settings import Settings

Handler = Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]

CODES = ["cs", "de", "en", "es", "eu", "fr", "gl", "hu", "it", "lt", "pl", "ru", "sv"]
JOKE = {"id": "0123456789ab", "text": "Ein Witz kommt selten allein.", "language": "de", "category": "neutral"}
SERVER = {"server": "backend/1.2.3 (4f2a)"}
EVIDENCE = [["ei", 2.0], ["n ", 1.0]]
OPENAPI = {"info": {"title": "x", "version": "1"}, "paths": {"/v1/things": {"get": {"summary": "All <things>"}}}}
METRICS = {
    "texts": 1000,
    "accuracy": 0.978,
    "majority_baseline": 0.283,
    "macro_f1": 0.948,
    "coverage": 0.96,
    "accuracy_when_answering": 0.99,
    "recall": {"de": 0.992, "gl": 0.643},
    "support": {"de": 127, "gl": 14},
    "calibration": [{"texts": 936, "confidence": 0.995, "accuracy": 0.99}],
    "confusion": {"gl": {"gl": 0.456, "es": 0.406}, "de": {"de": 0.98, "sv": 0.02}},
}
CARD = {
    "version": "1",
    "languages": CODES,
    "held_out": ["0123456789ab"],
    "folds": {"0123456789ab": 0},
    "thresholds": {"letters": 3, "known": 0.67, "confidence": 0.65},
    "metrics": dict.fromkeys(["by_group_folds", "held_out", "untouched"], METRICS),
    "data": {"source": "pyjokes", "jokes": 1000, "groups": 913},
    "versions": {"numpy": "2.4.6"},
    "limits": ["It refuses much plain Russian."],
}
HOSTILE = "<script>alert(1)</script> \"'&\0 \u202egnp.exe {{ 7*7 }} </textarea>"


def joker(request: httpx.Request) -> httpx.Response:
    assert request.method == "GET"
    if request.url.path == "/openapi.json":
        return httpx.Response(200, json=OPENAPI)
    known = request.url.path in ("/v1/jokes/random", f"/v1/jokes/{JOKE['id']}")
    return httpx.Response(200, json=JOKE, headers=SERVER) if known else httpx.Response(404, json={"error": "none"})


def model(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/v1/card":
        return httpx.Response(200, json=CARD)
    if request.url.path == "/openapi.json":
        return httpx.Response(200, json=OPENAPI)
    assert (request.method, request.url.path) == ("POST", "/v2/models/joke-language/infer")
    question = json.loads(request.content)
    (tensor,) = question["inputs"]
    assert (tensor["name"], tensor["shape"], tensor["datatype"]) == ("text", [1], "BYTES")
    wanted, answer = {output["name"] for output in question["outputs"]}, inference()
    answer["outputs"] = [output for output in answer["outputs"] if output["name"] in wanted]
    return httpx.Response(200, json=answer, headers=SERVER)


def inference(
    language: str = "de", abstained: bool = False, row: list[Any] | None = None, evidence: Any = EVIDENCE
) -> dict[str, Any]:
    row = [0.9 if code == "de" else 0.1 / 12 for code in CODES] if row is None else row
    return {
        "model_name": "joke-language",
        "model_version": "1",
        "outputs": [
            {"name": "language", "shape": [1], "datatype": "BYTES", "data": [language]},
            {"name": "probabilities", "shape": [1, 13], "datatype": "FP32", "data": row},
            {"name": "abstained", "shape": [1], "datatype": "BOOL", "data": [abstained]},
            {"name": "evidence", "shape": [1], "datatype": "BYTES", "data": [json.dumps(evidence)]},
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
BAD_EVIDENCE: dict[str, Handler] = {
    "no weights": answers(200, json=inference(evidence=[["ei"]])),
    "no list": answers(200, json=inference(evidence={"ei": 1})),
    "without end": answers(200, json=inference(evidence=[["ei", float("inf")]])),
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
    joker: Handler = joker, model: Handler = model, seconds: float = 10, root_path: str = "", **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(
        Settings(deadline_seconds=seconds, **settings),
        joker_transport=httpx.MockTransport(joker),  # type: ignore[arg-type]
        model_transport=httpx.MockTransport(model),  # type: ignore[arg-type]
    )
    transport = httpx.ASGITransport(app, root_path=root_path)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://frontend") as client,
    ):
        yield client
