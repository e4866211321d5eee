from typing import Any

import pytest
from prometheus_client import REGISTRY
from prometheus_client.registry import Collector


class Another(Collector):
    """A metric whose name is taken by another service's: here all share a registry, elsewhere each has its own."""

    def __init__(self, metric: Collector) -> None:
        self.metric = metric

    def describe(self) -> list[Any]:
        return []

    def collect(self) -> Any:
        return self.metric.collect()


def register(metric: Collector) -> None:
    try:
        register_one(metric)
    except ValueError:
        register_one(Another(metric))


register_one, REGISTRY.register = REGISTRY.register, register  # type: ignore[method-assign]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
