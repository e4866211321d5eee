"""Live accuracy: the frontend knows the language of a joke, the model's card which jokes it was not trained on."""

import json

import httpx
import pytest
from frontend.app import create_app
from frontend.settings import Settings
from prometheus_client import REGISTRY

pytestmark = pytest.mark.anyio

ROWS = {"de": [0.9, 0.1], "en": [0.1, 0.9], "": [0.5, 0.5]}


async def counted(answered: str, held_out: list[str] | None) -> dict[tuple[str, str], float]:
    """What one visit adds, to a German joke whose id is `mine`."""

    def joker(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"id": "mine", "text": "Ein Witz.", "language": "de", "category": "neutral"})

    def model(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/card":
            card = {"languages": ["de", "en"], "held_out": held_out}
            return httpx.Response(404) if held_out is None else httpx.Response(200, json=card)
        data = {"language": [answered], "abstained": [answered == ""], "probabilities": ROWS[answered]}
        if held_out is None:
            data["probabilities"] = [*ROWS[answered], *[0.0] * 11]
        return httpx.Response(200, text=json.dumps({"outputs": [{"name": k, "data": v} for k, v in data.items()]}))

    def now() -> dict[tuple[str, str], float]:
        (family,) = [family for family in REGISTRY.collect() if family.name == "judged_predictions"]
        return {(s.labels["training"], s.labels["result"]): s.value for s in family.samples}

    app = create_app(Settings(), joker_transport=httpx.MockTransport(joker), model_transport=httpx.MockTransport(model))
    before = now()
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://frontend") as client,
    ):
        assert (await client.get("/api/joke")).json()["degraded"] is False
    return {key: value - before[key] for key, value in now().items() if value != before[key]}


@pytest.mark.parametrize(
    ("answered", "held_out", "expected"),
    [
        ("de", [], ("seen", "right")),
        ("en", [], ("seen", "wrong")),
        ("", [], ("seen", "abstained")),
        ("de", ["mine"], ("unseen", "right")),
        ("en", ["mine"], ("unseen", "wrong")),
        ("", ["mine"], ("unseen", "abstained")),
        ("", None, ("unknown", "abstained")),
    ],
)
async def test_a_prediction_is_counted_as(answered, held_out, expected):
    assert await counted(answered, held_out) == {expected: 1}


async def test_every_series_is_there_from_the_start():
    assert await counted("de", ["mine"]) == {("unseen", "right"): 1}
    (family,) = [family for family in REGISTRY.collect() if family.name == "judged_predictions"]
    assert len([s for s in family.samples if s.name == "judged_predictions_total"]) == 9
