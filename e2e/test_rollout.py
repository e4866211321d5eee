"""A new image of each service in turn, under traffic: nothing is lost, and afterwards all pods are new."""

import pytest

from e2e.conftest import During
from e2e.release import SERVICES, Release, Values


@pytest.mark.timeout(400)
@pytest.mark.parametrize("replicas", [1, 2])
def test_a_rolling_update_loses_nothing(release: Release, during: During, replicas: int) -> None:
    values: Values = {service: {"replicas": replicas} for service in SERVICES}
    release.settle(values)
    for service in SERVICES:
        old = set(release.ready(service))
        values[service]["image"] = {"tag": "next"}
        streams = release.around(service)
        with during(f"rolling update of {service}, {replicas} of each", streams):
            release.upgrade(values)
            release.wait_settled()
        new = release.ready(service)
        assert len(new) == replicas
        assert not old & set(new)
        for pod in new:
            assert release.environment(pod)["REVISION"] == "next"
