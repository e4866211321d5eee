"""The protocol in process, around a model of texts and around one of numbers."""

import asyncio
import gzip
import json
import struct
import threading
import zlib

import httpx
import openinference
import pytest
import servicekit
from hypothesis import given, settings
from hypothesis import strategies as st
from openinference import Tensor, inference
from openinference.request import Parser

URL = "/v2/models/joke-language/infer"
SUMS = "/v2/models/sums/infer"


class Texts:
    name, version, platform, summary = "joke-language", "1", "python", "Which language is each text in?"
    inputs = (Tensor("text", "BYTES"),)
    outputs = (
        Tensor("language", "BYTES"),
        Tensor("probabilities", "FP32", (-1, 13)),
        Tensor("abstained", "BOOL"),
        Tensor("evidence", "BYTES", default=False, slow=True),
    )

    def predict(self, inputs):
        return inputs["text"]

    def output(self, name, texts):
        if name == "language":
            return [text[:1] and "l0" for text in texts]
        if name == "probabilities":
            return ([1.0] + [0.0] * 12) * len(texts)
        return [not text for text in texts] if name == "abstained" else [text[:3] for text in texts]

    def observe(self, texts):
        pass


class Sums:
    """100% sums: a sign of Python's formatting must not matter in a name."""

    name, version, platform, summary = "sums", "100%", "python", "What are the sums?"
    inputs = (Tensor("numbers", "FP32", (-1, 3)), Tensor("times", "INT64"))
    outputs = (Tensor("sum", "FP64"),)

    def __init__(self):
        self.observed = []

    def predict(self, inputs):
        rows, times = inputs["numbers"], inputs["times"]
        return [sum(rows[3 * i : 3 * i + 3]) * times[i] for i in range(len(times))]

    def output(self, name, sums):
        return sums

    def observe(self, sums):
        self.observed += sums


def serving(runtime, how):
    app = servicekit.create_app("servicekit", servicekit.ServiceSettings(), summary="")
    if how == "direct":
        openinference.install(app, runtime, 1 << 20)
    else:
        app.include_router(openinference.router(runtime, 1 << 20))
    return app


@pytest.fixture(scope="module", params=["direct", "fastapi"])
def app(request):
    return serving(Texts(), request.param)


@pytest.fixture(params=["direct", "fastapi"])
def sums(request):
    return serving(Sums(), request.param)


def call(app, method, url, body=b"", headers=None):
    async def run():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
            return await client.request(method, url, content=body, headers=headers or {})

    return asyncio.run(run())


def asking(data=("ein", ""), **more):
    tensor = {"name": "text", "datatype": "BYTES", "shape": [len(data)], "data": list(data)} | more.pop("tensor", {})
    return json.dumps({"inputs": [tensor]} | more).encode()


class Slow(Texts):
    """Counts how many are at work in it, and holds them until it is told."""

    def __init__(self):
        self.at_work, self.most, self.go_on = 0, 0, threading.Event()

    def predict(self, inputs):
        self.at_work += 1
        self.most = max(self.most, self.at_work)
        self.go_on.wait(10)
        self.at_work -= 1
        return inputs["text"]


@pytest.mark.parametrize("count", [4, 100])
def test_large_requests_are_worked_on_one_at_a_time_and_few_wait(count):
    runtime = Slow()
    app = serving(runtime, "direct")

    async def pieces(body):
        yield body

    async def run():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://t", timeout=30) as client:
            asked = [
                ({"content-encoding": "gzip"}, gzip.compress(asking()))
                if number % 2
                else ({}, pieces(asking(["a" * 20_000])))
                for number in range(count)
            ]
            tasks = [asyncio.create_task(client.post(URL, content=body, headers=headers)) for headers, body in asked]
            while sum(task.done() for task in tasks) < count - 1 - inference.MAX_WAITING:
                await asyncio.sleep(0.01)
            runtime.go_on.set()
            return await asyncio.gather(*tasks)

    answers = asyncio.run(run())
    assert runtime.most == 1
    refused = [answer for answer in answers if answer.status_code == 503]
    assert len(refused) == max(0, count - 1 - inference.MAX_WAITING)
    assert all(answer.json()["code"] == "overloaded" and answer.headers["retry-after"] for answer in refused)
    assert {answer.status_code for answer in answers} <= {200, 503}


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
            return Parser(Texts()).parse(body, None)
        except servicekit.ServiceError as refusal:
            return refusal.message

    with pytest.MonkeyPatch.context() as patch:
        found = outcome()
        patch.setattr(Parser, "_plain", lambda *_: None)
        assert outcome() == found


def summing(numbers=(1, 2.5, 3, 4, 5, 6), times=(1, 2), **more):
    tensors = [
        {"name": "numbers", "datatype": "FP32", "shape": [len(times), 3], "data": list(numbers)},
        {"name": "times", "datatype": "INT64", "shape": [len(times)], "data": list(times)},
    ]
    for i, changes in more.pop("tensors", {}).items():
        tensors[i] |= changes
    return json.dumps({"inputs": tensors} | more).encode()


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("order", [1, -1])
def test_several_tensors_of_numbers(sums, nested, order):
    document = json.loads(summing())
    if nested:
        document["inputs"][0]["data"] = [[1, 2.5, 3], [4, 5, 6]]
    document["inputs"] = document["inputs"][::order]
    answer = call(sums, "POST", SUMS, json.dumps(document).encode())
    assert answer.status_code == 200, answer.text
    assert answer.json()["outputs"] == [{"name": "sum", "datatype": "FP64", "shape": [2], "data": [6.5, 30.0]}]
    assert answer.json()["model_version"] == "100%"


def test_several_binary_tensors(sums):
    floats, integers = struct.pack("<6f", 1, 2.5, 3, 4, 5, 6), struct.pack("<2q", 1, 2)
    tensors = {
        0: {"data": None, "parameters": {"binary_data_size": len(floats)}},
        1: {"data": None, "parameters": {"binary_data_size": len(integers)}},
    }
    head = summing(tensors=tensors, outputs=[{"name": "sum", "parameters": {"binary_data": True}}])
    headers = {"inference-header-content-length": str(len(head))}
    answer = call(sums, "POST", SUMS, head + floats + integers, headers)
    assert answer.status_code == 200, answer.text
    assert struct.unpack("<2d", answer.content[int(answer.headers["inference-header-content-length"]) :]) == (6.5, 30.0)
    for wrong in (head + floats + integers[1:], head + floats, head + floats + integers + b"0"):
        assert call(sums, "POST", SUMS, wrong, headers).status_code == 400
    nan = struct.pack("<6f", *[float("nan")] * 6)
    assert "finite" in call(sums, "POST", SUMS, head + nan + integers, headers).json()["error"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (summing([1, 2, 3], [1, 2]), "body.inputs.0.data"),
        (summing([1, 2, "3"], [1]), "body.inputs.0.data.2"),
        (summing([1, 2, True], [1]), "body.inputs.0.data.2"),
        (summing([1, 2, 1e39], [1]), "body.inputs.0.data.2"),
        (summing([1, 2, 3], [1.5]), "body.inputs.1.data.0"),
        (summing([1, 2, 3], [2**63]), "body.inputs.1.data.0"),
        (summing(tensors={0: {"shape": [2, 4]}}), "body.inputs.0.shape"),
        (summing(tensors={1: {"shape": [1], "data": [1]}}), "body.inputs.1.shape"),
        (summing(tensors={1: {"name": "numbers"}}), "body.inputs.1.name"),
        (summing(inputs=json.loads(summing())["inputs"][:1]), "body.inputs"),
        (summing(tensors={0: {"parameters": {"content_type": "str"}}}), "body.inputs.0.parameters.content_type"),
    ],
)
def test_refusals_of_numbers_name_the_field(sums, body, field):
    answer = call(sums, "POST", SUMS, body)
    assert (answer.status_code, answer.json()["fields"][0]["field"]) == (400, field)


def test_what_is_answered_is_observed():
    runtime = Sums()
    call(serving(runtime, "direct"), "POST", SUMS, summing())
    assert runtime.observed == [6.5, 30.0]


def test_metadata_and_document_have_the_tensors(sums):
    metadata = call(sums, "GET", "/v2/models/sums").json()
    assert [(each["name"], each["shape"]) for each in metadata["inputs"]] == [("numbers", [-1, 3]), ("times", [-1])]
    path = "/v2/models/{name}/infer"
    body = sums.openapi()["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    tensor = body["properties"]["inputs"]["items"]["properties"]
    assert tensor["datatype"]["enum"] == ["FP32", "INT64"]
    assert "numbers: [n, 3]; times: [n] or [n, 1]" in tensor["shape"]["description"]
