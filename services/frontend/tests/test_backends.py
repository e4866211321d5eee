"""What frontend makes of its backends when they keep to its contracts and give nothing beyond them."""

from pathlib import Path

import httpx
import pytest
from contracts import stand_in
from frontend.app import create_app
from frontend.settings import Settings

CONTRACTS = Path(__file__).parents[1] / "contracts"


def joker(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"id": "0", "text": "Ha.", "language": "en", "category": "neutral", "stars": 5})


def model(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/v1/card":
        return httpx.Response(200, json={"languages": ["de", "en"], "name": "joke-language"})
    outputs = {"language": ["en"], "probabilities": [0.25, 0.75], "abstained": [False]}
    tensors = [{"name": name, "data": data, "datatype": "-"} for name, data in outputs.items()]
    return httpx.Response(200, json={"model_version": "1", "model_name": "joke-language", "outputs": tensors})


@pytest.fixture
def app():
    return create_app(
        Settings(),
        joker_transport=stand_in(CONTRACTS / "joker.json", joker),
        model_transport=stand_in(CONTRACTS / "model.json", model),
    )


@pytest.mark.anyio
async def test_what_is_pinned_is_enough(app):
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://here") as visitor,
    ):
        both = (await visitor.get("/api/joke")).json()
        assert (both["degraded"], both["joke"]["text"], both["prediction"]["language"]) == (False, "Ha.", "en")
        assert both["prediction"]["probabilities"] == {"de": 0.25, "en": 0.75}
        assert (await visitor.post("/api/classify", json={"text": "Why?"})).json()["language"] == "en"
        assert (await visitor.get("/")).status_code == 200
        assert (await visitor.post("/classify", data={"text": "Why?"})).status_code == 200
