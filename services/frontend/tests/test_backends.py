"""What frontend makes of its backends when they keep to its contracts and give nothing beyond them."""

from pathlib import Path

import httpx
import pytest
from contracts import stand_in

from services.frontend.tests import backends
from services.frontend.tests.backends import CARD, CODES, JOKE, visiting

CONTRACTS = Path(__file__).parents[1] / "contracts"


@pytest.mark.anyio
async def test_what_is_pinned_is_enough():
    joker = stand_in(CONTRACTS / "joker.json", backends.joker)
    model = stand_in(CONTRACTS / "model.json", backends.model)
    async with visiting(joker.handler, model.handler) as visitor:
        both = (await visitor.get("/api/joke")).json()
        assert (both["degraded"], both["joke"]["text"], both["prediction"]["language"]) == (False, JOKE["text"], "de")
        assert set(both["prediction"]["probabilities"]) == set(CODES)
        assert (await visitor.post("/api/classify", json={"text": "Why?"})).json()["language"] == "de"
        for path in (
            "/",
            "/?language=de",
            f"/jokes/{JOKE['id']}",
            "/try",
            "/model",
            "/hood",
        ):
            assert (await visitor.get(path)).status_code == 200, path
        guessed = await visitor.post("/guess", data={"joke": JOKE["id"], "guess": "en"}, follow_redirects=True)
        assert guessed.status_code == 200
        assert (await visitor.post("/try", data={"text": "Why?"})).status_code == 200


@pytest.mark.anyio
async def test_a_joke_newer_than_the_model_was_never_seen_by_it():
    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/card":
            return httpx.Response(200, json={**CARD, "held_out": [], "folds": {"another": 0}})
        return backends.model(request)

    model = stand_in(CONTRACTS / "model.json", respond)
    async with visiting(model=model.handler) as visitor:
        page = await visitor.post("/guess", data={"joke": JOKE["id"], "guess": "de"}, follow_redirects=True)
    assert "never saw this joke" in page.text
