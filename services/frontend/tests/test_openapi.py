import json
from pathlib import Path

import httpx
import pytest
import schemathesis
from frontend.app import create_app
from frontend.settings import Settings
from hypothesis import settings

DOCUMENT = Path(__file__).parents[1] / "openapi.json"


def joker(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"id": "0", "text": "Ha.", "language": "en", "category": "neutral"})


def model(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/v1/card":
        return httpx.Response(200, json={"languages": ["de", "en"]})
    outputs = {"language": ["en"], "probabilities": [0.25, 0.75], "abstained": [False]}
    return httpx.Response(200, json={"outputs": [{"name": name, "data": data} for name, data in outputs.items()]})


app = create_app(Settings(), joker_transport=httpx.MockTransport(joker), model_transport=httpx.MockTransport(model))
schema = schemathesis.openapi.from_asgi("/openapi.json", app)


@schema.parametrize()
@settings(max_examples=25, deadline=None, derandomize=True)
def test_answers_conform_to_the_document(case: schemathesis.Case) -> None:
    case.call_and_validate()


def test_the_document_in_the_repository_is_the_one_served() -> None:
    document = json.dumps(app.openapi(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    assert DOCUMENT.read_text(encoding="utf-8") == document, "make openapi rewrites it"


@pytest.mark.parametrize("path", ["/api/joke", "/api/classify"])
def test_the_document_has_the_api(path: str) -> None:
    assert path in app.openapi()["paths"]
