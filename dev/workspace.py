"""The services of this checkout, by what their folders say: nothing else lists them."""

import importlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from servicekit import ServiceSettings

ROOT = Path(__file__).parents[1]
SERVICES = ROOT / "services"
LIBS = ROOT / "libs"
IMAGE_MEGABYTES = 60
VALUES = ROOT / "charts" / "umbrella" / "values.yaml"


@dataclass(frozen=True)
class Service:
    """One folder of services/. Its name is that of its package, image, host and values in the chart."""

    name: str

    @property
    def folder(self) -> Path:
        """Where it is."""
        return SERVICES / self.name

    @property
    def module(self) -> str:
        """What Python calls it, and, in capitals, the environment."""
        return self.name.replace("-", "_")

    @property
    def settings(self) -> type[ServiceSettings]:
        """Its settings."""
        settings: type[ServiceSettings] = importlib.import_module(f"{self.module}.settings").Settings
        return settings

    @property
    def port(self) -> int:
        """Where it listens if nobody says otherwise."""
        port: int = self.settings.model_fields["port"].default
        return port

    @property
    def values(self) -> dict[str, Any]:
        """What it sets in the umbrella chart."""
        return yaml.safe_load(VALUES.read_text("utf-8")).get(self.name) or {}

    @property
    def calls(self) -> list[str]:
        """The services that it calls."""
        return [call.partition(":")[0] for call in self.values.get("calls", [])]

    @cached_property
    def about(self) -> dict[str, Any]:
        """What its pyproject.toml has for this repository, in [tool.punchline].

        `try` is what to try, and how; `image_megabytes` the most that its image may add to its base.
        """
        project = tomllib.loads((self.folder / "pyproject.toml").read_text("utf-8"))
        about: dict[str, Any] = project.get("tool", {}).get("punchline", {})
        return about


def services() -> list[Service]:
    """All of them, by name."""
    return [Service(path.parent.name) for path in sorted(SERVICES.glob("*/pyproject.toml"))]


def service(name: str) -> Service:
    """The one of this name. Ends the program with one line if there is none."""
    found = {each.name: each for each in services()}
    if name not in found:
        raise SystemExit(f"{name} is not a service: one of {' '.join(found)}")
    return found[name]


def questions() -> Iterator[str]:
    """For dev/smoke-images: name, limit of the image, path to ask and what to expect, parted by tabs."""
    for each in services():
        test = {"path": "/readyz", "expect": "ready"} | each.values.get("test", {})
        limit = each.about.get("image_megabytes", IMAGE_MEGABYTES)
        yield f"{each.name}\t{limit}\t{test['path']}\t{test['expect']}"


def libraries() -> list[Path]:
    """The folders of libs/."""
    return [path.parent for path in sorted(LIBS.glob("*/pyproject.toml"))]


if __name__ == "__main__":
    print("\n".join(questions()))
