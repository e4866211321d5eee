"""The protocol in process, against a classifier of the same shape as the real one."""

import asyncio
import gzip
import json
import zlib

import httpx
import pytest
import servicekit
from hypothesis import given, settings
from hypothesis import strategies as st
from model import oip
from model.classifier import Predictions
from model.oip import request

LANGUAGES = tuple(f"l{i}" for i in range(13))
URL = "/v2/models/joke-language/infer"


class Fake:
    languages, version = LANGUAGES, "1"

    def predict(self, texts):
        return Predictions([t[:1] and "l0" for t in texts], [[1.0] + [0.0] * 12] * len(texts), 13)

    def evidence(self, text, language, limit=10):
        return [(text[:3], 0.5)]


@pytest.fixture(scope="module", params=["direct", "fastapi"])
def app(request):
    app = servicekit.create_app("model", servicekit.ServiceSettings(), summary="")
    if request.param == "direct":
        oip.install(app, Fake(), 1 << 20)
    else:
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


ids = st.none() | st.text()
texts = st.lists(st.text(), min_size=1, max_size=3)
shapes = st.sampled_from([None, [1], [2], [1, 1], [2, 1], [-1], [1.0], ["1"], [True], [], [10**30]])
tensors = st.fixed_dictionaries(
    {"name": st.sampled_from(["text", "x"]), "datatype": st.sampled_from(["BYTES", "FP32"]), "shape": shapes},
    optional={"data": texts | st.just([["a"]]) | st.just([1]), "parameters": st.sampled_from([None, {}, {"a": 1}])},
)
requests = st.fixed_dictionaries(
    {"inputs": st.lists(tensors, max_size=2)}, optional={"id": ids, "outputs": st.none(), "more": st.integers()}
)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(requests, st.booleans())
def test_a_plain_request_is_what_parsing_by_hand_makes_of_it(document, ascii_only):
    body = json.dumps(document, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")

    def outcome():
        try:
            return request.parse(body, None)
        except servicekit.ServiceError as refusal:
            return refusal.message

    with pytest.MonkeyPatch.context() as patch:
        found = outcome()
        patch.setattr(request, "_plain", lambda _: None)
        assert outcome() == found
