"""The whole app with the trained artefact: card, metrics, health, metadata."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from model.app import create_app
from model.classifier import Classifier, Predictions
from model.settings import Settings
from prometheus_client.parser import text_string_to_metric_families
from servicekit import testing

pytestmark = pytest.mark.anyio

MODEL = "/v2/models/joke-language"
GERMAN = "Warum ist das so? Der Programmierer wartet."
ENGLISH = "Why is that so? The programmer is waiting for an answer."


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def model(classifier: Classifier) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Settings(), classifier)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://model") as client,
    ):
        yield client


def asking(texts: list[str], *outputs: str) -> dict[str, Any]:
    tensor = {"name": "text", "datatype": "BYTES", "shape": [len(texts)], "data": texts}
    return {"inputs": [tensor], "outputs": [{"name": name} for name in outputs]}


async def samples(model: httpx.AsyncClient) -> dict[tuple[str, str], float]:
    """Values by name and language."""
    text = (await model.get("/metrics")).text
    families = text_string_to_metric_families(text)
    return {(s.name, s.labels.get("language", "")): s.value for family in families for s in family.samples}


async def test_the_card_is_the_artefacts(model: httpx.AsyncClient, card: dict[str, Any]) -> None:
    served = (await model.get("/v1/card")).json()
    assert served == card
    assert served["limits"]
    assert set(served["metrics"]) == {"by_group_folds", "held_out", "untouched", "foreign"}


async def test_metrics_move_by_what_was_asked(model: httpx.AsyncClient) -> None:
    texts = [GERMAN, GERMAN, ENGLISH, "", "1234"]
    before = await samples(model)
    answer = (await model.post(f"{MODEL}/infer", json=asking(texts))).json()
    after = await samples(model)

    def moved(name: str, language: str = "") -> float:
        return after.get((name, language), 0) - before.get((name, language), 0)

    languages, probabilities, abstained = (output["data"] for output in answer["outputs"])
    assert languages == ["de", "de", "en", "", ""]
    assert abstained == [False, False, False, True, True]
    assert moved("predictions_total", "de") == 2
    assert moved("predictions_total", "en") == 1
    assert moved("predictions_total", "fr") == 0
    assert moved("abstentions_total") == 2
    assert moved("prediction_confidence_count") == len(texts)
    best = sum(max(probabilities[i : i + 13]) for i in range(0, len(probabilities), 13))
    assert moved("prediction_confidence_sum") == pytest.approx(best)


async def test_a_refused_request_moves_no_metric(model: httpx.AsyncClient) -> None:
    names = ("predictions_total", "abstentions_total", "prediction_confidence_count")
    before = await samples(model)
    assert (await model.post(f"{MODEL}/infer", json=asking([]))).status_code == 400
    after = await samples(model)
    assert {k: v for k, v in after.items() if k[0] in names} == {k: v for k, v in before.items() if k[0] in names}


async def test_health(model: httpx.AsyncClient, card: dict[str, Any]) -> None:
    for url, body in {
        "/v2/health/live": {"live": True},
        "/v2/health/ready": {"name": "model", "ready": True},
        f"{MODEL}/ready": {"name": "joke-language", "ready": True},
        f"{MODEL}/versions/{card['version']}/ready": {"name": "joke-language", "ready": True},
    }.items():
        answer = await model.get(url)
        assert (answer.status_code, answer.json()) == (200, body), url
    assert (await model.get("/v2/models/nope/ready")).status_code == 404
    assert (await model.get(f"{MODEL}/versions/nope/ready")).status_code == 404


async def test_a_service_that_has_not_started_is_live_but_not_ready(classifier: Classifier) -> None:
    app = create_app(Settings(), classifier)  # its lifespan is not entered
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://model") as model:
        assert (await model.get("/v2/health/live")).status_code == 200
        for url in ("/v2/health/ready", f"{MODEL}/ready"):
            answer = await model.get(url)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
            assert answer.json()["code"] == "not_ready"
        (entry,) = (await model.post("/v2/repository/index")).json()
        assert entry["state"] == "UNAVAILABLE"
        assert entry["reason"]


async def test_metadata(model: httpx.AsyncClient, card: dict[str, Any]) -> None:
    server = (await model.get("/v2")).json()
    assert set(server) == {"name", "version", "extensions"}
    assert (server["name"], server["extensions"]) == ("model", ["binary_tensor_data", "model_repository"])
    described = (await model.get(MODEL)).json()
    assert set(described) == {"name", "versions", "platform", "inputs", "outputs"}
    assert (described["name"], described["versions"]) == ("joke-language", [card["version"]])
    assert described["inputs"] == [{"name": "text", "datatype": "BYTES", "shape": [-1]}]
    assert [(o["name"], o["datatype"], o["shape"]) for o in described["outputs"]] == [
        ("language", "BYTES", [-1]),
        ("probabilities", "FP32", [-1, 13]),
        ("abstained", "BOOL", [-1]),
        ("evidence", "BYTES", [-1]),
    ]
    index = (await model.post("/v2/repository/index")).json()
    assert index == [{"name": "joke-language", "version": card["version"], "state": "READY", "reason": ""}]


async def test_evidence_speaks_for_the_language(model: httpx.AsyncClient) -> None:
    answer = await model.post(f"{MODEL}/infer", json=asking([GERMAN, ""], "evidence"))
    evidence, none = map(json.loads, answer.json()["outputs"][0]["data"])
    assert 0 < len(evidence) <= 10
    assert all(weight > 0 for _, weight in evidence)
    assert none == []


async def test_many_short_texts_leave_the_event_loop_alone(
    model: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []
    predict = Classifier.predict

    def noting(self: Classifier, texts: Sequence[str]) -> Predictions:
        threads.append(threading.get_ident())
        return predict(self, texts)

    monkeypatch.setattr(Classifier, "predict", noting)
    for texts in (["a"] * 1024, ["a"]):
        assert (await model.post(f"{MODEL}/infer", json=asking(texts, "evidence"))).status_code == 200
    many, one = threads
    assert many != threading.get_ident()
    assert one == threading.get_ident()


async def test_probes_are_answered_while_texts_are_judged(artefact_dir: Path) -> None:
    with testing.running("model", ARTEFACT_DIR=str(artefact_dir)) as process:
        async with httpx.AsyncClient(base_url=process.url, trust_env=False, timeout=60) as model:
            body = asking([ENGLISH * 15] * 1024, "language", "evidence")
            judged = asyncio.create_task(model.post(f"{MODEL}/infer", json=body))
            answered_meanwhile = 0
            while not judged.done():
                assert (await model.get("/livez")).status_code == 200
                answered_meanwhile += not judged.done()
            assert (await judged).status_code == 200
        # The first may have been answered before the work began; on the event loop no other would be.
        assert answered_meanwhile >= 3
