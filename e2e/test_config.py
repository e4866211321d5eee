"""Settings and secrets arrive in the process, roll the pods when they change, and secrets show nowhere."""

import base64
from collections.abc import Iterator

import pytest

from e2e.conftest import During
from e2e.kubernetes import run
from e2e.release import CHART, Release, Values

USES_SECRET: Values = {
    "joker": {
        "config": {"LOG_LEVEL": "debug"},
        "existingSecret": "joker",
        "env": [{"name": "ONE_KEY", "valueFrom": {"secretKeyRef": {"name": "joker", "key": "API_KEY"}}}],
    }
}


@pytest.fixture(autouse=True)
def no_secret_stays(release: Release) -> Iterator[None]:
    yield
    release.kubectl("delete", "secret", "joker")


def put_secret(release: Release, value: str) -> None:
    secret = {"API_KEY": base64.b64encode(value.encode()).decode()}
    release.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "joker"}, "data": secret})


@pytest.mark.timeout(240)
def test_a_secret_arrives_rolls_and_shows_nowhere(release: Release, during: During) -> None:
    put_secret(release, "first-of-them")
    release.settle(USES_SECRET)
    (old,) = release.ready("joker")
    environment = release.environment(old)
    assert environment["LOG_LEVEL"] == "debug"
    assert environment["API_KEY"] == environment["ONE_KEY"] == "first-of-them"

    put_secret(release, "second-of-them")
    with during("a secret of joker changes", release.around("joker")):
        release.upgrade(USES_SECRET)
        release.wait_settled()
    (new,) = release.ready("joker")
    assert new != old
    assert release.environment(new)["API_KEY"] == "second-of-them"

    shown = [
        release.helm("get", "values", "punchline", "--all"),
        release.helm("get", "manifest", "punchline"),
        run("helm", "template", "punchline", str(CHART), "--namespace", release.name),
        release.kubectl("logs", new),
        release.kubectl("describe", "pod", new),
        release.kubectl("describe", "secret", "joker"),
    ]
    for text in shown:
        assert "of-them" not in text
        assert base64.b64encode(b"second-of-them").decode() not in text


@pytest.mark.timeout(240)
def test_nothing_rolls_when_nothing_changed(release: Release) -> None:
    put_secret(release, "same")
    release.settle(USES_SECRET)
    pods = release.ready("joker")
    release.settle(USES_SECRET)
    assert release.ready("joker") == pods
