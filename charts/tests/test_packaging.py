"""The chart as it is checked out, packaged and deployed."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from charts.tests.helm import CHARTS, IMAGES, SERVICE, SERVICES, UMBRELLA, VERSIONS, load, merge, render, run

ROOT = CHARTS.parent


@pytest.mark.parametrize("helm", VERSIONS)
def test_a_bare_checkout_renders(helm: str, tmp_path: Path) -> None:
    """With what git has, and nothing fetched, built or locked."""
    listed = subprocess.run(["git", "ls-files", "-z", "charts"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    assert render({}, chart=tmp_path / "charts" / "umbrella", helm=helm) == render({})


@pytest.mark.parametrize("helm", VERSIONS)
def test_a_package_renders_the_same(helm: str, tmp_path: Path) -> None:
    run(helm, "package", UMBRELLA, "--destination", tmp_path)
    (package,) = tmp_path.iterdir()
    assert render({}, chart=package, helm=helm) == render({})


def test_dependencies_are_there_unpacked() -> None:
    chart = load(UMBRELLA / "Chart.yaml")
    service = load(SERVICE / "Chart.yaml")
    for dependency in chart["dependencies"]:
        assert set(dependency) == {"name", "alias", "version"}, "a repository would have to be asked"
        assert (dependency["name"], dependency["version"]) == (service["name"], service["version"])
    assert not list(UMBRELLA.rglob("*.tgz"))
    assert not (UMBRELLA / "Chart.lock").exists()


def test_the_chart_has_the_services_that_there_are() -> None:
    assert sorted(SERVICES) == sorted(path.parent.name for path in (ROOT / "services").glob("*/pyproject.toml"))


def test_every_service_has_an_images_file() -> None:
    assert [path.stem for path in IMAGES] == sorted(SERVICES)
    for path in IMAGES:
        values = load(path)
        assert set(values) == {path.stem}
        assert set(values[path.stem]) == {"image"}
        assert set(values[path.stem]["image"]) == {"tag", "digest", "revision"}


def test_images_files_are_given_as_value_files(tmp_path: Path) -> None:
    """Each moves its own service; what it says stands above values.yaml."""
    before = render({})
    for path in IMAGES:
        written = tmp_path / path.name
        revision = "0123456789abcdef0123456789abcdef01234567"
        written.write_text(
            json.dumps(merge(load(path), {path.stem: {"image": {"tag": revision[:12], "revision": revision}}}))
        )
        others = [argument for other in IMAGES if other != path for argument in ("-f", str(other))]
        after = render({}, *others, "-f", str(written))
        moved = {name for name in SERVICES if before["Deployment", name] != after["Deployment", name]}
        assert moved == {path.stem}
        deployment = after["Deployment", path.stem]
        assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == f"{path.stem}:{revision[:12]}"
        assert deployment["metadata"]["annotations"] == {"org.opencontainers.image.revision": revision}
