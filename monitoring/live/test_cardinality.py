"""The number of a service's series is what docs/observability.md says, whatever clients send."""

import asyncio
import random
from collections import Counter
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitoring.load import INFER, calls
from monitoring.stack import services

REQUESTS = 10_000

PER_ROUTE = 1 + 15
"""For each (method, path, status_code): the counter, and a histogram of 12 buckets, +Inf, sum and count."""

PER_CALL = 15
"""For each (backend, method, outcome): the same histogram."""

PER_METHOD, METHODS = 1, 8
"""starlette_requests_in_progress: seven methods, and OTHER."""

FIXED = 2 + 6 + 10
"""service_build_info and service_concurrency_limit, six of process_*, ten of python_*."""

OWN = {
    "frontend": 3 * 3,  # judged_predictions_total: trainings x results
    "joker": 21,  # jokes_served_total: the categories of each language
    "model": 13 + 1 + 15,  # predictions_total by language, abstentions_total, prediction_confidence
}

SHARED = ("starlette_", "outbound_", "service_", "process_", "python_")


def odd(chance: random.Random) -> tuple[str, str, dict[str, Any]]:
    """What nobody asked for."""
    number = chance.random()
    paths = [
        *("/", "/api/joke", "/api/classify", "/classify", INFER, f"/{number}.php", f"/static/{number}"),
        *(f"/v1/jokes/{number}", f"/v1/jokes?language={number}", f"/v2/models/{number}/versions/{number}/infer"),
    ]
    method = chance.choice(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "BREW", f"X{number}"])
    headers = {"x-request-id": str(number), "user-agent": str(number), "host": f"h{number}"}
    return method, chance.choice(paths), {"content": chance.randbytes(chance.randrange(50)), "headers": headers}


async def send(urls: dict[str, str], requests: int, chance: random.Random) -> None:
    async def some(client: httpx.AsyncClient) -> None:
        for _ in range(requests // 20):
            method, path, options = odd(chance)
            await client.request(method, chance.choice(list(urls.values())) + path, **options)

    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        for _, (service, method, path, options) in calls(chance).values():
            await client.request(method, urls[service] + path, **options)
        await asyncio.gather(*(some(client) for _ in range(20)))


def series(url: str) -> list[tuple[str, dict[str, str]]]:
    text = httpx.get(f"{url}/metrics", trust_env=False).text
    families = text_string_to_metric_families(text)
    return [(sample.name, sample.labels) for family in families for sample in family.samples]


@pytest.mark.timeout(300)
def test_odd_requests_make_no_more_series_than_the_formula_says() -> None:
    chance = random.Random(7)
    with services() as processes:
        urls = {name: process.url for name, process in processes.items()}
        asyncio.run(send(urls, REQUESTS // 2, chance))
        half = {name: len(series(url)) for name, url in urls.items()}
        asyncio.run(send(urls, REQUESTS // 2, chance))
        found = {name: series(url) for name, url in urls.items()}
    for service, all_series in found.items():
        names = Counter(name for name, _ in all_series)
        own = sum(count for name, count in names.items() if not name.startswith(SHARED))
        routes = names["starlette_requests_total"]
        edges = names["outbound_request_duration_seconds_count"]
        in_use = names["starlette_requests_in_progress"]
        formula = FIXED + PER_METHOD * in_use + PER_ROUTE * routes + PER_CALL * edges
        print(f"{service}: {len(all_series)} series = {formula} + {own} of its own; {routes} routes, {edges} edges")
        assert len(all_series) == formula + own
        assert own <= OWN[service]
        assert in_use <= METHODS
        # What the second half sent was as odd and added at most what is rare: a status of a route.
        assert len(all_series) - half[service] <= 2 * PER_ROUTE
