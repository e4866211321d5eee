"""Clients nobody here wrote, with their defaults, against a real server and the trained artefact."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import tritonclient.http as triton
from open_inference.openapi.client import InferenceRequest, OpenInferenceClient
from servicekit import testing

TEXT = "Warum ist das so? Der Programmierer wartet."
MODEL = "joke-language"


@pytest.fixture(scope="module")
def url(artefact_dir: Path) -> Iterator[str]:
    with testing.running("model", ARTEFACT_DIR=str(artefact_dir)) as process:
        yield process.url


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    with triton.InferenceServerClient(url.removeprefix("http://")) as client:
        yield client


def text_tensor(rows: int = 1, *, binary: bool = True) -> Any:
    tensor = triton.InferInput("text", [rows], "BYTES")
    tensor.set_data_from_numpy(np.array([TEXT.encode()] * rows, dtype=object), binary_data=binary)
    return tensor


@pytest.mark.parametrize("rows", [1, 100])
@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("coding", [None, "gzip", "deflate"])
def test_triton_infers(client: Any, coding: str | None, binary: bool, rows: int) -> None:
    outputs = None if binary else [triton.InferRequestedOutput("language", binary_data=False)]
    answer = client.infer(
        MODEL,
        [text_tensor(rows, binary=binary)],
        outputs=outputs,
        request_compression_algorithm=coding,
        response_compression_algorithm=coding,
    )
    assert answer.as_numpy("language").tolist() == [b"de" if binary else "de"] * rows


def test_triton_describes(client: Any, card: dict[str, Any]) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready(MODEL)
    assert client.is_model_ready(MODEL, card["version"])
    server = client.get_server_metadata()
    assert server["name"] == "model"
    assert "binary_tensor_data" in server["extensions"]
    model = client.get_model_metadata(MODEL)
    assert (model["name"], model["versions"]) == (MODEL, [card["version"]])
    assert model["inputs"] == [{"name": "text", "datatype": "BYTES", "shape": [-1]}]
    (entry,) = client.get_model_repository_index()
    assert (entry["name"], entry["version"], entry["state"]) == (MODEL, card["version"], "READY")


def test_triton_is_told_why_not(client: Any) -> None:
    with pytest.raises(triton.InferenceServerException, match="No model is named"):
        client.infer("nope", [text_tensor()])


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_long_answers_are_compressed_and_short_ones_are_not(url: str, coding: str) -> None:
    def ask(rows: int) -> tuple[httpx.Response, int]:
        tensor = {"name": "text", "shape": [rows], "datatype": "BYTES", "data": [TEXT] * rows}
        body = {"inputs": [tensor], "outputs": [{"name": "language"}]}
        headers = {"accept-encoding": coding}
        with http.stream("POST", f"{url}/v2/models/{MODEL}/infer", json=body, headers=headers) as answer:
            answer.read()
            return answer, answer.num_bytes_downloaded

    with httpx.Client(trust_env=False) as http:
        answer, sent = ask(200)
        assert answer.headers["content-encoding"] == coding
        assert sent < 512 < len(answer.content)
        assert answer.json()["outputs"][0]["data"] == ["de"] * 200
        assert "content-encoding" not in ask(1)[0].headers


def test_open_inference_openapi(url: str) -> None:
    with httpx.Client(trust_env=False) as http:
        client = OpenInferenceClient(base_url=url, httpx_client=http)
        client.check_server_readiness()
        tensor = {"name": "text", "shape": [1], "datatype": "BYTES", "data": [TEXT]}
        answer = client.model_infer(MODEL, request=InferenceRequest(inputs=[tensor]))
    assert answer.outputs[0].data.__root__ == ["de"]
