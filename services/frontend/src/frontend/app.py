"""The app: two backends for its life, the pages and the API over them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
import servicekit
from fastapi import FastAPI
from servicekit import Backend

from . import about, api, assets, game, trial
from .compression import PageCompressionMiddleware
from .error_pages import ErrorPagesMiddleware
from .headers import BrowserHeadersMiddleware
from .joker import Joker
from .model import Model
from .settings import Settings


def create_app(
    settings: Settings,
    *,
    joker_transport: httpx.AsyncBaseTransport | None = None,
    model_transport: httpx.AsyncBaseTransport | None = None,
) -> FastAPI:
    """The service. Tests pass transports that stand for the backends."""

    @asynccontextmanager
    async def backends(app: FastAPI) -> AsyncGenerator[None, None]:
        seconds = settings.deadline_seconds
        async with (
            Backend("joker", settings.joker_url, deadline=seconds, transport=joker_transport) as joker,
            Backend("model", settings.model_url, deadline=seconds, transport=model_transport) as model,
        ):
            app.state.joker, app.state.model = Joker(joker), Model(model)
            yield

    app = servicekit.create_app("frontend", settings, summary="The page and API of a visitor", lifespan=backends)
    app.state.deadline_seconds = settings.deadline_seconds
    for router in (game.router, trial.router, about.router, assets.router, api.router):
        app.include_router(router)
    # Read from the bottom: what is added last is outermost.
    app.add_middleware(PageCompressionMiddleware)
    app.add_middleware(ErrorPagesMiddleware)
    app.add_middleware(BrowserHeadersMiddleware)
    return app
