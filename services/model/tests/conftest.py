import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from model.classifier import Classifier


@pytest.fixture(scope="session")
def artefact_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A freshly trained artefact; trained once, whatever number of workers the tests run in."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    directory = shared / "artefact"
    lock = shared / "artefact.lock"
    try:
        lock.touch(exist_ok=False)
    except FileExistsError:
        wait_for(lambda: (shared / "artefact.done").exists())
        return directory
    subprocess.run([sys.executable, "-m", "model.train", "--output", directory], check=True, capture_output=True)
    (shared / "artefact.done").touch()
    return directory


@pytest.fixture(scope="session")
def classifier(artefact_dir: Path) -> Classifier:
    return Classifier.load(artefact_dir)


@pytest.fixture(scope="session")
def card(artefact_dir: Path) -> dict:
    return json.loads((artefact_dir / "card.json").read_text())


def wait_for(condition: Callable[[], bool]) -> None:
    import time

    end = time.monotonic() + 100
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
