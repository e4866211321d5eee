"""Prometheus metrics of every service: requests (starlette-exporter), outbound calls, build info, and `/metrics`."""

from collections import defaultdict
from functools import partial

import prometheus_client
from fastapi import FastAPI
from prometheus_client import Counter, Gauge, Histogram
from starlette.types import Receive, Scope, Send
from starlette_exporter import PrometheusMiddleware, handle_metrics

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds in seconds: fine below 100 ms, where these services live, and around the frontend's 2 s deadline."""

OUTBOUND = Histogram(
    "outbound_request_duration_seconds",
    "Duration of calls to other services, retries included, by how they ended",
    ("backend", "method", "outcome"),
    buckets=BUCKETS,
)

BUILD_INFO = Gauge("service_build_info", "Always 1; what is running", ("service", "version", "revision"))

prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each counter


def instrument(app: FastAPI, service: str, version: str, revision: str) -> "Requests":
    """Serve `/metrics`, and return what each request is to be told to."""
    app.add_route("/metrics", handle_metrics, include_in_schema=False)
    BUILD_INFO.labels(service, version, revision).set(1)
    return Requests(service)


class Requests:
    """The metrics of starlette-exporter, without its middleware, whose matching of paths costs 10 times as much.

    `starlette_requests_total`, `starlette_request_duration_seconds` (method, path template, status_code, app_name)
    and `starlette_requests_in_progress` (method, app_name). What no route takes is one series, and so are methods
    outside of METHODS, so that a scanner adds no series.
    """

    def __init__(self, service: str) -> None:
        self._service = service
        self._exporter = PrometheusMiddleware(_no_app, app_name=service, buckets=BUCKETS)
        self._ends: dict[tuple[str, str | None, int], tuple[Counter, Histogram]] = {}
        self._begun: set[str] = set()

    def begin(self, method: str) -> None:
        """A request has come. `end` has to follow."""
        if method not in METHODS:
            method = OTHER
        _in_progress[method, self._service] += 1
        if method not in self._begun:
            gauge = self._exporter.requests_in_progress.labels(method, self._service)
            gauge.set_function(partial(_in_progress.__getitem__, (method, self._service)))
            self._begun.add(method)

    def end(self, method: str, path: str | None, status: int, seconds: float) -> None:
        """A request is over; `path` is None where no route took it."""
        if method not in METHODS:
            method = OTHER
        _in_progress[method, self._service] -= 1
        key = (method, path, status)
        if key not in self._ends:
            labels = (method, path or "__unknown__", status, self._service)
            self._ends[key] = (
                self._exporter.request_count.labels(*labels),
                self._exporter.request_time.labels(*labels),
            )
        total, duration = self._ends[key]
        total.inc()
        duration.observe(seconds)


OTHER = "OTHER"

_in_progress: defaultdict[tuple[str, str], int] = defaultdict(int)
"""By method and service; read when the gauge is scraped."""


async def _no_app(scope: Scope, receive: Receive, send: Send) -> None:
    raise NotImplementedError
