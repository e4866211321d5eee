"""compose.yaml: by its schema, on loopback only, pinned, health-checked, and mounting what is there."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from monitoring.load import PORTS
from monitoring.queries import ROOT

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OURS = {path.parent.name for path in ROOT.glob("services/*/pyproject.toml")}


def test_it_keeps_to_the_specification():
    checker = Path(sys.executable).with_name("check-jsonschema")
    command = [checker, "--builtin-schema", "vendor.compose-spec", ROOT / "compose.yaml"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_service_of_the_repository_is_in_it_and_is_scraped():
    assert set(SERVICES) >= OURS
    jobs = yaml.safe_load((ROOT / "prometheus/prometheus.yml").read_text())["scrape_configs"]
    targets = {t for job in jobs for static in job["static_configs"] for t in static["targets"]}
    assert targets == {f"{name}:8080" for name in OURS}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_on_loopback_pinned_and_checked(name):
    service = SERVICES[name]
    assert all(re.match(r"127\.0\.0\.1:\$\{\w+_PORT:-\d+\}:\d+$", port) for port in service.get("ports", []))
    assert service["healthcheck"]["test"]
    image = re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", service["image"])
    if name in OURS:
        assert image == f"{name}:dev"
        assert len(service["ports"]) == 1
    else:
        assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+\.\d+", image)
        assert image != service["image"], "the image can be set, to a digest for one"


@pytest.mark.parametrize("name", PORTS)
def test_load_is_sent_where_it_is(name):
    assert SERVICES[name]["ports"] == [f"127.0.0.1:${{{name.upper()}_PORT:-{PORTS[name]}}}:8080"]


def test_what_is_mounted_is_there():
    mounts = [mount for service in SERVICES.values() for mount in service.get("volumes", [])]
    for source, _, *mode in (mount.split(":") for mount in mounts):
        if source.startswith("./"):
            assert (ROOT / source).exists(), source
            assert mode == ["ro"], source
        else:
            assert source in COMPOSE["volumes"]


def test_make_up_sets_what_secrets_are_read_from():
    """Compose refuses to start a service whose secret is in a variable that is not set; an empty one will do."""
    (up,) = re.findall(r"^\t@(.*)\$\(DOCKER\) compose up", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert up.split() == [
        f'{secret["environment"]}="$${{{secret["environment"]}-}}"' for secret in COMPOSE["secrets"].values()
    ]


def test_grafana_opens_with_a_dashboard_and_finds_its_data_source():
    environment = SERVICES["grafana"]["environment"]
    mounts = dict(mount.split(":")[1::-1] for mount in SERVICES["grafana"]["volumes"])
    home = Path(environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert (ROOT / mounts[str(home.parent)] / home.name).is_file()
    provisioning = ROOT / "grafana/provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources/prometheus.yaml").read_text())["datasources"]
    (provider,) = yaml.safe_load((provisioning / "dashboards/punchline.yaml").read_text())["providers"]
    assert provider["options"]["path"] in mounts
    home_dashboard = json.loads((ROOT / mounts[str(home.parent)] / home.name).read_text())
    assert source["uid"] == home_dashboard["templating"]["list"][0]["current"]["value"]


def test_alertmanager_is_told_everything_that_its_file_asks_for():
    asked = set(re.findall(r"\$\{([A-Z_]+)\}", (ROOT / "prometheus/alertmanager.yml").read_text()))
    assert asked == set(SERVICES["alertmanager"]["environment"]) - {"URL"}
