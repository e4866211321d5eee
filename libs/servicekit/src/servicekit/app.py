"""An app with everything around it, and the process that serves it."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib.metadata import version as installed_version
from sys import stderr
from typing import TypeVar

from fastapi import FastAPI

from . import errors, health, logs, metrics, server
from .access import AccessLogMiddleware
from .context import ContextMiddleware
from .limits import BodyLimitMiddleware, ConcurrencyMiddleware
from .settings import ServiceSettings, load

S = TypeVar("S", bound=ServiceSettings)
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class StartupError(Exception):
    """The service cannot start, for a reason that a person can mend: printed as one line, exit code 2."""


def create_app(name: str, settings: ServiceSettings, *, summary: str, lifespan: Lifespan | None = None) -> FastAPI:
    """A FastAPI app for the service `name`, whose version is that of the installed package of this name.

    It has `/livez`, `/readyz`, `/metrics`, request ids, trace context, access log, metrics, limits and error bodies.
    `lifespan` is entered before the port is served. Add routers with their own prefix.
    """
    version = installed_version(name)
    state = health.Health()

    @asynccontextmanager
    async def started(app: FastAPI) -> AsyncGenerator[None, None]:
        async with AsyncExitStack() as stack:
            if lifespan:
                await stack.enter_async_context(lifespan(app))
            state.started = True
            yield

    app = FastAPI(
        title=name,
        summary=summary,
        version=version,
        lifespan=started,
        responses=errors.ERROR_RESPONSES,
        redirect_slashes=False,
    )
    app.state.health = state
    app.state.server = server.product(name, version, settings.revision)
    errors.install(app)
    app.include_router(health.router)
    # Read from the bottom: what is added last is outermost.
    app.add_middleware(errors.CatchAllMiddleware)
    app.add_middleware(BodyLimitMiddleware, limit=settings.max_body_bytes)
    app.add_middleware(ConcurrencyMiddleware, limit=settings.max_concurrency)
    metrics.instrument(app, name, version, settings.revision, settings.max_concurrency)
    app.add_middleware(AccessLogMiddleware)
    app.add_middleware(server.DrainMiddleware, health=state)
    app.add_middleware(errors.CatchAllMiddleware)  # for what the layers in between trip over, such as an odd Host
    app.add_middleware(ContextMiddleware)
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
