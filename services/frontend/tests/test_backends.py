"""What frontend makes of its backends when they keep to its contracts and give nothing beyond them."""

import json
from pathlib import Path

import httpx
import pytest
from contracts import stand_in
from frontend.app import create_app
from frontend.settings import Settings

CONTRACTS = Path(__file__).parents[1] / "contracts"


JOKE = {"id": "0123456789ab", "text": "Ha.", "language": "en", "category": "neutral", "stars": 5}
METRICS = {
    "texts": 10,
    "accuracy": 0.9,
    "majority_baseline": 0.5,
    "macro_f1": 0.9,
    "coverage": 1.0,
    "accuracy_when_answering": 0.9,
    "recall": {"de": 0.9, "en": 0.9},
    "support": {"de": 5, "en": 5},
    "calibration": [{"texts": 10, "confidence": 0.9, "accuracy": 0.9}],
    "confusion": {"de": {"de": 0.9, "en": 0.1}, "en": {"de": 0.1, "en": 0.9}},
}
CARD = {
    "name": "joke-language",
    "version": "1",
    "languages": ["de", "en"],
    "thresholds": {"letters": 3, "known": 0.6, "confidence": 0.6},
    "metrics": dict.fromkeys(["by_group_folds", "held_out", "untouched"], METRICS),
    "data": {"source": "pyjokes", "jokes": 10, "groups": 9, "sha256": "-"},
    "versions": {"numpy": "2"},
    "limits": ["It knows two languages."],
    "held_out": [],
}


def joker(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=JOKE)


def model(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/v1/card":
        return httpx.Response(200, json=CARD)
    values = {
        "language": ["en"],
        "probabilities": [0.25, 0.75],
        "abstained": [False],
        "evidence": ['[["ha", 0.5]]'],
    }
    wanted = [output["name"] for output in json.loads(request.content)["outputs"]]
    tensors = [{"name": name, "data": values[name], "datatype": "-"} for name in wanted]
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
        for path in (
            "/",
            "/?language=de",
            "/jokes/0123456789ab",
            "/try",
            "/model",
            "/hood",
        ):
            assert (await visitor.get(path)).status_code == 200, path
        guessed = await visitor.post("/guess", data={"joke": JOKE["id"], "guess": "en"}, follow_redirects=True)
        assert guessed.status_code == 200
        assert (await visitor.post("/try", data={"text": "Why?"})).status_code == 200
