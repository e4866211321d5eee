"""An origin, the real Argo CD with argocd/root.yaml applied, and staging as it came up."""

from collections.abc import Iterator

import pytest
import yaml

from e2e.delivery.argo import STAND_INS, Argo, patch_config, read_root
from e2e.delivery.origin import Origin
from e2e.kubernetes import run
from e2e.release import BASELINE, SERVICES, Release, Values

STAGING = "argocd/environments/staging.yaml"
PRODUCTION = "argocd/environments/production.yaml"


def staging_values(shared: Values | None = None, **values: Values) -> str:
    """What staging has in these tests, in its file: node ports to be reached at, a setting, small requests."""
    settings: Values = {"joker": {"config": {"LOG_LEVEL": "info"}}}
    layers = {service: {**BASELINE[service], **settings.get(service, {})} for service in SERVICES}
    for service, own in values.items():
        layers[service] = {**layers[service], **own}
    return str(yaml.safe_dump({"global": {**BASELINE["global"], **(shared or {})}, **layers}))


def production_values(**values: Values) -> str:
    """What production has: no node ports, small requests."""
    small = {"resources": BASELINE["joker"]["resources"]}
    layers = {service: {**small, **values.get(service, {})} for service in SERVICES}
    return str(yaml.safe_dump({"global": BASELINE["global"], **layers}))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # The whole way leaves images from a registry behind, and then all is taken down: these come last.
    last = ("", "test_commit_to_pod", "test_uninstall")
    items.sort(key=lambda item: max(place for place, name in enumerate(last) if name in item.nodeid))
    for item in items:
        if not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(600))  # above all that is waited for, which says more when it fails


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    origin = Origin(tmp_path_factory.mktemp("origin"))
    origin.commit("values of these tests", {STAGING: staging_values(), PRODUCTION: production_values()})
    yield origin
    origin.remove_images()


@pytest.fixture(scope="session")
def argo(origin: Origin) -> Iterator[Argo]:
    """Argo CD, told of root; all of it is gone afterwards."""
    patch_config("argocd/argocd-cm.yaml")
    argo = Argo()
    resources = read_root(origin.address, vendored=STAND_INS)
    print(f"\nThe charts of Prometheus and Grafana are stand-ins: {STAND_INS}")
    argo.apply(*resources)
    yield argo
    names = ("punchline-staging", "punchline-production", "prometheus", "grafana")
    argo.kubectl("delete", "application", "root", "--ignore-not-found", "--timeout=180s")
    argo.kubectl("delete", "application,appproject", "--all", "--ignore-not-found", "--timeout=180s")
    run("kubectl", "delete", "namespace", *names, "--ignore-not-found", "--timeout=180s")


@pytest.fixture
def staging(argo: Argo, origin: Origin) -> Release:
    """The release of staging, Synced and Healthy at the newest commit."""
    argo.wait_synced("root", origin.head, seconds=240)
    argo.wait_synced("umbrella-staging", origin.head)
    return Release("punchline-staging")
