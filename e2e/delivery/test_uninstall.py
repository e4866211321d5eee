"""Root is deleted: its Applications and all that they made go, in the opposite order."""

from e2e.delivery.argo import Argo
from e2e.kubernetes import Namespace, wait
from e2e.release import Release

WAVES = [
    {"umbrella-staging", "umbrella-production"},
    {"prometheus", "grafana"},
    {"rules", "dashboards"},
]
"""In the order in which they go."""


def test_all_of_it_goes_in_order(argo: Argo, staging: Release) -> None:
    there = set(argo.applications()) - {"root"}
    assert there <= set().union(*WAVES)
    seen: list[set[str]] = []
    argo.kubectl("delete", "application", "root", "--wait=false")

    def gone() -> bool:
        left = set(argo.applications())
        if not seen or seen[-1] != left:
            seen.append(left)
        return not left

    wait("all Applications are gone", gone, seconds=240)
    for left in seen:
        began = [wave for wave in WAVES if (wave & there) - left]
        for wave in WAVES[: max(0, len(began) - 1)]:
            assert not wave & left, f"{wave & left} was still there when a later one went: {seen}"
    for namespace in ("punchline-staging", "punchline-production", "prometheus", "grafana"):
        left = Namespace(namespace).get("deployments,services,configmaps,networkpolicies")
        assert {each["metadata"]["name"] for each in left} <= {"kube-root-ca.crt"}
    argo.kubectl("delete", "appproject", "root", "--timeout=60s")
    wait("its projects are gone", lambda: {each["metadata"]["name"] for each in argo.get("appprojects")} == {"default"})
