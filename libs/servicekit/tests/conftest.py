import importlib.util
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

TINY = Path(__file__).parent / "tiny.py"

Asking = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture(scope="session")
def tiny() -> Path:
    return TINY


@pytest.fixture
def tiny_app() -> Callable[..., FastAPI]:
    spec = importlib.util.spec_from_file_location("tiny", TINY)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda **settings: module.create_app(module.Settings(**settings))


@pytest.fixture
def asking(tiny_app) -> Asking:
    """A client of the tiny app in this process, between its start and its end."""

    @asynccontextmanager
    async def ask(**settings) -> AsyncGenerator[httpx.AsyncClient, None]:
        app = tiny_app(**settings)
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://tiny") as client,
        ):
            yield client

    return ask
