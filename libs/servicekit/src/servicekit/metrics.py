"""Prometheus metrics of every service: requests (starlette-exporter), outbound calls, build info, and `/metrics`."""

from collections.abc import Iterable

import prometheus_client
from fastapi import FastAPI
from prometheus_client import REGISTRY, Gauge, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette_exporter import handle_metrics, handle_openmetrics

from .histogram import Histogram, Series

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds in seconds: fine below 100 ms, where these services live, and around the frontend's 2 s deadline."""

OUTBOUND = prometheus_client.Histogram(
    "outbound_request_duration_seconds",
    "Duration of calls to other services, retries included, by how they ended",
    ("backend", "method", "outcome"),
    buckets=BUCKETS,
)

BUILD_INFO = Gauge("service_build_info", "Always 1; what is running", ("app_name", "version", "revision"))

LIMIT = Gauge("service_concurrency_limit", "Requests in flight above which one more is answered 503", ("app_name",))

prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each counter


def instrument(app: FastAPI, service: str, version: str, revision: str, limit: int) -> None:
    """Serve `/metrics`, and say what is running and with which limit of requests in flight."""
    app.add_route("/metrics", _expose, include_in_schema=False)
    BUILD_INFO.labels(service, version, revision).set(1)
    LIMIT.labels(service).set(limit)


def _expose(request: Request) -> Response:
    # OpenMetrics, which has the exemplars, to who asks for it, as Prometheus does; else the text that a person reads.
    wants = request.headers.get("accept", "")
    return handle_openmetrics(request) if "application/openmetrics-text" in wants else handle_metrics(request)


class InProgress:
    """A number of requests."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


class Requests(Collector):
    """The metrics of starlette-exporter's middleware, for a fraction of its cost: about 1 us a request instead of 40.

    `starlette_requests_total`, `starlette_request_duration_seconds` (method, path template, status_code, app_name)
    and `starlette_requests_in_progress` (method, app_name). What no route takes is one series, and so are methods
    outside of METHODS, so that a scanner adds no series. The last trace id of a bucket is its exemplar. Called on
    the event loop only.
    """

    def __init__(self) -> None:
        self._durations = Histogram(
            "starlette_request_duration_seconds",
            "HTTP request duration, in seconds",
            LABELS,
            buckets=BUCKETS,
            registry=None,
        )
        self._ends: dict[tuple[str, str | None, int, str], Series] = {}
        self._in_progress: dict[tuple[str, str], InProgress] = {}

    def in_progress(self, method: str, service: str) -> "InProgress":
        """The number of requests of `method`, to be raised when one has come and lowered when it is over."""
        key = (method if method in METHODS else OTHER, service)
        if key not in self._in_progress:
            self._in_progress[key] = InProgress()
        return self._in_progress[key]

    def end(self, method: str, path: str | None, status: int, service: str) -> Series:
        """Where the duration of a request is to be observed; `path` is None where no route took it."""
        key = (method if method in METHODS else OTHER, path, status, service)
        if not (series := self._ends.get(key)):
            # A route that lacks the method has not taken the request: so starlette-exporter has it.
            template = UNMATCHED if path is None or status == METHOD_NOT_ALLOWED else path
            series = self._ends[key] = self._durations.labels(key[0], template, str(status), service)
        return series

    def collect(self) -> Iterable[Metric]:
        yield from self._durations.collect()
        total = CounterMetricFamily("starlette_requests", "Total HTTP requests", labels=LABELS)
        for labels, series in list(self._durations.series.items()):
            total.add_metric(labels, sum(series.counts))
        yield total
        in_progress = GaugeMetricFamily(
            "starlette_requests_in_progress", "Total HTTP requests currently in progress", labels=("method", "app_name")
        )
        for key, requests in list(self._in_progress.items()):
            in_progress.add_metric(key, requests.count)
        yield in_progress


LABELS = ("method", "path", "status_code", "app_name")
METHOD_NOT_ALLOWED = 405
OTHER = "OTHER"
UNMATCHED = "__unknown__"

REQUESTS = Requests()
REGISTRY.register(REQUESTS)
