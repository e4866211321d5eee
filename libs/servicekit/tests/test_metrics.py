import random
import re

import httpx
import prometheus_client
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from servicekit import Histogram
from servicekit.metrics import BUCKETS
from starlette_exporter import PrometheusMiddleware, handle_metrics


def samples(text: str, name: str) -> dict[tuple[tuple[str, str], ...], float]:
    return {
        tuple(sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


def requests(text: str, **labels: str) -> float:
    wanted = {**labels, "app_name": "servicekit"}
    return sum(v for k, v in samples(text, "starlette_requests_total").items() if wanted.items() <= dict(k).items())


async def test_requests_are_counted_by_path_template_and_status(asking):
    async with asking() as client:
        before = (await client.get("/metrics")).text
        for number in (1, 2):
            await client.get(f"/items/{number}")
        await client.get("/bug")
        after = (await client.get("/metrics")).text
    for path, status, count in (("/items/{number}", "200", 2), ("/bug", "500", 1)):
        labels = {"method": "GET", "path": path, "status_code": status}
        assert requests(after, **labels) - requests(before, **labels) == count


async def test_probes_and_scrapes_are_not_counted(asking):
    async with asking() as client:
        for path in ("/livez", "/readyz", "/metrics"):
            await client.get(path)
        text = (await client.get("/metrics")).text
    assert not re.search('path="/(livez|readyz|metrics)"', text)


async def test_a_scanner_adds_no_series(asking):
    odd = random.Random(7)
    async with asking() as client:
        for method in ("GET", "BREW"):
            await client.request(method, "/first")
        before = (await client.get("/metrics")).text
        for number in range(1000):
            method = odd.choice(["GET", "".join(odd.choices("ABCDEFGH", k=6))])
            await client.request(method, f"/{odd.random()}/{number}.php")
        after = (await client.get("/metrics")).text
    assert after.count("\n") == before.count("\n")


async def test_what_is_running(asking):
    async with asking(revision="abc123") as client:
        (labels,) = [
            dict(k)
            for k in samples((await client.get("/metrics")).text, "service_build_info")
            if ("revision", "abc123") in k
        ]
    assert labels["app_name"] == "servicekit"
    assert re.match(r"\d+\.\d+\.\d+", labels["version"])


async def test_the_limit_of_requests_in_flight(asking):
    async with asking(max_concurrency=7) as client:
        found = samples((await client.get("/metrics")).text, "service_concurrency_limit")
    assert found[(("app_name", "servicekit"),)] == 7


async def test_openmetrics_has_the_trace_id_of_a_request(asking):
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    async with asking() as client:
        await client.get("/items/1", headers={"traceparent": f"00-{trace_id}-b7ad6b7169203331-01"})
        answer = await client.get("/metrics", headers={"accept": "application/openmetrics-text;version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert re.search(
        f'duration_seconds_bucket{{[^}}]*path="/items/{{number}}".* # {{trace_id="{trace_id}"}}', answer.text
    )


async def test_outbound_calls_are_measured(asking):
    def unavailable(text: str) -> float:
        key = (("backend", "other"), ("method", "GET"), ("outcome", "unavailable"))
        return samples(text, "outbound_request_duration_seconds_count").get(key, 0)

    async with asking() as client:
        before = unavailable((await client.get("/metrics")).text)
        await client.get("/relay")
        assert unavailable((await client.get("/metrics")).text) - before == 1


async def test_request_metrics_are_those_of_starlette_exporters_middleware(asking):
    """Names, help, types, labels and bounds, read from the package itself, over requests of every kind."""
    other = FastAPI()
    other.add_middleware(
        PrometheusMiddleware,
        app_name="servicekit",
        prefix="other",
        group_paths=True,
        group_unhandled_paths=True,
        filter_unhandled_paths=False,
        buckets=BUCKETS,
    )
    other.add_route("/metrics", handle_metrics)

    @other.get("/items/{number}")
    async def item(number: int) -> dict[str, int]:
        return {"number": number}

    @other.get("/bug")
    async def bug() -> None:
        raise RuntimeError

    async def ask(client) -> list[str]:
        for request in ("GET /items/1", "GET /items/x", "DELETE /items/1", "GET /bug", "PUT /nowhere"):
            method, _, path = request.partition(" ")
            await client.request(method, path)
        text = (await client.get("/metrics")).text
        paths = ("/items/{number}", "/bug", "__unknown__")
        lines = [line for line in text.splitlines() if "in_progress" not in line or line.startswith("#")]
        kept = [line for line in lines if line.startswith("#") or any(f'path="{path}"' in line for path in paths)]
        names = [re.sub(r" [^ ]+$", "", line) if line[0] != "#" else line for line in kept]
        return sorted(name for name in names if re.search(r"(starlette|other)_request", name))

    transport = httpx.ASGITransport(other, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://other") as client:
        theirs = {line.replace("other_", "starlette_") for line in await ask(client) if "other_" in line}
    async with asking() as client:
        ours = {line for line in await ask(client) if "other_" not in line}
    assert len(theirs) > 50
    assert theirs <= ours
    assert {line for line in ours if line.startswith("#")} == {line for line in theirs if line.startswith("#")}


def test_a_histogram_counts_as_prometheus_clients_does():
    names, bounds = ("kind",), (0.1, 0.5, 2.5)
    own, theirs = CollectorRegistry(), CollectorRegistry()
    for kind, registry in ((Histogram, own), (prometheus_client.Histogram, theirs)):
        histogram = kind("x_seconds", "It.", names, buckets=bounds, registry=registry)
        for value in (-1, 0, 0.1, 0.10001, 0.5, 2.5, 2.6, 1e9):
            histogram.labels("a").observe(value)
        histogram.labels("b")
    assert generate_latest(own) == generate_latest(theirs)
