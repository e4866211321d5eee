"""Clients nobody here wrote, with their defaults, against a real server and the trained artefact."""

import threading
import time

import httpx
import numpy as np
import pytest
import tritonclient.http as triton
import uvicorn
from model.app import create_app
from model.settings import Settings
from open_inference.openapi.client import InferenceRequest, OpenInferenceClient

TEXT = "Warum ist das so? Der Programmierer wartet."


@pytest.fixture(scope="module")
def address():
    server = uvicorn.Server(uvicorn.Config(create_app(Settings()), port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("coding", [None, "gzip", "deflate"])
def test_triton(address, binary, coding):
    client = triton.InferenceServerClient(address)
    tensor = triton.InferInput("text", [1], "BYTES")
    tensor.set_data_from_numpy(np.array([TEXT.encode()], dtype=object), binary_data=binary)
    outputs = None if binary else [triton.InferRequestedOutput("language", binary_data=False)]
    compression = {"request_compression_algorithm": coding, "response_compression_algorithm": coding}
    found = client.infer("joke-language", [tensor], outputs=outputs, **compression).as_numpy("language")
    assert found.tolist() == [b"de" if binary else "de"]
    assert client.is_model_ready("joke-language")
    with pytest.raises(triton.InferenceServerException, match="No model is named"):
        client.infer("nope", [tensor])
    client.close()


def test_open_inference_openapi(address):
    with httpx.Client() as http:
        client = OpenInferenceClient(base_url=f"http://{address}", httpx_client=http)
        check(client)


def check(client):
    client.check_server_readiness()
    tensor = {"name": "text", "shape": [1], "datatype": "BYTES", "data": [TEXT]}
    answer = client.model_infer("joke-language", request=InferenceRequest(inputs=[tensor]))
    assert answer.outputs[0].data.__root__ == ["de"]
