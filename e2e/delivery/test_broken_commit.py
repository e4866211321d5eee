"""A commit that cannot be deployed: Argo CD says why, what runs runs on, and the next good commit heals it."""

from e2e.conftest import During
from e2e.delivery.argo import Argo
from e2e.delivery.conftest import STAGING, staging_values
from e2e.delivery.origin import Origin
from e2e.release import SERVICES, Release


def test_a_misspelt_value(argo: Argo, origin: Origin, staging: Release, during: During) -> None:
    pods = {service: staging.ready(service) for service in SERVICES}
    with during("commit with a misspelt value", staging.through_frontend()):
        broken = origin.commit("two of model", {STAGING: staging_values(model={"replcas": 2})})
        message = argo.wait_condition("umbrella-staging", "ComparisonError", "replcas")
        assert "model" in message
        sync, _, _ = argo.state("umbrella-staging")
        assert sync == "Unknown"
        argo.wait_compared_again("umbrella-staging")
        assert {service: staging.ready(service) for service in SERVICES} == pods

        good = origin.revert(broken)
        argo.wait_synced("umbrella-staging", good)
        assert "ComparisonError" not in argo.conditions("umbrella-staging")
        assert {service: staging.ready(service) for service in SERVICES} == pods
