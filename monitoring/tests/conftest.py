import asyncio
import signal

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitoring.load import send
from monitoring.stack import services

Exposed = dict[str, dict[str, list[dict[str, str]]]]


@pytest.fixture(scope="session")
def exposed() -> Exposed:
    """By service and sample name the labels of each series, after traffic of every kind and after model was away."""
    with services() as processes:
        urls = {name: process.url for name, process in processes.items()}
        asyncio.run(send(urls, rate=100, requests=60))
        texts = {"model": scrape(urls["model"])}
        processes["model"].send(signal.SIGKILL)
        assert httpx.get(f"{urls['frontend']}/api/joke", trust_env=False).json()["degraded"]
        texts |= {name: scrape(urls[name]) for name in ("frontend", "joker")}
    found: Exposed = {}
    for service, text in texts.items():
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                found.setdefault(service, {}).setdefault(sample.name, []).append(sample.labels)
    return found


def scrape(url: str) -> str:
    return httpx.get(f"{url}/metrics", trust_env=False).text
