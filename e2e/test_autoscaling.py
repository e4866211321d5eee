"""Load on model: its HorizontalPodAutoscaler adds pods and takes them away again, and nothing is lost."""

from dataclasses import replace

import httpx
import pytest

from e2e.conftest import During
from e2e.kubernetes import wait
from e2e.release import Release, Values
from e2e.traffic import Traffic

AUTOSCALED: Values = {
    "model": {
        "resources": {"requests": {"cpu": "50m"}},
        "autoscaling": {"enabled": True, "minReplicas": 1, "maxReplicas": 3, "scaleDownSeconds": 5},
    }
}


TEXTS = 1000
"""In a request: one text alone is so little work that two cores could not send enough of them."""


def wrong_languages(response: httpx.Response) -> str | None:
    """All texts are German."""
    if response.status_code != 200:
        return f"status {response.status_code}: {response.text[:200]}"
    (output,) = response.json()["outputs"]
    return None if output["data"] == ["de"] * TEXTS else f"not German: {output}"


@pytest.mark.timeout(420)
def test_model_grows_with_its_load_and_shrinks_again(release: Release, during: During) -> None:
    release.settle(AUTOSCALED)
    assert release.get("horizontalpodautoscaler", "model")["spec"]["maxReplicas"] == 3
    little = [replace(stream, rate=2.0) for stream in release.around("model")]
    tensor = {"name": "text", "shape": [TEXTS], "datatype": "BYTES", "data": ["Warum trinken Bären Bier?"] * TEXTS}
    batch = {"inputs": [tensor], "outputs": [{"name": "language"}]}
    much = [replace(stream, json=batch, wrong=wrong_languages, rate=10.0) for stream in release.streams("model")]
    with during("model from 1 to 3 pods and back, by load", little):
        with Traffic(*much) as traffic:
            wait("model has 3 pods", lambda: len(release.ready("model")) == 3, seconds=180)
        assert traffic.lost == []
        wait("model has 1 pod", lambda: len(release.pods("model")) == 1, seconds=180)
    release.settle()  # without the autoscaler, which would have its say on the replicas of the next test
