from collections.abc import Iterator
from pathlib import Path

import pytest

from ci.scenarios.origin import Origin
from ci.scenarios.runner import Runner


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    origin = Origin(tmp_path_factory.mktemp("scenarios"))
    yield origin
    origin.remove_images()


@pytest.fixture(scope="session")
def runner(origin: Origin) -> Runner:
    return Runner(origin, Path(origin.url).parent / "runner")


@pytest.fixture(scope="session")
def light(origin: Origin, runner: Runner) -> Origin:
    """The same repository, with images that are built quickly, all of them recorded."""
    origin.pull()
    origin.lighten()
    done = runner.pipeline()
    assert not done.failed, done.output
    return origin


@pytest.fixture
def settled(light: Origin, runner: Runner) -> Origin:
    """Nothing is due when a scenario begins."""
    light.pull()
    runner.checkout("origin/main")
    assert runner.due() == []
    return light


@pytest.fixture(scope="session")
def other(origin: Origin) -> Runner:
    """A second machine, for a second pipeline at the same time."""
    return Runner(origin, Path(origin.url).parent / "other")
