"""The protocol in process, against a classifier of the same shape as the real one."""

import asyncio
import gzip
import json
import zlib

import httpx
import pytest
import servicekit
from model import oip
from model.classifier import Predictions

LANGUAGES = tuple(f"l{i}" for i in range(13))
URL = "/v2/models/joke-language/infer"


class Fake:
    languages, version = LANGUAGES, "1"

    def predict(self, texts):
        return Predictions([t[:1] and "l0" for t in texts], [[1.0] + [0.0] * 12] * len(texts), 13)

    def evidence(self, text, language, limit=10):
        return [(text[:3], 0.5)]


@pytest.fixture(scope="module")
def app():
    app = servicekit.create_app("model", servicekit.ServiceSettings(), summary="")
    app.include_router(oip.router(Fake(), 1 << 20))
    return app


def call(app, method, url, body=b"", headers=None):
    async def run():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
            return await client.request(method, url, content=body, headers=headers or {})

    return asyncio.run(run())


def asking(data=("ein", ""), **more):
    tensor = {"name": "text", "datatype": "BYTES", "shape": [len(data)], "data": list(data)} | more.pop("tensor", {})
    return json.dumps({"inputs": [tensor]} | more).encode()


def test_default_outputs_in_json(app):
    r = call(app, "POST", URL, asking(id="\ud800"))
    assert r.status_code == 200
    assert r.json()["id"] == "\ud800"
    assert [o["name"] for o in r.json()["outputs"]] == ["language", "probabilities", "abstained"]
    assert r.json()["outputs"][0]["data"] == ["l0", ""]
    assert r.json()["outputs"][1]["shape"] == [2, 13]


def test_binary_both_ways(app):
    tensor = {"name": "text", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": 7}}
    head = json.dumps({"inputs": [tensor], "parameters": {"binary_data_output": True}}).encode()
    r = call(app, "POST", URL, head + b"\3\0\0\0ein", {"inference-header-content-length": str(len(head))})
    assert r.status_code == 200
    assert r.content[int(r.headers["inference-header-content-length"]) :].startswith(b"\2\0\0\0l0")


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_compression(app, coding, pack):
    r = call(app, "POST", URL, pack(asking(["a"] * 99)), {"content-encoding": coding, "accept-encoding": coding})
    assert (r.status_code, r.headers["content-encoding"]) == (200, coding)
    assert r.json()["outputs"][0]["shape"] == [99]
    assert call(app, "POST", URL, pack(b" " * (1 << 21)), {"content-encoding": coding}).status_code == 413


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", "body"),
        (b'{"id": NaN}', "body"),
        (b"[" * 100_000, "body"),
        (b"1" * 9999, "body"),
        (b"\xff", "body"),
        (asking(id=1), "body.id"),
        (asking([]), "body.inputs.0.shape"),
        (asking(["a"] * 1025), "body.inputs.0.shape"),
        (asking(tensor={"name": "x"}), "body.inputs.0.name"),
        (asking(tensor={"datatype": "FP32"}), "body.inputs.0.datatype"),
        (asking(tensor={"shape": [-1]}), "body.inputs.0.shape"),
        (asking(tensor={"data": None}), "body.inputs.0.data"),
        (asking(outputs=[{"name": "x"}]), "body.outputs.0.name"),
    ],
)
def test_refusals_name_the_field(app, body, field):
    r = call(app, "POST", URL, body)
    assert (r.status_code, r.json()["fields"][0]["field"]) == (400, field)


def test_unknown_models_and_versions(app):
    assert call(app, "GET", "/v2/models/x").status_code == 404
    assert call(app, "GET", "/v2/models/joke-language/versions/9").status_code == 404
    assert call(app, "GET", "/v2/models/joke-language/versions/1").status_code == 200
