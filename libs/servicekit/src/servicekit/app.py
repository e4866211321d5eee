"""An app with everything around it, and the process that serves it."""

import os
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib.metadata import version as installed_version
from sys import stderr
from typing import Any, TypeVar

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from . import deprecation, errors, health, logs, metrics, protocol, server
from .direct import Endpoint, Route
from .edge import Edge
from .metrics import REQUESTS
from .settings import ServiceSettings, load

S = TypeVar("S", bound=ServiceSettings)
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class StartupError(Exception):
    """The service cannot start, for a reason that a person can mend: printed as one line, exit code 2."""


class Service(FastAPI):
    """A FastAPI app with an edge, and with direct routes."""

    edge: Edge

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.direct_routes: dict[tuple[str, str], Route] = {}

    def add_direct_route(self, method: str, path: str, endpoint: Endpoint, *, template: str | None = None) -> None:
        """Answer `method` on exactly `path` by `endpoint`, past FastAPI and past middleware other than the edge.

        FastAPI must have the same endpoint by `direct.respond`: it documents it, and gets the requests that are odd.
        """
        if not _traced():
            self.direct_routes[method, path] = Route(template or path, endpoint)
            REQUESTS.in_progress(method, self.title)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] == "http"
            and (route := self.direct_routes.get((scope["method"], scope["path"])))
            and await self.edge.direct(route, scope, receive, send)
        ):
            return
        await super().__call__(scope, receive, send)


def _traced() -> bool:
    """Whether FastAPI is told to export OpenTelemetry: then it has to see every request."""
    return any(name.startswith("OTEL_EXPORTER_OTLP") and name.endswith("ENDPOINT") for name in os.environ)


def create_app(name: str, settings: ServiceSettings, *, summary: str, lifespan: Lifespan | None = None) -> "Service":
    """A FastAPI app for the service `name`, whose version is that of the installed package of this name.

    It has `/livez`, `/readyz`, `/metrics`, request ids, trace context, access log, metrics, limits and error bodies.
    `lifespan` is entered before the port is served. Add routers with their own prefix.
    """
    version = installed_version(name)
    state = health.Health()
    deprecation.product = f"{name}/{version}"

    @asynccontextmanager
    async def started(app: FastAPI) -> AsyncGenerator[None, None]:
        async with AsyncExitStack() as stack:
            if lifespan:
                await stack.enter_async_context(lifespan(app))
            state.started = True
            yield

    app = Service(
        title=name,
        summary=summary,
        version=version,
        lifespan=started,
        responses=errors.ERROR_RESPONSES,
        redirect_slashes=False,
    )
    edge = Edge(name, state, settings.max_body_bytes, settings.max_concurrency)
    app.edge = edge
    app.state.health = state
    app.state.protocol = protocol.of(edge, app.direct_routes)
    app.state.server = server.product(name, version, settings.revision)
    errors.install(app)
    app.include_router(health.router)
    metrics.instrument(app, name, version, settings.revision, settings.max_concurrency)
    app.add_middleware(edge.around)
    return app


def main(settings_type: type[S], create: Callable[[S], FastAPI]) -> None:
    """Run a service: settings from the environment, logs, app, server. Returns, so exits with 0, after a drain."""
    settings = load(settings_type)
    try:
        app = create(settings)
    except StartupError as error:
        print(error, file=stderr)  # noqa: T201
        raise SystemExit(2) from None
    logs.configure(settings, app.title, app.version)
    server.serve(app, settings)
