"""Prometheus metrics of every service: requests (starlette-exporter), outbound calls, build info, and `/metrics`."""

import prometheus_client
from fastapi import FastAPI
from prometheus_client import REGISTRY, Gauge, Histogram
from prometheus_client.exposition import choose_encoder
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette_exporter import PrometheusMiddleware

from . import context
from .health import PATHS

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds in seconds: fine below 100 ms, where these services live, and around the frontend's 2 s deadline."""

OUTBOUND = Histogram(
    "outbound_request_duration_seconds",
    "Duration of calls to other services, retries included, by how they ended",
    ("backend", "method", "outcome"),
    buckets=BUCKETS,
)

BUILD_INFO = Gauge("service_build_info", "Always 1; what is running", ("app_name", "version", "revision"))

LIMIT = Gauge("service_concurrency_limit", "Requests in flight above which one more is answered 503", ("app_name",))

prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each counter


def instrument(app: FastAPI, service: str, version: str, revision: str, limit: int) -> None:
    """Measure every request of `app` and serve `/metrics`. Call it before other middleware, which it then is within.

    `starlette_requests_total`, `starlette_request_duration_seconds` (method, path template, status_code, app_name)
    and `starlette_requests_in_progress` (method, app_name). Probes and scrapes are left out; what no route takes is
    one series, and so are methods outside of METHODS, so that a scanner adds no series. An exemplar has the trace id.
    """
    app.add_middleware(
        _BoundedPrometheusMiddleware,
        app_name=service,
        group_paths=True,
        group_unhandled_paths=True,
        filter_unhandled_paths=False,
        skip_paths=sorted(PATHS),
        buckets=BUCKETS,
        exemplars=_exemplar,
    )
    app.add_route("/metrics", _expose, include_in_schema=False)
    BUILD_INFO.labels(service, version, revision).set(1)
    LIMIT.labels(service).set(limit)


def _expose(request: Request) -> Response:
    # OpenMetrics, which has the exemplars, to who asks for it, as Prometheus does; else the text that a person reads.
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(REGISTRY), headers={"content-type": content_type})


def _exemplar() -> dict[str, str] | None:
    request = context.current()
    return {"trace_id": request.trace_id} if request else None


class _BoundedPrometheusMiddleware(PrometheusMiddleware):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in METHODS:
            scope = {**scope, "method": "OTHER"}  # no route takes it: 405, or 404, as with the method itself
        await super().__call__(scope, receive, send)
